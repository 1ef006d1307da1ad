// Package homes is the part of the interface that the first page reads.
//
// It may import huma, server/api/rest, server/home and engine/ledger: never
// another service, a store or gin.
package homes

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/home"
)

type homeView struct {
	Steps       homeSteps        `json:"steps" doc:"How far a new instance has come"`
	Latest      string           `json:"latest,omitempty" doc:"The flow that was changed last"`
	States      map[string]int   `json:"states" doc:"Documents by state"`
	Groups      []homeGroup      `json:"groups" doc:"Why documents stand still, the largest first"`
	Verdicts    map[string]int   `json:"verdicts" doc:"Flows by how they are doing"`
	Flows       []homeFlow       `json:"flows" doc:"Flows that need a person, the gravest first"`
	Connections []homeConnection `json:"connections" doc:"Connections that need a person, the gravest first"`
	Tokens      []homeToken      `json:"tokens" doc:"API tokens that end within a week or ended within the last one; only for administrators"`
}

type homeSteps struct {
	Connected bool `json:"connected" doc:"There is a connection"`
	Drawn     bool `json:"drawn" doc:"There is a flow"`
	DryRun    bool `json:"dryRun" doc:"A dry run came to its end once"`
	Enabled   bool `json:"enabled" doc:"A flow is switched on"`
	Delivered bool `json:"delivered" doc:"A document arrived"`
}

type homeGroup struct {
	State     string `json:"state" enum:"rejected,retry_at,unmapped,needs_decision"`
	Code      string `json:"code"`
	Message   string `json:"message"`
	Hint      string `json:"hint,omitempty"`
	Documents int    `json:"documents"`
}

type homeFlow struct {
	ID            string     `json:"id"`
	Title         string     `json:"title"`
	Why           string     `json:"why" enum:"failing,never,late,blocked"`
	Run           string     `json:"run,omitempty" doc:"The last one"`
	Message       string     `json:"message,omitempty" doc:"Why the last run failed"`
	LastDoneAt    *time.Time `json:"lastDoneAt,omitempty" doc:"When the last good run ended; absent where none of the latest was"`
	BehindSeconds int64      `json:"behindSeconds,omitempty" doc:"Of a flow that is late"`
	Blocking      int        `json:"blocking,omitempty" doc:"Problems of a blocked draft"`
}

type homeConnection struct {
	Name    string     `json:"name"`
	Why     string     `json:"why" enum:"interrupted,broken,throttled,quota"`
	Code    string     `json:"code,omitempty"`
	Message string     `json:"message,omitempty"`
	Hint    string     `json:"hint,omitempty"`
	Since   *time.Time `json:"since,omitempty"`
	Until   *time.Time `json:"until,omitempty" doc:"When calls begin again"`
	Used    int        `json:"used,omitempty" doc:"Calls of the nearly used quota that are made"`
	Allowed int        `json:"allowed,omitempty" doc:"of so many"`
	PerMs   int64      `json:"perMs,omitempty" doc:"in each span of so many milliseconds"`
}

type homeToken struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	ExpiresAt *time.Time `json:"expiresAt"`
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, service *home.Service) {
	huma.Register(api, rest.Op(http.MethodGet, "/home", "getHome", "What waits for a person, and how far a new instance has come", 0),
		rest.Handle(kit, func(ctx context.Context, _ *struct{}) (*rest.Body[homeView], error) {
			h, err := service.Home(ctx)
			return rest.Answer(teller{ctx, kit}.home(h), err)
		}))
}

// teller shows things in the language of a request.
type teller struct {
	ctx context.Context //nolint:containedctx // it lives as long as the request
	kit *rest.Kit
}

func (t teller) say(code, message, hint string, args map[string]string) (string, string) {
	return t.kit.Words.Say(rest.AboutOf(t.ctx).Language, code, message, hint, args)
}

func (t teller) home(h home.Home) homeView {
	v := homeView{
		Steps:  homeSteps{h.Steps.Connected, h.Steps.Drawn, h.Steps.DryRun, h.Steps.Enabled, h.Steps.Delivered},
		Latest: h.Latest, States: h.Facets.States, Verdicts: h.Verdicts,
		Groups: []homeGroup{}, Flows: []homeFlow{}, Connections: []homeConnection{}, Tokens: []homeToken{},
	}
	for _, g := range h.Facets.Codes {
		message, hint := t.say(g.Code, g.Message, g.Hint, g.Args)
		v.Groups = append(v.Groups, homeGroup{g.State, g.Code, message, hint, g.Documents})
	}
	for _, f := range h.Flows {
		v.Flows = append(v.Flows, t.flow(f))
	}
	for _, c := range h.Connections {
		v.Connections = append(v.Connections, t.connection(c))
	}
	for _, token := range h.Tokens {
		v.Tokens = append(v.Tokens, homeToken{rest.IDText(token.ID), token.Name, rest.When(token.Expires)})
	}
	return v
}

func (t teller) flow(f home.Flow) homeFlow {
	v := homeFlow{ID: f.PublicID, Title: f.Title, Why: f.Why, Blocking: f.Blocking}
	if f.Why == home.Late {
		v.BehindSeconds = int64(f.Behind.Seconds())
	}
	if r := f.LastRun; r != nil {
		v.Run = rest.IDText(r.ID)
		if f.Why == home.Failing {
			v.Message, _ = t.say(r.Code, r.Message, "", r.Args)
		}
	}
	if f.LastDone != nil {
		v.LastDoneAt = rest.When(f.LastDone.Ended)
	}
	return v
}

func (t teller) connection(c home.Connection) homeConnection {
	v := homeConnection{Name: c.Name, Why: c.Why, Since: when(c.Since), Until: when(c.Until)}
	if f := c.Fault; f != nil {
		v.Code = f.Code
		v.Message, v.Hint = t.say(f.Code, f.Message, f.Hint, f.Args)
	}
	if c.Why == home.Quota {
		v.Used, v.Allowed, v.PerMs = c.Rule.Used, c.Rule.Allowed, c.Rule.Within.Milliseconds()
	}
	return v
}

func when(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return rest.When(ledger.At(at))
}
