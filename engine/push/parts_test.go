package push_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

// lines is a rig whose orders become a bill for each line.
func lines(t *testing.T, edits ...string) *rig {
	t.Helper()
	return newRig(t, append(edits, enginetest.Lines()...)...)
}

// compiled is the flow with these edits.
func compiled(t *testing.T, edits ...string) string {
	t.Helper()
	return strings.NewReplacer(append(edits, enginetest.Lines()...)...).Replace(enginetest.Job)
}

func order(id string, no ...string) enginetest.Order {
	o := enginetest.Order{ID: id}
	for _, n := range no {
		o.Lines = append(o.Lines, enginetest.Line{No: n})
	}
	return o
}

func (r *rig) wantBills(want ...string) {
	r.t.Helper()
	if _, got := r.erp.Bills(); !slices.Equal(got, want) {
		r.t.Errorf("the target holds %v, want %v", got, want)
	}
}

// delivery gives the delivery of a document under a target key.
func (r *rig) delivery(key, target string) ledger.Delivery {
	r.t.Helper()
	all, err := r.store.Deliveries(r.t.Context(), r.document(key).ID)
	r.must(err)
	for _, d := range all {
		if d.Key == target {
			return d
		}
	}
	r.t.Fatalf("%s has no delivery %s: %+v", key, target, all)
	return ledger.Delivery{}
}

// later lets time pass, and works.
func (r *rig) later(wait time.Duration) {
	r.t.Helper()
	r.now = r.now.Add(wait)
	r.push()
}

const noKey = "operation: bills,"

// TestARowThatFailedKeepsItsPlace: the target has no key, so rows are told apart by
// where they come from. The first row fails, the second is written; once the first is
// mended it is written, and the second is not written again.
func TestARowThatFailedKeepsItsPlace(t *testing.T) {
	t.Parallel()
	r := lines(t, noKey, "operation: slips,")
	o := order("a", "n1", "n2", "n3")
	o.Lines[0].Bad = true
	r.put(o)
	r.pull()
	r.push()
	r.want("a", ledger.Rejected, "test.bad")
	r.wantBills("n2", "n3")
	r.plan = enginetest.Compile(t, strings.Replace(compiled(t, noKey, "operation: slips,"), "{from: lines, to: check}", "{from: lines, to: bill}", 1))
	r.act("a", ledger.RetryDocument, nil)
	r.push()
	r.want("a", ledger.Delivered, "")
	r.wantBills("n2", "n3", "n1")
}

// TestRowsOfTwoBranchesAreTwo: without a key of their own, the two records that one
// document becomes on two ways are told apart, on every walk alike.
func TestRowsOfTwoBranchesAreTwo(t *testing.T) {
	t.Parallel()
	r := newRig(t, noKey, "operation: slips,",
		"    - {id: erp,", "    - {id: copy, type: map, settings: {fields: [{field: \"no\", value: \"X-{{no}}\"}]}}\n    - {id: erp,",
		"{from: check, to: bill}", "{from: check, to: copy}\n    - {from: copy, to: erp}\n    - {from: check, to: bill}")
	r.put(enginetest.Order{ID: "a"})
	r.refuse("a", "wrong")
	r.pull()
	r.push()
	r.want("a", ledger.Rejected, "vendor.wrong")
	r.erp.Refuse = nil
	r.act("a", ledger.RetryDocument, nil)
	r.push()
	r.want("a", ledger.Delivered, "")
	r.wantBills("X-a", "a")
}

// TestALongKeyHasARow: a document key of the greatest length leaves no room for the part.
func TestALongKeyHasARow(t *testing.T) {
	t.Parallel()
	r := lines(t, noKey, "operation: slips,")
	id := strings.Repeat("k", ledger.MaxKey)
	r.put(order(id, "n1", "n2"))
	r.pull()
	r.push()
	r.want(id, ledger.Delivered, "")
	deliveries, err := r.store.Deliveries(t.Context(), r.document(id).ID)
	r.must(err)
	if len(deliveries) != 2 || len(deliveries[0].Key) > ledger.MaxKey || deliveries[0].Key == deliveries[1].Key {
		t.Errorf("%+v", deliveries)
	}
}

