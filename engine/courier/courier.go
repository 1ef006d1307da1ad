// Package courier makes the calls that walks left behind: it claims errands that are
// due, sends them as deliveries are sent, by the class that the operation declares, and
// records what they came to.
//
// It may import engine/deliver, engine/errand, engine/failpoint, engine/ledger,
// engine/plan, engine/turn and the sdk: never a database or a connector process.
package courier

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/turn"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// Connections open the connections of a workspace by name and know what is behind them.
type Connections interface {
	Open(ctx context.Context, workspace ledger.ID, name string) (ledger.ID, connector.Session, error)
	Manifest(ctx context.Context, workspace ledger.ID, name string) (*manifest.Manifest, error)
}

// Config sets how a Courier works.
type Config struct {
	Store       errand.Store
	Connections Connections
	Clock       func() time.Time
	Log         *slog.Logger
	// Owner names this process in claims.
	Owner string
	// Lease is how long a claim holds without being renewed. Default 30 s.
	Lease time.Duration
	// Batch is the most errands of one system that are taken at a time. Default 100.
	Batch int
	// Deliver sets how calls are made and repeated; its Store is not used.
	Deliver deliver.Config
}

// Courier sends errands. It is safe for concurrent use.
type Courier struct {
	Config

	mu sync.Mutex
	// busy are the connections, of all operations, that are being called.
	busy map[callee]bool
}

// New gives a Courier with the defaults filled in.
func New(c Config) *Courier {
	c.Lease = cmp.Or(c.Lease, 30*time.Second)
	c.Batch = cmp.Or(c.Batch, 100)
	c.Deliver.Clock, c.Deliver.Log = c.Clock, c.Log
	return &Courier{Config: c, busy: map[callee]bool{}}
}

// lists is how many batches are listed at a time, so that what waits for a system that
// is called already hides nothing else.
const lists = 10

// Round takes errands that are due and sends them, of each operation as far as Batch
// goes. It gives how many it took, so that who gets some calls again. Rounds may run side
// by side: they leave a connection alone that another one calls, which may take long. The
// end of ctx ends the taking, that of calls cuts what is being called. Its error is that
// of the store or of a context; what a system answers is recorded.
func (c *Courier) Round(ctx, calls context.Context) (int, error) {
	due, err := c.Store.Due(ctx, c.now(), lists*c.Batch)
	if err != nil {
		return 0, err
	}
	taken := 0
	for _, g := range grouped(due) {
		if ctx.Err() != nil {
			break
		}
		n, err := c.group(calls, g)
		if taken += n; err != nil {
			return taken, err
		}
	}
	return taken, cmp.Or(ctx.Err(), calls.Err())
}

// group takes and sends errands that call the same operation, unless its connection is
// being called.
func (c *Courier) group(ctx context.Context, g []errand.Record) (int, error) {
	to := callee{workspace: g[0].Workspace, connection: g[0].Connection}
	c.mu.Lock()
	busy := c.busy[to]
	c.busy[to] = true
	c.mu.Unlock()
	if busy {
		return 0, nil
	}
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.busy, to)
	}()
	held, err := c.Store.Take(ctx, g[:min(len(g), c.Batch)], c.Owner, c.now(), c.Lease)
	if err != nil {
		return 0, err
	}
	failpoint.Hit("after_errand_claim")
	return len(held), c.send(ctx, held)
}

// callee is what errands call that are sent together.
type callee struct {
	workspace                   ledger.ID
	connection, operation, mode string
}

