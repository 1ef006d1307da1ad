package runtest

import (
	"errors"

	"github.com/karezflow/karez/engine/ledger"
)

func windowScenarios() []scenario {
	return []scenario{
		{"started and listed", func(w *world) {
			w.same("window", w.window, ledger.Window{
				ID: w.window.ID, Stream: w.stream.ID, Run: w.run.ID, Kind: ledger.Live, From: start, To: start + 100, State: ledger.WindowOpen, Attempt: 1,
			})
			late, early := w.startWindow(ledger.Live, 500, 600), w.startWindow(ledger.Live, 300, 400)
			backfill := w.startWindow(ledger.Backfill, -900, -800)
			w.open(ledger.Live, w.window, early, late)
			w.open(ledger.Backfill, backfill)
			w.open(ledger.GapSweep)
			w.finishWindow(early)
			w.open(ledger.Live, w.window, late)
		}},
		{"restarted", func(w *world) {
			run := w.openRun("manual", start+1)
			again, err := w.store.RestartWindow(w.Context(), w.window, run.ID, w.now)
			w.must(err)
			want := w.window
			want.Attempt, want.Run = 2, run.ID
			w.same("window", again, want)
			w.open(ledger.Live, again)
			w.stale(w.window)
			w.open(ledger.Live, again)
			w.finishWindow(again)
			w.stale(again)
		}},
		{"split", func(w *world) {
			parts, err := w.store.SplitWindow(w.Context(), w.window, start+40, w.now)
			w.must(err)
			w.same("parts", len(parts), 2)
			for i, bounds := range [][2]ledger.Millis{{0, 40}, {40, 100}} {
				w.same("part", parts[i], ledger.Window{
					ID: parts[i].ID, Stream: w.stream.ID, Run: w.run.ID, Kind: ledger.Live, From: start + bounds[0], To: start + bounds[1],
					State: ledger.WindowOpen, Parent: w.window.ID, Attempt: 1,
				})
			}
			w.open(ledger.Live, parts...)
			w.stale(w.window)
			w.finishWindow(parts[1])
			w.cursor(0)
			quarters, err := w.store.SplitWindow(w.Context(), parts[0], start+20, w.now)
			w.must(err)
			w.finishWindow(quarters[1])
			w.cursor(0)
			w.finishWindow(quarters[0])
			w.cursor(start + 100)
		}},
		{"the cursor is the end of what is contiguous", func(w *world) {
			second, third := w.startWindow(ledger.Live, 95, 200), w.startWindow(ledger.Live, 200, 300)
			behind := w.startWindow(ledger.Live, 310, 400)
			w.finishWindow(third)
			w.cursor(0)
			w.finishWindow(behind)
			w.finishWindow(w.window)
			w.cursor(start + 100)
			w.finishWindow(second)
			w.cursor(start + 300)
			w.finishWindow(w.startWindow(ledger.Live, 290, 310))
			w.cursor(start + 400)
			w.finishWindow(w.startWindow(ledger.Live, 350, 380))
			w.cursor(start + 400)
		}},
		{"only live windows move the cursor", func(w *world) {
			for _, kind := range []ledger.WindowKind{ledger.Backfill, ledger.GapSweep, ledger.ByNumbers} {
				w.finishWindow(w.startWindow(kind, 0, 700))
				w.cursor(0)
			}
			w.finishWindow(w.window)
			w.cursor(start + 100)
		}},
		{"an older attempt cannot finish or split", func(w *world) {
			w.pullHeld(rec("a", "1"))
			_, err := w.store.RestartWindow(w.Context(), w.window, w.run.ID, w.now)
			w.must(err)
			w.stale(w.window)
			w.cursor(0)
			w.unclaimable("a held document", w.doc("a").Work)
		}},
		{"one of many finishes it", func(w *world) {
			won := make(chan int, 8)
			w.together(8, func(i int) error {
				_, err := w.store.FinishWindow(w.Context(), w.window, w.now)
				if err == nil {
					won <- i
					return nil
				}
				if errors.Is(err, ledger.ErrFenced) {
					return nil
				}
				return err
			})
			w.same("winners", len(won), 1)
		}},
	}
}

// open compares the stream's open windows of a kind.
func (w *world) open(kind ledger.WindowKind, want ...ledger.Window) {
	w.Helper()
	got, err := w.store.OpenWindows(w.Context(), w.stream.ID, kind)
	w.must(err)
	w.same("open windows", got, want)
}

func (w *world) cursor(want ledger.Millis) {
	w.Helper()
	w.same("cursor", w.openStream("orders").Watermark, want)
}

// stale proves that nothing can be done with an attempt that is over.
func (w *world) stale(window ledger.Window) {
	w.Helper()
	_, err := w.store.RestartWindow(w.Context(), window, w.run.ID, w.now)
	w.fenced("RestartWindow", err)
	_, err = w.store.SplitWindow(w.Context(), window, window.From+1, w.now)
	w.fenced("SplitWindow", err)
	_, err = w.store.FinishWindow(w.Context(), window, w.now)
	w.fenced("FinishWindow", err)
}