// TestTheOtherRowOfARejectedDocumentGoesOn: one row is refused for good, the answer
// for another is lost. It is found out, and the refused one is not sent meanwhile.
func TestTheOtherRowOfARejectedDocumentGoesOn(t *testing.T) {
	t.Parallel()
	r := lines(t, "rows: 20", "rows: 20")
	r.refuse("n1", "wrong")
	r.erp.Silent = func(no string) bool { return no == "n2" }
	r.put(order("a", "n1", "n2", "n3"))
	r.pull()
	r.push()
	r.want("a", ledger.Rejected, "vendor.wrong")
	if doc := r.document("a"); doc.Attention&ledger.Uncertain == 0 || doc.Work == 0 {
		t.Errorf("nobody finds out: %+v", doc)
	}
	r.later(time.Minute)
	r.want("a", ledger.Rejected, "vendor.wrong")
	if d := r.delivery("a", "n2"); d.State != ledger.DeliveryDone || string(d.Writeback) == "" {
		t.Errorf("the row whose answer was lost: %+v", d)
	}
	if d := r.delivery("a", "n1"); d.State != ledger.DeliveryRejected || d.Attempt != 1 {
		t.Errorf("the refused row was sent again: %+v", d)
	}
	if doc := r.document("a"); doc.Attention&ledger.Uncertain != 0 || doc.Work != 0 {
		t.Errorf("it goes on: %+v", doc)
	}
	r.wantWrites(1)
	r.erp.Refuse = nil
	r.act("a", ledger.RetryDocument, nil)
	r.push()
	r.want("a", ledger.Delivered, "")
	r.wantBills("n2", "n3", "n1")
}

// TestARetryOfARejectedDocumentGoesOn is the same for a row that waits for base data.
func TestARetryOfARejectedDocumentGoesOn(t *testing.T) {
	t.Parallel()
	r := lines(t)
	r.erp.Refuse = func(no string) string { return map[string]string{"n1": "wrong", "n2": "missing"}[no] }
	r.put(order("a", "n1", "n2"))
	r.pull()
	r.push()
	r.want("a", ledger.Rejected, "vendor.wrong")
	r.refuse("n1", "wrong")
	r.later(10 * time.Minute)
	r.want("a", ledger.Rejected, "vendor.wrong")
	r.wantBills("n2")
	if doc := r.document("a"); doc.Work != 0 {
		t.Errorf("it goes on: %+v", doc)
	}
}

// TestANewerRevisionDoesNotPassForTheOlder: the target may hold revision 1 of a
// document that shows rejected. Revision 2 waits until that is known, and is not
// taken for delivered then.
func TestANewerRevisionDoesNotPassForTheOlder(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"skip", "revise"} {
		r := lines(t, "operation: orders,", "operation: orders, onSeen: "+policy+",")
		r.refuse("n1", "wrong")
		r.erp.Silent = func(no string) bool { return no == "n2" }
		o := order("a", "n1", "n2")
		o.Lines[1].Amount = "1"
		r.put(o)
		r.pull()
		r.push()
		o.Lines[1].Amount, o.Modified = "2", r.now
		r.put(o)
		r.now = r.now.Add(2 * time.Minute)
		r.pull()
		if doc := r.document("a"); doc.ActiveRev != 1 || doc.LatestRev != 2 {
			t.Fatalf("%s: revision %d of %d is walked while the target may hold the first", policy, doc.ActiveRev, doc.LatestRev)
		}
		r.erp.Refuse = nil
		r.push()
		// What is certain now: the row of revision 1 is there, with its contents.
		if d := r.delivery("a", "n2"); d.State != ledger.DeliveryDone || d.Rev != 1 || !strings.Contains(r.bill("n2"), `"amount":1`) {
			t.Errorf("%s: %+v, %s", policy, d, r.bill("n2"))
		}
		r.want("a", ledger.NeedsDecision, "delivery.revised")
		if doc := r.document("a"); doc.ActiveRev != 2 || doc.DoneRev != 0 {
			t.Errorf("%s: %+v", policy, doc)
		}
	}
}

