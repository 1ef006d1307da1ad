// Package execution runs flows: it opens runs, lets their sources be pulled,
// keeps workers busy with what was pulled, and closes runs whose documents are
// all settled.
//
// It may import the engine, the sdk, server/access, server/loop, server/plans, its notices and seats: never a database,
// HTTP or another service.
package execution

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/inlet"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/engine/turn"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/execution/notice"
	"github.com/karezflow/karez/server/plans"
)

// Store is what running needs of the ledger.
type Store interface {
	Ends
	// OpenRun inserts a run in state running, or queued where its state says so; an
	// existing one with the same flow, trigger and fire time is given with created false.
	OpenRun(ctx context.Context, run ledger.Run, now ledger.Millis) (opened ledger.Run, created bool, err error)
	// BeginRun makes a queued run a running one; false when it is not queued.
	BeginRun(ctx context.Context, id ledger.ID, now ledger.Millis) (bool, error)
	// CancelRun carries out ledger.Run.Cancel and gives the run; ledger.ErrNotFound.
	CancelRun(ctx context.Context, id ledger.ID, by string, now ledger.Millis) (run ledger.Run, cancelled bool, err error)
	// Run gives a run and its counts; ledger.ErrNotFound.
	Run(ctx context.Context, id ledger.ID) (ledger.Run, ledger.Counts, error)
	// OpenRuns gives the flow's unfinished runs, oldest first.
	OpenRuns(ctx context.Context, flow ledger.ID) ([]ledger.Run, error)
	// FinishRun closes a run that is settled; false when it is not.
	FinishRun(ctx context.Context, id ledger.ID, now ledger.Millis) (bool, error)
}

// Ends keep how the pull side of runs ended.
type Ends interface {
	// EndPulling marks a run as complete on the pull side.
	EndPulling(ctx context.Context, run ledger.ID, why *fault.Fault, now ledger.Millis) error
	// SetMissing notes the numbers that a run asked for and no source had, in place of
	// those noted before; ledger.ErrNotFound.
	SetMissing(ctx context.Context, id ledger.ID, numbers []string) error
}

// Hints carries wake-ups for work rows. Losing all of them loses nothing.
type Hints interface {
	// Publish wakes workers up for rows of a priority.
	Publish(ctx context.Context, priority int, work []ledger.ID) error
}

// Config wires a Service.
type Config struct {
	Store       Store
	Puller      *pull.Puller
	Reader      *inlet.Reader
	Plans       *plans.Cache
	Connections push.Connections
	Hints       Hints
	Clock       func() time.Time
	Log         *slog.Logger

	// Runs and Problems are for people and for the Runner.
	Runs     Runs
	Problems Problems
	// Leases keep two processes from reading one flow at a time. Without them this
	// process is the only one.
	Leases Leases
	// Owner names this process in leases; Lease is how long one holds without being
	// renewed. Default 30 s.
	Owner string
	Lease time.Duration
	// InFlight is how many documents of a run may wait for their targets before its sources
	// are read on. Default 4,000.
	InFlight int
	// Events announces what happens; nil announces nothing.
	Events *notice.Events
	// Passing reports whether an error is the store's and passes by itself: then a run is
	// not over, and is gone on with. nil takes every error for the run's own.
	Passing func(error) bool
}

// Service runs flows.
type Service struct {
	Config

	hub hub
}

// New makes a Service with the defaults filled in.
func New(c Config) *Service {
	if c.Lease == 0 {
		c.Lease = 30 * time.Second
	}
	if c.InFlight == 0 {
		c.InFlight = inFlight
	}
	return &Service{Config: c, hub: hub{watches: map[ledger.ID]*watch{}}}
}

// Request asks for one run.
type Request struct {
	Workspace, Flow, Version ledger.ID
	// Trigger says what started the run; FireAt makes it unique with the flow.
	Trigger string
	FireAt  time.Time
	TraceID string
	// Progress is told after every commit on the pull side; it may be nil.
	Progress func(pull.Progress)
}

// Start opens a run; the same firing again is the same run. Other runs of the flow
// that a crash left behind are closed on the pull side first: what they accepted
// goes on, what they had not read is read by this run. Runs that wait for their
// turn, and those of a flow that somebody reads, are left alone.
func (s *Service) Start(ctx context.Context, req Request) (ledger.Run, error) {
	live := false
	if s.Leases != nil {
		var err error
		if live, err = s.Leases.Live(ctx, flowLease(req.Flow), s.now()); err != nil {
			return ledger.Run{}, err
		}
	}
	run := ledger.Run{
		Workspace: req.Workspace, Flow: req.Flow, Version: req.Version, Trigger: req.Trigger, FireAt: ledger.At(req.FireAt), TraceID: req.TraceID,
	}
	if !live {
		if err := s.closeLeft(ctx, run); err != nil {
			return ledger.Run{}, err
		}
	}
	run, _, err := s.Store.OpenRun(ctx, run, s.now())
	if err == nil && run.State == ledger.RunQueued {
		if _, err = s.Store.BeginRun(ctx, run.ID, s.now()); err == nil {
			run, _, err = s.Store.Run(ctx, run.ID)
		}
	}
	return run, err
}

// closeLeft ends the pulling of the flow's other runs that began and did not end it.
// Those that read the past are left alone: nobody else reads what they had not read.
func (s *Service) closeLeft(ctx context.Context, run ledger.Run) error {
	left, err := s.Store.OpenRuns(ctx, run.Flow)
	if err != nil {
		return err
	}
	for _, old := range left {
		if old.State == ledger.RunQueued || old.PullingEnded || old.Reading != nil || old.Trigger == run.Trigger && old.FireAt == run.FireAt {
			continue
		}
		if err := s.Store.EndPulling(ctx, old.ID, fault.New("run.interrupted", "the engine stopped while the run was pulling"), s.now()); err != nil {
			return err
		}
	}
	return nil
}

