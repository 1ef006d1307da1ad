package item

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
)

// place is where a member stands in the bytes of a record.
type place struct {
	// object is where the object begins that the member is of, name and value its parts.
	object, name, nameEnd, value, valueEnd int
}

// Locate gives where the value at a dotted path of members stands in raw, a JSON
// object: each object's longest member name that matches exactly comes first, then
// nesting, as in Value.Path. It is false where nothing stands there.
func Locate(raw []byte, path string) (start, end int, ok bool) {
	p, ok := locate(raw, space(raw, 0), path)
	return p.value, p.valueEnd, ok
}

func locate(b []byte, object int, path string) (place, bool) {
	if p, ok := find(b, object, path); ok {
		return p, true
	}
	for cut := strings.LastIndexByte(path, '.'); cut > 0; cut = strings.LastIndexByte(path[:cut], '.') {
		outer, ok := find(b, object, path[:cut])
		if !ok {
			continue
		}
		if p, ok := locate(b, outer.value, path[cut+1:]); ok {
			return p, true
		}
	}
	return place{}, false
}

// find gives the member of the object at b[object] with this name, of repeated names the last.
func find(b []byte, object int, name string) (found place, ok bool) {
	for p := range members(b, object) {
		if sameKey(b[p.name:p.nameEnd], name) {
			found, ok = p, true
		}
	}
	return found, ok
}

// members walks the object at b[object]; anything else has none.
func members(b []byte, object int) func(yield func(place) bool) {
	return func(yield func(place) bool) {
		if object >= len(b) || b[object] != '{' {
			return
		}
		for i := space(b, object+1); i < len(b) && b[i] == '"'; {
			p := place{object: object, name: i, nameEnd: Skip(b, i)}
			at := space(b, p.nameEnd)
			if at >= len(b) || b[at] != ':' {
				return
			}
			p.value = space(b, at+1)
			p.valueEnd = Skip(b, p.value)
			if p.valueEnd <= p.value || !yield(p) {
				return
			}
			i = comma(b, p.valueEnd)
		}
	}
}

// Split makes one record of each line of a list in a record. The members of the
// line stand in the list's place, and every byte around them stays. A line that is
// no object keeps the list's name; an object in the list's place counts as its only line.
type Split struct {
	// Path leads to the list, see Locate.
	Path string
	// Prefix goes before the names of the line's members.
	Prefix string
	// Index, where it is not "", is a member that takes the line's number, from 1.
	Index string
	// Bare leaves out what is not the line's.
	Bare bool
}

// Records splits raw, a JSON object. It gives none where the list is missing, null,
// empty, or the empty text. Its error is a *fault.Fault: "item.not_a_list" at the
// path, or "item.name_taken" where a line and the record around it both have a member.
func (s Split) Records(raw []byte) ([][]byte, error) {
	list, ok := locate(raw, space(raw, 0), s.Path)
	if !ok {
		return nil, nil
	}
	lines, err := s.lines(raw[list.value:list.valueEnd])
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	before, after := raw[:list.name], raw[list.valueEnd:]
	around := map[string]bool{}
	if s.Bare {
		before, after = []byte{'{'}, []byte{'}'}
	} else {
		for p := range members(raw, list.object) {
			if p.name != list.name {
				around[unquote(raw[p.name:p.nameEnd])] = true
			}
		}
	}
	records := make([][]byte, len(lines))
	for i, line := range lines {
		inner, err := s.inner(raw[list.name:list.nameEnd], line, i+1, around)
		if err != nil {
			return nil, err
		}
		records[i] = join(before, inner, after)
	}
	return records, nil
}

// Without gives the record without the list, for a record that has no lines.
func (s Split) Without(raw []byte) []byte {
	list, ok := locate(raw, space(raw, 0), s.Path)
	if !ok {
		return raw
	}
	return join(raw[:list.name], nil, raw[list.valueEnd:])
}

func (s Split) lines(raw []byte) ([]Value, error) {
	list := Value{raw}
	switch list.Kind() {
	case Array:
		var lines []Value
		for e := range list.Elements() {
			lines = append(lines, e)
		}
		return lines, nil
	case Object:
		return []Value{list}, nil
	default:
		if list.Blank() {
			return nil, nil
		}
		return nil, fault.New("item.not_a_list", "%s is no list and can't be split into lines", s.Path).At(s.Path).Classed(fault.Data)
	}
}

// inner gives the members that a line brings.
func (s Split) inner(name []byte, line Value, number int, around map[string]bool) ([]byte, error) {
	var out []byte
	if s.Index != "" {
		if around[s.Index] {
			return nil, s.taken(s.Index)
		}
		out = append(AppendText(nil, s.Index), ':')
		out = strconv.AppendInt(out, int64(number), 10)
	}
	if line.Kind() != Object {
		if unquote(name) == s.Index {
			return nil, s.taken(s.Index)
		}
		out = append(append(separate(out), name...), ':')
		return append(out, line.raw...), nil
	}
	prefix := AppendText(nil, s.Prefix)
	prefix = prefix[:len(prefix)-1]
	for p := range members(line.raw, 0) {
		key := append(bytes.Clone(prefix), line.raw[p.name+1:p.nameEnd]...)
		if taken := unquote(key); around[taken] || s.Index != "" && taken == s.Index {
			return nil, s.taken(taken)
		}
		// What stands between a name and its value is nobody's to change.
		out = append(separate(out), key...)
		out = append(out, line.raw[p.nameEnd:p.valueEnd]...)
	}
	return out, nil
}

func separate(members []byte) []byte {
	if len(members) == 0 {
		return members
	}
	return append(members, ',')
}

func (s Split) taken(name string) *fault.Fault {
	return fault.New("item.name_taken", "the lines of %s bring a member %s, which the record has already", s.Path, name).At(s.Path).
		Classed(fault.Data).Hinted("give the lines' fields a prefix")
}

// join puts members between the two parts of an object, of which the first ends
// with its brace or a comma; without members the comma too many goes.
func join(before, inner, after []byte) []byte {
	if len(inner) == 0 {
		if rest := space(after, 0); rest < len(after) && after[rest] == ',' {
			after = after[space(after, rest+1):]
		} else {
			before = trim(before)
			before = bytes.TrimSuffix(before, []byte{','})
		}
	}
	out := make([]byte, 0, len(before)+len(inner)+len(after))
	out = append(append(out, before...), inner...)
	return append(out, after...)
}