// TestWhatTheFlowNoLongerMakesIsTold: revision 1 was written, revision 2 does not
// reach the target any more, or with fewer rows.
func TestWhatTheFlowNoLongerMakesIsTold(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(*enginetest.Order)
		state  ledger.State
		code   string
	}{
		"let go before the target": {func(o *enginetest.Order) { o.State = "void" }, ledger.NeedsDecision, "delivery.part_gone"},
		"no lines":                 {func(o *enginetest.Order) { o.Lines = nil }, ledger.NeedsDecision, "delivery.part_gone"},
		"a line fewer":             {func(o *enginetest.Order) { o.Lines = o.Lines[1:] }, ledger.NeedsDecision, "delivery.part_gone"},
		"a line that fails":        {func(o *enginetest.Order) { o.Lines[0].Bad = true }, ledger.Rejected, "test.bad"},
		"a line more":              {func(o *enginetest.Order) { o.Lines = append(o.Lines, enginetest.Line{No: "n3"}) }, ledger.Delivered, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := lines(t, "operation: orders,", "operation: orders, onSeen: revise,", noKey, "operation: bills, onRevised: ignore,")
			o := order("a", "n1", "n2")
			r.put(o)
			r.pull()
			r.push()
			r.want("a", ledger.Delivered, "")
			o.Modified = r.now
			c.change(&o)
			r.put(o)
			r.now = r.now.Add(time.Hour)
			r.pull()
			r.push()
			r.want("a", c.state, c.code)
		})
	}
}

// TestARowThatFailsForNowKeepsItsDelivery: nothing is known yet of a row, and on the
// next walk it fails before the target for a reason that passes.
func TestARowThatFailsForNowKeepsItsDelivery(t *testing.T) {
	t.Parallel()
	r := lines(t, "class: data", "class: transient")
	r.erp.Silent = func(no string) bool { return no == "n1" }
	r.put(order("a", "n1", "n2"))
	r.pull()
	r.push()
	r.want("a", ledger.RetryAt, "delivery.unknown")
	whole := r.plan
	r.plan = enginetest.Compile(t, strings.NewReplacer("{from: lines, to: check}", "{from: lines, to: spoil}\n    - {from: spoil, to: check}",
		"  edges:", "    - {id: spoil, type: map, settings: {fields: [{field: \"no\", value: \"{{no}}\"}, {field: bad, value: \"1\"}]}}\n  edges:",
	).Replace(compiled(t, "class: data", "class: transient")))
	r.later(time.Minute)
	r.want("a", ledger.RetryAt, "test.bad")
	r.plan = whole
	r.later(15 * time.Minute)
	r.want("a", ledger.Delivered, "")
	r.wantBills("n1", "n2")
}

// two is a rig whose bills go to two systems, with one writeback behind both.
func two(t *testing.T) *rig {
	t.Helper()
	r := newRig(t,
		"    - {id: mark,", "    - {id: erp2, type: target, connection: erp2, settings: {operation: bills, params: [{field: form, value: F2}]}}\n    - {id: mark,",
		"{from: erp, to: mark}", "{from: erp, to: mark}\n    - {from: bill, to: erp2}\n    - {from: erp2, to: mark}")
	r.erp2 = &enginetest.ERP{}
	return r
}

func (r *rig) wantWritebacks(key string, n int) {
	r.t.Helper()
	all, err := r.store.Deliveries(r.t.Context(), r.document(key).ID)
	r.must(err)
	for _, d := range all {
		if got := string(d.Writeback); d.State == ledger.DeliveryDone && got != `{"id":"id-`+key+`","no":"`+key+`","order":"`+key+`"}` {
			r.t.Errorf("kept at node %d: %q", d.NodeNo, got)
		}
	}
	if len(all) != n {
		r.t.Errorf("%d deliveries", len(all))
	}
}

func TestAWritebackBehindTwoTargets(t *testing.T) {
	t.Parallel()
	r := two(t)
	r.put(enginetest.Order{ID: "a"})
	r.pull()
	r.push()
	r.want("a", ledger.Delivered, "")
	r.wantWritebacks("a", 2)
}

