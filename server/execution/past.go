package execution

import (
	"context"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/execution/seats"
)

// Sweep puts a run of a flow's published version into the queue that looks through a
// source node for what was missed; the same firing again is the same run. The zero
// fireAt is now, by a person's hand; then the flow need not be enabled. Its faults are
// Trigger's.
func (s *Service) Sweep(ctx context.Context, flow, node, trigger string, fireAt time.Time) (ledger.ID, error) {
	return s.past(ctx, flow, trigger, fireAt, ledger.Reading{Kind: ledger.GapSweep, Node: node})
}

// Backfill puts a run of a flow's published version into the queue that reads a range of
// a source's past. Its faults are Trigger's.
func (s *Service) Backfill(ctx context.Context, flow, trigger string, reading ledger.Reading) (ledger.ID, error) {
	return s.past(ctx, flow, trigger, time.Time{}, reading)
}

func (s *Service) past(ctx context.Context, flow, trigger string, fireAt time.Time, reading ledger.Reading) (ledger.ID, error) {
	how, at := trigger, ledger.At(fireAt)
	if at == 0 {
		how, at = Manual, s.now()
	}
	f, err := s.runnable(ctx, flow, how)
	if err != nil {
		return 0, err
	}
	run, created, err := s.Store.OpenRun(ctx, ledger.Run{
		Workspace: f.Workspace, Flow: f.ID, Version: f.Published, Trigger: trigger, FireAt: at, State: ledger.RunQueued, TraceID: newTrace(), Reading: &reading,
	}, s.now())
	if err != nil {
		return 0, err
	}
	if created {
		s.Events.Run(ctx, run, f.PublicID)
	}
	return run.ID, nil
}

// readPast reads what a run reads in place of what changed.
func (s *Service) readPast(ctx context.Context, run ledger.Run, compiled *plan.Plan, by reader) error {
	at := slices.IndexFunc(compiled.Sources, func(source *plan.Source) bool { return source.NodeID == run.Reading.Node })
	if at < 0 {
		return fault.New("reading.source_missing", "the flow has no source %s", run.Reading.Node).Classed(fault.Config)
	}
	job, err := s.job(ctx, run, compiled, compiled.Sources[at], by)
	if err != nil {
		return err
	}
	return s.Puller.Range(ctx, job, *run.Reading)
}

// yields reports whether a run makes way between two windows: another flow wants its seat, or
// it reads the past and another run of its flow comes before it.
func (s *Service) yields(ctx context.Context, run ledger.Run, by reader) (bool, error) {
	if wanted := by.wanted != nil && by.wanted(); wanted || run.Reading == nil {
		return wanted, nil
	}
	open, err := s.Store.OpenRuns(ctx, run.Flow)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(open, func(other ledger.Run) bool {
		return other.Turn() < run.Turn() && !other.PullingEnded
	}), nil
}

// letGo withdraws what a run that read the past and reads no more held back.
func (s *Service) letGo(ctx context.Context, run ledger.Run) {
	if run.Reading == nil {
		return
	}
	if err := s.Puller.LetGo(ctx, run.Workspace, run.Flow, run.Reading.Node); err != nil {
		s.Log.WarnContext(ctx, "what a run held back stays so until the source is read again", "run", run.ID, "error", err)
	}
}

// Alone does something while nobody reads the flow's sources; false where somebody does.
func (s *Service) Alone(ctx context.Context, flow ledger.ID, do func(context.Context) error) (bool, error) {
	held, give, ok, err := s.hold(ctx, flow)
	if err != nil || !ok {
		return false, err
	}
	defer give()
	return true, do(held)
}

// seat gives the place of a run among those that are to be read, and whom it asks.
func (s *Service) seat(ctx context.Context, run ledger.Run) (seats.Row, seats.Share) {
	row := seats.Row{Work: run.Flow, Flow: run.Flow, Priority: ledger.NormalPriority}
	compiled, err := s.Plans.Plan(ctx, run.Version)
	if err != nil {
		return row, seats.Share{} // who reads it is told
	}
	row.Priority = priorityOf(run, compiled)
	var asks []string
	for _, source := range compiled.Sources {
		asks = append(asks, source.Connection)
	}
	return row, seats.Share{Connections: seats.Calling(run.Workspace, asks...)}
}

// priorityOf gives the priority of what a run reads, and of its documents: a range of the
// past comes last, whatever the flow's is.
func priorityOf(run ledger.Run, compiled *plan.Plan) int {
	if run.Reading != nil && run.Reading.Kind == ledger.Backfill {
		return ledger.LowPriority
	}
	return ledger.PriorityOf(compiled.Flow.Spec.Settings.Priority)
}
