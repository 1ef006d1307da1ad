package pulltest

import (
	"errors"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
)

func numberScenarios() []worldtest.Scenario {
	return []worldtest.Scenario{
		{Name: "a run keeps what it is asked for", Run: func(w *worldtest.World) {
			asked := []string{"SO-1", "退货 2", `a"b\c`, "😀'"}
			run := numbered(w, asked...)
			w.Same("as opened", run.Numbers, asked)
			again := numbered(w, "other")
			w.Same("the same firing", []any{again.ID, again.Numbers}, []any{run.ID, asked})
			kept(w, run.ID, asked, nil)
			kept(w, w.Run.ID, nil, nil)
			open, err := w.Store.OpenRuns(w.Context(), w.Flow)
			w.Must(err)
			w.Same("among the open ones", open[len(open)-1].Numbers, asked)
		}},
		{Name: "and what nobody had", Run: func(w *worldtest.World) {
			run := numbered(w, "1", "2", "3")
			w.Must(w.Store.SetMissing(w.Context(), run.ID, []string{"3", "1"}))
			kept(w, run.ID, []string{"1", "2", "3"}, []string{"3", "1"})
			w.Must(w.Store.SetMissing(w.Context(), run.ID, []string{"2"}))
			kept(w, run.ID, []string{"1", "2", "3"}, []string{"2"})
			w.Must(w.Store.EndPulling(w.Context(), run.ID, nil, w.Now))
			kept(w, run.ID, []string{"1", "2", "3"}, []string{"2"})
			w.Must(w.Store.SetMissing(w.Context(), run.ID, nil))
			kept(w, run.ID, []string{"1", "2", "3"}, nil)
			if err := w.Store.SetMissing(w.Context(), run.ID+1_000_000_000, []string{"1"}); !errors.Is(err, ledger.ErrNotFound) {
				w.Fatalf("error %v, want ErrNotFound", err)
			}
		}},
		{Name: "an unchanged document stays what it is", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"), rec("b", "1"))
			w.FinishWindow(w.Window)
			w.Run = numbered(w, "No a", "No b", "No c")
			w.Runs = append(w.Runs, w.Run.ID)
			w.Window = w.StartWindow(ledger.ByNumbers, 500, 500)
			result := w.Pull(rec("a", "1"), rec("b", "2"), rec("c", "1"))
			w.Same("result", []int{result.Unchanged, result.Ignored, result.Accepted}, []int{1, 0, 2})
			w.FinishWindow(w.Window)
			cursor(w, worldtest.Start+100)
			w.Counts(ledger.Counts{"pulled": 3, "unchanged": 1, "accepted": 2, "waiting": 2})
		}},
		{Name: "what one that was cut off held back is let go of", Run: func(w *worldtest.World) {
			w.Run = numbered(w, "No a")
			w.Runs = append(w.Runs, w.Run.ID)
			w.Window = w.StartWindow(ledger.ByNumbers, 500, 500)
			w.PullHeld(rec("a", "1"))
			open(w, ledger.ByNumbers, w.Window)
			again, err := w.Store.RestartWindow(w.Context(), w.Window, w.Run.ID, w.Now)
			w.Must(err)
			w.Same("released", len(w.FinishWindow(again)), 0)
			open(w, ledger.ByNumbers)
			cursor(w, 0)
			w.Must(w.Store.EndPulling(w.Context(), w.Run.ID, fault.New("vendor.down", "the vendor is down"), w.Now))
			finished, err := w.Store.FinishRun(w.Context(), w.Run.ID, w.Now)
			w.Must(err)
			w.Same("the run can end", finished, true)
		}},
	}
}

// numbered opens a run that fetches documents by their numbers.
func numbered(w *worldtest.World, numbers ...string) ledger.Run {
	w.Helper()
	run, _, err := w.Store.OpenRun(w.Context(), ledger.Run{
		Workspace: w.Workspace, Flow: w.Flow, Version: w.Version, Trigger: "numbers", FireAt: worldtest.Start + 1, Numbers: numbers,
	}, w.Now)
	w.Must(err)
	return run
}

// kept compares what a run was asked for and what nobody had.
func kept(w *worldtest.World, id ledger.ID, numbers, missing []string) {
	w.Helper()
	run, _, err := w.Store.Run(w.Context(), id)
	w.Must(err)
	w.Same("numbers", run.Numbers, numbers)
	w.Same("missing", run.Missing, missing)
}
