package execution_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/execution"
)

// A source that gives faster than the target takes does not run away from it: what is
// read and not written stays bounded, all of it is read in the end.
func TestASlowTargetSlowsItsSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const bound, page = 20, 10
		r := newRig(t)
		r.service.InFlight = bound
		r.orders(157)
		req := r.request()
		run := r.start(req)
		done := make(chan error, 1)
		go func() { done <- r.service.Pull(t.Context(), run, req) }()
		for walks := 0; ; walks++ {
			time.Sleep(time.Minute) // as long as it takes to read what may be read
			synctest.Wait()
			got, counts := r.run(run.ID)
			if waiting := counts[ledger.SlotOf(ledger.Waiting)] + counts[ledger.SlotClaimed]; waiting >= bound+page {
				t.Fatalf("after %d walks %d documents wait", walks, waiting)
			} else if waiting < bound && !got.PullingEnded {
				t.Fatalf("after %d walks only %d documents wait and no more are read", walks, waiting)
			}
			due := r.due()
			if got.PullingEnded && len(due) == 0 {
				break
			}
			if _, err := r.worker.Handle(t.Context(), due[0]); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if _, counts := r.run(run.ID); counts[ledger.SlotAccepted] != 157 || counts[ledger.SlotOf(ledger.Delivered)] != 157 {
			t.Errorf("%v", counts)
		}
	})
}

// What does not move keeps nobody from reading for ever: then a page is read from time to time.
func TestWhatStandsStillDoesNotLockTheSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.service.InFlight = 20
		r.orders(57)
		req := r.request()
		run := r.start(req)
		done := make(chan error, 1)
		go func() { done <- r.service.Pull(t.Context(), run, req) }()
		time.Sleep(2*time.Minute - time.Second)
		_, before := r.run(run.ID)
		time.Sleep(2 * time.Second)
		_, after := r.run(run.ID)
		if n := after[ledger.SlotAccepted] - before[ledger.SlotAccepted]; n <= 0 || n > 10 {
			t.Errorf("%d documents were read after a while", n)
		}
		time.Sleep(time.Hour)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A person sees that the sources wait.
func TestBehind(t *testing.T) {
	t.Parallel()
	counts := func(waiting, claimed int) ledger.Counts {
		return ledger.Counts{ledger.SlotOf(ledger.Waiting): waiting, ledger.SlotClaimed: claimed}
	}
	for name, tt := range map[string]struct {
		view execution.View
		want bool
	}{
		"many wait":        {execution.View{Run: ledger.Run{State: ledger.RunRunning}, Counts: counts(3900, 100)}, true},
		"few":              {execution.View{Run: ledger.Run{State: ledger.RunRunning}, Counts: counts(3800, 100)}, false},
		"all was read":     {execution.View{Run: ledger.Run{State: ledger.RunRunning, PullingEnded: true}, Counts: counts(9000, 0)}, false},
		"it did not begin": {execution.View{Run: ledger.Run{State: ledger.RunQueued}, Counts: counts(9000, 0)}, false},
		"its flow rests":   {execution.View{Run: ledger.Run{State: ledger.RunRunning}, FlowPaused: true, Counts: counts(9000, 0)}, false},
	} {
		if got := tt.view.Behind(); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
