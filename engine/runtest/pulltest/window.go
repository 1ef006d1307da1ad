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
