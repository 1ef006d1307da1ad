package runtest

import (
	"slices"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/chaostest"
	"github.com/karezflow/karez/engine/runtest/pulltest"
	"github.com/karezflow/karez/engine/runtest/pushtest"
	"github.com/karezflow/karez/engine/runtest/repairtest"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// Exercise proves that a store keeps the contracts of pull.Store, push.Store,
// Runs, Inspector, Repairer and Historian. open gives the store under test, once; it may
// hold other data. Scenarios run in parallel, each in a fresh workspace, and after
// each the counts are balanced. The chaos test takes rapid's flags and RAPID_
// variables.
func Exercise(t *testing.T, open func(t *testing.T) Store) {
	t.Helper()
	store := open(t)
	for _, area := range slices.Concat(pulltest.Areas(), pushtest.Areas(), repairtest.Areas()) {
		t.Run(area.Name, func(t *testing.T) {
			t.Parallel()
			for _, s := range area.Scenarios {
				t.Run(s.Name, func(t *testing.T) {
					t.Parallel()
					w := worldtest.New(t, store)
					s.Run(w)
					w.Balance()
				})
			}
		})
	}
	t.Run("chaos", func(t *testing.T) {
		t.Parallel()
		chaostest.Chaos(t, store)
	})
}

// Balance counts the documents and revisions of the streams anew and compares the
// result with the counts of the runs, which together must have accepted them all.
// On the way it checks that every row is one that the rules can leave behind.
func Balance(t worldtest.Reporter, store Store, streams []ledger.ID, runs ...ledger.ID) {
	t.Helper()
	worldtest.Balance(t, store, streams, runs...)
}
