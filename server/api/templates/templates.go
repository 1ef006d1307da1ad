// Package templates is the part of the interface that is about the template market.
//
// It may import huma, server/api/problem, server/api/rest, server/market with its rooms, engine/flow,
// sdk/fault and sdk/field: never another service, a store or gin.
package templates

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/api/problem"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/market"
	"github.com/karezflow/karez/server/market/template"
)

// Template is a template as a card shows it.
type Template struct {
	ID       string         `json:"id"`
	Version  string         `json:"version"`
	Title    field.Text     `json:"title"`
	Summary  field.Text     `json:"summary"`
	Industry field.Text     `json:"industry"`
	Author   string         `json:"author"`
	Licence  string         `json:"licence"`
	Systems  []string       `json:"systems" doc:"The connectors, in the order of the slots"`
	Needs    []templateNeed `json:"needs"`
	Flows    int            `json:"flows"`
	Origin   string         `json:"origin" enum:"built-in,workspace"`
	Status   string         `json:"status" enum:"core,signed,community,unsigned,modified,revoked,loose" doc:"How far it can be trusted; loose: people of this workspace published it"`
	Signer   string         `json:"signer" doc:"Whose key signed it, where the key is trusted here; empty else"`
	Key      string         `json:"key,omitempty" doc:"The id of the key that signed it"`
	// PublishedAt and PublishedBy are of what was published or imported here.
	PublishedAt *time.Time     `json:"publishedAt,omitempty" doc:"When it was published or imported here"`
	PublishedBy string         `json:"publishedBy" doc:"Who published or imported it; empty for built-in"`
	Imported    bool           `json:"imported" doc:"It came as a package"`
	Fault       *templateFault `json:"fault,omitempty" doc:"Why it can't be copied"`
}

