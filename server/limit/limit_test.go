package limit_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/turn"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/limit"
	"github.com/karezflow/karez/server/limit/limittest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// slow is a store that takes time, before and after it does something.
type slow struct {
	limit.Store

	before, after time.Duration
}

func (s slow) Change(ctx context.Context, name string, change func(int64, []byte) ([]byte, error)) error {
	time.Sleep(s.before)
	err := s.Store.Change(ctx, name, change)
	time.Sleep(s.after)
	return err
}

// vendor counts calls.
type vendor struct {
	mu    sync.Mutex
	calls []limittest.Call
}

func (v *vendor) call(operation string, flow int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.calls = append(v.calls, limittest.Call{Operation: operation, Flow: flow, At: time.Now()})
}

func (v *vendor) made() []limittest.Call {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.calls
}

func room(store limit.Store, owner string, clock func() time.Time) *limit.Room {
	return limit.New(limit.Config{Store: store, Owner: owner, Clock: clock, Log: slog.New(slog.DiscardHandler)})
}

// off is a clock that is wrong by a time.
func off(by time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(by) }
}

// Over several processes whose clocks differ and whose database is slow, no span of
// time sees more calls than any rule allows, and every call is made in the end.
func TestNoSpanSeesMoreThanARule(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		rules := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) manifest.Limit {
			per := time.Duration(rapid.OneOf(rapid.IntRange(200, 5000), rapid.IntRange(10_000, 20_000)).Draw(r, "per")) * time.Millisecond
			return limittest.Rule(rapid.SampledFrom([]int{1, 2, 5, 10, 40, 100}).Draw(r, "calls"), per, rapid.Bool().Draw(r, "perOperation"))
		}), 1, 2).Draw(r, "rules")
		type caller struct{ process, operation, after, times, priority int }
		callers := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) caller {
			return caller{
				rapid.IntRange(0, 2).Draw(r, "process"), rapid.IntRange(0, 1).Draw(r, "operation"), rapid.IntRange(0, 3000).Draw(r, "after"),
				rapid.IntRange(1, 20).Draw(r, "times"), rapid.SampledFrom([]int{1, 5, 9}).Draw(r, "priority"),
			}
		}), 1, 12).Draw(r, "callers")
		skews := rapid.SliceOfN(rapid.IntRange(-5000, 5000), 3, 3).Draw(r, "skews")
		before, after := rapid.IntRange(0, 60).Draw(r, "before"), rapid.IntRange(0, 60).Draw(r, "after")
		// The database's clock is set back meanwhile, or stands still.
		jump := rapid.SampledFrom([]time.Duration{0, 0, -time.Second, -time.Hour}).Draw(r, "jump")
		var problem string
		synctest.Test(t, func(t *testing.T) {
			start, v, want := time.Now(), &vendor{}, 0
			memory := limit.NewMemory(func() time.Time {
				if now := time.Now(); now.Sub(start) > 1500*time.Millisecond {
					return now.Add(jump)
				}
				return time.Now()
			})
			store := slow{memory, time.Duration(before) * time.Millisecond, time.Duration(after) * time.Millisecond}
			var rooms []*limit.Room
			for i, skew := range skews {
				rooms = append(rooms, room(store, fmt.Sprint(i), off(time.Duration(skew)*time.Millisecond)))
			}
			for n, c := range callers {
				want += c.times
				ctx := turn.With(t.Context(), turn.Caller{Flow: int64(n), Priority: c.priority})
				go func() {
					time.Sleep(time.Duration(c.after) * time.Millisecond)
					for range c.times {
						operation := fmt.Sprint("operation ", c.operation)
						if _, err := rooms[c.process].Bucket("b", rules).Pass(ctx, operation); err != nil {
							t.Error(err)
						}
						v.call(operation, int64(n))
					}
				}()
			}
			time.Sleep(3 * time.Hour)
			synctest.Wait()
			if problem = limittest.Crowded(v.made(), rules); problem == "" && len(v.made()) != want {
				problem = fmt.Sprintf("%d calls of %d were made", len(v.made()), want)
			}
			for _, r := range rooms {
				r.Close()
			}
		})
		if problem != "" {
			r.Fatal(problem)
		}
	})
}

