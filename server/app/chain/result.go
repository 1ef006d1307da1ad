package chain

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/execution"
)

// Flow is a flow that works along.
type Flow struct {
	ID, Workspace ledger.ID
	Head          flow.Metadata
}

// Result is what came of a flow that worked along.
type Result struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Runs are those that worked since the first flow began.
	Runs []string `json:"runs"`
	// State is "done", or that of the first run that is not.
	State    string         `json:"state"`
	Counts   map[string]int `json:"counts"`
	Balanced bool           `json:"balanced"`
}

// Runs lists runs.
type Runs interface {
	// List gives runs, the latest first.
	List(ctx context.Context, q execution.Query) ([]execution.View, error)
}

// mostRuns bounds how many runs of a flow are looked at.
const mostRuns = 500

// Results gives what came of flows since a moment.
func Results(ctx context.Context, runs Runs, flows []Flow, since time.Time) ([]Result, error) {
	out := make([]Result, 0, len(flows))
	for _, f := range flows {
		views, err := runs.List(ctx, execution.Query{Workspace: f.Workspace, Flow: f.ID, Limit: mostRuns})
		if err != nil {
			return nil, err
		}
		r := Result{ID: f.Head.ID, Title: f.Head.Title, Runs: []string{}, State: ledger.RunDone.String(), Counts: Counts(nil), Balanced: true}
		for _, v := range slices.Backward(views) {
			if v.State <= ledger.RunRunning || v.Ended >= ledger.At(since) {
				r.add(v)
			}
		}
		out = append(out, r)
	}
	return out, nil
}

func (r *Result) add(v execution.View) {
	r.Runs = append(r.Runs, strconv.FormatInt(int64(v.ID), 10))
	if r.State == ledger.RunDone.String() {
		r.State = v.State.String()
	}
	r.Balanced = r.Balanced && v.Counts.Balanced()
	for slot := range r.Counts {
		r.Counts[slot] += v.Counts[ledger.Slot(slot)]
	}
}

// Counts names every count of a run, zeros included.
func Counts(counts ledger.Counts) map[string]int {
	all := map[string]int{}
	for _, slot := range []ledger.Slot{ledger.SlotPulled, ledger.SlotDropped, ledger.SlotUnchanged, ledger.SlotIgnored, ledger.SlotAccepted, ledger.SlotClaimed} {
		all[string(slot)] = counts[slot]
	}
	for _, s := range ledger.States() {
		all[s.String()] = counts[ledger.SlotOf(s)]
	}
	return all
}

// Clean reports whether no document waits for a person or a retry.
func Clean(counts map[string]int) bool {
	for _, s := range []ledger.State{ledger.Rejected, ledger.Unmapped, ledger.NeedsDecision, ledger.RetryAt} {
		if counts[s.String()] > 0 {
			return false
		}
	}
	return true
}
