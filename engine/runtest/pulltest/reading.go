package pulltest

import (
	"errors"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

func readingScenarios() []worldtest.Scenario {
	return []worldtest.Scenario{
		{Name: "a run keeps what it reads", Run: func(w *worldtest.World) {
			run := past(w, ledger.Reading{Kind: ledger.Backfill, Node: "orders", From: worldtest.Start - 900, To: worldtest.Start - 100})
			again := past(w, ledger.Reading{Kind: ledger.GapSweep, Node: "other"})
			w.Same("the same firing", again.ID, run.ID)
			for _, got := range append(openRuns(w), run) {
				if got.ID == run.ID {
					w.Same("reading", *got.Reading, ledger.Reading{Kind: ledger.Backfill, Node: "orders", From: worldtest.Start - 900, To: worldtest.Start - 100})
					continue
				}
				if got.Reading != nil {
					w.Fatalf("a run that reads what changed has a reading: %+v", got)
				}
			}
		}},
		{Name: "how far it came", Run: func(w *worldtest.World) {
			w.Run = past(w, ledger.Reading{Kind: ledger.Backfill, Node: "orders", From: worldtest.Start - 900, To: worldtest.Start - 100})
			w.Runs = append(w.Runs, w.Run.ID)
			reached(w, 0)
			first := w.StartWindow(ledger.Backfill, -900, -700)
			reached(w, 0)
			w.FinishWindow(first)
			reached(w, worldtest.Start-700)
			w.StartWindow(ledger.Backfill, -700, -500)
			reached(w, worldtest.Start-700)
			got, err := w.Store.Reached(w.Context(), w.Stream.ID, w.Run.ID+1)
			w.Must(err)
			w.Same("another run", got, ledger.Millis(0))
			cursor(w, 0)
		}},
		{Name: "what a run left behind is withdrawn", Run: func(w *worldtest.World) {
			live := w.Window
			w.Run = past(w, ledger.Reading{Kind: ledger.Backfill, Node: "orders", From: worldtest.Start - 900, To: worldtest.Start - 100})
			w.Runs = append(w.Runs, w.Run.ID)
			w.Window = w.StartWindow(ledger.Backfill, -900, -700)
			w.PullHeld(rec("a", "1"))
			abandoned(w)
			w.Must(w.Store.EndPulling(w.Context(), w.Run.ID, nil, w.Now))
			abandoned(w, w.Window)
			stalest := w.Window
			w.Must(w.Store.LeaveWindow(w.Context(), w.Window, w.Now))
			abandoned(w)
			open(w, ledger.Backfill)
			stale(w, stalest)
			w.Fenced("LeaveWindow", w.Store.LeaveWindow(w.Context(), stalest, w.Now))
			w.Same("state", w.Doc("a").State, ledger.Superseded)
			reached(w, 0)
			finished, err := w.Store.FinishRun(w.Context(), w.Run.ID, w.Now)
			w.Must(err)
			w.Same("the run can end", finished, true)
			open(w, ledger.Live, live)
		}},
		{Name: "what was missed is counted", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"), rec("b", "1"))
			w.FinishWindow(w.Window)
			w.Run = past(w, ledger.Reading{Kind: ledger.GapSweep, Node: "orders"})
			w.Runs = append(w.Runs, w.Run.ID)
			w.Window = w.StartWindow(ledger.GapSweep, 0, 100)
			page := w.PageOf(rec("a", "1"), rec("b", "2"), rec("c", "1"), rec("d", "1"))
			page.Missed = true
			_, err := w.Store.CommitPage(w.Context(), page)
			w.Must(err)
			_, counts, err := w.Store.Run(w.Context(), w.Run.ID)
			w.Must(err)
			w.Same("found", []int{counts[ledger.SlotFound], counts[ledger.SlotAccepted], counts[ledger.SlotUnchanged]}, []int{2, 3, 1})
			w.Same("balanced", counts.Balanced(), true)
		}},
		{Name: "the source's clock", Run: func(w *worldtest.World) {
			w.Same("never told", w.OpenStream("orders").ClockAt, ledger.Millis(0))
			for _, ahead := range []time.Duration{90 * time.Second, -5 * time.Minute, 0} {
				w.Must(w.Store.NoteClock(w.Context(), w.Stream.ID, ahead, w.Now))
				w.Must(w.Store.NoteClock(w.Context(), w.Stream.ID, ahead, w.Now))
				got := w.OpenStream("orders")
				w.Same("ahead", []any{got.Ahead, got.ClockAt, got.Watermark}, []any{ahead, w.Now, ledger.Millis(0)})
			}
			if err := w.Store.NoteClock(w.Context(), w.Stream.ID+1_000_000_000, 0, w.Now); !errors.Is(err, ledger.ErrNotFound) {
				w.Fatalf("error %v, want ErrNotFound", err)
			}
		}},
		{Name: "the cursor is put back and windows lead on from there", Run: func(w *worldtest.World) {
			w.FinishWindow(w.Window)
			w.FinishWindow(w.StartWindow(ledger.Live, 90, 200))
			w.FinishWindow(w.StartWindow(ledger.Backfill, 0, 500))
			reset(w, worldtest.Start+50)
			cursor(w, worldtest.Start+50)
			// What was read before behind the cursor does not count again.
			w.FinishWindow(w.StartWindow(ledger.Live, 40, 120))
			cursor(w, worldtest.Start+120)
			w.FinishWindow(w.StartWindow(ledger.Live, 110, 150))
			cursor(w, worldtest.Start+150)
		}},
		{Name: "the cursor is put forward", Run: func(w *worldtest.World) {
			w.FinishWindow(w.Window)
			reset(w, worldtest.Start+700)
			cursor(w, worldtest.Start+700)
			w.FinishWindow(w.StartWindow(ledger.Live, 690, 800))
			cursor(w, worldtest.Start+800)
		}},
		{Name: "the cursor of a stream that was never read", Run: func(w *worldtest.World) {
			w.Must(w.Store.LeaveWindow(w.Context(), w.Window, w.Now))
			reset(w, worldtest.Start+300)
			w.FinishWindow(w.StartWindow(ledger.Live, 290, 400))
			cursor(w, worldtest.Start+400)
		}},
		{Name: "no reset of a cursor that moved, or moves", Run: func(w *worldtest.World) {
			try := func(version int64) error {
				return w.Store.ResetCursor(w.Context(), ledger.CursorReset{Stream: w.Stream.ID, Version: version, To: worldtest.Start + 1, Actor: "ann"}, w.Now)
			}
			seen := w.OpenStream("orders").Version
			if err := try(seen); !errors.Is(err, ledger.ErrWindowOpen) {
				w.Fatalf("error %v, want ErrWindowOpen", err)
			}
			w.FinishWindow(w.Window)
			w.Fenced("ResetCursor", try(seen))
			cursor(w, worldtest.Start+100)
			w.Must(try(w.OpenStream("orders").Version))
			cursor(w, worldtest.Start+1)
			if err := w.Store.ResetCursor(w.Context(), ledger.CursorReset{Stream: w.Stream.ID + 1_000_000_000, To: 1, Actor: "ann"}, w.Now); !errors.Is(err, ledger.ErrNotFound) {
				w.Fatalf("error %v, want ErrNotFound", err)
			}
		}},
		{Name: "one of many resets it", Run: func(w *worldtest.World) {
			w.FinishWindow(w.Window)
			version := w.OpenStream("orders").Version
			won := make(chan int, 8)
			w.Together(8, func(i int) error {
				err := w.Store.ResetCursor(w.Context(), ledger.CursorReset{Stream: w.Stream.ID, Version: version, To: worldtest.Start + ledger.Millis(i), Actor: "ann"}, w.Now)
				if err == nil {
					won <- i
				}
				if errors.Is(err, ledger.ErrFenced) {
					return nil
				}
				return err
			})
			w.Same("winners", len(won), 1)
			cursor(w, worldtest.Start+ledger.Millis(<-won))
		}},
	}
}

