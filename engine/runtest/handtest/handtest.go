// Package handtest is the behaviour that hand-overs from flow to flow need of a store.
//
// It may import testing, rapid, engine/inlet, engine/ledger and worldtest: never a database; only
// packages that end in test and tests import it.
package handtest

import (
	"context"
	"fmt"
	"testing"

	"github.com/karezflow/karez/engine/inlet"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// Store is a store that hands over.
type Store interface {
	worldtest.Store

	inlet.Store

	// CreateFlow makes a flow of the workspace that is not enabled and has no version,
	// and gives its public id too.
	CreateFlow(ctx context.Context, workspace ledger.ID) (ledger.ID, string, error)
	// Publish gives a flow a new version.
	Publish(ctx context.Context, workspace, flow ledger.ID) (ledger.ID, error)
	// SetEnabled switches a flow. What was handed over to it while it was off becomes
	// due when it is enabled, and is walked by the version that is published then.
	SetEnabled(ctx context.Context, flow ledger.ID, on bool, now ledger.Millis) error
	// HandedFrom gives the hand-overs that a document came by, HandedTo those that were
	// made from it, by document, revision, node and way.
	HandedFrom(ctx context.Context, document ledger.ID) ([]ledger.HandedOver, error)
	HandedTo(ctx context.Context, document ledger.ID) ([]ledger.HandedOver, error)
}

// Exercise proves that a store hands over as it must. Scenarios run in parallel, each
// in a fresh workspace, and after each the counts are balanced.
func Exercise(t *testing.T, store Store) {
	t.Helper()
	for name, run := range scenarios() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, store)
			run(w)
			w.check()
		})
	}
	t.Run("any order", func(t *testing.T) {
		t.Parallel()
		anyOrder(t, store)
	})
}

func scenarios() map[string]func(*world) {
	return map[string]func(*world){
		"a record enters the other flow":            enters,
		"a walk that is repeated":                   repeated,
		"a newer revision":                          newer,
		"a newer revision of one in flight":         queues,
		"what is the same":                          unchanged,
		"two ways and a repeated key":               ways,
		"more than a work row covers":               many,
		"a record without a key":                    refused,
		"a claim that is lost":                      lost,
		"a document that is walked again":           stale,
		"an outcome in the middle of a walk":        midway,
		"another revision than the walked one":      other,
		"a flow that is not enabled":                disabled,
		"a newer revision while it is not enabled":  heldBehind,
		"a flow that was never published":           unpublished,
		"a run that goes on and one that is over":   runs,
		"to the flow itself":                        itself,
		"hops are those of the revision":            hops,
		"several at once":                           together,
		"a flow that is gone":                       gone,
		"a page that was read from another flow":    read,
		"what is stored":                            stored,
		"nothing of it where the transaction fails": fails,
	}
}

// world is a world with another flow, which takes documents at the node in.
type world struct {
	*worldtest.World
	store Store
	next  *worldtest.World
	// to is where hands go.
	to ledger.Inlet
	// nodeNo is the writeback that hands over; public the public id of the other flow.
	nodeNo int
	public string
}

const entry = "in"

func newWorld(t worldtest.Reporter, store Store) *world {
	t.Helper()
	w := &world{World: worldtest.New(t, store), store: store, nodeNo: worldtest.NodeNo + 1}
	flow, public, err := store.CreateFlow(t.Context(), w.Workspace)
	w.Must(err)
	w.next = &worldtest.World{Reporter: t, Store: store, Workspace: w.Workspace, Flow: flow, Now: w.Now}
	w.public = public
	w.to = ledger.Inlet{Flow: flow, NodeID: entry, OnSeen: ledger.Skip, Priority: ledger.LowPriority}
	w.publish()
	w.enable(true)
	return w
}

func (w *world) publish() {
	w.Helper()
	version, err := w.store.Publish(w.Context(), w.Workspace, w.next.Flow)
	w.Must(err)
	w.to.Version, w.next.Version = version, version
}

func (w *world) enable(on bool) {
	w.Helper()
	w.Must(w.store.SetEnabled(w.Context(), w.next.Flow, on, w.Now))
}

// hand is the record that a document's active revision hands over.
func (w *world) hand(key string, in ledger.Incoming) ledger.Hand {
	w.Helper()
	doc := w.Doc(key)
	return ledger.Hand{
		HandKey:  ledger.HandKey{Document: doc.ID, Rev: doc.ActiveRev, NodeNo: w.nodeNo, Way: "9.0.1"},
		Incoming: in, To: w.to, Hops: 1, TraceID: "trace",
	}
}

// conclude ends a walk with hands.
func (w *world) conclude(work ledger.Work, settled []ledger.Settled, hands ...ledger.Hand) ledger.OutcomeResult {
	w.Helper()
	o := w.Outcome(work)
	o.Documents, o.Hands = settled, hands
	result, err := w.store.CommitOutcome(w.Context(), o)
	w.Must(err)
	w.enter()
	return result
}

// walk walks a document to a state and hands a record over.
func (w *world) walk(key string, state ledger.State, in ledger.Incoming) ledger.OutcomeResult {
	w.Helper()
	return w.conclude(w.ClaimDoc(key), []ledger.Settled{w.Settled(key, state)}, w.hand(key, in))
}

// handOver pulls a document, walks it and hands it over under the same key.
func (w *world) handOver(key, contents string) ledger.OutcomeResult {
	w.Helper()
	w.PullAs(ledger.Revise, worldtest.Rec(key, contents))
	return w.walk(key, ledger.Delivered, worldtest.Rec(key, contents))
}

// enter lets the other flow's world see its stream and its runs.
func (w *world) enter() {
	w.Helper()
	if len(w.runs()) > 0 {
		w.next.Stream = w.next.OpenStream(entry)
	}
}

// runs gives the runs of the other flow that go on, and remembers them.
func (w *world) runs() []ledger.Run {
	w.Helper()
	open, err := w.store.OpenRuns(w.Context(), w.next.Flow)
	w.Must(err)
	for _, run := range open {
		known := false
		for _, id := range w.next.Runs {
			known = known || id == run.ID
		}
		if !known {
			w.next.Runs = append(w.next.Runs, run.ID)
		}
		w.next.Run = run
	}
	return open
}

// check balances the counts of both flows.
func (w *world) check() {
	w.Helper()
	w.Balance()
	w.runs()
	w.next.Balance()
}

// lineage gives the hand-overs of a document of each flow, as text.
func (w *world) lineage(hands []ledger.HandedOver, err error) []string {
	w.Helper()
	w.Must(err)
	var out []string
	for _, h := range hands {
		out = append(out, fmt.Sprintf("rev %d node %d %s to rev %d after %d", h.Rev, h.NodeNo, h.Way, h.To.Rev, h.Hops))
	}
	return out
}
