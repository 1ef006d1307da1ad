// Package imports is the part of the interface that brings existing work in.
//
// It may import huma, server/api/rest, server/importing, engine/intake and its rooms, and
// sdk/fault: never another service, a store or gin.
package imports

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/intake"
	"github.com/karezflow/karez/engine/intake/catalog"
	"github.com/karezflow/karez/engine/intake/draft"
	"github.com/karezflow/karez/engine/intake/scheme"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/importing"
)

type workInput struct {
	Body struct {
		Text    string        `json:"text" doc:"A field table as it stands in an article, a scheme as JSON, or flow documents; at most 1 MiB"`
		Format  string        `json:"format,omitempty" enum:"karez,qeasy,table" doc:"Found out where it is left out"`
		Answers importAnswers `json:"answers,omitzero"`
	}
}

type importAnswers struct {
	Source      *catalog.Choice   `json:"source,omitempty" doc:"What is read; the best candidate where it is left out"`
	Target      *catalog.Choice   `json:"target,omitempty" doc:"What is written"`
	Connections map[string]string `json:"connections,omitempty" doc:"Names of connections by source and target"`
	Flows       map[string]string `json:"flows,omitempty" doc:"Ids of flows by the ids that the text has for them"`
	StartFrom   string            `json:"startFrom,omitempty" doc:"Where the first pull begins"`
	Title       string            `json:"title,omitempty" maxLength:"200"`
}

type importPreview struct {
	Format string        `json:"format" enum:"karez,qeasy,table"`
	Drafts []importDraft `json:"drafts"`
}

type importDraft struct {
	Title     string           `json:"title"`
	Rows      int              `json:"rows" doc:"How many lines are rows"`
	Read      int              `json:"read" doc:"How many of them were understood"`
	Lines     []importLine     `json:"lines"`
	Questions []draft.Question `json:"questions"`
	Slots     []draft.Slot     `json:"slots"`
	Document  json.RawMessage  `json:"document"`
}

// importLine is a line and what became of it.
type importLine struct {
	Line  int    `json:"line,omitempty" doc:"From 1; missing for a member of JSON"`
	Path  string `json:"path,omitempty" doc:"The member of JSON"`
	Text  string `json:"text"`
	Fate  string `json:"fate" enum:"understood,moved,inferred,not_understood,outline,text"`
	Where string `json:"where,omitempty" doc:"Its place in the flow"`
	Code  string `json:"code,omitempty"`
	Why   string `json:"why,omitempty" doc:"In the reader's language"`
	Hint  string `json:"hint,omitempty"`
}

type importMade struct {
	Flows []importedFlow `json:"flows"`
}

type importedFlow struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Problems int    `json:"problems" doc:"How many problems the draft has"`
	Blocking int    `json:"blocking" doc:"How many of them block publishing"`
}

// server answers.
type server struct {
	*rest.Kit

	work *importing.Service
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, work *importing.Service) {
	s := &server{kit, work}
	preview := rest.Op(http.MethodPost, "/flows/import/preview", "previewImport", "Read existing work and tell what becomes of each line; nothing is saved", 0)
	save := rest.Op(http.MethodPost, "/flows/import", "importFlows", "Make draft flows of existing work", http.StatusCreated)
	// A text may take six bytes a character in JSON.
	preview.MaxBodyBytes, save.MaxBodyBytes = 7*intake.MaxSize, 7*intake.MaxSize
	huma.Register(api, preview, rest.Handle(kit, s.preview))
	huma.Register(api, save, rest.Handle(kit, s.save))
}

func (in *workInput) work() importing.Work {
	a := draft.Answers{
		Source: in.Body.Answers.Source, Target: in.Body.Answers.Target, Flows: in.Body.Answers.Flows,
		StartFrom: in.Body.Answers.StartFrom, Title: in.Body.Answers.Title, Connections: map[scheme.Role]string{},
	}
	for role, name := range in.Body.Answers.Connections {
		a.Connections[scheme.Role(role)] = name
	}
	return importing.Work{Text: in.Body.Text, Format: intake.Format(in.Body.Format), Answers: a}
}

func (s *server) preview(ctx context.Context, in *workInput) (*rest.Body[importPreview], error) {
	read, err := s.work.Preview(ctx, in.work())
	if err != nil {
		return nil, err
	}
	view := importPreview{Format: string(read.Format), Drafts: make([]importDraft, len(read.Drafts))}
	for i, d := range read.Drafts {
		one := importDraft{
			Title: d.Document.Metadata.Title, Rows: d.Rows, Read: d.Read, Lines: make([]importLine, len(d.Lines)), Questions: d.Questions, Slots: d.Slots, Document: d.Document.JSON(),
		}
		for n, l := range d.Lines {
			one.Lines[n] = importLine{Line: l.Line, Path: l.Path, Text: l.Text, Fate: string(l.Fate), Where: l.Where}
			one.Lines[n].say(s.said(ctx, l.Why), l.Why)
		}
		view.Drafts[i] = one
	}
	return rest.Answer(view, nil)
}

// said gives the sentence and the hint of a fault in the reader's language.
func (s *server) said(ctx context.Context, f *fault.Fault) [2]string {
	if f == nil {
		return [2]string{}
	}
	message, hint := s.Words.Say(rest.AboutOf(ctx).Language, f.Code, f.Message, f.Hint, f.Args)
	return [2]string{message, hint}
}

func (l *importLine) say(said [2]string, f *fault.Fault) {
	if l.Why, l.Hint = said[0], said[1]; f != nil {
		l.Code = f.Code
	}
}

func (s *server) save(ctx context.Context, in *workInput) (*rest.Body[importMade], error) {
	flows, err := s.work.Import(ctx, in.work())
	if err != nil {
		return nil, err
	}
	view := importMade{Flows: make([]importedFlow, len(flows))}
	for i, f := range flows {
		view.Flows[i] = importedFlow{ID: f.PublicID, Title: f.Title, Problems: len(f.Problems), Blocking: f.Blocking}
	}
	return rest.Answer(view, nil)
}
