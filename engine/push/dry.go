package push

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/push/walk"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// Dry is one document on a walk that sends, stores and counts nothing.
type Dry struct {
	Plan *plan.Plan
	// Node is where the walk begins: behind a source, or at a step.
	Node string
	// Body is the document as it is there; Key and Number are those of the ledger.
	Body        []byte
	Key, Number string
	// From and To are the ends of the pull window the document is taken to have come in by.
	From, To time.Time
	// Clock tells the engine's time.
	Clock func() time.Time
	// Lookups answer look-ups of the Workspace; nil finds nothing.
	Lookups   Lookups
	Workspace ledger.ID
}

// Seen is what a dry walk met.
type Seen struct {
	// Visits are the nodes that the document reached, in the order of the walk.
	Visits []Visit
	// Calls are the writes that the targets would have made.
	Calls []Unsent
	// State is what the document comes to by itself: rejected, unmapped, waiting for a
	// decision or collected, filtered where no more is known of it than its Calls.
	// Problem says why.
	State   ledger.State
	Problem *ledger.Problem
}

// Visit is what a node made of what reached it.
type Visit struct {
	NodeID  string
	Outputs []Output
	// Fault is the first that the node met, nil when it met none.
	Fault *fault.Fault
}

// Output is a record that left a node; a source's port is "".
type Output struct {
	Port string
	Body []byte
}

// Unsent is a write call as its connector would get it.
type Unsent struct {
	NodeID string
	Target *plan.Target
	Batch  connector.Batch
}

// DryRun walks one document as a Worker would, up to the targets: what they would
// send is given instead, and what follows them needs their answer and is not
// reached. It opens no connection. Its error is the context's or "push.no_such_node".
func DryRun(ctx context.Context, d Dry) (Seen, error) {
	dry := newDry(d)
	if err := dry.enter(ctx, d.Node); err != nil {
		return Seen{}, err
	}
	return dry.seen(d.Node), nil
}

// Explain says of every field of the mapping at the Dry's node what becomes of it for
// the Body, which is the record as it arrives there. Its error is the context's,
// "push.no_such_node" or "push.no_mapping", or that of a look-up that can't be answered.
func Explain(ctx context.Context, d Dry) ([]value.Explained, error) {
	dry := newDry(d)
	at := slices.IndexFunc(d.Plan.Steps, func(s *plan.Step) bool { return s.NodeID == d.Node })
	if at < 0 {
		return nil, noSuchNode(d.Node)
	}
	step := d.Plan.Steps[at]
	if step.Explain == nil {
		return nil, fault.New("push.no_mapping", "the node %s maps no fields", d.Node).Classed(fault.Config)
	}
	in := dry.Start(0).Item
	var rows []value.Explained
	_, err := dry.Evaluate(ctx, func() (err error) {
		in.Answers = dry.Answers
		rows, err = step.Explain(in)
		return err
	})
	if broken, ok := errors.AsType[*walk.BrokenError](err); ok {
		err = broken.Unwrap()
	}
	return rows, err
}

func newDry(d Dry) *dryRun {
	if d.Lookups == nil {
		d.Lookups = lookup.Nothing{}
	}
	dry := &dryRun{lookups: d.Lookups, workspace: d.Workspace, visits: map[int]*Visit{}, sender: deliver.New(deliver.Config{
		Store: nowhere{}, Clock: d.Clock, Log: slog.New(slog.DiscardHandler), InFlight: 1,
	})}
	dry.Walk = walk.New(d.Plan, []ledger.Task{{
		Document: ledger.Document{ID: 1, Key: d.Key, Number: d.Number, LatestRev: 1, ActiveRev: 1},
		NodeID:   d.Node, Body: d.Body, From: ledger.At(d.From), To: ledger.At(d.To),
	}}, dry)
	return dry
}

func noSuchNode(nodeID string) *fault.Fault {
	return fault.New("push.no_such_node", "no document enters or leaves a node %s", nodeID).Classed(fault.Config).
		Hinted("begin at a source or at a node behind one")
}

// dryRun is the side of a dry walk.
type dryRun struct {
	*walk.Walk

	sender *deliver.Sender
	visits map[int]*Visit
	calls  []Unsent

	lookups   Lookups
	workspace ledger.ID
}

// enter begins the walk behind a source or at a step.
func (d *dryRun) enter(ctx context.Context, nodeID string) error {
	if _, ok := d.Plan.Entry(nodeID); ok {
		return d.Run(ctx)
	}
	at := slices.IndexFunc(d.Plan.Steps, func(s *plan.Step) bool { return s.NodeID == nodeID })
	if at < 0 {
		return noSuchNode(nodeID)
	}
	return d.RunFrom(ctx, at)
}

// seen gathers the visits in the order of the walk.
func (d *dryRun) seen(begin string) Seen {
	settled := d.Docs[0].Settle()
	out := Seen{Calls: d.calls, State: settled.State, Problem: settled.Problem}
	if src, ok := d.Plan.Entry(begin); ok {
		visit := *d.visit(src.NodeNo)
		visit.NodeID = begin
		out.Visits = append(out.Visits, visit)
	}
	for at, step := range d.Plan.Steps {
		if d.Reached[at] {
			visit := *d.visit(step.NodeNo)
			visit.NodeID = step.NodeID
			out.Visits = append(out.Visits, visit)
		}
	}
	return out
}

func (d *dryRun) visit(nodeNo int) *Visit {
	v := d.visits[nodeNo]
	if v == nil {
		v = &Visit{}
		d.visits[nodeNo] = v
	}
	return v
}

