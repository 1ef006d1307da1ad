package pulltest

import (
	"fmt"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// holdScenarios are about windows whose documents wait for the whole window.
func holdScenarios() []worldtest.Scenario {
	return []worldtest.Scenario{
		{Name: "claimable when the window is done", Run: func(w *worldtest.World) {
			first, second := w.PullHeld(rec("a", "1"), rec("b", "1")), w.PullHeld(rec("c", "1"))
			w.Same("no work yet", []any{len(first.Work), len(second.Work), w.Due()}, []any{0, 0, []ledger.Work{}})
			w.Unclaimable("a held document", w.Doc("a").Work)
			w.Now++
			ids := w.FinishWindow(w.Window)
			w.Same("work", ids, []ledger.ID{w.Doc("a").Work, w.Doc("c").Work})
			w.Same("due", len(w.Due()), 2)
			w.Same("documents", len(w.Load(w.Claim(ids[0], "worker"))), 2)
			w.Counts(ledger.Counts{"pulled": 3, "accepted": 3, "waiting": 1, "claimed": 2})
		}},
		{Name: "a window of its own is not released by another", Run: func(w *worldtest.World) {
			w.PullHeld(rec("a", "1"))
			other := w.StartWindow(ledger.Backfill, -100, 0)
			w.Same("work", w.FinishWindow(other), []ledger.ID{})
			w.Unclaimable("a held document", w.Doc("a").Work)
		}},
		{Name: "of one key twice the first goes first", Run: func(w *worldtest.World) {
			w.PullHeld(rec("a", "1"))
			w.PullHeld(worldtest.Refused(rec("b", "1")), worldtest.Refused(rec("a", "2")), rec("a", "3"))
			w.Same("queued", []int{w.Doc("a").ActiveRev, w.Doc("a").LatestRev}, []int{1, 3})
			w.Same("work", w.FinishWindow(w.Window), []ledger.ID{w.Doc("a").Work})
			w.Counts(ledger.Counts{"pulled": 4, "accepted": 4, "waiting": 2, "rejected": 1, "superseded": 1})
			w.Same("due at once", w.Conclude(w.ClaimDoc("a"), w.Settled("a", ledger.Rejected)).Work, []ledger.ID{w.Doc("a").Work})
			w.Walk("a", ledger.Delivered)
			w.Counts(ledger.Counts{"pulled": 4, "accepted": 4, "delivered": 1, "rejected": 1, "superseded": 2})
		}},
		{Name: "a promoted revision is held with its window", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			w.FinishWindow(w.Window)
			w.Window = w.StartWindow(ledger.Live, 100, 200)
			work := w.ClaimDoc("a")
			w.PullHeld(rec("a", "2"))
			result := w.Conclude(work, w.Settled("a", ledger.Rejected))
			w.Same("nothing is due", []any{len(result.Work), w.Due()}, []any{0, []ledger.Work{}})
			w.Same("promoted", []int{w.Doc("a").ActiveRev, w.Doc("a").LatestRev}, []int{2, 2})
			w.Same("work", w.FinishWindow(w.Window), []ledger.ID{w.Doc("a").Work})
			w.Walk("a", ledger.Delivered)
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "delivered": 1, "superseded": 1})
		}},
		{Name: "a promoted revision of a done window is not held", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			w.FinishWindow(w.Window)
			w.Window = w.StartWindow(ledger.Live, 100, 200)
			work := w.ClaimDoc("a")
			w.PullHeld(rec("a", "2"))
			w.FinishWindow(w.Window)
			w.Same("due at once", w.Conclude(work, w.Settled("a", ledger.Rejected)).Work, []ledger.ID{w.Doc("a").Work})
		}},
		{Name: "promoted while its window ends", Run: promotedAtTheEnd},
	}
}

// promotedAtTheEnd lets a held revision become active at the moment its window
// ends: whoever is first, somebody makes it claimable.
func promotedAtTheEnd(w *worldtest.World) {
	for turn := range 20 {
		key := fmt.Sprint("k", turn)
		w.Pull(rec(key, "1"))
		work := w.ClaimDoc(key)
		w.PullHeld(rec(key, "2"))
		ended := w.Outcome(work)
		ended.Documents = []ledger.Settled{w.Settled(key, ledger.Rejected)}
		window := w.Window
		w.Together(2, func(i int) error {
			if i == 0 {
				_, err := w.Store.CommitOutcome(w.Context(), ended)
				return err
			}
			_, err := w.Store.FinishWindow(w.Context(), window, w.Now)
			return err
		})
		w.Window = w.StartWindow(ledger.Live, window.To-worldtest.Start, window.To-worldtest.Start+100)
		w.Same("active", w.Doc(key).ActiveRev, 2)
		w.Conclude(w.ClaimDoc(key), w.Settled(key, ledger.Delivered))
	}
}

