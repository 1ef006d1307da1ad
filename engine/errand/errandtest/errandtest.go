package errandtest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
)

// Store is a store of errands with both sides.
type Store interface {
	errand.Store
	errand.Book
}

// Exercise proves that a ledger enters errands with the outcome of a walk, and that the
// store beside it keeps the contracts of errand.Store and errand.Book. Scenarios run in parallel, each in
// a fresh workspace.
func Exercise(t *testing.T, store worldtest.Store, errands Store) {
	t.Helper()
	for name, run := range scenarios() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{World: worldtest.New(t, store), errands: errands}
			run(w)
			w.Balance()
		})
	}
}

func scenarios() map[string]func(*world) {
	return map[string]func(*world){
		"entered with the outcome, once":       entered,
		"a walk that came to nothing":          nothing,
		"what is sent is stored as it is":      bytesAsTheyAre,
		"claimed by one":                       claimed,
		"many at a claim at once":              race,
		"a claim that runs out":                runsOut,
		"a claim that is prolonged":            prolonged,
		"an answer that comes late":            late,
		"writebacks in their order":            inOrder,
		"messages side by side":                sideBySide,
		"a retry when it is due":               retried,
		"finished ones are never due":          finished,
		"gathered until the run is over":       gathered,
		"gathered for so long at most":         gatheredLong,
		"a person retries and skips":           mended,
		"a person takes what the courier lost": taken,
		"what is left":                         left,
	}
}

// world is a world with errands.
type world struct {
	*worldtest.World

	errands Store
}

const nodeNo = worldtest.NodeNo + 1

// doc pulls a document and gives it as it is walked.
func (w *world) doc(key string) ledger.Document {
	w.Helper()
	w.Pull(ledger.Incoming{Key: key, SourceHash: 1, Body: []byte(`{}`)})
	return w.Doc(key)
}

// writeback is an errand of a document.
func (w *world) writeback(doc ledger.Document, way string) ledger.Errand {
	return ledger.Errand{
		ErrandKey: ledger.ErrandKey{Document: doc.ID, NodeNo: nodeNo, Way: way}, Rev: doc.ActiveRev, NodeID: "mark", Purpose: ledger.WritebackErrand, Run: w.Run.ID,
		Connection: "erp", Operation: "audit", Mode: "update", Key: "K" + way, Params: []byte(`{"form":"F1"}`), Body: []byte(`{"no":1.50}`), TraceID: "trace",
	}
}

// message is one that is sent by itself, or gathered until a moment.
func (w *world) message(doc ledger.Document, way string, gathered ledger.Millis) ledger.Errand {
	e := w.writeback(doc, way)
	e.Purpose, e.NodeID, e.Operation, e.Mode, e.Key = ledger.NotifyErrand, "tell", "message.send", "create", ""
	e.Body = []byte(`{"title":"T","text":"` + way + `"}`)
	if gathered > 0 {
		e.Gathers, e.Due = true, gathered
	}
	return e
}

// walk ends a walk of the document that enters errands.
func (w *world) walk(key string, state ledger.State, errands ...ledger.Errand) error {
	w.Helper()
	o := w.Outcome(w.ClaimDoc(key))
	o.Documents, o.Errands = []ledger.Settled{w.Settled(key, state)}, errands
	_, err := w.Store.CommitOutcome(w.Context(), o)
	return err
}

// enter is walk where it must succeed; it gives the document's errands.
func (w *world) enter(key string, errands ...ledger.Errand) []errand.Record {
	w.Helper()
	w.Must(w.walk(key, ledger.Delivered, errands...))
	return w.of(w.Doc(key).ID)
}

func (w *world) of(document ledger.ID) []errand.Record {
	w.Helper()
	records, err := w.errands.Of(w.Context(), w.Workspace, document)
	w.Must(err)
	return records
}

// due gives the world's errands that are due.
func (w *world) due() []errand.Record {
	w.Helper()
	all, err := w.errands.Due(w.Context(), w.Now, 100_000)
	w.Must(err)
	var own []errand.Record
	for _, r := range all {
		if r.Workspace == w.Workspace {
			own = append(own, r)
		}
	}
	return own
}

// ways gives the ways of errands.
func ways(records []errand.Record) []string {
	out := []string{}
	for _, r := range records {
		out = append(out, r.Way)
	}
	return out
}

// states gives the ways of errands with their states.
func states(records []errand.Record) []string {
	out := []string{}
	for _, r := range records {
		out = append(out, r.Way+" "+r.State.String())
	}
	return out
}

func (w *world) take(listed ...errand.Record) []errand.Record {
	w.Helper()
	held, err := w.errands.Take(w.Context(), listed, "me", w.Now, worldtest.Lease)
	w.Must(err)
	return held
}

