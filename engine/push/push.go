// Package push takes documents from the ledger through the nodes of their flow:
// it claims work, has its documents walked and ends in deliveries, or shows what a
// dry run would send. A walk is a replay: whatever was recorded is used again.
//
// It may import engine/push/walk, engine/deliver, engine/errand, engine/inlet, engine/ledger, engine/plan, engine/retry, engine/turn, engine/value and the
// sdk: never a database, a connector process or engine/pull.
package push

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/retry"
	"github.com/karezflow/karez/engine/turn"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

// Config sets how a Worker works.
type Config struct {
	Store  Store
	Sender *deliver.Sender
	// Plans and Connections resolve what a document is pinned to.
	Plans       Plans
	Connections Connections
	// Lookups answer look-ups; nil finds nothing.
	Lookups Lookups
	// Inlets tell where documents are handed over to; nil has no flows.
	Inlets Inlets
	Clock  func() time.Time
	Log    *slog.Logger
	// Owner names this process in claims.
	Owner string
	// Lease is how long a claim holds without being renewed. Default 30 s.
	Lease time.Duration
}

// Plans give the compiled version of a flow.
type Plans interface {
	Plan(ctx context.Context, version ledger.ID) (*plan.Plan, error)
}

// Connections open the connections of a workspace by name.
type Connections interface {
	Open(ctx context.Context, workspace ledger.ID, name string) (ledger.ID, connector.Session, error)
}

// Lookups answer what documents of a workspace ask of others and of code tables. A
// *fault.Fault as the error is told of the documents that asked; any other ends the walk.
type Lookups = lookup.Answerer

// Worker walks claimed work. It is safe for concurrent use.
type Worker struct{ Config }

// New gives a Worker with the defaults filled in.
func New(c Config) *Worker {
	if c.Lookups == nil {
		c.Lookups = lookup.Nothing{}
	}
	if c.Inlets == nil {
		c.Inlets = noInlets{}
	}
	if c.Lease == 0 {
		c.Lease = 30 * time.Second
	}
	return &Worker{c}
}

// Done is what handling a work row did.
type Done struct {
	// Documents is how many were walked; 0 when the row was not to be had.
	Documents int
	// Crowded says that the row was not to be had because as much work of its flow is under way as may be.
	Crowded bool
	// Workspace, Flow and Run are what the row belongs to.
	Workspace, Flow, Run ledger.ID
	// Work are rows that are due at once, of the row's Priority.
	Work     []ledger.ID
	Priority int
	// Handed are rows of other flows that are due at once, by their priority.
	Handed map[int][]ledger.ID
}

// Handle claims one work row, walks its documents and ends the claim. A row that
// somebody else holds, or that is gone, is no error.
func (w *Worker) Handle(ctx context.Context, id ledger.ID) (Done, error) {
	work, ok, err := w.Store.Claim(ctx, id, w.Owner, w.now(), w.Lease)
	if errors.Is(err, ledger.ErrCrowded) {
		return Done{Crowded: true}, nil
	}
	if err != nil || !ok {
		return Done{}, err
	}
	failpoint.Hit("after_claim")
	claim := ledger.ClaimOf(work)
	held, stop := w.hold(ctx, claim)
	defer stop()
	done, err := w.walk(turn.With(held, turn.Caller{Flow: int64(work.Flow), Priority: work.Priority}), work)
	switch {
	case err == nil:
		return done, nil
	case errors.Is(err, ledger.ErrFenced):
		// The claim is lost, or an answer came late while it held: then whoever
		// takes the row next finds it recorded.
		if err := w.Store.Release(context.WithoutCancel(ctx), claim, w.now()); err != nil && !errors.Is(err, ledger.ErrFenced) {
			return Done{}, err
		}
		return Done{}, nil
	case ctx.Err() != nil:
		// Shutting down: the row goes back at once instead of waiting out its lease.
		return Done{}, errors.Join(err, w.Store.Release(context.WithoutCancel(ctx), claim, w.now()))
	default:
		return Done{}, errors.Join(err, w.Store.Release(ctx, claim, w.later(retry.Store, work, work.ID)))
	}
}

// later tells when what failed so is tried again, whose work was claimed so often.
func (w *Worker) later(c retry.Case, work ledger.Work, of ledger.ID) ledger.Millis {
	return w.now().Add(retry.Table(nil).Of(c).Wait(work.Attempts, of, 0))
}

