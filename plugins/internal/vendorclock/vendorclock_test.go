package vendorclock_test

import (
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/vendorclock"
)

func TestLearn(t *testing.T) {
	t.Parallel()
	noon := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		date  time.Time
		learn bool
	}{
		"nothing":         {time.Time{}, false},
		"about the same":  {noon.Add(59 * time.Second), false},
		"a minute later":  {noon.Add(time.Minute), true},
		"a day before":    {noon.Add(-24 * time.Hour), true},
		"almost a minute": {noon.Add(-59 * time.Second), false},
	} {
		c := vendorclock.New(func() time.Time { return noon }, time.Minute)
		if got := c.Learn(noon, tt.date); got != tt.learn {
			t.Errorf("%s: %v", name, got)
		}
		want := noon
		if tt.learn {
			want = tt.date
		}
		if !c.Now().Equal(want) {
			t.Errorf("%s: it is %s then", name, c.Now())
		}
	}
}