type templateFault struct {
	Path    string `json:"path"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

type templateNeed struct {
	Connector string `json:"connector"`
	Versions  string `json:"versions" doc:"The range that the template wants; empty is any"`
	Installed string `json:"installed" doc:"The version that serves; empty where it is not installed"`
	Fits      bool   `json:"fits"`
}

type templateSlot struct {
	Slot      string     `json:"slot"`
	Connector string     `json:"connector"`
	Versions  string     `json:"versions"`
	Title     field.Text `json:"title"`
	Help      field.Text `json:"help"`
}

type templateFlowSlot struct {
	Alias  string     `json:"alias"`
	Title  field.Text `json:"title"`
	Help   field.Text `json:"help"`
	Object string     `json:"object,omitempty"`
	Slot   string     `json:"slot,omitempty"`
}

type templateParam struct {
	Key      string     `json:"key"`
	Title    field.Text `json:"title"`
	Help     field.Text `json:"help"`
	Type     string     `json:"type" enum:"string,int,decimal,bool,date,datetime"`
	Required bool       `json:"required"`
	Default  any        `json:"default,omitempty" doc:"A text or boolean; a number is given as text with all its digits"`
}

type templateTable struct {
	Name  string     `json:"name"`
	Title field.Text `json:"title"`
	Help  field.Text `json:"help"`
	Rows  int        `json:"rows"`
	Taken bool       `json:"taken" doc:"Whether the workspace has a table of the name"`
}

type templateChange struct {
	Version string     `json:"version"`
	Text    field.Text `json:"text"`
}

type templateSample struct {
	Title    field.Text      `json:"title"`
	Given    json.RawMessage `json:"given" doc:"What the systems hold"`
	Expected json.RawMessage `json:"expected" doc:"What the flows make of it"`
}

// TemplateDetail is a template with all that a person judges it by.
type TemplateDetail struct {
	Template

	Connections []templateSlot     `json:"connections"`
	FlowSlots   []templateFlowSlot `json:"flowSlots"`
	Params      []templateParam    `json:"params"`
	CodeTables  []templateTable    `json:"codeTables"`
	Docs        field.Text         `json:"docs" doc:"Markdown"`
	Changelog   []templateChange   `json:"changelog"`
	Samples     []templateSample   `json:"samples"`
	Documents   []json.RawMessage  `json:"documents" doc:"The flows, without accounts"`
	Versions    []string           `json:"versions" doc:"Those that are there, the newest first"`
}

// TemplateInput names a template in a version.
type TemplateInput struct {
	ID      string `path:"id"`
	Version string `query:"version" maxLength:"20" doc:"The newest where it is left out"`
}

type tableChoice struct {
	Name  string `json:"name,omitempty" maxLength:"190" doc:"The name to make it under, or that of the table to use"`
	Reuse bool   `json:"reuse,omitempty" doc:"Use the workspace's own table as it is"`
}

type copyTemplateInput struct {
	TemplateInput

	Body struct {
		Connections map[string]string          `json:"connections" doc:"Names of connections by slot"`
		Flows       map[string]string          `json:"flows,omitempty" doc:"Flows by the aliases of flow slots"`
		Params      map[string]json.RawMessage `json:"params,omitempty" doc:"Values to start with, by key"`
		Tables      map[string]tableChoice     `json:"tables,omitempty" doc:"What becomes of code tables, by the template's names"`
		StartFrom   string                     `json:"startFrom,omitempty" doc:"Where sources begin to read, as 2026-01-01 00:00:00; the template's own time when it is left out"`
	}
}

type copiedFlow struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

type copiedTable struct {
	Table   string `json:"table"`
	Name    string `json:"name"`
	Created bool   `json:"created"`
}

// CopiedTemplate is what a copy made.
type CopiedTemplate struct {
	Flows  []copiedFlow  `json:"flows"`
	Tables []copiedTable `json:"tables"`
}

type server struct {
	*rest.Kit

	market *market.Service
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, service *market.Service) {
	s := &server{kit, service}
	huma.Register(api, rest.Op(http.MethodGet, "/templates", "listTemplates", "The templates of the market and of the workspace, each in its newest version", 0),
		rest.Handle(kit, func(ctx context.Context, _ *struct{}) (*rest.Body[rest.List[Template]], error) {
			all, err := service.List(ctx)
			return rest.Answer(rest.Listed(all, "", func(v market.View) Template { return s.card(ctx, v) }), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/templates/{id}", "getTemplate", "A template with its flows, and what it needs here", 0),
		rest.Handle(kit, func(ctx context.Context, in *TemplateInput) (*rest.Body[TemplateDetail], error) {
			v, err := service.Get(ctx, in.ID, in.Version)
			return s.answer(ctx, v, err)
		}))
	huma.Register(api, rest.Op(http.MethodDelete, "/templates/{id}", "deleteTemplate", "Delete a template of the workspace's own, or one version of it", http.StatusNoContent),
		rest.Handle(kit, func(ctx context.Context, in *deleteTemplateInput) (*struct{}, error) {
			return nil, service.Delete(ctx, in.ID, in.Version)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/templates/{id}/copy", "copyTemplate", "Make flows and code tables of a template, all or none", http.StatusCreated),
		rest.Handle(kit, func(ctx context.Context, in *copyTemplateInput) (*rest.Body[CopiedTemplate], error) {
			wish := market.Wish{Connections: in.Body.Connections, Flows: in.Body.Flows, Params: in.Body.Params, Tables: map[string]market.TableChoice{}, Start: in.Body.StartFrom, Version: in.Version}
			for name, c := range in.Body.Tables {
				wish.Tables[name] = market.TableChoice(c)
			}
			made, err := service.Copy(ctx, in.ID, wish)
			out := CopiedTemplate{Flows: []copiedFlow{}, Tables: []copiedTable{}}
			for _, f := range made.Flows {
				out.Flows = append(out.Flows, copiedFlow(f))
			}
			for _, t := range made.Tables {
				out.Tables = append(out.Tables, copiedTable(t))
			}
			return rest.Answer(out, err)
		}))
	s.publishing(api)
	s.packages(api)
}

// answer gives a template, or everything that stands against it.
func (s *server) answer(ctx context.Context, v market.View, err error) (*rest.Body[TemplateDetail], error) {
	if all, ok := errors.AsType[*market.FaultsError](err); ok {
		return nil, problem.AllOf(all, all.Faults)
	}
	if err != nil {
		return nil, err
	}
	return rest.Answer(s.detail(ctx, v), nil)
}

func (s *server) fault(ctx context.Context, f *fault.Fault) *templateFault {
	if f == nil {
		return nil
	}
	message, hint := s.Words.Say(rest.AboutOf(ctx).Language, f.Code, f.Message, f.Hint, f.Args)
	return &templateFault{f.Path, f.Code, message, hint}
}

func (s *server) faults(ctx context.Context, all []*fault.Fault) []templateFault {
	out := make([]templateFault, len(all))
	for i, f := range all {
		out[i] = *s.fault(ctx, f)
	}
	return out
}

func (s *server) card(ctx context.Context, v market.View) Template {
	m := v.Metadata
	out := Template{
		ID: m.ID, Version: m.Version, Title: m.Title, Summary: m.Summary, Industry: m.Industry, Author: m.Author, Licence: m.Licence,
		Systems: []string{}, Needs: []templateNeed{}, Flows: len(v.Spec.Flows),
		Origin: string(v.Origin), Status: string(v.Status), Signer: v.KeyName, Key: v.Key, PublishedAt: rest.When(v.At), PublishedBy: v.By, Imported: v.Origin == market.Imported,
		Fault: s.fault(ctx, v.Fault),
	}
	if v.Origin != market.BuiltIn {
		out.Origin = "workspace"
	}
	for _, slot := range v.Spec.Connections {
		out.Systems = append(out.Systems, slot.Connector)
	}
	for _, n := range v.Needs {
		out.Needs = append(out.Needs, templateNeed(n))
	}
	return out
}

func (s *server) detail(ctx context.Context, v market.View) TemplateDetail {
	spec := v.Spec
	out := TemplateDetail{
		Template: s.card(ctx, v), Versions: append([]string{}, v.Versions...), Docs: spec.Docs, Connections: []templateSlot{}, FlowSlots: []templateFlowSlot{}, Params: paramsOf(v.Template),
		CodeTables: []templateTable{}, Changelog: []templateChange{}, Samples: []templateSample{}, Documents: []json.RawMessage{},
	}
	for _, c := range spec.Connections {
		out.Connections = append(out.Connections, templateSlot(c))
	}
	for _, f := range spec.FlowSlots {
		out.FlowSlots = append(out.FlowSlots, templateFlowSlot(f))
	}
	for _, c := range spec.CodeTables {
		t := templateTable{Name: c.Name, Title: c.Title, Help: c.Help, Rows: len(c.Rows)}
		for _, name := range v.TablesTaken {
			t.Taken = t.Taken || name == c.Name
		}
		out.CodeTables = append(out.CodeTables, t)
	}
	for _, c := range spec.Changelog {
		out.Changelog = append(out.Changelog, templateChange(c))
	}
	for _, one := range spec.Samples {
		out.Samples = append(out.Samples, templateSample(one))
	}
	for _, doc := range spec.Flows {
		out.Documents = append(out.Documents, doc.JSON())
	}
	return out
}

// paramsOf gives the parameters of all flows, each key once, in the words of the
// template where it has any.
func paramsOf(t *template.Template) []templateParam {
	all, seen := []templateParam{}, map[string]bool{}
	for _, doc := range t.Spec.Flows {
		for _, p := range doc.Spec.Params {
			if seen[p.Key] {
				continue
			}
			seen[p.Key] = true
			all = append(all, paramOf(t, p))
		}
	}
	return all
}

func paramOf(t *template.Template, p flow.Param) templateParam {
	out := templateParam{Key: p.Key, Title: field.Text{ZH: p.Title}, Help: field.Text{ZH: p.Describe}, Type: p.Type, Required: p.Required}
	if out.Type == "" {
		out.Type = "string"
	}
	for _, said := range t.Spec.Params {
		if said.Key == p.Key {
			out.Title, out.Help = said.Title, said.Help
		}
	}
	if len(p.Default) > 0 {
		out.Default = p.Default
		if first := p.Default[0]; first == '-' || first >= '0' && first <= '9' {
			out.Default = string(p.Default)
		}
	}
	return out
}
