package push

import (
	"context"
	"slices"
	"strconv"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// target writes what waits before a target node.
func (w *live) target(ctx context.Context, step *plan.Step, waiting []token) error {
	if err := w.flush(ctx); err != nil {
		return err
	}
	connection, session, err := w.Connections.Open(ctx, w.work.Workspace, step.Target.Connection)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		session = brokenBy(err)
	}
	rows, sent := w.rows(step, waiting)
	out, err := w.Sender.Send(ctx, deliver.Stage{
		Claim: ledger.ClaimOf(w.work), Workspace: w.work.Workspace, Connection: connection, NodeNo: step.NodeNo,
		Target: step.Target, Session: session, RunID: strconv.FormatInt(int64(w.work.Run), 10),
	}, rows)
	if err != nil {
		return err
	}
	w.calls = append(w.calls, out.Calls...)
	w.resolutions = append(w.resolutions, out.Resolutions...)
	for i, result := range out.Results {
		w.delivered(step, sent[i], rows[i], result)
	}
	return nil
}

// flush records the answers of an earlier target before another one is written,
// so that a crash in between does not make them uncertain.
func (w *live) flush(ctx context.Context) error {
	if len(w.calls) == 0 && len(w.resolutions) == 0 {
		return nil
	}
	result, err := w.Store.CommitOutcome(ctx, ledger.Outcome{
		Claim: ledger.ClaimOf(w.work), Workspace: w.work.Workspace, Calls: w.calls, Deliveries: w.resolutions, Now: w.now(),
	})
	w.calls, w.resolutions = nil, nil
	for i, t := range w.tasks {
		w.docs[i].stale = w.docs[i].stale || slices.Contains(result.Stale, t.Document.ID)
	}
	return err
}

// delivered moves a record on by the result of its row.
func (w *live) delivered(step *plan.Step, t token, row deliver.Row, r deliver.Result) {
	doc := &w.docs[t.doc]
	switch r.State {
	case ledger.DeliveryDone:
		doc.mark(ledger.Delivered, nil, 0)
		if r.Warned {
			doc.attention |= ledger.Warned
		}
		t.answer = answer(r)
		t.item.Raw = withResult(row.Body, r)
		w.leave(step, step.DefaultPort, t)
	case ledger.DeliveryRejected:
		w.fail(step, t, r.Fault.Classed(fault.Data))
	case ledger.DeliveryUnknown:
		doc.attention |= ledger.Uncertain
		doc.mark(ledger.RetryAt, w.problem(r.Fault, step.NodeID), r.RetryAt)
	case ledger.DeliveryRetryAt:
		doc.mark(ledger.RetryAt, w.problem(r.Fault, step.NodeID), r.RetryAt)
	case ledger.DeliveryNeedsDecision, ledger.DeliveryPending, ledger.DeliverySending:
		doc.mark(ledger.NeedsDecision, w.problem(r.Fault, step.NodeID), 0)
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
	out := append([]byte{}, body[:len(body)-1]...)
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

// writeback keeps what the node stores with the delivery that it follows.
func (w *live) writeback(step *plan.Step, waiting []token) {
	for _, t := range waiting {
		scope := &value.Scope{Params: item.Of(w.plan.Params), Answer: item.Of(t.answer)}
		scope.SetItem(t.item.With(t.item.Source))
		stored, err := step.Writeback.Store.Append(nil, scope)
		if err != nil {
			w.Log.Warn("writeback could not be evaluated", "node", step.NodeID, "document", t.delivery.Document, "error", err)
			w.docs[t.doc].attention |= ledger.WritebackFailing
			continue
		}
		for i := range w.resolutions {
			if w.resolutions[i].DeliveryKey == t.delivery {
				w.resolutions[i].Writeback = stored
			}
		}
	}
}
