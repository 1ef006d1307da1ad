package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/execution"
	"github.com/karezflow/karez/server/schedule"
)

// flowSummary is a flow in a list, with how it goes.
type flowSummary struct {
	FlowBase

	LastRun   *lastRun       `json:"lastRun,omitempty"`
	Attention map[string]int `json:"attention" doc:"Documents that stand still, by state"`
	NextFire  *time.Time     `json:"nextFire,omitempty"`
	Schedule  *flowSchedule  `json:"schedule,omitempty" doc:"Of the published version, also while the flow is stopped; absent where it has none"`
	Preparing *int           `json:"preparing,omitempty" doc:"How much of the documents that it looks up is indexed, in percent; absent when all are"`
}

type flowSchedule struct {
	Crons    []string    `json:"crons"`
	Timezone string      `json:"timezone" doc:"Where they count"`
	Next     []time.Time `json:"next" doc:"The next firings of all of them together; none while the flow is stopped"`
}

type lastRun struct {
	ID        string         `json:"id"`
	State     string         `json:"state" enum:"queued,running,done,failed,cancelled"`
	StartedAt *time.Time     `json:"startedAt,omitempty"`
	EndedAt   *time.Time     `json:"endedAt,omitempty"`
	Counts    map[string]int `json:"counts"`
}

func (s *server) flowListRoutes(api huma.API) {
	type listInput struct {
		rest.Paging

		Text string `query:"q" doc:"Part of a title, a name or an id"`
	}
	huma.Register(api, rest.Op(http.MethodGet, "/flows", "listFlows", "The flows, the last changed first", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *listInput) (*rest.Body[rest.List[flowSummary]], error) {
			page, err := s.Flows.List(ctx, draft.Query{Text: in.Text, After: in.After, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			out := rest.List[flowSummary]{Items: make([]flowSummary, len(page.Items)), Next: page.Next}
			for i, f := range page.Items {
				if out.Items[i], err = s.summary(ctx, f); err != nil {
					return nil, err
				}
			}
			return rest.Answer(out, nil)
		}))
}

func (s *server) summary(ctx context.Context, f draft.Flow) (flowSummary, error) {
	view := flowSummary{FlowBase: viewBase(f), Attention: map[string]int{}}
	runs, err := s.Runs.List(ctx, execution.Filter{Flow: f.PublicID, Limit: 1})
	if err != nil {
		return view, err
	}
	for _, r := range runs.Items {
		view.LastRun = &lastRun{ID: rest.IDText(r.ID), State: r.State.String(), StartedAt: rest.When(r.Started), EndedAt: rest.When(r.Ended), Counts: countsView(r.Counts)}
	}
	facets, err := s.Documents.Facets(ctx, f.PublicID)
	if err != nil {
		return view, err
	}
	for _, state := range []ledger.State{ledger.Rejected, ledger.NeedsDecision, ledger.Unmapped, ledger.RetryAt} {
		view.Attention[state.String()] = facets.States[state.String()]
	}
	if percent, err := s.Indexing.Preparing(ctx, f.ID); err != nil {
		return view, err
	} else if percent < 100 {
		view.Preparing = &percent
	}
	if f.Published > 0 {
		v, err := s.Flows.VersionNo(ctx, f.PublicID, f.Published)
		if err != nil {
			return view, err
		}
		view.planned(v.Document, f.Enabled, s.Clock())
	}
	return view, nil
}

// planned adds the schedules of a document; one that can't be read has none.
func (f *flowSummary) planned(document []byte, enabled bool, now time.Time) {
	const told = 3
	docs, err := flow.Parse(document)
	if err != nil || len(docs) != 1 {
		return
	}
	p := schedule.PlanOf(docs[0], now, told)
	if len(p.Crons) == 0 {
		return
	}
	f.Schedule = &flowSchedule{p.Crons, p.Zone, []time.Time{}}
	if enabled && len(p.Next) > 0 {
		f.Schedule.Next, f.NextFire = p.Next, &p.Next[0]
	}
}
