// Package trials is the part of the interface that tries drafts out.
//
// It may import huma, server/api/rest, server/draft, server/trial, engine/cases,
// engine/flow, engine/value and the sdk's leaves: never another service, a store or gin.
package trials

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/cases"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/trial"
)

type server struct {
	*rest.Kit

	trial *trial.Service
	flows *draft.Service
}

type sampleInput struct {
	ID string `path:"id"`

	Body struct {
		Document json.RawMessage `json:"document,omitempty" doc:"The document on the screen; the saved draft when it is left out"`
		Node     string          `json:"node"`
		Count    int             `json:"count,omitempty" minimum:"0" maximum:"100"`
		Numbers  []string        `json:"numbers,omitempty" maxItems:"20" doc:"Only the documents with these numbers, whatever their time"`
		Posted   string          `json:"posted,omitempty" doc:"What would be posted to a webhook node, JSON: its documents are the sample then"`
	}
}

// sketchInput asks about a document that nothing is saved of.
type sketchInput struct {
	Body struct {
		Document json.RawMessage `json:"document"`
		Node     string          `json:"node"`
		Count    int             `json:"count,omitempty" minimum:"0" maximum:"100"`
	}
}

type testInput struct {
	ID string `path:"id"`

	Body struct {
		Document json.RawMessage `json:"document,omitempty" doc:"The document on the screen; the saved draft when it is left out"`
		Node     string          `json:"node"`
		Sample   json.RawMessage `json:"sample"`
	}
}

type walkInput struct {
	ID string `path:"id"`

	Body struct {
		Document json.RawMessage `json:"document,omitempty" doc:"The document on the screen; the saved draft when it is left out"`
		Node     string          `json:"node" doc:"Where the record starts: a source, or a node that it is to arrive at"`
		Until    string          `json:"until,omitempty" doc:"The node that the walk ends at; it goes on to the targets when it is left out"`
		Sample   json.RawMessage `json:"sample"`
	}
}

type casesInput struct {
	ID string `path:"id"`

	Body struct {
		Document json.RawMessage `json:"document,omitempty" doc:"The document on the screen; the saved draft when it is left out"`
		Node     string          `json:"node,omitempty" doc:"Only the tests of this node"`
	}
}

type casesView struct {
	OK    bool           `json:"ok" doc:"All passed"`
	Tests []cases.Result `json:"tests"`
}

type evaluateInput struct {
	Body struct {
		Text   string          `json:"text" maxLength:"100000"`
		Source json.RawMessage `json:"source,omitempty"`
		Uses   map[string]use  `json:"uses,omitempty" doc:"The flows that look-ups of the text name by an alias, as in spec.uses"`
	}
}

type use struct {
	Flow string `json:"flow,omitempty"`
}

type evaluatedView struct {
	Type  string          `json:"type,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
	Error *evaluateError  `json:"error,omitempty"`
}

type evaluateError struct {
	Code     string `json:"code"`
	Message  string `json:"message"`
	Position int    `json:"position" doc:"In bytes from 0, -1 when the failure has no place"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
}

type scriptInput struct {
	Body struct {
		Source string `json:"source" maxLength:"1000000"`
	}
}

type scriptView struct {
	Problems []scriptProblem `json:"problems"`
}

type scriptProblem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
}

// explainedView is what becomes of a field.
type explainedView struct {
	Row   string          `json:"row" doc:"The path of the field's row in the node's settings"`
	Field string          `json:"field" doc:"Its place in the new record"`
	Type  string          `json:"type,omitempty"`
	Value json.RawMessage `json:"value,omitempty" doc:"What is written; missing where the field is left out"`
	Fault *fault.Fault    `json:"fault,omitempty"`
	Why   []whyView       `json:"why" doc:"The steps from the record to the value"`
}

type whyView struct {
	Step  string          `json:"step" enum:"read,lookup,expression,text,table,format,type,parser"`
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value,omitempty" doc:"What came of the step; missing for nothing"`
}

// drawn gives the document to try: the one on the screen, or the saved draft.
func (s *server) drawn(ctx context.Context, flowID string, document json.RawMessage) (json.RawMessage, error) {
	f, err := s.flows.Get(ctx, flowID)
	if err != nil || len(document) > 0 {
		return document, err
	}
	return f.Document, nil
}

func used(uses map[string]use) map[string]flow.Use {
	out := make(map[string]flow.Use, len(uses))
	for alias, u := range uses {
		out[alias] = flow.Use{Flow: u.Flow}
	}
	return out
}

// said gives a fault in the reader's language.
func (s *server) said(ctx context.Context, f *fault.Fault) *fault.Fault {
	if f == nil {
		return nil
	}
	said := *f
	said.Message, said.Hint = s.Words.Say(rest.AboutOf(ctx).Language, said.Code, said.Message, said.Hint, said.Args)
	return &said
}

