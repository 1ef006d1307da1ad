package limitstore_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/turn"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/limit"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/limitstore"
	"github.com/karezflow/karez/server/store/storetest"
)

// Twenty flows in two processes share one account of five calls a second: nineteen read old
// ranges, one is urgent. No second sees more than five calls, wherever it begins; the urgent
// flow waits for a turn or two, and each of the others has its part.
func TestAnUrgentFlowBesideBackfills(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		const (
			calls, flows = 5, 20
			lasting      = 12 * time.Second
		)
		rules := []manifest.Limit{{Calls: calls, Per: manifest.Duration(time.Second)}}
		ctx, cancel := context.WithTimeout(t.Context(), lasting)
		defer cancel()
		var mu sync.Mutex
		var made []time.Time
		var waits []int // how many calls were made while the urgent flow waited for one
		served := map[int64]int{}
		call := func(b *limit.Bucket, caller turn.Caller) bool {
			mu.Lock()
			before := len(made)
			mu.Unlock()
			_, err := b.Pass(turn.With(ctx, caller), "op")
			if err != nil {
				return false
			}
			mu.Lock()
			defer mu.Unlock()
			made = append(made, time.Now())
			served[caller.Flow]++
			if caller.Priority == 1 {
				waits = append(waits, len(made)-before)
			}
			return true
		}
		var rooms []*limit.Room
		for _, owner := range []string{"one", "other"} {
			rooms = append(rooms, limit.New(limit.Config{Store: limitstore.New(db), Owner: owner, Clock: time.Now, Log: slog.New(slog.DiscardHandler)}))
		}
		var group sync.WaitGroup
		for flow := range int64(flows) {
			b := rooms[flow%2].Bucket("jushuitan/a", rules)
			caller := turn.Caller{Flow: flow + 1, Priority: 9}
			if flow == 0 {
				caller.Priority = 1
			}
			inFlight := map[bool]int{true: 1, false: 4}[flow == 0]
			for range inFlight {
				group.Go(func() {
					for call(b, caller) {
						if caller.Priority == 1 { // the next document comes a little later
							select {
							case <-ctx.Done():
							case <-time.After(100 * time.Millisecond):
							}
						}
					}
				})
			}
		}
		group.Wait()
		for _, r := range rooms {
			r.Close()
		}
		for i := calls; i < len(made); i++ {
			if took := made[i].Sub(made[i-calls]); took <= time.Second {
				t.Errorf("%d calls within %s", calls+1, took)
			}
		}
		slices.Sort(waits)
		if len(waits) < len(made)/10 {
			t.Fatalf("the urgent flow was let through %d times of %d", len(waits), len(made))
		}
		p95 := waits[len(waits)*95/100]
		t.Logf("%d calls; the urgent flow had %d of them, and waited for %d calls before half of them, %d before 95 of 100", len(made), len(waits), waits[len(waits)/2], p95)
		if p95 > 3*calls {
			t.Errorf("the urgent flow waited while %d calls were made", p95)
		}
		if len(served) < min(12, len(made)/3) { // what is left for the others goes round
			t.Errorf("only %d flows were served", len(served))
		}
	})
}