// send claims all that is due and lets it leave.
func (w *world) send() []errand.Record {
	w.Helper()
	held := w.take(w.due()...)
	w.Must(w.errands.Intend(w.Context(), held, w.Now))
	return held
}

// answer settles an errand that was claimed, at its first attempt.
func (w *world) answer(held errand.Record, state errand.State, due ledger.Millis) {
	w.Helper()
	s := errand.Settlement{ID: held.ID, Fence: held.Fence, Attempt: held.Attempt + 1, State: state, Due: due, Spent: 1}
	if state == errand.Done {
		s.TargetID, s.TargetNumber, s.Answer = "17", "N17", []byte(`{"Id":17}`)
	} else {
		s.Code, s.Message, s.Args = "vendor.9", "busy", map[string]string{"a": "b"}
	}
	w.Must(w.errands.Settle(w.Context(), []errand.Settlement{s}, w.Now))
}

func entered(w *world) {
	doc := w.doc("a")
	first := w.writeback(doc, "1")
	work := w.ClaimDoc("a")
	o := w.Outcome(work)
	again := w.Settled("a", ledger.RetryAt)
	again.RetryAt = w.Now + 1000
	o.Documents, o.Errands = []ledger.Settled{again}, []ledger.Errand{first, first}
	_, err := w.Store.CommitOutcome(w.Context(), o)
	w.Must(err)
	w.Now += 2000
	records := w.enter("a", first, w.writeback(doc, "2"))
	w.Same("errands", ways(records), []string{"1", "2"})
	first.Due = worldtest.Start
	if got := records[0]; got.State != errand.Pending || got.Flow != w.Flow || got.Workspace != w.Workspace || got.Created != worldtest.Start || got.ID == 0 {
		w.Fatalf("entered as %+v", got)
	}
	w.Same("errand", records[0].Errand, first)
	w.Same("due", ways(w.due()), []string{"1"}) // the second comes behind the first
	other, err := w.errands.Of(w.Context(), w.Workspace+1, doc.ID)
	w.Must(err)
	w.Same("in another workspace", len(other), 0)
}

func nothing(w *world) {
	doc := w.doc("a")
	work := w.ClaimDoc("a")
	o := w.Outcome(work)
	o.Documents, o.Errands = []ledger.Settled{w.Settled("a", ledger.Waiting)}, []ledger.Errand{w.writeback(doc, "1")}
	o.Errands[0].Rev = doc.ActiveRev + 1
	_, err := w.Store.CommitOutcome(w.Context(), o)
	w.Must(err)
	w.Same("of another revision", len(w.of(doc.ID)), 0)
	lost := w.ClaimDoc("a")
	w.Now = w.Now.Add(2 * worldtest.Lease)
	w.ClaimDoc("a")
	o = w.Outcome(lost)
	o.Documents, o.Errands = []ledger.Settled{w.Settled("a", ledger.Delivered)}, []ledger.Errand{w.writeback(doc, "1")}
	_, err = w.Store.CommitOutcome(w.Context(), o)
	w.Fenced("a claim that was lost", err)
	w.Same("under a claim that was lost", len(w.of(doc.ID)), 0)
}

func bytesAsTheyAre(w *world) {
	doc := w.doc("a")
	e := w.writeback(doc, "1")
	e.Params, e.Body = []byte(`{"b":1,"a":[ 1.10 ]}`), []byte(`{"n":12345678901234567890.10,"t":"审核 \u00e9"}`)
	other := w.writeback(doc, "2")
	other.Params = []byte(`{}`)
	w.enter("a", e, other)
	held := w.send()
	w.Same("request", []string{string(held[0].Params), string(held[0].Body), held[0].Key}, []string{string(e.Params), string(e.Body), e.Key})
	w.answer(held[0], errand.Done, 0)
	got := w.of(doc.ID)[0]
	w.Same("settled", []any{got.State, got.Attempt, got.TargetID, got.TargetNumber, string(got.Answer), string(got.Body), got.Due},
		[]any{errand.Done, 1, "17", "N17", `{"Id":17}`, string(e.Body), ledger.FarFuture})
}

func claimed(w *world) {
	w.enter("a", w.writeback(w.doc("a"), "1"))
	listed := w.due()
	held := w.take(listed...)
	w.Same("held", ways(held), []string{"1"})
	w.Same("a second", len(w.take(listed...)), 0)
	w.Same("due", len(w.due()), 0)
	w.Must(w.errands.Intend(w.Context(), held, w.Now))
	on := w.of(held[0].Document)[0]
	w.Same("on record", []any{on.State, on.Attempt, on.Fence, on.Due}, []any{errand.Sending, 1, int64(1), w.Now.Add(worldtest.Lease)})
}

