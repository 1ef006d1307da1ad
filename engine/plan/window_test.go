package plan_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/plan"
)

func TestWindow(t *testing.T) {
	t.Parallel()
	at := func(h, m, s int) time.Time { return time.Date(2026, 1, 1, h, m, s, 0, time.UTC) }
	w := plan.Window{Ranged: true, Span: 2 * time.Hour, Granularity: time.Second, Lag: time.Minute, LookBack: 10 * time.Minute, StartFrom: at(1, 0, 0)}
	cases := map[string]struct {
		watermark, now, from, to time.Time
		more                     bool
	}{
		"first":                   {time.Time{}, at(9, 0, 0), at(1, 0, 0), at(3, 0, 0), true},
		"next looks back":         {at(3, 0, 0), at(9, 0, 0), at(2, 50, 0), at(4, 50, 0), true},
		"last ends behind now":    {at(8, 0, 0), at(9, 0, 30), at(7, 50, 0), at(8, 59, 30), true},
		"nothing new":             {at(8, 59, 0), at(9, 0, 0), time.Time{}, time.Time{}, false},
		"not before the start":    {at(1, 5, 0), at(2, 0, 0), at(1, 0, 0), at(1, 59, 0), true},
		"starts in the future":    {time.Time{}, at(0, 30, 0), time.Time{}, time.Time{}, false},
		"source clock went back":  {at(8, 59, 0), at(8, 0, 0), time.Time{}, time.Time{}, false},
		"rounds to granularity":   {at(8, 0, 0), time.Date(2026, 1, 1, 8, 30, 0, 999, time.UTC), at(7, 50, 0), at(8, 29, 0), true},
		"one second is a window":  {at(8, 58, 59), at(9, 0, 0), at(8, 48, 59), at(8, 59, 0), true},
		"look-back over the span": {at(3, 0, 0), at(3, 2, 0), at(2, 50, 0), at(3, 1, 0), true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to, more := w.Next(c.watermark, w.End(c.now))
			if more != c.more || more && (!from.Equal(c.from) || !to.Equal(c.to)) {
				t.Errorf("got [%s, %s] %v, want [%s, %s] %v", from, to, more, c.from, c.to, c.more)
			}
		})
	}
	whole := plan.Window{}
	for watermark, begin := range map[time.Time]time.Time{{}: at(9, 0, 0), at(3, 0, 0): at(3, 0, 0)} {
		if from, to, more := whole.Next(watermark, at(9, 0, 0)); !more || !from.Equal(begin) || !to.Equal(at(9, 0, 0)) {
			t.Errorf("a source without times is read from %s to %s behind %s, %v", from, to, watermark, more)
		}
	}
	if m, ok := w.Middle(at(1, 0, 0), at(1, 0, 2)); !ok || !m.Equal(at(1, 0, 1)) {
		t.Errorf("middle of two seconds is %s %v", m, ok)
	}
	if _, ok := w.Middle(at(1, 0, 0), at(1, 0, 1)); ok {
		t.Error("one second was split")
	}
}

// TestWindowsAdvance: whatever its settings, a window that may run ends behind the
// watermark, and begins behind it only where nothing between is wanted.
func TestWindowsAdvance(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		minutes := func(name string, least, most int) time.Duration {
			return time.Duration(rapid.IntRange(least, most).Draw(t, name)) * time.Minute
		}
		at := func(name string) time.Time {
			return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(minutes(name, 0, 20000))
		}
		w := plan.Window{
			Ranged: rapid.Bool().Draw(t, "ranged"), Span: minutes("span", 0, 3000), Granularity: minutes("granularity", 0, 1500), LookBack: minutes("lookBack", 0, 1500),
			StartFrom: at("startFrom"), Zone: time.FixedZone("", rapid.IntRange(-12, 14).Draw(t, "zone")*3600),
		}
		if !w.Advances() {
			return // refused when it is compiled
		}
		watermark, end := at("watermark"), w.End(at("now"))
		if rapid.Bool().Draw(t, "first") {
			watermark = time.Time{}
		}
		from, to, more := w.Next(watermark, end)
		switch {
		case !more && w.Ranged && watermark.Before(end) && w.StartFrom.Before(end):
			t.Fatal("there is more to read")
		case !more:
		case !to.After(watermark), to.After(end), from.After(to):
			t.Fatalf("[%s, %s] behind %s", from, to, watermark)
		case w.Ranged && from.Before(w.StartFrom), w.Ranged && !watermark.IsZero() && from.After(watermark) && !from.Equal(w.StartFrom):
			t.Fatalf("[%s, %s] behind %s", from, to, watermark)
		}
	})
}