// hold keeps the claim alive and ends the context when it is lost.
func (w *Worker) hold(ctx context.Context, claim ledger.Claim) (context.Context, func()) {
	held, cancel := context.WithCancelCause(ctx)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		ticker := time.NewTicker(w.Lease / 3)
		defer ticker.Stop()
		for {
			select {
			case <-held.Done():
				return
			case <-ticker.C:
			}
			if failpoint.Wrong(failpoint.NoRenewal) {
				continue
			}
			err := w.Store.Renew(held, claim, w.now().Add(w.Lease))
			if errors.Is(err, ledger.ErrFenced) {
				cancel(ledger.ErrFenced)
				return
			}
		}
	}()
	return held, func() {
		cancel(nil)
		<-finished
	}
}

func (w *Worker) walk(ctx context.Context, work ledger.Work) (Done, error) {
	tasks, err := w.Store.Load(ctx, work)
	if err != nil {
		return Done{}, err
	}
	outcome := ledger.Outcome{Claim: ledger.ClaimOf(work), Workspace: work.Workspace}
	for version, group := range byVersion(tasks) {
		if err := w.version(ctx, work, version, group, &outcome); err != nil {
			return Done{}, w.salvage(ctx, outcome, err)
		}
	}
	failpoint.Hit("before_outcome")
	outcome.Now = w.now()
	result, err := w.Store.CommitOutcome(ctx, outcome)
	if err != nil {
		return Done{}, w.salvage(ctx, outcome, err)
	}
	failpoint.Hit("after_outcome")
	for _, refused := range result.Refused {
		w.Log.ErrorContext(ctx, "a document was to go where it can't; it is walked again later", "work", work.ID, "error", refused)
	}
	return Done{Documents: len(tasks), Workspace: work.Workspace, Flow: work.Flow, Run: work.Run, Work: result.Work, Priority: work.Priority, Handed: result.Handed}, nil
}

// version walks the documents that are pinned to one version of the flow. Those of a
// version that can't run at present wait for it; it is no fault of theirs.
func (w *Worker) version(ctx context.Context, work ledger.Work, version ledger.ID, tasks []ledger.Task, o *ledger.Outcome) error {
	compiled, err := w.Plans.Plan(ctx, version)
	if f := fault.From(err); err != nil && f.Class == fault.Config {
		w.Log.WarnContext(ctx, "a version of a flow can't run, its documents wait", "version", version, "documents", len(tasks), "error", f)
		problem := ledger.ProblemOf(f, "")
		for _, t := range tasks {
			out := ledger.Settled{
				Document: t.Document.ID, Rev: t.Document.ActiveRev, State: ledger.RetryAt, Problem: problem,
				Attention: t.Document.Attention, RetryAt: w.later(retry.Flow, work, t.Document.ID),
			}
			if slices.ContainsFunc(t.Deliveries, func(d ledger.Delivery) bool { return d.State.Uncertain() }) {
				out.Attention |= ledger.Uncertain // nothing overtakes it meanwhile
			}
			o.Documents = append(o.Documents, out)
		}
		return nil
	}
	if err != nil {
		return err
	}
	part := newLive(w, work, compiled, tasks)
	if err = part.Run(ctx); err != nil {
		part.record(o)
		return err
	}
	part.conclude(o)
	return nil
}

// salvage records the answers of a walk that came to nothing: what a target said is
// known, whatever happened to us behind it.
func (w *Worker) salvage(ctx context.Context, o ledger.Outcome, why error) error {
	o.Documents, o.Ports, o.Hands, o.Answers, o.Errands = nil, nil, nil, nil, nil
	if !reports(o) {
		return why
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.Lease)
	defer cancel()
	o.Now = w.now()
	if _, err := w.Store.CommitOutcome(ctx, o); err != nil && !errors.Is(err, ledger.ErrFenced) {
		return errors.Join(why, err)
	}
	return why
}

// reports says whether an outcome has something to record about calls.
func reports(o ledger.Outcome) bool {
	return len(o.Calls)+len(o.Probes)+len(o.Deliveries)+len(o.Writebacks) > 0
}

// byVersion groups tasks by the flow version they are pinned to.
func byVersion(tasks []ledger.Task) map[ledger.ID][]ledger.Task {
	groups := map[ledger.ID][]ledger.Task{}
	for _, t := range tasks {
		groups[t.Document.Version] = append(groups[t.Document.Version], t)
	}
	return groups
}

func (w *Worker) now() ledger.Millis { return ledger.At(w.Clock()) }