func race(w *world) {
	w.enter("a", w.writeback(w.doc("a"), "1"))
	listed, got := w.due(), make([]int, 8)
	w.Together(len(got), func(i int) error {
		held, err := w.errands.Take(w.Context(), listed, fmt.Sprint(i), w.Now, worldtest.Lease)
		got[i] = len(held)
		return err
	})
	sum := 0
	for _, n := range got {
		sum += n
	}
	w.Same("claims", sum, 1)
}

func runsOut(w *world) {
	w.enter("a", w.writeback(w.doc("a"), "1"))
	lost := w.send()
	w.Now = w.Now.Add(worldtest.Lease)
	next := w.take(w.due()...)
	w.Same("taken over", []any{len(next), next[0].State, next[0].Attempt, next[0].Fence}, []any{1, errand.Sending, 1, int64(2)})
	w.Fenced("Intend", w.errands.Intend(w.Context(), lost, w.Now))
	w.Fenced("Renew", w.errands.Renew(w.Context(), lost, w.Now.Add(time.Hour)))
	w.answer(lost[0], errand.RetryAt, w.Now)
	w.Same("what who lost it wants to do again", w.of(lost[0].Document)[0].State, errand.Sending)
	w.answer(lost[0], errand.Done, 0)
	on := w.of(lost[0].Document)[0]
	w.Same("the answer of who lost it", []any{on.State, on.TargetID}, []any{errand.Done, "17"})
	w.Fenced("Intend of what is answered", w.errands.Intend(w.Context(), next, w.Now))
	w.answer(next[0], errand.Rejected, 0)
	w.Same("the answer to no call", w.of(lost[0].Document)[0].State, errand.Done)
}

func prolonged(w *world) {
	w.enter("a", w.writeback(w.doc("a"), "1"))
	held := w.take(w.due()...)
	w.Now = w.Now.Add(worldtest.Lease / 2)
	w.Must(w.errands.Renew(w.Context(), held, w.Now.Add(worldtest.Lease)))
	w.Now = w.Now.Add(worldtest.Lease / 2)
	w.Same("due", len(w.due()), 0)
	w.Must(w.errands.Intend(w.Context(), held, w.Now))
	w.answer(held[0], errand.Done, 0)
	w.Fenced("Renew behind the end", w.errands.Renew(w.Context(), held, w.Now.Add(worldtest.Lease)))
	w.Fenced("Intend behind the end", w.errands.Intend(w.Context(), held, w.Now))
	w.Same("due", len(w.due()), 0)
}

func late(w *world) {
	w.enter("a", w.writeback(w.doc("a"), "1"))
	held := w.send()
	w.Must(w.errands.Intend(w.Context(), held, w.Now)) // sent a second time by the same holder
	w.answer(held[0], errand.Rejected, 0)
	w.Same("the answer to an older attempt", w.of(held[0].Document)[0].State, errand.Sending)
}

func inOrder(w *world) {
	doc := w.doc("a")
	w.enter("a", w.writeback(doc, "1"), w.writeback(doc, "2"), w.message(doc, "m", 0))
	w.enterOther()
	w.Same("due", ways(w.due()), []string{"1", "m", "other"})
	held := w.take(w.due()...)
	w.Must(w.errands.Intend(w.Context(), held, w.Now))
	w.Same("due while it is sent", len(w.due()), 0)
	w.answer(held[0], errand.RetryAt, w.Now+5000)
	w.Same("due while it is retried", len(w.due()), 0)
	w.Now += 5000
	held = w.send()
	w.Same("the first again", ways(held), []string{"1"})
	w.answer(held[0], errand.NeedsDecision, 0)
	w.Same("due when it was settled", ways(w.due()), []string{"2"})
}

// enterOther enters an errand of another document.
func (w *world) enterOther() {
	w.Helper()
	w.enter("b", w.writeback(w.doc("b"), "other"))
}

func sideBySide(w *world) {
	doc := w.doc("a")
	w.enter("a", w.message(doc, "1", 0), w.message(doc, "2", 0))
	w.Same("due", ways(w.due()), []string{"1", "2"})
}

func retried(w *world) {
	w.enter("a", w.writeback(w.doc("a"), "1"))
	held := w.send()
	w.answer(held[0], errand.RetryAt, w.Now+5000)
	on := w.of(held[0].Document)[0]
	w.Same("on record", []any{on.State, on.Code, on.Message, on.Args, on.Spent, on.Due}, []any{errand.RetryAt, "vendor.9", "busy", map[string]string{"a": "b"}, 1, w.Now + 5000})
	w.Now += 4999
	w.Same("before its time", len(w.due()), 0)
	w.Now++
	again := w.send()
	w.Same("again", []any{len(again), again[0].Attempt, again[0].Spent, again[0].Fence}, []any{1, 1, 1, int64(2)})
}

func finished(w *world) {
	for i, state := range []errand.State{errand.Done, errand.Rejected, errand.NeedsDecision} {
		key := fmt.Sprint(i)
		w.enter(key, w.writeback(w.doc(key), key))
		w.answer(w.send()[0], state, 0)
	}
	w.Now = w.Now.Add(1000 * time.Hour)
	w.Same("due", len(w.due()), 0)
}

