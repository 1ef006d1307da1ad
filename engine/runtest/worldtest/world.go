package worldtest

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/ledger"
)

const (
	// Start is when every world begins.
	Start ledger.Millis = 1_760_000_000_000
	// Lease is how long its claims hold.
	Lease = time.Minute
	// NodeNo is the target of the flow.
	NodeNo = 9
)

// Scenario is one behaviour of a store, shown in a world of its own.
type Scenario struct {
	Name string
	Run  func(w *World)
}

// Area is scenarios about one thing.
type Area struct {
	Name      string
	Scenarios []Scenario
}

// World is a fresh workspace with one flow, whose source has one stream, one run
// and one open live window. A check that fails ends the test.
type World struct {
	Reporter
	Store                                Store
	Workspace, Flow, Version, Connection ledger.ID
	Stream                               ledger.Stream
	// Run and Window are what pages are committed to.
	Run    ledger.Run
	Window ledger.Window
	Now    ledger.Millis
	// Runs and streams are all that were opened through the world.
	Runs    []ledger.ID
	streams []ledger.ID
	pages   int
}

// New makes a world in the store.
func New(t Reporter, store Store) *World {
	t.Helper()
	w := &World{Reporter: t, Store: store, Now: Start}
	first, err := store.NextIDs(t.Context(), 4)
	w.Must(err)
	w.Workspace, w.Flow, w.Version, w.Connection = first, first+1, first+2, first+3
	w.Stream = w.OpenStream("orders")
	w.Run = w.OpenRun("manual", Start)
	w.Window = w.StartWindow(ledger.Live, 0, 100)
	return w
}

// Must fails on an error.
func (w *World) Must(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("unexpected error: %v", err)
	}
}

// Fenced fails unless the error is ErrFenced.
func (w *World) Fenced(what string, err error) {
	w.Helper()
	if !errors.Is(err, ledger.ErrFenced) {
		w.Fatalf("%s: error %v, want ErrFenced", what, err)
	}
}