// TestAWritebackThatWasNotKept: the answer was recorded, and the walk ended before
// the writeback. The next walk keeps it, without sending anything.
func TestAWritebackThatWasNotKept(t *testing.T) {
	t.Parallel()
	r := two(t)
	n := 0
	store := &stumbling{r.store, func(ledger.Outcome) error {
		if n++; n > 1 { // the answers of the first target are recorded before the second is written
			return errors.New("the disk is full")
		}
		return nil
	}}
	r.use(store)
	r.put(enginetest.Order{ID: "a"})
	r.pull()
	due, err := r.store.Due(t.Context(), ledger.At(r.now), 1)
	r.must(err)
	_, _ = r.worker.Handle(t.Context(), due[0].ID) // the store's failure is its error
	if d := r.delivery("a", "a"); d.State != ledger.DeliveryDone || d.Writeback != nil {
		t.Fatalf("%+v", d)
	}
	store.fail = func(ledger.Outcome) error { return nil }
	for range 3 {
		r.later(time.Minute)
	}
	r.want("a", ledger.Delivered, "")
	r.wantWritebacks("a", 2)
	r.wantWrites(1)
}

// TestAWritebackOfNothing is told: it stands behind the error port of a target.
func TestAWritebackOfNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, "{from: erp, to: mark}", "{from: erp.error, to: mark}")
	r.refuse("a", "wrong")
	r.put(enginetest.Order{ID: "a"})
	r.pull()
	r.push()
	r.want("a", ledger.Rejected, "vendor.wrong")
	if doc := r.document("a"); doc.Attention&ledger.WritebackFailing == 0 {
		t.Errorf("it is not marked: %+v", doc)
	}
}

// half is a session that answers its first call and is stopped in the second.
func (r *rig) half(stop func() error) {
	r.erp.Fail = func(write int) error {
		if write == 2 {
			return stop()
		}
		return nil
	}
}

func (r *rig) states() map[ledger.DeliveryState]int {
	r.t.Helper()
	stream, err := r.store.OpenStream(r.t.Context(), 1, 2, "orders")
	r.must(err)
	docs, err := r.store.Documents(r.t.Context(), stream.ID, 0, 1000)
	r.must(err)
	out := map[ledger.DeliveryState]int{}
	for _, doc := range docs {
		all, err := r.store.Deliveries(r.t.Context(), doc.ID)
		r.must(err)
		for _, d := range all {
			out[d.State]++
		}
	}
	return out
}

// TestKnownAnswersOutliveTheWalk: of three calls the first is answered, in the second
// we are stopped and the third is not made. What is known is kept.
func TestKnownAnswersOutliveTheWalk(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, id := range strings.Split("abcdefghijklm", "") {
		r.put(enginetest.Order{ID: id})
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.half(func() error { cancel(); return context.Canceled })
	r.pull()
	due, err := r.store.Due(t.Context(), ledger.At(r.now), 10)
	r.must(err)
	for _, w := range due {
		_, _ = r.worker.Handle(ctx, w.ID) // the cancellation is its error
	}
	want := map[ledger.DeliveryState]int{ledger.DeliveryDone: 5, ledger.DeliveryUnknown: 5}
	if got := r.states(); got[ledger.DeliveryDone] != 5 || got[ledger.DeliverySending] != 0 || got[ledger.DeliveryUnknown] != 5 {
		t.Errorf("deliveries are %v, want %v", got, want)
	}
	r.erp.Fail = nil
	for range 4 {
		r.later(time.Minute)
	}
	if got := r.states(); got[ledger.DeliveryDone] != 13 {
		t.Errorf("deliveries are %v", got)
	}
	if _, order := r.erp.Bills(); len(order) != 13 {
		t.Errorf("the target holds %v", order)
	}
}

// stumbling is a store whose outcomes fail as long as it is told.
type stumbling struct {
	pushStore
	fail func(ledger.Outcome) error
}

func (s *stumbling) CommitOutcome(ctx context.Context, o ledger.Outcome) (ledger.OutcomeResult, error) {
	if err := s.fail(o); err != nil {
		return ledger.OutcomeResult{}, err
	}
	return s.pushStore.CommitOutcome(ctx, o)
}

// TestAnswersOutliveAFailureBehindThem: the outcome can't be committed, nor the answers
// of the first target before the second is written.
func TestAnswersOutliveAFailureBehindThem(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(ledger.Outcome, int) bool{
		"the outcome":                   func(o ledger.Outcome, _ int) bool { return len(o.Documents) > 0 },
		"the answers of a first target": func(_ ledger.Outcome, n int) bool { return n == 1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := two(t)
			n := 0
			store := &stumbling{r.store, func(o ledger.Outcome) error {
				if n++; fails(o, n) {
					return errors.New("the disk is full")
				}
				return nil
			}}
			r.use(store)
			r.put(enginetest.Order{ID: "a"})
			r.pull()
			due, err := r.store.Due(t.Context(), ledger.At(r.now), 1)
			r.must(err)
			if _, err := r.worker.Handle(t.Context(), due[0].ID); err == nil || !strings.Contains(err.Error(), "the disk is full") {
				t.Errorf("error is %v", err)
			}
			if d := r.delivery("a", "a"); d.State != ledger.DeliveryDone {
				t.Errorf("the answer is lost: %+v", d)
			}
			store.fail = func(ledger.Outcome) error { return nil }
			r.later(time.Minute)
			r.want("a", ledger.Delivered, "")
			r.wantWritebacks("a", 2)
			r.wantWrites(1)
		})
	}
}

