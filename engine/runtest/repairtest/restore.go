package repairtest

import (
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// restoreScenarios are about what was delivered and is gone from the target.
func restoreScenarios() []worldtest.Scenario {
	return []worldtest.Scenario{
		{Name: "is written again under its key", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			deliver(w, "a", "t-a")
			w.Same("written", []any{w.Delivery("a").State, w.Delivery("a").TargetID}, []any{ledger.DeliveryDone, "id-t-a"})
			r := order(w, "a", ledger.RestoreDelivery)
			carry(w, r)
			d := w.Delivery("a")
			w.Same("gone", []any{d.State, d.Code, d.TargetID, d.Attempt, w.Doc("a").DoneRev}, []any{ledger.DeliveryRejected, ledger.CodeGone, "", 1, 0})
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
			refused(w, r, "document.changed")
			deliver(w, "a", "t-a")
			d = w.Delivery("a")
			w.Same("written again", []any{d.State, d.TargetID, d.Attempt}, []any{ledger.DeliveryDone, "id-t-a", 2})
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "delivered": 1})
		}},
		{Name: "only where it was delivered", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryRejected, "vendor.no", ledger.Rejected)
			refused(w, order(w, "a", ledger.RestoreDelivery), "document.not_delivered")
		}},
		{Name: "one of two people who order it at once", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			deliver(w, "a", "t-a")
			r := order(w, "a", ledger.RestoreDelivery)
			raced(w, r, r)
		}},
	}
}