// Same fails unless both values are equal; nil and empty are.
func (w *World) Same(what string, got, want any) {
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

// Balance balances the counts of the world.
func (w *World) Balance() {
	w.Helper()
	Balance(w, w.Store, w.streams, w.Runs...)
}

// OpenStream opens a stream of the flow.
func (w *World) OpenStream(nodeID string) ledger.Stream {
	w.Helper()
	stream, err := w.Store.OpenStream(w.Context(), w.Workspace, w.Flow, nodeID)
	w.Must(err)
	if !slices.Contains(w.streams, stream.ID) {
		w.streams = append(w.streams, stream.ID)
	}
	return stream
}

// OpenRun opens a run of the flow.
func (w *World) OpenRun(trigger string, fireAt ledger.Millis) ledger.Run {
	w.Helper()
	run, _, err := w.Store.OpenRun(w.Context(), ledger.Run{
		Workspace: w.Workspace, Flow: w.Flow, Version: w.Version, Trigger: trigger, FireAt: fireAt, TraceID: "trace",
	}, w.Now)
	w.Must(err)
	if !slices.Contains(w.Runs, run.ID) {
		w.Runs = append(w.Runs, run.ID)
	}
	return run
}

// StartWindow opens a window of the stream; its ends count from Start.
func (w *World) StartWindow(kind ledger.WindowKind, from, to ledger.Millis) ledger.Window {
	w.Helper()
	window, err := w.Store.StartWindow(w.Context(), ledger.Window{
		Stream: w.Stream.ID, Run: w.Run.ID, Kind: kind, From: Start + from, To: Start + to,
	}, w.Now)
	w.Must(err)
	return window
}

// FinishWindow ends a window and gives the work that it released.
func (w *World) FinishWindow(window ledger.Window) []ledger.ID {
	w.Helper()
	ids, err := w.Store.FinishWindow(w.Context(), window, w.Now)
	w.Must(err)
	return ids
}

// Rec is a record with a key and a body that tells contents apart.
func Rec(key, contents string) ledger.Incoming {
	return Raw(key, []byte(fmt.Sprintf(`{"key":%q,"is":%q}`, key, contents)))
}

// Raw is a record with a body of its own.
func Raw(key string, body []byte) ledger.Incoming {
	sum := fnv.New64a()
	_, _ = sum.Write(body)
	return ledger.Incoming{Key: key, Number: "No " + key, SourceHash: int64(sum.Sum64()), Modified: Start - 5, Body: body}
}

// Refused is the record, refused at the door.
func Refused(in ledger.Incoming) ledger.Incoming {
	in.Problem = &ledger.Problem{Code: "source.key_invalid", Message: "the key is empty", Path: "id", NodeID: "orders", Hint: "choose another key", Args: map[string]string{"0": "编号"}}
	return in
}

// PageOf is a page that skips changes; Commit sends it.
func (w *World) PageOf(docs ...ledger.Incoming) ledger.PageCommit {
	w.pages++
	return ledger.PageCommit{
		Workspace: w.Workspace, Stream: w.Stream.ID, Flow: w.Flow, Run: w.Run.ID, Version: w.Version, Connection: w.Connection,
		Window: w.Window.ID, Attempt: w.Window.Attempt, PageNo: w.pages, Rows: len(docs), Docs: docs, OnSeen: ledger.Skip,
		Total: -1, BodyHash: int64(w.pages), Priority: 5, Now: w.Now,
	}
}

// Commit commits a page.
func (w *World) Commit(page ledger.PageCommit) ledger.PageResult {
	w.Helper()
	result, err := w.Store.CommitPage(w.Context(), page)
	w.Must(err)
	return result
}

// Pull commits a page of records that skips changes.
func (w *World) Pull(docs ...ledger.Incoming) ledger.PageResult {
	w.Helper()
	return w.Commit(w.PageOf(docs...))
}

// PullAs commits a page by a policy.
func (w *World) PullAs(policy ledger.OnSeen, docs ...ledger.Incoming) ledger.PageResult {
	w.Helper()
	page := w.PageOf(docs...)
	page.OnSeen = policy
	return w.Commit(page)
}

// PullHeld commits a page whose documents are held until the window is done.
func (w *World) PullHeld(docs ...ledger.Incoming) ledger.PageResult {
	w.Helper()
	page := w.PageOf(docs...)
	page.Hold = true
	return w.Commit(page)
}

// Documents gives all documents of the stream.
func (w *World) Documents() []ledger.Document {
	w.Helper()
	return allDocuments(w, w.Store, w.Stream.ID)
}

// Doc gives the document with a key.
func (w *World) Doc(key string) ledger.Document {
	w.Helper()
	for _, doc := range w.Documents() {
		if doc.Key == key {
			return doc
		}
	}
	w.Fatalf("there is no document %q", key)
	return ledger.Document{}
}

// Revisions gives the inactive revisions of a document.
func (w *World) Revisions(key string) []ledger.Revision {
	w.Helper()
	revisions, err := w.Store.Revisions(w.Context(), w.Doc(key).ID)
	w.Must(err)
	return revisions
}

// Revision gives the state of a document's inactive revision, 0 when there is none.
func (w *World) Revision(key string, rev int) ledger.State {
	w.Helper()
	for _, r := range w.Revisions(key) {
		if r.Rev == rev {
			return r.State
		}
	}
	return 0
}

// Problem gives a document's problem, nil when it has none.
func (w *World) Problem(key string) *ledger.Problem {
	w.Helper()
	p, ok, err := w.Store.Problem(w.Context(), w.Doc(key).ID)
	w.Must(err)
	if !ok {
		return nil
	}
	return &p
}

// Body checks the payload of a document's active revision.
func (w *World) Body(key string, want []byte) {
	w.Helper()
	got, err := w.Store.Body(w.Context(), w.Doc(key).ID)
	w.Must(err)
	if !bytes.Equal(got, want) {
		w.Fatalf("body of %q: %d bytes %.80q, want %d bytes %.80q", key, len(got), got, len(want), want)
	}
}

// Counts compares all numbers of the world's run; those not named are 0.
func (w *World) Counts(want ledger.Counts) {
	w.Helper()
	w.CountsOf(w.Run, want)
}

// CountsOf compares all numbers of a run; those not named are 0.
func (w *World) CountsOf(run ledger.Run, want ledger.Counts) {
	w.Helper()
	_, got, err := w.Store.Run(w.Context(), run.ID)
	w.Must(err)
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
	w.Balance()
}

// Claim takes a work row that must be free.
func (w *World) Claim(id ledger.ID, owner string) ledger.Work {
	w.Helper()
	work, ok, err := w.Store.Claim(w.Context(), id, owner, w.Now, Lease)
	w.Must(err)
	if !ok {
		w.Fatalf("work %d cannot be claimed", id)
	}
	return work
}

// ClaimDoc claims the row that covers a document.
func (w *World) ClaimDoc(key string) ledger.Work {
	w.Helper()
	return w.Claim(w.Doc(key).Work, "worker")
}

// Unclaimable proves that a row cannot be claimed now.
func (w *World) Unclaimable(what string, id ledger.ID) {
	w.Helper()
	if _, ok, err := w.Store.Claim(w.Context(), id, "nobody", w.Now, Lease); ok || err != nil {
		w.Fatalf("%s: claimed %t, error %v", what, ok, err)
	}
}

// Due gives the world's rows that are due.
func (w *World) Due() []ledger.Work {
	w.Helper()
	all, err := w.Store.Due(w.Context(), w.Now, 1<<20)
	w.Must(err)
	return slices.DeleteFunc(all, func(work ledger.Work) bool { return work.Flow != w.Flow })
}

// Load gives the documents of a claimed row.
func (w *World) Load(work ledger.Work) []ledger.Task {
	w.Helper()
	tasks, err := w.Store.Load(w.Context(), work)
	w.Must(err)
	return tasks
}

// Intent is the next send of a document's only row.
func (w *World) Intent(doc ledger.Document, key string, on *ledger.Delivery) ledger.Intent {
	in := ledger.Intent{
		DeliveryKey: ledger.DeliveryKey{Document: doc.ID, NodeNo: NodeNo}, Rev: doc.ActiveRev, Version: doc.Version,
		Connection: w.Connection, Resource: "bill", Key: key, Owned: true, Attempt: 1, Body: []byte(fmt.Sprintf(`{"sent":%d}`, doc.ActiveRev)),
	}
	if on != nil {
		in.Attempt = on.Attempt + 1
	}
	return in
}

// Intend commits rows of one call and names the call in them.
func (w *World) Intend(work ledger.Work, rows ...ledger.Intent) (ledger.IntentResult, error) {
	w.Helper()
	call, err := w.Store.NextIDs(w.Context(), 1)
	if err != nil {
		return ledger.IntentResult{}, err
	}
	for i := range rows {
		rows[i].Call, rows[i].RowNo = call, i
	}
	return w.Store.CommitIntents(w.Context(), ledger.IntentCommit{
		Claim: ledger.ClaimOf(work), Workspace: w.Workspace, Rows: rows, Now: w.Now,
		Calls: []ledger.Call{{ID: call, Workspace: w.Workspace, Connection: w.Connection, Operation: "save", Kind: ledger.SendCall, Rows: len(rows), Started: w.Now}},
	})
}

// Send commits an intent for the document's only row that must succeed.
func (w *World) Send(work ledger.Work, key, targetKey string) ledger.Intent {
	w.Helper()
	rows := []ledger.Intent{w.Intent(w.Doc(key), targetKey, w.Delivery(key))}
	result, err := w.Intend(work, rows...)
	w.Must(err)
	w.Same("taken keys", result.Taken, map[int]ledger.DeliveryKey{})
	return rows[0]
}

// Delivery gives the document's only delivery, nil when there is none.
func (w *World) Delivery(key string) *ledger.Delivery {
	w.Helper()
	all, err := w.Store.Deliveries(w.Context(), w.Doc(key).ID)
	w.Must(err)
	if len(all) > 1 {
		w.Fatalf("document %q has %d deliveries", key, len(all))
	}
	if len(all) == 0 {
		return nil
	}
	return &all[0]
}

// Done is the answer that an intent succeeded.
func Done(in ledger.Intent) ledger.Resolution {
	return ledger.Resolution{
		DeliveryKey: in.DeliveryKey, Attempt: in.Attempt, State: ledger.DeliveryDone,
		TargetID: "id-" + in.Key, TargetNumber: "no-" + in.Key, Response: []byte(`{"ok":true}`),
	}
}

// Outcome gives an empty outcome of a claimed row.
func (w *World) Outcome(work ledger.Work) ledger.Outcome {
	return ledger.Outcome{Claim: ledger.ClaimOf(work), Workspace: w.Workspace, Now: w.Now}
}

// Settled is a conclusion about the document's active revision.
func (w *World) Settled(key string, state ledger.State) ledger.Settled {
	w.Helper()
	return w.settled(w.Doc(key), state)
}

func (w *World) settled(doc ledger.Document, state ledger.State) ledger.Settled {
	out := ledger.Settled{Document: doc.ID, Rev: doc.ActiveRev, State: state, OnSeen: ledger.Skip}
	switch state {
	case ledger.Rejected, ledger.Unmapped, ledger.NeedsDecision, ledger.RetryAt:
		out.Problem = &ledger.Problem{Code: "test." + state.String(), Message: "因为", Path: "items.0.qty", NodeID: "k3", Hint: "look", Args: map[string]string{"0": "数量", "key": `"\{}`}}
	default: // nothing is wrong
	}
	if state == ledger.RetryAt {
		out.RetryAt = w.Now.Add(time.Hour)
	}
	return out
}

// Conclude ends a walk.
func (w *World) Conclude(work ledger.Work, settled ...ledger.Settled) ledger.OutcomeResult {
	w.Helper()
	o := w.Outcome(work)
	o.Documents = settled
	result, err := w.Ended(o)
	w.Must(err)
	return result
}

// Ended commits an outcome. A move that was refused is an error.
func (w *World) Ended(o ledger.Outcome) (ledger.OutcomeResult, error) {
	result, err := w.Store.CommitOutcome(w.Context(), o)
	return result, errors.Join(append(result.Refused, err)...)
}

// Walk claims a document's row, which covers it alone, and concludes it.
func (w *World) Walk(key string, state ledger.State) {
	w.Helper()
	w.Conclude(w.ClaimDoc(key), w.Settled(key, state))
}

// Together runs f n times at once and fails on the first error.
func (w *World) Together(n int, f func(i int) error) {
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
		w.Must(err)
	}
}

// Answer records resolutions in the middle of a walk.
func (w *World) Answer(work ledger.Work, resolutions ...ledger.Resolution) error {
	w.Helper()
	o := w.Outcome(work)
	o.Deliveries = resolutions
	_, err := w.Store.CommitOutcome(w.Context(), o)
	return err
}
