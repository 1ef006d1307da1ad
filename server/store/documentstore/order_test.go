package documentstore_test

import (
	"errors"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/server/once"
)

// TestOrdersAreRemembered: the key of an order is there with what the order does, and not
// without it, for a week.
func TestOrdersAreRemembered(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		for _, key := range []string{"a", "b"} {
			r.Pull(worldtest.Rec(key, "1"))
			work := r.ClaimDoc(key)
			in := r.Send(work, key, "t-"+key)
			r.Must(r.Answer(work, ledger.Resolution{DeliveryKey: in.DeliveryKey, Attempt: 1, State: ledger.DeliveryNeedsDecision, Spent: 20, Code: "delivery.unknown"}))
			r.Conclude(work, r.Settled(key, ledger.NeedsDecision))
		}
		order := func(workspace ledger.ID, key string) once.Order {
			o, err := r.store.Order(r.Context(), workspace, key)
			if err != nil && !errors.Is(err, ledger.ErrNotFound) {
				r.Fatalf("%v", err)
			}
			return o
		}
		a, b := r.Doc("a"), r.Doc("b")
		refused := ledger.Repair{Workspace: r.Workspace, Document: a.ID, Action: ledger.RetryDocument, Seen: b.Sight(), Actor: "会计", Now: r.Now, OrderKey: "k", Asked: -5}
		refused.Seen.Rev = 99
		if _, err := r.store.Repair(r.Context(), refused); err == nil {
			r.Fatalf("a document that changed was repaired")
		}
		r.Same("of an order that was refused", order(r.Workspace, "k"), once.Order{})
		r.Now += 5000
		r.act("a", ledger.RetryDocument, func(repair *ledger.Repair) { repair.OrderKey, repair.Asked = "k", -5 })
		r.Same("of one that was not", order(r.Workspace, "k"), once.Order{Key: "k", Object: a.ID, Asked: -5})
		r.Same("its case counts", order(r.Workspace, "K"), once.Order{})
		r.Same("elsewhere", order(r.Workspace+1, "k"), once.Order{})
		d := r.Delivery("a")
		r.Same("the budget is new", []any{d.State, d.Spent, d.Since}, []any{ledger.DeliveryUnknown, 0, r.Now})
		r.Now += ledger.Millis(8 * 24 * 3600 * 1000)
		r.act("b", ledger.RetryDocument, func(repair *ledger.Repair) { repair.OrderKey = "l" })
		r.Same("after a week", order(r.Workspace, "k"), once.Order{})
		r.Same("the new one", order(r.Workspace, "l"), once.Order{Key: "l", Object: b.ID})
	})
}
