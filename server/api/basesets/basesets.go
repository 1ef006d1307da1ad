// Package basesets is the part of the interface that is about flows that collect base data.
//
// It may import huma, server/api/rest, server/baseset and engine/ledger: never another
// service, a store or gin.
package basesets

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/baseset"
)

// BaseSetName names a query of base data.
type BaseSetName struct {
	Operation string `json:"operation"`
	Form      string `json:"form,omitempty" doc:"What the operation reads, where it has forms"`
}

// BaseSet is a query of base data and how its flow stands.
type BaseSet struct {
	BaseSetName

	Object    string           `json:"object" doc:"The type of base data as fields refer to it"`
	Title     field.Text       `json:"title"`
	Schedule  string           `json:"schedule" doc:"When a new flow runs"`
	Flow      *baseSetFlowView `json:"flow,omitempty" doc:"The flow that collects it; absent while there is none"`
	Documents int              `json:"documents" doc:"How many were collected"`
}

type baseSetFlowView struct {
	ID        string          `json:"id"`
	Title     string          `json:"title"`
	Published bool            `json:"published"`
	Enabled   bool            `json:"enabled"`
	LastRun   *baseSetRunView `json:"lastRun,omitempty"`
}

type baseSetRunView struct {
	ID      string     `json:"id"`
	State   string     `json:"state" enum:"queued,running,done,failed,cancelled"`
	EndedAt *time.Time `json:"endedAt,omitempty"`
}

type madeBaseSetView struct {
	BaseSet

	Created bool   `json:"created" doc:"Whether the flow was made now; otherwise it was there"`
	Run     string `json:"run,omitempty" doc:"The run that was started"`
}

type nameInput struct {
	Name string `path:"name"`
}

type makeBaseSetInput struct {
	Name string `path:"name"`
	Body struct {
		Sets []BaseSetName `json:"sets" minItems:"1" maxItems:"200"`
		Run  bool          `json:"run,omitempty" doc:"Start every flow at once"`
	}
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, service *baseset.Service) {
	huma.Register(api, rest.Op(http.MethodGet, "/connections/{name}/base-data", "listBaseData", "The queries of base data that a connection offers, and their flows", 0),
		rest.Handle(kit, func(ctx context.Context, in *nameInput) (*rest.Body[rest.List[BaseSet]], error) {
			all, err := service.List(ctx, in.Name)
			return rest.Answer(rest.Listed(all, "", view), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/connections/{name}/base-data", "makeBaseData", "Make flows that collect base data; those that are there stay", 0),
		rest.Handle(kit, func(ctx context.Context, in *makeBaseSetInput) (*rest.Body[rest.List[madeBaseSetView]], error) {
			wish := baseset.Wish{Run: in.Body.Run, Language: rest.AboutOf(ctx).Language}
			for _, s := range in.Body.Sets {
				wish.Sets = append(wish.Sets, baseset.Set(s))
			}
			made, err := service.Make(ctx, in.Name, wish)
			return rest.Answer(rest.Listed(made, "", func(m baseset.Made) madeBaseSetView {
				v := madeBaseSetView{BaseSet: view(m.View), Created: m.Created}
				if m.Run != 0 {
					v.Run = rest.IDText(m.Run)
				}
				return v
			}), err)
		}))
}

func view(v baseset.View) BaseSet {
	out := BaseSet{BaseSetName: BaseSetName(v.Set), Object: v.Object, Title: v.Title, Schedule: v.Schedule, Documents: v.Documents}
	if v.Flow != "" {
		out.Flow = &baseSetFlowView{ID: v.Flow, Title: v.FlowTitle, Published: v.Published, Enabled: v.Enabled, LastRun: runOf(v.LastRun)}
	}
	return out
}

func runOf(r *ledger.Run) *baseSetRunView {
	if r == nil {
		return nil
	}
	return &baseSetRunView{ID: rest.IDText(r.ID), State: r.State.String(), EndedAt: rest.When(r.Ended)}
}
