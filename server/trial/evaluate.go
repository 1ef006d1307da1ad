package trial

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/access"
)

// Evaluated is what a text came to: a value, or a fault with its place.
type Evaluated struct {
	// Type is null, bool, number, string, array or object.
	Type  string
	Value json.RawMessage
	Fault *fault.Fault
	// Position is where the text is wrong, in bytes from 0; Line and Column count
	// from 1, in characters. They are -1, 0 and 0 where the failure has no place.
	Position, Line, Column int
}

// Evaluate gives the value of a text of the value language on a document (an empty
// one where source is empty), with the window ending now and times in the default
// zone of flows. A text that can't be read or fails on the document is no error.
//
// Look-ups are answered by what is stored in the caller's workspace now; uses are the
// flows that the text may name by an alias.
func (s *Service) Evaluate(ctx context.Context, text string, source []byte, uses map[string]flow.Use) (Evaluated, error) {
	caller, err := access.Here(ctx, access.Read)
	if err != nil {
		return Evaluated{}, err
	}
	if len(bytes.TrimSpace(source)) == 0 {
		source = []byte("{}")
	}
	if err := item.Check(source); err != nil {
		return Evaluated{}, fault.From(err).At("source")
	}
	zone, err := time.LoadLocation(flow.DefaultTimezone)
	if err != nil {
		return Evaluated{}, fault.Wrap(err, "flow.timezone", "the time zone %s is unknown to this system", flow.DefaultTimezone).Classed(fault.Internal)
	}
	doc := &flow.Document{Spec: flow.Spec{Uses: uses}}
	program, err := value.Compile(text, value.Options{Zone: zone, Finder: compile.Names(doc, s.Compiler.Options(ctx, caller.Workspace).Flows)})
	if err != nil {
		return refused(err), nil
	}
	now := s.Clock()
	in := item.Of(source)
	scope := &value.Scope{Doc: in, Source: in, System: value.System{From: now, To: now}, Answers: item.Answers{}}
	var raw []byte
	// What is not found is nothing: only a field can say that it waits.
	_, err = lookup.Until(ctx, s.Lookups, caller.Workspace, scope.Answers, func() (err error) {
		raw, err = program.Append(nil, scope)
		return err
	})
	if _, coded := errors.AsType[*fault.Fault](err); err != nil && !coded {
		return Evaluated{}, err
	}
	if err != nil {
		return refused(err), nil
	}
	return Evaluated{Type: kindOf(raw), Value: raw}, nil
}

func refused(err error) Evaluated {
	f := fault.From(err)
	e := Evaluated{Fault: f, Position: -1}
	if at, err := strconv.Atoi(f.Args["offset"]); err == nil {
		e.Position = at
		e.Line, e.Column = number(f, "line"), number(f, "column")
	}
	return e
}

// number gives an argument of a fault, 0 where it is none.
func number(f *fault.Fault, name string) int {
	n, err := strconv.Atoi(f.Args[name])
	if err != nil {
		return 0
	}
	return n
}

func kindOf(raw []byte) string {
	switch item.Of(raw).Kind() {
	case item.Bool:
		return "bool"
	case item.Number:
		return "number"
	case item.String:
		return "string"
	case item.Array:
		return "array"
	case item.Object:
		return "object"
	default:
		return "null"
	}
}

// ScriptProblem is something wrong with a script.
type ScriptProblem struct {
	Fault *fault.Fault
	// Line and Column count from 1, in characters; 0 where the problem has no place.
	Line, Column int
}

// CheckScript gives what is wrong with a script's source; none of it is run. That
// no worker is there to check it is an error.
func (s *Service) CheckScript(ctx context.Context, source string) ([]ScriptProblem, error) {
	if _, err := access.Here(ctx, access.Read); err != nil {
		return nil, err
	}
	// Workers take no source for one that they should know.
	_, err := s.Scripts.Compile(ctx, cmp.Or(source, "\n"), []byte("{}"), flow.DefaultTimezone)
	switch {
	case err == nil:
		return []ScriptProblem{}, nil
	case fault.ClassOf(err) == fault.Config || fault.ClassOf(err) == fault.Data:
		f := fault.From(err)
		return []ScriptProblem{{f, number(f, "line"), number(f, "column")}}, nil
	default:
		return nil, err
	}
}
