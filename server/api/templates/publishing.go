package templates

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/market"
	"github.com/karezflow/karez/server/market/making"
	"github.com/karezflow/karez/server/market/template"
)

type deleteTemplateInput struct {
	ID      string `path:"id"`
	Version string `query:"version" maxLength:"20" doc:"That one alone; all of them where it is left out"`
}

type templateTableRows struct {
	Rows bool `json:"rows,omitempty" doc:"Take its rows along"`
}

type templateSlotWords struct {
	Title field.Text `json:"title,omitzero"`
	Help  field.Text `json:"help,omitzero"`
}

type templateSampleInput struct {
	Title    field.Text      `json:"title,omitzero"`
	Given    json.RawMessage `json:"given" doc:"What the systems hold: invented documents, never real ones"`
	Expected json.RawMessage `json:"expected" doc:"What the flows make of it"`
}

// TemplateWords are what a template is made of. What is left out is filled in.
type TemplateWords struct {
	Flows      []string                     `json:"flows" minItems:"1" maxItems:"50" doc:"Ids of saved flows"`
	ID         string                       `json:"id,omitempty" maxLength:"100" doc:"Small letters, digits and hyphens"`
	Version    string                       `json:"version,omitempty" maxLength:"20" doc:"Three numbers, higher than those that are there; the next one where it is left out"`
	Title      field.Text                   `json:"title,omitzero"`
	Summary    field.Text                   `json:"summary,omitzero"`
	Industry   field.Text                   `json:"industry,omitzero"`
	Docs       field.Text                   `json:"docs,omitzero" doc:"Markdown"`
	Author     string                       `json:"author,omitempty" maxLength:"200" doc:"The workspace's name where it is left out"`
	Licence    string                       `json:"licence,omitempty" maxLength:"100" doc:"An SPDX name"`
	Changelog  field.Text                   `json:"changelog,omitzero" doc:"What is new in this version"`
	CodeTables map[string]templateTableRows `json:"codeTables,omitempty" doc:"By the names of code tables"`
	Slots      map[string]templateSlotWords `json:"slots,omitempty" doc:"By slots of connections and aliases of flow slots"`
	Samples    []templateSampleInput        `json:"samples,omitempty" maxItems:"50"`
	Tests      bool                         `json:"tests,omitempty" doc:"Take the flows' own tests along; the documents in them may be real ones"`
}

type templateWordsInput struct {
	Body TemplateWords
}

type templateSecret struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// TemplateDraft is a template that is not published yet.
type TemplateDraft struct {
	Template TemplateDetail   `json:"template"`
	Problems []templateFault  `json:"problems" doc:"What stands against publishing it"`
	Secrets  []templateSecret `json:"secrets" doc:"Places that look like credentials, which stand against it too"`
}

func (s *server) publishing(api huma.API) {
	huma.Register(api, rest.Op(http.MethodPost, "/templates/drafts", "draftTemplate", "The template that flows would make, with what stands against publishing it; nothing is stored", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *templateWordsInput) (*rest.Body[TemplateDraft], error) {
			d, err := s.market.Draft(ctx, in.Body.making())
			if err != nil {
				return nil, err
			}
			out := TemplateDraft{Template: s.detail(ctx, d.View), Problems: s.faults(ctx, d.Problems), Secrets: []templateSecret{}}
			for _, secret := range d.Secrets {
				out.Secrets = append(out.Secrets, templateSecret{secret.Path, s.fault(ctx, template.Reason(secret.Reason)).Message})
			}
			return rest.Answer(out, nil)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/templates", "publishTemplate", "Make a template of flows and store it in the workspace", http.StatusCreated),
		rest.Handle(s.Kit, func(ctx context.Context, in *templateWordsInput) (*rest.Body[TemplateDetail], error) {
			v, err := s.market.Publish(ctx, in.Body.making())
			return s.answer(ctx, v, err)
		}))
}

func (w TemplateWords) making() market.Making {
	m := market.Making{Flows: w.Flows, Rows: map[string]bool{}, Words: making.Words{
		ID: w.ID, Version: w.Version, Title: w.Title, Summary: w.Summary, Industry: w.Industry, Docs: w.Docs, Author: w.Author, Licence: w.Licence,
		Changelog: w.Changelog, Slots: map[string]making.Said{}, Tests: w.Tests,
	}}
	for name, t := range w.CodeTables {
		m.Rows[name] = t.Rows
	}
	for name, slot := range w.Slots {
		m.Slots[name] = making.Said(slot)
	}
	for _, one := range w.Samples {
		m.Samples = append(m.Samples, template.Sample(one))
	}
	return m
}
