package builtin

import (
	"strconv"
	"strings"

	"vitess.io/vitess/go/sqltypes"

	"github.com/karezflow/karez/sdk/item"
)

// The evaluator reads the numbers of JSON as floats and sorts its members. These
// functions take what is written, so that every digit stays.

// jsonExtract gives what stands at a path of a JSON text: a number as a number, a
// text as JSON, an object or a list as its text. Several paths, or one that stands
// for several values, give a list.
func jsonExtract(args []sqltypes.Value) (sqltypes.Value, error) {
	doc, ok := document(args[0])
	if !ok {
		return sqltypes.NULL, nil
	}
	several := len(args) > 2
	var found []item.Value
	for _, p := range args[1:] {
		legs, ok := path(p.ToString())
		if !ok {
			return sqltypes.NULL, nil
		}
		here := []item.Value{doc}
		for _, l := range legs {
			several = several || l.all
			here = l.from(here)
		}
		found = append(found, here...)
	}
	switch {
	case len(found) == 0:
		return sqltypes.NULL, nil
	case several:
		out := []byte{'['}
		for i, v := range found {
			if i > 0 {
				out = append(out, ", "...)
			}
			out = spaced(out, v)
		}
		return text(string(append(out, ']'))), nil
	default:
		return extracted(found[0]), nil
	}
}

func extracted(v item.Value) sqltypes.Value {
	switch v.Kind() {
	case item.Number:
		typ, digits := Number(v.Raw())
		return sqltypes.MakeTrusted(typ, digits)
	case item.Object, item.Array:
		return text(string(spaced(nil, v)))
	default:
		return sqltypes.MakeTrusted(sqltypes.TypeJSON, v.Raw())
	}
}

// document reads a JSON text.
func document(v sqltypes.Value) (item.Value, bool) {
	raw := []byte(strings.TrimSpace(v.ToString()))
	return item.Of(raw), item.Check(raw) == nil
}

// spaced writes JSON with a blank after each colon and comma, as a server does.
func spaced(dst []byte, v item.Value) []byte {
	switch v.Kind() {
	case item.Object:
		dst = append(dst, '{')
		first := true
		for name, member := range v.Members() {
			if !first {
				dst = append(dst, ", "...)
			}
			first = false
			dst = spaced(append(append(dst, name...), ": "...), member)
		}
		return append(dst, '}')
	case item.Array:
		dst = append(dst, '[')
		first := true
		for element := range v.Elements() {
			if !first {
				dst = append(dst, ", "...)
			}
			first = false
			dst = spaced(dst, element)
		}
		return append(dst, ']')
	default:
		return append(dst, v.Raw()...)
	}
}

// leg is one step of a path: a member, an element, or all of either.
type leg struct {
	member  string
	at      int
	element bool
	all     bool
}

func (l leg) from(values []item.Value) (out []item.Value) {
	for _, v := range values {
		switch {
		case l.element && l.all:
			for e := range v.Elements() {
				out = append(out, e)
			}
		case l.all:
			for _, m := range v.Members() {
				out = append(out, m)
			}
		case l.element:
			out = l.elementOf(out, v)
		default:
			if m := v.Field(l.member); m.Kind() != item.None {
				out = append(out, m)
			}
		}
	}
	return out
}

func (l leg) elementOf(out []item.Value, v item.Value) []item.Value {
	if v.Kind() != item.Array {
		if l.at == 0 {
			return append(out, v) // what is no list is the only element of one
		}
		return out
	}
	at := 0
	for e := range v.Elements() {
		if at == l.at {
			return append(out, e)
		}
		at++
	}
	return out
}

// path reads the path of a value, such as $.member."other member"[0][*].*, and
// tells whether it is one.
func path(s string) (legs []leg, ok bool) {
	s, ok = strings.CutPrefix(strings.TrimSpace(s), "$")
	for ok && s != "" {
		var l leg
		if l, s, ok = oneLeg(s); ok {
			legs = append(legs, l)
		}
	}
	return legs, ok
}

func oneLeg(s string) (l leg, rest string, ok bool) {
	if inner, found := strings.CutPrefix(s, "["); found {
		inner, rest, ok = strings.Cut(inner, "]")
		l.element = true
		if inner = strings.TrimSpace(inner); inner == "*" {
			l.all = true
			return l, rest, ok
		}
		at, err := strconv.ParseUint(inner, 10, 31)
		l.at = int(at)
		return l, rest, ok && err == nil
	}
	s, ok = strings.CutPrefix(s, ".")
	switch {
	case !ok || s == "":
		return l, "", false
	case s[0] == '*':
		l.all = true
		return l, s[1:], true
	case s[0] == '"':
		end := item.Skip([]byte(s), 0)
		if end < 2 || s[end-1] != '"' {
			return l, "", false
		}
		l.member = item.Of([]byte(s[:end])).Text()
		return l, s[end:], true
	default:
		end := strings.IndexAny(s, ".[")
		if end < 0 {
			end = len(s)
		}
		l.member = s[:end]
		return l, s[end:], end > 0
	}
}

// jsonUnquote gives the text of a JSON text, and anything else as it is written.
func jsonUnquote(args []sqltypes.Value) (sqltypes.Value, error) {
	s := args[0].ToString()
	if v, ok := document(args[0]); ok && v.Kind() == item.String {
		s = v.Text()
	}
	return text(s), nil
}

// jsonArray makes a list of its arguments.
func jsonArray(args []sqltypes.Value) (sqltypes.Value, error) {
	out := []byte{'['}
	for i, a := range args {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = AppendJSON(out, a)
	}
	return text(string(append(out, ']'))), nil
}

// jsonObject makes an object of its arguments, name and value in turn.
func jsonObject(args []sqltypes.Value) (sqltypes.Value, error) {
	out := []byte{'{'}
	for i := 0; i+1 < len(args); i += 2 {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = append(item.AppendText(out, args[i].ToString()), ": "...)
		out = AppendJSON(out, args[i+1])
	}
	return text(string(append(out, '}'))), nil
}
