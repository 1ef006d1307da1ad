package runtest_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/engine/runtest/grouptest"
	"github.com/karezflow/karez/engine/runtest/handtest"
	"github.com/karezflow/karez/engine/runtest/parktest"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// TestMemory exercises the store in memory, or, in a process that
// TestExerciseCatchesWrongStores started, one that breaks a rule.
func TestMemory(t *testing.T) {
	t.Parallel()
	runtest.Exercise(t, func(t *testing.T) runtest.Store {
		t.Helper()
		memory := runtest.NewStore()
		name := os.Getenv(wrongVariable)
		if name == "" {
			return memory
		}
		for _, wrong := range wrongStores() {
			if wrong.name == name {
				return wrong.open(memory)
			}
		}
		t.Fatalf("there is no wrong store %q", name)
		return nil
	})
}

// TestMemoryParks exercises the waiting of documents in memory.
func TestMemoryParks(t *testing.T) {
	t.Parallel()
	parktest.Exercise(t, runtest.NewStore())
}

// TestMemoryKeepsItsOwnBytes proves that nobody can reach into the store.
func TestMemoryKeepsItsOwnBytes(t *testing.T) {
	t.Parallel()
	w := worldtest.New(t, runtest.NewStore())
	record := worldtest.Rec("a", "1")
	want := string(record.Body)
	work := w.Claim(w.Pull(record).Work[0], "one")
	clear(record.Body)
	for range 2 { // what was given away is overwritten in between
		body, err := w.Store.Body(t.Context(), w.Doc("a").ID)
		w.Must(err)
		loaded := w.Load(work)[0].Body
		w.Same("body", []string{string(body), string(loaded)}, []string{want, want})
		clear(body)
		clear(loaded)
	}

	in := w.Intent(w.Doc("a"), "t", nil)
	_, err := w.Intend(work, in)
	w.Must(err)
	answer := worldtest.Done(in)
	o := w.Outcome(work)
	o.Deliveries = []ledger.Resolution{answer}
	o.Writebacks = []ledger.Writeback{{DeliveryKey: in.DeliveryKey, Attempt: 1, Stored: []byte(`{"id":1}`)}}
	_, err = w.Store.CommitOutcome(t.Context(), o)
	w.Must(err)
	clear(in.Body)
	clear(answer.Response)
	clear(o.Writebacks[0].Stored)
	for range 2 {
		d := w.Delivery("a")
		w.Same("delivery", []string{string(d.Body), string(d.Response), string(d.Writeback)}, []string{`{"sent":1}`, `{"ok":true}`, `{"id":1}`})
		clear(d.Body)
		clear(d.Response)
		clear(d.Writeback)
	}
}