var _ connector.Session = (*enginetest.ERP)(nil)

// TestALookUpThatFailsBacksOff: for as long as the target can't be asked, a document
// is walked less and less often.
func TestALookUpThatFailsBacksOff(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(enginetest.Order{ID: "a"})
	r.erp.Lose = func(int) bool { return true }
	r.erp.Deaf = func(int) error { return fault.New("http.unreachable", "no route").Classed(fault.Transient) }
	r.pull()
	r.push()
	for range 3600 {
		r.later(time.Second)
	}
	if r.erp.Probes < 5 || r.erp.Probes > 15 {
		t.Errorf("asked %d times in an hour", r.erp.Probes)
	}
	r.want("a", ledger.RetryAt, "delivery.unknown")
	r.erp.Deaf = nil
	r.later(15 * time.Minute)
	r.want("a", ledger.Delivered, "")
}

// TestATransformThatFailsBacksOff is the same for a node.
func TestATransformThatFailsBacksOff(t *testing.T) {
	t.Parallel()
	r := newRig(t, "class: data", "class: transient")
	r.put(enginetest.Order{ID: "bad", Bad: true})
	r.pull()
	walks, before := 0, ledger.ID(0)
	for range 3600 {
		r.later(time.Second)
		if doc := r.document("bad"); doc.Work != before {
			walks, before = walks+1, doc.Work
		}
	}
	if walks < 5 || walks > 16 {
		t.Errorf("walked %d times in an hour", walks)
	}
}

// TestARowIsNotSentBeforeItsTime: another row of the document is due earlier.
func TestARowIsNotSentBeforeItsTime(t *testing.T) {
	t.Parallel()
	r := lines(t)
	r.erp.Refuse = func(no string) string { return map[string]string{"n1": "missing", "n2": "busy"}[no] }
	r.put(order("a", "n1", "n2"))
	r.pull()
	r.push()
	r.want("a", ledger.RetryAt, "vendor.missing")
	r.erp.Refuse = nil
	r.later(time.Minute)
	r.wantBills("n2")
	if d := r.delivery("a", "n1"); d.State != ledger.DeliveryRetryAt || d.Attempt != 1 {
		t.Errorf("sent before its time: %+v", d)
	}
	r.want("a", ledger.RetryAt, "vendor.missing")
	r.later(5 * time.Minute)
	r.want("a", ledger.Delivered, "")
}

// TestARetryByAPersonDoesNotWait for the time that the engine set.
func TestARetryByAPersonDoesNotWait(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.refuse("a", "missing")
	r.put(enginetest.Order{ID: "a"})
	r.pull()
	r.push()
	r.want("a", ledger.RetryAt, "vendor.missing")
	r.erp.Refuse = nil
	r.act("a", ledger.RetryDocument, nil)
	r.push()
	r.want("a", ledger.Delivered, "")
}

