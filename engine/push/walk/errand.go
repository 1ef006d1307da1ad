package walk

import (
	"context"
	"fmt"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// ErrandWay names an errand of a document at a node. What was written is told of once for
// each attempt that was done, anything else once for each revision and reason.
func (t Token) ErrandWay(rev int) string {
	way := t.Way()
	if t.Answer == nil {
		way = fmt.Sprintf("r%d%s", rev, t.Route)
	}
	if t.Fault != nil {
		way += "!" + t.Fault.Code + "@" + t.Fault.Path
	}
	return bounded(way)
}

// Called builds what a writeback calls its operation with.
func (w *Walk) Called(ctx context.Context, step *plan.Step, t Token) (errand.Request, error) {
	if t.Answer == nil {
		return errand.Request{}, NothingWritten()
	}
	scope, err := w.Scope(ctx, step, t)
	if err != nil {
		return errand.Request{}, err
	}
	return w.request(ctx, step.Writeback.Call, scope)
}

// NothingWritten is what is wrong with a record that a writeback can't tell of.
func NothingWritten() *fault.Fault {
	return fault.New("writeback.nothing_written", "nothing that was written comes here").Classed(fault.Config).
		Hinted("connect the writeback behind the done port of a target")
}

// Told builds a message: it reads the record as it came, and what is known of its document.
func (w *Walk) Told(ctx context.Context, step *plan.Step, t Token) (errand.Request, error) {
	body, err := errand.About(t.Item.Raw, t.Item.Facts)
	if err != nil {
		return errand.Request{}, err
	}
	scope := &value.Scope{Params: item.Of(w.Plan.Params)}
	scope.SetItem(t.Item.With(body))
	if t.Answer != nil {
		scope.Answer = item.Of(t.Answer)
	}
	return w.request(ctx, step.Notice, scope)
}

// request builds what a call sends; it does not wait for what its look-ups do not find.
func (w *Walk) request(ctx context.Context, call *errand.Call, scope *value.Scope) (r errand.Request, err error) {
	_, err = w.Evaluate(ctx, func() (err error) {
		scope.Answers = w.Answers
		r, err = call.Request(scope)
		return err
	})
	if err != nil && fault.ClassOf(err) == fault.Transient {
		err = &BrokenError{err} // it passes: the documents are walked again
	}
	return r, err
}

// refused gives a record that a node could not take on as its error port tells it.
func refused(t Token, f *fault.Fault, nodeID string) Token {
	t.Fault = f
	if raw, err := errand.WithFault(t.Item.Raw, f, nodeID); err == nil { // else the record's own member is in the way
		t.Item.Raw = raw
	}
	return t
}
