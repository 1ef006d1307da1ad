package readingstore_test

import (
	"errors"
	"testing"

	"go.uber.org/goleak"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/reading"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/readingstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

// whole is the seam between the engine and a database, which two stores make up.
type whole struct {
	*ledgerstore.Store
	documents
}

type documents = *documentstore.Store

// TestWhatPeopleSee: coverage, stored documents, readings and resets of a source.
func TestWhatPeopleSee(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		l := ledgerstore.New(db)
		w := worldtest.New(t, whole{l, documentstore.New(db)})
		s := readingstore.New(db, l)
		ctx := w.Context()
		if _, err := s.Flow(ctx, w.Workspace, "nowhere"); !errors.Is(err, ledger.ErrNotFound) {
			t.Fatalf("error %v, want ErrNotFound", err)
		}
		empty, err := s.Coverage(ctx, w.Stream.ID)
		w.Must(err)
		w.Same("nothing is covered", empty, reading.Coverage{})

		late, early := worldtest.Rec("a", "1"), worldtest.Rec("b", "1")
		early.Modified, late.Modified = worldtest.Start+10, worldtest.Start+90
		w.Pull(late, early)
		w.FinishWindow(w.Window)
		covered, err := s.Coverage(ctx, w.Stream.ID)
		w.Must(err)
		w.Same("covered", []any{covered.From, covered.Last.ID, covered.Last.To, covered.Last.Kind, covered.Done != 0}, []any{worldtest.Start, w.Window.ID, worldtest.Start + 100, ledger.Live, true})
		for _, c := range []struct {
			from, to   ledger.Millis
			most, want int
		}{{0, 100, 10, 2}, {0, 50, 10, 1}, {10, 10, 10, 1}, {11, 89, 10, 0}, {0, 100, 1, 1}} {
			n, err := s.Stored(ctx, w.Stream.ID, worldtest.Start+c.from, worldtest.Start+c.to, c.most)
			w.Must(err)
			w.Same("stored", n, c.want)
		}

		none, err := s.Past(ctx, w.Flow, "orders", 10)
		w.Must(err)
		w.Same("no readings", len(none), 0)
		order := ledger.Reading{Kind: ledger.Backfill, Node: "orders", From: worldtest.Start - 900, To: worldtest.Start - 100}
		run, _, err := l.OpenRun(ctx, ledger.Run{Workspace: w.Workspace, Flow: w.Flow, Version: w.Version, Trigger: "backfill:orders", FireAt: worldtest.Start + 1, Reading: &order}, w.Now)
		w.Must(err)
		_, _, err = l.OpenRun(ctx, ledger.Run{Workspace: w.Workspace, Flow: w.Flow, Version: w.Version, Trigger: "sweep:other", FireAt: worldtest.Start + 2, Reading: &order}, w.Now)
		w.Must(err)
		w.Run = run
		w.Window = w.StartWindow(ledger.Backfill, -900, -700)
		w.Pull(worldtest.Rec("old", "1"), worldtest.Rec("a", "1"))
		w.FinishWindow(w.Window)
		w.StartWindow(ledger.Backfill, -700, -500)
		for _, limit := range []int{1, 10} {
			past, err := s.Past(ctx, w.Flow, "orders", limit)
			w.Must(err)
			w.Same("one reading", len(past), 1)
			p := past[0]
			w.Same("its place", []any{p.ID, *p.Reading, p.From, p.Reached, p.Windows, p.Paused}, []any{run.ID, order, worldtest.Start - 900, worldtest.Start - 700, 1, false})
			w.Same("its counts", []int{p.Counts[ledger.SlotPulled], p.Counts[ledger.SlotUnchanged], p.Counts[ledger.SlotAccepted]}, []int{2, 1, 1})
			w.Same("its progress", []any{p.Percent(), p.Kind(), p.Reads(), p.Found()}, []any{25, "backfill", true, 1})
		}

		for i, note := range []string{"读漏了", ""} {
			w.Must(l.ResetCursor(ctx, ledger.CursorReset{
				Stream: w.Stream.ID, Version: w.OpenStream("orders").Version, To: worldtest.Start + ledger.Millis(i), Actor: "ann", Note: note,
			}, w.Now))
		}
		resets, err := s.Resets(ctx, w.Stream.ID, 10)
		w.Must(err)
		w.Same("resets", resets, []reading.Reset{
			{From: worldtest.Start, To: worldtest.Start + 1, Actor: "ann", At: w.Now},
			{From: worldtest.Start + 100, To: worldtest.Start, Actor: "ann", Note: "读漏了", At: w.Now},
		})
		left, err := s.Coverage(ctx, w.Stream.ID)
		w.Must(err)
		w.Same("what was left is not covered", left, reading.Coverage{})
	})
}
