// Package traffic is the part of the interface that is about how calls of a connection
// stand: its limits, and whether its system answers.
//
// It may import huma, server/api/rest, server/connection and the sdk: never another
// service, a store or gin.
package traffic

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/limit"
)

type trafficView struct {
	Limits      []limitView      `json:"limits" doc:"The vendor's limits and how they stand; all connections that the vendor counts together share them"`
	Level       int              `json:"level" doc:"How much of the limits is used at present, in percent: the vendor may have asked for fewer calls"`
	PausedUntil *time.Time       `json:"pausedUntil,omitempty" doc:"When calls begin again, because the vendor asked for a pause"`
	RefusedAt   *time.Time       `json:"refusedAt,omitempty" doc:"When the vendor last asked for fewer calls"`
	RefusedCode string           `json:"refusedCode,omitempty" doc:"The code it did so with"`
	AtOnce      int              `json:"atOnce" doc:"So many calls of the connection each engine process has under way at a time; 0 where its connector is missing"`
	Interrupted *interruptedView `json:"interrupted,omitempty" doc:"Set while no calls are made because the system does not answer"`
}

type limitView struct {
	Calls        int   `json:"calls" doc:"What is declared: so many calls"`
	PerMs        int64 `json:"perMs" doc:"in each span of so many milliseconds"`
	PerOperation bool  `json:"perOperation,omitempty" doc:"of each operation"`
	Own          int   `json:"own,omitempty" doc:"Calls that an administrator set in their place"`
	Allowed      int   `json:"allowed" doc:"Calls that are let through at present"`
	WithinMs     int64 `json:"withinMs" doc:"in each span of so many milliseconds"`
	Used         int   `json:"used" doc:"Calls that count now; of the operation with the most, where they are counted apart"`
}

type interruptedView struct {
	Since    *time.Time `json:"since"`
	NextAt   *time.Time `json:"nextAt" doc:"When one call tries again"`
	Failures int        `json:"failures" doc:"Calls in a row that got no answer"`
	Code     string     `json:"code"`
	Message  string     `json:"message"`
	Hint     string     `json:"hint,omitempty"`
}

type nameInput struct {
	Name string `path:"name"`
}

type limitInput struct {
	Name string `path:"name"`
	Body struct {
		Calls        int   `json:"calls" doc:"The declared limit that is meant"`
		PerMs        int64 `json:"perMs"`
		PerOperation bool  `json:"perOperation,omitempty"`
		Own          int   `json:"own" minimum:"0" maximum:"1000000000" doc:"Calls to be let through in place of the declared ones; 0 takes them back"`
		Sure         bool  `json:"sure,omitempty" doc:"More than the vendor declares is meant"`
	}
}

type server struct {
	*rest.Kit

	connections *connection.Service
	clock       func() time.Time
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, service *connection.Service, clock func() time.Time) {
	s := &server{kit, service, clock}
	huma.Register(api, rest.Op(http.MethodGet, "/connections/{name}/traffic", "getTraffic", "How calls of a connection stand", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *nameInput) (*rest.Body[trafficView], error) {
			t, err := s.connections.Traffic(ctx, in.Name)
			return rest.Answer(s.view(ctx, t), err)
		}))
	huma.Register(api, rest.Op(http.MethodPut, "/connections/{name}/limit", "setLimit", "Let fewer calls through than a limit declares, or take that back", http.StatusNoContent),
		rest.Handle(s.Kit, func(ctx context.Context, in *limitInput) (*struct{}, error) {
			declared := manifest.Limit{Calls: in.Body.Calls, Per: manifest.Duration(time.Duration(in.Body.PerMs) * time.Millisecond), PerOperation: in.Body.PerOperation}
			return nil, s.connections.SetLimit(ctx, in.Name, declared, in.Body.Own, in.Body.Sure)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/connections/{name}/resume", "resumeConnection", "Make calls at once that wait for the system", http.StatusNoContent),
		rest.Handle(s.Kit, func(ctx context.Context, in *nameInput) (*struct{}, error) {
			return nil, s.connections.Resume(ctx, in.Name)
		}))
}

func (s *server) view(ctx context.Context, t connection.Traffic) trafficView {
	now := s.clock()
	v := trafficView{Limits: make([]limitView, len(t.Rules)), Level: t.Level / 10, RefusedCode: t.Code, AtOnce: t.AtOnce}
	if t.Paused > 0 {
		v.PausedUntil = rest.When(ledger.At(now.Add(t.Paused)))
	}
	if t.Refused > 0 {
		v.RefusedAt = rest.When(ledger.At(now.Add(-t.Refused)))
	}
	for i, r := range t.Rules {
		v.Limits[i] = ruleView(r)
	}
	if t.Trouble != nil && !t.Trouble.Next.IsZero() {
		f := t.Trouble.Fault
		v.Interrupted = &interruptedView{
			Since: rest.When(ledger.At(t.Trouble.Since)), NextAt: rest.When(ledger.At(t.Trouble.Next)), Failures: t.Trouble.Failures, Code: f.Code,
		}
		v.Interrupted.Message, v.Interrupted.Hint = s.Words.Say(rest.AboutOf(ctx).Language, f.Code, f.Message, f.Hint, f.Args)
	}
	return v
}

func ruleView(r limit.RuleView) limitView {
	return limitView{
		Calls: r.Calls, PerMs: r.Per.Std().Milliseconds(), PerOperation: r.PerOperation, Own: r.Own,
		Allowed: r.Allowed, WithinMs: r.Within.Milliseconds(), Used: r.Used,
	}
}
