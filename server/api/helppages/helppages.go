// Package helppages is the part of the interface that gives people the reference
// pages in their language.
//
// It may import huma, server/api/problem, server/api/rest and server/help: never
// another service, a store or gin.
package helppages

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/server/api/problem"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/help"
)

// HelpTitle is a page as the table of contents shows it.
type HelpTitle struct {
	ID       string        `json:"id"`
	Chapter  string        `json:"chapter" enum:"start,nodes,language,deployment,terms"`
	Title    string        `json:"title"`
	Headings []helpHeading `json:"headings"`
}

type helpHeading struct {
	Level int    `json:"level" doc:"2 or 3"`
	ID    string `json:"id" doc:"The same in every language"`
	Title string `json:"title"`
}

type helpPage struct {
	HelpTitle

	Text string `json:"text" doc:"Markdown; {#id} ends each heading, and fenced blocks of the kinds value, mapping, conditions and flow are examples"`
}

type pageInput struct {
	Page string `path:"page" doc:"The id of a page"`
}

func titleOf(p help.Page) HelpTitle {
	view := HelpTitle{ID: p.ID, Chapter: p.Chapter, Title: p.Title, Headings: make([]helpHeading, len(p.Headings))}
	for i, h := range p.Headings {
		view.Headings[i] = helpHeading(h)
	}
	return view
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, pages *help.Service) {
	english := func(ctx context.Context) bool { return rest.AboutOf(ctx).Language != problem.Chinese }
	huma.Register(api, rest.Op(http.MethodGet, "/help", "listHelp", "The reference pages with their headings, in the reader's language", 0),
		rest.Handle(kit, func(ctx context.Context, _ *struct{}) (*rest.Body[rest.List[HelpTitle]], error) {
			all, err := pages.List(ctx, english(ctx))
			return rest.Answer(rest.Listed(all, "", titleOf), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/help/{page}", "getHelp", "A reference page, in the reader's language", 0),
		rest.Handle(kit, func(ctx context.Context, in *pageInput) (*rest.Body[helpPage], error) {
			p, err := pages.Get(ctx, in.Page, english(ctx))
			return rest.Answer(helpPage{titleOf(p), p.Text}, err)
		}))
}
