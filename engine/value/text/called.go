package text

import (
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/value/find"
	"github.com/karezflow/karez/engine/value/function"
	"github.com/karezflow/karez/engine/value/scope"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// called is an expression of MySQL's language.
type called struct {
	expr *function.Expr
	// inputs are the placeholders and look-ups, in their order.
	inputs []input
	zone   *time.Location
}

// input is a placeholder of an expression, or a look-up in its place.
type input struct {
	part

	lookup *found
}

// compileFunction reads a text that begins with _function.
func (p *Program) compileFunction(opts Options) *fault.Fault {
	n := &called{zone: p.zone}
	// The prefix is kept as blanks, so that places in the expression are places in the text.
	pieces := []function.Piece{{Text: strings.Repeat(" ", len(functionPrefix))}}
	for at := len(functionPrefix); at < len(p.text); {
		end := find.Index(p.text, at)
		if end < 0 {
			end = len(p.text)
		}
		parts, f := p.parse(p.text[at:end], at)
		if f != nil {
			return f
		}
		for i := range parts {
			if parts[i].ref == nil {
				pieces = append(pieces, function.Piece{Text: parts[i].literal})
				continue
			}
			pieces = append(pieces, function.Piece{Text: parts[i].written, Placeholder: true})
			n.inputs = append(n.inputs, input{part: parts[i]})
			p.refs = append(p.refs, parts[i].ref)
		}
		if end == len(p.text) {
			break
		}
		q, lookup, f := p.compileNested(end, opts)
		if f != nil {
			return f
		}
		pieces = append(pieces, function.Piece{Text: p.text[end:q.End], Placeholder: true})
		n.inputs = append(n.inputs, input{lookup: lookup})
		at = q.End
	}
	expr, err := function.Compile(pieces, p.zone)
	if err != nil {
		f := fault.From(err)
		if f.Code != "function.syntax" {
			return f.Arg("line", "1").Arg("column", "1") // its words name the part
		}
		offset, _ := strconv.Atoi(f.Args["offset"])
		return placed(f, p.text, offset)
	}
	n.expr, p.root = expr, n
	return nil
}

func (n *called) value(s *scope.Scope) (item.Value, error) {
	result, err := n.expr.Eval(inputs{n, s}, s.System.To)
	if err != nil {
		return item.Value{}, err
	}
	mark := len(s.Arena)
	s.Arena = result.Append(s.Arena)
	return item.Of(s.Arena[mark:]), nil
}

// inputs gives an expression what its placeholders name.
type inputs struct {
	*called

	scope *scope.Scope
}

// Value implements function.Inputs.
func (in inputs) Value(i int) (item.Value, error) {
	one := &in.inputs[i]
	if one.lookup != nil {
		return one.lookup.value(in.scope)
	}
	return one.ref.Eval(in.scope, one.formats, in.zone)
}

// Each implements function.Inputs.
func (in inputs) Each(i int, yield func(item.Value) error) (err error) {
	if in.inputs[i].lookup != nil {
		v, err := in.Value(i)
		if err != nil {
			return err
		}
		return yield(v)
	}
	in.inputs[i].ref.All(in.scope, func(v item.Value) bool {
		err = yield(v)
		return err == nil
	})
	return err
}
