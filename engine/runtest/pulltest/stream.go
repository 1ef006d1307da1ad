package pulltest

import (
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

func streamScenarios() []worldtest.Scenario {
	return []worldtest.Scenario{
		{Name: "made once, nodes numbered", Run: func(w *worldtest.World) {
			again := w.OpenStream("orders")
			w.Same("the stream opened again", again, w.Stream)
			w.Same("owner", []ledger.ID{again.Workspace, again.Flow}, []ledger.ID{w.Workspace, w.Flow})
			other := w.OpenStream("returns")
			if other.ID == again.ID || other.NodeNo == again.NodeNo || other.NodeNo < 1 || again.NodeNo < 1 {
				w.Fatalf("streams %+v and %+v", again, other)
			}
			if upper := w.OpenStream("Orders"); upper.ID == again.ID {
				w.Fatalf("node ids that differ in case have one stream")
			}
		}},
		{Name: "two flows have their own", Run: func(w *worldtest.World) {
			other := worldtest.New(w.Reporter, w.Store)
			if other.Stream.ID == w.Stream.ID {
				w.Fatalf("two flows share stream %d", w.Stream.ID)
			}
			w.Pull(rec("a", "1"))
			w.Same("documents of the other flow", other.Documents(), []ledger.Document{})
			other.Balance()
		}},
		{Name: "made once by many at a time", Run: func(w *worldtest.World) {
			ids := make([]ledger.ID, 8)
			w.Together(len(ids), func(i int) error {
				stream, err := w.Store.OpenStream(w.Context(), w.Workspace, w.Flow, "late")
				ids[i] = stream.ID
				return err
			})
			w.Same("streams", len(slices.Compact(ids)), 1)
		}},
		{Name: "ids are handed out once", Run: func(w *worldtest.World) {
			firsts := make([]ledger.ID, 8)
			w.Together(len(firsts), func(i int) error {
				var err error
				firsts[i], err = w.Store.NextIDs(w.Context(), 7)
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
