// Package pins is the part of the interface that keeps samples with the nodes of flows.
//
// It may import huma, server/api/rest and server/pin: never another service, a store or gin.
package pins

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/pin"
)

type pinnedSample struct {
	Node string `json:"node"`

	SampleFacts

	By string     `json:"pinnedBy"`
	At *time.Time `json:"pinnedAt"`
}

// SampleFacts are what a sample is made of. It is exported, for the fields of an embedded
// type that is not are never filled in.
type SampleFacts struct {
	Items   []json.RawMessage `json:"items" doc:"Documents as the ledger would store them"`
	Request json.RawMessage   `json:"request,omitempty" doc:"What the system was asked"`
	Total   int               `json:"total" doc:"How many the system has, -1 where it does not tell"`
	Chosen  int               `json:"chosen" minimum:"0" doc:"The index of the document that tests use"`
	Origin  pin.Origin        `json:"origin" enum:"taken,numbers,posted,edited"`
	Basis   string            `json:"basis,omitempty" maxLength:"190" doc:"A mark of the settings that the sample was taken with, of the caller's making"`
}

// NodeInput names a node of a flow.
type NodeInput struct {
	rest.IDInput

	Node string `path:"node"`
}

type putInput struct {
	NodeInput

	Body SampleFacts
}

type chooseInput struct {
	NodeInput

	Body struct {
		Chosen int `json:"chosen" minimum:"0"`
	}
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, pins *pin.Service) {
	const at = "/flows/{id}/samples/{node}"
	huma.Register(api, rest.Op(http.MethodGet, "/flows/{id}/samples", "listSamples", "The samples that stay with the nodes of a flow", 0),
		rest.Handle(kit, func(ctx context.Context, in *rest.IDInput) (*rest.Body[rest.List[pinnedSample]], error) {
			all, err := pins.Pins(ctx, in.ID)
			return rest.Answer(rest.Listed(all, "", view), err)
		}))
	huma.Register(api, rest.Op(http.MethodPut, at, "pinSample", "Keep a sample with a node, in place of the one before", 0),
		rest.Handle(kit, func(ctx context.Context, in *putInput) (*rest.Body[pinnedSample], error) {
			b := in.Body
			kept, err := pins.Put(ctx, in.ID, pin.Sample{
				Content: pin.Content{Items: b.Items, Request: b.Request, Total: b.Total}, Node: in.Node, Origin: b.Origin, Chosen: b.Chosen, Basis: b.Basis,
			})
			return rest.Answer(view(kept), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, at+"/choose", "chooseSample", "Let tests use another document of a sample", http.StatusNoContent),
		rest.Handle(kit, func(ctx context.Context, in *chooseInput) (*struct{}, error) {
			return nil, pins.Choose(ctx, in.ID, in.Node, in.Body.Chosen)
		}))
	huma.Register(api, rest.Op(http.MethodDelete, at, "removeSample", "Forget the sample of a node", http.StatusNoContent),
		rest.Handle(kit, func(ctx context.Context, in *NodeInput) (*struct{}, error) {
			return nil, pins.Remove(ctx, in.ID, in.Node)
		}))
}

func view(s pin.Sample) pinnedSample {
	return pinnedSample{Node: s.Node, SampleFacts: SampleFacts{s.Items, s.Request, s.Total, s.Chosen, s.Origin, s.Basis}, By: s.By, At: rest.When(s.At)}
}
