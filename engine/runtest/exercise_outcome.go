package runtest

import (
	"fmt"

	"github.com/karezflow/karez/engine/ledger"
)

// outcomeScenarios are about what becomes of documents.
func outcomeScenarios() []scenario {
	list := []scenario{
		{"a row of mixed outcomes", func(w *world) {
			var docs []ledger.Incoming
			for i := range ledger.WorkSize {
				docs = append(docs, rec(fmt.Sprintf("k%03d", i), "1"))
			}
			work := w.claim(w.pull(docs...).Work[0], "one")
			states := []ledger.State{ledger.Delivered, ledger.Collected, ledger.Filtered, ledger.Rejected, ledger.RetryAt}
			var settled []ledger.Settled
			for i, doc := range allDocuments(w, w.store, w.stream.ID) {
				settled = append(settled, ledger.Settled{Document: doc.ID, Rev: 1, State: states[i%len(states)], RetryAt: w.now})
			}
			result := w.conclude(work, settled...)
			w.same("work due at once", len(result.Work), 20)
			w.same("due", len(w.due()), 20)
			w.counts(ledger.Counts{"pulled": 100, "accepted": 100, "delivered": 20, "collected": 20, "filtered": 20, "rejected": 20, "retry_at": 20})
		}},
		{"a retry has its own work row", func(w *world) {
			page := w.claim(w.pull(rec("a", "1"), rec("b", "1")).Work[0], "one")
			retry := w.settled("a", ledger.RetryAt)
			result := w.conclude(page, retry, w.settled("b", ledger.Delivered))
			w.same("not due yet", []any{len(result.Work), w.due()}, []any{0, []ledger.Work{}})
			id := w.doc("a").Work
			w.unclaimable("before it is due", id)
			w.unclaimable("the page's row", page.ID)
			w.now = retry.RetryAt
			w.same("due", w.due(), []ledger.Work{{
				ID: id, Workspace: w.workspace, Kind: ledger.DocumentWork, Ref: w.doc("a").ID, Run: w.run.ID, Flow: w.flow,
				Connection: w.connection, Priority: 5, Due: retry.RetryAt,
			}})
			work := w.claim(id, "two")
			w.same("documents", len(w.load(work)), 1)
			w.counts(ledger.Counts{"pulled": 2, "accepted": 2, "retry_at": 1, "delivered": 1})
			w.conclude(work, w.settled("a", ledger.Delivered))
			w.counts(ledger.Counts{"pulled": 2, "accepted": 2, "delivered": 2})
			w.same("problem", w.problem("a") == nil, true)
		}},
		{"one that still waits is due again at once", func(w *world) {
			page := w.claim(w.pull(rec("a", "1")).Work[0], "one")
			result := w.conclude(page, w.settled("a", ledger.Waiting))
			w.same("work", result.Work, []ledger.ID{w.doc("a").Work})
			w.counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
			w.claimDoc("a")
			w.counts(ledger.Counts{"pulled": 1, "accepted": 1, "claimed": 1})
		}},
		{"problems are set, replaced and cleared", func(w *world) {
			w.pull(rec("a", "1"))
			first := w.settled("a", ledger.RetryAt)
			w.conclude(w.claimDoc("a"), first)
			w.same("set", w.problem("a"), first.Problem)
			w.now = first.RetryAt
			second := w.settled("a", ledger.RetryAt)
			second.Problem = &ledger.Problem{Code: "other"}
			w.conclude(w.claimDoc("a"), second)
			w.same("replaced", w.problem("a"), second.Problem)
			w.now = second.RetryAt
			w.walk("a", ledger.Collected)
			w.same("cleared", w.problem("a") == nil, true)
		}},
		{"attention is replaced", func(w *world) {
			w.pull(rec("a", "1"))
			end := w.settled("a", ledger.RetryAt)
			end.Attention = ledger.Uncertain | ledger.Handled
			w.conclude(w.claimDoc("a"), end)
			w.same("marks", w.doc("a").Attention, end.Attention)
			w.now = end.RetryAt
			w.walk("a", ledger.Delivered)
			w.same("marks", w.doc("a").Attention, ledger.Attention(0))
		}},
		{"another revision than the active one is walked again", func(w *world) {
			w.pull(rec("a", "1"))
			end := w.settled("a", ledger.Delivered)
			end.Rev = 7
			result := w.conclude(w.claimDoc("a"), end)
			doc := w.doc("a")
			w.same("due again", []any{doc.State, doc.DoneRev, result.Work}, []any{ledger.Waiting, 0, []ledger.ID{doc.Work}})
		}},
		{"a document of another row is left alone", func(w *world) {
			w.pull(rec("a", "1"))
			w.pull(rec("b", "1"))
			before := w.doc("b")
			w.conclude(w.claimDoc("a"), w.settled("a", ledger.Delivered), w.settled("b", ledger.Delivered))
			w.same("document", w.doc("b"), before)
			w.counts(ledger.Counts{"pulled": 2, "accepted": 2, "delivered": 1, "waiting": 1})
		}},
	}
	for _, state := range []ledger.State{
		ledger.Delivered, ledger.Collected, ledger.Filtered, ledger.Rejected, ledger.RetryAt, ledger.Unmapped, ledger.NeedsDecision, ledger.Held,
	} {
		list = append(list, scenario{"ends as " + state.String(), func(w *world) { endsAs(w, state) }})
	}
	return list
}

