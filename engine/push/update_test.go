package push_test

import (
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
)

// updating gives a rig whose source walks changed documents and whose target updates.
func updating(t *testing.T, more ...string) *rig {
	t.Helper()
	return newRig(t, append([]string{
		`settings: {operation: orders,`, `settings: {operation: orders, onSeen: revise,`,
		`operation: bills,`, `operation: bills, onRevised: update,`,
	}, more...)...)
}

// TestAChangeOfADeliveredOrderUpdatesItsBill, and its writeback is kept anew.
func TestAChangeOfADeliveredOrderUpdatesItsBill(t *testing.T) {
	t.Parallel()
	r := updating(t)
	r.put(enginetest.Order{ID: "a", Amount: "1.10"})
	r.put(enginetest.Order{ID: "b", Amount: "2.20"})
	r.pull()
	r.push()
	r.later(time.Hour)
	r.put(enginetest.Order{ID: "a", Amount: "9.90"})
	r.pull()
	r.push()
	r.want("a", ledger.Delivered, "")
	if want := `{"no":"a","amount":9.90,"id":"id-a"}`; r.bill("a") != want {
		t.Errorf("the bill is %s, want %s", r.bill("a"), want)
	}
	if d := r.delivery("a"); d.Rev != 2 || !d.Updating || d.Writeback == nil {
		t.Errorf("on record: %+v", d)
	}
	r.wantBills("a", "b")
	r.balance()
}

// TestABillThatIsAuditedIsNotUpdated: the document is rejected, and mended in the target
// and retried it is updated after all.
func TestABillThatIsAuditedIsNotUpdated(t *testing.T) {
	t.Parallel()
	r := updating(t)
	r.put(enginetest.Order{ID: "a", Amount: "1.10"})
	r.pull()
	r.push()
	r.erp.Status = map[string]string{"a": "audited"}
	r.later(time.Hour)
	r.put(enginetest.Order{ID: "a", Amount: "9.90"})
	r.pull()
	r.push()
	r.want("a", ledger.Rejected, "vendor.locked")
	r.erp.Status = nil
	r.act("a", ledger.RetryDocument, nil)
	r.push()
	r.want("a", ledger.Delivered, "")
	if want := `{"no":"a","amount":9.90,"id":"id-a"}`; r.bill("a") != want {
		t.Errorf("the bill is %s, want %s", r.bill("a"), want)
	}
	r.wantBills("a")
}

// TestStepsOfAFlow: a document whose audit is refused is rejected, and its retry audits alone.
func TestStepsOfAFlow(t *testing.T) {
	t.Parallel()
	r := newRig(t, `operation: bills,`, `operation: bills, lastStep: audit,`)
	r.erp.Action = func(action, no string) string {
		if action == "audit" && no == "a" {
			return "closed"
		}
		return ""
	}
	r.put(enginetest.Order{ID: "a"})
	r.put(enginetest.Order{ID: "b"})
	r.pull()
	r.push()
	r.want("a", ledger.Rejected, "vendor.closed")
	r.want("b", ledger.Delivered, "")
	if d := r.delivery("a"); d.Step != "submit" || d.TargetID != "id-a" {
		t.Errorf("on record: %+v", d)
	}
	r.erp.Action = nil
	writes := r.erp.Writes
	r.act("a", ledger.RetryDocument, nil)
	r.push()
	r.want("a", ledger.Delivered, "")
	if r.erp.Writes != writes+1 {
		t.Errorf("%d calls more", r.erp.Writes-writes)
	}
	if d := r.delivery("a"); d.Writeback == nil || len(d.Response) == 0 {
		t.Errorf("on record: %+v", d)
	}
	r.wantBills("a", "b")
	r.balance()
}

// TestAPersonsBodyForWhatStoppedAtAStep changes the bill that is there, and goes through
// the steps anew.
func TestAPersonsBodyForWhatStoppedAtAStep(t *testing.T) {
	t.Parallel()
	r := newRig(t, `operation: bills,`, `operation: bills, lastStep: audit,`)
	r.erp.Action = func(string, string) string { return "closed" }
	r.put(enginetest.Order{ID: "a", Amount: "1.10"})
	r.pull()
	r.push()
	r.want("a", ledger.Rejected, "vendor.closed")
	r.erp.Action = nil
	r.act("a", ledger.ResendDelivery, func(repair *ledger.Repair) { repair.Body = []byte(`{"no":"a","amount":7}`) })
	r.push()
	r.want("a", ledger.Delivered, "")
	if want := `{"no":"a","amount":7,"id":"id-a"}`; r.bill("a") != want {
		t.Errorf("the bill is %s, want %s", r.bill("a"), want)
	}
	r.wantBills("a")
}

// TestAFlowThatNoLongerMakesWhatStoppedAtAStep tells so: the target holds it.
func TestAFlowThatNoLongerMakesWhatStoppedAtAStep(t *testing.T) {
	t.Parallel()
	r := lines(t, `operation: bills,`, `operation: bills, lastStep: submit, onRevised: update,`, `settings: {operation: orders,`, `settings: {operation: orders, onSeen: revise,`)
	r.erp.Action = func(_, no string) string { return map[string]string{"a2": "closed"}[no] }
	r.put(order("a", "a1", "a2"))
	r.pull()
	r.push()
	r.want("a", ledger.Rejected, "vendor.closed")
	r.erp.Action = nil
	r.later(time.Hour)
	r.put(order("a", "a1"))
	r.pull()
	r.push()
	r.want("a", ledger.NeedsDecision, "delivery.part_gone")
}

// TestMissingBaseDataThatComes: a bill that was refused for the lack of a list's row is
// written as soon as a flow reads some from the same system.
func TestMissingBaseDataThatComes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.refuse("a", "missing")
	r.put(enginetest.Order{ID: "a"})
	r.pull()
	r.push()
	r.want("a", ledger.RetryAt, "vendor.missing")
	r.erp.Refuse = nil
	r.later(10 * time.Second)
	r.push()
	r.wantBills() // its own time is minutes away

	lists, shop := *r.plan.Sources[0], &enginetest.Shop{Now: r.now}
	lists.BaseData = "list"
	shop.Put(enginetest.Order{ID: "row", No: "row", Modified: r.now.Add(-time.Minute)})
	stream, err := r.store.OpenStream(t.Context(), 1, 9, "orders")
	r.must(err)
	run, _, err := r.store.OpenRun(t.Context(), ledger.Run{Workspace: 1, Flow: 9, Version: 9, Trigger: "lists"}, 1)
	r.must(err)
	r.must(r.puller.Run(t.Context(), pull.Job{
		Workspace: 1, Flow: stream.Flow, Run: run.ID, Version: 9, Connection: 5, Source: &lists, Session: shop, FlowID: "lists", RunID: "run",
	}))
	due, err := r.store.Due(t.Context(), ledger.At(r.now), 100)
	r.must(err)
	for _, w := range due {
		if w.Flow == 2 {
			_, err = r.worker.Handle(t.Context(), w.ID)
			r.must(err)
		}
	}
	r.want("a", ledger.Delivered, "")
	r.wantBills("a")
}