// TestMemoryWithoutContext proves that a method whose context is over does nothing.
func TestMemoryWithoutContext(t *testing.T) {
	t.Parallel()
	w := worldtest.New(t, runtest.NewStore())
	work := w.Claim(w.Pull(worldtest.Rec("a", "1"), worldtest.Rec("b", "1")).Work[0], "one")
	doc := w.Doc("a")
	in := w.Intent(doc, "t", nil)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	before := w.Documents()

	calls := map[string]func() error{
		"NextIDs":    func() error { _, err := w.Store.NextIDs(over, 1); return err },
		"OpenStream": func() error { _, err := w.Store.OpenStream(over, w.Workspace, w.Flow, "x"); return err },
		"CommitPage": func() error { _, err := w.Store.CommitPage(over, w.PageOf(worldtest.Rec("c", "1"))); return err },
		"OpenWindows": func() error {
			_, err := w.Store.OpenWindows(over, w.Stream.ID, ledger.Live)
			return err
		},
		"StartWindow":   func() error { _, err := w.Store.StartWindow(over, w.Window, w.Now); return err },
		"RestartWindow": func() error { _, err := w.Store.RestartWindow(over, w.Window, w.Run.ID, w.Now); return err },
		"SplitWindow":   func() error { _, err := w.Store.SplitWindow(over, w.Window, w.Now, w.Now); return err },
		"FinishWindow":  func() error { _, err := w.Store.FinishWindow(over, w.Window, w.Now); return err },
		"Claim":         func() error { _, _, err := w.Store.Claim(over, work.ID, "two", w.Now, worldtest.Lease); return err },
		"Renew":         func() error { return w.Store.Renew(over, ledger.ClaimOf(work), w.Now) },
		"Release":       func() error { return w.Store.Release(over, ledger.ClaimOf(work), w.Now) },
		"Load":          func() error { _, err := w.Store.Load(over, work); return err },
		"Due":           func() error { _, err := w.Store.Due(over, w.Now, 1); return err },
		"CommitIntents": func() error {
			_, err := w.Store.CommitIntents(over, ledger.IntentCommit{Claim: ledger.ClaimOf(work), Rows: []ledger.Intent{in}})
			return err
		},
		"CommitOutcome": func() error {
			o := w.Outcome(work)
			o.Documents = []ledger.Settled{w.Settled("a", ledger.Delivered), w.Settled("b", ledger.Delivered)} //nolint:contextcheck // the world looks with the context of its test
			_, err := w.Store.CommitOutcome(over, o)
			return err
		},
		"Ailing": func() error { _, err := w.Store.Ailing(over, w.Workspace, doc.ID); return err },
		"Repair": func() error {
			_, err := w.Store.Repair(over, ledger.Repair{Workspace: w.Workspace, Document: doc.ID, Action: ledger.SkipDocument, Seen: doc.Sight()})
			return err
		},
		"OpenRun":    func() error { _, _, err := w.Store.OpenRun(over, ledger.Run{}, w.Now); return err },
		"BeginRun":   func() error { _, err := w.Store.BeginRun(over, w.Run.ID, w.Now); return err },
		"CancelRun":  func() error { _, _, err := w.Store.CancelRun(over, w.Run.ID, "", w.Now); return err },
		"EndPulling": func() error { return w.Store.EndPulling(over, w.Run.ID, nil, w.Now) },
		"Run":        func() error { _, _, err := w.Store.Run(over, w.Run.ID); return err },
		"OpenRuns":   func() error { _, err := w.Store.OpenRuns(over, w.Flow); return err },
		"FinishRun":  func() error { _, err := w.Store.FinishRun(over, w.Run.ID, w.Now); return err },
		"Documents":  func() error { _, err := w.Store.Documents(over, w.Stream.ID, 0, 1); return err },
		"Revisions":  func() error { _, err := w.Store.Revisions(over, doc.ID); return err },
		"Deliveries": func() error { _, err := w.Store.Deliveries(over, doc.ID); return err },
		"Problem":    func() error { _, _, err := w.Store.Problem(over, doc.ID); return err },
		"Body":       func() error { _, err := w.Store.Body(over, doc.ID); return err },
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v, want that the context is over", name, err)
		}
	}
	w.Same("documents", w.Documents(), before)
	w.Same("delivery", w.Delivery("a") == nil, true)
	w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "claimed": 2})
}

// TestMemoryRefusesWhatWouldBeLost covers mistakes of a caller that a test should
// see at once.
func TestMemoryRefusesWhatWouldBeLost(t *testing.T) {
	t.Parallel()
	store := runtest.NewStore()
	w := worldtest.New(t, store)
	work := w.Claim(w.Pull(worldtest.Rec("a", "1"), worldtest.Rec("b", "1")).Work[0], "one")
	o := w.Outcome(work)
	o.Documents = []ledger.Settled{w.Settled("a", ledger.Delivered)}
	if _, err := store.CommitOutcome(t.Context(), o); err == nil || errors.Is(err, ledger.ErrFenced) {
		t.Errorf("an outcome that leaves out a document: error %v", err)
	}
	w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "claimed": 2})

	unknown := worldtest.Done(w.Intent(w.Doc("a"), "t", nil))
	if err := w.Answer(work, unknown); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("an answer for a delivery that was never intended: error %v", err)
	}
	for name, err := range map[string]error{
		"EndPulling": store.EndPulling(t.Context(), 1_000_000, nil, w.Now),
		"BeginRun":   second(store.BeginRun(t.Context(), 1_000_000, w.Now)),
		"FinishRun":  second(store.FinishRun(t.Context(), 1_000_000, w.Now)),
		"Body":       second(store.Body(t.Context(), 1_000_000)),
	} {
		if !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%s: error %v, want ErrNotFound", name, err)
		}
	}
}

func second[V any](_ V, err error) error { return err }

func TestBalanceOfMemory(t *testing.T) {
	t.Parallel()
	store := runtest.NewStore()
	w := worldtest.New(t, store)
	w.Pull(worldtest.Rec("a", "1"))
	runtest.Balance(t, store, []ledger.ID{w.Stream.ID}, w.Run.ID)
}

// TestMemoryHandsOver exercises the hand-overs from flow to flow in memory.
func TestMemoryHandsOver(t *testing.T) {
	t.Parallel()
	handtest.Exercise(t, runtest.NewStore())
}

// TestMemoryGroups exercises groups in memory.
func TestMemoryGroups(t *testing.T) {
	t.Parallel()
	grouptest.Exercise(t, runtest.NewStore())
}
