package runtest_test

import (
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// TestMany: documents made many at a time are as single ones are, over the ends of work rows.
func TestMany(t *testing.T) {
	t.Parallel()
	w := worldtest.New(t, runtest.NewStore())
	keys := make([]string, 2*ledger.WorkSize+1)
	for i := range keys {
		keys[i] = string(rune('一' + i))
	}
	unsure := keys[ledger.WorkSize]
	w.Many(keys, func(key string) worldtest.Fate {
		if key == unsure {
			return worldtest.Fate{Delivery: ledger.DeliveryNeedsDecision, State: ledger.NeedsDecision, Code: "delivery.unknown"}
		}
		return worldtest.Fate{Delivery: ledger.DeliveryRejected, State: ledger.Rejected, Code: "vendor.no"}
	})
	n := len(keys)
	w.Counts(ledger.Counts{ledger.SlotPulled: n, ledger.SlotAccepted: n, ledger.SlotOf(ledger.Rejected): n - 1, ledger.SlotOf(ledger.NeedsDecision): 1})
	for key, code := range map[string]string{keys[0]: "vendor.no", unsure: "delivery.unknown", keys[n-1]: "vendor.no"} {
		sent := w.Delivery(key)
		w.Same(key, []any{sent.Key, sent.Code, sent.Attempt}, []any{"t-" + key, code, 1})
	}
}
