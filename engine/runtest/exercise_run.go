package runtest

import (
	"errors"
	"slices"
	"sync/atomic"

	"github.com/karezflow/karez/engine/ledger"
)

func runScenarios() []scenario {
	return []scenario{
		{"one for each firing", func(w *world) {
			w.same("run", w.run, ledger.Run{
				ID: w.run.ID, Workspace: w.workspace, Flow: w.flow, Version: w.version, Trigger: "manual", FireAt: start,
				State: ledger.RunRunning, Started: start, TraceID: "trace",
			})
			w.now++
			again, created, err := w.store.OpenRun(w.Context(), ledger.Run{
				Workspace: w.workspace, Flow: w.flow, Version: w.version + 1, Trigger: "manual", FireAt: start,
			}, w.now)
			w.must(err)
			w.same("the same firing", []any{again, created}, []any{w.run, false})
			later, other := w.openRun("manual", start+1), w.openRun("Manual", start)
			elsewhere := newWorld(w.Reporter, w.store).run
			if slices.Contains([]ledger.ID{later.ID, other.ID, elsewhere.ID}, w.run.ID) || later.ID == other.ID {
				w.Fatalf("runs %d, %d, %d and %d", w.run.ID, later.ID, other.ID, elsewhere.ID)
			}
			w.openRuns(w.run.ID, later.ID, other.ID)
		}},
		{"one for a firing that many see", func(w *world) {
			var created atomic.Int32
			ids := make([]ledger.ID, 8)
			w.together(len(ids), func(i int) error {
				run, mine, err := w.store.OpenRun(w.Context(), ledger.Run{Workspace: w.workspace, Flow: w.flow, Trigger: "schedule", FireAt: start}, w.now)
				ids[i] = run.ID
				if mine {
					created.Add(1)
				}
				return err
			})
			w.same("created", created.Load(), int32(1))
			w.same("runs", len(slices.Compact(ids)), 1)
		}},
		{"unknown", func(w *world) {
			if _, _, err := w.store.Run(w.Context(), w.run.ID+1_000_000); !errors.Is(err, ledger.ErrNotFound) {
				w.Fatalf("error %v, want ErrNotFound", err)
			}
		}},
		{"done when everything is settled", func(w *world) {
			w.pull(rec("a", "1"), rec("b", "1"))
			w.unfinished("while pulling")
			w.endPulling("", "")
			w.unfinished("while documents wait")
			work := w.claimDoc("a")
			w.unfinished("while documents are claimed")
			w.conclude(work, w.settled("a", ledger.Held), w.settled("b", ledger.RetryAt))
			w.unfinished("while documents are held")
			w.pull(rec("c", "1"))
			w.conclude(w.claimDoc("c"), w.settled("c", ledger.NeedsDecision))
			w.unfinished("while documents are held")
			w.openRuns(w.run.ID)
		}},
		{"done with retries and decisions open", func(w *world) {
			w.pull(rec("a", "1"), rec("b", "1"), rec("c", "1"))
			retry := w.settled("a", ledger.RetryAt)
			w.conclude(w.claimDoc("a"), retry, w.settled("b", ledger.NeedsDecision), w.settled("c", ledger.Rejected))
			w.endPulling("", "")
			w.now++
			w.finished(ledger.RunDone, "", "")
			w.openRuns()
			w.unfinished("when it is finished")
			w.now = retry.RetryAt
			w.walk("a", ledger.Delivered)
			w.counts(ledger.Counts{"pulled": 3, "accepted": 3, "delivered": 1, "needs_decision": 1, "rejected": 1})
			w.endPulling("late", "too late")
			run, _, err := w.store.Run(w.Context(), w.run.ID)
			w.must(err)
			w.same("final", []any{run.State, run.Code}, []any{ledger.RunDone, ""})
		}},
		{"failed when pulling failed", func(w *world) {
			w.pull(rec("a", "1"))
			w.endPulling("window.end_passed", "时间窗口已过")
			w.endPulling("", "")
			w.endPulling("other", "other")
			w.unfinished("while documents wait")
			w.walk("a", ledger.Delivered)
			w.finished(ledger.RunFailed, "window.end_passed", "时间窗口已过")
			w.openRuns()
		}},
		{"done without documents", func(w *world) {
			w.endPulling("", "")
			w.finished(ledger.RunDone, "", "")
		}},
		{"finished by one of many", func(w *world) {
			w.endPulling("", "")
			var won atomic.Int32
			w.together(8, func(int) error {
				ok, err := w.store.FinishRun(w.Context(), w.run.ID, w.now)
				if ok {
					won.Add(1)
				}
				return err
			})
			w.same("winners", won.Load(), int32(1))
		}},
	}
}

func (w *world) openRuns(want ...ledger.ID) {
	w.Helper()
	runs, err := w.store.OpenRuns(w.Context(), w.flow)
	w.must(err)
	var got []ledger.ID
	for _, r := range runs {
		got = append(got, r.ID)
	}
	w.same("open runs", got, want)
}

func (w *world) endPulling(code, message string) {
	w.Helper()
	w.must(w.store.EndPulling(w.Context(), w.run.ID, code, message, w.now))
}

func (w *world) unfinished(when string) {
	w.Helper()
	before, _, err := w.store.Run(w.Context(), w.run.ID)
	w.must(err)
	if ok, err := w.store.FinishRun(w.Context(), w.run.ID, w.now); ok || err != nil {
		w.Fatalf("the run was finished %s: error %v", when, err)
	}
	after, _, err := w.store.Run(w.Context(), w.run.ID)
	w.must(err)
	w.same("run", after, before)
}

func (w *world) finished(state ledger.RunState, code, message string) {
	w.Helper()
	ok, err := w.store.FinishRun(w.Context(), w.run.ID, w.now)
	w.must(err)
	run, _, err := w.store.Run(w.Context(), w.run.ID)
	w.must(err)
	w.same("run", []any{ok, run.State, run.Ended, run.PullingEnded, run.Code, run.Message}, []any{true, state, w.now, true, code, message})
}
