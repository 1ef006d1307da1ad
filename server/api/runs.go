package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/api/sse"
	"github.com/karezflow/karez/server/execution"
	"github.com/karezflow/karez/server/execution/notice"
)

type runView struct {
	ID         string                    `json:"id"`
	Flow       string                    `json:"flow"`
	FlowTitle  string                    `json:"flowTitle"`
	Version    int                       `json:"version"`
	State      string                    `json:"state" enum:"queued,running,done,failed,cancelled"`
	Trigger    string                    `json:"trigger"`
	Pulling    bool                      `json:"pulling" doc:"The sources are still being read"`
	Behind     bool                      `json:"behind,omitempty" doc:"The sources wait: so many documents are on their way to the targets that no more are read"`
	Paused     bool                      `json:"paused,omitempty" doc:"Nothing more is taken up for it until it, or its flow, is resumed"`
	PausedBy   string                    `json:"pausedBy,omitempty" doc:"Who paused the run itself"`
	FlowPaused bool                      `json:"flowPaused,omitempty"`
	StartedAt  *time.Time                `json:"startedAt,omitempty"`
	EndedAt    *time.Time                `json:"endedAt,omitempty"`
	Numbers    []string                  `json:"numbers,omitempty" doc:"The documents that the run fetches by number; absent where it reads what changed"`
	Missing    []string                  `json:"missing,omitempty" doc:"Those of the numbers that no source had, known when pulling is over"`
	Code       string                    `json:"code,omitempty"`
	Message    string                    `json:"message,omitempty"`
	Counts     map[string]int            `json:"counts" doc:"By slot; pulled = dropped + unchanged + ignored + accepted, accepted = the sum of the states; found is a part of accepted"`
	Balanced   bool                      `json:"balanced"`
	Nodes      map[string]map[string]int `json:"nodes" doc:"By node: in, and port:<name> for what left through a port"`
	Problems   []problemGroup            `json:"problems"`
}

type problemGroup struct {
	State     string   `json:"state" enum:"waiting,held,delivered,collected,filtered,rejected,retry_at,unmapped,needs_decision,superseded,skipped"`
	Code      string   `json:"code"`
	Message   string   `json:"message"`
	Documents int      `json:"documents"`
	Examples  []string `json:"examples"`
}

type runID struct {
	ID string `json:"id"`
}

type pullInput struct {
	FlowInput

	Body struct {
		Numbers []string `json:"numbers" doc:"At most 200 document numbers of at most 100 characters"`
	}
}

func (s *server) viewRun(ctx context.Context, v execution.View) runView {
	view := runView{
		ID: rest.IDText(v.ID), Flow: v.FlowID, FlowTitle: v.FlowTitle, Version: v.VersionNo, State: v.State.String(), Trigger: v.Trigger,
		Pulling: v.Pulling(), Behind: v.Behind(), Paused: v.Paused(), PausedBy: v.PausedBy, FlowPaused: v.FlowPaused, StartedAt: rest.When(v.Started), EndedAt: rest.When(v.Ended), Code: v.Code, Numbers: v.Numbers, Missing: v.Missing,
		Counts: countsView(v.Counts), Balanced: v.Counts.Balanced(), Nodes: v.Nodes, Problems: make([]problemGroup, len(v.Problems)),
	}
	view.Message, _ = s.Words.Say(rest.AboutOf(ctx).Language, v.Code, v.Message, "", v.Args)
	if view.Nodes == nil {
		view.Nodes = map[string]map[string]int{}
	}
	for i, p := range v.Problems {
		message, _ := s.Words.Say(rest.AboutOf(ctx).Language, p.Code, p.Message, "", p.Args)
		view.Problems[i] = problemGroup{State: p.State.String(), Code: p.Code, Message: message, Documents: p.Documents, Examples: p.Examples}
	}
	return view
}

