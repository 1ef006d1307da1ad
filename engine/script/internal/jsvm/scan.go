package jsvm

import (
	"encoding/json"
	"strings"
	"unicode/utf16"

	"github.com/dop251/goja"
)

// The scanner works on text rather than on sdk/item values because a member's
// name must keep its own bytes too, and because names and texts are then parts
// of the document's text that cost no allocation. It trusts that the document
// passed item.Check; on anything else it may miss members but never reads
// outside the text.

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
	for i := space(s, 1); i < len(s) && s[i] == '"'; {
		written, raw, next := scanMember(s, i)
		if next < 0 {
			break
		}
		i = next
		name := unquote(written)
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
	return list, index, escaped
}

// scanMember gives the name and the value of the member at s[i] as they are
// written, and the index behind it and its comma, or -1 when there is no member.
func scanMember(s string, i int) (name, value string, next int) {
	keyEnd := skipText(s, i)
	at := space(s, keyEnd)
	if at >= len(s) || s[at] != ':' {
		return "", "", -1
	}
	at = space(s, at+1)
	end := skip(s, at)
	if end <= at {
		return "", "", -1
	}
	return s[i:keyEnd], s[at:end], comma(s, end)
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

// scanElements splits an array.
func scanElements(s string) []string {
	var list []string
	for i := space(s, 1); i < len(s) && s[i] != ']'; {
		end := skip(s, i)
		if end <= i {
			break
		}
		list = append(list, s[i:end])
		i = comma(s, end)
	}
	return list
}

func space(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	return i
}

func comma(s string, i int) int {
	if i = space(s, i); i < len(s) && s[i] == ',' {
		i = space(s, i+1)
	}
	return i
}

// skip gives the index behind the value that starts at i.
func skip(s string, i int) int {
	if i >= len(s) {
		return i
	}
	switch s[i] {
	case '"':
		return skipText(s, i)
	case '{', '[':
		return skipNested(s, i)
	default:
		for i < len(s) && s[i] != ',' && s[i] != '}' && s[i] != ']' && s[i] > ' ' {
			i++
		}
		return i
	}
}

func skipNested(s string, i int) int {
	for depth := 0; i < len(s); {
		switch s[i] {
		case '"':
			i = skipText(s, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return i
}

func skipText(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// unquote decodes a quoted text. A lone surrogate becomes U+FFFD.
func unquote(quoted string) string {
	if len(quoted) < 2 {
		return ""
	}
	if strings.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var s string
	if json.Unmarshal([]byte(quoted), &s) != nil {
		return ""
	}
	return s
}

// textValue decodes a quoted text into a string of the interpreter. Lone
// surrogates survive: a script that only moves a text must not alter it.
func textValue(vm *goja.Runtime, quoted string) goja.Value {
	if strings.Contains(quoted, `\u`) {
		return goja.StringFromUTF16(unquoteUnits(quoted))
	}
	return vm.ToValue(unquote(quoted))
}

// unquoteUnits decodes a quoted text into UTF-16 code units.
func unquoteUnits(quoted string) []uint16 {
	inner := quoted[1 : len(quoted)-1]
	units := make([]uint16, 0, len(inner))
	for i := 0; i < len(inner); {
		cut := strings.IndexByte(inner[i:], '\\')
		if cut < 0 {
			cut = len(inner) - i
		}
		units = append(units, utf16.Encode([]rune(inner[i:i+cut]))...)
		if i += cut; i+1 >= len(inner) {
			break
		}
		if inner[i+1] == 'u' && i+6 <= len(inner) {
			units = append(units, hexUnit(inner[i+2:i+6]))
			i += 6
			continue
		}
		units = append(units, escapeUnit(inner[i+1]))
		i += 2
	}
	return units
}

func hexUnit(digits string) uint16 {
	var u uint16
	for i := range len(digits) {
		c := digits[i]
		switch {
		case c >= 'a':
			c -= 'a' - 10
		case c >= 'A':
			c -= 'A' - 10
		default:
			c -= '0'
		}
		u = u<<4 | uint16(c&15)
	}
	return u
}

func escapeUnit(c byte) uint16 {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	default:
		return uint16(c)
	}
}
