package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/catalog"
	"github.com/karezflow/karez/server/trial"
)

func (s *server) catalogRoutes(api huma.API) {
	type operationInput struct {
		ID      string `path:"id"`
		Name    string `path:"name"`
		Version string `query:"version" doc:"The newest when it is left out; 1.2 is any 1.2.x"`
	}
	same := func(d node.Declaration) node.Declaration { return d }
	huma.Register(api, rest.Op(http.MethodGet, "/catalog/nodes", "listNodeTypes", "The node types in the order of the palette", 0),
		rest.Handle(s.Kit, func(ctx context.Context, _ *struct{}) (*rest.Body[rest.List[node.Declaration]], error) {
			nodes, err := s.Catalog.Nodes(ctx)
			return rest.Answer(rest.Listed(nodes, "", same), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/catalog/connectors", "listConnectors", "The installed connectors", 0),
		rest.Handle(s.Kit, func(ctx context.Context, _ *struct{}) (*rest.Body[rest.List[catalog.Connector]], error) {
			connectors, err := s.Catalog.Connectors(ctx)
			return rest.Answer(rest.Listed(connectors, "", func(c catalog.Connector) catalog.Connector { return c }), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/catalog/connectors/{id}/operations/{name}", "getOperation", "Everything declared of an operation", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *operationInput) (*rest.Body[catalog.Operation], error) {
			return rest.Answer(s.Catalog.Operation(ctx, in.ID, in.Version, in.Name))
		}))
	s.trialRoutes(api)
}

type sampleInput struct {
	FlowInput

	Body struct {
		Document json.RawMessage `json:"document,omitempty" doc:"The document on the screen; the saved draft when it is left out"`
		Node     string          `json:"node"`
		Count    int             `json:"count,omitempty" minimum:"0" maximum:"100"`
	}
}

type testInput struct {
	FlowInput

	Body struct {
		Document json.RawMessage `json:"document,omitempty" doc:"The document on the screen; the saved draft when it is left out"`
		Node     string          `json:"node"`
		Sample   json.RawMessage `json:"sample"`
	}
}

type evaluateInput struct {
	Body struct {
		Text   string          `json:"text" maxLength:"100000"`
		Source json.RawMessage `json:"source,omitempty"`
	}
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

// drawn gives the document to try: the one on the screen, or the saved draft.
func (s *server) drawn(ctx context.Context, flowID string, document json.RawMessage) (json.RawMessage, error) {
	f, err := s.Flows.Get(ctx, flowID)
	if err != nil || len(document) > 0 {
		return document, err
	}
	return f.Document, nil
}

func (s *server) trialRoutes(api huma.API) {
	huma.Register(api, rest.Op(http.MethodPost, "/flows/{id}/sample", "sampleSource", "Ask a source's system for a few records; nothing is stored", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *sampleInput) (*rest.Body[trial.Sampled], error) {
			doc, err := s.drawn(ctx, in.ID, in.Body.Document)
			if err != nil {
				return nil, err
			}
			return rest.Answer(s.Trial.Sample(ctx, doc, in.Body.Node, in.Body.Count))
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/flows/{id}/test", "testFlow", "Walk one record; nothing is sent and nothing stored", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *testInput) (*rest.Body[trial.Tested], error) {
			doc, err := s.drawn(ctx, in.ID, in.Body.Document)
			if err != nil {
				return nil, err
			}
			tested, err := s.Trial.Test(ctx, doc, in.Body.Node, in.Body.Sample)
			for i, n := range tested.Nodes {
				if n.Fault != nil {
					said := *n.Fault
					said.Message, said.Hint = s.Words.Say(rest.AboutOf(ctx).Language, said.Code, said.Message, said.Hint, said.Args)
					tested.Nodes[i].Fault = &said
				}
			}
			return rest.Answer(tested, err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/values/evaluate", "evaluateValue", "The value of a text on a document", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *evaluateInput) (*rest.Body[evaluatedView], error) {
			v, err := s.Trial.Evaluate(ctx, in.Body.Text, in.Body.Source)
			view := evaluatedView{Type: v.Type, Value: v.Value}
			if f := v.Fault; f != nil {
				message, _ := s.Words.Say(rest.AboutOf(ctx).Language, f.Code, f.Message, "", f.Args)
				view.Error = &evaluateError{f.Code, message, v.Position, v.Line, v.Column}
			}
			return rest.Answer(view, err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/scripts/check", "checkScript", "What is wrong with a script; none of it is run", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *scriptInput) (*rest.Body[scriptView], error) {
			problems, err := s.Trial.CheckScript(ctx, in.Body.Source)
			view := scriptView{Problems: make([]scriptProblem, len(problems))}
			for i, p := range problems {
				message, _ := s.Words.Say(rest.AboutOf(ctx).Language, p.Fault.Code, p.Fault.Message, "", p.Fault.Args)
				view.Problems[i] = scriptProblem{p.Fault.Code, message, p.Line, p.Column}
			}
			return rest.Answer(view, err)
		}))
	s.scheduleRoutes(api)
}

func (s *server) scheduleRoutes(api huma.API) {
	type nextInput struct {
		Cron string `query:"cron" required:"true"`
		Zone string `query:"timezone" default:"Asia/Shanghai"`
	}
	type timesView struct {
		Times []time.Time `json:"times"`
	}
	huma.Register(api, rest.Op(http.MethodGet, "/schedules/next", "nextFirings", "The next five firings of a cron expression", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *nextInput) (*rest.Body[timesView], error) {
			times, err := s.Schedule.Next(ctx, in.Cron, in.Zone, 0)
			view := timesView{Times: make([]time.Time, len(times))}
			for i, t := range times {
				view.Times[i] = t.UTC()
			}
			return rest.Answer(view, err)
		}))
}
