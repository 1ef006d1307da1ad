package item

import (
	"strings"

	"github.com/karezflow/karez/sdk/fault"
)

// Put gives an object with the value at a dotted path: in the place of what is there,
// else behind the other members, in objects that are made where they lack. Every
// other byte stays. Its error is the fault "item.path_blocked" where the path leads
// through something that is no object.
func Put(object []byte, path string, value []byte) ([]byte, error) {
	v := Of(object)
	if v.Kind() != Object {
		return nil, fault.New("item.path_blocked", "%s can't be put into what is no object", path).Classed(fault.Data).Arg("field", path)
	}
	name, rest := path, ""
	if v.Field(path).Kind() == None {
		name, rest, _ = strings.Cut(path, ".")
	}
	here := v.Field(name)
	if rest != "" {
		inner := []byte("{}")
		if !here.Blank() {
			inner = here.Raw()
		}
		var err error
		if value, err = Put(inner, rest, value); err != nil {
			return nil, fault.From(err).Under(name)
		}
	}
	return v.put(name, value), nil
}

// put gives the object with one member set.
func (v Value) put(name string, value []byte) []byte {
	raw := v.Raw()
	out := make([]byte, 0, len(raw)+len(name)+len(value)+4)
	if here := v.Field(name); here.Kind() != None {
		at := offset(raw, here.Raw())
		return append(append(append(out, raw[:at]...), value...), raw[at+len(here.Raw()):]...)
	}
	end := len(raw) - 1
	out = append(out, raw[:end]...)
	for range v.Members() {
		out = append(out, ',')
		break
	}
	return append(append(append(AppendText(out, name), ':'), value...), '}')
}

// offset gives where a part of raw begins in it.
func offset(raw, part []byte) int { return cap(raw) - cap(part) }
