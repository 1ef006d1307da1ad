package compile

import (
	"strconv"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// webhook compiles a webhook node: an inlet whose documents are posted.
func (n *nodeAt) webhook() {
	in := n.entry()
	in.Post = &plan.Posting{Token: n.setting("auth").Text() == "token", Records: n.setting("records").Text()}
	if n.setting("answer").Text() == "result" {
		in.Post.Wait = time.Duration(n.whole("wait")) * time.Second
	}
	n.plan.Inlets = append(n.plan.Inlets, in)
}

// respond compiles a respond node. One that no posted document reaches answers nobody.
func (n *nodeAt) respond() {
	step := n.plan.Steps[n.at[n.node.ID]]
	step.Writeback = &plan.Writeback{}
	posted := false
	for id := range n.graph.Upstream(n.node.ID) {
		d, _ := n.graph.Declaration(id)
		posted = posted || d.Role == node.Webhook
	}
	if !posted {
		p := flow.ProblemOf(fault.New("respond.no_webhook", "no posted document reaches the node: it answers nobody").Hinted("begin the flow with a webhook"), n.path)
		p.Blocking = false
		n.problems = append(n.problems, p)
	}
	reply := &plan.Reply{Status: int(n.whole("status"))}
	if raw := n.setting("body"); raw.Kind() == item.Array && string(raw.Raw()) != "[]" {
		var faults []*fault.Fault
		reply.Body, faults = value.CompileMapping(raw.Raw(), nil, value.Options{Zone: n.zone, Path: "body"})
		n.report(faults...)
	}
	if posted {
		step.Writeback.Reply = reply
	}
}

// whole gives a setting that is a whole number, which flow.Validate has checked.
func (n *nodeAt) whole(key string) int64 {
	out, _ := strconv.ParseInt(n.setting(key).Text(), 10, 64)
	return out
}
