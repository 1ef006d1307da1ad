package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/readonly"
	"github.com/karezflow/karez/engine/reconcile"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/loop"
)

// Run begins a comparison of the caller's workspace now.
func (s *Service) Run(ctx context.Context, id ledger.ID) (Run, error) {
	p, err := access.Here(ctx, access.Operate)
	if err != nil {
		return Run{}, err
	}
	c, err := s.check(ctx, p.Workspace, id)
	if err != nil {
		return Run{}, err
	}
	run, ok, err := s.begin(ctx, c, cmp.Or(p.Name, fmt.Sprint("user ", p.User)), 0)
	if err == nil && !ok {
		err = fault.New("reconcile.running", "this comparison is being made already").Classed(fault.Data).Hinted("wait for it, or stop it")
	}
	return run, err
}

// begin keeps a run and makes it beside the caller.
func (s *Service) begin(ctx context.Context, c Check, by string, fire ledger.Millis) (Run, bool, error) {
	now := s.Clock()
	run, ok, err := s.Store.Begin(ctx, Run{
		Workspace: c.Workspace, Check: c.ID, Version: c.Version, State: Running, By: by, From: ledger.At(now.AddDate(0, 0, -c.Days)), To: ledger.At(now),
		Started: ledger.At(now), Lease: ledger.At(now.Add(s.Lease)),
	}, fire)
	if err != nil || !ok {
		return run, ok, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.work.Go(func() { s.make(s.ctx, c, run) })
	return run, true, nil
}

// Tick begins what is due, and ends what a dead process left.
func (s *Service) Tick(ctx context.Context) error {
	now := s.Clock()
	if err := s.Store.Lost(ctx, ledger.At(now)); err != nil {
		return err
	}
	due, err := s.Store.Scheduled(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range due {
		after := max(c.Fired, c.Updated)
		at, err := s.Next(c.Schedule, c.Zone, after.Time())
		if err != nil || at.IsZero() || at.After(now) {
			continue // a schedule that can't be read any more is shown at its check
		}
		_, _, err = s.begin(ctx, c.Check, "", ledger.At(at))
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Cancel stops a comparison.
func (s *Service) Cancel(ctx context.Context, id ledger.ID) error {
	p, err := access.Here(ctx, access.Operate)
	if err != nil {
		return err
	}
	if err = s.Store.Stop(ctx, p.Workspace, id); errors.Is(err, ledger.ErrNotFound) {
		return access.Missing()
	}
	return err
}

// errStopped ends a comparison that a person cancelled.
var errStopped = errors.New("stopped by a person")

// make compares and keeps what was found.
func (s *Service) make(ctx context.Context, c Check, run Run) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// A page may be waited for longer than a lease lasts, and a person not for a page.
	var alive loop.Loop
	alive.Start(ctx, s.Lease/60, s.Log, "the lease of a comparison was not renewed; it is tried again", func(ctx context.Context) error {
		stop, err := s.Store.Renew(ctx, run.ID, ledger.At(s.Clock().Add(s.Lease)))
		if stop {
			cancel(errStopped)
		}
		return err
	})
	found, err := s.compare(ctx, c, &run)
	alive.Stop()
	run.Ended, run.State = s.now(), Done
	switch {
	case err != nil && errors.Is(context.Cause(ctx), errStopped):
		run.State = Cancelled
	case err != nil && ctx.Err() != nil:
		run.State, run.Code, run.Message = Failed, "reconcile.interrupted", "the process ended before the comparison did"
	case err != nil:
		f := fault.From(err)
		run.State, run.Code, run.Message, run.Args = Failed, f.Code, f.Message, f.Args
	}
	if err := s.Store.End(context.WithoutCancel(ctx), run, found); err != nil {
		s.Log.ErrorContext(ctx, "what a comparison found was not kept", "run", run.ID, "error", err)
	}
}

func (s *Service) compare(ctx context.Context, c Check, run *Run) ([]reconcile.Finding, error) {
	source, err := s.source(ctx, c.Workspace, c.Source)
	if err != nil {
		return nil, err
	}
	target, err := s.source(ctx, c.Workspace, c.Target)
	if err != nil {
		return nil, err
	}
	if err := s.date(ctx, c, run, source); err != nil {
		return nil, err
	}
	comparer, f := reconcile.New(c.Spec, run.From.Time(), run.To.Time(), source.zone)
	if f != nil {
		return nil, f
	}
	for side, from := range []read{source, target} {
		if err := s.gather(ctx, c, run, comparer, reconcile.Side(side), from); err != nil {
			return nil, err
		}
	}
	result := comparer.Result(2 * reconcile.MostKeys)
	run.Source, run.Target, run.Same, run.Counts, run.Groups = result.Source, result.Target, result.Same, result.Counts, result.Groups
	found, err := s.excuse(ctx, source, run, result.Findings)
	return found[:min(len(found), MostFindings)], err
}

// date puts the range by the source's clock, as its documents are dated. What lies before
// the flow begins is not meant to arrive.
func (s *Service) date(ctx context.Context, c Check, run *Run, source read) error {
	job, err := s.job(ctx, c, source)
	if err != nil {
		return err
	}
	now, err := s.puller.SourceTime(ctx, job)
	from := now.AddDate(0, 0, -c.Days)
	if begins := source.source.Window.StartFrom; begins.After(from) {
		from = begins
	}
	run.From, run.To = ledger.At(from), ledger.At(now)
	return err
}

// job opens the system of a side for reading.
func (s *Service) job(ctx context.Context, c Check, from read) (pull.Job, error) {
	_, session, err := s.Connections.Open(ctx, c.Workspace, from.source.Connection)
	if err != nil {
		return pull.Job{}, err
	}
	return pull.Job{Workspace: c.Workspace, Source: from.source, Session: readonly.Of(session), Params: item.Of(from.plan.Params), FlowID: from.public}, nil
}

// gather reads one side.
func (s *Service) gather(ctx context.Context, c Check, run *Run, into *reconcile.Comparer, side reconcile.Side, from read) error {
	job, err := s.job(ctx, c, from)
	if err != nil {
		return err
	}
	wanted := pull.Wanted{From: run.From.Time().AddDate(0, 0, -c.Margin), To: run.To.Time()}
	if side == reconcile.Target {
		// What arrives while the source is read, and what is dated ahead, is there all the same.
		now, err := s.puller.SourceTime(ctx, job)
		if err != nil {
			return err
		}
		if now.After(wanted.To) {
			wanted.To = now
		}
		wanted.To = wanted.To.AddDate(0, 0, c.Margin)
	}
	return s.puller.Gather(ctx, job, wanted, func(got pull.Gathered) (bool, error) {
		for _, in := range got.Records {
			if in.Problem != nil {
				return false, fault.New("reconcile.record_unreadable", "a record of %s can't be identified: %s", from.source.NodeID, in.Problem.Message).Classed(fault.Data).
					Hinted("mend the key of the source node")
			}
			row := reconcile.Row{Body: in.Body, Ref: in.Key, Number: in.Number}
			if names := from.source.Names(&value.Scope{Doc: item.Of(in.Body), Params: job.Params}); len(names) > 0 {
				row.Number = names[0] // what it can be fetched by
			}
			if in.Modified != 0 {
				row.At = in.Modified.Time()
			}
			if f := into.Take(side, row); f != nil {
				return false, f
			}
		}
		run.Read[side] += len(got.Records)
		err := s.Store.Keep(ctx, *run)
		return err == nil, err
	})
}

// refs are the source's records that a finding is about, as far as it names them.
func refs(f reconcile.Finding) []string {
	if f.Kind == reconcile.Extra {
		return nil
	}
	out := []string{f.Ref}
	for _, o := range f.Others {
		out = append(out, o.Ref)
	}
	return out
}

// meant are the states of documents that are not meant to arrive.
func meant(state ledger.State) bool {
	return !slices.Contains([]ledger.State{ledger.Filtered, ledger.Collected, ledger.Skipped, ledger.Superseded}, state)
}

// excuse takes out what is missing because the flow meant not to write it.
func (s *Service) excuse(ctx context.Context, source read, run *Run, found []reconcile.Finding) ([]reconcile.Finding, error) {
	standing, err := s.standings(ctx, source.flow, source.source.NodeID, found)
	if err != nil {
		return nil, err
	}
	out := slices.DeleteFunc(found, func(f reconcile.Finding) bool {
		if f.Kind != reconcile.Missing {
			return false
		}
		wanted := f.Source
		for _, ref := range refs(f) {
			if at, ok := standing[ref]; ok && !meant(at.State) {
				wanted--
			}
		}
		return wanted <= f.Target
	})
	run.Excused = len(found) - len(out)
	run.Counts[reconcile.Missing] -= run.Excused
	return out, nil
}

// standings tells how what the source holds stands in the ledger.
func (s *Service) standings(ctx context.Context, flow ledger.ID, node string, found []reconcile.Finding) (map[string]Standing, error) {
	var keys []string
	for _, f := range found {
		keys = append(keys, refs(f)...)
	}
	all := map[string]Standing{}
	for some := range slices.Chunk(keys, 200) {
		here, err := s.Store.Standings(ctx, flow, node, some)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, here)
	}
	return all, nil
}

// Seen is a run with the check that it is of.
type Seen struct {
	Run

	Check Check
}

// stale reports whether the check says something else than when it was compared.
func (s Seen) stale() bool { return s.Version != s.Check.Version }

// Look gives a run.
func (s *Service) Look(ctx context.Context, id ledger.ID) (Seen, error) {
	return s.look(ctx, access.Read, id)
}

func (s *Service) look(ctx context.Context, action access.Action, id ledger.ID) (Seen, error) {
	p, err := access.Here(ctx, action)
	if err != nil {
		return Seen{}, err
	}
	run, err := s.Store.Run(ctx, p.Workspace, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return Seen{}, access.Missing()
	}
	if err != nil {
		return Seen{}, err
	}
	c, err := s.check(ctx, p.Workspace, run.Check)
	return Seen{run, c}, err
}

// Findings gives those of a run behind a number, each with how it stands in the ledger now.
func (s *Service) Findings(ctx context.Context, id ledger.ID, kind reconcile.Verdict, after, limit int) ([]Finding, error) {
	seen, err := s.Look(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.findings(ctx, seen, kind, after, limit)
}

func (s *Service) findings(ctx context.Context, seen Seen, kind reconcile.Verdict, after, limit int) ([]Finding, error) {
	found, err := s.Store.Findings(ctx, seen.ID, kind, after, limit)
	if err != nil || len(found) == 0 || seen.stale() {
		return found, err
	}
	id, _, err := s.Store.Flow(ctx, seen.Workspace, seen.Check.Source.Flow)
	if errors.Is(err, ledger.ErrNotFound) {
		return found, nil // the flow is gone, and its ledger with it
	}
	if err != nil {
		return nil, err
	}
	plain := make([]reconcile.Finding, len(found))
	for i := range found {
		plain[i] = found[i].Finding
	}
	here, err := s.standings(ctx, id, seen.Check.Source.Node, plain)
	if err != nil {
		return nil, err
	}
	for i := range found {
		for _, ref := range refs(found[i].Finding) {
			found[i].standing = append(found[i].standing, here[ref])
		}
		if len(found[i].standing) > 0 {
			found[i].Document = found[i].standing[0]
		}
	}
	return found, nil
}
