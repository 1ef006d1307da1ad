package runtest

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"reflect"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/ledger"
)

const (
	// start is when every world begins, lease how long its claims hold.
	start ledger.Millis = 1_760_000_000_000
	lease               = time.Minute
	// nodeNo is the target of the flow.
	nodeNo = 9
)

// world is a fresh workspace with one flow, whose source has one stream, one run
// and one open live window. A check that fails ends the test.
type world struct {
	Reporter
	store                                Store
	workspace, flow, version, connection ledger.ID
	stream                               ledger.Stream
	run                                  ledger.Run
	window                               ledger.Window
	now                                  ledger.Millis
	pages                                int
	streams, runs                        []ledger.ID
}

func newWorld(t Reporter, store Store) *world {
	t.Helper()
	w := &world{Reporter: t, store: store, now: start}
	first, err := store.NextIDs(t.Context(), 4)
	w.must(err)
	w.workspace, w.flow, w.version, w.connection = first, first+1, first+2, first+3
	w.stream = w.openStream("orders")
	w.run = w.openRun("manual", start)
	w.window = w.startWindow(ledger.Live, 0, 100)
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("unexpected error: %v", err)
	}
}

func (w *world) fenced(what string, err error) {
	w.Helper()
	if !errors.Is(err, ledger.ErrFenced) {
		w.Fatalf("%s: error %v, want ErrFenced", what, err)
	}
}