// withdrawScenarios are about windows that are read anew: what a reading held that
// came to nothing is never walked.
func withdrawScenarios() []worldtest.Scenario {
	return []worldtest.Scenario{
		{Name: "only what the last attempt read is released", Run: func(w *worldtest.World) {
			w.PullHeld(rec("a", "half"), rec("b", "half"), rec("c", "1"))
			first := w.Run
			w.Run = w.OpenRun("manual", worldtest.Start+1)
			w.Now++
			again(w)
			for _, key := range []string{"a", "b", "c"} {
				doc := w.Doc(key)
				w.Same("withdrawn", []any{doc.State, doc.Work, doc.Updated}, []any{ledger.Superseded, ledger.ID(0), w.Now})
			}
			w.CountsOf(first, ledger.Counts{"pulled": 3, "accepted": 3, "superseded": 3})
			result := w.PullHeld(rec("b", "whole"), rec("c", "1"))
			w.Same("read as if for the first time", result, ledger.PageResult{Accepted: 2})
			w.Body("b", rec("b", "whole").Body)
			w.Same("the same page again", w.PullHeld(rec("b", "whole"), rec("c", "1")), ledger.PageResult{Unchanged: 2})
			w.Same("work", w.FinishWindow(w.Window), []ledger.ID{w.Doc("b").Work})
			work := w.ClaimDoc("b")
			w.Same("documents", []int{work.Docs, len(w.Load(work))}, []int{2, 2})
			w.Conclude(work, w.Settled("b", ledger.Delivered), w.Settled("c", ledger.Delivered))
			w.CountsOf(first, ledger.Counts{"pulled": 3, "accepted": 3, "superseded": 3})
			w.Counts(ledger.Counts{"pulled": 4, "unchanged": 2, "accepted": 2, "delivered": 2})
			// What left the window comes with a later one, even if it is what was withdrawn.
			w.Window = w.StartWindow(ledger.Live, 100, 200)
			w.Same("taken", w.PullHeld(rec("a", "half")), ledger.PageResult{Accepted: 1})
			w.FinishWindow(w.Window)
			w.Walk("a", ledger.Delivered)
			w.Same("revision 1", w.Revision("a", 1), ledger.Superseded)
		}},
		{Name: "250 of them", Run: func(w *worldtest.World) {
			var docs []ledger.Incoming
			for i := range 250 {
				docs = append(docs, rec(fmt.Sprintf("k%03d", i), "1"))
			}
			w.PullHeld(docs...)
			again(w)
			w.Counts(ledger.Counts{"pulled": 250, "accepted": 250, "superseded": 250})
			w.PullHeld(docs[:120]...)
			again(w)
			w.PullHeld(docs...)
			w.Same("work rows", len(w.FinishWindow(w.Window)), 3)
			w.Counts(ledger.Counts{"pulled": 620, "accepted": 620, "superseded": 370, "waiting": 250})
		}},
		{Name: "what was refused at the door stays", Run: func(w *worldtest.World) {
			w.PullHeld(worldtest.Refused(rec("a", "1")), rec("b", "1"))
			again(w)
			w.Same("refused", []any{w.Doc("a").State, w.Problem("a") != nil}, []any{ledger.Rejected, true})
			w.Same("work", w.FinishWindow(w.Window), []ledger.ID{})
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "rejected": 1, "superseded": 1})
		}},
		{Name: "what queued is let go", Run: func(w *worldtest.World) {
			work := inFlight(w)
			w.PullHeld(rec("a", "half"))
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "claimed": 1, "waiting": 1})
			again(w)
			w.Same("dropped", w.Revision("a", 2), ledger.Dropped)
			w.Counts(ledger.Counts{"pulled": 2, "ignored": 1, "accepted": 1, "claimed": 1})
			w.FinishWindow(w.Window)
			w.Same("nothing follows", w.Conclude(work, w.Settled("a", ledger.Rejected)).Work, []ledger.ID{})
			w.Same("a", []any{w.Doc("a").State, w.Doc("a").ActiveRev}, []any{ledger.Rejected, 1})
			w.Window = w.StartWindow(ledger.Live, 200, 300)
			w.Same("read again", w.PullHeld(rec("a", "half")), ledger.PageResult{Accepted: 1})
			w.FinishWindow(w.Window)
			w.Walk("a", ledger.Delivered)
			w.Counts(ledger.Counts{"pulled": 3, "ignored": 1, "accepted": 2, "superseded": 1, "delivered": 1})
		}},
		{Name: "what queued and is read again queues again", Run: func(w *worldtest.World) {
			work := inFlight(w)
			w.PullHeld(rec("a", "2"))
			again(w)
			w.Same("read again", w.PullHeld(rec("a", "2")), ledger.PageResult{Accepted: 1})
			w.FinishWindow(w.Window)
			w.Same("promoted", w.Conclude(work, w.Settled("a", ledger.Rejected)).Work, []ledger.ID{w.Doc("a").Work})
			w.Body("a", rec("a", "2").Body)
			w.Walk("a", ledger.Delivered)
			w.Counts(ledger.Counts{"pulled": 3, "ignored": 1, "accepted": 2, "superseded": 1, "delivered": 1})
		}},
		{Name: "what was promoted is withdrawn too", Run: func(w *worldtest.World) {
			work := inFlight(w)
			w.PullHeld(rec("a", "half"))
			w.Conclude(work, w.Settled("a", ledger.Rejected))
			again(w)
			w.Same("a", []any{w.Doc("a").State, w.Doc("a").ActiveRev}, []any{ledger.Superseded, 2})
			w.Same("work", w.FinishWindow(w.Window), []ledger.ID{})
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "superseded": 2})
		}},
		{Name: "another window's revision takes its place", Run: func(w *worldtest.World) {
			w.PullHeld(rec("a", "half"), rec("b", "half"))
			live := w.Window
			w.Window = w.StartWindow(ledger.Backfill, -100, 0)
			w.PullHeld(rec("a", "other"))
			w.Pull(rec("b", "other"))
			backfill := w.Window
			w.Window = live
			again(w)
			w.Same("active", []int{w.Doc("a").ActiveRev, w.Doc("b").ActiveRev}, []int{2, 2})
			w.Same("due", len(w.Due()), 1)
			w.Walk("b", ledger.Delivered)
			w.Unclaimable("held by the other window", w.Doc("a").Work)
			w.Same("nothing of this window", w.FinishWindow(w.Window), []ledger.ID{})
			w.Same("work", w.FinishWindow(backfill), []ledger.ID{w.Doc("a").Work})
			w.Walk("a", ledger.Delivered)
			w.Counts(ledger.Counts{"pulled": 4, "accepted": 4, "superseded": 2, "delivered": 2})
		}},
		{Name: "the parts of a split window hold their own", Run: func(w *worldtest.World) {
			w.PullHeld(rec("a", "half"), rec("b", "1"))
			parts, err := w.Store.SplitWindow(w.Context(), w.Window, worldtest.Start+50, w.Now)
			w.Must(err)
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "superseded": 2})
			w.Window = parts[0]
			w.Same("read again", w.PullHeld(rec("a", "whole")), ledger.PageResult{Accepted: 1})
			w.Same("after one part", w.FinishWindow(parts[0]), []ledger.ID{w.Doc("a").Work})
			w.Body("a", rec("a", "whole").Body)
			w.Window = parts[1]
			w.PullHeld(rec("c", "1"))
			w.Same("after both", w.FinishWindow(parts[1]), []ledger.ID{w.Doc("c").Work})
			w.Same("b", w.Doc("b").State, ledger.Superseded)
			w.Counts(ledger.Counts{"pulled": 4, "accepted": 4, "superseded": 2, "waiting": 2})
		}},
		{Name: "what is not held stays", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"), rec("b", "1"))
			before, due := w.Documents(), w.Due()
			again(w)
			w.Same("documents", w.Documents(), before)
			w.Same("due", w.Due(), due)
		}},
	}
}

// again begins the next attempt of the world's window for its run.
func again(w *worldtest.World) {
	w.Helper()
	next, err := w.Store.RestartWindow(w.Context(), w.Window, w.Run.ID, w.Now)
	w.Must(err)
	w.Window = next
}

// inFlight gives the claim of a document of an earlier window and opens the next window.
func inFlight(w *worldtest.World) ledger.Work {
	w.Helper()
	w.Pull(rec("a", "1"))
	w.FinishWindow(w.Window)
	w.Window = w.StartWindow(ledger.Live, 100, 200)
	return w.ClaimDoc("a")
}
