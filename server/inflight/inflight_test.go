package inflight_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/karezflow/karez/engine/turn"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/inflight"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// made are the calls that were let through, in their order.
type made struct {
	t    *testing.T
	gate *inflight.Gate
	// each is how long a call takes.
	each  time.Duration
	names []string
}

// of makes a context for calls of a flow.
func of(t *testing.T, flow int64, priority int) context.Context {
	t.Helper()
	return turn.With(t.Context(), turn.Caller{Flow: flow, Priority: priority})
}

// begin makes a call in the background that has its turn after a wait.
func (m *made) begin(ctx context.Context, name string, wait time.Duration) {
	go func() {
		leave, err := m.gate.Pass(ctx, func(ctx context.Context) error {
			if wait == 0 {
				return nil
			}
			select {
			case <-time.After(wait):
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
		if err != nil {
			m.t.Errorf("%s: %v", name, err)
			return
		}
		m.names = append(m.names, name) // calls of one bubble with one place
		time.Sleep(m.each)
		leave()
	}()
	synctest.Wait()
}

func (m *made) want(names string) {
	m.t.Helper()
	synctest.Wait()
	if got := strings.Join(m.names, " "); got != names {
		m.t.Errorf("made were %q, want %q", got, names)
	}
	m.names = nil
}

// Of ten turns high has six, normal three and low one; flows of a priority take turns, and
// people do not wait for any.
func TestOrderOfTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := made{t: t, gate: inflight.New(time.Now).Gate("a", 1), each: time.Second}
		m.begin(of(t, 9, 5), "first", 0)
		for range 12 {
			m.begin(of(t, 3, 8), "low", 0)
			m.begin(of(t, 2, 0), "normal", 0)
			m.begin(of(t, 1, 2), "high", 0)
		}
		m.begin(t.Context(), "person", 0)
		time.Sleep(12 * time.Second)
		synctest.Wait()
		count := map[string]int{}
		for _, name := range m.names[2:12] {
			count[name]++
		}
		if m.names[0] != "first" || m.names[1] != "person" || count["high"] != 6 || count["normal"] != 3 || count["low"] != 1 {
			t.Errorf("the first were %v", m.names[:12])
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(m.names) != 38 {
			t.Errorf("%d calls were made", len(m.names))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		m := made{t: t, gate: inflight.New(time.Now).Gate("a", 1), each: time.Second}
		m.begin(of(t, 9, 5), "first", 0)
		for _, name := range []string{"1a", "1b", "1c", "2a", "3a", "3b"} {
			m.begin(of(t, int64(name[0]), 5), name, 0)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		m.want("first 1a 2a 3a 1b 3b 1c")
	})
}

// Calls that wait for their turn for long hold up none whose turn comes at once, and are
// before all others when theirs has come.
func TestWaitingForATurnTakesNoPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := made{t: t, gate: inflight.New(time.Now).Gate("a", 1), each: 10 * time.Second}
		for n := range 3 {
			m.begin(of(t, 1, 2), fmt.Sprint("slow", n), 15*time.Second)
		}
		m.begin(of(t, 2, 8), "quick", 0)
		time.Sleep(100 * time.Millisecond)
		m.want("quick")
		m.begin(of(t, 2, 2), "next", 0)
		time.Sleep(14 * time.Second) // 10.06 s: next begins; 15 s: the turns come, for which there is no place
		m.want("next")
		m.begin(of(t, 2, 2), "last", 0)
		time.Sleep(time.Hour)
		synctest.Wait()
		m.want("slow0 slow1 slow2 last")
	})
}

// A turn that has gone by while there was no place is not used: the call takes another one.
func TestATurnGoesBy(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]int{40 * time.Millisecond: 1, 60 * time.Millisecond: 2, time.Hour: 2} {
		synctest.Test(t, func(t *testing.T) {
			gate := inflight.New(time.Now).Gate("a", 1)
			turns, called := 0, false
			go func() {
				leave, err := gate.Pass(of(t, 1, 2), func(context.Context) error {
					turns++
					time.Sleep(time.Second)
					return nil
				})
				if err != nil {
					t.Error(err)
					return
				}
				called = true
				leave()
			}()
			time.Sleep(900 * time.Millisecond)
			leave, err := gate.Pass(of(t, 2, 2), func(context.Context) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(100*time.Millisecond + wait)
			synctest.Wait()
			if called {
				t.Error("two calls are under way")
			}
			leave()
			time.Sleep(time.Minute)
			synctest.Wait()
			if !called || turns != want {
				t.Errorf("after %s: called %t, %d turns, want %d", wait, called, turns, want)
			}
		})
	}
}

// What is given up was not made, says so, and leaves its place to others, wherever it waits.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	stopped := errors.New("the run was stopped")
	for _, where := range []string{"before", "for a place", "for its turn", "for a place once more"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				gate := inflight.New(time.Now).Gate("a", 1)
				pass := func() func() {
					leave, err := gate.Pass(of(t, 2, 2), func(context.Context) error { return nil })
					if err != nil {
						t.Fatal(err)
					}
					return leave
				}
				ctx, cancel := context.WithCancelCause(of(t, 1, 2))
				leave := func() {}
				if where == "before" {
					cancel(stopped)
				}
				if where == "for a place" {
					leave = pass()
				}
				var err error
				go func() {
					_, err = gate.Pass(ctx, func(ctx context.Context) error {
						if where == "for a place once more" {
							time.Sleep(time.Second)
							return nil
						}
						<-ctx.Done()
						return fault.New("connection.not_sent", "given up").Because(context.Cause(ctx)).Classed(fault.Transient).Unapplied()
					})
				}()
				time.Sleep(500 * time.Millisecond)
				if where == "for a place once more" {
					leave = pass()
				}
				time.Sleep(time.Second)
				cancel(stopped)
				synctest.Wait()
				if f := fault.From(err); f == nil || f.Code != "connection.not_sent" || f.Class != fault.Transient || !f.NotApplied || !errors.Is(err, stopped) {
					t.Errorf("given up: %v", err)
				}
				leave()
				for range 3 {
					pass()()
				}
			})
		})
	}
}

// The bound of a gate that is in use can be changed.
func TestAnotherBound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gates := inflight.New(time.Now)
		var running []int
		var under atomic.Int32
		for range 60 {
			gate := gates.Gate("a", 2)
			go func() {
				leave, err := gate.Pass(of(t, 1, 2), func(context.Context) error { return nil })
				if err != nil {
					t.Error(err)
					return
				}
				under.Add(1)
				time.Sleep(time.Second)
				under.Add(-1)
				leave()
			}()
		}
		for _, most := range []int{2, 5, 1, 0} {
			gates.Gate("a", most)
			time.Sleep(1100 * time.Millisecond)
			synctest.Wait()
			running = append(running, int(under.Load()))
		}
		time.Sleep(time.Minute)
		if want := []int{2, 5, 1, inflight.Default}; !slices.Equal(running, want) {
			t.Errorf("%v were under way, want %v", running, want)
		}
		var none *inflight.Gate
		if leave, err := none.Pass(t.Context(), func(context.Context) error { return nil }); err != nil {
			t.Error(err)
		} else {
			leave()
		}
	})
}
