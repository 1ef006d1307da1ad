package jsvm

import (
	"math/big"
	"reflect"
	"strconv"

	"github.com/dop251/goja"

	"github.com/karezflow/karez/engine/script/internal/jsontext"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// encode appends the JSON text of v. same tells that v is a part of the document
// that nobody changed, in which case the text is the one it came in by.
func (r *run) encode(dst []byte, v goja.Value, depth int) (out []byte, same bool, err *fault.Fault) {
	if depth > item.MaxDepth {
		return dst, false, badResult("the result is nested deeper than %d levels, or contains itself", item.MaxDepth)
	}
	if r.size++; r.size > r.env.MaxOutput || len(dst) > r.env.MaxOutput {
		return dst, false, r.tooLarge()
	}
	if o, ok := v.(*goja.Object); ok {
		return r.encodeObject(dst, o, depth)
	}
	dst, err = r.encodePrimitive(dst, v)
	return dst, false, err
}

func (r *run) encodePrimitive(dst []byte, v goja.Value) ([]byte, *fault.Fault) {
	if s, ok := v.(goja.String); ok {
		return jsontext.AppendText(dst, s.String(), s.Length(), s.CharAt), nil
	}
	if _, ok := v.(*goja.Symbol); ok {
		return dst, badResult("a symbol cannot be part of a document")
	}
	switch x := v.Export().(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, x), nil
	case int64:
		return strconv.AppendInt(dst, x, 10), nil
	case *big.Int:
		return x.Append(dst, 10), nil
	case float64:
		if goja.IsNaN(v) || goja.IsInfinity(v) {
			return dst, badResult("%s is not a number that JSON can carry", v.String()).
				Hinted("A calculation went wrong, often with a missing or non-numeric field.")
		}
		return append(dst, v.String()...), nil
	default:
		return dst, badResult("%s cannot be part of a document", kindOf(v))
	}
}

func (r *run) encodeObject(dst []byte, o *goja.Object, depth int) ([]byte, bool, *fault.Fault) {
	switch handler := handlerOf(o).(type) {
	case *object:
		return r.encodeLazy(dst, handler, depth)
	case *boxed:
		return append(dst, handler.String()...), true, nil
	case *emission:
		return dst, false, badResult("the result of ctx.output must be returned, it cannot be part of a document")
	case goja.Proxy:
		return dst, false, badResult("a Proxy cannot be part of a document")
	}
	var err *fault.Fault
	switch o.ClassName() {
	case "Array":
		return r.encodeArray(dst, o, depth)
	case "Date":
		dst, err = r.encodeViaJSON(dst, o, depth)
	case "RawJSON":
		dst = append(dst, o.Get("rawJSON").String()...)
	case "Number", "String", "Boolean", "BigInt":
		dst, err = r.encodePrimitive(dst, primitiveOf(o))
	case "Object":
		if o.ExportType() != reflect.TypeFor[map[string]any]() {
			return dst, false, badResult("%s cannot be part of a document", kindOf(o))
		}
		if _, ok := goja.AssertFunction(o.Get("toJSON")); ok {
			dst, err = r.encodeViaJSON(dst, o, depth)
		} else {
			dst, err = r.encodePlain(dst, o, depth)
		}
	default:
		err = badResult("%s cannot be part of a document", kindOf(o))
	}
	return dst, false, err
}

// handlerOf gives the Go side of an object that has one of ours, or the Proxy it
// is. Any other object is left alone: exporting it would copy all of it.
func handlerOf(o *goja.Object) any {
	switch o.ExportType() {
	case reflect.TypeFor[*object](), reflect.TypeFor[*boxed](), reflect.TypeFor[*emission](), reflect.TypeFor[goja.Proxy]():
		return o.Export()
	default:
		return nil
	}
}

func primitiveOf(o *goja.Object) goja.Value {
	valueOf, ok := goja.AssertFunction(o.Get("valueOf"))
	if !ok {
		return o.ToString()
	}
	v, err := valueOf(o)
	if err != nil {
		panic(err)
	}
	return v
}

func (r *run) encodeViaJSON(dst []byte, o *goja.Object, depth int) ([]byte, *fault.Fault) {
	toJSON, ok := goja.AssertFunction(o.Get("toJSON"))
	if !ok {
		return dst, badResult("%s cannot be part of a document", kindOf(o))
	}
	v, err := toJSON(o, r.vm.ToValue(""))
	if err != nil {
		panic(err)
	}
	if o.ClassName() == "Date" && goja.IsNull(v) {
		return dst, badResult("an invalid date cannot be part of a document")
	}
	dst, _, bad := r.encode(dst, v, depth+1)
	return dst, bad
}

