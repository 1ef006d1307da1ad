package runtest

import "github.com/karezflow/karez/engine/ledger"

// rereadScenarios are about records whose key was seen before.
func rereadScenarios() []scenario {
	return []scenario{
		{"a delivered one is ignored", func(w *world) {
			w.pull(rec("a", "1"))
			w.walk("a", ledger.Delivered)
			before := w.doc("a")
			w.same("result", w.pull(rec("a", "2")), ledger.PageResult{Ignored: 1})
			w.same("document", w.doc("a"), before)
			w.body("a", rec("a", "1").Body)
			w.counts(ledger.Counts{"pulled": 2, "ignored": 1, "accepted": 1, "delivered": 1})
		}},
		{"a delivered one is revised", func(w *world) {
			w.pull(rec("a", "1"))
			w.walk("a", ledger.Delivered)
			result := w.pullAs(ledger.Revise, rec("a", "2"))
			w.same("result", []int{result.Accepted, len(result.Work)}, []int{1, 1})
			doc := w.doc("a")
			w.same("revisions", []int{doc.LatestRev, doc.ActiveRev, doc.DoneRev}, []int{2, 2, 1})
			w.same("hash", doc.SourceHash, rec("a", "2").SourceHash)
			w.body("a", rec("a", "2").Body)
			w.same("the older", w.revision("a", 1), ledger.Delivered)
			w.counts(ledger.Counts{"pulled": 2, "accepted": 2, "delivered": 1, "waiting": 1})
		}},
		{"finished ones are replaced", func(w *world) {
			finals := map[ledger.State]ledger.State{
				ledger.Rejected: ledger.Superseded, ledger.Unmapped: ledger.Superseded, ledger.Collected: ledger.Collected, ledger.Filtered: ledger.Filtered,
			}
			for state := range finals {
				w.pull(rec(state.String(), "1"))
				w.walk(state.String(), state)
			}
			w.counts(ledger.Counts{"pulled": 4, "accepted": 4, "rejected": 1, "unmapped": 1, "collected": 1, "filtered": 1})
			for state, archived := range finals {
				key := state.String()
				w.pull(rec(key, "2"))
				w.same(key, []ledger.State{w.doc(key).State, w.revision(key, 1)}, []ledger.State{ledger.Waiting, archived})
				w.same("problem of "+key, w.problem(key) == nil, true)
			}
			w.counts(ledger.Counts{"pulled": 8, "accepted": 8, "waiting": 4, "superseded": 2, "collected": 1, "filtered": 1})
		}},
		{"an archived revision keeps what it was", func(w *world) {
			w.pull(rec("a", "1"))
			end := w.settled("a", ledger.Delivered)
			end.Attention = ledger.Warned | ledger.WritebackFailing
			w.conclude(w.claimDoc("a"), end)
			was := w.doc("a")
			w.now++
			w.pullAs(ledger.Revise, rec("a", "2"))
			w.same("revision", w.revisions("a"), []ledger.Revision{{
				Document: was.ID, Rev: 1, Number: was.Number, SourceHash: was.SourceHash, Modified: was.Modified, State: ledger.Delivered,
				Attention: end.Attention, Run: was.Run, Version: was.Version, Window: was.Window, Pack: was.Pack, PackNo: was.PackNo, Updated: w.now,
			}})
			w.same("attention of the new one", w.doc("a").Attention, ledger.Attention(0))
		}},
		{"one in flight is not overtaken", func(w *world) {
			page := w.pull(rec("a", "1"))
			work := w.claim(page.Work[0], "worker")
			w.same("while claimed", w.pull(rec("a", "2")), ledger.PageResult{Accepted: 1})
			doc := w.doc("a")
			w.same("revisions", []int{doc.LatestRev, doc.ActiveRev}, []int{2, 1})
			w.same("work", doc.Work, work.ID)
			w.body("a", rec("a", "1").Body)
			w.counts(ledger.Counts{"pulled": 2, "accepted": 2, "claimed": 1, "waiting": 1})
			w.same("the same again", w.pull(rec("a", "2")), ledger.PageResult{Unchanged: 1})
			w.same("of several only the newest queues", w.pull(rec("a", "3")), ledger.PageResult{Accepted: 1})
			w.same("revision 2", w.revision("a", 2), ledger.Superseded)
			w.same("revision 3", w.revision("a", 3), ledger.Waiting)
			w.counts(ledger.Counts{"pulled": 4, "unchanged": 1, "accepted": 3, "claimed": 1, "waiting": 1, "superseded": 1})
		}},
		{"one that waits for a retry or a decision is not overtaken", func(w *world) {
			for _, state := range []ledger.State{ledger.RetryAt, ledger.NeedsDecision, ledger.Held} {
				key := state.String()
				w.pull(rec(key, "1"))
				w.walk(key, state)
				was := w.problem(key)
				w.pull(rec(key, "2"))
				w.same(key, []ledger.State{w.doc(key).State, w.revision(key, 2)}, []ledger.State{state, state})
				w.same("problem of "+key, w.problem(key), was)
			}
			w.counts(ledger.Counts{"pulled": 6, "accepted": 6, "retry_at": 2, "needs_decision": 2, "held": 2})
		}},
		{"several revisions within a page", func(w *world) {
			result := w.pull(rec("a", "1"), rec("b", "1"), rec("a", "2"), rec("a", "2"), rec("a", "3"))
			w.same("result", []int{result.Accepted, result.Unchanged, len(result.Work)}, []int{4, 1, 1})
			w.same("states", []ledger.State{w.doc("a").State, w.revision("a", 2), w.revision("a", 3)},
				[]ledger.State{ledger.Waiting, ledger.Superseded, ledger.Waiting})
			w.body("a", rec("a", "1").Body)
			w.counts(ledger.Counts{"pulled": 5, "unchanged": 1, "accepted": 4, "waiting": 3, "superseded": 1})
			work := w.claim(result.Work[0], "worker")
			w.counts(ledger.Counts{"pulled": 5, "unchanged": 1, "accepted": 4, "waiting": 1, "claimed": 2, "superseded": 1})
			rejected := w.settled("a", ledger.Rejected)
			w.conclude(work, rejected, w.settled("b", ledger.Delivered))
			w.body("a", rec("a", "3").Body)
			w.counts(ledger.Counts{"pulled": 5, "unchanged": 1, "accepted": 4, "waiting": 1, "superseded": 2, "delivered": 1})
		}},
		{"another run counts what it accepted", func(w *world) {
			w.pull(rec("a", "1"), rec("b", "1"))
			first := w.run
			w.finishWindow(w.window)
			w.run = w.openRun("manual", start+1)
			w.window = w.startWindow(ledger.Live, 100, 200)
			w.pull(rec("a", "1"), rec("b", "2"), rec("c", "1"))
			w.countsOf(first, ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 2})
			w.counts(ledger.Counts{"pulled": 3, "unchanged": 1, "accepted": 2, "waiting": 2})
			w.conclude(w.claimDoc("a"), w.settled("a", ledger.Delivered), w.settled("b", ledger.Rejected))
			w.countsOf(first, ledger.Counts{"pulled": 2, "accepted": 2, "delivered": 1, "superseded": 1})
			w.counts(ledger.Counts{"pulled": 3, "unchanged": 1, "accepted": 2, "waiting": 2})
			w.same("run of b", w.doc("b").Run, w.run.ID)
		}},
	}
}