// Pull waits until nobody else reads the flow, reads every source and ends the
// run's pull side. The fault says why pulling could not finish; the run keeps it.
func (s *Service) Pull(ctx context.Context, run ledger.Run, req Request) error {
	held, give, err := s.turn(ctx, run.Flow)
	defer give()
	if err == nil && s.Leases != nil {
		err = s.closeLeft(ctx, run)
	}
	if err == nil {
		err = s.read(held, run, reader{committed: req.Progress})
	}
	switch {
	case errors.Is(context.Cause(held), errLost):
		return fault.New("window.taken_over", "another run reads this source now and goes on from here").Because(err).Classed(fault.Transient)
	case ctx.Err() != nil:
		return errors.Join(context.Cause(ctx), s.end(context.WithoutCancel(ctx), run.ID,
			fault.New("run.stopped", "the run was stopped before everything was read")))
	}
	failpoint.Hit("after_pulling")
	return errors.Join(err, s.end(ctx, run.ID, fault.From(err)))
}

func (s *Service) end(ctx context.Context, run ledger.ID, f *fault.Fault) error {
	defer s.Events.Progress(ctx, run)
	return s.Store.EndPulling(ctx, run, f, s.now())
}

// reader is whoever reads a run.
type reader struct {
	// committed is told after every commit; it may be nil.
	committed func(pull.Progress)
	// wanted reports whether to make way for another flow; nil never does.
	wanted func() bool
}

// read reads every source of the run's flow.
func (s *Service) read(ctx context.Context, run ledger.Run, by reader) error {
	compiled, err := s.Plans.Plan(ctx, run.Version)
	if err != nil {
		return err
	}
	ctx = turn.With(ctx, turn.Caller{Flow: int64(run.Flow), Priority: priorityOf(run, compiled)})
	if run.Reading != nil {
		return s.readPast(ctx, run, compiled, by)
	}
	if len(run.Numbers) > 0 {
		return s.readNumbers(ctx, run, compiled, by)
	}
	var group errgroup.Group
	for _, source := range compiled.Sources {
		group.Go(func() error {
			job, err := s.job(ctx, run, compiled, source, by)
			if err != nil {
				return err
			}
			return s.Puller.Run(ctx, job)
		})
	}
	for _, in := range compiled.Inlets {
		if in.Read != nil {
			group.Go(func() error { return s.Reader.Run(ctx, s.reading(ctx, run, compiled, in, by)) })
		}
	}
	return group.Wait()
}

// reading is what an inlet reads for a run.
func (s *Service) reading(ctx context.Context, run ledger.Run, compiled *plan.Plan, in *plan.Inlet, by reader) inlet.Job {
	priority := priorityOf(run, compiled)
	return inlet.Job{
		Workspace: run.Workspace, Flow: run.Flow, Run: run.ID, Version: run.Version, Inlet: in, Params: item.Of(compiled.Params), Priority: priority,
		Report: func(page ledger.PageResult, rows int) {
			s.report(ctx, run, priority, by, pull.Progress{Page: page, Rows: rows})
		},
	}
}

// job opens a source's system for a run.
func (s *Service) job(ctx context.Context, run ledger.Run, compiled *plan.Plan, source *plan.Source, by reader) (pull.Job, error) {
	id, session, err := s.Connections.Open(ctx, run.Workspace, source.Connection)
	slow := &brake{service: s, run: run.ID}
	priority := priorityOf(run, compiled)
	return pull.Job{
		Workspace: run.Workspace, Flow: run.Flow, Run: run.ID, Version: run.Version, Connection: id, Source: source,
		Session: session, Params: item.Of(compiled.Params), FlowID: compiled.Flow.Metadata.ID,
		RunID: idText(run.ID), TraceID: run.TraceID, Priority: priority,
		Report: func(p pull.Progress) {
			s.report(ctx, run, priority, by, p)
			// Documents that are built of several pages go on when their window is done.
			if source.Regroup == nil {
				slow.after(ctx, p.Rows)
			}
		},
		Yield: func(ctx context.Context) (bool, error) { return s.yields(ctx, run, by) },
	}, err
}

func (s *Service) report(ctx context.Context, run ledger.Run, priority int, by reader, p pull.Progress) {
	if work := append(p.Page.Work, p.Released...); len(work) > 0 {
		if err := s.Hints.Publish(ofFlow(ctx, run.Flow), priority, work); err != nil {
			s.Log.WarnContext(ctx, "work was not announced; the sweeper will find it", "error", err)
		}
	}
	s.Events.Progress(ctx, run.ID)
	if by.committed != nil {
		by.committed(p)
	}
}

// Settle closes the flow's runs that are settled and gives those that are not.
// Runs that wait for their turn are neither.
func (s *Service) Settle(ctx context.Context, flow ledger.ID) ([]ledger.Run, error) {
	runs, err := s.Store.OpenRuns(ctx, flow)
	if err != nil {
		return nil, err
	}
	open := runs[:0]
	for _, run := range runs {
		if run.State == ledger.RunQueued {
			continue
		}
		finished, err := s.Store.FinishRun(ctx, run.ID, s.now())
		if err != nil {
			return nil, err
		}
		if !finished {
			open = append(open, run)
		}
	}
	return open, nil
}

func (s *Service) now() ledger.Millis { return ledger.At(s.Clock()) }
