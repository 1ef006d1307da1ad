package item

import (
	"bytes"
	"encoding/json"
	"iter"
	"strings"
	"unicode/utf8"
)

// Kind is the JSON type of a Value.
type Kind uint8

// The kinds. None is the zero Value: nothing is there.
const (
	None Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// Value is one JSON value as it stands in a record: a span of raw bytes. Its
// methods trust that the whole record passed Check; on other input they may
// miss values but never panic or read outside the span.
type Value struct{ raw []byte }

// Of views raw, which must hold exactly one JSON value.
func Of(raw []byte) Value { return Value{trim(raw)} }

// Raw gives the bytes of the value.
func (v Value) Raw() []byte { return v.raw }

// Kind tells the JSON type.
func (v Value) Kind() Kind {
	if len(v.raw) == 0 {
		return None
	}
	switch v.raw[0] {
	case '{':
		return Object
	case '[':
		return Array
	case '"':
		return String
	case 't', 'f':
		return Bool
	case 'n':
		return Null
	default:
		return Number
	}
}

// Blank reports whether the value is absent, null or the empty text.
func (v Value) Blank() bool {
	k := v.Kind()
	return k == None || k == Null || k == String && len(v.raw) == 2
}

// Text gives a string decoded, and any other value as it is written; absent and null give "".
func (v Value) Text() string {
	switch v.Kind() {
	case None, Null:
		return ""
	case String:
		return unquote(v.raw)
	default:
		return string(v.raw)
	}
}

// Field gives the member of an object with exactly this name. Of repeated names
// the last counts, as in most vendors' parsers.
func (v Value) Field(name string) Value {
	var found Value
	for key, val := range v.Members() {
		if sameKey(key, name) {
			found = val
		}
	}
	return found
}

// FieldFold gives the member of an object with this name, or else the last one
// whose name differs in upper and lower case only.
func (v Value) FieldFold(name string) Value {
	if found := v.Field(name); found.Kind() != None {
		return found
	}
	var found Value
	for key, val := range v.Fields() {
		if strings.EqualFold(key, name) {
			found = val
		}
	}
	return found
}

// Path gives the value at a dotted path: at each object the longest member name
// that matches exactly comes first, then nesting. A number indexes an array.
func (v Value) Path(path string) Value {
	if path == "" {
		return v
	}
	switch v.Kind() {
	case Object:
		return v.inObject(path)
	case Array:
		head, rest, _ := strings.Cut(path, ".")
		return v.element(head).Path(rest)
	default:
		return Value{}
	}
}

// inObject is Path for an object.
func (v Value) inObject(path string) Value {
	if f := v.Field(path); f.Kind() != None {
		return f
	}
	for cut := strings.LastIndexByte(path, '.'); cut > 0; cut = strings.LastIndexByte(path[:cut], '.') {
		f, rest := v.Field(path[:cut]), path[cut+1:]
		if f.Kind() == None {
			continue
		}
		if rest == "" {
			return f.Field("")
		}
		if got := f.Path(rest); got.Kind() != None {
			return got
		}
	}
	return Value{}
}

// element gives the element of an array whose number is written in s.
func (v Value) element(s string) Value {
	at, ok := index(s)
	if !ok {
		return Value{}
	}
	for e := range v.Elements() {
		if at == 0 {
			return e
		}
		at--
	}
	return Value{}
}

// Elements walks an array; any other value has none.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if v.Kind() != Array {
			return
		}
		for i := space(v.raw, 1); i < len(v.raw) && v.raw[i] != ']'; {
			end := Skip(v.raw, i)
			if end <= i || !yield(Value{v.raw[i:end]}) {
				return
			}
			i = comma(v.raw, end)
		}
	}
}

// Fields walks an object in its written order; any other value has none.
func (v Value) Fields() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for key, val := range v.Members() {
			if !yield(unquote(key), val) {
				return
			}
		}
	}
}

// Members walks an object like Fields but gives each name as its raw quoted
// bytes, for callers that compare names without decoding them.
func (v Value) Members() iter.Seq2[[]byte, Value] {
	return func(yield func([]byte, Value) bool) {
		if v.Kind() != Object {
			return
		}
		for i := space(v.raw, 1); i < len(v.raw) && v.raw[i] == '"'; {
			keyEnd := Skip(v.raw, i)
			at := space(v.raw, keyEnd)
			if at >= len(v.raw) || v.raw[at] != ':' {
				return
			}
			at = space(v.raw, at+1)
			end := Skip(v.raw, at)
			if end <= at || !yield(v.raw[i:keyEnd], Value{v.raw[at:end]}) {
				return
			}
			i = comma(v.raw, end)
		}
	}
}

// sameKey compares a raw quoted name with a decoded one, decoding only escapes.
func sameKey(quoted []byte, name string) bool {
	if len(quoted) < 2 {
		return false
	}
	inner := quoted[1 : len(quoted)-1]
	if string(inner) == name {
		return true
	}
	return bytes.IndexByte(inner, '\\') >= 0 && unquote(quoted) == name
}

func index(s string) (int, bool) {
	if s == "" || len(s) > 6 {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

func unquote(quoted []byte) string {
	if len(quoted) < 2 {
		return ""
	}
	inner := quoted[1 : len(quoted)-1]
	plain := utf8.Valid(inner)
	for _, c := range inner {
		plain = plain && c != '\\'
	}
	if plain {
		return string(inner)
	}
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return ""
	}
	return s
}
