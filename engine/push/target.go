package push

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/push/walk"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// Target writes what waits before a target node.
func (w *live) Target(ctx context.Context, step *plan.Step, waiting []walk.Token) error {
	if err := w.flush(ctx); err != nil {
		return err
	}
	rows, waiting, err := w.Rows(ctx, step, waiting)
	if err != nil {
		return err
	}
	stage := deliver.Stage{
		Claim: ledger.ClaimOf(w.work), Workspace: w.work.Workspace, NodeNo: step.NodeNo, Target: step.Target,
		Tries: w.work.Attempts, RunID: strconv.FormatInt(int64(w.work.Run), 10), TraceID: w.Tasks[0].TraceID,
	}
	out, err := w.deliver(ctx, stage, rows)
	w.sent.Calls = append(w.sent.Calls, out.Calls...)
	w.sent.Probes = append(w.sent.Probes, out.Probes...)
	w.sent.Resolutions = append(w.sent.Resolutions, out.Resolutions...)
	w.overtaken(out.Stale)
	if err != nil {
		return err
	}
	for i, result := range out.Results {
		w.delivered(step, waiting[i], rows[i], result)
	}
	return nil
}

// deliver sends the rows of a target, or says of each why it can't be sent now.
func (w *live) deliver(ctx context.Context, stage deliver.Stage, rows []deliver.Row) (*deliver.Sent, error) {
	connection, session, err := w.Connections.Open(ctx, w.work.Workspace, stage.Target.Connection)
	switch {
	case err == nil:
		stage.Connection, stage.Session = connection, session
		return w.Sender.Send(ctx, stage, rows)
	case ctx.Err() != nil:
		return &deliver.Sent{}, context.Cause(ctx)
	default:
		return w.Sender.Hold(stage, rows, fault.From(err)), nil
	}
}

// flush records the answers of an earlier target before another one is written,
// so that a crash in between does not make them uncertain.
func (w *live) flush(ctx context.Context) error {
	o := ledger.Outcome{Claim: ledger.ClaimOf(w.work), Workspace: w.work.Workspace, Now: w.now()}
	sent, writebacks := w.sent, w.writebacks
	w.record(&o)
	if !reports(o) {
		return nil
	}
	result, err := w.Store.CommitOutcome(ctx, o)
	if err != nil && !errors.Is(err, ledger.ErrFenced) {
		w.sent, w.writebacks = sent, writebacks // still to be recorded
	}
	w.overtaken(result.Stale)
	return err
}

// overtaken notes whose deliveries somebody else resolved meanwhile: these are walked again.
func (w *live) overtaken(documents []ledger.ID) {
	for i, t := range w.Tasks {
		w.Docs[i].Stale = w.Docs[i].Stale || slices.Contains(documents, t.Document.ID)
	}
}

// delivered moves a record on by the result of its row.
func (w *live) delivered(step *plan.Step, t walk.Token, row deliver.Row, r deliver.Result) {
	doc := &w.Docs[t.Doc]
	if row.Existing != nil && row.Existing.State == ledger.DeliveryDone && row.Existing.Attempt == r.Attempt {
		doc.Attention |= w.Tasks[t.Doc].Document.Attention & ledger.Warned // the answer of then
	}
	switch r.State {
	case ledger.DeliveryDone:
		doc.Mark(ledger.Delivered, nil, 0)
		if r.Warned {
			doc.Attention |= ledger.Warned
		}
		if len(step.Next[step.DefaultPort]) > 0 { // else nobody reads it
			t.Attempt, t.Answer, t.Stored = r.Attempt, answer(r), r.Kept
			t.Item.Raw = withResult(row.Body, r)
		}
		w.Leave(step, step.DefaultPort, t)
	case ledger.DeliveryRejected:
		w.Fail(step, t, r.Fault.Classed(fault.Data))
	case ledger.DeliveryUnknown:
		doc.Attention |= ledger.Uncertain
		doc.Mark(ledger.RetryAt, ledger.ProblemOf(r.Fault, step.NodeID), r.RetryAt)
	case ledger.DeliveryRetryAt:
		if r.Feed != nil {
			doc.Feeds = append(doc.Feeds, *r.Feed)
		}
		doc.Mark(ledger.RetryAt, ledger.ProblemOf(r.Fault, step.NodeID), r.RetryAt)
	case ledger.DeliveryNeedsDecision, ledger.DeliveryPending, ledger.DeliverySending:
		doc.Mark(ledger.NeedsDecision, ledger.ProblemOf(r.Fault, step.NodeID), 0)
	}
}

