// Package lineages is the part of the interface that is about where documents came from
// and what became of them.
//
// It may import huma, server/api/rest and server/lineage: never another service, a store or gin.
package lineages

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/lineage"
)

type lineageView struct {
	Root  string            `json:"root" doc:"The node of the document that was asked about"`
	Nodes []lineageNodeView `json:"nodes"`
	Edges []lineageEdgeView `json:"edges"`
	Cut   []string          `json:"cut" enum:"nodes,hops" doc:"Why there is more than is shown: too many nodes, or too many hops away"`
}

type lineageNodeView struct {
	ID         string `json:"id"`
	Kind       string `json:"kind" enum:"document,delivery,errand"`
	Document   string `json:"document" doc:"The document that it is, or belongs to"`
	Hop        int    `json:"hop" doc:"How many documents away, negative towards the sources"`
	Flow       string `json:"flow"`
	FlowTitle  string `json:"flowTitle"`
	Version    int    `json:"version"`
	Node       string `json:"node"`
	Label      string `json:"label" doc:"A number, else a key; of a call its operation"`
	State      string `json:"state" enum:"waiting,claimed,held,delivered,collected,filtered,rejected,retry_at,unmapped,needs_decision,superseded,skipped,ignored,pending,sending,done,unknown,told"`
	Connection string `json:"connection,omitempty"`
	Bill       bool   `json:"bill,omitempty"`
}

type lineageEdgeView struct {
	From string `json:"from"`
	To   string `json:"to"`
	Kind string `json:"kind" enum:"handed,grouped,written,told"`
	Node string `json:"node,omitempty" doc:"The node of the flow by which it came to be"`
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, service *lineage.Service) {
	huma.Register(api, rest.Op(http.MethodGet, "/documents/{id}/lineage", "getLineage", "Where a document came from and what became of it, over several flows", 0),
		rest.Handle(kit, func(ctx context.Context, in *rest.IDInput) (*rest.Body[lineageView], error) {
			g, err := service.Of(ctx, in.ID)
			return rest.Answer(view(g), err)
		}))
}

func view(g lineage.Graph) lineageView {
	v := lineageView{Root: g.Root, Nodes: make([]lineageNodeView, len(g.Nodes)), Edges: make([]lineageEdgeView, len(g.Edges)), Cut: []string{}}
	for i, n := range g.Nodes {
		v.Nodes[i] = lineageNodeView{
			ID: n.ID, Kind: n.Kind, Document: rest.IDText(n.Document), Hop: n.Hop, Flow: n.Flow, FlowTitle: n.FlowTitle, Version: n.Version, Node: n.Node,
			Label: n.Label, State: n.State, Connection: n.Connection, Bill: n.Bill,
		}
	}
	for i, e := range g.Edges {
		v.Edges[i] = lineageEdgeView(e)
	}
	if g.CutNodes {
		v.Cut = append(v.Cut, "nodes")
	}
	if g.CutHops {
		v.Cut = append(v.Cut, "hops")
	}
	return v
}
