package compile

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/fields"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// inlet compiles an inlet node.
func (n *nodeAt) inlet() {
	in := n.entry()
	n.reads(in)
	n.plan.Inlets = append(n.plan.Inlets, in)
}

// entry compiles how documents are identified that enter at a node.
func (n *nodeAt) entry() *plan.Inlet {
	opts := value.Options{Zone: n.zone}
	in := &plan.Inlet{
		Entry: plan.Entry{NodeID: n.node.ID, NodeNo: n.number(n.node.ID), OnSeen: n.setting("onSeen").Text()},
		Key:   n.compiled("key", opts), Number: n.compiled("number", opts), Modified: n.compiled("modified", opts),
		Params: item.Of(n.plan.Params), Zone: n.zone,
	}
	in.Next, in.DefaultPort = n.entered()
	in.Opened = n.opened()
	return in
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
func (n *nodeAt) reads(in *plan.Inlet) {
	if raw := n.setting("conditions"); !raw.Blank() {
		cond, faults := value.CompileConditions(raw.Raw(), value.Options{Zone: n.zone, Path: "conditions"})
		n.report(faults...)
		in.Read = &plan.Reading{Conditions: cond}
	}
	alias := n.setting("from").Text()
	if alias == "" {
		if in.Read != nil {
			n.report(fault.New("setting.required", "choose the flow whose documents the conditions are about").At("from").Classed(fault.Config))
		}
		in.Read = nil
		return
	}
	read := cmp.Or(in.Read, &plan.Reading{})
	name, node, _ := strings.Cut(alias, ".")
	read.Source = cmp.Or(n.setting("source").Text(), node)
	flow, f := Finder{n.compiler}.stream(name, read.Source)
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

// hand compiles what a writeback hands over, nil where it hands over nothing.
func (n *nodeAt) hand() *plan.Hand {
	to := n.setting("to").Text()
	if to == "" {
		return nil
	}
	h := &plan.Hand{}
	alias, node, _ := strings.Cut(to, ".")
	h.Flow, h.Node = n.doc.Spec.Uses[alias].Flow, node
	if h.Flow != "" { // an alias that is unknown or open is reported by flow.Validate
		n.takes(h, to)
	}
	raw := n.setting("document")
	if raw.Kind() == item.Array && string(raw.Raw()) != "[]" {
		var faults []*fault.Fault
		h.Document, faults = value.CompileMapping(raw.Raw(), nil, value.Options{Zone: n.zone, Path: "document", Finder: Finder{n.compiler}, Miss: value.MissEmpty})
		n.report(faults...)
	}
	return h
}

// takes reports a flow that takes no documents.
func (n *nodeAt) takes(h *plan.Hand, to string) {
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
