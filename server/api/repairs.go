package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/server/api/bulkjobs"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/once"
)

type documentPage struct {
	Items    []DocumentSummary `json:"items"`
	Next     string            `json:"next"`
	Previous string            `json:"previous" doc:"The cursor of the page before, of what is newer; empty where this page begins with the newest"`
}

type facetsView struct {
	States map[string]int  `json:"states"`
	Codes  []codeFacetView `json:"codes"`
}

type codeFacetView struct {
	State     string `json:"state" enum:"waiting,held,delivered,collected,filtered,rejected,retry_at,unmapped,needs_decision,superseded,skipped"`
	Code      string `json:"code"`
	Message   string `json:"message"`
	Hint      string `json:"hint,omitempty" doc:"What to do next"`
	Documents int    `json:"documents"`
}

type retryInput struct {
	rest.IDOnce

	Body struct {
		Version string          `json:"version,omitempty" enum:"published,pinned" doc:"The flow version to walk with; published unless told otherwise"`
		Source  json.RawMessage `json:"source,omitempty" doc:"An edited payload"`
		Seen    time.Time       `json:"seen,omitzero" doc:"The updatedAt of the document that was edited: refused where it changed since"`
	}
}

type resendInput struct {
	rest.IDOnce

	Body struct {
		Node    string          `json:"node"`
		Part    int             `json:"part,omitempty" minimum:"0"`
		Body    json.RawMessage `json:"body,omitempty" doc:"An edited body"`
		Decided bool            `json:"decided,omitempty" doc:"The caller's word that the target does not hold what was sent"`
		Seen    time.Time       `json:"seen,omitzero" doc:"The updatedAt of the document that the caller saw: refused where it changed since"`
	}
}

type skipInput struct {
	rest.IDOnce

	Body struct {
		Note string `json:"note,omitempty" maxLength:"2000"`
	}
}

func (s *server) documentRoutes(api huma.API) {
	type listInput struct {
		rest.Paging
		bulkjobs.DocumentFilter

		Fields []string `query:"fields" maxItems:"40" doc:"Paths of the source payload, for example items.sku_id: each document comes with its values"`
		Before string   `query:"before" doc:"The cursor that the page after gave as previous"`
		At     string   `query:"at" format:"date-time" doc:"Begin with the newest that runs read which were due then or before; previous leads to what is newer"`
	}
	type facetsInput struct {
		Flow string `query:"flow"`
	}
	huma.Register(api, rest.Op(http.MethodGet, "/documents", "listDocuments", "Documents, the newest first", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *listInput) (*rest.Body[documentPage], error) {
			f := in.Filter()
			f.After, f.Before, f.At, f.Limit, f.Fields = in.After, in.Before, in.At, in.Limit, in.Fields
			page, err := s.Documents.List(ctx, f)
			listed := rest.Listed(page.Items, page.Next, func(d document.Summary) DocumentSummary { return s.viewSummary(ctx, d) })
			return rest.Answer(documentPage{listed.Items, listed.Next, page.Previous}, err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/documents/facets", "countDocuments", "How many documents stand where, and why", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *facetsInput) (*rest.Body[facetsView], error) {
			f, err := s.Documents.Facets(ctx, in.Flow)
			view := facetsView{States: f.States, Codes: make([]codeFacetView, len(f.Codes))}
			for i, c := range f.Codes {
				message, hint := s.Words.Say(rest.AboutOf(ctx).Language, c.Code, c.Message, c.Hint, c.Args)
				view.Codes[i] = codeFacetView{c.State, c.Code, message, hint, c.Documents}
			}
			return rest.Answer(view, err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/documents/{id}", "getDocument", "All there is to see of a document", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *rest.IDInput) (*rest.Body[documentDetail], error) {
			d, err := s.Documents.Get(ctx, in.ID)
			return s.detail(ctx, d, err)
		}))
	s.repairRoutes(api)
	s.billRoutes(api)
}

func (s *server) detail(ctx context.Context, d document.Detail, err error) (*rest.Body[documentDetail], error) {
	if err != nil {
		return nil, err
	}
	return rest.Answer(s.viewDetail(ctx, d), nil)
}

func (s *server) repairRoutes(api huma.API) {
	huma.Register(api, rest.Op(http.MethodPost, "/documents/{id}/retry", "retryDocument", "Walk a document again from its source payload", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *retryInput) (*rest.Body[documentDetail], error) {
			d, err := s.Documents.Retry(once.With(ctx, in.OrderKey), in.ID, document.RetryRequest{Version: in.Body.Version, Source: in.Body.Source, Seen: rest.Moment(in.Body.Seen)})
			return s.detail(ctx, d, err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/documents/{id}/resend", "resendDocument", "Write one delivery's body again", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *resendInput) (*rest.Body[documentDetail], error) {
			d, err := s.Documents.Resend(once.With(ctx, in.OrderKey), in.ID, document.ResendRequest{
				Node: in.Body.Node, Part: in.Body.Part, Body: in.Body.Body, Decided: in.Body.Decided, Seen: rest.Moment(in.Body.Seen),
			})
			return s.detail(ctx, d, err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/documents/{id}/skip", "skipDocument", "Let a document go for good", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *skipInput) (*rest.Body[documentDetail], error) {
			d, err := s.Documents.Skip(once.With(ctx, in.OrderKey), in.ID, in.Body.Note)
			return s.detail(ctx, d, err)
		}))
}
