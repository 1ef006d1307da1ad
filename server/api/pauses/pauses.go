// Package pauses is the part of the interface that lets runs and flows rest.
//
// It may import huma, server/api/rest, server/pausing and engine/ledger: never another
// service, a store or gin.
package pauses

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/pausing"
)

type pauseInput struct {
	rest.IDInput

	Body struct {
		Note string `json:"note,omitempty" maxLength:"500"`
	}
}

type pausedFlow struct {
	Flow  string     `json:"flow"`
	Actor string     `json:"actor"`
	Note  string     `json:"note,omitempty"`
	Since *time.Time `json:"since"`
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, pauses *pausing.Service) {
	huma.Register(api, rest.Op(http.MethodPost, "/runs/{id}/pause", "pauseRun", "Let a run rest: what is under way ends, nothing more is taken up", http.StatusAccepted),
		rest.Handle(kit, func(ctx context.Context, in *pauseInput) (*struct{}, error) {
			id, err := in.Number()
			if err != nil {
				return nil, err
			}
			return nil, pauses.PauseRun(ctx, id, in.Body.Note)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/runs/{id}/resume", "resumeRun", "Let a paused run go on where it stopped", http.StatusAccepted),
		rest.Handle(kit, func(ctx context.Context, in *rest.IDOrder) (*struct{}, error) {
			id, err := in.Number()
			if err != nil {
				return nil, err
			}
			return nil, pauses.ResumeRun(ctx, id)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/flows/{id}/pause", "pauseFlow", "Let a flow rest, with all of its runs; its triggers open no run", http.StatusAccepted),
		rest.Handle(kit, func(ctx context.Context, in *pauseInput) (*struct{}, error) {
			return nil, pauses.PauseFlow(ctx, in.ID, in.Body.Note)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/flows/{id}/resume", "resumeFlow", "Let a paused flow go on; a trigger whose time came meanwhile fires once", http.StatusAccepted),
		rest.Handle(kit, func(ctx context.Context, in *rest.IDOrder) (*struct{}, error) {
			return nil, pauses.ResumeFlow(ctx, in.ID)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/paused-flows", "listPausedFlows", "The flows that rest", 0),
		rest.Handle(kit, func(ctx context.Context, _ *struct{}) (*rest.Body[rest.List[pausedFlow]], error) {
			resting, err := pauses.Resting(ctx)
			var all []pausedFlow
			for id, p := range resting {
				all = append(all, pausedFlow{id, p.Actor, p.Note, rest.When(p.At)})
			}
			slices.SortFunc(all, func(a, b pausedFlow) int { return strings.Compare(a.Flow, b.Flow) })
			return rest.Answer(rest.Listed(all, "", func(p pausedFlow) pausedFlow { return p }), err)
		}))
}
