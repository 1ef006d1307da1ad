package connection_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/turn"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/inflight"
	"github.com/karezflow/karez/server/limit/limittest"
)

// However long calls take, whoever makes them, whatever kinds they are of: no more of a
// connection are under way than may be, no rule of its vendor is broken by those that waited
// for others, and every call is made in the end.
func TestNoMoreAtATimeThanMayBe(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		rules := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) manifest.Limit {
			per := time.Duration(rapid.IntRange(500, 20000).Draw(r, "per")) * time.Millisecond
			return limittest.Rule(rapid.IntRange(1, 5).Draw(r, "calls"), per, rapid.Bool().Draw(r, "perOperation"))
		}), 0, 2).Draw(r, "rules")
		most := rapid.IntRange(0, 4).Draw(r, "most")
		takes := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 15000), func(n int) time.Duration { return time.Duration(n) * time.Millisecond }), 1, 9).Draw(r, "takes")
		type caller struct{ operation, kind, after, flow, priority int }
		callers := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) caller {
			return caller{
				rapid.IntRange(0, 2).Draw(r, "operation"), rapid.IntRange(0, 4).Draw(r, "kind"), rapid.IntRange(0, 9000).Draw(r, "after"),
				rapid.IntRange(0, 3).Draw(r, "flow"), rapid.IntRange(0, 9).Draw(r, "priority"),
			}
		}), 1, 30).Draw(r, "callers")
		var problem string
		synctest.Test(t, func(t *testing.T) {
			vendor := &session{takes: takes}
			installed := newPlugins(t)
			installed.manifest.Limits, installed.manifest.Concurrency = rules, most
			installed.session = func() connector.Session { return all(vendor) }
			s := newService(t, &database{}, installed)
			give(t, s, account())
			_, open, err := s.Open(t.Context(), 1, "depot")
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range callers {
				go func() {
					time.Sleep(time.Duration(c.after) * time.Millisecond) // the bubble's time, which costs none
					as := turn.With(t.Context(), turn.Caller{Flow: int64(c.flow), Priority: c.priority})
					requestAs(as, t, open, c.kind, fmt.Sprint("operation ", c.operation))
				}()
			}
			time.Sleep(24 * time.Hour)
			synctest.Wait()
			calls, may := vendor.made(), most
			if may == 0 {
				may = inflight.Default
			}
			switch problem = limittest.Crowded(calls, rules); {
			case problem != "":
			case vendor.most > may:
				problem = fmt.Sprintf("%d were under way at a time, %d may be", vendor.most, may)
			case len(calls) != len(callers):
				problem = fmt.Sprintf("%d calls of %d were made", len(calls), len(callers))
			}
		})
		if problem != "" {
			r.Fatal(problem)
		}
	})
}

// The bound is the connection's: it holds over a change of it, and another one has its own.
func TestPlacesAreTheConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		vendor, installed := &session{takes: []time.Duration{time.Minute}}, newPlugins(t)
		installed.manifest.Concurrency = 1
		installed.session = func() connector.Session { return vendor }
		s := newService(t, &database{}, installed)
		begin := func(name, settings string) {
			c := account()
			c.Name, c.Settings = name, []byte(settings)
			give(t, s, c)
			_, open, err := s.Open(t.Context(), 1, name)
			if err != nil {
				t.Fatal(err)
			}
			go request(t, open, 1, name)
			synctest.Wait()
		}
		const settings = `{"address":"https://a.example"}`
		begin("depot", settings)
		begin("depot", settings+" ") // changed
		begin("other", settings)
		if calls := vendor.made(); len(calls) != 2 || calls[0].Operation != "depot" || calls[1].Operation != "other" {
			t.Errorf("under way are %v", calls)
		}
		for declared, want := range map[int]int{1: 1, 0: inflight.Default} {
			installed.manifest.Concurrency = declared
			if shown, err := s.Traffic(as(t, 1, access.Viewer), "depot"); err != nil || shown.AtOnce != want {
				t.Errorf("shown are %d at a time, want %d: %v", shown.AtOnce, want, err)
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if calls := vendor.made(); len(calls) != 3 {
			t.Errorf("made were %v", calls)
		}
		time.Sleep(time.Minute)
	})
}
