package push

import (
	"context"
	"fmt"

	"github.com/karezflow/karez/engine/inlet"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/push/walk"
	"github.com/karezflow/karez/sdk/fault"
)

// Inlets tell where documents go that are handed over.
type Inlets interface {
	// Inlet gives an inlet of a flow of the workspace, named by its public id, as it is
	// published now; node "" is the only one. A fault of the class config is told of the
	// documents; any other error ends the walk.
	Inlet(ctx context.Context, workspace ledger.ID, flow, node string) (Inlet, error)
}

// Inlet is where a flow takes documents.
type Inlet struct {
	ledger.Inlet
	// Plan identifies them; nil where what identifies them in the flow they come from stands.
	Plan *plan.Inlet
}

// noInlets has no flows.
type noInlets struct{}

// Inlet implements Inlets.
func (noInlets) Inlet(_ context.Context, _ ledger.ID, flow, _ string) (Inlet, error) {
	return Inlet{}, fault.New("handover.flow_missing", "there is no flow %s to hand over to", flow).Classed(fault.Config).
		Hinted("choose a flow of this workspace")
}

// handOver hands records over to another flow. What followed no target is collected by it.
func (w *live) handOver(ctx context.Context, step *plan.Step, waiting []walk.Token) error {
	hand := step.Writeback.Hand
	to, err := w.Inlets.Inlet(ctx, w.work.Workspace, hand.Flow, hand.Node)
	refused := fault.From(err)
	if err != nil && refused.Class != fault.Config {
		return err // it passes: the documents are walked again
	}
	for _, t := range waiting {
		if t.Answer == nil {
			w.Docs[t.Doc].Mark(ledger.Collected, nil, 0)
		}
		if err != nil {
			w.Docs[t.Doc].Ails(refused, step.NodeID)
			continue
		}
		h, err := w.hand(ctx, step, t, to)
		if walk.Broken(err) {
			return err
		} else if err != nil {
			w.Docs[t.Doc].Ails(fault.From(err), step.NodeID)
			continue
		}
		w.hands = append(w.hands, h)
	}
	return nil
}

// hand gives what a record hands over.
func (w *live) hand(ctx context.Context, step *plan.Step, t walk.Token, to Inlet) (ledger.Hand, error) {
	task := w.Tasks[t.Doc]
	if task.Hops >= ledger.MaxHops {
		return ledger.Hand{}, fault.New("handover.too_many_hops", "the document was handed over from flow to flow %d times and goes no further", task.Hops).
			Classed(fault.Config).Arg("hops", fmt.Sprint(task.Hops)).Hinted("flows that hand over to each other in a circle need a filter that ends it")
	}
	body, err := w.Handed(ctx, step, t)
	if err != nil {
		return ledger.Hand{}, err
	}
	h := ledger.Hand{
		HandKey: ledger.HandKey{Document: task.Document.ID, Rev: task.Document.ActiveRev, NodeNo: step.NodeNo, Way: t.Way()},
		To:      to.Inlet, Hops: task.Hops + 1, TraceID: task.TraceID,
	}
	h.Incoming = inlet.Take(to.Plan, inlet.Record{
		Body: body, From: h.HandKey, NodeID: to.NodeID,
		Own: plan.Identity{Key: task.Document.Key + t.Route, Number: task.Document.Number, Modified: task.Document.Modified.Time()},
	})
	return h, nil
}
