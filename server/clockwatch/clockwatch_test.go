package clockwatch_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/clockwatch"
)

// moves is what a store was told.
type moves struct {
	by   []time.Duration
	fail int
}

func (m *moves) Earlier(_ context.Context, _ ledger.Millis, by time.Duration) (int64, error) {
	if m.fail > 0 {
		m.fail--
		return 0, errors.New("the database is away")
	}
	m.by = append(m.by, by)
	return 1, nil
}

func TestAClockThatIsPutBackIsNoticedOnce(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		// offs is by how much the clock is off, second by second.
		offs []time.Duration
		fail int
		want []time.Duration
	}{
		"right":                      {offs: make([]time.Duration, 6)},
		"forward":                    {offs: []time.Duration{0, 0, time.Hour, time.Hour}},
		"corrected a little":         {offs: []time.Duration{0, 0, -time.Second, -2 * time.Second, -2 * time.Second}},
		"back":                       {offs: []time.Duration{0, 0, -time.Hour, -time.Hour, -time.Hour}, want: []time.Duration{time.Hour}},
		"ahead and right again":      {offs: []time.Duration{8 * time.Hour, 8 * time.Hour, 0, 0}, want: []time.Duration{8 * time.Hour}},
		"back twice":                 {offs: []time.Duration{0, -time.Minute, -time.Minute, -time.Hour, -time.Hour}, want: []time.Duration{time.Minute, 59 * time.Minute}},
		"while the database is away": {offs: []time.Duration{0, -time.Hour, -time.Hour, -time.Hour}, fail: 1, want: []time.Duration{time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				t.Helper()
				store, start := &moves{fail: one.fail}, time.Now()
				clock := func() time.Time {
					now := time.Now()
					return now.Add(one.offs[min(int(now.Sub(start)/time.Second), len(one.offs)-1)])
				}
				w := clockwatch.New(clockwatch.Config{Store: store, Clock: clock, Log: slog.New(slog.DiscardHandler)})
				w.Start(t.Context())
				time.Sleep(time.Duration(len(one.offs)+3)*time.Second + time.Millisecond)
				w.Stop()
				if len(store.by) != len(one.want) {
					t.Fatalf("moved by %v, want %v", store.by, one.want)
				}
				for i, by := range store.by {
					if off := by - one.want[i]; off < -time.Second || off > time.Second {
						t.Errorf("moved by %v, want about %v", store.by, one.want)
					}
				}
			})
		})
	}
}
