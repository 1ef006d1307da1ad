package text

import (
	"strings"

	"github.com/karezflow/karez/engine/value/scope"
	"github.com/karezflow/karez/sdk/item"
)

// StepKind says what a Step did.
type StepKind string

// The steps from a text to a value, in the order in which they are taken.
const (
	// Read took what a placeholder names, through its formats.
	Read StepKind = "read"
	// LookedUp took the answer of a look-up.
	LookedUp StepKind = "lookup"
	// Calculated evaluated an expression, Joined put a text together.
	Calculated StepKind = "expression"
	Joined     StepKind = "text"
	// Translated took the other side of a code table.
	Translated StepKind = "table"
	// Formatted, Cast and Parsed gave the value its form.
	Formatted StepKind = "format"
	Cast      StepKind = "type"
	Parsed    StepKind = "parser"
)

// Step is one step from a text to a value.
type Step struct {
	Kind StepKind
	// Name is what was read, looked up, calculated or applied, as the settings write it.
	Name string
	// Value is the JSON that came of it; nil for nothing.
	Value []byte
}

// StepOf gives a step with a copy of its value.
func StepOf(kind StepKind, name string, v item.Value) Step {
	if v.Kind() == item.None {
		return Step{Kind: kind, Name: name}
	}
	return Step{Kind: kind, Name: name, Value: append([]byte{}, v.Raw()...)}
}

// Trace gives the steps from the scope to the text's value.
func (p *Program) Trace(s *scope.Scope) []Step {
	var steps []Step
	read := func(part part, name string) {
		v, err := part.ref.Eval(s, part.formats, p.zone)
		if err != nil {
			v = item.Value{} // the evaluation tells why
		}
		steps = append(steps, StepOf(Read, name, v))
	}
	last := StepKind("")
	switch n := p.root.(type) {
	case *sole:
		read(n.part, p.text)
	case *joined:
		last = Joined
		for _, part := range n.parts {
			if part.ref != nil {
				read(part, part.written)
			}
		}
	case *called:
		last = Calculated
		for _, in := range n.inputs {
			if in.lookup != nil {
				steps = append(steps, in.lookup.trace(s))
			} else {
				read(in.part, in.written)
			}
		}
	case *found:
		steps = append(steps, n.trace(s))
	}
	if v, err := p.root.value(s); err == nil && last != "" {
		steps = append(steps, StepOf(last, p.text, v))
	}
	return steps
}

// trace gives the step of a look-up, named by what it asks.
func (n *found) trace(s *scope.Scope) Step {
	var name strings.Builder
	name.WriteString("find " + n.find + " from " + n.from + " where")
	for _, w := range n.where {
		v, err := w.value.value(s)
		if err != nil {
			v = item.Value{} // the evaluation tells why
		}
		name.WriteString(" " + w.path + "=" + v.Text())
	}
	v, err := n.value(s)
	if err != nil {
		v = item.Value{}
	}
	return StepOf(LookedUp, name.String(), v)
}
