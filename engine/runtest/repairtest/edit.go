package repairtest

import (
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

func edited() []byte { return []byte(`{"key":"a","is":"按人改过 😀"}`) }

// edit makes an edited payload the newest revision of document "a".
func edit(w *worldtest.World, body []byte) {
	w.Helper()
	r := order(w, "a", ledger.RetryDocument)
	r.Source = body
	carry(w, r)
	w.Body("a", body)
}

// editScenarios are about edited source payloads.
func editScenarios() []worldtest.Scenario {
	return []worldtest.Scenario{
		{Name: "what was delivered is walked again for its hand-over", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			settled := w.Settled("a", ledger.Delivered)
			settled.Attention, settled.Problem = ledger.WritebackFailing, &ledger.Problem{Code: "handover.flow_missing", Message: "gone", NodeID: "mark"}
			w.Conclude(w.ClaimDoc("a"), settled)
			version := w.Doc("a").Version
			r := order(w, "a", ledger.RetryDocument)
			r.Version = version + 1
			carry(w, r)
			doc := w.Doc("a")
			w.Same("document", []any{doc.ActiveRev, doc.DoneRev, doc.State, doc.Version}, []any{1, 1, ledger.Waiting, version})
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
			w.Walk("a", ledger.Delivered)
			doc = w.Doc("a")
			w.Same("handed over", []any{doc.State, doc.Attention, w.Problem("a") == nil}, []any{ledger.Delivered, ledger.Attention(0), true})
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "delivered": 1})
		}},
		{Name: "a new revision that a re-read does not undo", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryRejected, "vendor.no", ledger.Rejected)
			hash := w.Doc("a").SourceHash
			edit(w, edited())
			doc := w.Doc("a")
			w.Same("document", []any{doc.ActiveRev, doc.LatestRev, doc.State, doc.Attention, doc.SourceHash, doc.Number},
				[]any{2, 2, ledger.Waiting, ledger.Edited, hash, "No a"})
			revs := w.Revisions("a")
			w.Same("archived", []any{len(revs), revs[0].Rev, revs[0].State, revs[0].Base}, []any{1, 1, ledger.Replaced, 0})
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
			w.Same("read again", w.Pull(rec("a", "1")), ledger.PageResult{Unchanged: 1})
			tasks := w.Load(w.ClaimDoc("a"))
			w.Same("loaded", string(tasks[0].Body), string(edited()))
			w.Now = w.Now.Add(worldtest.Lease)
			deliver(w, "a", "t-a")
			w.Same("read again", w.Pull(rec("a", "1")), ledger.PageResult{Unchanged: 1})
			w.Body("a", edited())
			doc = w.Doc("a")
			w.Same("delivered", []any{doc.State, doc.DoneRev, doc.Attention}, []any{ledger.Delivered, 2, ledger.Edited})
			w.Counts(ledger.Counts{"pulled": 3, "unchanged": 2, "accepted": 1, "delivered": 1})
		}},
		{Name: "a newer source takes its place, marked", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryRejected, "vendor.no", ledger.Rejected)
			edit(w, edited())
			w.Walk("a", ledger.Rejected)
			w.Pull(rec("a", "2"))
			doc := w.Doc("a")
			w.Same("document", []any{doc.ActiveRev, doc.State, doc.Attention}, []any{3, ledger.Waiting, ledger.Overtaken})
			revs := w.Revisions("a")
			w.Same("revisions", []any{len(revs), revs[0].State, revs[1].State, revs[1].Base, revs[1].Actor, revs[1].Attention},
				[]any{2, ledger.Replaced, ledger.Superseded, 1, actor, ledger.Edited})
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 1, "superseded": 1})
			w.Walk("a", ledger.Delivered)
			w.Same("still marked", w.Doc("a").Attention, ledger.Overtaken)
		}},
		{Name: "a newer source behind an edit in flight", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryRejected, "vendor.no", ledger.Rejected)
			edit(w, edited())
			work := w.ClaimDoc("a")
			w.Pull(rec("a", "2"))
			w.Same("it waits", []int{w.Doc("a").ActiveRev, w.Doc("a").LatestRev}, []int{2, 3})
			w.Conclude(work, w.Settled("a", ledger.Rejected))
			w.Same("taken up", []any{w.Doc("a").ActiveRev, w.Doc("a").Attention}, []any{3, ledger.Overtaken})
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 1, "superseded": 1})
		}},
		{Name: "an edit of an edit", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryRejected, "vendor.no", ledger.Rejected)
			edit(w, edited())
			w.Walk("a", ledger.Rejected)
			r := order(w, "a", ledger.RetryDocument)
			r.Source, r.Actor = []byte(`{}`), "another"
			carry(w, r)
			w.Body("a", []byte(`{}`))
			revs := w.Revisions("a")
			w.Same("the first edit", []any{len(revs), revs[1].State, revs[1].Base, revs[1].Actor}, []any{2, ledger.Replaced, 1, actor})
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
		}},
		{Name: "is the decision about a lost answer", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryNeedsDecision, "delivery.unknown", ledger.NeedsDecision)
			edit(w, edited())
			w.Same("delivery", w.Delivery("a").State, ledger.DeliveryRejected)
			deliver(w, "a", "t-a")
			w.Same("delivery", []any{w.Delivery("a").State, w.Delivery("a").Rev}, []any{ledger.DeliveryDone, 2})
		}},
		{Name: "not while a newer one waits", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryNeedsDecision, "delivery.unknown", ledger.NeedsDecision)
			w.Pull(rec("a", "2"))
			r := order(w, "a", ledger.RetryDocument)
			r.Source = edited()
			refused(w, r, "document.newer_waits")
		}},
		{Name: "not while the answer is being found out", Run: func(w *worldtest.World) {
			ends(w, ledger.DeliveryUnknown, "delivery.unknown", ledger.RetryAt)
			r := order(w, "a", ledger.RetryDocument)
			r.Source = edited()
			refused(w, r, "delivery.uncertain")
		}},
	}
}