// answer gives what a writeback reads as {{Id}}, {{Number}} and {{answer.x}}: the
// target's own row, and both names where it does not carry them.
func answer(r deliver.Result) []byte {
	row := item.Of(r.Response)
	out := []byte{'{'}
	for _, pair := range [][2]string{{"Id", r.ID}, {"Number", r.Number}} {
		if row.Field(pair[0]).Kind() == item.None {
			out = append(append(item.AppendText(out, pair[0]), ':'), item.AppendText(nil, pair[1])...)
			out = append(out, ',')
		}
	}
	for name, v := range row.Fields() {
		out = append(append(item.AppendText(out, name), ':'), v.Raw()...)
		out = append(out, ',')
	}
	out[len(out)-1] = '}'
	return out
}

// withResult gives the mapped document with a member "result".
func withResult(body []byte, r deliver.Result) []byte {
	const names = 64 // what the members around the values take
	out := make([]byte, 0, len(body)+len(r.ID)+len(r.Number)+len(r.Response)+names)
	out = append(out, body[:len(body)-1]...)
	if len(out) > 1 {
		out = append(out, ',')
	}
	out = append(out, `"result":{"id":`...)
	out = append(item.AppendText(out, r.ID), `,"number":`...)
	out = item.AppendText(out, r.Number)
	if len(r.Response) > 0 {
		out = append(append(out, `,"response":`...), r.Response...)
	}
	return append(out, '}', '}')
}

// Aftermath implements walk.Side.
func (w *live) Aftermath(ctx context.Context, step *plan.Step, waiting []walk.Token) error {
	switch {
	case step.Notice != nil:
		return w.notify(ctx, step, waiting)
	case step.Role == node.Respond:
		return w.reply(ctx, step, waiting)
	default:
		return w.writeback(ctx, step, waiting)
	}
}

// writeback keeps what the node stores with the delivery that it follows, once: a
// delivery that was done before may have it, or may lack it still.
func (w *live) writeback(ctx context.Context, step *plan.Step, waiting []walk.Token) error {
	for _, t := range waiting {
		if t.Stored || step.Writeback.Store == nil {
			continue
		}
		stored, err := w.stored(ctx, step, t)
		if walk.Broken(err) {
			return err
		} else if err != nil {
			w.Log.Warn("writeback could not be evaluated", "node", step.NodeID, "document", w.Tasks[t.Doc].Document.ID, "error", err)
			w.Docs[t.Doc].Ails(fault.From(err), step.NodeID)
			continue
		}
		w.writebacks = append(w.writebacks, ledger.Writeback{DeliveryKey: t.Delivery, Attempt: t.Attempt, Stored: stored})
	}
	if step.Writeback.Call != nil {
		if err := w.operate(ctx, step, waiting); err != nil {
			return err
		}
	}
	if step.Writeback.Hand == nil {
		return nil
	}
	return w.handOver(ctx, step, waiting)
}

// stored evaluates what a writeback keeps.
func (w *live) stored(ctx context.Context, step *plan.Step, t walk.Token) ([]byte, error) {
	if t.Answer == nil {
		return nil, walk.NothingWritten()
	}
	scope, err := w.Scope(ctx, step, t)
	if err != nil {
		return nil, err
	}
	return scope.Writeback.Raw(), nil
}
