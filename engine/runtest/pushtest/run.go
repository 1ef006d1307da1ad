package pushtest

import (
	"errors"
	"slices"
	"sync/atomic"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
)

func runScenarios() []worldtest.Scenario {
	return []worldtest.Scenario{
		{Name: "one for each firing", Run: func(w *worldtest.World) {
			w.Same("run", w.Run, ledger.Run{
				ID: w.Run.ID, Workspace: w.Workspace, Flow: w.Flow, Version: w.Version, Trigger: "manual", FireAt: worldtest.Start,
				State: ledger.RunRunning, Started: worldtest.Start, TraceID: "trace",
			})
			w.Now++
			again, created, err := w.Store.OpenRun(w.Context(), ledger.Run{
				Workspace: w.Workspace, Flow: w.Flow, Version: w.Version + 1, Trigger: "manual", FireAt: worldtest.Start,
			}, w.Now)
			w.Must(err)
			w.Same("the same firing", []any{again, created}, []any{w.Run, false})
			later, other := w.OpenRun("manual", worldtest.Start+1), w.OpenRun("Manual", worldtest.Start)
			elsewhere := worldtest.New(w.Reporter, w.Store).Run
			if slices.Contains([]ledger.ID{later.ID, other.ID, elsewhere.ID}, w.Run.ID) || later.ID == other.ID {
				w.Fatalf("runs %d, %d, %d and %d", w.Run.ID, later.ID, other.ID, elsewhere.ID)
			}
			openRuns(w, w.Run.ID, later.ID, other.ID)
		}},
		{Name: "one for a firing that many see", Run: func(w *worldtest.World) {
			var created atomic.Int32
			ids := make([]ledger.ID, 8)
			w.Together(len(ids), func(i int) error {
				run, mine, err := w.Store.OpenRun(w.Context(), ledger.Run{Workspace: w.Workspace, Flow: w.Flow, Trigger: "schedule", FireAt: worldtest.Start}, w.Now)
				ids[i] = run.ID
				if mine {
					created.Add(1)
				}
				return err
			})
			w.Same("created", created.Load(), int32(1))
			w.Same("runs", len(slices.Compact(ids)), 1)
		}},
		{Name: "unknown", Run: func(w *worldtest.World) {
			if _, _, err := w.Store.Run(w.Context(), w.Run.ID+1_000_000); !errors.Is(err, ledger.ErrNotFound) {
				w.Fatalf("error %v, want ErrNotFound", err)
			}
		}},
		{Name: "done when everything is settled", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"), rec("b", "1"))
			unfinished(w, "while pulling")
			endPulling(w, nil)
			unfinished(w, "while documents wait")
			work := w.ClaimDoc("a")
			unfinished(w, "while documents are claimed")
			w.Conclude(work, w.Settled("a", ledger.Held), w.Settled("b", ledger.RetryAt))
			unfinished(w, "while documents are held")
			w.Pull(rec("c", "1"))
			w.Conclude(w.ClaimDoc("c"), w.Settled("c", ledger.NeedsDecision))
			unfinished(w, "while documents are held")
			openRuns(w, w.Run.ID)
		}},
		{Name: "done with retries and decisions open", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"), rec("b", "1"), rec("c", "1"))
			retry := w.Settled("a", ledger.RetryAt)
			w.Conclude(w.ClaimDoc("a"), retry, w.Settled("b", ledger.NeedsDecision), w.Settled("c", ledger.Rejected))
			endPulling(w, nil)
			w.Now++
			finished(w, ledger.RunDone, fault.Fault{})
			openRuns(w)
			unfinished(w, "when it is finished")
			w.Now = retry.RetryAt
			w.Walk("a", ledger.Delivered)
			w.Counts(ledger.Counts{"pulled": 3, "accepted": 3, "delivered": 1, "needs_decision": 1, "rejected": 1})
			endPulling(w, fault.New("late", "too late"))
			run, _, err := w.Store.Run(w.Context(), w.Run.ID)
			w.Must(err)
			w.Same("final", []any{run.State, run.Code}, []any{ledger.RunDone, ""})
		}},
		{Name: "failed when pulling failed", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			why := fault.New("window.end_passed", "时间窗口%s已过", "09:00")
			endPulling(w, why)
			endPulling(w, nil)
			endPulling(w, fault.New("other", "other"))
			unfinished(w, "while documents wait")
			w.Walk("a", ledger.Delivered)
			finished(w, ledger.RunFailed, *why)
			openRuns(w)
		}},
		{Name: "queued, then begun by one of many", Run: func(w *worldtest.World) {
			run := queued(w, 1)
			w.Same("queued", []any{run.State, run.Started, run.PullingEnded}, []any{ledger.RunQueued, ledger.Millis(0), false})
			openRuns(w, run.ID, w.Run.ID)
			w.Now += 5
			var won atomic.Int32
			w.Together(8, func(int) error {
				ok, err := w.Store.BeginRun(w.Context(), run.ID, w.Now)
				if ok {
					won.Add(1)
				}
				return err
			})
			w.Same("winners", won.Load(), int32(1))
			began, _, err := w.Store.Run(w.Context(), run.ID)
			w.Must(err)
			w.Same("begun", []any{began.State, began.Started}, []any{ledger.RunRunning, w.Now})
			if ok, err := w.Store.BeginRun(w.Context(), w.Run.ID, w.Now); ok || err != nil {
				w.Fatalf("a running run began again: %v", err)
			}
			if _, err := w.Store.BeginRun(w.Context(), w.Run.ID+1_000_000, w.Now); !errors.Is(err, ledger.ErrNotFound) {
				w.Fatalf("error %v, want ErrNotFound", err)
			}
		}},
		{Name: "cancelled while it waits", Run: func(w *worldtest.World) {
			run := queued(w, 1)
			w.Now += 5
			cancelled(w, run.ID, true, ledger.RunCancelled)
			got, _, err := w.Store.Run(w.Context(), run.ID)
			w.Must(err)
			w.Same("cancelled", []any{got.State, got.Ended, got.PullingEnded, got.Code, got.Message, got.Args},
				[]any{ledger.RunCancelled, w.Now, true, ledger.CodeCancelled, "the run was cancelled by 运维", map[string]string{"0": "运维"}})
			openRuns(w, w.Run.ID)
			cancelled(w, run.ID, false, ledger.RunCancelled)
			if ok, err := w.Store.BeginRun(w.Context(), run.ID, w.Now); ok || err != nil {
				w.Fatalf("a cancelled run began: %v", err)
			}
		}},
		{Name: "cancelled while it pulls", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			cancelled(w, w.Run.ID, true, ledger.RunRunning)
			cancelled(w, w.Run.ID, false, ledger.RunRunning)
			endPulling(w, nil)
			unfinished(w, "while documents wait")
			w.Walk("a", ledger.Delivered)
			finished(w, ledger.RunCancelled, *fault.New(ledger.CodeCancelled, "the run was cancelled by %s", "运维"))
			cancelled(w, w.Run.ID, false, ledger.RunCancelled)
			if _, _, err := w.Store.CancelRun(w.Context(), w.Run.ID+1_000_000, "", w.Now); !errors.Is(err, ledger.ErrNotFound) {
				w.Fatalf("error %v, want ErrNotFound", err)
			}
		}},
		{Name: "cancelled too late", Run: func(w *worldtest.World) {
			endPulling(w, nil)
			cancelled(w, w.Run.ID, false, ledger.RunRunning)
			finished(w, ledger.RunDone, fault.Fault{})
			cancelled(w, w.Run.ID, false, ledger.RunDone)
		}},
		{Name: "done without documents", Run: func(w *worldtest.World) {
			endPulling(w, nil)
			finished(w, ledger.RunDone, fault.Fault{})
		}},
		{Name: "finished by one of many", Run: func(w *worldtest.World) {
			endPulling(w, nil)
			var won atomic.Int32
			w.Together(8, func(int) error {
				ok, err := w.Store.FinishRun(w.Context(), w.Run.ID, w.Now)
				if ok {
					won.Add(1)
				}
				return err
			})
			w.Same("winners", won.Load(), int32(1))
		}},
	}
}

