// Package decisions is the part of the interface that is about documents that wait for a
// person, and about what people did.
//
// It may import huma, server/api/rest, server/decision, server/document and server/once:
// never another service, a store or gin.
package decisions

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/decision"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/once"
)

type questionView struct {
	Node         string          `json:"node"`
	Part         int             `json:"part"`
	Attempt      int             `json:"attempt"`
	Connection   string          `json:"connection"`
	Resource     string          `json:"resource"`
	Key          string          `json:"key"`
	State        string          `json:"state" enum:"pending,sending,done,rejected,retry_at,unknown,needs_decision"`
	Code         string          `json:"code"`
	Message      string          `json:"message"`
	Sent         json.RawMessage `json:"sent,omitempty" doc:"The body on record; none where it was purged"`
	SentAt       *time.Time      `json:"sentAt,omitempty"`
	Answer       json.RawMessage `json:"answer,omitempty"`
	Asked        bool            `json:"asked" doc:"The target was looked at"`
	AskedAt      *time.Time      `json:"askedAt,omitempty"`
	Found        json.RawMessage `json:"found,omitempty" doc:"What the target holds under the key; none where it showed nothing"`
	TargetID     string          `json:"targetId,omitempty"`
	TargetNumber string          `json:"targetNumber,omitempty"`
	Owner        *keyOwner       `json:"owner,omitempty" doc:"The other document that owns the key"`
	Sendable     bool            `json:"sendable"`
	Acceptable   bool            `json:"acceptable"`
}

type keyOwner struct {
	ID        string `json:"id"`
	Key       string `json:"key"`
	Number    string `json:"number"`
	FlowTitle string `json:"flowTitle"`
}

type sheetView struct {
	Newer     int            `json:"newer" doc:"Revisions that were read since and wait"`
	Questions []questionView `json:"questions"`
	UpdatedAt *time.Time     `json:"updatedAt" doc:"That of the document; an answer tells it as seen"`
}

type eventView struct {
	ID      string     `json:"id"`
	Action  string     `json:"action" enum:"retry,resend,skip,edit,eject,accept,restore,recompose"`
	Actor   string     `json:"actor"`
	Note    string     `json:"note,omitempty"`
	Job     string     `json:"job,omitempty" doc:"The job over many documents that did it"`
	Rev     int        `json:"rev"`
	Node    string     `json:"node,omitempty"`
	Part    int        `json:"part"`
	Version int        `json:"version,omitempty" doc:"The flow version that the document was pinned to by it"`
	Code    string     `json:"code,omitempty" doc:"That of the problem at that time"`
	Edited  bool       `json:"edited"`
	At      *time.Time `json:"at"`
}

type changeView struct {
	Before json.RawMessage `json:"before,omitempty" doc:"None where it was purged"`
	After  json.RawMessage `json:"after,omitempty"`
}

type acceptInput struct {
	rest.IDOnce

	Body struct {
		Node         string    `json:"node"`
		Part         int       `json:"part,omitempty" minimum:"0"`
		TargetID     string    `json:"targetId,omitempty" maxLength:"190"`
		TargetNumber string    `json:"targetNumber,omitempty" maxLength:"190"`
		Note         string    `json:"note,omitempty" maxLength:"2000"`
		Seen         time.Time `json:"seen,omitzero" doc:"The updatedAt of the sheet that the caller saw: refused where the document changed since"`
	}
}

type changeInput struct {
	rest.IDInput

	Event string `path:"no"`
}

// Routes adds the operations. detail answers with a document.
func Routes[D any](api huma.API, kit *rest.Kit, service *decision.Service, documents *document.Service, detail func(context.Context, document.Detail, error) (*rest.Body[D], error)) {
	huma.Register(api, rest.Op(http.MethodGet, "/documents/{id}/decisions", "getDecisions", "What there is to decide about a document, with the evidence", 0),
		rest.Handle(kit, func(ctx context.Context, in *rest.IDInput) (*rest.Body[sheetView], error) {
			sheet, err := service.Of(ctx, in.ID)
			return rest.Answer(view(ctx, kit, sheet), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/documents/{id}/history", "getDocumentHistory", "What people did about a document, the oldest first", 0),
		rest.Handle(kit, func(ctx context.Context, in *rest.IDInput) (*rest.Body[rest.List[eventView]], error) {
			events, err := service.History(ctx, in.ID)
			return rest.Answer(rest.Listed(events, "", viewEvent), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/documents/{id}/history/{no}", "getDocumentChange", "Both texts of an edit", 0),
		rest.Handle(kit, func(ctx context.Context, in *changeInput) (*rest.Body[changeView], error) {
			c, err := service.Change(ctx, in.ID, in.Event)
			return rest.Answer(changeView{rest.Raw(c.Before), rest.Raw(c.After)}, err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/documents/{id}/accept", "acceptDelivery", "Take a delivery for written: the caller found it in the target", 0),
		rest.Handle(kit, func(ctx context.Context, in *acceptInput) (*rest.Body[D], error) {
			d, err := documents.Accept(once.With(ctx, in.OrderKey), in.ID, document.AcceptRequest{
				Node: in.Body.Node, Part: in.Body.Part, TargetID: in.Body.TargetID, TargetNumber: in.Body.TargetNumber, Note: in.Body.Note, Seen: rest.Moment(in.Body.Seen),
			})
			return detail(ctx, d, err)
		}))
}

func view(ctx context.Context, kit *rest.Kit, s decision.Sheet) sheetView {
	out := sheetView{Newer: s.Newer, UpdatedAt: rest.When(s.Updated), Questions: make([]questionView, len(s.Questions))}
	for i, q := range s.Questions {
		message, _ := kit.Words.Say(rest.AboutOf(ctx).Language, q.Code, q.Message, "", q.Args)
		v := questionView{
			Node: q.Node, Part: q.Part, Attempt: q.Attempt, Connection: q.Connection, Resource: q.Resource, Key: q.Key, State: q.State, Code: q.Code, Message: message,
			Sent: rest.Raw(q.Sent), SentAt: rest.When(q.SentAt), Answer: rest.Raw(q.Answer), Asked: q.Asked, AskedAt: rest.When(q.AskedAt), Found: rest.Raw(q.Found),
			TargetID: q.TargetID, TargetNumber: q.TargetNumber, Sendable: q.Sendable, Acceptable: q.Acceptable,
		}
		if q.Owner != nil {
			v.Owner = &keyOwner{rest.IDText(q.Owner.ID), q.Owner.Key, q.Owner.Number, q.Owner.FlowTitle}
		}
		out.Questions[i] = v
	}
	return out
}

func viewEvent(e decision.Event) eventView {
	v := eventView{
		ID: rest.IDText(e.ID), Action: e.Action, Actor: e.Actor, Note: e.Note, Rev: e.Rev, Node: e.Node, Part: e.Part, Version: e.Version, Code: e.Code, Edited: e.Edited, At: rest.When(e.At),
	}
	if e.Job != 0 {
		v.Job = rest.IDText(e.Job)
	}
	return v
}
