package repairtest

import (
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// resendScenarios are about bodies that are sent again as they are.
func resendScenarios() []worldtest.Scenario {
	return []worldtest.Scenario{
		{Name: "the stored body", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryRejected, "vendor.no", ledger.Rejected)
			carry(w, order(w, "a", ledger.ResendDelivery))
			d := w.Delivery("a")
			w.Same("ordered", []any{d.State, d.Code, d.Message, d.Args, d.Absent, d.Attempt}, []any{ledger.DeliveryPending, "", "", map[string]string(nil), 0, 1})
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
			work := w.ClaimDoc("a")
			w.Same("loaded", string(w.Load(work)[0].Deliveries[0].Body), `{"sent":1}`)
			in := w.Intent(w.Doc("a"), "t-a", w.Delivery("a"))
			in.Body = nil
			_, err := w.Intend(work, in)
			w.Must(err)
			w.Must(w.Answer(work, worldtest.Done(in)))
			w.Conclude(work, w.Settled("a", ledger.Delivered))
			d = w.Delivery("a")
			w.Same("done", []any{d.State, d.Attempt, string(d.Body)}, []any{ledger.DeliveryDone, 2, `{"sent":1}`})
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "delivered": 1})
		}},
		{Name: "an edited body", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryNeedsDecision, "delivery.conflict", ledger.NeedsDecision)
			r := order(w, "a", ledger.ResendDelivery)
			r.Body = []byte(`{"sent":"改"}`)
			carry(w, r)
			w.Same("kept", history(w, "a"), []string{`{"sent":1}`})
			w.Same("stored", string(w.Delivery("a").Body), `{"sent":"改"}`)
			work := w.ClaimDoc("a")
			d := w.Load(work)[0].Deliveries[0]
			w.Same("loaded", []any{d.State, string(d.Body)}, []any{ledger.DeliveryPending, `{"sent":"改"}`})
			in := w.Intent(w.Doc("a"), "t-a", &d)
			in.Body = nil
			_, err := w.Intend(work, in)
			w.Must(err)
			w.Same("sent", string(w.Delivery("a").Body), `{"sent":"改"}`)
			w.Body("a", rec("a", "1").Body)
		}},
		{Name: "an answer that comes late settles it", Run: func(w *worldtest.World) {
			in := ends(w, ledger.DeliveryNeedsDecision, "delivery.unknown", ledger.NeedsDecision)
			carry(w, order(w, "a", ledger.ResendDelivery))
			work := w.ClaimDoc("a")
			w.Must(w.Answer(work, worldtest.Done(in)))
			w.Same("delivery", []any{w.Delivery("a").State, w.Delivery("a").TargetID}, []any{ledger.DeliveryDone, "id-t-a"})
			rows := []ledger.Intent{w.Intent(w.Doc("a"), "t-a", w.Delivery("a"))}
			_, err := w.Intend(work, rows...)
			w.Fenced("a second write", err)
		}},
		{Name: "only by a decision while the answer is being found out", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryUnknown, "delivery.unknown", ledger.RetryAt)
			r := order(w, "a", ledger.ResendDelivery)
			refused(w, r, "delivery.uncertain")
			r.Decided = true
			carry(w, r)
			w.Same("delivery", w.Delivery("a").State, ledger.DeliveryPending)
		}},
		{Name: "a retry takes the order back", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryRejected, "vendor.no", ledger.Rejected)
			carry(w, order(w, "a", ledger.ResendDelivery))
			w.Walk("a", ledger.Rejected)
			retried(w, "a")
			w.Same("delivery", w.Delivery("a").State, ledger.DeliveryRejected)
		}},
		{Name: "not what is done, gone or not there", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryDone, "", ledger.NeedsDecision)
			r := order(w, "a", ledger.ResendDelivery)
			refused(w, r, "delivery.not_resendable")
			r.Delivery.Part = 3
			refused(w, r, "delivery.missing")
		}},
		{Name: "of two people one wins", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryRejected, "vendor.no", ledger.Rejected)
			w.Now++
			one, two := order(w, "a", ledger.ResendDelivery), order(w, "a", ledger.ResendDelivery)
			one.Body, two.Body = []byte(`{"by":1}`), []byte(`{"by":2}`)
			raced(w, one, two)
			w.Same("kept once", history(w, "a"), []string{`{"sent":1}`})
		}},
	}
}