// TestAnOutageRejectsNothing, however long it lasts.
func TestAnOutageRejectsNothing(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*rig) (end func()){
		"the connection can't be opened": func(r *rig) func() {
			r.closed = fault.New("connector.missing", "the connector is not installed").Classed(fault.Config)
			return func() { r.closed = nil }
		},
		"the system can't be reached": func(r *rig) func() {
			r.erp.Fail = func(int) error { return fault.New("http.unreachable", "no route").Classed(fault.Transient).Unapplied() }
			return func() { r.erp.Fail = nil }
		},
		"the password is wrong": func(r *rig) func() {
			r.erp.Fail = func(int) error { return fault.New("vendor.login", "wrong password").Classed(fault.Auth).Unapplied() }
			return func() { r.erp.Fail = nil }
		},
	}
	for name, begin := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			end := begin(r)
			r.put(enginetest.Order{ID: "a"})
			r.pull()
			for range 6 * 60 {
				r.later(time.Minute)
			}
			if doc := r.document("a"); doc.State != ledger.RetryAt {
				t.Errorf("it is %s", doc.State)
			}
			if name == "the connection can't be opened" && len(r.states()) != 0 {
				t.Errorf("attempts were made: %v", r.states())
			}
			end()
			r.later(15 * time.Minute)
			r.want("a", ledger.Delivered, "")
		})
	}
}

// TestAVersionThatCannotRun delays its own documents and says why; others of the same
// work row go on.
func TestAVersionThatCannotRun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(enginetest.Order{ID: "a"})
	r.put(enginetest.Order{ID: "b"})
	r.pull()
	broken := fault.New("node.type_unknown", "there is no node type gone").At("spec.nodes[3]").Classed(fault.Config).Hinted("publish anew")
	r.plans = func(ledger.ID) error { return broken }
	r.push()
	r.want("a", ledger.RetryAt, "node.type_unknown")
	run, counts, err := r.store.Run(t.Context(), r.runs[0])
	r.must(err)
	if !counts.Settled() {
		t.Errorf("the run %d never ends: %v", run.ID, counts)
	}
	r.act("b", ledger.RetryDocument, func(repair *ledger.Repair) { repair.Version = 4 })
	r.plans = func(version ledger.ID) error {
		if version == 3 {
			return broken
		}
		return nil
	}
	r.push()
	r.want("b", ledger.Delivered, "")
	r.plans = nil
	r.later(15 * time.Minute)
	r.want("a", ledger.Delivered, "")
}

// TestCallsCarryTheTraceOfTheRun and look-ups are recorded beside them.
func TestCallsCarryTheTraceOfTheRun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(enginetest.Order{ID: "a"})
	r.erp.Lose = func(write int) bool { return write == 1 }
	r.pull()
	r.push()
	r.later(time.Minute)
	r.want("a", ledger.Delivered, "")
	if len(r.erp.Metas) != 2 {
		t.Fatalf("%d calls", len(r.erp.Metas))
	}
	for _, meta := range r.erp.Metas {
		if meta.TraceID != "trace-0" || meta.RunID == "" || meta.Attempt != 1 {
			t.Errorf("a call carries %+v", meta)
		}
	}
	probes := r.store.Probes()
	if len(probes) != 1 || len(probes[0].Rows) != 1 {
		t.Fatalf("look-ups are %+v", probes)
	}
	p := probes[0]
	if p.Call.Kind != ledger.ProbeCall || p.Call.TraceID != "trace-0" || p.Call.Operation != "bills" || p.Call.Connection != 5 || p.End.Code != "" || p.Call.ID != p.End.ID {
		t.Errorf("the look-up is %+v", p)
	}
	if row := p.Rows[0]; row.DeliveryKey != r.delivery("a", "a").DeliveryKey || row.Attempt != 1 || row.State != ledger.DeliveryDone {
		t.Errorf("its row is %+v", row)
	}
}

// TestPortsHaveNames: what leaves a source is counted at its port.
func TestPortsHaveNames(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(enginetest.Order{ID: "a"})
	r.pull()
	r.push()
	ports := r.store.Ports(r.runs[0])
	for _, key := range ports {
		if key.Slot == ledger.PortSlot("") {
			t.Errorf("node %d has traffic at a port without a name", key.NodeNo)
		}
	}
	if !slices.Contains(ports, ledger.CountKey{Run: r.runs[0], NodeNo: r.plan.Sources[0].NodeNo, Slot: ledger.PortSlot("out")}) {
		t.Errorf("ports are %v", ports)
	}
}
