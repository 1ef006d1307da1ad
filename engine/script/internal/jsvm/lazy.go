package jsvm

import (
	"slices"
	"strings"

	"github.com/dop251/goja"

	"github.com/karezflow/karez/engine/script/internal/exact"
	"github.com/karezflow/karez/engine/script/internal/jsontext"
	"github.com/karezflow/karez/sdk/item"
)

// object is a JSON object that opens when the script first looks into it. It is
// the handler of a dynamic object of the interpreter.
type object struct {
	run     *run
	raw     string
	members []member
	index   map[string]int    // over members, only for large objects
	escaped map[string]string // written forms of names with escapes
	hint    *int              // the number of members of the sibling opened before
	opened  bool
	last    int // the member found last; scripts tend to read in written order
}

var _ goja.DynamicObject = (*object)(nil)

func (o *object) open() {
	if o.opened {
		return
	}
	o.opened = true
	expect := len(o.raw) / bytesPerMember
	if o.hint != nil && *o.hint > 0 {
		expect = *o.hint
	}
	o.members, o.index, o.escaped = scanMembers(o.raw, expect)
	if o.hint != nil {
		*o.hint = len(o.members)
	}
}

// bytesPerMember is a guess that saves growing the list of members.
const bytesPerMember = 40

func (o *object) find(name string) *member {
	o.open()
	if next := o.last + 1; next < len(o.members) && o.members[next].name == name {
		o.last = next
		return &o.members[next]
	}
	at := lookUp(o.members, o.index, name)
	if at < 0 {
		return nil
	}
	o.last = at
	return &o.members[at]
}

// Get gives a member's value, or nil when there is none.
func (o *object) Get(name string) goja.Value {
	m := o.find(name)
	if m == nil || m.gone {
		return nil
	}
	if m.value == nil {
		m.value = o.run.read(m.raw)
	}
	return m.value
}

// Set assigns a member. Assigning the value it already has changes nothing, so
// the bytes of the document stay.
func (o *object) Set(name string, value goja.Value) bool {
	m := o.find(name)
	if m == nil {
		if o.index != nil {
			o.index[name] = len(o.members)
		}
		o.members = append(o.members, member{name: name, value: value, set: true})
		return true
	}
	if old := o.Get(name); old == nil || !old.SameAs(value) {
		// A member that was deleted comes back at the end, as in any object.
		if m.gone {
			o.members = append(slices.DeleteFunc(o.members, func(have member) bool { return have.name == name }),
				member{name: name, value: value, set: true})
			if o.index != nil {
				o.index = indexOf(o.members)
			}
			return true
		}
		m.value, m.set = value, true
	}
	return true
}

// Has reports whether a member is there.
func (o *object) Has(name string) bool {
	m := o.find(name)
	return m != nil && !m.gone
}

// Delete removes a member.
func (o *object) Delete(name string) bool {
	if m := o.find(name); m != nil {
		m.gone = true
	}
	return true
}

// Keys gives the members' names in written order.
func (o *object) Keys() []string {
	o.open()
	names := make([]string, 0, len(o.members))
	for i := range o.members {
		if !o.members[i].gone {
			names = append(names, o.members[i].name)
		}
	}
	return names
}

// array remembers what an array of the document looked like. To the script it is
// an ordinary array, with every method and no surprises; whether it was changed
// is found out when it is written.
type array struct {
	raw      string
	elements []string
	values   []goja.Value
}

// read turns raw text into a value of the interpreter.
func (r *run) read(raw string) goja.Value {
	if raw == "" {
		return goja.Undefined()
	}
	switch raw[0] {
	case '{':
		return r.vm.NewDynamicObject(&object{run: r, raw: raw})
	case '[':
		return r.readArray(raw)
	case '"':
		return textValue(r.vm, raw)
	case 't':
		return r.vm.ToValue(true)
	case 'f':
		return r.vm.ToValue(false)
	case 'n':
		return goja.Null()
	default:
		return r.readNumber(raw)
	}
}

// readElement reads an element of an array. The lines of a document tend to have
// the same members, so they share a hint.
func (r *run) readElement(raw string, hint *int) goja.Value {
	if raw != "" && raw[0] == '{' {
		return r.vm.NewDynamicObject(&object{run: r, raw: raw, hint: hint})
	}
	return r.read(raw)
}

// readObject reads raw text that may be missing.
func (r *run) readObject(raw string) goja.Value {
	if raw == "" {
		raw = "{}"
	}
	return r.read(raw)
}

func (r *run) readArray(raw string) goja.Value {
	a := &array{raw: raw, elements: jsontext.Elements(raw)}
	a.values = make([]goja.Value, len(a.elements))
	items := make([]any, len(a.elements))
	hint := new(int)
	for i, e := range a.elements {
		a.values[i] = r.readElement(e, hint)
		items[i] = a.values[i]
	}
	native := r.vm.NewArray(items...)
	if r.arrays == nil {
		r.arrays = map[*goja.Object]*array{}
	}
	r.arrays[native] = a
	return native
}

// parseLazily makes JSON.parse keep every digit: it gives a lazy object like a
// document. With a reviver the interpreter's own parser runs, which rounds.
func (r *run) parseLazily() error {
	space := r.vm.Get("JSON").ToObject(r.vm)
	original, ok := goja.AssertFunction(space.Get("parse"))
	if !ok {
		return nil
	}
	return space.Set("parse", func(call goja.FunctionCall) goja.Value {
		text := strings.Trim(call.Argument(0).String(), " \t\r\n")
		if _, revives := goja.AssertFunction(call.Argument(1)); revives || item.Check([]byte(text)) != nil {
			v, err := original(call.This, call.Arguments...)
			if err != nil {
				panic(err)
			}
			return v
		}
		return r.read(text)
	})
}

func (r *run) readNumber(raw string) goja.Value {
	whole, float, isWhole, safe := exact.Read(raw)
	switch {
	case isWhole:
		return r.vm.ToValue(whole)
	case safe:
		return r.vm.ToValue(float)
	}
	// Equal texts give the same object, so === on two long ids tells the truth.
	if have, ok := r.boxed[raw]; ok {
		return have
	}
	box := r.decimalObject(exact.Written(raw))
	if r.boxed == nil {
		r.boxed = map[string]*goja.Object{}
	}
	r.boxed[raw] = box
	return box
}
