package repairtest

import (
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// retryScenarios are about walking a document again.
func retryScenarios() []worldtest.Scenario {
	list := []worldtest.Scenario{
		{Name: "rejected, mended and delivered after the run is done", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryRejected, "vendor.no", ledger.Rejected)
			w.Pull(rec("b", "1"))
			deliver(w, "b", "t-b")
			w.Must(w.Store.EndPulling(w.Context(), w.Run.ID, nil, w.Now))
			if done, err := w.Store.FinishRun(w.Context(), w.Run.ID, w.Now); !done || err != nil {
				w.Fatalf("the run is not done: %v", err)
			}
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "delivered": 1, "rejected": 1})
			w.Now = w.Now.Add(worldtest.Lease)
			r := order(w, "a", ledger.RetryDocument)
			r.Version = w.Version + 1000
			before := w.Doc("a")
			work := carry(w, r)
			want := before
			want.State, want.Version, want.Work, want.Updated = ledger.Waiting, r.Version, work[0], w.Now
			w.Same("document", w.Doc("a"), want)
			w.Same("problem", w.Problem("a") == nil, true)
			w.Same("due", w.Due(), []ledger.Work{{
				ID: work[0], Workspace: w.Workspace, Kind: ledger.DocumentWork, Ref: before.ID, Run: w.Run.ID, Flow: w.Flow, Docs: 1, Due: w.Now,
			}})
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "delivered": 1, "waiting": 1})
			claimed := w.Claim(work[0], "one")
			tasks := w.Load(claimed)
			w.Same("loaded", []any{string(tasks[0].Body), tasks[0].Document.Version, len(tasks[0].Deliveries)}, []any{string(rec("a", "1").Body), r.Version, 1})
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "delivered": 1, "claimed": 1})
			in := w.Send(claimed, "a", "t-a")
			w.Must(w.Answer(claimed, worldtest.Done(in)))
			w.Conclude(claimed, w.Settled("a", ledger.Delivered))
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "delivered": 2})
			run, _, err := w.Store.Run(w.Context(), w.Run.ID)
			w.Must(err)
			w.Same("the run stays done", run.State, ledger.RunDone)
		}},
		{Name: "of two people one wins", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryRejected, "vendor.no", ledger.Rejected)
			w.Now++
			retry, skip := order(w, "a", ledger.RetryDocument), order(w, "a", ledger.SkipDocument)
			raced(w, retry, skip, retry)
			refused(w, retry, "document.changed")
		}},
		{Name: "another workspace", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryRejected, "vendor.no", ledger.Rejected)
			foreign(w, order(w, "a", ledger.RetryDocument))
		}},
		{Name: "one that a worker is at is left alone", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			end := w.Settled("a", ledger.RetryAt)
			w.Conclude(w.ClaimDoc("a"), end)
			w.Now = end.RetryAt
			late := w.ClaimDoc("a")
			refused(w, order(w, "a", ledger.RetryDocument), "document.busy")
			refused(w, order(w, "a", ledger.SkipDocument), "document.busy")
			w.Now = w.Now.Add(worldtest.Lease)
			id := retried(w, "a")
			w.Unclaimable("the row of before", late.ID)
			o := w.Outcome(late)
			o.Documents = []ledger.Settled{w.Settled("a", ledger.Delivered)}
			_, err := w.Store.CommitOutcome(w.Context(), o)
			w.Fenced("the late worker", err)
			w.Conclude(w.Claim(id, "two"), w.Settled("a", ledger.Collected))
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "collected": 1})
		}},
		{Name: "before its time", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			w.Conclude(w.ClaimDoc("a"), w.Settled("a", ledger.RetryAt))
			old := w.Doc("a").Work
			id := retried(w, "a")
			w.Same("due", []any{len(w.Due()), w.Due()[0].Priority, w.Due()[0].Connection}, []any{1, 5, w.Connection})
			w.Same("a new row", old != id, true)
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
			w.Walk("a", ledger.Delivered)
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "delivered": 1})
		}},
		{Name: "a lost answer is asked again", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryNeedsDecision, "delivery.unknown", ledger.NeedsDecision)
			sent := w.Delivery("a").Updated
			w.Now = w.Now.Add(worldtest.Lease)
			task := w.Load(w.Claim(retried(w, "a"), "one"))[0]
			d := task.Deliveries[0]
			w.Same("delivery", []any{d.State, d.Attempt, d.Absent, d.NextAt, d.Updated, string(d.Body)},
				[]any{ledger.DeliveryUnknown, 1, 0, w.Now, sent, `{"sent":1}`})
		}},
		{Name: "takes along what waits behind it", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryNeedsDecision, "delivery.unknown", ledger.NeedsDecision)
			w.Pull(rec("a", "2"))
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "needs_decision": 2})
			retried(w, "a")
			w.Same("behind it", w.Revision("a", 2), ledger.Waiting)
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 2})
			w.Walk("a", ledger.Rejected)
			w.Same("taken up", []any{w.Doc("a").ActiveRev, w.Doc("a").State}, []any{2, ledger.Waiting})
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 1, "superseded": 1})
		}},
		{Name: "a record without a key", Run: func(w *worldtest.World) {
			w.Pull(worldtest.Refused(rec("!1/2/3", "1")))
			refused(w, order(w, "!1/2/3", ledger.RetryDocument), "document.no_key")
		}},
	}
	for _, state := range []ledger.State{ledger.Rejected, ledger.Unmapped, ledger.NeedsDecision, ledger.RetryAt} {
		list = append(list, worldtest.Scenario{Name: state.String(), Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			w.Conclude(w.ClaimDoc("a"), w.Settled("a", state))
			retried(w, "a")
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
			w.Walk("a", ledger.Delivered)
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "delivered": 1})
		}})
	}
	for _, state := range []ledger.State{ledger.Delivered, ledger.Collected, ledger.Filtered, ledger.Held} {
		list = append(list, worldtest.Scenario{Name: "not when " + state.String(), Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			w.Conclude(w.ClaimDoc("a"), w.Settled("a", state))
			refused(w, order(w, "a", ledger.RetryDocument), "document.not_repairable")
		}})
	}
	return list
}
