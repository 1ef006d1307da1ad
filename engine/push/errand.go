package push

import (
	"cmp"
	"context"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/push/walk"
	"github.com/karezflow/karez/sdk/fault"
)

// operate enters what a writeback calls for the records that were written.
func (w *live) operate(ctx context.Context, step *plan.Step, waiting []walk.Token) error {
	for _, t := range waiting {
		request, err := w.Called(ctx, step, t)
		if walk.Broken(err) {
			return err
		}
		w.enter(step, step.Writeback.Call, t, request, err)
	}
	return nil
}

// notify enters the messages that a node sends. A record that came to it has reached the
// end of its way.
func (w *live) notify(ctx context.Context, step *plan.Step, waiting []walk.Token) error {
	for _, t := range waiting {
		if t.Answer == nil {
			w.Docs[t.Doc].Mark(ledger.Collected, nil, 0)
		}
		request, err := w.Told(ctx, step, t)
		if walk.Broken(err) {
			return err
		}
		w.enter(step, step.Notice, t, request, err)
	}
	return nil
}

// enter keeps a call for the end of the walk; the document is marked where it could not
// be built.
func (w *live) enter(step *plan.Step, call *errand.Call, t walk.Token, r errand.Request, err error) {
	if err != nil {
		w.Docs[t.Doc].Ails(fault.From(err), step.NodeID)
		return
	}
	task := w.Tasks[t.Doc]
	w.errands = append(w.errands, ledger.Errand{
		ErrandKey: ledger.ErrandKey{Document: task.Document.ID, NodeNo: step.NodeNo, Way: t.ErrandWay(task.Document.ActiveRev)},
		Rev:       task.Document.ActiveRev, NodeID: step.NodeID, Purpose: call.Purpose, Run: cmp.Or(task.Document.Run, task.Run),
		Connection: call.Connection, Operation: call.Operation.Name, Mode: string(call.Mode), Key: r.Key, Params: r.Params, Body: r.Body,
		Gathers: call.Every > 0, Due: w.now().Add(call.Every), TraceID: task.TraceID,
	})
}
