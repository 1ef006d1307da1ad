package limit_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/limit"
	"github.com/karezflow/karez/server/limit/limittest"
)

// pass gets a turn that must come.
func pass(t *testing.T, b *limit.Bucket) limit.Turn {
	t.Helper()
	turn, err := b.Pass(t.Context(), "op")
	if err != nil {
		t.Error(err)
	}
	return turn
}

// A refusal pauses and halves the bucket for every process, and it comes back by steps.
func TestARefusalLowersTheBucketForAll(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		wait, pause time.Duration
	}{"a named wait": {3 * time.Second, 3 * time.Second}, "none": {0, time.Second}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store, rules := limit.NewMemory(time.Now), []manifest.Limit{limittest.Rule(8, time.Second, false)}
				one, other := room(store, "one", time.Now), room(store, "other", time.Now)
				here, there := one.Bucket("b", rules), other.Bucket("b", rules)
				turns := []limit.Turn{pass(t, here), pass(t, here), pass(t, here)}
				start := time.Now()
				for _, turn := range turns { // of calls that were under way together
					here.Refused(t.Context(), turn, tt.wait, "vendor.199")
				}
				view := func() limit.View {
					t.Helper()
					v, err := other.View(t.Context(), "b", rules)
					if err != nil {
						t.Fatal(err)
					}
					return v
				}
				if v := view(); v.Level != 500 || v.Rules[0].Allowed != 4 || v.Paused != tt.pause || v.Code != "vendor.199" || v.Refused == 0 {
					t.Errorf("after a refusal: %+v", v)
				}
				pass(t, there)
				if took := time.Since(start); took != tt.pause {
					t.Errorf("another process went on after %s, want %s", took, tt.pause)
				}
				for range 4 {
					pass(t, there)
				}
				if took := time.Since(start); took < tt.pause+1050*time.Millisecond || took > tt.pause+1150*time.Millisecond {
					t.Errorf("five calls took until %s: they are to be four in a window", took)
				}
				time.Sleep(time.Until(start.Add(tt.pause + 5*time.Second)))
				if v := view(); v.Level != 600 || v.Rules[0].Allowed != 4 {
					t.Errorf("a step later: %+v", v)
				}
				time.Sleep(20 * time.Second)
				if v := view(); v.Level != 1000 || v.Rules[0].Allowed != 8 || v.Refused == 0 {
					t.Errorf("in the end: %+v", v)
				}
				one.Close()
				other.Close()
			})
		})
	}
}

// A vendor that refuses whatever comes is called ever more rarely.
func TestRefusalsInARowNeverHammer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, rules := range [][]manifest.Limit{{limittest.Rule(5, time.Second, false)}, {limittest.Rule(100, time.Minute, true)}, {limittest.Rule(50, time.Second, false)}, nil} {
			r := room(limit.NewMemory(time.Now), "a", time.Now)
			b := r.Bucket("b", rules)
			var mu sync.Mutex
			calls := 0
			ctx, cancel := context.WithCancel(t.Context())
			for range 8 {
				go func() {
					for {
						turn, err := b.Pass(ctx, "op")
						if err != nil {
							return
						}
						mu.Lock()
						calls++
						mu.Unlock()
						time.Sleep(100 * time.Millisecond)
						b.Refused(ctx, turn, 0, "vendor.199")
					}
				}()
			}
			time.Sleep(10 * time.Minute)
			cancel()
			synctest.Wait()
			if calls > 60 {
				t.Errorf("%v: %d calls in ten minutes", rules, calls)
			}
			r.Close()
		}
	})
}

// Where nothing is declared, calls are not counted until the vendor asks for fewer.
func TestWithoutRules(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := limit.NewMemory(time.Now)
		one, other := room(store, "one", time.Now), room(store, "other", time.Now)
		here, there := one.Bucket("b", nil), other.Bucket("b", nil)
		start := time.Now()
		for range 1000 {
			pass(t, here)
			pass(t, there)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("calls waited %s", took)
		}
		synctest.Wait()
		here.Refused(t.Context(), pass(t, here), 10*time.Second, "vendor.429")
		time.Sleep(3 * time.Second)
		pass(t, there) // looks
		synctest.Wait()
		start = time.Now()
		pass(t, there)
		if took := time.Since(start); took != 7*time.Second {
			t.Errorf("the other process went on after %s", took)
		}
		start = time.Now()
		for range 12 {
			pass(t, there)
		}
		if took := time.Since(start); took < 2*time.Second || took > 3*time.Second {
			t.Errorf("twelve calls took %s, want five a second", took)
		}
		time.Sleep(time.Minute)
		pass(t, there)
		start = time.Now()
		for range 1000 {
			pass(t, there)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("in the end calls waited %s", took)
		}
		one.Close()
		other.Close()
	})
}

// People may set a number of their own; it holds for all, until they take it back.
func TestOwnLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		declared := limittest.Rule(10, time.Second, false)
		r := room(limit.NewMemory(time.Now), "a", time.Now)
		b := r.Bucket("b", []manifest.Limit{declared})
		for _, own := range []int{2, 0} {
			if err := r.Set(t.Context(), "b", declared, own); err != nil {
				t.Fatal(err)
			}
			v, err := r.View(t.Context(), "b", []manifest.Limit{declared})
			want := map[int]int{2: 2, 0: 10}[own]
			if err != nil || v.Rules[0].Own != own || v.Rules[0].Allowed != want {
				t.Errorf("%+v, %v", v, err)
			}
			time.Sleep(10 * time.Second)
			start := time.Now()
			for range 21 {
				pass(t, b)
			}
			took, most := time.Since(start), time.Duration(20/want)*1050*time.Millisecond
			if took < most-1200*time.Millisecond || took > most+1200*time.Millisecond {
				t.Errorf("21 calls at %d a second took %s", want, took)
			}
		}
		r.Close()
	})
}

// What the vendor asked for may be forgotten by hand.
func TestForgive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := room(limit.NewMemory(time.Now), "a", time.Now)
		rules := []manifest.Limit{limittest.Rule(10, time.Second, false)}
		b := r.Bucket("b", rules)
		b.Refused(t.Context(), pass(t, b), time.Hour, "vendor.1")
		if err := r.Forgive(t.Context(), "b"); err != nil {
			t.Fatal(err)
		}
		if v, err := r.View(t.Context(), "b", rules); err != nil || v.Level != 1000 || v.Paused != 0 {
			t.Errorf("%+v, %v", v, err)
		}
		r.Close()
	})
}

func BenchmarkPass(b *testing.B) {
	r := room(limit.NewMemory(time.Now), "a", time.Now)
	bucket := r.Bucket("b", []manifest.Limit{limittest.Rule(100_000_000, time.Second, false)})
	for b.Loop() {
		if _, err := bucket.Pass(b.Context(), "op"); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	r.Close()
}
