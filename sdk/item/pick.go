package item

import "bytes"

// Pick is a set of members to be read from objects in one pass: of an object, and
// of the objects in its lists. It is built once and only read afterwards, by any
// number of goroutines.
type Pick struct {
	slots map[string]int
	lists []*Pick
	// nested says that any list's elements are read.
	nested bool
}

// NewPick makes an empty set.
func NewPick() *Pick { return &Pick{slots: map[string]int{}} }

// Slot adds a member, unless it is there, and gives its number.
func (p *Pick) Slot(name string) int {
	slot, ok := p.slots[name]
	if !ok {
		slot = len(p.lists)
		p.slots[name] = slot
		p.lists = append(p.lists, nil)
	}
	return slot
}

// List gives the members to be read from each element of the list in a slot, or
// nil when its elements are not read.
func (p *Pick) List(slot int) *Pick { return p.lists[slot] }

// SetList says which members are read from each element of the list in a slot.
func (p *Pick) SetList(slot int, of *Pick) { p.lists[slot], p.nested = of, true }

// find gives the slot of a member by its quoted name, or -1.
func (p *Pick) find(quoted []byte) int {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') >= 0 {
		inner = []byte(unquote(quoted))
	}
	if slot, ok := p.slots[string(inner)]; ok {
		return slot
	}
	return -1
}

// Picked is what one pass over an object found. It keeps its buffers, and the
// order of members it last saw, for the next object. The zero value is ready.
type Picked struct {
	self  Value
	slots []Value
	lists []pickedList
	order order
}

type pickedList struct {
	lines []Picked
	order order
}

// order remembers the members of the last object: the records of one interface
// repeat them in the same order, so that a comparison replaces a search.
type order struct {
	pick    *Pick
	members []member
}

type member struct {
	// name is the quoted name with what stands before the value.
	name []byte
	slot int
}

// Read reads v, which need not be an object. What an earlier Read gave is overwritten.
func (p *Picked) Read(pick *Pick, v Value) {
	p.self = v
	if v.Kind() != Object {
		p.reset(pick)
		return
	}
	p.object(pick, v.raw, 0, &p.order)
}

// Self gives the value that was read.
func (p *Picked) Self() Value { return p.self }

// Slot gives a member; of repeated names the last counts.
func (p *Picked) Slot(slot int) Value { return p.slots[slot] }

// List gives the elements of the list in a slot, when the Pick reads them.
func (p *Picked) List(slot int) []Picked { return p.lists[slot].lines }

func (p *Picked) reset(pick *Pick) {
	n := len(pick.lists)
	if cap(p.slots) < n {
		p.slots = make([]Value, n)
	} else {
		p.slots = p.slots[:n]
		clear(p.slots)
	}
	if !pick.nested {
		return
	}
	if cap(p.lists) < n {
		p.lists = make([]pickedList, n)
	}
	p.lists = p.lists[:n]
	for slot, of := range pick.lists {
		if of != nil {
			p.lists[slot].lines = p.lists[slot].lines[:0]
		}
	}
}

// object reads the object at b[i] and gives the index behind it.
func (p *Picked) object(pick *Pick, b []byte, i int, seen *order) int {
	p.reset(pick)
	if seen.pick != pick {
		seen.pick, seen.members = pick, seen.members[:0]
	}
	i = space(b, i+1)
	for n := 0; i < len(b) && b[i] == '"'; n++ {
		at, slot := seen.member(pick, b, i, n)
		if at < 0 {
			return len(b)
		}
		var end int
		switch {
		case at < len(b) && b[at] == '"':
			if slot >= 0 && pick.lists[slot] != nil {
				p.lists[slot].lines = p.lists[slot].lines[:0]
			}
			end = skipText(b, at) // what most members are
		case slot < 0 || pick.lists[slot] == nil:
			end = Skip(b, at)
		case at < len(b) && b[at] == '[':
			end = p.lists[slot].read(pick.lists[slot], b, at)
		default:
			p.lists[slot].lines = p.lists[slot].lines[:0]
			end = Skip(b, at)
		}
		if end <= at {
			return len(b)
		}
		if slot >= 0 {
			p.slots[slot] = Value{b[at:end]}
		}
		i = comma(b, end)
	}
	if i < len(b) {
		i++
	}
	return i
}

// member reads the name at b[i], the n-th of its object, and gives where its
// value starts, or -1 when there is none.
func (o *order) member(pick *Pick, b []byte, i, n int) (at, slot int) {
	if n < len(o.members) {
		m := &o.members[n]
		if at := i + len(m.name); at < len(b) && string(b[i:at]) == string(m.name) {
			return space(b, at), m.slot
		}
	}
	keyEnd := Skip(b, i)
	at = space(b, keyEnd)
	if at >= len(b) || b[at] != ':' || keyEnd-i < 2 {
		return -1, -1
	}
	at++
	slot = pick.find(b[i:keyEnd])
	if n >= len(o.members) {
		o.members = append(o.members, member{})
		n = len(o.members) - 1
	}
	m := &o.members[n]
	m.name, m.slot = append(m.name[:0], b[i:at]...), slot
	return space(b, at), slot
}

// read reads the list at b[i] and gives the index behind it.
func (l *pickedList) read(pick *Pick, b []byte, i int) int {
	l.lines = l.lines[:0]
	i = space(b, i+1)
	for i < len(b) && b[i] != ']' {
		if n := len(l.lines); n < cap(l.lines) {
			l.lines = l.lines[:n+1]
		} else {
			l.lines = append(l.lines, Picked{})
		}
		line := &l.lines[len(l.lines)-1]
		var end int
		if b[i] == '{' {
			end = line.object(pick, b, i, &l.order)
		} else {
			line.reset(pick)
			end = Skip(b, i)
		}
		if end <= i {
			l.lines = l.lines[:len(l.lines)-1]
			return len(b)
		}
		line.self = Value{b[i:end]}
		i = comma(b, end)
	}
	if i < len(b) {
		i++
	}
	return i
}
