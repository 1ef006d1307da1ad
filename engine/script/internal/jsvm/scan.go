package jsvm

import (
	"strings"

	"github.com/dop251/goja"

	"github.com/karezflow/karez/engine/script/internal/jsontext"
)

// member is one member of a lazy object.
type member struct {
	name  string // the name decoded
	raw   string // the value as it is written
	value goja.Value
	set   bool // the script assigned value
	gone  bool // the script deleted it
}

// scanMembers splits an object of about expect members. Of repeated names the
// last value counts and the first place is kept, as JSON.parse does it. escaped
// holds the written form of the names that have escapes.
func scanMembers(s string, expect int) (list []member, index map[string]int, escaped map[string]string) {
	list = make([]member, 0, expect)
	for i := jsontext.Inside(s); ; {
		written, raw, next := jsontext.Member(s, i)
		if next < 0 {
			return list, index, escaped
		}
		i = next
		name := jsontext.Unquote(written)
		if len(name)+2 != len(written) {
			if escaped == nil {
				escaped = map[string]string{}
			}
			escaped[name] = written
		}
		if index == nil && len(list) == linearMembers {
			index = indexOf(list)
		}
		if have := lookUp(list, index, name); have >= 0 {
			list[have].raw = raw
			continue
		}
		if index != nil {
			index[name] = len(list)
		}
		list = append(list, member{name: name, raw: raw})
	}
}

// linearMembers is the number of members up to which comparing name by name
// beats a map.
const linearMembers = 48

func indexOf(list []member) map[string]int {
	index := make(map[string]int, 2*len(list))
	for i := range list {
		index[list[i].name] = i
	}
	return index
}

func lookUp(list []member, index map[string]int, name string) int {
	if index != nil {
		if i, ok := index[name]; ok {
			return i
		}
		return -1
	}
	for i := range list {
		if list[i].name == name {
			return i
		}
	}
	return -1
}

// textValue decodes a quoted text into a string of the interpreter. Lone
// surrogates survive: a script that only moves a text must not alter it.
func textValue(vm *goja.Runtime, quoted string) goja.Value {
	if strings.Contains(quoted, `\u`) {
		return goja.StringFromUTF16(jsontext.Units(quoted))
	}
	return vm.ToValue(jsontext.Unquote(quoted))
}
