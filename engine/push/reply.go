package push

import (
	"context"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/push/walk"
	"github.com/karezflow/karez/sdk/fault"
)

// reply answers whoever posted the documents. What followed no target is collected by it.
func (w *live) reply(ctx context.Context, step *plan.Step, waiting []walk.Token) error {
	for _, t := range waiting {
		body, err := w.Replied(ctx, step, t)
		if walk.Broken(err) {
			return err
		} else if f := fault.From(err); err != nil {
			if t.Answer == nil {
				w.Fail(step, t, f)
			} else { // what was written stays written
				w.Docs[t.Doc].Ails(f, step.NodeID)
			}
			continue
		}
		if doc := w.Tasks[t.Doc].Document; body != nil {
			w.replies = append(w.replies, ledger.Answer{Document: doc.ID, Rev: doc.ActiveRev, NodeNo: step.NodeNo, Status: step.Writeback.Reply.Status, Body: body})
		}
		if t.Answer == nil {
			w.Docs[t.Doc].Mark(ledger.Collected, nil, 0)
		}
	}
	return nil
}
