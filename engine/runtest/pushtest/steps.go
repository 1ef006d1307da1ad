package pushtest

import (
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// stepScenarios are of deliveries that update what is there and that have steps to go.
func stepScenarios() []worldtest.Scenario {
	return []worldtest.Scenario{
		{Name: "a step that is done is kept with what is known of the write", Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1")).Work[0], "one")
			in := w.Send(work, "a", "t")
			w.Must(w.Answer(work, ledger.Resolution{
				DeliveryKey: in.DeliveryKey, Attempt: 1, State: ledger.DeliveryRetryAt, Step: "save", TargetID: "7", TargetNumber: "N7", Response: []byte(`{"Id":7}`), NextAt: w.Now,
			}))
			d := w.Load(work)[0].Deliveries[0]
			w.Same("waits for the next", []any{d.State, d.Step, d.TargetID, d.TargetNumber, string(d.Response)}, []any{ledger.DeliveryRetryAt, "save", "7", "N7", `{"Id":7}`})
			next := w.Intent(w.Doc("a"), "t", w.Delivery("a"))
			next.Step, next.Body = "save", nil
			_, err := w.Intend(work, next)
			w.Must(err)
			w.Must(w.Answer(work, ledger.Resolution{DeliveryKey: in.DeliveryKey, Attempt: 2, State: ledger.DeliveryRejected, Code: "vendor.no"}))
			d = w.Load(work)[0].Deliveries[0]
			w.Same("refused at it", []any{d.State, d.Step, string(d.Response), string(w.Delivery("a").Body)}, []any{ledger.DeliveryRejected, "save", `{"Id":7}`, `{"sent":1}`})
			next.Attempt = 3
			_, err = w.Intend(work, next)
			w.Must(err)
			w.Must(w.Answer(work, ledger.Resolution{DeliveryKey: in.DeliveryKey, Attempt: 3, State: ledger.DeliveryDone, Step: "audit"}))
			d = w.Load(work)[0].Deliveries[0]
			w.Same("done", []any{d.State, d.Step, d.TargetID, string(d.Response)}, []any{ledger.DeliveryDone, "audit", "7", `{"Id":7}`})
		}},
		{Name: "an update", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			work := w.ClaimDoc("a")
			o := w.Outcome(work)
			o.Deliveries, o.Documents = []ledger.Resolution{done(w.Send(work, "a", "t"))}, []ledger.Settled{w.Settled("a", ledger.Delivered)}
			_, err := w.Store.CommitOutcome(w.Context(), o)
			w.Must(err)
			first := w.Delivery("a")
			w.Same("a first write", []any{first.Updating, first.Step}, []any{false, ""})

			w.PullAs(ledger.Revise, rec("a", "2"))
			w.Now++
			work = w.ClaimDoc("a")
			in := w.Intent(w.Doc("a"), "t", first)
			in.Updating, in.TargetID = true, "other"
			_, err = w.Intend(work, in)
			w.Must(err)
			d := w.Load(work)[0].Deliveries[0]
			w.Same("under way", []any{d.Updating, d.TargetID, string(d.Body), string(d.Before)}, []any{true, "other", `{"sent":2}`, `{"sent":1}`})
			in.Attempt++
			_, err = w.Intend(work, in)
			w.Must(err)
			w.Same("once more", string(w.Load(work)[0].Deliveries[0].Before), `{"sent":1}`)
			w.Must(w.Answer(work, done(in)))
			d = w.Load(work)[0].Deliveries[0]
			w.Same("done", []any{d.State, d.Updating, string(d.Before)}, []any{ledger.DeliveryDone, true, ""})
		}},
	}
}
