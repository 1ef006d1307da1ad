package grouptest

import (
	"fmt"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
)

// ejecting gives the wish to take a document out, its groups composed anew.
func (w *world) ejecting(key string, again bool) barrier.Ejecting {
	w.Helper()
	doc, groups, err := w.store.Grouped(w.Context(), w.Workspace, w.Doc(key).ID)
	w.Must(err)
	e := barrier.Ejecting{Workspace: w.Workspace, Document: doc.ID, Seen: doc.Sight(), Again: again, Actor: "amy", Note: "wrong shop", Now: w.Now}
	for _, g := range groups {
		r := barrier.Remade{Group: g.Head.Document, Seq: g.Head.Seq}
		if !g.Head.State.Collects() {
			r.Bill, err = w.closer.Without(w.Context(), g, doc.ID)
			w.Must(err)
		}
		e.Remade = append(e.Remade, r)
	}
	return e
}

func (w *world) eject(key string, again bool) error {
	w.Helper()
	_, err := w.store.Eject(w.Context(), w.ejecting(key, again))
	return err
}

func (w *world) refuses(code string, err error) {
	w.Helper()
	if fault.CodeOf(err) != code {
		w.Fatalf("%v, want %s", err, code)
	}
}

func ejectScenarios() map[string]func(*world) {
	return map[string]func(*world){
		"a member is taken out of a refused bill": func(w *world) {
			w.walk(w.composed(), ledger.Rejected)
			w.Must(w.eject("a", false))
			doc := w.Doc("a")
			w.Same("out", []any{doc.State, doc.Attention}, []any{ledger.Rejected, ledger.Attention(0)})
			if p := w.Problem("a"); p.Code != barrier.CodeEjected || p.Message != "taken out of its bill by amy: wrong shop" {
				w.Fatalf("problem %+v", p)
			}
			w.states(ledger.Held, "b")
			bill := w.bill(ledger.Waiting)
			w.Same("bill", []any{w.body(bill), bill.ActiveRev}, []any{`{"shop":"S","fee":2,"n":2,"l":[{"n":2}]}`, 2})
			w.check()
			w.walk(bill, ledger.Delivered)
			w.states(ledger.Delivered, "b")
			w.Must(w.retry(w.Doc("a")))
			w.holdAll(w.Doc("a").Work, nil)
			w.Same("a bill of its own", w.sweep(), 1)
			w.Same("bill", w.body(w.bill(ledger.Waiting)), `{"shop":"S","fee":1,"n":1,"l":[{"n":1}]}`)
		},
		"taken out to be walked again": func(w *world) {
			w.walk(w.composed(), ledger.Rejected)
			w.Must(w.eject("a", true))
			doc := w.Doc("a")
			w.Same("due", []any{doc.State, doc.Work != 0}, []any{ledger.RetryAt, true})
			w.holdAll(doc.Work, nil)
			w.states(ledger.Held, "a", "b")
		},
		"taken out of an open group": func(w *world) {
			w.hold(rec("a", "S", "1"), rec("b", "S", "2"))
			w.Must(w.eject("a", false))
			w.states(ledger.Rejected, "a")
			w.states(ledger.Held, "b")
			w.check()
			w.Must(w.eject("b", false))
			w.bill(ledger.Superseded)
			w.end()
			w.Same("nothing to close", w.sweep(), 0)
		},
		"the last one leaves no bill": func(w *world) {
			w.hold(rec("a", "S", "1"))
			w.end()
			w.sweep()
			work := w.Claim(w.bill(ledger.Waiting).Work, "worker")
			in := w.Intent(w.bill(ledger.Waiting), "no 1", nil)
			_, err := w.Intend(work, in)
			w.Must(err)
			o := w.Outcome(work)
			o.Deliveries = []ledger.Resolution{{DeliveryKey: in.DeliveryKey, Attempt: 1, State: ledger.DeliveryRejected, Code: "test.no"}}
			o.Documents = []ledger.Settled{w.concluded(w.bill(ledger.Waiting), ledger.Rejected)}
			_, err = w.Ended(o)
			w.Must(err)
			w.Must(w.eject("a", false))
			w.bill(ledger.Superseded)
			// The key is free for another bill.
			w.Run = w.OpenRun("manual", worldtest.Start+1)
			w.hold(rec("b", "S", "1"))
			w.end()
			w.sweep()
			next := w.bill(ledger.Waiting)
			result, err := w.Intend(w.Claim(next.Work, "worker"), w.Intent(next, "no 1", nil))
			w.Must(err)
			w.Same("taken", len(result.Taken), 0)
		},
		"a newer revision takes the place of the one taken out": func(w *world) {
			bill := w.composed()
			w.Pull(rec("a", "S", "5"))
			w.walk(bill, ledger.Rejected)
			w.Must(w.eject("a", false))
			doc := w.Doc("a")
			w.Same("walks", []any{doc.State, doc.ActiveRev}, []any{ledger.Waiting, 2})
		},
		"from what may be in the target nobody is taken": func(w *world) {
			bill := w.composed()
			e := w.ejecting("a", false)
			work := w.Claim(bill.Work, "worker")
			_, err := w.store.Eject(w.Context(), e)
			w.refuses("document.busy", err)
			in := w.Intent(bill, "no 1", nil)
			_, err = w.Intend(work, in)
			w.Must(err)
			o := w.Outcome(work)
			o.Documents = []ledger.Settled{w.concluded(bill, ledger.RetryAt)}
			_, err = w.Ended(o)
			w.Must(err)
			w.refuses("group.sent", w.eject("a", false))
			w.Now = w.Now.Add(2 * worldtest.Lease)
			w.refuses("group.sent", w.eject("a", false))
		},
		"who changed meanwhile is not taken out": func(w *world) {
			w.hold(rec("a", "S", "1"), rec("b", "S", "2"))
			e := w.ejecting("a", false)
			w.hold(rec("c", "S", "4"))
			_, err := w.store.Eject(w.Context(), e)
			w.Fenced("a group that changed", err)
			e = w.ejecting("a", false)
			w.end()
			w.sweep()
			_, err = w.store.Eject(w.Context(), e)
			w.Fenced("a group that closed", err)
			w.walk(w.bill(ledger.Waiting), ledger.Rejected)
			_, err = w.store.Eject(w.Context(), e)
			w.refuses("document.changed", err)
			e.Document = 1 << 40
			if _, err = w.store.Eject(w.Context(), e); err == nil || fault.CodeOf(err) != "" {
				w.Fatalf("no document: %v", err)
			}
		},
		"who is in no bill is not taken out": func(w *world) {
			w.walk(w.composed(), ledger.Delivered)
			w.refuses("group.no_member", w.eject("a", false))
		},
		"taken out of two bills": func(w *world) {
			w.settings(`{"headerGroup":["shop"],"bodyName":"l","bodyMaxLine":2,"calculate":[{"field":"fee"}]}`)
			w.hold(rec("a", "S", "0.1", "1"), rec("b", "S", "0.2", "2", "3"), rec("c", "S", "0.4", "4"))
			w.end()
			w.sweep()
			w.Must(w.eject("b", false))
			var got []string
			for _, d := range w.groupDocs(bills) {
				got = append(got, w.body(d))
			}
			w.Same("bills", fmt.Sprint(got), `[{"shop":"S","fee":0.1,"l":[{"n":1}]} {"shop":"S","fee":0.4,"l":[{"n":4}]}]`)
		},
	}
}
