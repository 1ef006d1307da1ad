package boxkit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/boxkit"
)

func TestBox(t *testing.T) {
	t.Parallel()
	type options struct {
		Most  int    `json:"most"`
		Touch string `json:"touch"`
	}
	now := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	b := boxkit.NewBox(func() time.Time { return now }, options{Most: 1}, func(now time.Time) map[string][]boxkit.Record {
		return map[string][]boxkit.Record{"a": {boxkit.New("1", now.Add(-time.Hour), map[string]any{}), boxkit.New("2", now.Add(-time.Minute), map[string]any{})}, "b": nil}
	})
	set := func(name, value string) error {
		return b.Change(name, []byte(value), func(next *options) error {
			key := next.Touch
			next.Touch = ""
			return b.Touch("a", key, "changed")
		})
	}
	for name, value := range map[string]string{"most": `"x"`, "least": `1`, "touch": `"3"`} {
		if err := set(name, value); err == nil || b.Options != (options{Most: 1}) {
			t.Errorf("%s: %+v %v", name, b.Options, err)
		}
	}
	if err := set("most", "2"); err != nil || b.Options.Most != 2 {
		t.Errorf("%+v %v", b.Options, err)
	}
	if err := set("touch", `"1"`); err != nil || b.Options.Touch != "" {
		t.Errorf("%+v %v", b.Options, err)
	}
	if list, ok := b.Objects("a"); !ok || string(list[1]) != `{"changed":"2024-05-01 08:00:00"}` {
		t.Errorf("%s", list)
	}
	if list, ok := b.Objects("b"); !ok || len(list) != 0 {
		t.Errorf("%s %v", list, ok)
	}
	if _, ok := b.Objects("c"); ok {
		t.Error("there is a kind c")
	}
	b.Refused("7")
	if state := fmt.Sprint(b.State()); state != "map[a:2 b:0 refused:map[7:1]]" {
		t.Error(state)
	}
	b.Reset()
	if state := fmt.Sprint(b.State()); state != "map[a:2 b:0 refused:map[]]" || b.Options.Most != 1 {
		t.Errorf("%s %+v", state, b.Options)
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