// holdScenarios are about windows whose documents wait for the whole window.
func holdScenarios() []scenario {
	return []scenario{
		{"claimable when the window is done", func(w *world) {
			first, second := w.pullHeld(rec("a", "1"), rec("b", "1")), w.pullHeld(rec("c", "1"))
			w.same("no work yet", []any{len(first.Work), len(second.Work), w.due()}, []any{0, 0, []ledger.Work{}})
			w.unclaimable("a held document", w.doc("a").Work)
			w.now++
			ids := w.finishWindow(w.window)
			w.same("work", ids, []ledger.ID{w.doc("a").Work, w.doc("c").Work})
			w.same("due", len(w.due()), 2)
			w.same("documents", len(w.load(w.claim(ids[0], "worker"))), 2)
			w.counts(ledger.Counts{"pulled": 3, "accepted": 3, "waiting": 1, "claimed": 2})
		}},
		{"a window of its own is not released by another", func(w *world) {
			w.pullHeld(rec("a", "1"))
			other := w.startWindow(ledger.Backfill, -100, 0)
			w.same("work", w.finishWindow(other), []ledger.ID{})
			w.unclaimable("a held document", w.doc("a").Work)
		}},
		{"what is read again replaces what is held", func(w *world) {
			w.pullHeld(rec("a", "1"), rec("b", "1"), rec("c", "1"))
			first := w.run
			w.run = w.openRun("manual", start+1)
			again, err := w.store.RestartWindow(w.Context(), w.window, w.run.ID, w.now)
			w.must(err)
			w.window = again
			result := w.pullHeld(rec("a", "1"), rec("b", "2"), rec("b", "3"))
			w.same("result", result, ledger.PageResult{Accepted: 2, Unchanged: 1})
			w.same("revisions of b", []ledger.State{w.doc("b").State, w.revision("b", 1), w.revision("b", 2)},
				[]ledger.State{ledger.Waiting, ledger.Superseded, ledger.Superseded})
			w.body("b", rec("b", "3").Body)
			ids := w.finishWindow(again)
			w.same("work rows", len(ids), 2)
			work := w.claimDoc("a")
			w.same("documents of the first row", []int{work.Docs, len(w.load(work))}, []int{2, 2})
			w.countsOf(first, ledger.Counts{"pulled": 3, "accepted": 3, "claimed": 2, "superseded": 1})
			w.counts(ledger.Counts{"pulled": 3, "unchanged": 1, "accepted": 2, "waiting": 1, "superseded": 1})
			w.conclude(work, w.settled("a", ledger.Delivered), w.settled("c", ledger.Delivered))
			w.walk("b", ledger.Delivered)
			w.countsOf(first, ledger.Counts{"pulled": 3, "accepted": 3, "delivered": 2, "superseded": 1})
			w.counts(ledger.Counts{"pulled": 3, "unchanged": 1, "accepted": 2, "delivered": 1, "superseded": 1})
		}},
		{"a row that covers nothing any more is gone", func(w *world) {
			w.pullHeld(rec("a", "1"))
			w.pullHeld(rec("b", "1"))
			row := w.doc("a").Work
			w.pullHeld(refused(rec("a", "2")))
			w.same("refused", []any{w.doc("a").State, w.doc("a").Work, w.problem("a") != nil}, []any{ledger.Rejected, ledger.ID(0), true})
			w.same("work", w.finishWindow(w.window), []ledger.ID{w.doc("b").Work})
			w.unclaimable("the empty row", row)
			w.counts(ledger.Counts{"pulled": 3, "accepted": 3, "waiting": 1, "rejected": 1, "superseded": 1})
		}},
		{"a promoted revision is held with its window", func(w *world) {
			w.pull(rec("a", "1"))
			w.finishWindow(w.window)
			w.window = w.startWindow(ledger.Live, 100, 200)
			work := w.claimDoc("a")
			w.pullHeld(rec("a", "2"))
			result := w.conclude(work, w.settled("a", ledger.Rejected))
			w.same("nothing is due", []any{len(result.Work), w.due()}, []any{0, []ledger.Work{}})
			w.same("promoted", []int{w.doc("a").ActiveRev, w.doc("a").LatestRev}, []int{2, 2})
			w.pullHeld(rec("a", "3"))
			w.same("replaced, not queued", []int{w.doc("a").ActiveRev, w.doc("a").LatestRev}, []int{3, 3})
			w.same("work", w.finishWindow(w.window), []ledger.ID{w.doc("a").Work})
			w.walk("a", ledger.Delivered)
			w.counts(ledger.Counts{"pulled": 3, "accepted": 3, "delivered": 1, "superseded": 2})
		}},
		{"a promoted revision of a done window is not held", func(w *world) {
			w.pull(rec("a", "1"))
			w.finishWindow(w.window)
			w.window = w.startWindow(ledger.Live, 100, 200)
			work := w.claimDoc("a")
			w.pullHeld(rec("a", "2"))
			w.finishWindow(w.window)
			w.same("due at once", w.conclude(work, w.settled("a", ledger.Rejected)).Work, []ledger.ID{w.doc("a").Work})
		}},
		{"the parts of a split window release it", func(w *world) {
			w.pullHeld(rec("a", "1"), rec("b", "1"))
			parts, err := w.store.SplitWindow(w.Context(), w.window, start+50, w.now)
			w.must(err)
			w.window = parts[0]
			w.same("read again", w.pullHeld(rec("a", "1")), ledger.PageResult{Unchanged: 1})
			w.same("after one part", w.finishWindow(parts[0]), []ledger.ID{})
			w.unclaimable("a held document", w.doc("a").Work)
			w.window = parts[1]
			w.pullHeld(rec("b", "1"), rec("c", "1"))
			w.same("after both", w.finishWindow(parts[1]), []ledger.ID{w.doc("a").Work, w.doc("c").Work})
			w.same("documents", len(w.load(w.claimDoc("a"))), 2)
		}},
	}
}
