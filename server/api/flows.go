package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/execution"
)

// FlowBase is what lists and the flow itself say alike.
type FlowBase struct {
	ID               string     `json:"id"`
	Name             string     `json:"name"`
	Title            string     `json:"title"`
	Enabled          bool       `json:"enabled"`
	DraftVersion     int64      `json:"draftVersion"`
	PublishedVersion int        `json:"publishedVersion" doc:"0 when nothing is published"`
	Dirty            bool       `json:"dirty" doc:"The draft is not what the newest version holds"`
	Blocking         int        `json:"blocking" doc:"How many problems block publishing"`
	UpdatedAt        *time.Time `json:"updatedAt"`
}

type flowView struct {
	FlowBase

	ETag     string          `json:"etag"`
	Document json.RawMessage `json:"document"`
	Problems []flow.Problem  `json:"problems"`
}

// flowAnswer carries a flow with its version for If-Match.
type flowAnswer struct {
	ETag string `header:"ETag"`
	Body flowView
}

// FlowInput names a flow by its public id.
type FlowInput struct {
	ID string `path:"id"`
}

type saveInput struct {
	FlowInput

	IfMatch string `header:"If-Match" required:"true" doc:"The etag that the draft was read with"`
	Body    struct {
		Document json.RawMessage `json:"document"`
	}
}

type createInput struct {
	Body struct {
		Title    string          `json:"title,omitempty"`
		Document json.RawMessage `json:"document,omitempty"`
	}
}

type copyInput struct {
	FlowInput

	Body struct {
		Title string `json:"title,omitempty"`
	}
}

type publishInput struct {
	FlowInput

	Body struct {
		Note string `json:"note,omitempty"`
	}
}

type flowRollbackInput struct {
	FlowInput

	Body struct {
		No           int    `json:"no" minimum:"1"`
		Note         string `json:"note,omitempty"`
		Draft        string `json:"draft" enum:"keep,replace" doc:"replace makes the old document the draft as well"`
		DraftVersion int64  `json:"draftVersion,omitempty" doc:"The draft that may be replaced; one that was saved meanwhile is a conflict"`
	}
}

type disableInput struct {
	FlowInput

	Body *struct {
		Now bool `json:"now,omitempty" doc:"Cancel the runs that still read; otherwise they end by themselves"`
	}
}

type validateInput struct {
	Body struct {
		Document json.RawMessage `json:"document"`
	}
}

type problemsView struct {
	Problems []flow.Problem `json:"problems"`
}

func viewBase(f draft.Flow) FlowBase {
	return FlowBase{
		ID: f.PublicID, Name: f.Name, Title: f.Title, Enabled: f.Enabled, DraftVersion: f.DraftVersion, PublishedVersion: f.Published,
		Dirty: f.Dirty, Blocking: f.Blocking, UpdatedAt: rest.When(f.Updated),
	}
}

func (s *server) viewFlow(ctx context.Context, f draft.Flow) flowView {
	problems := s.Words.Problems(rest.AboutOf(ctx).Language, f.Problems)
	if problems == nil {
		problems = []flow.Problem{}
	}
	return flowView{FlowBase: viewBase(f), ETag: etag(f), Document: f.Document, Problems: problems}
}

func etag(f draft.Flow) string { return strconv.Quote(strconv.FormatInt(f.DraftVersion, 10)) }

func (s *server) flowAnswer(ctx context.Context, f draft.Flow, err error) (*flowAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &flowAnswer{etag(f), s.viewFlow(ctx, f)}, nil
}

