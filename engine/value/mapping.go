package value

import (
	"strconv"
	"sync"

	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/engine/value/scope"
	"github.com/karezflow/karez/engine/value/text"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// Mapping is a compiled list of field mappings. It is used by many goroutines at once.
type Mapping struct {
	pick   *item.Pick
	fields []*output
	// fixed says that every field is a constant, so that nothing is read.
	fixed bool
	// asking is the part of fields that looks into other documents or a code table.
	asking []*output
	scopes sync.Pool
}

var _ node.Mapping = (*Mapping)(nil)

// Map appends the mapped JSON object to dst. Names of parts that an item does not
// carry (flow parameters, answers, page variables) are blank.
func (m *Mapping) Map(dst []byte, in item.Item) ([]byte, error) {
	s, ok := m.scopes.Get().(*Scope)
	if !ok {
		s = &Scope{}
	}
	s.SetItem(in)
	dst, err := m.Append(dst, s)
	s.Reset()
	m.scopes.Put(s)
	return dst, err
}

// Append appends the mapped JSON object to dst; on failure it gives dst as it
// came. Its error is a *fault.Fault whose path is the field in the new record,
// for example FEntity[2].FRealQty, or a *node.UnansweredError that has every look-up that
// could be found, whatever fails besides.
func (m *Mapping) Append(dst []byte, s *Scope) ([]byte, error) {
	s.Arena = s.Arena[:0]
	if !m.fixed {
		s.Enter(m.pick)
	}
	if m.asking != nil {
		s.Collect = true
		_, _, _ = appendObject(dst, m.asking, s)
		s.Collect = false
		if open := text.Unanswered(s); open != nil {
			return dst, open
		}
	}
	out, _, f := appendObject(dst, m.fields, s)
	if f != nil {
		return dst, f
	}
	return out, nil
}

// output is a member of the record that a mapping builds.
type output struct {
	name string
	// at is the path of the row in the settings.
	at string
	// key is the quoted name and a colon.
	key    []byte
	typ    field.Type
	layout format.Format
	parser format.Parser
	// formed and parsed are the names of layout and parser.
	formed, parsed string
	keepNull       bool
	required       bool
	// names says that the value names base data of the target.
	names bool
	quote field.Quote
	// constant says that the value may read nothing.
	constant bool
	// coded is the code table that the value is looked up in, nil for none.
	coded *text.Coded
	// copied says that a text is written as it is found.
	copied bool
	// fixed is the finished value of a constant.
	fixed []byte
	prog  *Program
	// children are the members of an object, or of each element of an array.
	children []*output
	// array is set for an array with children.
	array *lines
}

// lines tells where an array's elements come from.
type lines struct {
	// from is the source array; nil yields one element from the current document.
	from *scope.Ref
	// pick is what the children read of each element.
	pick  *item.Pick
	extra []extra
}

// extra is a line that is added when the conditions match.
type extra struct {
	when     *Conditions
	children []*output
}

// appendObject appends an object; n counts its members.
func appendObject(dst []byte, fields []*output, s *Scope) (out []byte, n int, f *fault.Fault) {
	dst = append(dst, '{')
	for _, o := range fields {
		mark := len(dst)
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, o.key...)
		start := len(dst)
		if dst, f = o.append(dst, s); f != nil {
			if !s.Collect {
				return dst, n, f
			}
			dst = dst[:mark]
			continue
		}
		switch {
		case len(dst) > start:
			n++
		case o.required && !s.Collect:
			return dst, n, o.lacking()
		case o.keepNull:
			dst = append(dst, o.empty()...)
			n++
		default:
			dst = dst[:mark]
		}
	}
	return append(dst, '}'), n, nil
}

// matches reports whether the line is added.
func (x *extra) matches(s *Scope) (bool, *fault.Fault) {
	if x.when == nil {
		return true, nil
	}
	return x.when.match(s)
}

// lacking is the fault of a field that must have a value and has none.
func (o *output) lacking() *fault.Fault {
	return fault.New("mapping.required_empty", "%s is required but has no value", o.name).
		At(o.name).Arg("field", o.name).Classed(fault.Data)
}

