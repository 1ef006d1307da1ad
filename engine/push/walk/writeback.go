package walk

import (
	"context"
	"errors"
	"fmt"

	"github.com/karezflow/karez/engine/inlet"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Way names the way of a record: the attempt that wrote it, and how it came.
func (t Token) Way() string {
	way := t.Route
	if t.Answer != nil {
		way = fmt.Sprintf("%d.%d.%d%s", t.Delivery.NodeNo, t.Delivery.Part, t.Attempt, t.Route)
	}
	return bounded(way)
}

// Handed builds what is handed over: of a record that was written the source document,
// of another one the document as it arrived.
func (w *Walk) Handed(ctx context.Context, step *plan.Step, t Token) ([]byte, error) {
	scope, err := w.Scope(ctx, step, t)
	if err != nil {
		return nil, err
	}
	if document := step.Writeback.Hand.Document; document != nil {
		return w.append(ctx, document, scope)
	}
	body := t.Item.Raw
	if t.Answer != nil {
		body = w.Tasks[t.Doc].Body
	}
	return inlet.With(body, scope.Writeback), nil
}

// Replied builds what a respond node answers, nil where it answers nobody.
func (w *Walk) Replied(ctx context.Context, step *plan.Step, t Token) ([]byte, error) {
	if step.Writeback.Reply == nil {
		return nil, nil
	}
	scope, err := w.Scope(ctx, step, t)
	if err != nil || step.Writeback.Reply.Body == nil {
		return []byte("{}"), err
	}
	return w.append(ctx, step.Writeback.Reply.Body, scope)
}

// Scope is what the programs of a writeback read.
func (w *Walk) Scope(ctx context.Context, step *plan.Step, t Token) (*value.Scope, error) {
	scope := &value.Scope{Params: item.Of(w.Plan.Params)}
	if t.Answer == nil {
		scope.SetItem(t.Item)
		return scope, nil
	}
	scope.Answer = item.Of(t.Answer)
	scope.SetItem(t.Item.With(t.Item.Source))
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
func (w *Walk) append(ctx context.Context, program appender, scope *value.Scope) (out []byte, err error) {
	_, err = w.Evaluate(ctx, func() (err error) {
		scope.Answers = w.Answers
		out, err = program.Append(nil, scope)
		return err
	})
	if err != nil && fault.ClassOf(err) == fault.Transient {
		err = &BrokenError{err} // it passes: the documents are walked again
	}
	return out, err
}

// Broken reports whether an error is nobody's fault among the documents: it ends the walk.
func Broken(err error) bool {
	_, is := errors.AsType[*BrokenError](err)
	return is
}
