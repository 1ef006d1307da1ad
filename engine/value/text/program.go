// Package text is the language of one value: a text with {{placeholders}}, an
// expression behind _function or a look-up behind _findCollection. A text is parsed
// first and values are bound afterwards, so that nothing a document contains becomes
// part of a program.
//
// It may import the standard library, sdk and the packages beside it; never
// engine/value, which makes mappings and conditions of texts.
package text

import (
	"strings"
	"time"

	"github.com/karezflow/karez/engine/value/scope"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// Program is a compiled text. It is used by many goroutines at once, each with
// its own Scope.
type Program struct {
	text string
	zone *time.Location
	root expr
	refs []*scope.Ref
	// looks says that the program looks into other documents.
	looks bool
}

// expr is a piece of a program: a constant, a placeholder, a template, an
// expression or a look-up.
type expr interface {
	// value gives the JSON value; its bytes may lie in the scope's arena.
	value(s *scope.Scope) (item.Value, error)
}

// Options are what a text means besides its letters.
type Options struct {
	// Zone is that of times without an offset; nil means UTC.
	Zone *time.Location
	// Finder says what look-ups refer to; without one there can be none.
	Finder Finder
	// Quote is how placeholders between the quotes of a text literal are written.
	Quote field.Quote
	// Policy is what the text's look-ups give where they find nothing or too much.
	Policy Policy
}

func (o Options) zone() *time.Location {
	if o.Zone == nil {
		return time.UTC
	}
	return o.Zone
}

// Compile reads a text. Its fault is "value.syntax" with the
// arguments line, column (from 1), offset (bytes, from 0) and expected;
// "function.unknown" and the like for expressions; "value.lookup_misplaced" for a
// look-up where there is no Finder, and what the Finder says of one.
func Compile(text string, opts Options) (*Program, *fault.Fault) {
	p := &Program{text: text, zone: opts.zone()}
	switch formOf(text) {
	case expression:
		if f := p.compileFunction(opts); f != nil {
			return nil, f
		}
		return p, nil
	case lookup:
		if f := p.compileLookup(opts); f != nil {
			return nil, f
		}
		return p, nil
	default:
	}
	parts, f := parse(text)
	if f != nil {
		return nil, f
	}
	p.root = p.template(text, parts, opts.Quote)
	return p, nil
}

// template makes the expression of a text with placeholders.
func (p *Program) template(text string, parts []part, quote field.Quote) expr {
	before := len(p.refs)
	for i := range parts {
		if parts[i].ref != nil {
			p.refs = append(p.refs, parts[i].ref)
		}
	}
	switch {
	case len(p.refs) == before:
		return constant{item.Of(item.AppendText(nil, text))}
	case len(parts) == 1:
		return &sole{parts[0], p.zone}
	default:
		if quote == field.SQLQuote {
			markQuoted(parts)
		}
		return joinedOf(parts, p.zone)
	}
}

// Literal makes the program of a value that is no text, for example false or 21.
func Literal(raw []byte, opts Options) *Program {
	return &Program{text: string(raw), zone: opts.zone(), root: constant{item.Of(raw)}}
}

// Append appends the value as JSON: of a text that is exactly one placeholder the
// raw bytes of what it names, or null; of any other text a JSON string. Its error
// is a *fault.Fault that names the text and a sample of the value.
func (p *Program) Append(dst []byte, s *scope.Scope) ([]byte, error) {
	v, err := p.Raw(s)
	if err != nil {
		return dst, err
	}
	if v.Kind() == item.None {
		return append(dst, "null"...), nil
	}
	return append(dst, v.Raw()...), nil
}

// Text gives the value as text: a string decoded, anything else as it is
// written, nothing as "".
func (p *Program) Text(s *scope.Scope) (string, error) {
	v, err := p.Raw(s)
	if err != nil {
		return "", err
	}
	return v.Text(), nil
}

// Raw gives the value. Its bytes are the document's or the scope's: they are
// valid until the scope is used again.
func (p *Program) Raw(s *scope.Scope) (item.Value, error) {
	s.Arena = s.Arena[:0]
	v, err := p.root.value(s)
	if open := Unanswered(s); open != nil {
		return item.Value{}, open
	}
	if err != nil {
		return item.Value{}, p.failed(err)
	}
	return v, nil
}

// Named makes the program of a name that is known already, as the text writes it.
func Named(text string, r *scope.Ref, opts Options) *Program {
	return &Program{text: text, refs: []*scope.Ref{r}, root: &sole{part{ref: r}, opts.zone()}, zone: opts.zone()}
}

// Eval is Raw for a program that is evaluated among others: the arena stays, failures
// lack the text, and look-ups that stop it are left in the scope.
func (p *Program) Eval(s *scope.Scope) (item.Value, error) { return p.root.value(s) }

// Bind tells the names of the text where the frames of a mapping hold them.
func (p *Program) Bind(levels scope.Levels) {
	for _, r := range p.refs {
		levels.Bind(r)
	}
}

// Looks reports whether the text looks into other documents.
func (p *Program) Looks() bool { return p.looks }

// Fixed gives the value of a text without placeholders and look-ups.
func (p *Program) Fixed() (item.Value, bool) {
	k, ok := p.root.(constant)
	return k.is, ok
}

// Mixed reports whether the text has placeholders among other letters.
func (p *Program) Mixed() bool {
	_, ok := p.root.(*joined)
	return ok
}

// Sole gives the name where the text is exactly one placeholder, nil for any other
// text, and whether a format follows it.
func (p *Program) Sole() (r *scope.Ref, formatted bool) {
	n, ok := p.root.(*sole)
	if !ok {
		return nil, false
	}
	return n.ref, len(n.formats) > 0
}

// Zone gives the zone of the text's times.
func (p *Program) Zone() *time.Location { return p.zone }

func (p *Program) failed(err error) error { return fault.From(err).Arg("text", p.text) }

// String gives the text the program was compiled from.
func (p *Program) String() string { return p.text }

// Constant reports whether the text has neither placeholders nor look-ups.
func (p *Program) Constant() bool { return len(p.refs) == 0 && !p.looks }

// constant is a value known when the text is compiled.
type constant struct{ is item.Value }

func (c constant) value(*scope.Scope) (item.Value, error) { return c.is, nil }

// sole is a text that is exactly one placeholder.
type sole struct {
	part
	zone *time.Location
}

func (n *sole) value(s *scope.Scope) (item.Value, error) { return n.ref.Eval(s, n.formats, n.zone) }

// joined is a text with placeholders among other letters.
type joined struct {
	parts []part
	zone  *time.Location
}

// markQuoted finds the placeholders between single quotes: those with an odd number
// of quotes before them, for a quote inside a text is written twice.
func markQuoted(parts []part) {
	quotes := 0
	for i := range parts {
		quotes += strings.Count(parts[i].literal, "'")
		parts[i].quoted = quotes%2 == 1
	}
}

// joinedOf escapes the literal letters once, so that evaluating copies them.
func joinedOf(parts []part, zone *time.Location) *joined {
	for i := range parts {
		if parts[i].ref == nil {
			quoted := item.AppendText(nil, parts[i].literal)
			parts[i].literal = string(quoted[1 : len(quoted)-1])
		}
	}
	return &joined{parts, zone}
}

func (n *joined) value(s *scope.Scope) (item.Value, error) {
	// The pieces are evaluated before any is written, for they share the arena.
	var few [8]item.Value
	vals := few[:0]
	for i := range n.parts {
		var v item.Value
		if n.parts[i].ref != nil {
			var err error
			if v, err = n.parts[i].ref.Eval(s, n.parts[i].formats, n.zone); err != nil {
				return v, err
			}
		}
		vals = append(vals, v)
	}
	mark := len(s.Arena)
	s.Arena = append(s.Arena, '"')
	for i := range n.parts {
		if n.parts[i].ref == nil {
			s.Arena = append(s.Arena, n.parts[i].literal...)
			continue
		}
		v := vals[i]
		if n.parts[i].quoted && strings.Contains(v.Text(), "'") {
			v = item.Of(item.AppendText(nil, strings.ReplaceAll(v.Text(), "'", "''")))
		}
		s.Arena = appendInner(s.Arena, v)
	}
	s.Arena = append(s.Arena, '"')
	return item.Of(s.Arena[mark:]), nil
}

// appendInner appends what a value adds to a JSON string.
func appendInner(dst []byte, v item.Value) []byte {
	raw := v.Raw()
	switch v.Kind() {
	case item.None, item.Null:
		return dst
	case item.String:
		return append(dst, raw[1:max(len(raw)-1, 1)]...)
	case item.Number, item.Bool:
		return append(dst, raw...)
	default:
		mark := len(dst)
		dst = item.AppendText(dst, string(raw))
		return append(dst[:mark], dst[mark+1:len(dst)-1]...)
	}
}
