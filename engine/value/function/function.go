// Package function evaluates expressions of MySQL's language (the text behind
// _function) over values that are bound, never pasted: what a document holds can't
// change what is evaluated. Vitess's evaluator does the arithmetic, with exact
// decimals; aggregates over lines and the functions it lacks are computed here.
//
// Semantics are a server's with utf8mb4_general_ci, div_precision_increment 4 and
// the time zone of the flow. A placeholder between quotes is text, and nothing is
// the empty text there; elsewhere a text that reads as a number is a number, and
// nothing, or the empty text, is NULL.
//
// It may import engine/value/function/builtin, sdk/fault, sdk/item and Vitess.
package function

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"vitess.io/vitess/go/sqltypes"
	querypb "vitess.io/vitess/go/vt/proto/query"
	"vitess.io/vitess/go/vt/sqlparser"
	"vitess.io/vitess/go/vt/vtenv"
	"vitess.io/vitess/go/vt/vtgate/evalengine"

	"github.com/karezflow/karez/engine/value/function/builtin"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Piece is a part of an expression's text: literal text, or a placeholder.
type Piece struct {
	Text string
	// Placeholder says that a value stands here. Placeholders are counted from 0 in
	// the order of the text; Text is how the placeholder is written, for messages.
	Placeholder bool
}

// Inputs gives the values of placeholders.
type Inputs interface {
	// Value gives the value of a placeholder; its kind is None where there is none.
	Value(placeholder int) (item.Value, error)
	// Each gives every value of a placeholder that stands in an aggregate, in order.
	Each(placeholder int, yield func(item.Value) error) error
}

// Expr is a compiled expression. It is safe for concurrent use.
type Expr struct {
	text  string
	zone  *time.Location
	slots []slot
	// steps are computed and bound before root, in this order.
	steps []*step
	root  evalengine.Expr
	calls sync.Pool
}

// slot is where a placeholder's value is bound.
type slot struct {
	quoted bool
	// within is set where the placeholder is an aggregate's argument: it is not bound.
	within bool
}

// world is what all expressions share: the parser's tables and the collations.
//
//nolint:gochecknoglobals // made once, when the first expression is read, and never changed
var world = sync.OnceValues(func() (*vtenv.Environment, error) {
	return vtenv.New(vtenv.Options{MySQLServerVersion: "8.0.40"})
})

// Compile reads an expression. Its error is a *fault.Fault of class config:
// "function.syntax", "function.unknown" or "function.aggregate", with the argument
// offset (bytes from the begin of the first piece).
func Compile(pieces []Piece, zone *time.Location) (*Expr, error) {
	env, err := world()
	if err != nil {
		return nil, fault.Wrap(err, "function.unavailable", "expressions can't be evaluated on this machine")
	}
	e := &Expr{text: textOf(pieces), zone: zone}
	sql, f := e.assemble(pieces)
	if f != nil {
		return nil, f
	}
	tree, f := sql.parse(env)
	if f != nil {
		return nil, f
	}
	r := &rewriter{expr: e, env: env, agreed: map[sqlparser.Expr]bool{}}
	if e.root, f = r.compile(tree); f != nil {
		return nil, f
	}
	e.calls.New = func() any { return e.newCall(env) }
	return e, nil
}

func (e *Expr) newCall(env *vtenv.Environment) *call {
	c := &call{slots: make([]querypb.BindVariable, len(e.slots)), steps: make([]querypb.BindVariable, len(e.steps))}
	binds := make(map[string]*querypb.BindVariable, len(e.slots)+len(e.steps))
	for i := range c.slots {
		binds[slotKey(i)] = &c.slots[i]
	}
	for i := range c.steps {
		binds[stepKey(i)] = &c.steps[i]
	}
	c.env = evalengine.NewExpressionEnv(context.Background(), binds, evalengine.NewEmptyVCursor(env, e.zone))
	return c
}

// The variables of placeholders and of steps.
func slotKey(i int) string { return "v" + strconv.Itoa(i) }
func stepKey(i int) string { return "s" + strconv.Itoa(i) }

// call is one evaluation.
type call struct {
	env *evalengine.ExpressionEnv
	in  Inputs
	// slots and steps are the variables of env.
	slots, steps []querypb.BindVariable
}

// Result is what an expression gave.
type Result struct{ value sqltypes.Value }

// Append appends the result as JSON: numbers with their digits, texts and times as
// strings, NULL as null.
func (r Result) Append(dst []byte) []byte { return builtin.AppendJSON(dst, r.value) }

// Eval evaluates the expression at an instant, the one that NOW() tells. Its error
// is a *fault.Fault of class data, "function.failed" or "function.not_a_number", or
// what the inputs gave.
func (e *Expr) Eval(in Inputs, now time.Time) (Result, error) {
	c, _ := e.calls.Get().(*call)
	defer e.calls.Put(c)
	c.in = in
	defer func() { c.in = nil }()
	c.env.SetTime(now)
	for i := range e.slots {
		if e.slots[i].within {
			continue
		}
		v, err := in.Value(i)
		if err != nil {
			return Result{}, err
		}
		bind(&c.slots[i], v, e.slots[i].quoted)
	}
	for i, s := range e.steps {
		if err := s.run(c, &c.steps[i]); err != nil {
			return Result{}, failed(err)
		}
	}
	v, err := c.eval(e.root)
	if err != nil {
		return Result{}, failed(err)
	}
	if f, err := v.ToFloat64(); v.IsFloat() && (err != nil || math.IsInf(f, 0) || math.IsNaN(f)) {
		return Result{}, failed(errBeyond)
	}
	return Result{v}, nil
}

var errBeyond = errors.New("the number is greater than any that can be written")

// eval evaluates one part. The evaluator has corners that panic; a document fails by them, not the process.
func (c *call) eval(x evalengine.Expr) (v sqltypes.Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the evaluator gave up: %v", p)
		}
	}()
	r, err := c.env.Evaluate(x)
	if err != nil {
		return sqltypes.NULL, err
	}
	return r.Value(builtin.Collation), nil
}

// failed makes the fault of an expression that could not be evaluated.
func failed(err error) error {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f
	}
	return fault.Wrap(err, "function.failed", "the expression can't be evaluated: %s", reason(err)).Classed(fault.Data)
}
