package push

import (
	"context"
	"errors"
	"fmt"

	"github.com/karezflow/karez/engine/inlet"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
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
func (w *live) handOver(ctx context.Context, step *plan.Step, waiting []token) error {
	hand := step.Writeback.Hand
	to, err := w.Inlets.Inlet(ctx, w.work.Workspace, hand.Flow, hand.Node)
	refused := fault.From(err)
	if err != nil && refused.Class != fault.Config {
		return err // it passes: the documents are walked again
	}
	for _, t := range waiting {
		if t.answer == nil {
			w.docs[t.doc].mark(ledger.Collected, nil, 0)
		}
		if err != nil {
			w.docs[t.doc].ails(refused, step.NodeID)
			continue
		}
		h, err := w.hand(ctx, step, t, to)
		if broken(err) {
			return err
		} else if err != nil {
			w.docs[t.doc].ails(fault.From(err), step.NodeID)
			continue
		}
		w.hands = append(w.hands, h)
	}
	return nil
}

// hand gives what a record hands over.
func (w *live) hand(ctx context.Context, step *plan.Step, t token, to Inlet) (ledger.Hand, error) {
	task := w.tasks[t.doc]
	if task.Hops >= ledger.MaxHops {
		return ledger.Hand{}, fault.New("handover.too_many_hops", "the document was handed over from flow to flow %d times and goes no further", task.Hops).
			Classed(fault.Config).Arg("hops", fmt.Sprint(task.Hops)).Hinted("flows that hand over to each other in a circle need a filter that ends it")
	}
	body, err := w.handed(ctx, step, t)
	if err != nil {
		return ledger.Hand{}, err
	}
	h := ledger.Hand{
		HandKey: ledger.HandKey{Document: task.Document.ID, Rev: task.Document.ActiveRev, NodeNo: step.NodeNo, Way: wayOf(t)},
		To:      to.Inlet, Hops: task.Hops + 1, TraceID: task.TraceID,
	}
	h.Incoming = inlet.Take(to.Plan, inlet.Record{
		Body: body, From: h.HandKey, NodeID: to.NodeID,
		Own: plan.Identity{Key: task.Document.Key + t.route, Number: task.Document.Number, Modified: task.Document.Modified.Time()},
	})
	return h, nil
}

// wayOf names the way of a record: the attempt that wrote it, and how it came.
func wayOf(t token) string {
	way := t.route
	if t.answer != nil {
		way = fmt.Sprintf("%d.%d.%d%s", t.delivery.NodeNo, t.delivery.Part, t.attempt, t.route)
	}
	return bounded(way)
}

// handed builds what is handed over: of a record that was written the source document,
// of another one the document as it arrived.
func (w *walk) handed(ctx context.Context, step *plan.Step, t token) ([]byte, error) {
	scope, err := w.scope(ctx, step, t)
	if err != nil {
		return nil, err
	}
	if document := step.Writeback.Hand.Document; document != nil {
		return w.append(ctx, document, scope)
	}
	body := t.item.Raw
	if t.answer != nil {
		body = w.tasks[t.doc].Body
	}
	return inlet.With(body, scope.Writeback), nil
}

// scope is what the programs of a writeback read.
func (w *walk) scope(ctx context.Context, step *plan.Step, t token) (*value.Scope, error) {
	scope := &value.Scope{Params: item.Of(w.plan.Params)}
	if t.answer == nil {
		scope.SetItem(t.item)
		return scope, nil
	}
	scope.Answer = item.Of(t.answer)
	scope.SetItem(t.item.With(t.item.Source))
	if step.Writeback.Store == nil {
		return scope, nil
	}
	stored, err := w.append(ctx, step.Writeback.Store, scope)
	scope.Writeback = item.Of(stored)
	return scope, err
}

// appender builds a JSON object.
type appender interface {
	Append(dst []byte, s *value.Scope) ([]byte, error)
}

// append builds what does not wait for what its look-ups do not find.
func (w *walk) append(ctx context.Context, program appender, scope *value.Scope) (out []byte, err error) {
	_, err = w.evaluate(ctx, func() (err error) {
		scope.Answers = w.answers
		out, err = program.Append(nil, scope)
		return err
	})
	if err != nil && fault.ClassOf(err) == fault.Transient {
		err = &brokenError{err} // it passes: the documents are walked again
	}
	return out, err
}

// broken reports whether an error is nobody's fault among the documents: it ends the walk.
func broken(err error) bool {
	_, is := errors.AsType[*brokenError](err)
	return is
}