// same fails unless both values are equal; nil and empty are.
func (w *world) same(what string, got, want any) {
	w.Helper()
	alike := cmp.FilterValues(func(a, b any) bool {
		x, y := reflect.ValueOf(a), reflect.ValueOf(b)
		return empty(x) && empty(y)
	}, cmp.Comparer(func(_, _ any) bool { return true }))
	if diff := cmp.Diff(want, got, alike); diff != "" {
		w.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func empty(v reflect.Value) bool {
	return v.IsValid() && (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0
}

func (w *world) balance() {
	w.Helper()
	Balance(w, w.store, w.streams, w.runs...)
}

func (w *world) openStream(nodeID string) ledger.Stream {
	w.Helper()
	stream, err := w.store.OpenStream(w.Context(), w.workspace, w.flow, nodeID)
	w.must(err)
	if !slices.Contains(w.streams, stream.ID) {
		w.streams = append(w.streams, stream.ID)
	}
	return stream
}

func (w *world) openRun(trigger string, fireAt ledger.Millis) ledger.Run {
	w.Helper()
	run, _, err := w.store.OpenRun(w.Context(), ledger.Run{
		Workspace: w.workspace, Flow: w.flow, Version: w.version, Trigger: trigger, FireAt: fireAt, TraceID: "trace",
	}, w.now)
	w.must(err)
	if !slices.Contains(w.runs, run.ID) {
		w.runs = append(w.runs, run.ID)
	}
	return run
}

func (w *world) startWindow(kind ledger.WindowKind, from, to ledger.Millis) ledger.Window {
	w.Helper()
	window, err := w.store.StartWindow(w.Context(), ledger.Window{
		Stream: w.stream.ID, Run: w.run.ID, Kind: kind, From: start + from, To: start + to,
	}, w.now)
	w.must(err)
	return window
}

func (w *world) finishWindow(window ledger.Window) []ledger.ID {
	w.Helper()
	ids, err := w.store.FinishWindow(w.Context(), window, w.now)
	w.must(err)
	return ids
}

// rec is a record with a key and a body that tells contents apart.
func rec(key, contents string) ledger.Incoming {
	return raw(key, []byte(fmt.Sprintf(`{"key":%q,"is":%q}`, key, contents)))
}

func raw(key string, body []byte) ledger.Incoming {
	sum := fnv.New64a()
	_, _ = sum.Write(body)
	return ledger.Incoming{Key: key, Number: "No " + key, SourceHash: int64(sum.Sum64()), Modified: start - 5, Body: body} //nolint:gosec // a hash has no sign
}

func refused(in ledger.Incoming) ledger.Incoming {
	in.Problem = &ledger.Problem{Code: "source.key_invalid", Message: "the key is empty", Path: "id", NodeID: "orders", Hint: "choose another key"}
	return in
}

// pageOf is a page that skips changes; commit sends it.
func (w *world) pageOf(docs ...ledger.Incoming) ledger.PageCommit {
	w.pages++
	return ledger.PageCommit{
		Workspace: w.workspace, Stream: w.stream.ID, Flow: w.flow, Run: w.run.ID, Version: w.version, Connection: w.connection,
		Window: w.window.ID, Attempt: w.window.Attempt, PageNo: w.pages, Rows: len(docs), Docs: docs, OnSeen: ledger.Skip,
		Total: -1, BodyHash: int64(w.pages), Priority: 5, Now: w.now,
	}
}

func (w *world) commit(page ledger.PageCommit) ledger.PageResult {
	w.Helper()
	result, err := w.store.CommitPage(w.Context(), page)
	w.must(err)
	return result
}

func (w *world) pull(docs ...ledger.Incoming) ledger.PageResult {
	w.Helper()
	return w.commit(w.pageOf(docs...))
}

func (w *world) pullAs(policy ledger.OnSeen, docs ...ledger.Incoming) ledger.PageResult {
	w.Helper()
	page := w.pageOf(docs...)
	page.OnSeen = policy
	return w.commit(page)
}

func (w *world) pullHeld(docs ...ledger.Incoming) ledger.PageResult {
	w.Helper()
	page := w.pageOf(docs...)
	page.Hold = true
	return w.commit(page)
}

func (w *world) doc(key string) ledger.Document {
	w.Helper()
	for _, doc := range allDocuments(w, w.store, w.stream.ID) {
		if doc.Key == key {
			return doc
		}
	}
	w.Fatalf("there is no document %q", key)
	return ledger.Document{}
}

func (w *world) revisions(key string) []ledger.Revision {
	w.Helper()
	revisions, err := w.store.Revisions(w.Context(), w.doc(key).ID)
	w.must(err)
	return revisions
}

// revision gives the state of a document's inactive revision, 0 when there is none.
func (w *world) revision(key string, rev int) ledger.State {
	w.Helper()
	for _, r := range w.revisions(key) {
		if r.Rev == rev {
			return r.State
		}
	}
	return 0
}

func (w *world) problem(key string) *ledger.Problem {
	w.Helper()
	p, ok, err := w.store.Problem(w.Context(), w.doc(key).ID)
	w.must(err)
	if !ok {
		return nil
	}
	return &p
}

// body checks the payload of a document's active revision.
func (w *world) body(key string, want []byte) {
	w.Helper()
	got, err := w.store.Body(w.Context(), w.doc(key).ID)
	w.must(err)
	if !bytes.Equal(got, want) {
		w.Fatalf("body of %q: %d bytes %.80q, want %d bytes %.80q", key, len(got), got, len(want), want)
	}
}

// counts compares all numbers of the world's run; those not named are 0.
func (w *world) counts(want ledger.Counts) {
	w.Helper()
	w.countsOf(w.run, want)
}

func (w *world) countsOf(run ledger.Run, want ledger.Counts) {
	w.Helper()
	_, got, err := w.store.Run(w.Context(), run.ID)
	w.must(err)
	slots := []ledger.Slot{
		ledger.SlotPulled, ledger.SlotDropped, ledger.SlotUnchanged, ledger.SlotIgnored, ledger.SlotAccepted, ledger.SlotClaimed,
	}
	for _, s := range ledger.States() {
		slots = append(slots, ledger.SlotOf(s))
	}
	for _, slot := range slots {
		if got[slot] != want[slot] {
			w.Fatalf("%s is %d, want %d: %v", slot, got[slot], want[slot], got)
		}
	}
	w.balance()
}

// claim takes a work row that must be free.
func (w *world) claim(id ledger.ID, owner string) ledger.Work {
	w.Helper()
	work, ok, err := w.store.Claim(w.Context(), id, owner, w.now, lease)
	w.must(err)
	if !ok {
		w.Fatalf("work %d cannot be claimed", id)
	}
	return work
}

// claimDoc claims the row that covers a document.
func (w *world) claimDoc(key string) ledger.Work {
	w.Helper()
	return w.claim(w.doc(key).Work, "worker")
}

func (w *world) unclaimable(what string, id ledger.ID) {
	w.Helper()
	if _, ok, err := w.store.Claim(w.Context(), id, "nobody", w.now, lease); ok || err != nil {
		w.Fatalf("%s: claimed %t, error %v", what, ok, err)
	}
}

// due gives the world's rows that are due.
func (w *world) due() []ledger.Work {
	w.Helper()
	all, err := w.store.Due(w.Context(), w.now, 1<<20)
	w.must(err)
	return slices.DeleteFunc(all, func(work ledger.Work) bool { return work.Flow != w.flow })
}

func (w *world) load(work ledger.Work) []ledger.Task {
	w.Helper()
	tasks, err := w.store.Load(w.Context(), work)
	w.must(err)
	return tasks
}

// intent is the next send of a document's only row.
func (w *world) intent(doc ledger.Document, key string, on *ledger.Delivery) ledger.Intent {
	in := ledger.Intent{
		DeliveryKey: ledger.DeliveryKey{Document: doc.ID, NodeNo: nodeNo}, Rev: doc.ActiveRev, Version: doc.Version,
		Connection: w.connection, Resource: "bill", Key: key, Owned: true, Attempt: 1, Body: []byte(fmt.Sprintf(`{"sent":%d}`, doc.ActiveRev)),
	}
	if on != nil {
		in.Attempt, in.Previous = on.Attempt+1, on.Rev
	}
	return in
}

func (w *world) intend(work ledger.Work, rows ...ledger.Intent) (ledger.IntentResult, error) {
	w.Helper()
	call, err := w.store.NextIDs(w.Context(), 1)
	w.must(err)
	for i := range rows {
		rows[i].Call, rows[i].RowNo = call, i
	}
	return w.store.CommitIntents(w.Context(), ledger.IntentCommit{
		Claim: ledger.ClaimOf(work), Workspace: w.workspace, Rows: rows, Now: w.now,
		Calls: []ledger.Call{{ID: call, Workspace: w.workspace, Connection: w.connection, Operation: "save", Kind: ledger.SendCall, Rows: len(rows), Started: w.now}},
	})
}

// send commits an intent for the document's only row that must succeed.
func (w *world) send(work ledger.Work, key, targetKey string) ledger.Intent {
	w.Helper()
	rows := []ledger.Intent{w.intent(w.doc(key), targetKey, w.delivery(key))}
	result, err := w.intend(work, rows...)
	w.must(err)
	w.same("taken keys", result.Taken, map[int]ledger.DeliveryKey{})
	return rows[0]
}

// delivery gives the document's only delivery, nil when there is none.
func (w *world) delivery(key string) *ledger.Delivery {
	w.Helper()
	all, err := w.store.Deliveries(w.Context(), w.doc(key).ID)
	w.must(err)
	if len(all) > 1 {
		w.Fatalf("document %q has %d deliveries", key, len(all))
	}
	if len(all) == 0 {
		return nil
	}
	return &all[0]
}

// done is the answer that an intent succeeded.
func done(in ledger.Intent) ledger.Resolution {
	return ledger.Resolution{
		DeliveryKey: in.DeliveryKey, Attempt: in.Attempt, State: ledger.DeliveryDone,
		TargetID: "id-" + in.Key, TargetNumber: "no-" + in.Key, Response: []byte(`{"ok":true}`),
	}
}

func (w *world) outcome(work ledger.Work) ledger.Outcome {
	return ledger.Outcome{Claim: ledger.ClaimOf(work), Workspace: w.workspace, Priority: work.Priority, Now: w.now}
}

// settled is a conclusion about the document's active revision.
func (w *world) settled(key string, state ledger.State) ledger.Settled {
	w.Helper()
	doc := w.doc(key)
	out := ledger.Settled{Document: doc.ID, Rev: doc.ActiveRev, State: state, OnSeen: ledger.Skip}
	switch state {
	case ledger.Rejected, ledger.Unmapped, ledger.NeedsDecision, ledger.RetryAt:
		out.Problem = &ledger.Problem{Code: "test." + state.String(), Message: "因为", Path: "items.0.qty", NodeID: "k3", Hint: "look"}
	}
	if state == ledger.RetryAt {
		out.RetryAt = w.now.Add(time.Hour)
	}
	return out
}

func (w *world) conclude(work ledger.Work, settled ...ledger.Settled) ledger.OutcomeResult {
	w.Helper()
	o := w.outcome(work)
	o.Documents = settled
	result, err := w.store.CommitOutcome(w.Context(), o)
	w.must(err)
	return result
}

// walk claims a document's row, which covers it alone, and concludes it.
func (w *world) walk(key string, state ledger.State) {
	w.Helper()
	w.conclude(w.claimDoc(key), w.settled(key, state))
}
