package pushtest

import (
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// queueScenarios are about a revision that waits behind one in flight.
func queueScenarios() []worldtest.Scenario {
	list := []worldtest.Scenario{
		{Name: "dropped when the older is delivered", Run: func(w *worldtest.World) {
			work := queue(w, "a")
			w.Conclude(work, w.Settled("a", ledger.Delivered))
			doc := w.Doc("a")
			w.Same("revisions", []any{doc.LatestRev, doc.ActiveRev, doc.DoneRev, doc.State}, []any{2, 1, 1, ledger.Delivered})
			w.Same("nothing waits", doc.Queued(), false)
			w.Same("dropped", w.Revision("a", 2), ledger.Dropped)
			w.Same("no work", w.Due(), []ledger.Work{})
			w.Counts(ledger.Counts{"pulled": 2, "ignored": 1, "accepted": 1, "delivered": 1})
			w.Same("read again", w.Pull(rec("a", "2")), ledger.PageResult{Unchanged: 1})
			w.Body("a", rec("a", "1").Body)
			w.PullAs(ledger.Revise, rec("a", "3"))
			w.Body("a", rec("a", "3").Body)
			w.Same("its number is not given again", w.Doc("a").ActiveRev, 3)
			w.Same("dropped", w.Revision("a", 2), ledger.Dropped)
			w.Walk("a", ledger.Delivered)
			w.Counts(ledger.Counts{"pulled": 4, "ignored": 1, "unchanged": 1, "accepted": 2, "delivered": 2})
		}},
		{Name: "walked when changes are revised", Run: func(w *worldtest.World) {
			work := queue(w, "a")
			end := w.Settled("a", ledger.Delivered)
			end.OnSeen = ledger.Revise
			promoted(w, work, end, ledger.Delivered, 1)
		}},
		{Name: "blocked behind a decision", Run: func(w *worldtest.World) {
			blocked(w, settledQueue(w, "a", ledger.NeedsDecision, 0))
			w.Same("no work", w.Due(), []ledger.Work{})
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "needs_decision": 2})
		}},
		{Name: "blocked behind an uncertain delivery", Run: func(w *worldtest.World) {
			end := settledQueue(w, "a", ledger.RetryAt, ledger.Uncertain)
			blocked(w, end)
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "retry_at": 2})
			w.Pull(rec("a", "3"))
			w.Same("the newest waits", []ledger.State{w.Revision("a", 2), w.Revision("a", 3)}, []ledger.State{ledger.Superseded, ledger.RetryAt})
			w.Now = end.RetryAt
			again := w.Settled("a", ledger.RetryAt)
			w.Conclude(w.ClaimDoc("a"), again)
			w.Same("walked once it is certain", w.Doc("a").ActiveRev, 3)
			w.Body("a", rec("a", "3").Body)
			w.Counts(ledger.Counts{"pulled": 3, "accepted": 3, "waiting": 1, "superseded": 2})
		}},
		{Name: "blocked behind a rejected one with an uncertain delivery", Run: func(w *worldtest.World) {
			work := queue(w, "a")
			end := w.Settled("a", ledger.Rejected)
			end.Attention, end.RetryAt = ledger.Uncertain, w.Now.Add(worldtest.Lease)
			w.Conclude(work, end)
			w.Same("the document", []any{w.Doc("a").ActiveRev, w.Doc("a").State, w.Problem("a")}, []any{1, ledger.Rejected, end.Problem})
			w.Same("behind it", w.Revision("a", 2), ledger.RetryAt)
			w.Same("not due yet", w.Due(), []ledger.Work{})
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "rejected": 1, "retry_at": 1})
			w.PullAs(ledger.Revise, rec("a", "3"))
			w.Same("another one queues", []any{w.Doc("a").ActiveRev, w.Revision("a", 2), w.Revision("a", 3)}, []any{1, ledger.Superseded, ledger.RetryAt})
			w.Now = end.RetryAt
			w.Counts(ledger.Counts{"pulled": 3, "accepted": 3, "rejected": 1, "retry_at": 1, "superseded": 1})
			w.Conclude(w.ClaimDoc("a"), w.Settled("a", ledger.Rejected))
			w.Same("walked once it is certain", []any{w.Doc("a").ActiveRev, w.Doc("a").State}, []any{3, ledger.Waiting})
			w.Counts(ledger.Counts{"pulled": 3, "accepted": 3, "waiting": 1, "superseded": 2})
		}},
		{Name: "waits on behind one that is walked again", Run: func(w *worldtest.World) {
			work := queue(w, "a")
			result := w.Conclude(work, w.Settled("a", ledger.Waiting))
			doc := w.Doc("a")
			w.Same("document", []any{doc.ActiveRev, doc.LatestRev, doc.State, result.Work}, []any{1, 2, ledger.Waiting, []ledger.ID{doc.Work}})
			w.Same("behind it", w.Revision("a", 2), ledger.Waiting)
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 2})
			w.Walk("a", ledger.Delivered)
			w.Counts(ledger.Counts{"pulled": 2, "ignored": 1, "accepted": 1, "delivered": 1})
		}},
		{Name: "blocked behind a held document", Run: func(w *worldtest.World) {
			blocked(w, settledQueue(w, "a", ledger.Held, 0))
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "held": 2})
		}},
		{Name: "kept while the document is stale", Run: func(w *worldtest.World) {
			late, in, work := overtaken(w)
			w.Pull(rec("a", "2"))
			w.Fenced("the late answer", w.Answer(late, done(in)))
			o := w.Outcome(work)
			o.Deliveries, o.Documents = []ledger.Resolution{done(in)}, []ledger.Settled{w.Settled("a", ledger.Delivered)}
			_, err := w.Store.CommitOutcome(w.Context(), o)
			w.Must(err)
			w.Same("revisions", []int{w.Doc("a").ActiveRev, w.Doc("a").LatestRev}, []int{1, 2})
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 2})
			w.Walk("a", ledger.Delivered)
			w.Counts(ledger.Counts{"pulled": 2, "ignored": 1, "accepted": 1, "delivered": 1})
		}},
		{Name: "counted where it was accepted", Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1")).Work[0], "one")
			first := w.Run
			w.Run = w.OpenRun("manual", worldtest.Start+1)
			w.Pull(rec("a", "2"))
			w.CountsOf(first, ledger.Counts{"pulled": 1, "accepted": 1, "claimed": 1})
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
			result := w.Conclude(work, w.Settled("a", ledger.Unmapped))
			w.CountsOf(first, ledger.Counts{"pulled": 1, "accepted": 1, "superseded": 1})
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
			w.Claim(result.Work[0], "two")
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "claimed": 1})
		}},
		{Name: "refused at the door while it queues", Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1")).Work[0], "one")
			w.Pull(worldtest.Refused(rec("a", "2")))
			w.Same("the document in flight", []any{w.Doc("a").State, w.Problem("a") == nil}, []any{ledger.Waiting, true})
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "claimed": 1, "rejected": 1})
			w.Same("no work", len(w.Conclude(work, w.Settled("a", ledger.Rejected)).Work), 0)
			w.Same("refused for good", []any{w.Doc("a").ActiveRev, w.Doc("a").State, w.Problem("a").Code}, []any{2, ledger.Rejected, "source.refused"})
			w.Body("a", rec("a", "2").Body)
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "rejected": 1, "superseded": 1})
		}},
	}
	for _, state := range []ledger.State{ledger.Rejected, ledger.Unmapped, ledger.RetryAt, ledger.Collected, ledger.Filtered} {
		list = append(list, worldtest.Scenario{Name: "walked after " + state.String(), Run: func(w *worldtest.World) {
			final := ledger.Superseded
			if state == ledger.Collected || state == ledger.Filtered {
				final = state
			}
			work := queue(w, "a")
			promoted(w, work, w.Settled("a", state), final, 0)
		}})
	}
	return list
}