func (s *server) flowRoutes(api huma.API) {
	huma.Register(api, rest.Op(http.MethodPost, "/flows", "createFlow", "Make a flow, empty or of a document", http.StatusCreated),
		rest.Handle(s.Kit, func(ctx context.Context, in *createInput) (*flowAnswer, error) {
			f, err := s.Flows.Create(ctx, in.Body.Title, in.Body.Document)
			return s.flowAnswer(ctx, f, err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/flows/{id}", "getFlow", "A flow with its draft and the draft's problems", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *FlowInput) (*flowAnswer, error) {
			f, err := s.Flows.Get(ctx, in.ID)
			return s.flowAnswer(ctx, f, err)
		}))
	huma.Register(api, rest.Op(http.MethodPut, "/flows/{id}", "saveFlow", "Save a draft, whatever problems it has", 0), rest.Handle(s.Kit, s.saveFlow))
	huma.Register(api, rest.Op(http.MethodDelete, "/flows/{id}", "deleteFlow", "Delete a flow that never pulled a document", http.StatusNoContent),
		rest.Handle(s.Kit, func(ctx context.Context, in *FlowInput) (*struct{}, error) { return nil, s.Flows.Delete(ctx, in.ID) }))
	huma.Register(api, rest.Op(http.MethodGet, "/flows/{id}/export", "exportFlow", "The draft as a document that brings its derived operations along", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *FlowInput) (*rest.Body[json.RawMessage], error) {
			document, err := s.Flows.Export(ctx, in.ID)
			return rest.Answer(json.RawMessage(document), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/flows/{id}/publish", "publishFlow", "Make the draft the newest version", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *publishInput) (*flowAnswer, error) {
			f, err := s.Flows.PublishDraft(ctx, in.ID, in.Body.Note)
			return s.flowAnswer(ctx, f, s.told(ctx, in.ID, "published", err))
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/flows/{id}/enable", "enableFlow", "Let a flow's triggers fire", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *rest.IDOrder) (*flowAnswer, error) {
			f, err := s.Flows.SetEnabled(ctx, in.ID, true)
			return s.flowAnswer(ctx, f, s.told(ctx, in.ID, "enabled", err))
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/flows/{id}/disable", "disableFlow", "Keep a flow's triggers from firing", 0), rest.Handle(s.Kit, s.disableFlow))
	huma.Register(api, rest.Op(http.MethodPost, "/flows/{id}/copy", "copyFlow", "Make a new flow of a flow's draft", http.StatusCreated),
		rest.Handle(s.Kit, func(ctx context.Context, in *copyInput) (*flowAnswer, error) {
			f, err := s.Flows.Copy(ctx, in.ID, in.Body.Title)
			return s.flowAnswer(ctx, f, err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/flows/validate", "validateFlow", "The problems of a document that is not saved", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *validateInput) (*rest.Body[problemsView], error) {
			problems, err := s.Flows.Validate(ctx, in.Body.Document)
			return rest.Answer(problemsView{append([]flow.Problem{}, s.Words.Problems(rest.AboutOf(ctx).Language, problems)...)}, err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/flows/{id}/rollback", "rollBackFlow", "Publish the document of an older version again", 0),
		rest.Handle(s.Kit, s.rollBack))
}

// rollBack answers a conflict with the draft that is stored.
func (s *server) rollBack(ctx context.Context, in *flowRollbackInput) (*flowAnswer, error) {
	f, err := s.Flows.Rollback(ctx, in.ID, draft.Rollback{No: in.Body.No, Note: in.Body.Note, Draft: in.Body.Draft == "replace", IfVersion: in.Body.DraftVersion})
	if fault.CodeOf(err) == "flow.conflict" {
		return nil, s.conflict(ctx, f, err)
	}
	return s.flowAnswer(ctx, f, s.told(ctx, in.ID, "published", err))
}

func (s *server) conflict(ctx context.Context, f draft.Flow, err error) error {
	p := s.Problem(ctx, err)
	p.Current = s.viewFlow(ctx, f)
	return p
}

// disableFlow stops the flow; with now also the runs that read or wait.
func (s *server) disableFlow(ctx context.Context, in *disableInput) (*flowAnswer, error) {
	f, err := s.Flows.SetEnabled(ctx, in.ID, false)
	if err == nil && in.Body != nil && in.Body.Now {
		err = s.cancelRuns(ctx, in.ID)
	}
	return s.flowAnswer(ctx, f, s.told(ctx, in.ID, "disabled", err))
}

func (s *server) cancelRuns(ctx context.Context, flowID string) error {
	runs, err := s.Runs.List(ctx, execution.Filter{Flow: flowID, States: []string{ledger.RunQueued.String(), ledger.RunRunning.String()}})
	if err != nil {
		return err
	}
	for _, r := range runs.Items {
		// One that has read everything meanwhile ends by itself.
		if err := s.Runs.Cancel(ctx, r.ID); err != nil && fault.ClassOf(err) != fault.Config {
			return err
		}
	}
	return nil
}

// saveFlow answers a conflict with the version that is stored.
func (s *server) saveFlow(ctx context.Context, in *saveInput) (*flowAnswer, error) {
	version, err := strconv.ParseInt(strings.Trim(in.IfMatch, `"`), 10, 64)
	if err != nil {
		return nil, fault.New("flow.etag_invalid", "If-Match must be the etag that the draft was read with").At("If-Match").Classed(fault.Config)
	}
	f, err := s.Flows.Save(ctx, in.ID, version, in.Body.Document)
	if fault.CodeOf(err) == "flow.conflict" {
		return nil, s.conflict(ctx, f, err)
	}
	return s.flowAnswer(ctx, f, err)
}
