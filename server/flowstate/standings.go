package flowstate

import (
	"context"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/access"
)

// Known is a flow of a workspace, without its document.
type Known struct {
	Flow

	PublicID, Title string
	// Blocking counts the draft's problems that keep it from being published.
	Blocking int
	// Published is when its newest version was made, 0 where there is none.
	Published ledger.Millis
}

// Still is how many documents of a flow stand still in a state.
type Still struct {
	Flow      ledger.ID
	State     ledger.State
	Documents int
}

// Standing is how a flow of a workspace is doing, in short.
type Standing struct {
	Known
	Verdict

	// LastRun and LastDone are nil where there is none; LastDone is looked for among the
	// runs that tell how often a flow runs.
	LastRun, LastDone *ledger.Run
}

// Board reads of the flows of a workspace what a verdict needs.
type Board interface {
	// All gives a workspace's flows, the last changed first, at most so many.
	All(ctx context.Context, workspace ledger.ID, most int) ([]Known, error)
	// Still counts what stands still, flow by flow.
	Still(ctx context.Context, workspace ledger.ID) ([]Still, error)
	// LastRuns gives the newest runs, the newest first.
	LastRuns(ctx context.Context, flow ledger.ID, limit int) ([]ledger.Run, error)
	// Cursors gives those of a flow's sources.
	Cursors(ctx context.Context, flow ledger.ID) ([]Cursor, error)
}

// mostFlows is how many flows are looked at.
const mostFlows = 1000

// Standings tells how the flows of the caller's workspace are doing, the last changed first.
// It reads no document of the ledger: counts, runs and cursors do.
func (s *Service) Standings(ctx context.Context) ([]Standing, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return nil, err
	}
	flows, err := s.Store.All(ctx, p.Workspace, mostFlows)
	if err != nil {
		return nil, err
	}
	still, err := s.Store.Still(ctx, p.Workspace)
	if err != nil {
		return nil, err
	}
	of := map[ledger.ID][]Cluster{}
	for _, one := range still {
		of[one.Flow] = append(of[one.Flow], Cluster{State: one.State, Documents: one.Documents})
	}
	out := make([]Standing, len(flows))
	for i, f := range flows {
		if out[i], err = s.standing(ctx, f, of[f.ID]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) standing(ctx context.Context, f Known, still []Cluster) (Standing, error) {
	if f.Version == 0 {
		return Standing{Known: f, Verdict: judge(f.Flow, nil, nil, still)}, nil
	}
	st := Standing{Known: f}
	runs, err := s.Store.LastRuns(ctx, f.ID, lately)
	if err != nil {
		return st, err
	}
	for i := range runs {
		if i == 0 {
			st.LastRun = &runs[i]
		}
		if st.LastDone == nil && runs[i].State == ledger.RunDone {
			st.LastDone = &runs[i]
		}
	}
	if st.Verdict = judge(f.Flow, runs, nil, still); !f.Enabled {
		return st, nil
	}
	cursors, err := s.Store.Cursors(ctx, f.ID)
	if err != nil || len(cursors) == 0 {
		return st, err
	}
	now := s.Clock()
	lags := func(used func(node string) bool) (all []Lag) {
		for _, c := range cursors {
			if c.Watermark != 0 && used(c.Node) {
				all = append(all, lagOf(c, now))
			}
		}
		return all
	}
	st.Verdict = judge(f.Flow, runs, lags(func(string) bool { return true }), still)
	if !st.IsLate() {
		return st, nil
	}
	// Only where it matters the version is read: a source that was taken out is not behind.
	whole, err := s.Store.Flow(ctx, f.Workspace, f.PublicID)
	if err != nil {
		return st, err
	}
	nodes := inDocument(whole.Document).nodes
	st.Verdict = judge(f.Flow, runs, lags(func(node string) bool { return nodes[node] }), still)
	return st, nil
}

func lagOf(c Cursor, now time.Time) Lag {
	return Lag{c.Node, c.Watermark, max(0, now.Add(c.Ahead).Sub(c.Watermark.Time()))}
}