// countsView names every count, zeros included.
func countsView(counts ledger.Counts) map[string]int {
	all := map[string]int{}
	for _, slot := range []ledger.Slot{ledger.SlotPulled, ledger.SlotDropped, ledger.SlotUnchanged, ledger.SlotIgnored, ledger.SlotAccepted, ledger.SlotFound, ledger.SlotClaimed} {
		all[string(slot)] = counts[slot]
	}
	for _, state := range ledger.States() {
		all[state.String()] = counts[ledger.SlotOf(state)]
	}
	return all
}

func (s *server) runRoutes(api huma.API) {
	type listInput struct {
		rest.Paging

		Flow  string `query:"flow"`
		State string `query:"state" doc:"One or several states, separated by commas"`
	}
	huma.Register(api, rest.Op(http.MethodPost, "/flows/{id}/runs", "startRun", "Run a flow's published version", http.StatusAccepted),
		rest.Handle(s.Kit, func(ctx context.Context, in *rest.IDOrder) (*rest.Body[runID], error) {
			id, err := s.Runs.Trigger(ctx, in.ID, execution.Manual, time.Time{})
			return rest.Answer(runID{rest.IDText(id)}, err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/flows/{id}/pull", "pullNumbers", "Fetch documents by their numbers with a flow's published version", http.StatusAccepted),
		rest.Handle(s.Kit, func(ctx context.Context, in *pullInput) (*rest.Body[runID], error) {
			id, err := s.Runs.PullNumbers(ctx, in.ID, in.Body.Numbers)
			return rest.Answer(runID{rest.IDText(id)}, err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/runs", "listRuns", "Runs, the latest first", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *listInput) (*rest.Body[rest.List[runView]], error) {
			page, err := s.Runs.List(ctx, execution.Filter{Flow: in.Flow, States: words(in.State), After: in.After, Limit: in.Limit})
			return rest.Answer(rest.Listed(page.Items, page.Next, func(v execution.View) runView { return s.viewRun(ctx, v) }), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/runs/{id}", "getRun", "A run with its counts and what stands still", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *rest.IDInput) (*rest.Body[runView], error) {
			id, err := in.Number()
			if err != nil {
				return nil, err
			}
			v, err := s.Runs.Get(ctx, id)
			return rest.Answer(s.viewRun(ctx, v), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/runs/{id}/cancel", "cancelRun", "Stop reading; what was accepted goes on", http.StatusAccepted),
		rest.Handle(s.Kit, func(ctx context.Context, in *rest.IDOrder) (*struct{}, error) {
			id, err := in.Number()
			if err != nil {
				return nil, err
			}
			return nil, s.Runs.Cancel(ctx, id)
		}))
	s.eventRoutes(api)
}

// words splits a query parameter that lists things.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
}

func (s *server) eventRoutes(api huma.API) {
	sse.Watch(api, s.Kit, "/runs/{id}/events", "watchRun", "Server-sent events: the run as it stands, until it is over", s.Runs.Watch,
		func(ctx context.Context, snap execution.Snapshot) sse.Snapshot {
			return sse.Snapshot{Seq: snap.Seq, At: snap.At, Final: snap.Final, Data: s.viewRun(ctx, snap.View)}
		})
	huma.Register(api, sse.Described(rest.Op(http.MethodGet, "/events", "watchWorkspace", "Server-sent events: runs and flows that changed", 0)),
		rest.Handle(s.Kit, func(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
			events, err := s.Runs.WatchWorkspace(ctx)
			if err != nil {
				return nil, err
			}
			return sse.Stream(sse.Relay(ctx, events, func(e notice.Event) sse.Event { //nolint:contextcheck // a stream ends with the request's context
				return sse.Event{Seq: e.Seq, Type: e.Type, At: e.At.Time().UTC(), Data: e.Data}
			})), nil
		}))
}

// told announces a change of a flow that went well and gives err on.
func (s *server) told(ctx context.Context, flowID, change string, err error) error {
	if p, nobody := access.Of(ctx); err == nil && nobody == nil {
		s.Events.Flow(ctx, p.Workspace, flowID, change)
	}
	return err
}
