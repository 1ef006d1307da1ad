package scope

import (
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/item"
)

// keptPicks bounds the buffers a scope keeps for mappings.
const keptPicks = 64

// Enter makes the document the outermost frame that bound names are read from:
// one pass over it finds every member they need.
func (s *Scope) Enter(pick *item.Pick) {
	p := s.picked[pick]
	if p == nil {
		if len(s.picked) >= keptPicks {
			clear(s.picked) // mappings of flow versions that have gone
		}
		if s.picked == nil {
			s.picked = map[*item.Pick]*item.Picked{}
		}
		p = &item.Picked{}
		s.picked[pick] = p
	}
	p.Read(pick, s.Doc)
	s.frames = append(s.frames[:0], p)
}

// EachLine makes each element of an array the innermost frame in turn, and calls
// do for it; pick is that of the array's level. An object counts as a list of
// one, for some vendors send a single line so. It stops when do reports false,
// and gives the value itself when that is neither a list, nor an object, nor blank.
func (s *Scope) EachLine(array *Ref, pick *item.Pick, do func() bool) (other item.Value) {
	depth := len(s.frames)
	defer func() { s.frames = s.frames[:depth] }()
	if lines, read := array.lines(s, pick); read {
		s.frames = append(s.frames, nil)
		for i := range lines {
			if s.frames[depth] = &lines[i]; !do() {
				return item.Value{}
			}
		}
		return item.Value{}
	}
	v := array.Value(s)
	line := s.spareAt(depth)
	s.frames = append(s.frames, line)
	switch v.Kind() {
	case item.Array:
		for e := range v.Elements() {
			if line.Read(pick, e); !do() {
				break
			}
		}
	case item.Object:
		line.Read(pick, v)
		do()
	default:
		if !v.Blank() {
			return v
		}
	}
	return item.Value{}
}

// spareAt gives the buffer of lines that are read one at a time at a depth.
func (s *Scope) spareAt(depth int) *item.Picked {
	for len(s.spare) <= depth {
		s.spare = append(s.spare, &item.Picked{})
	}
	return s.spare[depth]
}

// lines gives the lines of an array that were read together with the object around them.
func (r *Ref) lines(s *Scope, pick *item.Pick) ([]item.Picked, bool) {
	if r.origin != fromDoc || len(s.Lines) > 0 {
		return nil, false
	}
	for i := range r.places {
		p := &r.places[i]
		if v := p.value(s); v.Kind() != item.None {
			if v.Kind() != item.Array || p.slot == self || p.pick.List(p.slot) != pick {
				return nil, false
			}
			return s.frames[p.depth].List(p.slot), true
		}
	}
	return nil, false
}

// Level is an object whose members texts can name while they are compiled: the
// document, or the line of an array that encloses the text.
type Level struct {
	// Names are what a text may call the line by; the document has none.
	Names []string
	// Pick collects the members that texts name.
	Pick *item.Pick
}

// Levels are the document and the lines around a text, the innermost last.
type Levels []Level

// Document gives the levels of a text that no line encloses.
func Document() Levels { return Levels{{Pick: item.NewPick()}} }

// Within adds the level of an array's lines; array is bound already. Texts may
// name a line by the array's name as it is written, and with or without the names
// of the lines around it.
func (l Levels) Within(array *Ref) Levels {
	names := []string{array.name}
	for i := len(l) - 1; i > 0; i-- {
		for _, outer := range l[i].Names {
			if rest, ok := strings.CutPrefix(array.name, outer+"."); ok {
				names = append(names, rest)
			} else {
				names = append(names, outer+"."+array.name)
			}
		}
	}
	return append(slices.Clip(l), Level{Names: names, Pick: array.linesPick()})
}

// linesPick has the lines of the array read in the pass over the object that holds it.
func (r *Ref) linesPick() *item.Pick {
	pick := item.NewPick()
	for _, p := range r.places {
		if p.rest == "" && p.slot != self && p.pick.List(p.slot) != nil {
			pick = p.pick.List(p.slot) // the same array feeds another field
			break
		}
	}
	for _, p := range r.places {
		if p.rest == "" && p.slot != self && p.pick.List(p.slot) == nil {
			p.pick.SetList(p.slot, pick)
		}
	}
	return pick
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
	for depth := range slices.Backward(l) {
		r.places = append(r.places, l.places(depth, r.name)...)
	}
}

// places lists where a level may hold a path: as one member first, then as ever
// shorter members with a path below them.
func (l Levels) places(depth int, path string) []place {
	pick := l[depth].Pick
	places := []place{{depth: depth, slot: pick.Slot(path), pick: pick}}
	for cut := strings.LastIndexByte(path, '.'); cut > 0; cut = strings.LastIndexByte(path[:cut], '.') {
		places = append(places, place{depth, pick.Slot(path[:cut]), path[cut+1:], pick})
	}
	head, _, _ := strings.Cut(path, ".")
	if _, err := strconv.ParseUint(head, 10, 24); err == nil {
		places = append(places, place{depth: depth, slot: self, rest: path})
	}
	return places
}

// place is a member of a frame and the path below it. Slot self is the frame itself.
type place struct {
	depth, slot int
	rest        string
	pick        *item.Pick
}

const self = -1

func (p *place) value(s *Scope) item.Value {
	f := s.frames[p.depth]
	if p.slot == self {
		return f.Self().Path(p.rest)
	}
	v := f.Slot(p.slot)
	if p.rest == "" || v.Kind() == item.None {
		return v
	}
	return v.Path(p.rest)
}
