package runtest

import "github.com/karezflow/karez/engine/ledger"

// queueScenarios are about a revision that waits behind one in flight.
func queueScenarios() []scenario {
	list := []scenario{
		{"dropped when the older is delivered", func(w *world) {
			work := w.queue("a")
			w.conclude(work, w.settled("a", ledger.Delivered))
			doc := w.doc("a")
			w.same("revisions", []any{doc.LatestRev, doc.ActiveRev, doc.DoneRev, doc.State}, []any{2, 1, 1, ledger.Delivered})
			w.same("nothing waits", doc.Queued(), false)
			w.same("dropped", w.revision("a", 2), ledger.Dropped)
			w.same("no work", w.due(), []ledger.Work{})
			w.counts(ledger.Counts{"pulled": 2, "ignored": 1, "accepted": 1, "delivered": 1})
			w.same("read again", w.pull(rec("a", "2")), ledger.PageResult{Unchanged: 1})
			w.body("a", rec("a", "1").Body)
			w.pullAs(ledger.Revise, rec("a", "3"))
			w.body("a", rec("a", "3").Body)
			w.same("its number is not given again", w.doc("a").ActiveRev, 3)
			w.same("dropped", w.revision("a", 2), ledger.Dropped)
			w.walk("a", ledger.Delivered)
			w.counts(ledger.Counts{"pulled": 4, "ignored": 1, "unchanged": 1, "accepted": 2, "delivered": 2})
		}},
		{"walked when changes are revised", func(w *world) {
			work := w.queue("a")
			end := w.settled("a", ledger.Delivered)
			end.OnSeen = ledger.Revise
			w.promoted(work, end, ledger.Delivered, 1)
		}},
		{"blocked behind a decision", func(w *world) {
			w.blocked(w.settledQueue("a", ledger.NeedsDecision, 0))
			w.same("no work", w.due(), []ledger.Work{})
			w.counts(ledger.Counts{"pulled": 2, "accepted": 2, "needs_decision": 2})
		}},
		{"blocked behind an uncertain delivery", func(w *world) {
			end := w.settledQueue("a", ledger.RetryAt, ledger.Uncertain)
			w.blocked(end)
			w.counts(ledger.Counts{"pulled": 2, "accepted": 2, "retry_at": 2})
			w.pull(rec("a", "3"))
			w.same("the newest waits", []ledger.State{w.revision("a", 2), w.revision("a", 3)}, []ledger.State{ledger.Superseded, ledger.RetryAt})
			w.now = end.RetryAt
			again := w.settled("a", ledger.RetryAt)
			w.conclude(w.claimDoc("a"), again)
			w.same("walked once it is certain", w.doc("a").ActiveRev, 3)
			w.body("a", rec("a", "3").Body)
			w.counts(ledger.Counts{"pulled": 3, "accepted": 3, "waiting": 1, "superseded": 2})
		}},
		{"blocked behind a held document", func(w *world) {
			w.blocked(w.settledQueue("a", ledger.Held, 0))
			w.counts(ledger.Counts{"pulled": 2, "accepted": 2, "held": 2})
		}},
		{"kept while the document is stale", func(w *world) {
			id := w.pull(rec("a", "1")).Work[0]
			late := w.claim(id, "one")
			in := w.send(late, "a", "t")
			w.now = w.now.Add(lease)
			work := w.claim(id, "two")
			w.pull(rec("a", "2"))
			w.fenced("the late answer", w.answer(late, done(in)))
			o := w.outcome(work)
			o.Deliveries, o.Documents = []ledger.Resolution{done(in)}, []ledger.Settled{w.settled("a", ledger.Delivered)}
			_, err := w.store.CommitOutcome(w.Context(), o)
			w.must(err)
			w.same("revisions", []int{w.doc("a").ActiveRev, w.doc("a").LatestRev}, []int{1, 2})
			w.counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 2})
			w.walk("a", ledger.Delivered)
			w.counts(ledger.Counts{"pulled": 2, "ignored": 1, "accepted": 1, "delivered": 1})
		}},
		{"counted where it was accepted", func(w *world) {
			work := w.claim(w.pull(rec("a", "1")).Work[0], "one")
			first := w.run
			w.run = w.openRun("manual", start+1)
			w.pull(rec("a", "2"))
			w.countsOf(first, ledger.Counts{"pulled": 1, "accepted": 1, "claimed": 1})
			w.counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
			result := w.conclude(work, w.settled("a", ledger.Unmapped))
			w.countsOf(first, ledger.Counts{"pulled": 1, "accepted": 1, "superseded": 1})
			w.counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
			w.claim(result.Work[0], "two")
			w.counts(ledger.Counts{"pulled": 1, "accepted": 1, "claimed": 1})
		}},
		{"refused at the door while it queues", func(w *world) {
			work := w.claim(w.pull(rec("a", "1")).Work[0], "one")
			w.pull(refused(rec("a", "2")))
			w.same("the document in flight", []any{w.doc("a").State, w.problem("a") == nil}, []any{ledger.Waiting, true})
			w.counts(ledger.Counts{"pulled": 2, "accepted": 2, "claimed": 1, "rejected": 1})
			w.same("no work", len(w.conclude(work, w.settled("a", ledger.Rejected)).Work), 0)
			w.same("refused for good", []any{w.doc("a").ActiveRev, w.doc("a").State, w.problem("a").Code}, []any{2, ledger.Rejected, "source.refused"})
			w.body("a", rec("a", "2").Body)
			w.counts(ledger.Counts{"pulled": 2, "accepted": 2, "rejected": 1, "superseded": 1})
		}},
	}
	for _, state := range []ledger.State{ledger.Rejected, ledger.Unmapped, ledger.RetryAt, ledger.Waiting, ledger.Collected, ledger.Filtered} {
		list = append(list, scenario{"walked after " + state.String(), func(w *world) {
			final := ledger.Superseded
			if state == ledger.Collected || state == ledger.Filtered {
				final = state
			}
			work := w.queue("a")
			w.promoted(work, w.settled("a", state), final, 0)
		}})
	}
	return list
}

