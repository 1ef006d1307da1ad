// Package parktest is the behaviour that parking needs of a store: documents that wait
// for codes and for documents of other streams, and what lets them go.
//
// It may import testing, rapid, engine/ledger, engine/lookup and worldtest: never a
// database; only packages that end in test and tests import it.
package parktest

import (
	"context"
	"slices"
	"strconv"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// Store is a store that parks.
type Store interface {
	worldtest.Store
	lookup.Store
	Codes
	Index
}

// Codes keep code tables, and what waits for them.
type Codes interface {
	// CreateTable makes a code table without rows.
	CreateTable(ctx context.Context, workspace ledger.ID, name string) (ledger.ID, error)
	// Fill sets rows of a code table, targets by their source, with its version,
	// releases who waits for one of them and gives the work that is due at once.
	Fill(ctx context.Context, table ledger.ID, rows map[string]string, now ledger.Millis) ([]ledger.ID, error)
	// Waits gives what a document waits for, by kind, reference and value.
	Waits(ctx context.Context, document ledger.ID) ([]ledger.WaitKey, error)
}

// Index is what streams are looked into by.
type Index interface {
	// PublishFlow makes a flow known by its public id.
	PublishFlow(ctx context.Context, workspace, flow ledger.ID, publicID string) error
	// RegisterLookups makes the documents of a source node, of a flow by its public id,
	// indexed by paths, and gives the stream. ledger.ErrNotFound: there is no such flow.
	RegisterLookups(ctx context.Context, workspace ledger.ID, flow, node string, paths []string) (ledger.ID, error)
	// BuildIndex indexes documents that were there before somebody looked into their
	// stream, the newest first and at most limit at a time. It is done when all are.
	BuildIndex(ctx context.Context, stream ledger.ID, limit int) (done bool, err error)
}

// Exercise proves that a store parks and releases as it must. Scenarios run in
// parallel, each in a fresh workspace, and after each the counts are balanced and
// whoever waits is looked at.
func Exercise(t *testing.T, store Store) {
	t.Helper()
	for area, scenarios := range map[string]map[string]func(*world){"park": parkScenarios(), "release": releaseScenarios()} {
		exercise(t, area, scenarios, func(t *testing.T) (*world, func()) {
			t.Helper()
			w := newWorld(t, store)
			return w, w.check
		})
	}
	for area, scenarios := range map[string]map[string]func(*shop){"index": indexScenarios(), "awaited": awaitedScenarios()} {
		exercise(t, area, scenarios, func(t *testing.T) (*shop, func()) {
			t.Helper()
			s := newShop(t, store)
			return s, s.check
		})
	}
	t.Run("chaos", func(t *testing.T) {
		t.Parallel()
		Chaos(t, store)
	})
}

func exercise[W any](t *testing.T, area string, scenarios map[string]func(W), open func(t *testing.T) (W, func())) {
	t.Helper()
	t.Run(area, func(t *testing.T) {
		t.Parallel()
		for name, run := range scenarios {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w, check := open(t)
				run(w)
				check()
			})
		}
	})
}

// world is a world with a code table.
type world struct {
	*worldtest.World
	store Store
	table ledger.ID
}

func newWorld(t worldtest.Reporter, store Store) *world {
	t.Helper()
	w := &world{World: worldtest.New(t, store), store: store}
	w.table = w.create("shops")
	return w
}

func (w *world) create(name string) ledger.ID {
	w.Helper()
	id, err := w.store.CreateTable(w.Context(), w.Workspace, name)
	w.Must(err)
	return id
}

// version gives the version of the world's table.
func (w *world) version() int64 {
	w.Helper()
	t, ok, err := w.store.CodeTable(w.Context(), w.Workspace, "shops")
	w.Must(err)
	if !ok || t.ID != w.table {
		w.Fatalf("code table %d is found as %v, %t", w.table, t, ok)
	}
	return t.Version
}

// waits are those for source codes of the table as it is now.
func (w *world) waits(codes ...string) []ledger.Wait {
	w.Helper()
	out := make([]ledger.Wait, len(codes))
	version := w.version()
	for i, code := range codes {
		out[i] = ledger.Wait{Kind: ledger.CodeWait, Ref: w.table, Value: lookup.CodePlace(code, false), Version: version}
	}
	return out
}

// unmapped is the conclusion that a document's active revision waits.
func (w *world) unmapped(key string, waits []ledger.Wait) ledger.Settled {
	w.Helper()
	out := w.Settled(key, ledger.Unmapped)
	out.Waits = waits
	return out
}

// park pulls a document and walks it until it waits for codes.
func (w *world) park(key string, codes ...string) {
	w.Helper()
	w.Pull(worldtest.Rec(key, "1"))
	w.parkAgain(key, codes...)
}

// parkAgain walks a document that is due until it waits for codes.
func (w *world) parkAgain(key string, codes ...string) {
	w.Helper()
	result := w.Conclude(w.ClaimDoc(key), w.unmapped(key, w.waits(codes...)))
	w.Same("stale documents", result.Stale, []ledger.ID{})
	w.parked(key, codes...)
}

// parked proves that a document is parked and waits for these codes and nothing else.
func (w *world) parked(key string, codes ...string) {
	w.Helper()
	doc := w.Doc(key)
	w.Same("state of "+key, doc.State, ledger.Unmapped)
	w.waitsFor(key, codes...)
}

func (w *world) waitsFor(key string, codes ...string) {
	w.Helper()
	want := make([]ledger.WaitKey, len(codes))
	for i, wait := range w.waits(codes...) {
		want[i] = wait.Key()
	}
	got, err := w.store.Waits(w.Context(), w.Doc(key).ID)
	w.Must(err)
	w.Same("what "+key+" waits for", got, want)
}

// fill gives codes targets that are "T" and the code, and the work that is released.
func (w *world) fill(codes ...string) []ledger.ID {
	w.Helper()
	rows := make(map[string]string, len(codes))
	for _, code := range codes {
		rows[code] = "T" + code
	}
	return w.fillRows(rows)
}

func (w *world) fillRows(rows map[string]string) []ledger.ID {
	w.Helper()
	work, err := w.store.Fill(w.Context(), w.table, rows, w.Now)
	w.Must(err)
	return work
}

// released proves that a document waits to be walked, covered by one of the rows.
func (w *world) released(key string, work []ledger.ID) {
	w.Helper()
	doc := w.Doc(key)
	w.Same("state of "+key, doc.State, ledger.Waiting)
	w.waitsFor(key)
	if !slices.Contains(work, doc.Work) {
		w.Fatalf("document %q is covered by row %d, and released were %v", key, doc.Work, work)
	}
}

// check balances the counts and proves that only parked documents wait for something.
func (w *world) check() {
	w.Helper()
	w.Balance()
	for _, doc := range w.Documents() {
		waits, err := w.store.Waits(w.Context(), doc.ID)
		w.Must(err)
		if len(waits) > 0 && doc.State != ledger.Unmapped {
			w.Fatalf("document %q is %s and waits for %v", doc.Key, doc.State, waits)
		}
	}
}

func number(i int) string { return strconv.Itoa(i) }