// queue claims a document and lets a newer revision arrive behind it.
func queue(w *worldtest.World, key string) ledger.Work {
	w.Helper()
	work := w.Claim(w.Pull(rec(key, "1")).Work[0], "one")
	w.Pull(rec(key, "2"))
	w.Same("queued", []int{w.Doc(key).ActiveRev, w.Doc(key).LatestRev}, []int{1, 2})
	return work
}

// promoted concludes revision 1 and expects revision 2 to be walked.
func promoted(w *worldtest.World, work ledger.Work, end ledger.Settled, archived ledger.State, doneRev int) {
	w.Helper()
	result := w.Conclude(work, end)
	doc := w.Doc("a")
	w.Same("revisions", []any{doc.LatestRev, doc.ActiveRev, doc.DoneRev, doc.State}, []any{2, 2, doneRev, ledger.Waiting})
	w.Same("archived", w.Revision("a", 1), archived)
	w.Same("revision 2 is the document's row now", w.Revision("a", 2), ledger.State(0))
	w.Same("problem", w.Problem("a") == nil, true)
	w.Same("due at once", result.Work, []ledger.ID{doc.Work})
	w.Body("a", rec("a", "2").Body)
	w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 1, ledger.SlotOf(archived): 1})
	tasks := w.Load(w.ClaimDoc("a"))
	w.Same("loaded", string(tasks[0].Body), string(rec("a", "2").Body))
}

// settledQueue concludes revision 1 while revision 2 waits.
func settledQueue(w *worldtest.World, key string, state ledger.State, attention ledger.Attention) ledger.Settled {
	w.Helper()
	work := queue(w, key)
	end := w.Settled(key, state)
	end.Attention = attention
	w.Conclude(work, end)
	return end
}

// blocked expects revision 2 to wait in the state of revision 1.
func blocked(w *worldtest.World, end ledger.Settled) {
	w.Helper()
	doc := w.Doc("a")
	w.Same("revisions", []any{doc.LatestRev, doc.ActiveRev, doc.State}, []any{2, 1, end.State})
	w.Same("revision 2", w.Revision("a", 2), end.State)
	w.Same("problem", w.Problem("a"), end.Problem)
}
