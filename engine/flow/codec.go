package flow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/item"
)

// The codec differs from encoding/json in three ways: what it can't read it
// keeps in Extra, it never rewrites digits or escapes of raw parts, and its
// output is canonical: members in declared order, maps sorted, no white space.

// member is one declared member of a struct of this package.
type member struct {
	name  string
	index int
	omit  bool
}

func membersOf(t reflect.Type) []member {
	var out []member
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != "-" {
			out = append(out, member{name, i, options != ""})
		}
	}
	return out
}

// decode reads v into a settable value. It fails with the path of the part that
// has the wrong type, relative to v; structs never fail, they fill Extra.
func decode(v item.Value, into reflect.Value) (bad string, ok bool) {
	if into.Type() == reflect.TypeFor[json.RawMessage]() {
		into.SetBytes(compact(v.Raw()))
		return "", true
	}
	switch into.Kind() {
	case reflect.String:
		into.SetString(v.Text())
		return "", v.Kind() == item.String
	case reflect.Bool:
		into.SetBool(v.Text() == "true")
		return "", v.Kind() == item.Bool
	case reflect.Int:
		n, err := strconv.Atoi(v.Text())
		into.SetInt(int64(n))
		return "", v.Kind() == item.Number && err == nil
	case reflect.Slice:
		return decodeList(v, into)
	case reflect.Map:
		return decodeMap(v, into)
	case reflect.Struct:
		decodeStruct(v, into)
		return "", true
	default:
		panic("flow: no codec for " + into.Type().String())
	}
}

func decodeList(v item.Value, into reflect.Value) (string, bool) {
	if v.Kind() != item.Array {
		return "", false
	}
	list := reflect.Zero(into.Type()) // an empty list reads like a missing one
	for e := range v.Elements() {
		one := reflect.New(into.Type().Elem()).Elem()
		if bad, ok := decode(e, one); !ok {
			return fmt.Sprintf("[%d]", list.Len()) + under(bad), false
		}
		list = reflect.Append(list, one)
	}
	into.Set(list)
	return "", true
}

func decodeMap(v item.Value, into reflect.Value) (string, bool) {
	if v.Kind() != item.Object {
		return "", false
	}
	m := reflect.MakeMap(into.Type())
	for name, e := range v.Fields() {
		one := reflect.New(into.Type().Elem()).Elem()
		if bad, ok := decode(e, one); !ok {
			return name + under(bad), false
		}
		m.SetMapIndex(reflect.ValueOf(name), one)
	}
	if m.Len() > 0 {
		into.Set(m)
	}
	return "", true
}

func under(path string) string {
	if path == "" || path[0] == '[' {
		return path
	}
	return "." + path
}

func decodeStruct(v item.Value, into reflect.Value) {
	if v.Kind() != item.Object {
		into.FieldByName("Extra").Set(reflect.ValueOf([]Member{{Raw: compact(v.Raw()), Whole: true}}))
		return
	}
	known := membersOf(into.Type())
	for name, e := range v.Fields() {
		at := slices.IndexFunc(known, func(m member) bool { return m.name == name })
		if at >= 0 {
			if e.Kind() == item.Null {
				continue
			}
			one := reflect.New(into.Field(known[at].index).Type()).Elem()
			if _, ok := decode(e, one); ok {
				into.Field(known[at].index).Set(one)
				continue
			}
		}
		extra := into.FieldByName("Extra")
		extra.Set(reflect.Append(extra, reflect.ValueOf(Member{Name: name, Raw: compact(e.Raw())})))
	}
}

// encode appends the canonical form.
func encode(dst []byte, v reflect.Value) []byte {
	if v.Type() == reflect.TypeFor[json.RawMessage]() {
		return append(dst, v.Bytes()...)
	}
	switch v.Kind() {
	case reflect.String:
		return item.AppendText(dst, v.String())
	case reflect.Bool:
		return strconv.AppendBool(dst, v.Bool())
	case reflect.Int:
		return strconv.AppendInt(dst, v.Int(), 10)
	case reflect.Slice:
		dst = append(dst, '[')
		for i := range v.Len() {
			dst = encode(comma(dst), v.Index(i))
		}
		return append(dst, ']')
	case reflect.Map:
		dst = append(dst, '{')
		for _, key := range sortedKeys(v) {
			dst = append(item.AppendText(comma(dst), key), ':')
			dst = encode(dst, v.MapIndex(reflect.ValueOf(key)))
		}
		return append(dst, '}')
	case reflect.Struct:
		return encodeStruct(dst, v)
	default:
		panic("flow: no codec for " + v.Type().String())
	}
}

func encodeStruct(dst []byte, v reflect.Value) []byte {
	extra, _ := reflect.TypeAssert[[]Member](v.FieldByName("Extra"))
	if len(extra) > 0 && extra[0].Whole {
		return append(dst, extra[0].Raw...)
	}
	dst = append(dst, '{')
	for _, m := range membersOf(v.Type()) {
		f := v.Field(m.index)
		unread := slices.ContainsFunc(extra, func(e Member) bool { return e.Name == m.name })
		if unread || m.omit && empty(f) {
			continue
		}
		dst = append(item.AppendText(comma(dst), m.name), ':')
		dst = encode(dst, f)
	}
	for _, e := range extra {
		dst = append(item.AppendText(comma(dst), e.Name), ':')
		dst = append(dst, e.Raw...)
	}
	return append(dst, '}')
}

// empty reports whether a member carries nothing. A struct of which only Extra is set is not empty.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	default:
		return v.IsZero()
	}
}

// comma separates a member from the one before it.
func comma(dst []byte) []byte {
	if last := dst[len(dst)-1]; last != '{' && last != '[' {
		return append(dst, ',')
	}
	return dst
}

func sortedKeys(v reflect.Value) []string {
	keys := make([]string, 0, v.Len())
	for _, k := range v.MapKeys() {
		keys = append(keys, k.String())
	}
	slices.Sort(keys)
	return keys
}

func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// compact copies a JSON value without its white space.
func compact(raw []byte) []byte {
	var out bytes.Buffer
	if json.Compact(&out, raw) != nil {
		return bytes.Clone(raw) // Parse has refused what is not JSON
	}
	return out.Bytes()
}
