// Package retentions is the part of the interface that is about how long things are kept.
//
// It may import huma, server/api/rest, server/retention and engine/ledger: never another
// service, a store or gin.
package retentions

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/retention"
)

// RetentionDays are ages; 0 keeps for ever.
type RetentionDays struct {
	Payloads int `json:"payloads" minimum:"0" maximum:"36500" doc:"What was read, composed and sent, with the answers for it"`
	Calls    int `json:"calls" minimum:"0" maximum:"36500" doc:"Calls to systems with their whole answers"`
	Posts    int `json:"posts" minimum:"0" maximum:"36500" doc:"Posted requests with their answers"`
	Errands  int `json:"errands" minimum:"0" maximum:"36500" doc:"Finished calls made after walks"`
	Pages    int `json:"pages" minimum:"0" maximum:"36500" doc:"Records of pages that were read"`
	Version  int `json:"version" doc:"What a change is told, so that nobody undoes another's"`
}

type retentionView struct {
	RetentionDays

	UpdatedBy string      `json:"updatedBy,omitempty"`
	UpdatedAt *time.Time  `json:"updatedAt,omitempty"`
	Running   bool        `json:"running" doc:"Whether old things are being removed now"`
	Asked     bool        `json:"asked" doc:"Whether that begins in a moment, because somebody asked for it"`
	Passes    []purgeView `json:"passes" doc:"What was removed lately, the newest first"`
}

type purgeView struct {
	StartedAt *time.Time `json:"startedAt"`
	EndedAt   *time.Time `json:"endedAt,omitempty" doc:"None while it goes on or where it was interrupted"`
	Packs     int64      `json:"packs" doc:"Packs of payloads that were removed"`
	Bytes     int64      `json:"bytes" doc:"What they took, compressed"`
	Needed    int64      `json:"needed" doc:"Old packs that something unfinished needs"`
	Calls     int64      `json:"calls"`
	Posts     int64      `json:"posts"`
	Errands   int64      `json:"errands"`
	Pages     int64      `json:"pages"`
}

type estimateInput struct {
	Payloads int `query:"payloads" minimum:"0" maximum:"36500"`
	Calls    int `query:"calls" minimum:"0" maximum:"36500"`
	Posts    int `query:"posts" minimum:"0" maximum:"36500"`
	Errands  int `query:"errands" minimum:"0" maximum:"36500"`
	Pages    int `query:"pages" minimum:"0" maximum:"36500"`
}

type retentionEstimate struct {
	Payloads int `json:"payloads" doc:"Packs of payloads"`
	Calls    int `json:"calls"`
	Posts    int `json:"posts"`
	Errands  int `json:"errands"`
	Pages    int `json:"pages"`
	Most     int `json:"most" doc:"Up to where is counted"`
}

type setInput struct {
	Body RetentionDays
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, service *retention.Service) {
	huma.Register(api, rest.Op(http.MethodGet, "/retention", "getRetention", "For how many days things are kept, 0 for ever, and what was removed lately", 0),
		rest.Handle(kit, func(ctx context.Context, _ *struct{}) (*rest.Body[retentionView], error) {
			v, err := service.Get(ctx)
			return rest.Answer(view(v), err)
		}))
	huma.Register(api, rest.Op(http.MethodPut, "/retention", "setRetention", "Change for how many days things are kept", 0),
		rest.Handle(kit, func(ctx context.Context, in *setInput) (*rest.Body[retentionView], error) {
			b := in.Body
			v, err := service.Set(ctx, retention.Policy{Payloads: b.Payloads, Calls: b.Calls, Posts: b.Posts, Errands: b.Errands, Pages: b.Pages, Version: b.Version})
			return rest.Answer(view(v), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/retention/estimate", "estimateRetention", "How much would be removed now at most, by ages in days; 0 keeps for ever", 0),
		rest.Handle(kit, func(ctx context.Context, in *estimateInput) (*rest.Body[retentionEstimate], error) {
			n, err := service.Estimate(ctx, retention.Policy{Payloads: in.Payloads, Calls: in.Calls, Posts: in.Posts, Errands: in.Errands, Pages: in.Pages})
			return rest.Answer(retentionEstimate{
				Payloads: n[retention.Payloads], Calls: n[retention.Calls], Posts: n[retention.Posts], Errands: n[retention.Errands], Pages: n[retention.Pages], Most: retention.MostCounted,
			}, err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/retention/purge", "purgeNow", "Begin to remove what is old in a moment", http.StatusNoContent),
		rest.Handle(kit, func(ctx context.Context, _ *struct{}) (*struct{}, error) { return nil, service.Ask(ctx) }))
}

func view(v retention.View) retentionView {
	p := v.Policy
	out := retentionView{
		RetentionDays: RetentionDays{Payloads: p.Payloads, Calls: p.Calls, Posts: p.Posts, Errands: p.Errands, Pages: p.Pages, Version: p.Version},
		UpdatedBy:     p.By, UpdatedAt: rest.When(p.Updated), Running: v.Running, Asked: v.Asked, Passes: make([]purgeView, len(v.Passes)),
	}
	for i, d := range v.Passes {
		out.Passes[i] = purgeView{
			StartedAt: rest.When(d.Started), EndedAt: rest.When(d.Ended), Packs: d.Packs, Bytes: d.Bytes, Needed: d.Needed,
			Calls: d.Calls, Posts: d.Posts, Errands: d.Errands, Pages: d.Pages,
		}
	}
	return out
}
