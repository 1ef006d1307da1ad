package plan

import (
	"maps"
	"slices"
)

// Write is a target with what its keys are unique in and how they are made.
type Write struct {
	// Step is the index of its step.
	Step int
	// Resource names what keys are unique in, as far as it is fixed; Key is the text of
	// the key, "" for that of the document.
	Connection, Resource, Key string
}

// Overlap are two writes, by their indexes, of the same objects under the same keys.
type Overlap struct {
	First, Second int
	// Together says that one record may come to both.
	Together bool
}

// Overlaps gives the writes that take each other's keys: the key of a document belongs to
// the one that comes first.
func (p *Plan) Overlaps(writes []Write) []Overlap {
	var out []Overlap
	for second, b := range writes {
		for first, a := range writes[:second] {
			if a.Connection == b.Connection && a.Resource == b.Resource && a.Key == b.Key {
				out = append(out, Overlap{first, second, p.meets(a.Step, b.Step)})
			}
		}
	}
	return out
}

// meets reports whether one record may come to both steps: one leads to the other, or a
// port sends it both ways.
func (p *Plan) meets(a, b int) bool {
	if p.leads(a, b) || p.leads(b, a) {
		return true
	}
	forks := func(next []int) bool {
		for i, x := range next {
			for j, y := range next {
				if i != j && p.reaches(x, a) && p.reaches(y, b) {
					return true
				}
			}
		}
		return false
	}
	for _, step := range p.Steps {
		if slices.ContainsFunc(slices.Collect(maps.Values(step.Next)), forks) {
			return true
		}
	}
	return slices.ContainsFunc(p.Sources, func(s *Source) bool { return forks(s.Next) }) || slices.ContainsFunc(p.Inlets, func(in *Inlet) bool { return forks(in.Next) })
}

func (p *Plan) reaches(from, to int) bool { return from == to || p.leads(from, to) }

// leads reports whether a step leads to another.
func (p *Plan) leads(from, to int) bool {
	for _, next := range p.Steps[from].Next {
		if slices.ContainsFunc(next, func(n int) bool { return p.reaches(n, to) }) {
			return true
		}
	}
	return false
}