// queued opens a run that waits for its turn.
func queued(w *worldtest.World, after ledger.Millis) ledger.Run {
	w.Helper()
	run, created, err := w.Store.OpenRun(w.Context(), ledger.Run{
		Workspace: w.Workspace, Flow: w.Flow, Version: w.Version, Trigger: "manual", FireAt: worldtest.Start + after, State: ledger.RunQueued,
	}, w.Now)
	w.Must(err)
	w.Same("created", created, true)
	return run
}

// cancelled cancels a run and checks what it is told.
func cancelled(w *worldtest.World, id ledger.ID, changed bool, state ledger.RunState) {
	w.Helper()
	run, ok, err := w.Store.CancelRun(w.Context(), id, "运维", w.Now)
	w.Must(err)
	w.Same("cancelled", []any{run.ID, run.State, ok}, []any{id, state, changed})
}

func openRuns(w *worldtest.World, want ...ledger.ID) {
	w.Helper()
	runs, err := w.Store.OpenRuns(w.Context(), w.Flow)
	w.Must(err)
	var got []ledger.ID
	for _, r := range runs {
		got = append(got, r.ID)
	}
	w.Same("open runs", got, want)
}

func endPulling(w *worldtest.World, why *fault.Fault) {
	w.Helper()
	w.Must(w.Store.EndPulling(w.Context(), w.Run.ID, why, w.Now))
}

func unfinished(w *worldtest.World, when string) {
	w.Helper()
	before, _, err := w.Store.Run(w.Context(), w.Run.ID)
	w.Must(err)
	if ok, err := w.Store.FinishRun(w.Context(), w.Run.ID, w.Now); ok || err != nil {
		w.Fatalf("the run was finished %s: error %v", when, err)
	}
	after, _, err := w.Store.Run(w.Context(), w.Run.ID)
	w.Must(err)
	w.Same("run", after, before)
}

// finished settles a run that ends in a state, for a reason or for none.
func finished(w *worldtest.World, state ledger.RunState, why fault.Fault) {
	w.Helper()
	ok, err := w.Store.FinishRun(w.Context(), w.Run.ID, w.Now)
	w.Must(err)
	run, _, err := w.Store.Run(w.Context(), w.Run.ID)
	w.Must(err)
	w.Same("run", []any{ok, run.State, run.Ended, run.PullingEnded, run.Code, run.Message, run.Args}, []any{true, state, w.Now, true, why.Code, why.Message, why.Args})
}
