package pulltest

import (
	"errors"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

func windowScenarios() []worldtest.Scenario {
	return []worldtest.Scenario{
		{Name: "started and listed", Run: func(w *worldtest.World) {
			w.Same("window", w.Window, ledger.Window{
				ID: w.Window.ID, Stream: w.Stream.ID, Run: w.Run.ID, Kind: ledger.Live, From: worldtest.Start, To: worldtest.Start + 100, State: ledger.WindowOpen, Attempt: 1,
			})
			late, early := w.StartWindow(ledger.Live, 500, 600), w.StartWindow(ledger.Live, 300, 400)
			backfill := w.StartWindow(ledger.Backfill, -900, -800)
			open(w, ledger.Live, w.Window, early, late)
			open(w, ledger.Backfill, backfill)
			open(w, ledger.GapSweep)
			w.FinishWindow(early)
			open(w, ledger.Live, w.Window, late)
		}},
		{Name: "restarted", Run: func(w *worldtest.World) {
			run := w.OpenRun("manual", worldtest.Start+1)
			again, err := w.Store.RestartWindow(w.Context(), w.Window, run.ID, w.Now)
			w.Must(err)
			want := w.Window
			want.Attempt, want.Run = 2, run.ID
			w.Same("window", again, want)
			open(w, ledger.Live, again)
			stale(w, w.Window)
			open(w, ledger.Live, again)
			w.FinishWindow(again)
			stale(w, again)
		}},
		{Name: "split", Run: func(w *worldtest.World) {
			parts, err := w.Store.SplitWindow(w.Context(), w.Window, worldtest.Start+40, w.Now)
			w.Must(err)
			w.Same("parts", len(parts), 2)
			for i, bounds := range [][2]ledger.Millis{{0, 40}, {40, 100}} {
				w.Same("part", parts[i], ledger.Window{
					ID: parts[i].ID, Stream: w.Stream.ID, Run: w.Run.ID, Kind: ledger.Live, From: worldtest.Start + bounds[0], To: worldtest.Start + bounds[1],
					State: ledger.WindowOpen, Parent: w.Window.ID, Attempt: 1,
				})
			}
			open(w, ledger.Live, parts...)
			stale(w, w.Window)
			w.FinishWindow(parts[1])
			cursor(w, 0)
			quarters, err := w.Store.SplitWindow(w.Context(), parts[0], worldtest.Start+20, w.Now)
			w.Must(err)
			w.FinishWindow(quarters[1])
			cursor(w, 0)
			w.FinishWindow(quarters[0])
			cursor(w, worldtest.Start+100)
		}},
		{Name: "the cursor is the end of what is contiguous", Run: func(w *worldtest.World) {
			second, third := w.StartWindow(ledger.Live, 95, 200), w.StartWindow(ledger.Live, 200, 300)
			behind := w.StartWindow(ledger.Live, 310, 400)
			w.FinishWindow(third)
			cursor(w, 0)
			w.FinishWindow(behind)
			w.FinishWindow(w.Window)
			cursor(w, worldtest.Start+100)
			w.FinishWindow(second)
			cursor(w, worldtest.Start+300)
			w.FinishWindow(w.StartWindow(ledger.Live, 290, 310))
			cursor(w, worldtest.Start+400)
			w.FinishWindow(w.StartWindow(ledger.Live, 350, 380))
			cursor(w, worldtest.Start+400)
		}},
		{Name: "only live windows move the cursor", Run: func(w *worldtest.World) {
			for _, kind := range []ledger.WindowKind{ledger.Backfill, ledger.GapSweep, ledger.ByNumbers} {
				w.FinishWindow(w.StartWindow(kind, 0, 700))
				cursor(w, 0)
			}
			w.FinishWindow(w.Window)
			cursor(w, worldtest.Start+100)
		}},
		{Name: "an older attempt cannot finish or split", Run: func(w *worldtest.World) {
			w.PullHeld(rec("a", "1"))
			_, err := w.Store.RestartWindow(w.Context(), w.Window, w.Run.ID, w.Now)
			w.Must(err)
			stale(w, w.Window)
			cursor(w, 0)
			w.Unclaimable("a held document", w.Doc("a").Work)
		}},
		{Name: "one of many finishes it", Run: func(w *worldtest.World) {
			won := make(chan int, 8)
			w.Together(8, func(i int) error {
				_, err := w.Store.FinishWindow(w.Context(), w.Window, w.Now)
				if err == nil {
					won <- i
					return nil
				}
				if errors.Is(err, ledger.ErrFenced) {
					return nil
				}
				return err
			})
			w.Same("winners", len(won), 1)
		}},
	}
}

// open compares the stream's open windows of a kind.
func open(w *worldtest.World, kind ledger.WindowKind, want ...ledger.Window) {
	w.Helper()
	got, err := w.Store.OpenWindows(w.Context(), w.Stream.ID, kind)
	w.Must(err)
	w.Same("open windows", got, want)
}

func cursor(w *worldtest.World, want ledger.Millis) {
	w.Helper()
	w.Same("cursor", w.OpenStream("orders").Watermark, want)
}

// stale proves that nothing can be done with an attempt that is over.
func stale(w *worldtest.World, window ledger.Window) {
	w.Helper()
	_, err := w.Store.RestartWindow(w.Context(), window, w.Run.ID, w.Now)
	w.Fenced("RestartWindow", err)
	_, err = w.Store.SplitWindow(w.Context(), window, window.From+1, w.Now)
	w.Fenced("SplitWindow", err)
	_, err = w.Store.FinishWindow(w.Context(), window, w.Now)
	w.Fenced("FinishWindow", err)
}

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
		{Name: "what is read again replaces what is held", Run: func(w *worldtest.World) {
			w.PullHeld(rec("a", "1"), rec("b", "1"), rec("c", "1"))
			first := w.Run
			w.Run = w.OpenRun("manual", worldtest.Start+1)
			again, err := w.Store.RestartWindow(w.Context(), w.Window, w.Run.ID, w.Now)
			w.Must(err)
			w.Window = again
			result := w.PullHeld(rec("a", "1"), rec("b", "2"), rec("b", "3"))
			w.Same("result", result, ledger.PageResult{Accepted: 2, Unchanged: 1})
			w.Same("revisions of b", []ledger.State{w.Doc("b").State, w.Revision("b", 1), w.Revision("b", 2)},
				[]ledger.State{ledger.Waiting, ledger.Superseded, ledger.Superseded})
			w.Body("b", rec("b", "3").Body)
			ids := w.FinishWindow(again)
			w.Same("work rows", len(ids), 2)
			work := w.ClaimDoc("a")
			w.Same("documents of the first row", []int{work.Docs, len(w.Load(work))}, []int{2, 2})
			w.CountsOf(first, ledger.Counts{"pulled": 3, "accepted": 3, "claimed": 2, "superseded": 1})
			w.Counts(ledger.Counts{"pulled": 3, "unchanged": 1, "accepted": 2, "waiting": 1, "superseded": 1})
			w.Conclude(work, w.Settled("a", ledger.Delivered), w.Settled("c", ledger.Delivered))
			w.Walk("b", ledger.Delivered)
			w.CountsOf(first, ledger.Counts{"pulled": 3, "accepted": 3, "delivered": 2, "superseded": 1})
			w.Counts(ledger.Counts{"pulled": 3, "unchanged": 1, "accepted": 2, "delivered": 1, "superseded": 1})
		}},
		{Name: "a row that covers nothing any more is gone", Run: func(w *worldtest.World) {
			w.PullHeld(rec("a", "1"))
			w.PullHeld(rec("b", "1"))
			row := w.Doc("a").Work
			w.PullHeld(worldtest.Refused(rec("a", "2")))
			w.Same("refused", []any{w.Doc("a").State, w.Doc("a").Work, w.Problem("a") != nil}, []any{ledger.Rejected, ledger.ID(0), true})
			w.Same("work", w.FinishWindow(w.Window), []ledger.ID{w.Doc("b").Work})
			w.Unclaimable("the empty row", row)
			w.Counts(ledger.Counts{"pulled": 3, "accepted": 3, "waiting": 1, "rejected": 1, "superseded": 1})
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
			w.PullHeld(rec("a", "3"))
			w.Same("replaced, not queued", []int{w.Doc("a").ActiveRev, w.Doc("a").LatestRev}, []int{3, 3})
			w.Same("work", w.FinishWindow(w.Window), []ledger.ID{w.Doc("a").Work})
			w.Walk("a", ledger.Delivered)
			w.Counts(ledger.Counts{"pulled": 3, "accepted": 3, "delivered": 1, "superseded": 2})
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
		{Name: "the parts of a split window release it", Run: func(w *worldtest.World) {
			w.PullHeld(rec("a", "1"), rec("b", "1"))
			parts, err := w.Store.SplitWindow(w.Context(), w.Window, worldtest.Start+50, w.Now)
			w.Must(err)
			w.Window = parts[0]
			w.Same("read again", w.PullHeld(rec("a", "1")), ledger.PageResult{Unchanged: 1})
			w.Same("after one part", w.FinishWindow(parts[0]), []ledger.ID{})
			w.Unclaimable("a held document", w.Doc("a").Work)
			w.Window = parts[1]
			w.PullHeld(rec("b", "1"), rec("c", "1"))
			w.Same("after both", w.FinishWindow(parts[1]), []ledger.ID{w.Doc("a").Work, w.Doc("c").Work})
			w.Same("documents", len(w.Load(w.ClaimDoc("a"))), 2)
		}},
	}
}