func endsAs(w *world, state ledger.State) {
	w.pull(rec("a", "1"))
	work := w.claimDoc("a")
	before := w.doc("a")
	settled := w.settled("a", state)
	w.now++
	w.conclude(work, settled)
	want := before
	want.State, want.Updated, want.Work = state, w.now, 0
	if state == ledger.Delivered {
		want.DoneRev = 1
	}
	got := w.doc("a")
	if state == ledger.RetryAt {
		want.Work = got.Work
		w.same("a work row of its own", got.Work != work.ID, true)
	}
	w.same("document", got, want)
	w.same("problem", w.problem("a"), settled.Problem)
	w.unclaimable("the row it was walked by", work.ID)
	w.counts(ledger.Counts{"pulled": 1, "accepted": 1, ledger.SlotOf(state): 1})
}

// answerScenarios are about what becomes of deliveries.
func answerScenarios() []scenario {
	list := []scenario{
		{"in the middle of a walk", func(w *world) {
			work := w.claim(w.pull(rec("a", "1"), rec("b", "1")).Work[0], "one")
			in := w.send(work, "a", "t")
			answer := done(in)
			answer.Writeback = []byte(`{"id":"1"}`)
			o := w.outcome(work)
			o.Deliveries = []ledger.Resolution{answer}
			o.Calls = []ledger.CallEnd{{ID: in.Call, Response: []byte(`[{"ok":true}]`)}}
			o.Ports = []ledger.PortCount{{Run: w.run.ID, NodeNo: nodeNo, Port: "done", N: 1}}
			w.now++
			o.Now = w.now
			result, err := w.store.CommitOutcome(w.Context(), o)
			w.must(err)
			w.same("result", result, ledger.OutcomeResult{})
			d := w.delivery("a")
			w.same("delivery", []any{d.State, d.TargetID, d.TargetNumber, string(d.Response), string(d.Writeback), d.Updated},
				[]any{ledger.DeliveryDone, "id-t", "no-t", `{"ok":true}`, `{"id":"1"}`, w.now})
			w.must(w.store.Renew(w.Context(), ledger.ClaimOf(work), w.now.Add(lease)))
			w.same("still covered", len(w.load(work)), 2)
			w.counts(ledger.Counts{"pulled": 2, "accepted": 2, "claimed": 2})
		}},
		{"a late answer resolves the delivery and not the document", func(w *world) {
			id := w.pull(rec("a", "1")).Work[0]
			late := w.claim(id, "one")
			in := w.send(late, "a", "t")
			end := w.settled("a", ledger.Delivered)
			w.now = w.now.Add(lease)
			work := w.claim(id, "two")
			before := w.doc("a")
			o := w.outcome(late)
			o.Deliveries, o.Documents = []ledger.Resolution{done(in)}, []ledger.Settled{end}
			_, err := w.store.CommitOutcome(w.Context(), o)
			w.fenced("the late outcome", err)
			w.same("document", w.doc("a"), before)
			w.same("delivery", w.delivery("a").State, ledger.DeliveryDone)
			w.counts(ledger.Counts{"pulled": 1, "accepted": 1, "claimed": 1})
			w.same("seen by the new claim", w.load(work)[0].Deliveries[0].State, ledger.DeliveryDone)
			w.conclude(work, end)
			w.counts(ledger.Counts{"pulled": 1, "accepted": 1, "delivered": 1})
		}},
		{"a late answer after the row is gone", func(w *world) {
			id := w.pull(rec("a", "1")).Work[0]
			late := w.claim(id, "one")
			in := w.send(late, "a", "t")
			w.now = w.now.Add(lease)
			unsure := w.settled("a", ledger.RetryAt)
			unsure.Attention = ledger.Uncertain
			w.conclude(w.claim(id, "two"), unsure)
			w.fenced("the late answer", w.answer(late, done(in)))
			w.same("delivery", w.delivery("a").State, ledger.DeliveryDone)
			w.counts(ledger.Counts{"pulled": 1, "accepted": 1, "retry_at": 1})
		}},
		{"an answer of an older attempt is evidence only", func(w *world) {
			work := w.claim(w.pull(rec("a", "1")).Work[0], "one")
			old := w.send(work, "a", "t")
			w.send(work, "a", "t")
			before := w.delivery("a")
			o := w.outcome(work)
			o.Deliveries = []ledger.Resolution{done(old)}
			result, err := w.store.CommitOutcome(w.Context(), o)
			w.must(err)
			w.same("stale", result.Stale, []ledger.ID{old.Document})
			w.same("delivery", w.delivery("a"), before)
		}},
		{"resolved by somebody else meanwhile", func(w *world) {
			id := w.pull(rec("a", "1"), rec("b", "1")).Work[0]
			late := w.claim(id, "one")
			a, b := w.send(late, "a", "ta"), w.send(late, "b", "tb")
			w.now = w.now.Add(lease)
			work := w.claim(id, "two")
			w.fenced("the late answer", w.answer(late, done(a)))
			o := w.outcome(work)
			o.Deliveries = []ledger.Resolution{
				{DeliveryKey: a.DeliveryKey, Attempt: 1, State: ledger.DeliveryRejected, Code: "vendor.no", FreeKey: true}, done(b),
			}
			o.Documents = []ledger.Settled{w.settled("a", ledger.Rejected), w.settled("b", ledger.Delivered)}
			result, err := w.store.CommitOutcome(w.Context(), o)
			w.must(err)
			doc := w.doc("a")
			w.same("stale", result, ledger.OutcomeResult{Stale: []ledger.ID{doc.ID}, Work: []ledger.ID{doc.Work}})
			w.same("it waits", []any{doc.State, w.problem("a") == nil, w.delivery("a").State}, []any{ledger.Waiting, true, ledger.DeliveryDone})
			w.counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 1, "delivered": 1})
			w.same("walked again", w.load(w.claimDoc("a"))[0].Deliveries[0].State, ledger.DeliveryDone)
		}},
		{"an outcome that does not exist is refused", func(w *world) {
			work := w.claim(w.pull(rec("a", "1"), rec("b", "1")).Work[0], "one")
			a, b := w.send(work, "a", "ta"), w.send(work, "b", "tb")
			if err := w.answer(work, done(a), ledger.Resolution{DeliveryKey: b.DeliveryKey, Attempt: 1, State: ledger.DeliveryPending}); err == nil {
				w.Fatalf("a delivery in state sending became pending")
			}
			w.same("nothing recorded", []ledger.DeliveryState{w.delivery("a").State, w.delivery("b").State},
				[]ledger.DeliveryState{ledger.DeliverySending, ledger.DeliverySending})
		}},
	}
	for _, state := range []ledger.DeliveryState{ledger.DeliveryRejected, ledger.DeliveryRetryAt, ledger.DeliveryUnknown, ledger.DeliveryNeedsDecision} {
		list = append(list, scenario{"ends as " + state.String(), func(w *world) {
			work := w.claim(w.pull(rec("a", "1")).Work[0], "one")
			in := w.send(work, "a", "t")
			w.must(w.answer(work, ledger.Resolution{
				DeliveryKey: in.DeliveryKey, Attempt: 1, State: state, Absent: 2, Code: "vendor.no", Message: "库存不足", NextAt: w.now + 9,
			}))
			d := w.delivery("a")
			w.same("delivery", []any{d.State, d.Absent, d.Code, d.Message, d.NextAt, d.Attempt, string(d.Body)},
				[]any{state, 2, "vendor.no", "库存不足", w.now + 9, 1, `{"sent":1}`})
			again := w.send(work, "a", "t")
			d = w.delivery("a")
			w.same("sent again", []any{d.State, d.Attempt, d.Code, d.Message, d.Absent}, []any{ledger.DeliverySending, 2, "", "", 0})
			w.must(w.answer(work, done(again)))
		}})
	}
	return list
}
