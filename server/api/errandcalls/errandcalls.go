// Package errandcalls is the part of the interface that is about calls made after walks.
//
// It may import huma, server/api/rest, server/errands, server/once, engine/errand and engine/ledger:
// never another service, a store or gin.
package errandcalls

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/errands"
	"github.com/karezflow/karez/server/once"
)

type errandView struct {
	ID         string          `json:"id"`
	Node       string          `json:"node"`
	Purpose    string          `json:"purpose" enum:"writeback,notify"`
	Connection string          `json:"connection"`
	Operation  string          `json:"operation"`
	State      string          `json:"state" enum:"pending,sending,done,rejected,retry_at,unknown,needs_decision,skipped,told"`
	Attempt    int             `json:"attempt"`
	Rev        int             `json:"rev"`
	Code       string          `json:"code,omitempty" doc:"That of the last fault"`
	Message    string          `json:"message,omitempty"`
	Params     json.RawMessage `json:"params,omitempty" doc:"The other parameters of the call"`
	Body       json.RawMessage `json:"body,omitempty" doc:"What is sent; none where it was purged"`
	Answer     json.RawMessage `json:"answer,omitempty"`
	Lead       string          `json:"lead,omitempty" doc:"The message that tells this one too"`
	Actor      string          `json:"actor,omitempty" doc:"Who retried or skipped it last"`
	Note       string          `json:"note,omitempty"`
	DueAt      *time.Time      `json:"dueAt,omitempty" doc:"When it is sent, while the engine works on it by itself"`
	UpdatedAt  *time.Time      `json:"updatedAt"`
	Seen       string          `json:"seen" doc:"What an action is told, so that nothing is done to what changed meanwhile"`
	Actions    []string        `json:"actions" enum:"retry,skip"`
}

type mendInput struct {
	rest.IDOnce

	Body struct {
		Seen string `json:"seen,omitempty" doc:"The errand's, as the caller saw it"`
		Note string `json:"note,omitempty" maxLength:"500" doc:"Why it is skipped"`
	}
}

func (in *mendInput) seen() ledger.Millis {
	n, err := strconv.ParseInt(in.Body.Seen, 10, 64)
	if err != nil {
		return 0
	}
	return ledger.Millis(n)
}

type server struct {
	*rest.Kit

	errands *errands.Service
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, service *errands.Service) {
	s := &server{kit, service}
	huma.Register(api, rest.Op(http.MethodGet, "/documents/{id}/errands", "listErrands", "The calls made after the walks of a document, the oldest first", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *rest.IDInput) (*rest.Body[rest.List[errandView]], error) {
			all, err := s.errands.Of(ctx, in.ID)
			return rest.Answer(rest.Listed(all, "", func(r errand.Record) errandView { return s.view(ctx, r) }), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/errands/{id}/retry", "retryErrand", "Make a call again with its stored request", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *mendInput) (*rest.Body[errandView], error) {
			r, err := s.errands.Retry(once.With(ctx, in.OrderKey), in.ID, in.seen())
			return rest.Answer(s.view(ctx, r), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/errands/{id}/skip", "skipErrand", "Let a call go", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *mendInput) (*rest.Body[errandView], error) {
			r, err := s.errands.Skip(once.With(ctx, in.OrderKey), in.ID, in.seen(), in.Body.Note)
			return rest.Answer(s.view(ctx, r), err)
		}))
}

func (s *server) view(ctx context.Context, r errand.Record) errandView {
	v := errandView{
		ID: rest.IDText(r.ID), Node: r.NodeID, Purpose: r.Purpose.String(), Connection: r.Connection, Operation: r.Operation, State: r.State.String(),
		Attempt: r.Attempt, Rev: r.Rev, Code: r.Code, Params: rest.Raw(r.Params), Body: rest.Raw(r.Body), Answer: rest.Raw(r.Answer), Actor: r.Actor, Note: r.Note,
		UpdatedAt: rest.When(r.Updated), Seen: strconv.FormatInt(int64(r.Updated), 10), Actions: []string{},
	}
	v.Message, _ = s.Words.Say(rest.AboutOf(ctx).Language, r.Code, r.Message, "", r.Args)
	if r.Lead != 0 {
		v.Lead = rest.IDText(r.Lead)
	}
	if r.State.Open() {
		v.DueAt = rest.When(r.Due)
	}
	if s.errands.Mends(ctx) {
		v.Actions = append(v.Actions, r.Actions()...)
	}
	return v
}
