package value

import (
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/value/function"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// called is an expression of MySQL's language.
type called struct {
	expr *function.Expr
	// parts are the placeholders, in their order.
	parts []part
	zone  *time.Location
}

// compileFunction reads a text that begins with _function.
func (p *Program) compileFunction() *fault.Fault {
	// The prefix is kept as blanks, so that places in the expression are places in the text.
	text := strings.Repeat(" ", len(functionPrefix)) + p.text[len(functionPrefix):]
	if strings.Contains(text, lookupPrefix) {
		return unavailable("value.lookup_unavailable", "look-ups with _findCollection can't be evaluated yet")
	}
	parts, f := parse(text)
	if f != nil {
		return f
	}
	n := &called{zone: p.zone}
	pieces := make([]function.Piece, len(parts))
	for i := range parts {
		if parts[i].ref == nil {
			pieces[i] = function.Piece{Text: parts[i].literal}
			continue
		}
		pieces[i] = function.Piece{Text: parts[i].written, Placeholder: true}
		n.parts = append(n.parts, parts[i])
		p.refs = append(p.refs, parts[i].ref)
	}
	expr, err := function.Compile(pieces, p.zone)
	if err != nil {
		f := fault.From(err)
		if f.Code != "function.syntax" {
			return f.Arg("line", "1").Arg("column", "1") // its words name the part
		}
		offset, _ := strconv.Atoi(f.Args["offset"])
		return placed(f, text, offset)
	}
	n.expr, p.root = expr, n
	return nil
}

func (n *called) value(s *Scope) (item.Value, error) {
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

	scope *Scope
}

// Value implements function.Inputs.
func (in inputs) Value(i int) (item.Value, error) {
	return in.parts[i].ref.Eval(in.scope, in.parts[i].formats, in.zone)
}

// Each implements function.Inputs.
func (in inputs) Each(i int, yield func(item.Value) error) (err error) {
	in.parts[i].ref.All(in.scope, func(v item.Value) bool {
		err = yield(v)
		return err == nil
	})
	return err
}