// grouped parts errands by what they call, each in the order that it is due.
func grouped(due []errand.Record) [][]errand.Record {
	var groups [][]errand.Record
	at := map[callee]int{}
	for _, r := range due {
		to := callee{r.Workspace, r.Connection, r.Operation, r.Mode}
		i, ok := at[to]
		if !ok {
			i = len(groups)
			groups = append(groups, nil)
			at[to] = i
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}

// send sends errands that call the same operation.
func (c *Courier) send(ctx context.Context, held []errand.Record) error {
	if len(held) == 0 {
		return nil
	}
	ctx = turn.With(ctx, turn.Caller{Flow: int64(held[0].Flow)})
	ctx, stop := c.hold(ctx, held)
	defer stop()
	stage, session, why := c.stage(ctx, held)
	if why != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	config := c.Deliver
	config.Store = &intents{store: c.Store, held: held, clock: c.Clock}
	sender, rows := deliver.New(config), rowsOf(held)
	var sent *deliver.Sent
	var err error
	if why != nil {
		sent = sender.Hold(stage, rows, why)
	} else {
		stage.Session = session
		sent, err = sender.Send(ctx, stage, rows)
	}
	failpoint.Hit("before_errand_record")
	return c.record(ctx, held, sent, stage, err)
}

// stage opens what is called. Where that can't be, it gives why, and the errands wait.
func (c *Courier) stage(ctx context.Context, held []errand.Record) (deliver.Stage, connector.Session, *fault.Fault) {
	first := held[0]
	target := &plan.Target{Connection: first.Connection, Manifest: &manifest.Manifest{}, Operation: &manifest.Operation{Name: first.Operation, Writing: &manifest.Writing{}}, Rows: 1}
	stage := deliver.Stage{Workspace: first.Workspace, Target: target, Mode: connector.Mode(first.Mode), TraceID: first.TraceID, Tries: tries(held)}
	m, err := c.Connections.Manifest(ctx, first.Workspace, first.Connection)
	if err != nil {
		return stage, nil, fault.From(err)
	}
	target.Manifest = m
	op, ok := m.Operation(first.Operation)
	if ok {
		op = op.For(item.Of(first.Params).Field(op.Form).Text())
		ok = op.Writing != nil && (&plan.Target{Operation: op}).Mode(stage.Mode) != nil
	}
	if !ok {
		return stage, nil, fault.New("errand.operation_gone", "%s offers no %s any more", m.Title.ZH, first.Operation).Classed(fault.Config).
			Hinted("install the connector's version that has it, or skip the call")
	}
	target.Operation, target.Rows = op, max(1, op.Writing.DefaultRows)
	_, session, err := c.Connections.Open(ctx, first.Workspace, first.Connection)
	if err != nil {
		return stage, nil, fault.From(err)
	}
	return stage, session, nil
}

// tries gives how often the least tried of some errands was claimed: with each time they
// wait longer.
func tries(held []errand.Record) int {
	return int(slices.MinFunc(held, func(a, b errand.Record) int { return cmp.Compare(a.Fence, b.Fence) }).Fence)
}

// rowsOf gives errands as rows of a delivery: an errand is the document of its own.
func rowsOf(held []errand.Record) []deliver.Row {
	rows := make([]deliver.Row, len(held))
	for i, r := range held {
		rows[i] = deliver.Row{Document: r.ID, Rev: 1, Key: r.Key, Params: r.Params, Body: r.Body}
		if r.Attempt == 0 && r.State == errand.Pending {
			continue
		}
		rows[i].Existing = &ledger.Delivery{
			DeliveryKey: ledger.DeliveryKey{Document: r.ID}, Rev: 1, Key: r.Key, State: ledger.DeliveryState(r.State), Attempt: r.Attempt,
			Absent: r.Absent, Spent: r.Spent, TargetID: r.TargetID, TargetNumber: r.TargetNumber, Code: r.Code, Message: r.Message, Args: r.Args,
			Updated: r.Updated, Body: r.Body,
		}
	}
	return rows
}

// record settles what was sent, and with an error what is known of it by then.
func (c *Courier) record(ctx context.Context, held []errand.Record, sent *deliver.Sent, stage deliver.Stage, why error) error {
	resolved := map[ledger.ID]ledger.Resolution{}
	for _, r := range sent.Resolutions {
		resolved[r.Document] = r
	}
	var out []errand.Settlement
	for i, h := range held {
		resolution, ok := resolved[h.ID]
		if why != nil && !ok {
			continue // its lease runs out
		}
		out = append(out, settlement(h, sent.Results[i], resolution, ok, stage))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.Lease)
	defer cancel()
	err := c.Store.Settle(ctx, out, c.now())
	if errors.Is(why, ledger.ErrFenced) {
		return err // somebody else has them
	}
	return errors.Join(why, err)
}

// settlement gives what became of an errand.
func settlement(h errand.Record, result deliver.Result, resolution ledger.Resolution, called bool, stage deliver.Stage) errand.Settlement {
	s := errand.Settlement{
		ID: h.ID, Fence: h.Fence, Attempt: h.Attempt, State: errand.State(result.State), Spent: h.Spent, Absent: h.Absent,
		TargetID: result.ID, TargetNumber: result.Number, Answer: result.Response, Due: result.RetryAt,
	}
	if f := result.Fault; f != nil {
		s.Code, s.Message, s.Args = f.Code, f.Message, f.Args
	}
	if called {
		s.Attempt, s.Spent, s.Absent = resolution.Attempt, resolution.Spent, resolution.Absent
	}
	mode := stage.Target.Mode(stage.Mode)
	if s.State == errand.NeedsDecision && s.Code == "delivery.duplicate" && s.Attempt > 1 && mode != nil && mode.Class == manifest.Upsert {
		// An attempt whose answer was lost brought the system where this one wanted it.
		s.State, s.Code, s.Message, s.Args = errand.Done, "", "", nil
	}
	return s
}

// hold keeps claims alive, and ends the context when one of them is lost.
func (c *Courier) hold(ctx context.Context, claimed []errand.Record) (context.Context, func()) {
	held, cancel := context.WithCancelCause(ctx)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		ticker := time.NewTicker(c.Lease / 3)
		defer ticker.Stop()
		for {
			select {
			case <-held.Done():
				return
			case <-ticker.C:
			}
			if err := c.Store.Renew(held, claimed, c.now().Add(c.Lease)); errors.Is(err, ledger.ErrFenced) {
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

func (c *Courier) now() ledger.Millis { return ledger.At(c.Clock()) }

// intents lets errands be sent as deliveries are: what is about to leave is recorded
// first. Calls have no rows of their own.
type intents struct {
	store errand.Store
	held  []errand.Record
	clock func() time.Time
}

var _ deliver.Store = (*intents)(nil)

// NextIDs implements deliver.Store.
func (i *intents) NextIDs(context.Context, int) (ledger.ID, error) { return 1, nil }

// CommitIntents implements deliver.Store.
func (i *intents) CommitIntents(ctx context.Context, commit ledger.IntentCommit) (ledger.IntentResult, error) {
	sending := make([]errand.Record, 0, len(commit.Rows))
	for _, row := range commit.Rows {
		at := slices.IndexFunc(i.held, func(r errand.Record) bool { return r.ID == row.Document })
		if at >= 0 {
			sending = append(sending, i.held[at])
		}
	}
	return ledger.IntentResult{}, i.store.Intend(ctx, sending, ledger.At(i.clock()))
}

// CommitOutcome implements deliver.Store.
func (i *intents) CommitOutcome(context.Context, ledger.Outcome) (ledger.OutcomeResult, error) {
	return ledger.OutcomeResult{}, errors.New("an errand has no outcome of a walk")
}
