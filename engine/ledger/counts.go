package ledger

import (
	"cmp"
	"slices"
)

// Slot names a number that is kept for a run: the reading slots below, a State's
// name, or "port:" and a port's name for the traffic of a node.
type Slot string

// The reading slots. Claimed is computed from the work rows when counts are read.
const (
	SlotPulled    Slot = "pulled"
	SlotDropped   Slot = "dropped"
	SlotUnchanged Slot = "unchanged"
	SlotIgnored   Slot = "ignored"
	SlotAccepted  Slot = "accepted"
	SlotClaimed   Slot = "claimed"
	// SlotFound counts what a sweep found missing; it is part of SlotAccepted.
	SlotFound Slot = "found"
)

// SlotOf gives the slot of a state.
func SlotOf(s State) Slot { return Slot(s.String()) }

// PortSlot gives the slot of a port's traffic.
func PortSlot(port string) Slot { return Slot("port:" + port) }

// CountKey is one number of a run. NodeNo is 0 for the run as a whole.
type CountKey struct {
	Run    ID
	NodeNo int
	Slot   Slot
}

// Deltas are changes of counts, committed with what they count.
type Deltas map[CountKey]int

// Add changes the run's count of a slot.
func (d Deltas) Add(run ID, slot Slot, n int) { d.AddAt(run, 0, slot, n) }

// AddAt changes a node's count. What belongs to no run is not counted.
func (d Deltas) AddAt(run ID, node int, slot Slot, n int) {
	if run == 0 {
		return
	}
	key := CountKey{run, node, slot}
	if d[key] += n; d[key] == 0 {
		delete(d, key)
	}
}

// Move takes one revision of a run from a state to another.
func (d Deltas) Move(run ID, from, to State) {
	d.Add(run, SlotOf(from), -1)
	d.Add(run, SlotOf(to), 1)
}

// Sorted gives the keys in a fixed order, so that concurrent transactions lock alike.
func (d Deltas) Sorted() []CountKey {
	keys := make([]CountKey, 0, len(d))
	for k := range d {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b CountKey) int {
		return cmp.Or(cmp.Compare(a.Run, b.Run), cmp.Compare(a.NodeNo, b.NodeNo), cmp.Compare(a.Slot, b.Slot))
	})
	return keys
}

// Counts are a run's numbers by slot. Waiting excludes Claimed.
type Counts map[Slot]int

// Sum adds up the states.
func (c Counts) Sum() int {
	n := c[SlotClaimed]
	for _, s := range States() {
		n += c[SlotOf(s)]
	}
	return n
}

// Balanced reports whether both identities of DESIGN section 5 hold.
func (c Counts) Balanced() bool {
	return c[SlotPulled] == c[SlotDropped]+c[SlotUnchanged]+c[SlotIgnored]+c[SlotAccepted] && c[SlotAccepted] == c.Sum()
}

// Settled reports whether nothing is waiting, claimed or held.
func (c Counts) Settled() bool {
	return c[SlotOf(Waiting)] == 0 && c[SlotClaimed] == 0 && c[SlotOf(Held)] == 0
}
