package push_test

import (
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// act lets a person act on a document as it is.
func (r *rig) act(key string, action ledger.Action, edit func(*ledger.Repair)) {
	r.t.Helper()
	doc := r.document(key)
	repair := ledger.Repair{Workspace: 1, Document: doc.ID, Action: action, Seen: doc.Sight(), Actor: "会计", Now: ledger.At(r.now)}
	if deliveries, err := r.store.Deliveries(r.t.Context(), doc.ID); err == nil && len(deliveries) > 0 {
		repair.Delivery = deliveries[0].DeliveryKey
	}
	if edit != nil {
		edit(&repair)
	}
	_, err := r.store.Repair(r.t.Context(), repair)
	r.must(err)
}

func (r *rig) bill(no string) string {
	bills, _ := r.erp.Bills()
	return string(bills[no])
}

// refuse makes the target refuse a number as often as it is told.
func (r *rig) refuse(no string, code string) {
	r.erp.Refuse = func(given string) string {
		if given == no {
			return code
		}
		return ""
	}
}

func TestRetryAfterTheTargetWasMended(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.refuse("a", "wrong")
	r.put(enginetest.Order{ID: "a"})
	r.put(enginetest.Order{ID: "b"})
	r.pull()
	r.push()
	r.want("a", ledger.Rejected, "vendor.wrong")
	r.erp.Refuse = nil
	r.act("a", ledger.RetryDocument, nil)
	r.push()
	r.want("a", ledger.Delivered, "")
	if _, order := r.erp.Bills(); len(order) != 2 {
		t.Errorf("the target holds %v", order)
	}
}

// TestTheOwnerIsSkipped: two orders with one number. The first was never written,
// and once it is let go the second takes its key.
func TestTheOwnerIsSkipped(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.erp.Put("same", `{"no":"same","amount":77}`) // somebody else's
	r.put(enginetest.Order{ID: "a", No: "same", Amount: "1"})
	r.put(enginetest.Order{ID: "b", No: "same", Amount: "2"})
	r.pull()
	r.push()
	r.want("a", ledger.NeedsDecision, "delivery.duplicate")
	r.want("b", ledger.NeedsDecision, ledger.CodeKeyTaken)
	bills, _ := r.erp.Bills()
	delete(bills, "same")
	r.act("b", ledger.RetryDocument, nil)
	r.push()
	r.want("b", ledger.NeedsDecision, ledger.CodeKeyTaken)
	r.act("a", ledger.SkipDocument, nil)
	r.act("b", ledger.RetryDocument, nil)
	r.push()
	r.want("a", ledger.Skipped, ledger.CodeSkipped)
	r.want("b", ledger.Delivered, "")
	if !strings.Contains(r.bill("same"), `"amount":2`) {
		t.Errorf("the bill is %s", r.bill("same"))
	}
}

// TestAnEditSurvivesAReRead: the edited payload is written, and reading the source again changes nothing.
func TestAnEditSurvivesAReRead(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put(enginetest.Order{ID: "a", Bad: true, Amount: "1"})
	r.pull()
	r.push()
	r.want("a", ledger.Rejected, "test.bad")
	r.act("a", ledger.RetryDocument, func(repair *ledger.Repair) {
		repair.Source = []byte(`{"id":"a","no":"a","state":"ok","amount":12345678901234567.89,"note":"改"}`)
	})
	r.pull()
	r.push()
	r.now = r.now.Add(2 * time.Minute)
	r.pull()
	r.push()
	r.want("a", ledger.Delivered, "")
	if got := r.bill("a"); got != `{"no":"a","amount":12345678901234567.89,"note":"改"}` {
		t.Errorf("the bill is %s", got)
	}
}

func TestAnEditedBodyIsSentAsItIs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.refuse("a", "wrong")
	r.put(enginetest.Order{ID: "a", Amount: "1"})
	r.pull()
	r.push()
	r.erp.Refuse = nil
	const body = `{"no":"a","amount":8,"note":"by hand"}`
	r.act("a", ledger.ResendDelivery, func(repair *ledger.Repair) { repair.Body = []byte(body) })
	r.push()
	r.want("a", ledger.Delivered, "")
	if r.bill("a") != body {
		t.Errorf("the bill is %s", r.bill("a"))
	}
	deliveries, err := r.store.Deliveries(t.Context(), r.document("a").ID)
	r.must(err)
	if d := deliveries[0]; d.Attempt != 2 || d.State != ledger.DeliveryDone || string(d.Body) != body {
		t.Errorf("%+v", d)
	}
}

// TestAnEditedKeyIsRefused: under another key the next walk would write a second bill.
func TestAnEditedKeyIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.refuse("a", "wrong")
	r.put(enginetest.Order{ID: "a", Amount: "1"})
	r.pull()
	r.push()
	r.erp.Refuse = nil
	r.act("a", ledger.ResendDelivery, func(repair *ledger.Repair) { repair.Body = []byte(`{"no":"other","amount":1}`) })
	r.push()
	r.want("a", ledger.Rejected, "delivery.key_edited")
	if _, order := r.erp.Bills(); len(order) != 0 {
		t.Errorf("the target holds %v", order)
	}
	r.act("a", ledger.RetryDocument, nil)
	r.push()
	r.want("a", ledger.Delivered, "")
}

// TestARetryAsksBeforeItSends: nobody knows whether the bill arrived. A retry finds
// it instead of writing a second one.
func TestARetryAsksBeforeItSends(t *testing.T) {
	t.Parallel()
	for _, arrived := range []bool{true, false} {
		r := newRig(t)
		r.erp.Lose = func(write int) bool { return write == 1 && arrived }
		r.erp.Fail = func(write int) error {
			if write == 1 && !arrived {
				return fault.New("http.cut", "cut").Classed(fault.Transient)
			}
			return nil
		}
		r.put(enginetest.Order{ID: "a", Amount: "1"})
		r.pull()
		r.push()
		r.want("a", ledger.RetryAt, "delivery.unknown")
		r.act("a", ledger.RetryDocument, nil)
		for range 3 {
			r.now = r.now.Add(time.Minute)
			r.push()
		}
		r.want("a", ledger.Delivered, "")
		if _, order := r.erp.Bills(); len(order) != 1 {
			t.Errorf("the target holds %v", order)
		}
	}
}

// TestAnotherVersionMakesAnotherKey: while the outcome of the first is unknown,
// nothing is written under the second.
func TestAnotherVersionMakesAnotherKey(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.erp.Lose = func(write int) bool { return write == 1 }
	r.put(enginetest.Order{ID: "a", Amount: "1"})
	r.pull()
	r.push()
	first := r.plan
	r.plan = enginetest.Compile(t, strings.Replace(enginetest.Job, `{field: "no", value: "{{no}}"}`, `{field: "no", value: "X-{{no}}"}`, 1))
	r.act("a", ledger.RetryDocument, nil)
	r.now = r.now.Add(time.Minute)
	r.push()
	r.want("a", ledger.NeedsDecision, "delivery.part_lost")
	if _, order := r.erp.Bills(); len(order) != 1 {
		t.Errorf("the target holds %v", order)
	}
	r.plan = first
	r.act("a", ledger.RetryDocument, nil)
	r.push()
	r.want("a", ledger.Delivered, "")
	if _, order := r.erp.Bills(); len(order) != 1 {
		t.Errorf("the target holds %v", order)
	}
}
