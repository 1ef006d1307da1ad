package boxkit_test

import (
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/boxkit"
)

func TestSwitch(t *testing.T) {
	t.Parallel()
	type options struct {
		Most int `json:"most"`
	}
	if o, err := boxkit.Switch(options{1}, "most", []byte(`2`)); err != nil || o.Most != 2 {
		t.Errorf("%+v %v", o, err)
	}
	for name, value := range map[string]string{"most": `"x"`, "least": `1`} {
		if o, err := boxkit.Switch(options{1}, name, []byte(value)); err == nil || o.Most != 1 {
			t.Errorf("%s: %+v %v", name, o, err)
		}
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	var p boxkit.Pace
	now := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	for n, want := range []bool{true, true, false, false} {
		if got := p.Takes("a", now.Add(time.Duration(n)*time.Second), 2, time.Minute); got != want {
			t.Errorf("call %d: %v", n, got)
		}
	}
	if !p.Takes("b", now, 2, time.Minute) || !p.Takes("a", now.Add(time.Minute), 2, time.Minute) || p.Takes("a", now.Add(time.Minute), 2, time.Minute) {
		t.Error("another name, or another minute, is counted wrongly")
	}
	if !p.Takes("a", now, 0, time.Minute) {
		t.Error("no limit is one")
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	all := make([]boxkit.Record, 5)
	for first, want := range map[int]int{0: 2, 4: 1, 5: 0, 9: 0} {
		if got := len(boxkit.Cut(all, first, 2)); got != want {
			t.Errorf("from %d: %d", first, got)
		}
	}
}
