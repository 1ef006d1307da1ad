package runtest

import (
	"slices"
	"sync"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
)

// scenario is one behaviour of a store, shown in a world of its own.
type scenario struct {
	name string
	run  func(w *world)
}

// Exercise proves that a store keeps the contracts of pull.Store, push.Store,
// Runs, Inspector and Historian. open gives the store under test, once; it may
// hold other data. Scenarios run in parallel, each in a fresh workspace, and after
// each the counts are balanced.
func Exercise(t *testing.T, open func(t *testing.T) Store) {
	t.Helper()
	store := open(t)
	areas := []struct {
		name      string
		scenarios []scenario
	}{
		{"stream", streamScenarios()},
		{"page", pageScenarios()},
		{"reread", rereadScenarios()},
		{"window", windowScenarios()},
		{"hold", holdScenarios()},
		{"claim", claimScenarios()},
		{"intent", intentScenarios()},
		{"outcome", outcomeScenarios()},
		{"answer", answerScenarios()},
		{"queue", queueScenarios()},
		{"run", runScenarios()},
	}
	for _, area := range areas {
		t.Run(area.name, func(t *testing.T) {
			t.Parallel()
			for _, s := range area.scenarios {
				t.Run(s.name, func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, store)
					s.run(w)
					w.balance()
				})
			}
		})
	}
	t.Run("chaos", func(t *testing.T) {
		t.Parallel()
		chaos(t, store)
	})
}

func streamScenarios() []scenario {
	return []scenario{
		{"made once, nodes numbered", func(w *world) {
			again := w.openStream("orders")
			w.same("the stream opened again", again, w.stream)
			w.same("owner", []ledger.ID{again.Workspace, again.Flow}, []ledger.ID{w.workspace, w.flow})
			other := w.openStream("returns")
			if other.ID == again.ID || other.NodeNo == again.NodeNo || other.NodeNo < 1 || again.NodeNo < 1 {
				w.Fatalf("streams %+v and %+v", again, other)
			}
			if upper := w.openStream("Orders"); upper.ID == again.ID {
				w.Fatalf("node ids that differ in case have one stream")
			}
		}},
		{"two flows have their own", func(w *world) {
			other := newWorld(w.Reporter, w.store)
			if other.stream.ID == w.stream.ID {
				w.Fatalf("two flows share stream %d", w.stream.ID)
			}
			w.pull(rec("a", "1"))
			w.same("documents of the other flow", allDocuments(other, w.store, other.stream.ID), []ledger.Document{})
			other.balance()
		}},
		{"made once by many at a time", func(w *world) {
			ids := make([]ledger.ID, 8)
			w.together(len(ids), func(i int) error {
				stream, err := w.store.OpenStream(w.Context(), w.workspace, w.flow, "late")
				ids[i] = stream.ID
				return err
			})
			w.same("streams", len(slices.Compact(ids)), 1)
		}},
		{"ids are handed out once", func(w *world) {
			firsts := make([]ledger.ID, 8)
			w.together(len(firsts), func(i int) error {
				var err error
				firsts[i], err = w.store.NextIDs(w.Context(), 7)
				return err
			})
			slices.Sort(firsts)
			for i := 1; i < len(firsts); i++ {
				if firsts[0] <= 0 || firsts[i] < firsts[i-1]+7 {
					w.Fatalf("blocks of 7 ids begin at %v", firsts)
				}
			}
		}},
	}
}

// together runs f n times at once and fails on the first error.
func (w *world) together(n int, f func(i int) error) {
	w.Helper()
	errs := make([]error, n)
	gate := make(chan struct{})
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() {
			<-gate
			errs[i] = f(i)
		})
	}
	close(gate)
	running.Wait()
	for _, err := range errs {
		w.must(err)
	}
}
