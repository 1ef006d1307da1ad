package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/once"
)

// billView is what a bill was made of.
type billView struct {
	Open    bool           `json:"open" doc:"Documents still join it"`
	Count   int            `json:"count"`
	Members []memberView   `json:"members" doc:"At most 500 of them"`
	Lines   [][]originView `json:"lines" doc:"Of each line of the bill the lines that it was made of"`
}

// memberView is the document at the other end of a membership.
type memberView struct {
	ID     string `json:"id"`
	Node   string `json:"node"`
	Key    string `json:"key"`
	Number string `json:"number"`
	State  string `json:"state" enum:"waiting,claimed,held,delivered,collected,filtered,rejected,retry_at,unmapped,needs_decision,superseded,skipped,ignored"`
	Rev    int    `json:"rev" doc:"The member's revision"`
}

type originView struct {
	Member string `json:"member"`
	Record int    `json:"record" doc:"Which of the records that the member brings, from 0"`
	Line   int    `json:"line" doc:"Which line of the record, from 0"`
}

func viewBill(b *document.Bill) *billView {
	if b == nil {
		return nil
	}
	view := &billView{Open: b.Open, Count: b.Count, Members: viewMembers(b.Members), Lines: make([][]originView, len(b.Lines))}
	for i, line := range b.Lines {
		view.Lines[i] = make([]originView, len(line))
		for n, o := range line {
			view.Lines[i][n] = originView{rest.IDText(o.Member), o.Record, o.Line}
		}
	}
	return view
}

func viewMembers(list []document.Member) []memberView {
	views := make([]memberView, len(list))
	for i, m := range list {
		views[i] = memberView{ID: rest.IDText(m.ID), Node: m.Node, Key: m.Key, Number: m.Number, State: m.State, Rev: m.Rev}
	}
	return views
}

type ejectInput struct {
	rest.IDOnce

	Body struct {
		Note  string `json:"note,omitempty" maxLength:"2000"`
		Again bool   `json:"again,omitempty" doc:"Let the document walk once more; else it is rejected"`
	}
}

func (s *server) billRoutes(api huma.API) {
	huma.Register(api, rest.Op(http.MethodPost, "/documents/{id}/eject", "ejectDocument", "Take a document out of its bills, which are made anew without it", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *ejectInput) (*rest.Body[documentDetail], error) {
			d, err := s.Documents.Eject(once.With(ctx, in.OrderKey), in.ID, in.Body.Note, in.Body.Again)
			return s.detail(ctx, d, err)
		}))
}
