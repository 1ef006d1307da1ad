package pulltest

import (
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// rereadScenarios are about records whose key was seen before.
func rereadScenarios() []worldtest.Scenario {
	return []worldtest.Scenario{
		{Name: "a delivered one is ignored", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			w.Walk("a", ledger.Delivered)
			before := w.Doc("a")
			w.Same("result", w.Pull(rec("a", "2")), ledger.PageResult{Ignored: 1})
			w.Same("document", w.Doc("a"), before)
			w.Body("a", rec("a", "1").Body)
			w.Counts(ledger.Counts{"pulled": 2, "ignored": 1, "accepted": 1, "delivered": 1})
		}},
		{Name: "a delivered one is revised", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			w.Walk("a", ledger.Delivered)
			result := w.PullAs(ledger.Revise, rec("a", "2"))
			w.Same("result", []int{result.Accepted, len(result.Work)}, []int{1, 1})
			doc := w.Doc("a")
			w.Same("revisions", []int{doc.LatestRev, doc.ActiveRev, doc.DoneRev}, []int{2, 2, 1})
			w.Same("hash", doc.SourceHash, rec("a", "2").SourceHash)
			w.Body("a", rec("a", "2").Body)
			w.Same("the older", w.Revision("a", 1), ledger.Delivered)
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "delivered": 1, "waiting": 1})
		}},
		{Name: "finished ones are replaced", Run: func(w *worldtest.World) {
			finals := map[ledger.State]ledger.State{
				ledger.Rejected: ledger.Superseded, ledger.Unmapped: ledger.Superseded, ledger.Collected: ledger.Collected, ledger.Filtered: ledger.Filtered,
			}
			for state := range finals {
				w.Pull(rec(state.String(), "1"))
				w.Walk(state.String(), state)
			}
			w.Counts(ledger.Counts{"pulled": 4, "accepted": 4, "rejected": 1, "unmapped": 1, "collected": 1, "filtered": 1})
			for state, archived := range finals {
				key := state.String()
				w.Pull(rec(key, "2"))
				w.Same(key, []ledger.State{w.Doc(key).State, w.Revision(key, 1)}, []ledger.State{ledger.Waiting, archived})
				w.Same("problem of "+key, w.Problem(key) == nil, true)
			}
			w.Counts(ledger.Counts{"pulled": 8, "accepted": 8, "waiting": 4, "superseded": 2, "collected": 1, "filtered": 1})
		}},
		{Name: "an archived revision keeps what it was", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			end := w.Settled("a", ledger.Delivered)
			end.Attention = ledger.Warned | ledger.WritebackFailing
			w.Conclude(w.ClaimDoc("a"), end)
			was := w.Doc("a")
			w.Now++
			w.PullAs(ledger.Revise, rec("a", "2"))
			w.Same("revision", w.Revisions("a"), []ledger.Revision{{
				Document: was.ID, Rev: 1, Number: was.Number, SourceHash: was.SourceHash, Modified: was.Modified, State: ledger.Delivered,
				Attention: end.Attention, Run: was.Run, Version: was.Version, Window: was.Window, Pack: was.Pack, PackNo: was.PackNo, Updated: w.Now,
			}})
			w.Same("attention of the new one", w.Doc("a").Attention, ledger.Attention(0))
		}},
		{Name: "one in flight is not overtaken", Run: func(w *worldtest.World) {
			page := w.Pull(rec("a", "1"))
			work := w.Claim(page.Work[0], "worker")
			w.Same("while claimed", w.Pull(rec("a", "2")), ledger.PageResult{Accepted: 1})
			doc := w.Doc("a")
			w.Same("revisions", []int{doc.LatestRev, doc.ActiveRev}, []int{2, 1})
			w.Same("work", doc.Work, work.ID)
			w.Body("a", rec("a", "1").Body)
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "claimed": 1, "waiting": 1})
			w.Same("the same again", w.Pull(rec("a", "2")), ledger.PageResult{Unchanged: 1})
			w.Same("of several only the newest queues", w.Pull(rec("a", "3")), ledger.PageResult{Accepted: 1})
			w.Same("revision 2", w.Revision("a", 2), ledger.Superseded)
			w.Same("revision 3", w.Revision("a", 3), ledger.Waiting)
			w.Counts(ledger.Counts{"pulled": 4, "unchanged": 1, "accepted": 3, "claimed": 1, "waiting": 1, "superseded": 1})
		}},
		{Name: "one that waits for a retry or a decision is not overtaken", Run: func(w *worldtest.World) {
			for _, state := range []ledger.State{ledger.RetryAt, ledger.NeedsDecision, ledger.Held} {
				key := state.String()
				w.Pull(rec(key, "1"))
				w.Walk(key, state)
				was := w.Problem(key)
				w.Pull(rec(key, "2"))
				w.Same(key, []ledger.State{w.Doc(key).State, w.Revision(key, 2)}, []ledger.State{state, state})
				w.Same("problem of "+key, w.Problem(key), was)
			}
			w.Counts(ledger.Counts{"pulled": 6, "accepted": 6, "retry_at": 2, "needs_decision": 2, "held": 2})
		}},
		{Name: "several revisions within a page", Run: func(w *worldtest.World) {
			result := w.Pull(rec("a", "1"), rec("b", "1"), rec("a", "2"), rec("a", "2"), rec("a", "3"))
			w.Same("result", []int{result.Accepted, result.Unchanged, len(result.Work)}, []int{4, 1, 1})
			w.Same("states", []ledger.State{w.Doc("a").State, w.Revision("a", 2), w.Revision("a", 3)},
				[]ledger.State{ledger.Waiting, ledger.Superseded, ledger.Waiting})
			w.Body("a", rec("a", "1").Body)
			w.Counts(ledger.Counts{"pulled": 5, "unchanged": 1, "accepted": 4, "waiting": 3, "superseded": 1})
			work := w.Claim(result.Work[0], "worker")
			w.Counts(ledger.Counts{"pulled": 5, "unchanged": 1, "accepted": 4, "waiting": 1, "claimed": 2, "superseded": 1})
			rejected := w.Settled("a", ledger.Rejected)
			w.Conclude(work, rejected, w.Settled("b", ledger.Delivered))
			w.Body("a", rec("a", "3").Body)
			w.Counts(ledger.Counts{"pulled": 5, "unchanged": 1, "accepted": 4, "waiting": 1, "superseded": 2, "delivered": 1})
		}},
		{Name: "another run counts what it accepted", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"), rec("b", "1"))
			first := w.Run
			w.FinishWindow(w.Window)
			w.Run = w.OpenRun("manual", worldtest.Start+1)
			w.Window = w.StartWindow(ledger.Live, 100, 200)
			w.Pull(rec("a", "1"), rec("b", "2"), rec("c", "1"))
			w.CountsOf(first, ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 2})
			w.Counts(ledger.Counts{"pulled": 3, "unchanged": 1, "accepted": 2, "waiting": 2})
			w.Conclude(w.ClaimDoc("a"), w.Settled("a", ledger.Delivered), w.Settled("b", ledger.Rejected))
			w.CountsOf(first, ledger.Counts{"pulled": 2, "accepted": 2, "delivered": 1, "superseded": 1})
			w.Counts(ledger.Counts{"pulled": 3, "unchanged": 1, "accepted": 2, "waiting": 2})
			w.Same("run of b", w.Doc("b").Run, w.Run.ID)
		}},
	}
}
