package codetable

import (
	"slices"

	"github.com/karezflow/karez/sdk/fault"
)

// Change is what is to become of rows.
type Change struct {
	// Put are rows to be there, each source once.
	Put []Row
	// Remove are sources of rows to be gone; with Replace all that Put does not name are.
	Remove  []string
	Replace bool
	// Version is that of the table for which the change was decided; 0 is any.
	Version int64
}

// Difference is a row that a change touches. Before is empty for a row that is added,
// After for one that is removed.
type Difference struct{ Before, After Row }

// Source gives the row's source.
func (d Difference) Source() string {
	if d.After.Source != "" {
		return d.After.Source
	}
	return d.Before.Source
}

// Plan is what a change comes to.
type Plan struct {
	// Added, Changed and Removed are in the order of the change, removed ones in that
	// of the known rows.
	Added, Changed, Removed []Difference
	Unchanged               int
	// Filled are the rows whose target is new.
	Filled []Row
}

// Empty tells whether there is nothing to do.
func (p Plan) Empty() bool { return len(p.Added)+len(p.Changed)+len(p.Removed) == 0 }

// PlanChange compares a change with the rows that are there: all of the table with
// Replace, else at least those that the change names.
func PlanChange(known []Row, c Change) Plan {
	var p Plan
	before := make(map[string]Row, len(known))
	for _, r := range known {
		before[r.Source] = r
	}
	kept := make(map[string]bool, len(c.Put))
	for _, r := range c.Put {
		kept[r.Source] = true
		old, there := before[r.Source]
		d := Difference{old, r}
		switch {
		case !there:
			p.Added = append(p.Added, d)
		case old.Target != r.Target || old.Note != r.Note:
			p.Changed = append(p.Changed, d)
		default:
			p.Unchanged++
		}
		if !there || old.Target != r.Target {
			p.Filled = append(p.Filled, r)
		}
	}
	for _, r := range known {
		if !kept[r.Source] && (c.Replace || slices.Contains(c.Remove, r.Source)) {
			p.Removed = append(p.Removed, Difference{Before: r})
		}
	}
	return p
}

// Check refuses a plan for a table of a version with as many rows.
func (p Plan) Check(c Change, version int64, rows int) error {
	if c.Version != 0 && c.Version != version {
		return fault.New("codetable.changed", "somebody changed the code table meanwhile").Classed(fault.Config).Hinted("look at the preview once more")
	}
	if rows+len(p.Added)-len(p.Removed) > MaxRows {
		return fault.New("codetable.full", "a code table has at most %d rows", MaxRows).Classed(fault.Data).Hinted("make a second table")
	}
	return nil
}