// encodeLazy writes an object of the document. Members that the script did not
// assign keep their bytes, their names' bytes and their places.
func (r *run) encodeLazy(dst []byte, o *object, depth int) ([]byte, bool, *fault.Fault) {
	if !o.opened {
		return append(dst, o.raw...), true, nil
	}
	start := len(dst)
	dst, same, err := r.encodeMembers(dst, o, depth)
	if same {
		dst = append(dst[:start], o.raw...)
	}
	return dst, same, err
}

// encodeMembers writes an object whose members the script may have seen. It
// reports whether nothing was changed.
func (r *run) encodeMembers(dst []byte, o *object, depth int) ([]byte, bool, *fault.Fault) {
	dst = append(dst, '{')
	first, same := true, true
	for i := range o.members {
		m := &o.members[i]
		if m.gone || m.set && omitted(m.value) {
			same = false
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if written, ok := o.escaped[m.name]; ok {
			dst = append(dst, written...)
		} else {
			dst = item.AppendText(dst, m.name)
		}
		dst = append(dst, ':')
		var (
			kept bool
			err  *fault.Fault
		)
		if dst, kept, err = r.encodeMember(dst, m, depth); err != nil {
			return dst, false, err.Under(m.name)
		}
		same = same && kept
	}
	return append(dst, '}'), same, nil
}

func (r *run) encodeMember(dst []byte, m *member, depth int) ([]byte, bool, *fault.Fault) {
	_, isObject := m.value.(*goja.Object)
	switch {
	case m.set:
		dst, _, err := r.encode(dst, m.value, depth+1)
		return dst, false, err
	case isObject:
		return r.encode(dst, m.value, depth+1)
	default:
		return append(dst, m.raw...), true, nil
	}
}

// encodeArray writes an array. One that came from the document and still holds
// the same elements keeps its bytes.
func (r *run) encodeArray(dst []byte, o *goja.Object, depth int) ([]byte, bool, *fault.Fault) {
	length := o.Get("length").ToInteger()
	known := r.arrays[o]
	same := known != nil && int(length) == len(known.elements)
	start := len(dst)
	dst = append(dst, '[')
	for i := range length {
		if i > 0 {
			dst = append(dst, ',')
		}
		v := o.Get(strconv.FormatInt(i, 10))
		if omitted(v) {
			v = goja.Null()
		}
		if _, isObject := v.(*goja.Object); !isObject && known != nil && int(i) < len(known.values) && known.values[i].SameAs(v) {
			dst = append(dst, known.elements[i]...)
			continue
		}
		var (
			kept bool
			err  *fault.Fault
		)
		if dst, kept, err = r.encode(dst, v, depth+1); err != nil {
			return dst, false, err.Under("[" + strconv.FormatInt(i, 10) + "]")
		}
		same = same && kept && known.values[i].SameAs(v)
	}
	dst = append(dst, ']')
	if same {
		dst = append(dst[:start], known.raw...)
	}
	return dst, same, nil
}

// encodePlain writes an object that the script made. Members without a value are
// left out, as JSON.stringify does it.
func (r *run) encodePlain(dst []byte, o *goja.Object, depth int) ([]byte, *fault.Fault) {
	dst = append(dst, '{')
	first := true
	for _, name := range o.Keys() {
		v := o.Get(name)
		if omitted(v) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(item.AppendText(dst, name), ':')
		var err *fault.Fault
		if dst, _, err = r.encode(dst, v, depth+1); err != nil {
			return dst, err.Under(name)
		}
	}
	return append(dst, '}'), nil
}

func omitted(v goja.Value) bool { return v == nil || goja.IsUndefined(v) }

func badResult(format string, args ...any) *fault.Fault {
	return fault.New("script.bad_result", format, args...).Classed(fault.Data)
}

// kindOf names what v is, for messages.
func kindOf(v goja.Value) string {
	if v == nil || goja.IsUndefined(v) {
		return "undefined"
	}
	if goja.IsNull(v) {
		return "null"
	}
	if o, ok := v.(*goja.Object); ok {
		if _, ok := goja.AssertFunction(o); ok {
			return "a function"
		}
		return "a value of type " + o.ClassName()
	}
	if _, ok := v.(*goja.Symbol); ok {
		return "a symbol"
	}
	switch v.Export().(type) {
	case bool:
		return "a boolean"
	case string:
		return "a text"
	default:
		return "a number"
	}
}
