package reconcile

import (
	"context"
	"slices"
	"strconv"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/reconcile"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/bulk"
	"github.com/karezflow/karez/server/document"
)

// Plan is what becomes of the missing documents of a comparison, by how they stand now.
type Plan struct {
	// Fetch were never read: they are fetched by their numbers.
	Fetch []string
	// Retry stand still: they are retried. Restore were delivered, and the target lost them.
	Retry, Restore []ledger.ID
	// Moved counts those that are on their way, or whose state changed since they were
	// compared: nothing is done about them.
	Moved int
}

// Repaired is what was begun.
type Repaired struct {
	Plan

	// Runs fetch documents, Jobs retry and restore them.
	Runs, Jobs []ledger.ID
}

// Missing says what Repair would do about the missing documents of a comparison.
func (s *Service) Missing(ctx context.Context, id ledger.ID) (Plan, error) {
	seen, err := s.Look(ctx, id)
	if err != nil {
		return Plan{}, err
	}
	return s.plan(ctx, seen)
}

func (s *Service) plan(ctx context.Context, seen Seen) (Plan, error) {
	var p Plan
	for after := 0; ; {
		found, err := s.findings(ctx, seen, reconcile.Missing, after, 500)
		if err != nil || len(found) == 0 {
			return p, err
		}
		after = found[len(found)-1].No
		for _, f := range found {
			switch at := f.Document; {
			case at.ID == 0:
				p.Fetch = append(p.Fetch, f.Number)
			case at.State == ledger.Delivered && at.Updated < seen.Started:
				p.Restore = append(p.Restore, at.ID)
			case at.State.Repairable():
				p.Retry = append(p.Retry, at.ID)
			default:
				p.Moved++
			}
		}
	}
}

// Repair has the missing documents of a comparison written (补传), and nothing else: what
// was never read is fetched by its number, what stands still is retried, what the target
// lost is written again under its key. It is done once: a second order is
// "reconcile.repaired". What can't be done is said by the jobs and runs.
func (s *Service) Repair(ctx context.Context, id ledger.ID) (Repaired, error) {
	seen, err := s.look(ctx, access.Operate, id)
	if err != nil {
		return Repaired{}, err
	}
	if seen.State != Done {
		return Repaired{}, fault.New("reconcile.not_done", "a comparison that is %s tells of no missing documents", seen.State).Classed(fault.Data).
			Hinted("wait until it is done, or make it again")
	}
	p, err := s.plan(ctx, seen)
	out := Repaired{Plan: p}
	if err != nil {
		return out, err
	}
	first, err := s.Store.Repairing(ctx, seen.Workspace, id, s.now())
	switch {
	case err != nil:
		return out, err
	case !first:
		return out, fault.New("reconcile.repaired", "what this comparison found missing was ordered to be written already").Classed(fault.Data).
			Hinted("compare again: what is still missing is found")
	}
	for some := range slices.Chunk(p.Fetch, MostNumbers) {
		run, err := s.Repairs.PullNumbers(ctx, seen.Check.Source.Flow, some)
		if err != nil {
			return out, err
		}
		out.Runs = append(out.Runs, run)
	}
	for _, order := range []struct {
		kind string
		ids  []ledger.ID
	}{{document.ActionRetry, p.Retry}, {document.ActionRestore, p.Restore}} {
		for some := range slices.Chunk(order.ids, bulk.MaxNamed) {
			job, err := s.Repairs.StartJob(ctx, bulk.Request{Kind: order.kind, IDs: texts(some), Note: "对账 " + seen.Check.Title})
			if err != nil {
				return out, err
			}
			out.Jobs = append(out.Jobs, job.ID)
		}
	}
	return out, nil
}

// MostNumbers is how many documents are fetched at a time.
const MostNumbers = 200

func texts(ids []ledger.ID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = strconv.FormatInt(int64(id), 10)
	}
	return out
}
