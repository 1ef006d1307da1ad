package shares_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/server/execution/seats"
	"github.com/karezflow/karez/server/execution/shares"
)

// world is a database and its plans.
type world struct {
	at     time.Time
	flow   shares.Flow
	fails  error
	broken error
	asked  int
}

func (w *world) FlowOf(_ context.Context, work ledger.ID) (ledger.ID, error) {
	if work != 7 {
		return 0, ledger.ErrNotFound
	}
	return 1, nil
}

func (w *world) Flow(context.Context, ledger.ID) (shares.Flow, error) {
	w.asked++
	return w.flow, w.fails
}

func (w *world) Plan(context.Context, ledger.ID) (*plan.Plan, error) {
	doc := &flow.Document{}
	doc.Spec.Nodes = []flow.Node{
		{ID: "a", Type: "source", Connection: "jst"},
		{ID: "b", Type: "target", Connection: "k3"},
		{ID: "c", Type: "map"},
		{ID: "d", Type: "target", Connection: "k3"},
		{ID: "e", Type: "lookup", Connection: "erp"},
	}
	return &plan.Plan{Flow: doc}, w.broken
}

func TestShares(t *testing.T) {
	t.Parallel()
	w := &world{at: time.UnixMilli(1_760_000_000_000), flow: shares.Flow{Workspace: 3, Newest: 5, Concurrency: 8}}
	s := shares.New(shares.Config{Store: w, Plans: w, Clock: func() time.Time { return w.at }})
	want := func(what string, share seats.Share, asked int) {
		t.Helper()
		for range 3 {
			if diff := cmp.Diff(share, s.Of(t.Context(), 1)); diff != "" || w.asked != asked {
				t.Errorf("%s: asked %d times, want %d: %s", what, w.asked, asked, diff)
			}
		}
		w.at = w.at.Add(10 * time.Second)
	}
	want("what the newest version says", seats.Share{Most: 8, Connections: []string{"3/erp", "3/k3"}}, 1)
	w.flow.Concurrency = 2
	want("a newer version", seats.Share{Most: 2, Connections: []string{"3/erp", "3/k3"}}, 2)
	w.broken = errors.New("a connector is missing")
	want("a version that does not run", seats.Share{Most: 2}, 3)
	w.fails = errors.New("the database is away")
	want("nothing to be learned", seats.Share{Most: 4}, 4)
	for work, known := range map[ledger.ID]bool{7: true, 8: false} {
		if id, ok := s.Flow(t.Context(), work); ok != known || ok && id != 1 {
			t.Errorf("work %d: flow %d, %t", work, id, ok)
		}
	}
}