// queue claims a document and lets a newer revision arrive behind it.
func (w *world) queue(key string) ledger.Work {
	w.Helper()
	work := w.claim(w.pull(rec(key, "1")).Work[0], "one")
	w.pull(rec(key, "2"))
	w.same("queued", []int{w.doc(key).ActiveRev, w.doc(key).LatestRev}, []int{1, 2})
	return work
}

// promoted concludes revision 1 and expects revision 2 to be walked.
func (w *world) promoted(work ledger.Work, end ledger.Settled, archived ledger.State, doneRev int) {
	w.Helper()
	result := w.conclude(work, end)
	doc := w.doc("a")
	w.same("revisions", []any{doc.LatestRev, doc.ActiveRev, doc.DoneRev, doc.State}, []any{2, 2, doneRev, ledger.Waiting})
	w.same("archived", w.revision("a", 1), archived)
	w.same("revision 2 is the document's row now", w.revision("a", 2), ledger.State(0))
	w.same("problem", w.problem("a") == nil, true)
	w.same("due at once", result.Work, []ledger.ID{doc.Work})
	w.body("a", rec("a", "2").Body)
	w.counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 1, ledger.SlotOf(archived): 1})
	tasks := w.load(w.claimDoc("a"))
	w.same("loaded", string(tasks[0].Body), string(rec("a", "2").Body))
}

// settledQueue concludes revision 1 while revision 2 waits.
func (w *world) settledQueue(key string, state ledger.State, attention ledger.Attention) ledger.Settled {
	w.Helper()
	work := w.queue(key)
	end := w.settled(key, state)
	end.Attention = attention
	w.conclude(work, end)
	return end
}

// blocked expects revision 2 to wait in the state of revision 1.
func (w *world) blocked(end ledger.Settled) {
	w.Helper()
	doc := w.doc("a")
	w.same("revisions", []any{doc.LatestRev, doc.ActiveRev, doc.State}, []any{2, 1, end.State})
	w.same("revision 2", w.revision("a", 2), end.State)
	w.same("problem", w.problem("a"), end.Problem)
}