// busy keeps so many calls of a flow waiting until the context ends.
func busy(ctx context.Context, b *limit.Bucket, v *vendor, caller turn.Caller, calls int) {
	ctx = turn.With(ctx, caller)
	for range calls {
		go func() {
			for {
				if _, err := b.Pass(ctx, "op"); err != nil {
					return
				}
				v.call("op", caller.Flow)
			}
		}()
	}
}

// count tells how many calls were made by flow.
func count(calls []limittest.Call) map[int64]int {
	n := map[int64]int{}
	for _, c := range calls {
		n[c.Flow]++
	}
	return n
}

// A flow with thousands of calls does not starve others of its priority, and bands
// are let through by their weights.
func TestTurnsOfFlowsAndPriorities(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, v := room(limit.NewMemory(time.Now), "a", time.Now), &vendor{}
		b := r.Bucket("b", []manifest.Limit{limittest.Rule(5, time.Second, false)})
		ctx, cancel := context.WithCancel(t.Context())
		busy(ctx, b, v, turn.Caller{Flow: 1, Priority: 9}, 500)
		busy(ctx, b, v, turn.Caller{Flow: 2, Priority: 9}, 1)
		busy(ctx, b, v, turn.Caller{Flow: 3, Priority: 5}, 3)
		busy(ctx, b, v, turn.Caller{Flow: 4, Priority: 1}, 2)
		busy(ctx, b, v, turn.Caller{Flow: 5, Priority: 1}, 2)
		time.Sleep(3 * time.Minute)
		cancel()
		synctest.Wait()
		n := count(v.made())
		total := len(v.made())
		for flow, share := range map[int64]float64{1: .05, 2: .05, 3: .3, 4: .3, 5: .3} {
			if got := float64(n[flow]) / float64(total); got < share-.03 || got > share+.03 {
				t.Errorf("flow %d had %.3f of %d calls, want %.2f", flow, got, total, share)
			}
		}
		r.Close()
	})
}

// Shares hold across processes: what waits in one of them counts for the others.
func TestSharesAcrossProcesses(t *testing.T) {
	t.Parallel()
	for _, calls := range []int{5, 50} {
		synctest.Test(t, func(t *testing.T) {
			store, v := slow{limit.NewMemory(time.Now), time.Millisecond, time.Millisecond}, &vendor{}
			rules := []manifest.Limit{limittest.Rule(calls, time.Second, false)}
			one, other := room(store, "one", time.Now), room(store, "other", off(time.Minute))
			ctx, cancel := context.WithCancel(t.Context())
			busy(ctx, other.Bucket("b", rules), v, turn.Caller{Flow: 1, Priority: 9}, 100)
			for flow := range int64(3) {
				busy(ctx, other.Bucket("b", rules), v, turn.Caller{Flow: 10 + flow, Priority: 5}, 20)
			}
			busy(ctx, one.Bucket("b", rules), v, turn.Caller{Flow: 2, Priority: 1}, 2*calls)
			busy(ctx, one.Bucket("b", rules), v, turn.Caller{Flow: 20, Priority: 5}, calls)
			time.Sleep(3 * time.Minute)
			cancel()
			synctest.Wait()
			if problem := limittest.Crowded(v.made(), rules); problem != "" {
				t.Error(problem)
			}
			n, total := count(v.made()), len(v.made())
			if least := 3 * 60 * calls * 9 / 10; total < least {
				t.Errorf("%d calls were let through, want %d", total, least)
			}
			for flow, share := range map[int64]float64{2: .6, 1: .1, 10: .075, 20: .075} {
				if got := float64(n[flow]) / float64(total); got < share*.6 || got > share*1.4 {
					t.Errorf("%d a second: flow %d had %.3f of %d calls, want about %.3f", calls, flow, got, total, share)
				}
			}
			one.Close()
			other.Close()
		})
	}
}