// past opens a run that reads the past.
func past(w *worldtest.World, reading ledger.Reading) ledger.Run {
	w.Helper()
	run, _, err := w.Store.OpenRun(w.Context(), ledger.Run{
		Workspace: w.Workspace, Flow: w.Flow, Version: w.Version, Trigger: "backfill:orders", FireAt: worldtest.Start + 1, Reading: &reading,
	}, w.Now)
	w.Must(err)
	return run
}

func openRuns(w *worldtest.World) []ledger.Run {
	w.Helper()
	open, err := w.Store.OpenRuns(w.Context(), w.Flow)
	w.Must(err)
	return open
}

func reached(w *worldtest.World, want ledger.Millis) {
	w.Helper()
	got, err := w.Store.Reached(w.Context(), w.Stream.ID, w.Run.ID)
	w.Must(err)
	w.Same("reached", got, want)
}

func abandoned(w *worldtest.World, want ...ledger.Window) {
	w.Helper()
	got, err := w.Store.Abandoned(w.Context(), w.Stream.ID)
	w.Must(err)
	w.Same("abandoned", got, want)
}

// reset puts the cursor somewhere.
func reset(w *worldtest.World, to ledger.Millis) {
	w.Helper()
	w.Must(w.Store.ResetCursor(w.Context(), ledger.CursorReset{
		Stream: w.Stream.ID, Version: w.OpenStream("orders").Version, To: to, Actor: "ann", Note: "读漏了",
	}, w.Now))
}
