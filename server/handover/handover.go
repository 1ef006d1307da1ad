// Package handover knows where flows hand documents over to, and where documents are
// posted: the inlets and webhooks of published flows.
//
// It may import the engine and sdk/fault: never a database, HTTP or another service.
package handover

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/sdk/fault"
)

// Flows give flows of a workspace by their public ids.
type Flows interface {
	// Newest gives a flow's published document, or its draft where it was never
	// published, and its id and the id of its published version, 0 for a draft;
	// ledger.ErrNotFound.
	Newest(ctx context.Context, workspace ledger.ID, publicID string) (doc *flow.Document, id, version ledger.ID, err error)
}

// Plans give the compiled version of a flow.
type Plans interface {
	Plan(ctx context.Context, version ledger.ID) (*plan.Plan, error)
}

// Inlets implements push.Inlets.
type Inlets struct {
	Flows Flows
	Plans Plans
	Types flow.Types
}

var _ push.Inlets = Inlets{}

// Inlet gives an inlet of a flow. Where its published version can't be compiled the
// documents are taken all the same, as they are identified where they come from: they
// wait in the flow for what is wrong with it.
func (s Inlets) Inlet(ctx context.Context, workspace ledger.ID, publicID, node string) (push.Inlet, error) {
	doc, id, version, err := s.Flows.Newest(ctx, workspace, publicID)
	if errors.Is(err, ledger.ErrNotFound) {
		return push.Inlet{}, fault.New("handover.flow_missing", "there is no flow %s to hand over to", publicID).Classed(fault.Config).Arg("flow", publicID).
			Hinted("choose a flow of this workspace")
	}
	if err != nil {
		return push.Inlet{}, err
	}
	inlets := flow.NewGraph(doc, s.Types).Inlets()
	if node == "" && len(inlets) == 1 {
		node = inlets[0]
	}
	if !slices.Contains(inlets, node) {
		return push.Inlet{}, fault.New("handover.inlet_missing", "the flow has no inlet %s", node).Classed(fault.Config).
			Hinted("it has: %s", strings.Join(inlets, ", "))
	}
	to := push.Inlet{Inlet: ledger.Inlet{
		Flow: id, NodeID: node, Version: version, OnSeen: ledger.Skip, Priority: ledger.PriorityOf(doc.Spec.Settings.Priority),
	}}
	if version == 0 {
		return to, nil
	}
	compiled, err := s.Plans.Plan(ctx, version)
	switch f := fault.From(err); {
	case err == nil:
	case f.Class == fault.Config:
		return to, nil
	default:
		return to, err
	}
	if to.Plan = compiled.Inlet(node); to.Plan != nil {
		to.OnSeen = ledger.OnSeen(to.Plan.OnSeen)
	}
	return to, nil
}

// Webhook gives a webhook node of a flow as it is published. While the flow can't take
// documents the fault passes: whoever posts keeps them and comes again.
func (s Inlets) Webhook(ctx context.Context, workspace ledger.ID, publicID, node string) (ledger.Inlet, *plan.Inlet, error) {
	doc, id, version, err := s.Flows.Newest(ctx, workspace, publicID)
	switch {
	case errors.Is(err, ledger.ErrNotFound) || err == nil && version == 0:
		return ledger.Inlet{}, nil, fault.New("webhook.not_published", "the flow that takes these documents is not published").Classed(fault.Transient).
			Hinted("publish it, then send again")
	case err != nil:
		return ledger.Inlet{}, nil, err
	}
	compiled, err := s.Plans.Plan(ctx, version)
	if err != nil {
		if fault.ClassOf(err) != fault.Config {
			return ledger.Inlet{}, nil, err
		}
		return ledger.Inlet{}, nil, fault.New("webhook.flow_broken", "the flow that takes these documents can't run now").Classed(fault.Transient).Because(err).
			Hinted("look at the flow's problems, then send again")
	}
	in := compiled.Inlet(node)
	if node == "" || in == nil || in.Post == nil {
		return ledger.Inlet{}, nil, fault.New("webhook.node_gone", "the flow has no webhook node %s any more", node).Classed(fault.Transient).
			Hinted("publish the flow with the node, then send again")
	}
	return ledger.Inlet{
		Flow: id, NodeID: node, Version: version, OnSeen: ledger.OnSeen(in.OnSeen), Priority: ledger.PriorityOf(doc.Spec.Settings.Priority), Posted: true,
	}, in, nil
}
