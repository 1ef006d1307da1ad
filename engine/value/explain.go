package value

import (
	"slices"
	"strconv"

	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/engine/value/text"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// Explained is what a mapping makes of one field of a document, and why.
type Explained struct {
	// Row is the path of the field's row in the settings, or of the declared default
	// that stands in for one; Field is its place in the new record.
	Row, Field string
	Type       field.Type
	// Value is the JSON that is written, nil where the field is left out.
	Value []byte
	// Fault says why the document is rejected, or waits, because of the field.
	Fault *fault.Fault
	// Steps lead from the document to the value.
	Steps []text.Step
}

// mostLines bounds the lines of an array that are explained.
const mostLines = 50

// Explain gives every field that the mapping makes of the document in the scope, the
// fields of each line included, whatever fails. Its error is a *node.UnansweredError
// that has look-ups to be answered first.
func (m *Mapping) Explain(s *Scope) ([]Explained, error) {
	s.Arena = s.Arena[:0]
	s.Enter(m.pick)
	e := &explainer{scope: s, asked: map[string]bool{}}
	e.fields(m.fields, "")
	if len(e.needs) > 0 {
		return nil, &node.UnansweredError{Needs: e.needs}
	}
	return e.rows, nil
}

type explainer struct {
	scope *Scope
	rows  []Explained
	needs []item.Lookup
	asked map[string]bool
}

func (e *explainer) fields(fields []*output, under string) {
	for _, o := range fields {
		if o.at == "" { // an object that declared places share
			e.fields(o.children, under+o.name+".")
			continue
		}
		at := len(e.rows)
		e.rows = append(e.rows, Explained{Row: o.at, Field: under + o.name, Type: o.typ})
		if o.array == nil && o.children == nil {
			e.rows[at].Steps = o.steps(e.scope)
		}
		e.settle(&e.rows[at], o)
		switch {
		case o.array != nil:
			e.lines(o, under+o.name)
		case o.children != nil:
			e.fields(o.children, under+o.name+".")
		default:
			continue
		}
		if slices.ContainsFunc(e.rows[at+1:], func(r Explained) bool { return r.Fault != nil }) {
			e.rows[at].Fault = nil // it is told where it is
		}
	}
}

// settle sets what is written for a field, or why nothing can be.
func (e *explainer) settle(row *Explained, o *output) {
	s := e.scope
	s.Needs, s.Missing = nil, nil
	raw, f := o.append(nil, s)
	switch {
	case len(s.Needs) > 0:
		for _, l := range s.Needs {
			if key := l.Key(); !e.asked[key] {
				e.asked[key] = true
				e.needs = append(e.needs, l)
			}
		}
	case len(s.Missing) > 0:
		row.Fault = text.Nothing(s.Missing[0])
	case f != nil:
		row.Fault = f
	case len(raw) > 0:
		row.Value = raw
	case o.required:
		row.Fault = o.lacking()
	case o.keepNull:
		row.Value = []byte(o.empty())
	}
	s.Needs, s.Missing = nil, nil
}

// lines explains the fields of each line of an array.
func (e *explainer) lines(o *output, place string) {
	n := 0
	line := func(children []*output) {
		if n < mostLines {
			e.fields(children, place+"["+strconv.Itoa(n)+"].")
		}
		n++
	}
	if o.array.from == nil {
		line(o.children)
	} else {
		// That the source is no list is told of the array itself.
		e.scope.EachLine(o.array.from, o.array.pick, func() bool {
			line(o.children)
			return n < mostLines
		})
	}
	for _, x := range o.array.extra {
		if matched, f := x.matches(e.scope); f == nil && matched {
			line(x.children)
		}
	}
}

// steps trace a field's text through its code table, format, type and parser.
func (o *output) steps(s *Scope) []text.Step {
	steps := o.prog.Trace(s)
	v, err := o.prog.Eval(s)
	if err == nil && o.coded != nil && !v.Blank() {
		if v, err = o.coded.Translate(s, v); err == nil {
			steps = append(steps, text.StepOf(text.Translated, o.coded.Table, v))
		}
	}
	if err != nil || v.Blank() {
		return steps
	}
	bare := *o
	bare.parser = format.Parser{}
	if raw, err := bare.shape(nil, v, s); err == nil && string(raw) != string(v.Raw()) {
		kind, name := text.Cast, string(o.typ)
		if !o.layout.Zero() {
			kind, name = text.Formatted, o.formed
		}
		steps = append(steps, text.StepOf(kind, name, item.Of(raw)))
	}
	if raw, err := o.shape(nil, v, s); err == nil && !o.parser.Zero() {
		steps = append(steps, text.StepOf(text.Parsed, o.parsed, item.Of(raw)))
	}
	return steps
}
