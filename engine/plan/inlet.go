package plan

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/fields"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Inlet is a compiled inlet: documents of other flows enter there.
type Inlet struct {
	Entry
	// Key, Number and Modified are nil where they are those that a document has in the
	// flow it comes from.
	Key, Number, Modified *value.Program
	// Read is what the inlet reads; nil where it only takes what is handed over.
	Read *Reading

	params item.Value
	zone   *time.Location
}

// Reading is which stored documents of another flow an inlet reads.
type Reading struct {
	// Flow is the public id, Source the node, "" for the only one.
	Flow, Source string
	// States are the names of those in which a document is read.
	States []string
	// StartFrom leaves out what was not changed since.
	StartFrom time.Time
	// Conditions drop documents that do not pass; nil drops none.
	Conditions *value.Conditions
}

// Entry is where documents enter the push side: a source or an inlet.
type Entry struct {
	NodeID string
	NodeNo int
	OnSeen string
	// Next are the steps that DefaultPort, the first declared output, leads to.
	Next        []int
	DefaultPort string
	// Opened are the paths of texts that are opened as the JSON that they hold.
	Opened []string
}

// Open gives a stored document as programs read it.
func (e Entry) Open(body []byte) []byte { return opened(body, e.Opened) }

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

// Identity is what tells a document from others and when it was changed.
type Identity struct {
	Key, Number string
	Modified    time.Time
}

// Identify gives the identity that a document has here, own being that where it comes
// from. Its error is that of the key.
func (n *Inlet) Identify(scope *value.Scope, own Identity) (Identity, error) {
	scope.Params = n.params
	out := own
	if n.Key != nil {
		key, err := n.Key.Text(scope)
		if err != nil {
			return own, err
		}
		out.Key = key
	}
	if n.Number != nil {
		out.Number, _ = n.Number.Text(scope) // a number is for searching: without it the document still goes
	}
	if n.Modified != nil {
		out.Modified = momentOf(n.Modified, scope, n.zone)
	}
	return out, nil
}

// momentOf gives a time of change, the zero time where there is none.
func momentOf(program *value.Program, scope *value.Scope, zone *time.Location) time.Time {
	v, err := program.Raw(scope)
	if err != nil {
		return time.Time{}
	}
	at, blank, err := format.ParseMoment(v, zone)
	if err != nil || blank {
		return time.Time{}
	}
	return at.In(zone)
}

// inlet compiles an inlet node.
func (n *nodeAt) inlet() {
	opts := value.Options{Zone: n.zone}
	in := &Inlet{
		Entry: Entry{NodeID: n.node.ID, NodeNo: n.number(n.node.ID), OnSeen: n.setting("onSeen").Text()},
		Key:   n.compiled("key", opts), Number: n.compiled("number", opts), Modified: n.compiled("modified", opts),
		params: item.Of(n.plan.Params), zone: n.zone,
	}
	in.Next, in.DefaultPort = n.entered()
	in.Opened = n.opened()
	n.reads(in)
	n.plan.Inlets = append(n.plan.Inlets, in)
}

// entered gives what the node that documents enter by leads to.
func (n *nodeAt) entered() (next []int, port string) {
	for _, end := range n.graph.Successors(n.node.ID, "") {
		if at, ok := n.at[end.Node]; ok {
			next = append(next, at)
		}
	}
	return next, n.graph.DefaultPort(n.node.ID)
}

// opened gives the known fields that are JSON as a text.
func (n *nodeAt) opened() []string {
	var known []fields.Known
	_ = json.Unmarshal(n.setting("fields").Raw(), &known) // checked by flow.Validate
	return fields.Opened(known)
}

// reads compiles what an inlet reads.
func (n *nodeAt) reads(in *Inlet) {
	if raw := n.setting("conditions"); !raw.Blank() {
		cond, faults := value.CompileConditions(raw.Raw(), value.Options{Zone: n.zone, Path: "conditions"})
		n.report(faults...)
		in.Read = &Reading{Conditions: cond}
	}
	alias := n.setting("from").Text()
	if alias == "" {
		if in.Read != nil {
			n.report(fault.New("setting.required", "choose the flow whose documents the conditions are about").At("from").Classed(fault.Config))
		}
		in.Read = nil
		return
	}
	read := cmp.Or(in.Read, &Reading{})
	name, node, _ := strings.Cut(alias, ".")
	read.Source = cmp.Or(n.setting("source").Text(), node)
	flow, f := finder{n.compiler}.stream(name, read.Source)
	if f != nil {
		n.report(f.At("from"))
		return
	}
	read.Flow, read.Source, _ = strings.Cut(flow, ".")
	for state := range n.setting("states").Elements() {
		read.States = append(read.States, state.Text())
	}
	if len(read.States) == 0 {
		read.States = []string{"delivered", "collected"}
	}
	if at, blank, err := format.ParseMoment(n.setting("startFrom"), n.zone); err == nil && !blank { // else refused by the node's check
		read.StartFrom = at.In(n.zone)
	}
	in.Read = read
}

// Hand is where a writeback hands documents over to, and as what.
type Hand struct {
	// Flow is the public id of the flow that takes them, Node its inlet, "" for the only one.
	Flow, Node string
	// Document builds what is handed over; nil hands over the source document.
	Document *value.Mapping
}

// hand compiles what a writeback hands over, nil where it hands over nothing.
func (n *nodeAt) hand() *Hand {
	to := n.setting("to").Text()
	if to == "" {
		return nil
	}
	h := &Hand{}
	alias, node, _ := strings.Cut(to, ".")
	h.Flow, h.Node = n.doc.Spec.Uses[alias].Flow, node
	if h.Flow != "" { // an alias that is unknown or open is reported by flow.Validate
		n.takes(h, to)
	}
	raw := n.setting("document")
	if raw.Kind() == item.Array && string(raw.Raw()) != "[]" {
		var faults []*fault.Fault
		h.Document, faults = value.CompileMapping(raw.Raw(), nil, value.Options{Zone: n.zone, Path: "document"})
		n.report(faults...)
	}
	return h
}

// takes reports a flow that takes no documents.
func (n *nodeAt) takes(h *Hand, to string) {
	if n.Flows == nil {
		return
	}
	inlets, known, there := n.Flows.Inlets(h.Flow)
	refuse := func(f *fault.Fault) { n.report(f.At("to").Classed(fault.Config).Arg("flow", to)) }
	switch {
	case !there:
		refuse(fault.New("handover.flow_missing", "there is no flow %s to hand over to", to).Hinted("choose a flow of this workspace"))
	case !known:
	case len(inlets) == 0:
		refuse(fault.New("handover.no_inlet", "the flow %s takes no documents", to).Hinted("add a node “From another flow” to it and publish it"))
	case h.Node == "" && len(inlets) > 1:
		refuse(fault.New("handover.inlet_open", "the flow %s takes documents at several nodes", to).Hinted("name one of them behind a dot: %s", strings.Join(inlets, ", ")))
	case h.Node != "" && !slices.Contains(inlets, h.Node):
		refuse(fault.New("handover.inlet_missing", "the flow has no inlet %s", h.Node).Hinted("it has: %s", strings.Join(inlets, ", ")))
	}
}
