package ledger_test

import (
	"testing"

	"github.com/karezflow/karez/engine/ledger"
)

func TestDeltas(t *testing.T) {
	t.Parallel()
	d := ledger.Deltas{}
	d.Add(2, ledger.SlotPulled, 3)
	d.Add(1, ledger.SlotPulled, 1)
	d.Add(1, ledger.SlotDropped, 0)
	d.AddAt(1, 4, ledger.PortSlot("done"), 2)
	d.AddAt(1, 3, ledger.PortSlot("done"), 2)
	d.Move(1, ledger.Waiting, ledger.Delivered)
	d.Move(1, ledger.Delivered, ledger.Delivered)
	check(t, "deltas", d, ledger.Deltas{
		{Run: 2, Slot: "pulled"}: 3, {Run: 1, Slot: "pulled"}: 1, {Run: 1, NodeNo: 4, Slot: "port:done"}: 2,
		{Run: 1, NodeNo: 3, Slot: "port:done"}: 2, {Run: 1, Slot: "waiting"}: -1, {Run: 1, Slot: "delivered"}: 1,
	})
	check(t, "order", d.Sorted(), []ledger.CountKey{
		{Run: 1, Slot: "delivered"},
		{Run: 1, Slot: "pulled"},
		{Run: 1, Slot: "waiting"},
		{Run: 1, NodeNo: 3, Slot: "port:done"},
		{Run: 1, NodeNo: 4, Slot: "port:done"},
		{Run: 2, Slot: "pulled"},
	})
	d.Move(1, ledger.Delivered, ledger.Waiting)
	d.Add(2, ledger.SlotPulled, -3)
	if len(d) != 3 {
		t.Errorf("what is undone stays: %v", d)
	}
}

func TestRunOutcome(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]ledger.RunState{"": ledger.RunDone, ledger.CodeCancelled: ledger.RunCancelled, "http.timeout": ledger.RunFailed} {
		if got := (ledger.Run{Code: code}).Outcome(); got != want {
			t.Errorf("%q: %s, want %s", code, got, want)
		}
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		counts            ledger.Counts
		sum               int
		balanced, settled bool
	}{
		"none": {ledger.Counts{}, 0, true, true},
		"all": {ledger.Counts{
			"pulled": 100, "dropped": 5, "unchanged": 6, "ignored": 11, "accepted": 78, "waiting": 1, "claimed": 2, "held": 3, "delivered": 4, "collected": 5,
			"filtered": 6, "rejected": 7, "retry_at": 8, "unmapped": 9, "needs_decision": 10, "superseded": 11, "skipped": 12,
		}, 78, true, false},
		"finished": {ledger.Counts{"pulled": 3, "accepted": 3, "delivered": 1, "retry_at": 1, "needs_decision": 1}, 3, true, true},
		"waiting":  {ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1}, 1, true, false},
		"claimed":  {ledger.Counts{"pulled": 1, "accepted": 1, "claimed": 1}, 1, true, false},
		"held":     {ledger.Counts{"pulled": 1, "accepted": 1, "held": 1}, 1, true, false},
		"lost":     {ledger.Counts{"pulled": 2, "accepted": 2, "delivered": 1}, 1, false, true},
		"invented": {ledger.Counts{"pulled": 1, "accepted": 2, "delivered": 2}, 2, false, true},
		"ports and dropped revisions are no states": {ledger.Counts{"pulled": 1, "accepted": 1, "delivered": 1, "port:done": 5, "dropped_": 1}, 1, true, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := tt.counts
			if c.Sum() != tt.sum || c.Balanced() != tt.balanced || c.Settled() != tt.settled {
				t.Errorf("sum %d, balanced %t, settled %t; want %d, %t, %t", c.Sum(), c.Balanced(), c.Settled(), tt.sum, tt.balanced, tt.settled)
			}
		})
	}
}
