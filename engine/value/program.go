package value

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
}

// expr is a piece of a program: a constant, a placeholder, a template, an
// expression, and in time a look-up.
type expr interface {
	// value gives the JSON value; its bytes may lie in the scope's arena.
	value(s *Scope) (item.Value, error)
}

// Compile reads a text. Its error is a *fault.Fault: "value.syntax" with the
// arguments line, column (from 1), offset (bytes, from 0) and expected;
// "function.unknown" and the like for expressions; "value.lookup_unavailable" for the
// form that is not evaluated yet.
func Compile(text string, opts Options) (*Program, error) {
	p, f := compile(text, opts)
	if f != nil {
		return nil, f
	}
	return p, nil
}

func compile(text string, opts Options) (*Program, *fault.Fault) {
	p := &Program{text: text, zone: opts.zone()}
	switch formOf(text) {
	case expression:
		if f := p.compileFunction(); f != nil {
			return nil, f
		}
		return p, nil
	case lookup:
		return nil, unavailable("value.lookup_unavailable", "look-ups with _findCollection can't be evaluated yet")
	default:
	}
	parts, f := parse(text)
	if f != nil {
		return nil, f
	}
	for i := range parts {
		if parts[i].ref != nil {
			p.refs = append(p.refs, parts[i].ref)
		}
	}
	switch {
	case len(p.refs) == 0:
		p.root = constant{item.Of(item.AppendText(nil, text))}
	case len(parts) == 1:
		p.root = &sole{parts[0], p.zone}
	default:
		if opts.quote == field.SQLQuote {
			markQuoted(parts)
		}
		p.root = joinedOf(parts, p.zone)
	}
	return p, nil
}

func unavailable(code, message string) *fault.Fault {
	return fault.New(code, "%s", message).Arg("line", "1").Arg("column", "1").Arg("offset", "0").Classed(fault.Config)
}

// literal makes the program of a value that is no text, for example false or 21.
func literal(raw []byte, opts Options) *Program {
	return &Program{text: string(raw), zone: opts.zone(), root: constant{item.Of(raw)}}
}

// Append appends the value as JSON: of a text that is exactly one placeholder the
// raw bytes of what it names, or null; of any other text a JSON string. Its error
// is a *fault.Fault that names the text and a sample of the value.
func (p *Program) Append(dst []byte, s *Scope) ([]byte, error) {
	s.Arena = s.Arena[:0]
	v, err := p.root.value(s)
	if err != nil {
		return dst, p.failed(err)
	}
	if v.Kind() == item.None {
		return append(dst, "null"...), nil
	}
	return append(dst, v.Raw()...), nil
}

// Text gives the value as text: a string decoded, anything else as it is
// written, nothing as "".
func (p *Program) Text(s *Scope) (string, error) {
	v, err := p.Raw(s)
	if err != nil {
		return "", err
	}
	return v.Text(), nil
}

// Raw gives the value. Its bytes are the document's or the scope's: they are
// valid until the scope is used again.
func (p *Program) Raw(s *Scope) (item.Value, error) {
	s.Arena = s.Arena[:0]
	v, err := p.root.value(s)
	if err != nil {
		return item.Value{}, p.failed(err)
	}
	return v, nil
}

func (p *Program) failed(err error) error { return fault.From(err).Arg("text", p.text) }

// String gives the text the program was compiled from.
func (p *Program) String() string { return p.text }

// Constant reports whether the text has no placeholders.
func (p *Program) Constant() bool { return len(p.refs) == 0 }

// constant is a value known when the text is compiled.
type constant struct{ is item.Value }

func (c constant) value(*Scope) (item.Value, error) { return c.is, nil }

// sole is a text that is exactly one placeholder.
type sole struct {
	part
	zone *time.Location
}

func (n *sole) value(s *Scope) (item.Value, error) { return n.ref.Eval(s, n.formats, n.zone) }

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

func (n *joined) value(s *Scope) (item.Value, error) {
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
