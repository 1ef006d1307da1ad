package reconcile

import (
	"context"
	"errors"
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
	if seen.stale() {
		return p, fault.New("reconcile.outdated", "the comparison was changed since this was found").Classed(fault.Data).Hinted("compare again, then have the missing written")
	}
	for after := 0; ; {
		found, err := s.findings(ctx, seen, reconcile.Missing, after, 500)
		if err != nil || len(found) == 0 {
			p.Fetch = slices.Compact(slices.Sorted(slices.Values(p.Fetch)))
			return p, err
		}
		after = found[len(found)-1].No
		for _, f := range found {
			p.add(f, seen.Started)
		}
	}
}

// add plans what becomes of a finding. Where the target holds some of several records
// with one key, those that were delivered are left alone: which of them it lost is not known.
func (p *Plan) add(f Finding, compared ledger.Millis) {
	short, numbers := f.Source-f.Target, []string{f.Number}
	for _, o := range f.Others {
		numbers = append(numbers, o.Number)
	}
	var delivered []ledger.ID
	for i, number := range numbers {
		var at Standing
		if i < len(f.standing) {
			at = f.standing[i]
		}
		switch {
		case at.ID != 0 && !meant(at.State):
			short--
		case at.ID == 0:
			p.Fetch = append(p.Fetch, number)
			short--
		case at.State == ledger.Delivered && at.Updated < compared:
			delivered = append(delivered, at.ID)
		case at.State.Repairable():
			p.Retry = append(p.Retry, at.ID)
			short--
		default:
			p.Moved++
			short--
		}
	}
	switch {
	case short <= 0:
	case f.Target == 0:
		p.Restore = append(p.Restore, delivered...)
	default:
		p.Moved += len(delivered)
	}
}

// Repair has the missing documents of a comparison written (补传), and nothing else: what
// was never read is fetched by its number, what stands still is retried, what the target
// lost is written again under its key. It is done once: a second order is
// "reconcile.repaired". Where nothing could be ordered it may be tried again; the error
// joins why. What can't be done later is said by the jobs and runs.
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
	err = s.order(ctx, seen, p, &out)
	if err != nil && len(out.Runs)+len(out.Jobs) == 0 {
		err = errors.Join(err, s.Store.Unrepaired(ctx, seen.Workspace, id))
	}
	return out, err
}

// order begins what is planned. What can't be begun does not hold up the rest.
func (s *Service) order(ctx context.Context, seen Seen, p Plan, out *Repaired) error {
	var errs []error
	for _, order := range []struct {
		kind string
		ids  []ledger.ID
	}{{document.ActionRetry, p.Retry}, {document.ActionRestore, p.Restore}} {
		for some := range slices.Chunk(order.ids, bulk.MaxNamed) {
			job, err := s.Repairs.StartJob(ctx, bulk.Request{Kind: order.kind, IDs: texts(some), Note: "对账 " + seen.Check.Title})
			if errs = append(errs, err); err == nil {
				out.Jobs = append(out.Jobs, job.ID)
			}
		}
	}
	for some := range slices.Chunk(p.Fetch, MostNumbers) {
		run, err := s.Repairs.PullNumbers(ctx, seen.Check.Source.Flow, some)
		if errs = append(errs, err); err == nil {
			out.Runs = append(out.Runs, run)
		}
	}
	return errors.Join(errs...)
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