// Left implements walk.Side.
func (d *dryRun) Left(nodeNo int, port string, t walk.Token) {
	v := d.visit(nodeNo)
	if !slices.ContainsFunc(d.Plan.Steps, func(s *plan.Step) bool { return s.NodeNo == nodeNo }) {
		port = "" // where documents enter
	}
	v.Outputs = append(v.Outputs, Output{Port: port, Body: t.Item.Raw})
}

// Failed implements walk.Side.
func (d *dryRun) Failed(step *plan.Step, f *fault.Fault) {
	if v := d.visit(step.NodeNo); v.Fault == nil {
		v.Fault = f
	}
}

// LookUp implements walk.Side.
func (d *dryRun) LookUp(ctx context.Context, asked []item.Lookup) (map[string]lookup.Found, error) {
	return d.lookups.Answer(ctx, d.workspace, asked)
}

// Waits implements walk.Side: a dry run shows what would be made of this document alone.
func (d *dryRun) Waits() (time.Time, bool) { return time.Time{}, false }

// Again implements walk.Side: nothing is tried again.
func (d *dryRun) Again(ledger.ID) ledger.Millis { return 0 }

// Target implements walk.Side. The rows go the way of every delivery, to a session
// that keeps the calls and sends none.
func (d *dryRun) Target(ctx context.Context, step *plan.Step, waiting []walk.Token) error {
	rows, _, err := d.Rows(ctx, step, waiting)
	if err != nil {
		return err
	}
	keeper := &keeper{}
	_, err = d.sender.Send(ctx, deliver.Stage{NodeNo: step.NodeNo, Target: step.Target, Session: keeper}, rows)
	if err != nil {
		return err
	}
	for _, batch := range keeper.batches {
		d.calls = append(d.calls, Unsent{NodeID: step.NodeID, Target: step.Target, Batch: batch})
	}
	return nil
}

// Aftermath implements walk.Side. What is handed over or answered without a target's answer is shown.
func (d *dryRun) Aftermath(ctx context.Context, step *plan.Step, waiting []walk.Token) error {
	if step.Notice != nil {
		return d.notify(ctx, step, waiting)
	}
	if step.Role == node.Respond || step.Writeback.Hand != nil && step.Writeback.Store == nil {
		build := d.Handed
		if step.Role == node.Respond {
			build = d.Replied
		}
		for _, t := range waiting {
			body, err := build(ctx, step, t)
			if walk.Broken(err) {
				return err
			} else if err != nil {
				d.Failed(step, fault.From(err))
				continue
			}
			v := d.visit(step.NodeNo)
			v.Outputs = append(v.Outputs, Output{Body: body})
		}
		return nil
	}
	d.Failed(step, fault.New("push.answer_needed", "a writeback reads the target's answer, and nothing was sent").Classed(fault.Config).
		Hinted("run the flow to see what it stores"))
	return nil
}

// notify shows the messages and sends none.
func (d *dryRun) notify(ctx context.Context, step *plan.Step, waiting []walk.Token) error {
	for _, t := range waiting {
		request, err := d.Told(ctx, step, t)
		if walk.Broken(err) {
			return err
		} else if err != nil {
			d.Failed(step, fault.From(err))
			continue
		}
		d.calls = append(d.calls, unsent(step, step.Notice, request))
	}
	return nil
}

// unsent shows a call that would be made after the walk.
func unsent(step *plan.Step, call *errand.Call, r errand.Request) Unsent {
	return Unsent{
		NodeID: step.NodeID, Target: &plan.Target{Connection: call.Connection, Manifest: call.Manifest, Operation: call.Operation},
		Batch: connector.Batch{
			Operation: call.Operation.Name, Mode: call.Mode, Params: r.Params, Keys: []string{r.Key},
			Rows: append(append([]byte{'['}, r.Body...), ']'),
		},
	}
}

// keeper is a session that keeps what it is to write, and whose system holds nothing.
type keeper struct{ batches []connector.Batch }

func unreached() *fault.Fault {
	return fault.New("push.dry", "a dry run reaches no system").Classed(fault.Config).Unapplied()
}

// Check implements connector.Session.
func (k *keeper) Check(context.Context) (connector.Health, error) {
	return connector.Health{}, unreached()
}

// Query implements connector.Session.
func (k *keeper) Query(context.Context, connector.QueryRequest) (connector.Page, error) {
	return connector.Page{}, unreached()
}

// Close implements connector.Session.
func (k *keeper) Close(context.Context) error { return nil }

// Write implements connector.Writer. Nothing is known of rows that were not sent.
func (k *keeper) Write(_ context.Context, batch connector.Batch) (connector.Answers, error) {
	k.batches = append(k.batches, batch)
	rows, err := item.Rows(batch.Rows)
	return connector.Answers{Rows: make([]connector.Answer, len(rows))}, err
}

// Probe implements connector.Prober: a target may be asked before it is written.
func (k *keeper) Probe(_ context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	return make([]connector.Found, len(req.Keys)), nil
}

// nowhere is a ledger in which nothing is written and nothing is owned.
type nowhere struct{}

// NextIDs implements deliver.Store.
func (nowhere) NextIDs(context.Context, int) (ledger.ID, error) { return 1, nil }

// CommitIntents implements deliver.Store.
func (nowhere) CommitIntents(context.Context, ledger.IntentCommit) (ledger.IntentResult, error) {
	return ledger.IntentResult{}, nil
}

// CommitOutcome implements deliver.Store.
func (nowhere) CommitOutcome(context.Context, ledger.Outcome) (ledger.OutcomeResult, error) {
	return ledger.OutcomeResult{}, errors.New("a dry run has no outcome")
}
