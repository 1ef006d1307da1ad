// Package ledgerviews is the part of the interface that keeps views of the ledger.
//
// It may import huma, server/api/bulkjobs, server/api/rest and server/ledgerview: never
// another service, a store or gin.
package ledgerviews

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/server/api/bulkjobs"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/ledgerview"
)

// ViewContent is what a view shows. It is exported, for the fields of an embedded type that
// is not are never filled in.
type ViewContent struct {
	Filter  bulkjobs.DocumentFilter `json:"filter"`
	Period  ledgerview.Period       `json:"period,omitempty" enum:"today,yesterday,week,month" doc:"Stands for the filter's times: of days in the zone of whoever looks, the week and the month with this day"`
	Columns []string                `json:"columns" maxItems:"40" doc:"Paths of the source payload that are shown as columns, in their order"`
}

// SavedLook is a view that somebody keeps.
type SavedLook struct {
	ViewContent

	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Shared     bool       `json:"shared" doc:"Everybody of the workspace sees it"`
	Maker      string     `json:"maker" doc:"Who made it"`
	Mine       bool       `json:"mine" doc:"The caller made it"`
	Changeable bool       `json:"changeable" doc:"The caller may change and delete it"`
	Version    int        `json:"version"`
	UpdatedAt  *time.Time `json:"updatedAt"`
}

type shippedLook struct {
	ViewContent

	ID string `json:"id" enum:"needs_me,failed_today,needs_decision,delivered_today,waiting"`
}

type viewsAnswer struct {
	Shipped []shippedLook `json:"shipped" doc:"Views that are always there; whoever shows one says its name"`
	Items   []SavedLook   `json:"items"`
	Choice  string        `json:"choice" doc:"The id of the view that the caller's ledger opens with, empty where there is none"`
}

// ViewBody is a view as it is kept. It is exported for the same reason.
type ViewBody struct {
	Name    string                  `json:"name" maxLength:"400"`
	Shared  bool                    `json:"shared,omitempty"`
	Filter  bulkjobs.DocumentFilter `json:"filter"`
	Period  ledgerview.Period       `json:"period,omitempty" enum:"today,yesterday,week,month"`
	Columns []string                `json:"columns,omitempty" maxItems:"40"`
}

func (b ViewBody) view() ledgerview.View {
	return ledgerview.View{Name: b.Name, Shared: b.Shared, Content: ledgerview.Content{Filter: b.Filter.Filter(), Period: b.Period, Columns: b.Columns}}
}

type newViewInput struct{ Body ViewBody }

type viewInput struct {
	rest.IDInput

	Body struct {
		ViewBody

		Version int `json:"version" minimum:"1" doc:"The version that was changed"`
	}
}

type choiceInput struct {
	Body struct {
		Choice string `json:"choice,omitempty" maxLength:"64" doc:"The id of a view or of a shipped one; empty for none"`
	}
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, views *ledgerview.Service) {
	huma.Register(api, rest.Op(http.MethodGet, "/views", "listViews", "The views of the ledger that the caller sees", 0),
		rest.Handle(kit, func(ctx context.Context, _ *struct{}) (*rest.Body[viewsAnswer], error) {
			all, err := views.All(ctx)
			return rest.Answer(answer(all), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/views", "createView", "Keep a view under a new name", http.StatusCreated),
		rest.Handle(kit, func(ctx context.Context, in *newViewInput) (*rest.Body[SavedLook], error) {
			v, err := views.Create(ctx, in.Body.view())
			return rest.Answer(of(v), err)
		}))
	huma.Register(api, rest.Op(http.MethodPut, "/views/choice", "chooseView", "Let the caller's ledger open with a view", http.StatusNoContent),
		rest.Handle(kit, func(ctx context.Context, in *choiceInput) (*struct{}, error) {
			return nil, views.Choose(ctx, in.Body.Choice)
		}))
	huma.Register(api, rest.Op(http.MethodPut, "/views/{id}", "saveView", "Change a view: what it shows, its name, who sees it", 0),
		rest.Handle(kit, func(ctx context.Context, in *viewInput) (*rest.Body[SavedLook], error) {
			id, err := in.Number()
			if err != nil {
				return nil, err
			}
			v := in.Body.view()
			v.Version = in.Body.Version
			v, err = views.Change(ctx, id, v)
			return rest.Answer(of(v), err)
		}))
	huma.Register(api, rest.Op(http.MethodDelete, "/views/{id}", "deleteView", "Forget a view", http.StatusNoContent),
		rest.Handle(kit, func(ctx context.Context, in *rest.IDInput) (*struct{}, error) {
			id, err := in.Number()
			if err != nil {
				return nil, err
			}
			return nil, views.Remove(ctx, id)
		}))
}

func content(c ledgerview.Content) ViewContent {
	return ViewContent{bulkjobs.FilterOf(c.Filter), c.Period, append([]string{}, c.Columns...)}
}

func of(v ledgerview.View) SavedLook {
	return SavedLook{
		ViewContent: content(v.Content), ID: rest.IDText(v.ID), Name: v.Name, Shared: v.Shared, Maker: v.Maker, Mine: v.Mine,
		Changeable: v.Changeable, Version: v.Version, UpdatedAt: rest.When(v.Updated),
	}
}

func answer(all ledgerview.Views) viewsAnswer {
	a := viewsAnswer{Shipped: make([]shippedLook, len(all.Shipped)), Items: make([]SavedLook, len(all.Views)), Choice: all.Choice}
	for i, v := range all.Shipped {
		a.Shipped[i] = shippedLook{content(v.Content), v.ID}
	}
	for i, v := range all.Views {
		a.Items[i] = of(v)
	}
	return a
}
