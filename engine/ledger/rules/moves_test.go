package rules_test

import (
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
)

// TestMoves pins every transition of a delivery.
func TestMoves(t *testing.T) {
	t.Parallel()
	const (
		none     = ledger.DeliveryState(0)
		pending  = ledger.DeliveryPending
		sending  = ledger.DeliverySending
		done     = ledger.DeliveryDone
		rejected = ledger.DeliveryRejected
		retry    = ledger.DeliveryRetryAt
		unknown  = ledger.DeliveryUnknown
		decide   = ledger.DeliveryNeedsDecision
	)
	want := map[ledger.DeliveryState][]ledger.DeliveryState{
		none:     {sending, decide},
		pending:  {sending, done, rejected, decide},
		sending:  {pending, sending, done, rejected, retry, unknown, decide},
		done:     {sending, decide},
		rejected: {pending, sending, decide},
		retry:    {sending, decide},
		unknown:  {pending, sending, done, rejected, retry, unknown, decide},
		decide:   {pending, sending, done, rejected, unknown},
	}
	for from := none - 1; from <= decide+1; from++ {
		var got []ledger.DeliveryState
		for to := none - 1; to <= decide+1; to++ {
			if rules.Moves(from, to) {
				got = append(got, to)
			}
		}
		check(t, "from "+from.String(), got, want[from])
	}
	for s := none; s <= decide; s++ {
		if s.Uncertain() != (s == sending || s == unknown) {
			t.Errorf("%s: uncertain is %t", s, s.Uncertain())
		}
		if s.Fixed() != (s == sending || s == unknown || s == pending) {
			t.Errorf("%s: fixed is %t", s, s.Fixed())
		}
	}
}