// Where others use up the calls of a long rule, some stay for flows of high priority: their
// calls wait for the short rule only, and without them nothing is kept back.
func TestUrgentCallsFindRoomInALongRule(t *testing.T) {
	t.Parallel()
	rules := []manifest.Limit{limittest.Rule(5, time.Second, true), limittest.Rule(100, time.Minute, true)}
	for name, tt := range map[string]struct {
		priority, calls int
		least, most     time.Duration
	}{"high": {1, 880, 0, 3 * time.Second}, "normal": {5, 980, 20 * time.Second, time.Hour}, "none": {0, 980, 0, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store, v := slow{limit.NewMemory(time.Now), time.Millisecond, time.Millisecond}, &vendor{}
				one, other := room(store, "one", time.Now), room(store, "other", off(time.Minute))
				ctx, cancel := context.WithCancel(t.Context())
				for flow := range int64(5) {
					busy(ctx, one.Bucket("b", rules), v, turn.Caller{Flow: 10 + flow, Priority: 9}, 3)
					busy(ctx, other.Bucket("b", rules), v, turn.Caller{Flow: 20 + flow, Priority: 9}, 3)
				}
				start, longest := time.Now(), time.Duration(0)
				for time.Since(start) < 10*time.Minute {
					time.Sleep(6 * time.Second)
					if tt.priority == 0 {
						continue
					}
					began := time.Now()
					if _, err := one.Bucket("b", rules).Pass(turn.With(ctx, turn.Caller{Flow: 1, Priority: tt.priority}), "op"); err != nil {
						t.Fatal(err)
					}
					v.call("op", 1)
					if began.Sub(start) > 2*time.Minute { // the first ones find the window used up
						longest = max(longest, time.Since(began))
					}
				}
				cancel()
				synctest.Wait()
				if problem := limittest.Crowded(v.made(), rules); problem != "" {
					t.Error(problem)
				}
				if longest < tt.least || longest > tt.most || len(v.made()) < tt.calls {
					t.Errorf("of %d calls one waited %s", len(v.made()), longest)
				}
				one.Close()
				other.Close()
			})
		})
	}
}

// A process that is gone holds up the others only shortly.
func TestTheGoneAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := limit.NewMemory(time.Now)
		rules := []manifest.Limit{limittest.Rule(1, time.Second, false)}
		gone, left := room(store, "gone", time.Now), room(store, "left", time.Now)
		pass := func(ctx context.Context, r *limit.Room) error {
			_, err := r.Bucket("b", rules).Pass(turn.With(ctx, turn.Caller{Flow: 1, Priority: 1}), "")
			return err
		}
		if err := pass(t.Context(), left); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = pass(ctx, gone) }()
		synctest.Wait()
		gone.Close() // while it waits
		start := time.Now()
		for range 3 {
			if err := pass(t.Context(), left); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took > 3*1100*time.Millisecond+400*time.Millisecond {
			t.Errorf("three calls took %s", took)
		}
		cancel()
		synctest.Wait()
		left.Close()
	})
}

// A call that is given up has used up nothing, whether it waited or was just let through.
func TestGivenUpUsesNothingUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := room(limit.NewMemory(time.Now), "a", time.Now)
		b := r.Bucket("b", []manifest.Limit{limittest.Rule(2, time.Minute, false)})
		stopped := errors.New("stopped")
		for range 2 {
			if _, err := b.Pass(t.Context(), ""); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		for range 20 {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Second, func() { cancel(stopped) })
			if _, err := b.Pass(ctx, ""); !errors.Is(err, stopped) {
				t.Errorf("%v", err)
			}
		}
		if _, err := b.Pass(t.Context(), ""); err != nil || time.Since(start) != 63*time.Second {
			t.Errorf("%v, after %s", err, time.Since(start))
		}
		r.Close()
	})
}
