package scope

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/item"
)

// Table numbers the members of an object that texts name, so that one pass over
// the object finds them all. It is built while texts are compiled and only read afterwards.
type Table struct {
	names []string
	slots map[string]int
}

// NewTable makes an empty table.
func NewTable() *Table { return &Table{slots: map[string]int{}} }

// add gives the slot of a member.
func (t *Table) add(name string) int {
	slot, ok := t.slots[name]
	if !ok {
		slot = len(t.names)
		t.slots[name] = slot
		t.names = append(t.names, name)
	}
	return slot
}

// slot finds a member by its quoted name as the document writes it, or -1.
func (t *Table) slot(quoted []byte) int {
	if len(quoted) < 2 {
		return -1
	}
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') >= 0 {
		inner = []byte(item.Of(quoted).Text())
	}
	if slot, ok := t.slots[string(inner)]; ok {
		return slot
	}
	return -1
}

// frame is an object of the document with the members a table numbers.
type frame struct {
	self  item.Value
	slots []item.Value
}

// Fill makes obj the frame at a depth: 0 is the document, 1 the line of an
// outermost array, and so on. Of repeated members the last counts.
func (s *Scope) Fill(depth int, t *Table, obj item.Value) {
	for len(s.frames) <= depth {
		s.frames = append(s.frames, frame{})
	}
	f := &s.frames[depth]
	f.self = obj
	if cap(f.slots) < len(t.names) {
		f.slots = make([]item.Value, len(t.names))
	}
	f.slots = f.slots[:len(t.names)]
	clear(f.slots)
	for key, val := range obj.Members() {
		if slot := t.slot(key); slot >= 0 {
			f.slots[slot] = val
		}
	}
}

// Level is an object whose members texts can name while they are compiled: the
// document, or the line of an array that encloses the text.
type Level struct {
	// Names are what a text may call the line by; the document has none.
	Names []string
	Table *Table
}

// Levels are the document and the lines around a text, the innermost last.
type Levels []Level

// Within adds the lines of an array: texts may name them by the array's name as
// it is written, and with or without the names of the lines around it.
func (l Levels) Within(array string) Levels {
	names := []string{array}
	for i := len(l) - 1; i > 0; i-- {
		for _, outer := range l[i].Names {
			if rest, ok := strings.CutPrefix(array, outer+"."); ok {
				names = append(names, rest)
			} else {
				names = append(names, outer+"."+array)
			}
		}
	}
	return append(l[:len(l):len(l)], Level{Names: names, Table: NewTable()})
}

// Bind tells a name where the frames will hold it: first in the lines it calls by
// name, then as a member of each line from the inside out, then of the document.
func (l Levels) Bind(r *Ref) {
	if r.origin == fromSystem {
		return
	}
	for depth := len(l) - 1; depth > 0; depth-- {
		for _, name := range l[depth].Names {
			if r.name == name {
				r.places, r.line = append(r.places, place{depth: depth, slot: self}), true
			} else if rest, ok := strings.CutPrefix(r.name, name+"."); ok {
				r.places, r.line = append(r.places, l.places(depth, rest)...), true
			}
		}
	}
	if r.origin != fromDoc {
		return
	}
	for depth := len(l) - 1; depth >= 0; depth-- {
		r.places = append(r.places, l.places(depth, r.name)...)
	}
}

// places lists where a level may hold a path: as one member first, then as ever
// shorter members with a path below them.
func (l Levels) places(depth int, path string) []place {
	t := l[depth].Table
	places := []place{{depth: depth, slot: t.add(path)}}
	for cut := strings.LastIndexByte(path, '.'); cut > 0; cut = strings.LastIndexByte(path[:cut], '.') {
		places = append(places, place{depth, t.add(path[:cut]), path[cut+1:]})
	}
	head, _, _ := strings.Cut(path, ".")
	if _, err := strconv.ParseUint(head, 10, 24); err == nil {
		places = append(places, place{depth, self, path})
	}
	return places
}

// place is a member of a frame and the path below it. Slot self is the frame itself.
type place struct {
	depth, slot int
	rest        string
}

const self = -1

func (p place) value(s *Scope) item.Value {
	f := &s.frames[p.depth]
	v := f.self
	if p.slot != self {
		v = f.slots[p.slot]
	}
	if p.rest == "" || v.Kind() == item.None {
		return v
	}
	return v.Path(p.rest)
}