// empty is what a field without a value becomes when it may not be left out.
func (o *output) empty() string {
	switch o.typ {
	case field.String, "":
		if !o.parser.Zero() {
			return "null"
		}
		return `""`
	case field.Array:
		return "[]"
	case field.Object:
		return "{}"
	default:
		return "null"
	}
}

// append appends the field's value, or nothing when it has none.
func (o *output) append(dst []byte, s *Scope) ([]byte, *fault.Fault) {
	switch {
	case o.fixed != nil:
		return append(dst, o.fixed...), nil
	case o.array != nil:
		return o.appendLines(dst, s)
	case o.children != nil:
		out, n, f := appendObject(dst, o.children, s)
		if f != nil {
			return dst, f.Under(o.name)
		}
		if n == 0 {
			return dst, nil
		}
		return out, nil
	default:
		return o.appendValue(dst, s)
	}
}

func (o *output) appendValue(dst []byte, s *Scope) ([]byte, *fault.Fault) {
	mark := len(s.Arena)
	v, err := o.prog.Eval(s)
	if err == nil && o.copied && v.Kind() == item.String {
		if !v.Blank() {
			dst = append(dst, v.Raw()...)
		}
		s.Arena = s.Arena[:mark]
		return dst, nil
	}
	if err == nil && o.coded != nil {
		v, err = o.coded.Translate(s, v)
	}
	if err == nil {
		dst, err = o.shape(dst, v, s)
	}
	s.Arena = s.Arena[:mark]
	if err != nil {
		return dst, fault.From(err).At(o.name).Arg("text", o.prog.String())
	}
	return dst, nil
}

// shape formats a value, casts it to the declared type and hands it to the parser.
func (o *output) shape(dst []byte, v item.Value, s *Scope) ([]byte, error) {
	env := s.Env(o.prog.Zone())
	// A date is cast into its format; any other type is cast from what the format gives.
	if !o.layout.Zero() && o.typ != field.Date && o.typ != field.Datetime {
		mark := len(s.Arena)
		out, err := o.layout.Append(s.Arena, v, env)
		if err != nil {
			return dst, err
		}
		s.Arena = out
		v = item.Of(out[mark:])
	}
	if o.parser.Zero() {
		return format.Cast(dst, v, o.typ, o.layout, env)
	}
	if o.parser.Casts(o.typ) {
		mark := len(s.Arena)
		out, err := format.Cast(s.Arena, v, o.typ, o.layout, env)
		if err != nil {
			return dst, err
		}
		s.Arena = out
		v = item.Of(out[mark:])
	}
	return o.parser.Append(dst, v)
}

func (o *output) appendLines(dst []byte, s *Scope) ([]byte, *fault.Fault) {
	mark, n := len(dst), 0
	dst = append(dst, '[')
	add := func(children []*output, keepEmpty bool) *fault.Fault {
		start := len(dst)
		if n > 0 {
			dst = append(dst, ',')
		}
		out, members, f := appendObject(dst, children, s)
		if f != nil {
			return f.Under(o.name + "[" + strconv.Itoa(n) + "]")
		}
		if dst = out; members == 0 && !keepEmpty {
			dst = dst[:start]
			return nil
		}
		n++
		return nil
	}
	if o.array.from == nil {
		if f := add(o.children, false); f != nil {
			return dst[:mark], f
		}
	} else if f := o.eachLine(s, func() *fault.Fault { return add(o.children, true) }); f != nil {
		return dst[:mark], f
	}
	for _, x := range o.array.extra {
		matched, f := x.matches(s)
		if f == nil && matched {
			f = add(x.children, false)
		}
		if f != nil {
			return dst[:mark], f
		}
	}
	if n == 0 {
		return dst[:mark], nil
	}
	return append(dst, ']'), nil
}

// eachLine calls do with each element of the source array as the innermost line.
func (o *output) eachLine(s *Scope, do func() *fault.Fault) *fault.Fault {
	var f *fault.Fault
	other := s.EachLine(o.array.from, o.array.pick, func() bool {
		f = do()
		return f == nil
	})
	if f == nil && other.Kind() != item.None {
		f = fault.New("value.not_an_array", "%s is not a list of lines", format.Sample(other)).At(o.name).
			Arg("sample", format.Sample(other)).Arg("text", o.array.from.String()).Classed(fault.Data)
	}
	return f
}
