package repairtest

import (
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// skipScenarios are about letting a document go.
func skipScenarios() []worldtest.Scenario {
	return []worldtest.Scenario{
		{Name: "final, with who and why", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryRejected, "vendor.no", ledger.Rejected)
			r := order(w, "a", ledger.SkipDocument)
			r.Note = "测试单"
			w.Same("no work", len(carry(w, r)), 0)
			w.Same("document", []any{w.Doc("a").State, w.Doc("a").Work}, []any{ledger.Skipped, ledger.ID(0)})
			w.Same("problem", w.Problem("a"), &ledger.Problem{
				Code: ledger.CodeSkipped, Message: "skipped by " + actor + ": 测试单", Args: map[string]string{"0": actor, "1": ": 测试单"},
			})
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "skipped": 1})
			refused(w, order(w, "a", ledger.RetryDocument), "document.not_repairable")
			w.Same("read again", w.Pull(rec("a", "1")), ledger.PageResult{Unchanged: 1})
			w.Pull(rec("a", "2"))
			w.Same("a newer source goes on", []any{w.Doc("a").State, w.Problem("a") == nil}, []any{ledger.Waiting, true})
			w.Counts(ledger.Counts{"pulled": 3, "unchanged": 1, "accepted": 2, "skipped": 1, "waiting": 1})
		}},
		{Name: "a retry that is due later goes with its row", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			end := w.Settled("a", ledger.RetryAt)
			w.Conclude(w.ClaimDoc("a"), end)
			carry(w, order(w, "a", ledger.SkipDocument))
			w.Now = end.RetryAt
			w.Same("nothing is due", w.Due(), []ledger.Work{})
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "skipped": 1})
		}},
		{Name: "the owner of a key gives it to the other", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryNeedsDecision, "delivery.unknown", ledger.NeedsDecision)
			w.Pull(rec("b", "1"))
			taken := func() bool {
				w.Helper()
				work := w.ClaimDoc("b")
				result, err := w.Intend(work, w.Intent(w.Doc("b"), "t-a", w.Delivery("b")))
				w.Must(err)
				if len(result.Taken) > 0 {
					w.Same("owner", result.Taken[0].Document, w.Doc("a").ID)
					w.Conclude(work, w.Settled("b", ledger.NeedsDecision))
					return true
				}
				w.Must(w.Answer(work, worldtest.Done(w.Intent(w.Doc("b"), "t-a", &ledger.Delivery{Attempt: w.Delivery("b").Attempt - 1}))))
				w.Conclude(work, w.Settled("b", ledger.Delivered))
				return false
			}
			w.Same("the key is a's", taken(), true)
			retried(w, "b")
			w.Same("and stays a's while a retries", taken(), true)
			carry(w, order(w, "a", ledger.SkipDocument))
			retried(w, "b")
			w.Same("the key is free", taken(), false)
			w.Same("b", []any{w.Doc("b").State, w.Delivery("b").State}, []any{ledger.Delivered, ledger.DeliveryDone})
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "skipped": 1, "delivered": 1})
		}},
		{Name: "what was written keeps its key", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryDone, "", ledger.NeedsDecision)
			carry(w, order(w, "a", ledger.SkipDocument))
			w.Same("delivery", w.Delivery("a").State, ledger.DeliveryDone)
			w.Pull(rec("b", "1"))
			result, err := w.Intend(w.ClaimDoc("b"), w.Intent(w.Doc("b"), "t-a", nil))
			w.Must(err)
			w.Same("taken", len(result.Taken), 1)
		}},
		{Name: "who does not own a key frees none", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			deliver(w, "a", "t")
			for _, key := range []string{"b", "c"} {
				w.Pull(rec(key, "1"))
				work := w.ClaimDoc(key)
				result, err := w.Intend(work, w.Intent(w.Doc(key), "t", nil))
				w.Must(err)
				w.Same("taken", result.Taken[0].Document, w.Doc("a").ID)
				w.Conclude(work, w.Settled(key, ledger.NeedsDecision))
				carry(w, order(w, key, ledger.SkipDocument))
			}
		}},
		{Name: "what waits behind it is taken up", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryNeedsDecision, "delivery.unknown", ledger.NeedsDecision)
			w.Pull(rec("a", "2"))
			work := carry(w, order(w, "a", ledger.SkipDocument))
			doc := w.Doc("a")
			w.Same("document", []any{doc.ActiveRev, doc.State, work}, []any{2, ledger.Waiting, []ledger.ID{doc.Work}})
			w.Same("revision 1", w.Revision("a", 1), ledger.Skipped)
			w.Same("problem", w.Problem("a") == nil, true)
			w.Body("a", rec("a", "2").Body)
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "skipped": 1, "waiting": 1})
			deliver(w, "a", "t-a")
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "skipped": 1, "delivered": 1})
		}},
		{Name: "an answer that comes late is kept", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			late := w.ClaimDoc("a")
			in := w.Send(late, "a", "t-a")
			w.Now = w.Now.Add(worldtest.Lease)
			w.Conclude(w.Claim(late.ID, "two"), w.Settled("a", ledger.RetryAt))
			carry(w, order(w, "a", ledger.SkipDocument))
			w.Fenced("the late worker", w.Answer(late, worldtest.Done(in)))
			w.Same("delivery", []any{w.Doc("a").State, w.Delivery("a").State}, []any{ledger.Skipped, ledger.DeliveryDone})
		}},
	}
}
