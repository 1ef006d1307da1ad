// Package plan is a flow version that can run: sources with their windows, pages and
// request programs, inlets, and the steps of the push side in topological order with
// compiled settings. How a flow document becomes a plan is engine/plan/compile.
//
// It may import engine/errand, engine/fields, engine/flow, engine/group, engine/retry, engine/value and the sdk: never
// the compiler, a store, a session or a node by name.
package plan

import (
	"slices"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/group"
	"github.com/karezflow/karez/engine/retry"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
)

// Plan is a flow version that can run. It is immutable and used concurrently.
type Plan struct {
	Flow    *flow.Document
	Sources []*Source
	// Inlets are where documents of other flows enter.
	Inlets []*Inlet
	// Steps are in topological order: an edge leads to a later step.
	Steps []*Step
	// Params are the flow's parameters with their defaults, a JSON object.
	Params []byte
	// Lookups are the fields of other flows' documents that this one looks into.
	Lookups []Lookup
}

// Lookup is a source node of a flow, named by its public id, whose documents are
// looked into by the paths of their fields.
type Lookup struct {
	Flow, Source string
	Paths        []string
}

// Step is a compiled node of the push side.
type Step struct {
	NodeID string
	NodeNo int
	Type   string
	Role   node.Role
	// Apply is set for transforms.
	Apply node.TransformFunc
	// Explain says of every field of the step's mapping what becomes of it; nil for a
	// step without one.
	Explain func(in item.Item) ([]value.Explained, error)
	// Target is set for targets, Writeback for writebacks and respond nodes.
	Target    *Target
	Writeback *Writeback
	// Notice is set for nodes that send messages.
	Notice *errand.Call
	// Group is set for barriers.
	Group *group.Program
	// Next are the steps a port leads to; DefaultPort is the first declared output.
	Next        map[string][]int
	DefaultPort string
}

// Target is a compiled target node.
type Target struct {
	Connection string
	Manifest   *manifest.Manifest
	Operation  *manifest.Operation
	// Key identifies the object in the target; nil means the document key and part.
	Key *value.Program
	// Rows is the most rows of a call.
	Rows                  int
	OnConflict, OnRevised string
	// Owned says that keys need an ownership row.
	Owned  bool
	Params *value.Params
	// Retry is what is done about failures; nil is the default table.
	Retry retry.Table
	// Steps follow the write, in their order.
	Steps []FollowUp
}

// FollowUp is a step behind a write: an action on the object that was written.
type FollowUp struct {
	Operation *manifest.Operation
	// ID and Number are the request fields that name the object.
	ID, Number string
}

// After gives the index of the step that follows the one with a name, the write's own
// first; the number of steps where none does. A step that the target takes no longer
// still has its place among those that the manifest declares.
func (t *Target) After(name string) int {
	declared := func(name string) int {
		return slices.IndexFunc(t.Operation.Writing.Steps, func(s manifest.Step) bool { return s.Operation == name })
	}
	at := declared(name)
	for i, s := range t.Steps {
		if declared(s.Operation.Name) > at {
			return i
		}
	}
	return len(t.Steps)
}

// Mode gives the manifest's rules for a mode, nil when the operation lacks it.
func (t *Target) Mode(mode connector.Mode) *manifest.Mode {
	if mode == connector.Update {
		return t.Operation.Writing.Update
	}
	return t.Operation.Writing.Create
}

// Resource names what keys of this call are unique in: the operation's object and form.
func (t *Target) Resource(params item.Value) string {
	if t.Operation.Form == "" {
		return t.Operation.Object
	}
	return t.Operation.Object + "#" + params.Field(t.Operation.Form).Text()
}

// Writeback is a compiled writeback or respond node.
type Writeback struct {
	// Store is what is kept with the delivery; nil keeps nothing.
	Store *value.Params
	// Hand is what is handed over to another flow; nil hands over nothing.
	Hand *Hand
	// Reply is what a respond node answers whoever posted the document; nil answers nothing.
	Reply *Reply
	// Call is the operation that is called for what was written; nil calls none.
	Call *errand.Call
}

// Hand is where a writeback hands documents over to, and as what.
type Hand struct {
	// Flow is the public id of the flow that takes them, Node its inlet, "" for the only one.
	Flow, Node string
	// Document builds what is handed over; nil hands over the source document.
	Document *value.Mapping
}

// Entry gives the source or inlet with the id.
func (p *Plan) Entry(nodeID string) (Entry, bool) {
	for _, s := range p.Sources {
		if s.NodeID == nodeID {
			return Entry{s.NodeID, s.NodeNo, s.OnSeen, s.Next, s.DefaultPort, s.Opened}, true
		}
	}
	if in := p.Inlet(nodeID); in != nil {
		return in.Entry, true
	}
	return Entry{}, false
}

// Inlet gives the inlet with the id, and without one the only inlet; nil where there
// is no such inlet.
func (p *Plan) Inlet(nodeID string) *Inlet {
	if nodeID == "" && len(p.Inlets) == 1 {
		return p.Inlets[0]
	}
	at := slices.IndexFunc(p.Inlets, func(in *Inlet) bool { return in.NodeID == nodeID })
	if at < 0 {
		return nil
	}
	return p.Inlets[at]
}
