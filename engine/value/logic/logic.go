// Package logic compares the values of conditions: exactly as numbers where both
// sides are numbers, as text otherwise.
//
// It may import the standard library, sdk/item and value/format only.
package logic

import (
	"bytes"
	"slices"

	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/sdk/item"
)

// Logic is a comparison.
type Logic string

// The comparisons.
const (
	Eq         Logic = "eq"
	Neq        Logic = "neq"
	Gt         Logic = "gt"
	Egt        Logic = "egt"
	Lt         Logic = "lt"
	Elt        Logic = "elt"
	Like       Logic = "like"
	Notlike    Logic = "notlike"
	Between    Logic = "between"
	Notbetween Logic = "notbetween"
	In         Logic = "in"
	Notin      Logic = "notin"
	Notnull    Logic = "notnull"
	Isnull     Logic = "isnull"
)

// All lists the comparisons.
func All() []Logic {
	return []Logic{Eq, Neq, Gt, Egt, Lt, Elt, Like, Notlike, Between, Notbetween, In, Notin, Notnull, Isnull}
}

// Unary reports whether the comparison takes no operand.
func (l Logic) Unary() bool { return l == Notnull || l == Isnull }

// Range reports whether the comparison takes two operands.
func (l Logic) Range() bool { return l == Between || l == Notbetween }

// List reports whether the comparison takes several operands.
func (l Logic) List() bool { return l == In || l == Notin || l.Range() }

// Test compares a value with the operands. A blank value is neither greater nor
// smaller than anything, nor between anything or outside it.
func (l Logic) Test(v item.Value, operands ...item.Value) bool {
	switch l {
	case Isnull:
		return empty(v)
	case Notnull:
		return !empty(v)
	case In, Notin:
		return slices.ContainsFunc(operands, func(o item.Value) bool { return Compare(v, o) == 0 }) == (l == In)
	case Between, Notbetween:
		if v.Blank() || len(operands) != 2 || operands[0].Blank() || operands[1].Blank() {
			return false
		}
		within := Compare(v, operands[0]) >= 0 && Compare(v, operands[1]) <= 0
		return within == (l == Between)
	default:
	}
	var o item.Value
	if len(operands) > 0 {
		o = operands[0]
	}
	switch l {
	case Like, Notlike:
		return wildcard(format.Bytes(v), format.Bytes(o)) == (l == Like)
	case Eq:
		return Compare(v, o) == 0
	case Neq:
		return Compare(v, o) != 0
	default:
	}
	if v.Blank() || o.Blank() {
		return false
	}
	c := Compare(v, o)
	return l == Gt && c > 0 || l == Egt && c >= 0 || l == Lt && c < 0 || l == Elt && c <= 0
}

// empty also counts lists and objects without members: a document without lines
// has no lines, whether its vendor writes [] or leaves the field out.
func empty(v item.Value) bool {
	if k := v.Kind(); k == item.Array || k == item.Object {
		raw := v.Raw()
		return len(bytes.TrimSpace(raw[1:max(len(raw)-1, 1)])) == 0
	}
	return v.Blank()
}

// Compare orders two values: as exact numbers when both are numbers or texts
// written like one, as text otherwise.
func Compare(a, b item.Value) int {
	if x, ok := format.Numeral(a); ok {
		if y, ok := format.Numeral(b); ok {
			return format.Compare(x, y)
		}
	}
	return bytes.Compare(text(a), text(b))
}

func text(v item.Value) []byte {
	if v.Kind() == item.Null {
		return nil
	}
	return format.Bytes(v)
}

// wildcard reports whether text contains the pattern or, when the pattern has a
// % in it, is like it with % standing for any letters.
func wildcard(text, pattern []byte) bool {
	if bytes.IndexByte(pattern, '%') < 0 {
		return bytes.Contains(text, pattern)
	}
	pieces := bytes.Split(pattern, []byte("%"))
	first, last := pieces[0], pieces[len(pieces)-1]
	if !bytes.HasPrefix(text, first) {
		return false
	}
	text = text[len(first):]
	for _, piece := range pieces[1 : len(pieces)-1] {
		at := bytes.Index(text, piece)
		if at < 0 {
			return false
		}
		text = text[at+len(piece):]
	}
	return bytes.HasSuffix(text, last)
}
