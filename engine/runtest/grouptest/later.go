package grouptest

import (
	"github.com/karezflow/karez/engine/ledger"
)

// revise pulls newer revisions that are to be walked.
func (w *world) revise(docs ...ledger.Incoming) []ledger.ID {
	w.Helper()
	return w.PullAs(ledger.Revise, docs...).Work
}

// sent is a bill of two documents that was delivered, whose source takes revisions.
func (w *world) sent(late string) {
	w.Helper()
	w.settings(`{"headerGroup":["shop"],"bodyName":"l","late":"` + late + `","calculate":[{"field":"fee"}]}`)
	w.holdAll(w.Pull(rec("a", "S", "1", "1"), rec("b", "S", "2", "2")).Work[0], func(out *ledger.Settled) { out.OnSeen = ledger.Revise })
	w.end()
	w.sweep()
	w.walk(w.bill(ledger.Waiting), ledger.Delivered)
	w.states(ledger.Delivered, "a", "b")
}

func laterScenarios() map[string]func(*world) {
	return map[string]func(*world){
		"a newer revision takes the place of one in an open group": func(w *world) {
			w.hold(rec("a", "S", "1"), rec("b", "S", "2"))
			w.Same("queued", len(w.Pull(rec("a", "S", "5")).Work), 0)
			w.end()
			w.Same("let go", w.sweep(), 1)
			doc := w.Doc("a")
			w.Same("walks", []any{doc.State, doc.ActiveRev, w.Revision("a", 1), doc.Attention}, []any{ledger.Waiting, 2, ledger.Superseded, ledger.Attention(0)})
			w.states(ledger.Held, "b")
			w.check()
			w.Same("not yet", w.sweep(), 0)
			w.holdAll(doc.Work, nil)
			w.Same("closed", w.sweep(), 1)
			w.Same("bill", w.body(w.bill(ledger.Waiting)), `{"shop":"S","fee":7,"n":0,"l":[]}`)
		},
		"the last member leaves an open group": func(w *world) {
			w.hold(rec("a", "S", "1"))
			w.Pull(rec("a", "T", "5"))
			w.end()
			w.Same("let go", w.sweep(), 1)
			w.bill(ledger.Superseded)
			w.holdAll(w.Doc("a").Work, nil)
			w.sweep()
			w.Same("bill", w.body(w.bill(ledger.Waiting)), `{"shop":"T","fee":5,"n":0,"l":[]}`)
		},
		"a newer revision waits for the bill, and goes with its delivery": func(w *world) {
			bill := w.composed()
			w.Pull(rec("a", "S", "5"))
			w.states(ledger.Held, "a")
			w.walk(bill, ledger.Rejected)
			doc := w.Doc("a")
			w.Same("waits", []any{doc.State, doc.ActiveRev, doc.Queued()}, []any{ledger.Rejected, 1, true})
			w.Pull(rec("b", "S", "6"))
			w.check()
			w.Must(w.retry(w.bill(ledger.Rejected)))
			w.walk(w.bill(ledger.Waiting), ledger.Delivered)
			w.states(ledger.Delivered, "a", "b")
			w.Same("dropped", []any{w.Revision("a", 2), w.Revision("b", 2)}, []any{ledger.Dropped, ledger.Dropped})
		},
		"a newer revision is walked when the bill came to nothing": func(w *world) {
			bill := w.composed()
			w.Pull(rec("a", "S", "5"))
			w.walk(bill, ledger.Filtered)
			doc := w.Doc("a")
			w.Same("walks", []any{doc.State, doc.ActiveRev}, []any{ledger.Waiting, 2})
			w.holdAll(doc.Work, nil)
			w.Same("a bill of its own", w.sweep(), 1)
		},
		"late: a person decides": func(w *world) {
			w.sent("decide")
			w.holdAll(w.revise(rec("a", "S", "5"))[0], nil)
			w.states(ledger.NeedsDecision, "a")
			w.states(ledger.Delivered, "b")
			if p := w.Problem("a"); p.Code != "group.late" {
				w.Fatalf("problem %+v", p)
			}
			w.Same("bills", len(w.groupDocs(bills)), 1)
		},
		"late: a new bill": func(w *world) {
			w.sent("new")
			w.holdAll(w.revise(rec("a", "S", "5"))[0], nil)
			w.states(ledger.Held, "a")
			w.Same("closed", w.sweep(), 1)
			w.Same("bill", w.body(w.bill(ledger.Waiting)), `{"shop":"S","fee":5,"l":[]}`)
			w.walk(w.bill(ledger.Waiting), ledger.Delivered)
			w.states(ledger.Delivered, "a", "b")
		},
		"late: the bill anew": func(w *world) {
			w.sent("update")
			w.holdAll(w.revise(rec("a", "S", "5"))[0], func(out *ledger.Settled) { out.OnSeen = ledger.Revise })
			w.states(ledger.Held, "a")
			w.states(ledger.Delivered, "b")
			w.check()
			w.Same("composed", w.sweep(), 1)
			bill := w.bill(ledger.Waiting)
			w.Same("bill", []any{w.body(bill), bill.ActiveRev, bill.DoneRev}, []any{`{"shop":"S","fee":7,"l":[{"n":2}]}`, 2, 1})
			w.check()
			// While that is on its way another one comes.
			w.holdAll(w.revise(rec("b", "S", "6"))[0], nil)
			w.Same("not while it is on its way", w.sweep(), 0)
			w.walk(bill, ledger.NeedsDecision)
			w.states(ledger.NeedsDecision, "a", "b")
			w.Must(w.retry(w.bill(ledger.NeedsDecision)))
			w.walk(w.bill(ledger.Waiting), ledger.Delivered)
			w.Same("the other", w.sweep(), 1)
			w.Same("bill", w.body(w.bill(ledger.Waiting)), `{"shop":"S","fee":11,"l":[]}`)
			w.walk(w.bill(ledger.Waiting), ledger.Delivered)
			w.states(ledger.Delivered, "a", "b")
		},
		"late: another shop's bill is not made anew": func(w *world) {
			w.sent("update")
			w.holdAll(w.revise(rec("a", "T", "5"))[0], nil)
			w.states(ledger.NeedsDecision, "a")
		},
	}
}