func gathered(w *world) {
	until := w.Now.Add(time.Hour)
	for _, key := range []string{"a", "b", "c"} {
		w.enter(key, w.message(w.doc(key), key, until))
	}
	other := w.message(w.doc("d"), "d", until)
	other.NodeNo++
	w.enter("d", other)
	w.Same("while the run goes on", len(w.due()), 0)
	w.FinishWindow(w.Window)
	w.Must(w.Store.EndPulling(w.Context(), w.Run.ID, nil, w.Now))
	finished, err := w.Store.FinishRun(w.Context(), w.Run.ID, w.Now)
	w.Must(err)
	w.Same("the run is over", finished, true)
	w.Same("due", ways(w.due()), []string{"a", "b", "c", "d"})
	n, due, err := w.errands.Left(w.Context(), []ledger.ID{w.Flow})
	w.Must(err)
	w.Same("left", []any{n, due}, []any{4, ledger.Millis(0)})
	held := w.take(w.due()...)
	w.Same("held", ways(held), []string{"a", "d"})
	w.Same("told", string(held[0].Body), `{"title":"T (3)","text":"- a\n- b\n- c\n"}`)
	w.Same("alone", string(held[1].Body), `{"title":"T","text":"d"}`)
	told := w.of(w.Doc("c").ID)[0]
	w.Same("told by the first", []any{told.State, told.Lead, told.Due}, []any{errand.Told, held[0].ID, ledger.FarFuture})
	w.Same("due", len(w.due()), 0)
	w.Must(w.errands.Intend(w.Context(), held, w.Now))
	w.answer(held[0], errand.RetryAt, w.Now+1)
	w.Now++
	again := w.send()
	w.Same("again", []string{again[0].Way, string(again[0].Body)}, []string{"a", string(held[0].Body)})
}

func gatheredLong(w *world) {
	w.enter("a", w.message(w.doc("a"), "a", w.Now.Add(time.Hour)))
	w.enter("b", w.message(w.doc("b"), "b", w.Now.Add(time.Hour+time.Minute)))
	w.Now = w.Now.Add(time.Hour)
	w.Same("due", ways(w.due()), []string{"a"})
	held := w.take(w.due()...)
	w.Same("held", []string{held[0].Way, string(held[0].Body)}, []string{"a", `{"title":"T (2)","text":"- a\n- b\n"}`})
}

func mended(w *world) {
	doc := w.doc("a")
	record := w.enter("a", w.writeback(doc, "1"))[0]
	repair := errand.Repair{Workspace: w.Workspace, ID: record.ID, Action: errand.Retry, Actor: "ada", Now: w.Now + 7}
	mend := func(change func(*errand.Repair)) (errand.Record, error) {
		r := repair
		change(&r)
		return w.errands.Mend(w.Context(), r)
	}
	w.answer(w.send()[0], errand.Rejected, 0)
	_, err := mend(func(r *errand.Repair) { r.Workspace++ })
	w.Same("in another workspace", errors.Is(err, ledger.ErrNotFound), true)
	_, err = mend(func(r *errand.Repair) { r.Seen = 1 })
	w.Same("changed", fault.CodeOf(err), "errand.changed")
	w.Same("still", states(w.of(doc.ID)), []string{"1 rejected"})
	retried, err := mend(func(r *errand.Repair) { r.Seen = w.Now })
	w.Must(err)
	w.Same("retried", []any{retried.State, retried.Actor, retried.Spent, retried.Updated}, []any{errand.Pending, "ada", 0, w.Now + 7})
	w.Now += 7
	held := w.send()
	w.Same("sent again", []any{held[0].Attempt, string(held[0].Body)}, []any{1, `{"no":1.50}`})
	w.answer(held[0], errand.NeedsDecision, 0)
	skipped, err := mend(func(r *errand.Repair) { r.Action, r.Note, r.Now = errand.Skip, "by hand", w.Now })
	w.Must(err)
	w.Same("skipped", []any{skipped.State, skipped.Note, skipped.Due}, []any{errand.Skipped, "by hand", ledger.FarFuture})
	w.Same("on record", w.of(doc.ID)[0].State, errand.Skipped)
	alone, err := w.errands.Errand(w.Context(), w.Workspace, record.ID)
	w.Must(err)
	w.Same("looked at alone", alone, w.of(doc.ID)[0])
	_, err = w.errands.Errand(w.Context(), w.Workspace+1, record.ID)
	w.Same("by a stranger", errors.Is(err, ledger.ErrNotFound), true)
	_, err = mend(func(*errand.Repair) {})
	w.Same("retried behind that", fault.CodeOf(err), "errand.settled")
}