func (s *server) explained(ctx context.Context, row value.Explained) explainedView {
	view := explainedView{Row: row.Row, Field: row.Field, Type: string(row.Type), Value: row.Value, Fault: s.said(ctx, row.Fault), Why: make([]whyView, len(row.Steps))}
	for i, step := range row.Steps {
		view.Why[i] = whyView{Step: string(step.Kind), Name: step.Name, Value: step.Value}
	}
	return view
}

// Routes adds the operations. flows gives the drafts that are tried.
func Routes(api huma.API, kit *rest.Kit, tries *trial.Service, flows *draft.Service) {
	s := &server{kit, tries, flows}

	huma.Register(api, rest.Op(http.MethodPost, "/flows/{id}/sample", "sampleSource", "A few records: of a source's system, or the newest that came to a webhook or an inlet; nothing is stored", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *sampleInput) (*rest.Body[trial.Sampled], error) {
			doc, err := s.drawn(ctx, in.ID, in.Body.Document)
			if err != nil {
				return nil, err
			}
			if in.Body.Posted != "" {
				return rest.Answer(s.trial.SamplePosted(ctx, doc, in.Body.Node, []byte(in.Body.Posted), in.Body.Count))
			}
			if len(in.Body.Numbers) > 0 {
				return rest.Answer(s.trial.SampleNumbers(ctx, doc, in.Body.Node, in.Body.Numbers))
			}
			return rest.Answer(s.trial.Sample(ctx, doc, in.Body.Node, in.Body.Count))
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/flows/sample", "sampleUnsaved", "A few records of a source's system, for a document that is not saved yet", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *sketchInput) (*rest.Body[trial.Sampled], error) {
			return rest.Answer(s.trial.Sample(ctx, in.Body.Document, in.Body.Node, in.Body.Count))
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/flows/{id}/test", "testFlow", "Walk one record; nothing is sent and nothing stored", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *walkInput) (*rest.Body[trial.Tested], error) {
			doc, err := s.drawn(ctx, in.ID, in.Body.Document)
			if err != nil {
				return nil, err
			}
			tested, err := s.trial.Test(ctx, doc, in.Body.Node, in.Body.Until, in.Body.Sample)
			for i, n := range tested.Nodes {
				tested.Nodes[i].Fault = s.said(ctx, n.Fault)
			}
			return rest.Answer(tested, err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/flows/{id}/explain", "explainMapping", "What becomes of every field of a mapping, and why", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *testInput) (*rest.Body[rest.List[explainedView]], error) {
			doc, err := s.drawn(ctx, in.ID, in.Body.Document)
			if err != nil {
				return nil, err
			}
			rows, err := s.trial.Explain(ctx, doc, in.Body.Node, in.Body.Sample)
			return rest.Answer(rest.Listed(rows, "", func(row value.Explained) explainedView { return s.explained(ctx, row) }), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/flows/{id}/tests", "runTests", "Run the tests that are saved with a flow; nothing is sent and nothing stored", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *casesInput) (*rest.Body[casesView], error) {
			doc, err := s.drawn(ctx, in.ID, in.Body.Document)
			if err != nil {
				return nil, err
			}
			results, err := s.trial.RunCases(ctx, doc, in.Body.Node)
			for i := range results {
				results[i].Problem = s.said(ctx, results[i].Problem)
				results[i].Fault = s.said(ctx, results[i].Fault)
			}
			return rest.Answer(casesView{cases.Passed(results), results}, err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/values/evaluate", "evaluateValue", "The value of a text on a document", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *evaluateInput) (*rest.Body[evaluatedView], error) {
			v, err := s.trial.Evaluate(ctx, in.Body.Text, in.Body.Source, used(in.Body.Uses))
			view := evaluatedView{Type: v.Type, Value: v.Value}
			if f := v.Fault; f != nil {
				message, _ := s.Words.Say(rest.AboutOf(ctx).Language, f.Code, f.Message, "", f.Args)
				view.Error = &evaluateError{f.Code, message, v.Position, v.Line, v.Column}
			}
			return rest.Answer(view, err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/scripts/check", "checkScript", "What is wrong with a script; none of it is run", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *scriptInput) (*rest.Body[scriptView], error) {
			problems, err := s.trial.CheckScript(ctx, in.Body.Source)
			view := scriptView{Problems: make([]scriptProblem, len(problems))}
			for i, p := range problems {
				message, _ := s.Words.Say(rest.AboutOf(ctx).Language, p.Fault.Code, p.Fault.Message, "", p.Fault.Args)
				view.Problems[i] = scriptProblem{p.Fault.Code, message, p.Line, p.Column}
			}
			return rest.Answer(view, err)
		}))
}
