package push_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
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

// delivery gives the delivery of the document a under a target key.
func (r *rig) delivery(target string) ledger.Delivery {
	r.t.Helper()
	all, err := r.store.Deliveries(r.t.Context(), r.document("a").ID)
	r.must(err)
	for _, d := range all {
		if d.Key == target {
			return d
		}
	}
	r.t.Fatalf("there is no delivery %s: %+v", target, all)
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

// TestTheOrderOfEdgesMeansNothing: the next version lists the same two ways in another
// order. What was written on one of them is not taken for what failed on the other.
func TestTheOrderOfEdgesMeansNothing(t *testing.T) {
	t.Parallel()
	const copied, straight = "{from: check, to: copy}", "{from: check, to: bill}"
	edits := func(first, second string) []string {
		return []string{
			noKey, "operation: slips,",
			"    - {id: erp,", "    - {id: copy, type: map, settings: {fields: [{field: \"no\", value: \"X-{{no}}\"}]}}\n    - {id: erp,",
			straight, first + "\n    - {from: copy, to: erp}\n    - " + second,
		}
	}
	r := newRig(t, edits(copied, straight)...)
	r.put(enginetest.Order{ID: "a"})
	r.refuse("a", "wrong")
	r.pull()
	r.push()
	r.want("a", ledger.Rejected, "vendor.wrong")
	r.wantBills("X-a")
	r.erp.Refuse = nil
	r.plan = enginetest.Compile(t, strings.NewReplacer(edits(straight, copied)...).Replace(enginetest.Job))
	r.act("a", ledger.RetryDocument, nil)
	r.push()
	r.want("a", ledger.Delivered, "")
	r.wantBills("X-a", "a")
}

// TestAWayThatOpensLaterChangesNoKey: an order goes every way that fits it. Once it fits
// another one as well, only that one's bill is written: the record that went before it
// is known by its way, not by its place.
func TestAWayThatOpensLaterChangesNoKey(t *testing.T) {
	t.Parallel()
	r := newRig(t, "operation: orders,", "operation: orders, onSeen: revise,", noKey, "operation: slips, onRevised: ignore,",
		"    - {id: bill,", `    - {id: ways, type: ways, settings: {cases: [{port: noted, when: [[{field: note, logic: eq, value: yes}]]}, {port: any, when: [[{field: id, logic: notnull}]]}]}}
    - {id: copy, type: map, settings: {fields: [{field: "no", value: "X-{{no}}"}]}}
    - {id: bill,`,
		"{from: check, to: bill}", "{from: check, to: ways}\n    - {from: ways.noted, to: copy}\n    - {from: copy, to: erp}\n    - {from: ways.any, to: bill}")
	o := enginetest.Order{ID: "a"}
	r.put(o)
	r.pull()
	r.push()
	r.want("a", ledger.Delivered, "")
	r.wantBills("a")
	o.Note, o.Modified = "yes", r.now
	r.put(o)
	r.now = r.now.Add(time.Hour)
	r.pull()
	r.push()
	r.want("a", ledger.Delivered, "")
	r.wantBills("a", "X-a")
}

// TestABranchToAnotherTargetChangesNoKey: where two ways lead to targets of their own,
// there is nothing to tell apart, so a way that a flow gains leaves the keys as they were.
func TestABranchToAnotherTargetChangesNoKey(t *testing.T) {
	t.Parallel()
	r := newRig(t, "settings: {operation: bills, params", "settings: {operation: slips, params",
		"    - {id: bill,", "    - {id: copy, type: map, settings: {fields: [{field: \"no\", value: \"X-{{no}}\"}]}}\n"+
			"    - {id: other, type: target, connection: erp, settings: {operation: bills, key: \"{{no}}\", params: [{field: form, value: F2}]}}\n    - {id: bill,",
		"{from: check, to: bill}", "{from: check, to: copy}\n    - {from: copy, to: other}\n    - {from: check, to: bill}")
	r.put(enginetest.Order{ID: "a"})
	r.pull()
	r.push()
	r.want("a", ledger.Delivered, "")
	all, err := r.store.Deliveries(t.Context(), r.document("a").ID)
	r.must(err)
	var keys []string
	for _, d := range all {
		keys = append(keys, d.Key)
	}
	if slices.Sort(keys); !slices.Equal(keys, []string{"X-a", "a/0"}) {
		t.Errorf("the keys are %v", keys)
	}
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
	if d := r.delivery("n2"); d.State != ledger.DeliveryDone || string(d.Writeback) == "" {
		t.Errorf("the row whose answer was lost: %+v", d)
	}
	if d := r.delivery("n1"); d.State != ledger.DeliveryRejected || d.Attempt != 1 {
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
		if d := r.delivery("n2"); d.State != ledger.DeliveryDone || d.Rev != 1 || !strings.Contains(r.bill("n2"), `"amount":1`) {
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

// TestARowThatFailsForNowKeepsItsDelivery: the answer for a row is lost, and on the next
// walk it fails before the target for a reason that passes.
func TestARowThatFailsForNowKeepsItsDelivery(t *testing.T) {
	t.Parallel()
	for name, numbers := range map[string][]string{"alone": {"n1"}, "with another": {"n1", "n2"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := lines(t)
			whole := enginetest.Compile(t, strings.Replace(compiled(t), "{from: lines, to: check}", "{from: lines, to: bill}", 1))
			checked := enginetest.Compile(t, compiled(t, "class: data", "class: transient"))
			r.plan = whole
			r.erp.Silent = func(no string) bool { return no == "n1" }
			o := order("a", numbers...)
			o.Lines[0].Bad = true
			r.put(o)
			r.pull()
			r.push()
			r.want("a", ledger.RetryAt, "delivery.unknown")
			r.plan = checked
			r.later(time.Minute)
			r.want("a", ledger.RetryAt, "test.bad")
			if doc := r.document("a"); doc.Attention&ledger.Uncertain == 0 {
				t.Errorf("a newer revision may overtake it: %+v", doc)
			}
			r.plan = whole
			r.later(15 * time.Minute)
			r.want("a", ledger.Delivered, "")
			r.wantBills(numbers...)
		})
	}
}

// TestARowThatFailsForGoodIsTold: nothing finds out about it any more but a person.
func TestARowThatFailsForGoodIsTold(t *testing.T) {
	t.Parallel()
	r := lines(t)
	whole := enginetest.Compile(t, strings.Replace(compiled(t), "{from: lines, to: check}", "{from: lines, to: bill}", 1))
	checked := r.plan
	r.plan = whole
	r.erp.Silent = func(no string) bool { return no == "n1" }
	o := order("a", "n1", "n2")
	o.Lines[0].Bad = true
	r.put(o)
	r.pull()
	r.push()
	r.plan = checked
	r.later(time.Minute)
	r.want("a", ledger.NeedsDecision, "delivery.part_lost")
	if doc := r.document("a"); doc.Attention&ledger.Uncertain == 0 || doc.Work != 0 {
		t.Errorf("%+v", doc)
	}
}

// TestAVersionWithoutTheSource says so, whatever was written before.
func TestAVersionWithoutTheSource(t *testing.T) {
	t.Parallel()
	r := lines(t, "operation: orders,", "operation: orders, onSeen: revise,")
	r.put(order("a", "n1"))
	r.pull()
	r.push()
	o := order("a", "n2")
	o.Modified = r.now
	r.put(o)
	r.now = r.now.Add(time.Hour)
	r.pull()
	r.plan = enginetest.Compile(t, strings.NewReplacer("id: orders,", "id: other,", "to: orders}", "to: other}", "from: orders,", "from: other,").Replace(enginetest.Job))
	r.push()
	r.want("a", ledger.Rejected, "flow.source_gone")
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
	if d := r.delivery("a"); d.State != ledger.DeliveryDone || d.Writeback != nil {
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

// TestAWritebackIsKeptOnce: it is not evaluated again for a row that has one.
func TestAWritebackIsKeptOnce(t *testing.T) {
	t.Parallel()
	r := lines(t)
	r.erp.Silent = func(no string) bool { return no == "n2" }
	r.put(order("a", "n1", "n2"))
	r.pull()
	r.push()
	r.plan = enginetest.Compile(t, compiled(t, `{field: order, value: "{{id}}"}`, `{field: order, value: other}`))
	r.later(time.Minute)
	r.want("a", ledger.Delivered, "")
	if one, two := r.delivery("n1"), r.delivery("n2"); !strings.Contains(string(one.Writeback), `"order":"a"`) || !strings.Contains(string(two.Writeback), `"order":"other"`) {
		t.Errorf("kept: %s, %s", one.Writeback, two.Writeback)
	}
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
