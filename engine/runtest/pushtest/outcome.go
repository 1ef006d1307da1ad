package pushtest

import (
	"errors"
	"fmt"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// outcomeScenarios are about what becomes of documents.
func outcomeScenarios() []worldtest.Scenario {
	list := []worldtest.Scenario{
		{Name: "a row of mixed outcomes", Run: func(w *worldtest.World) {
			var docs []ledger.Incoming
			for i := range ledger.WorkSize {
				docs = append(docs, rec(fmt.Sprintf("k%03d", i), "1"))
			}
			work := w.Claim(w.Pull(docs...).Work[0], "one")
			states := []ledger.State{ledger.Delivered, ledger.Collected, ledger.Filtered, ledger.Rejected, ledger.RetryAt}
			var settled []ledger.Settled
			for i, doc := range w.Documents() {
				end := ledger.Settled{Document: doc.ID, Rev: 1, State: states[i%len(states)]}
				if end.State == ledger.RetryAt {
					end.RetryAt = w.Now
				}
				settled = append(settled, end)
			}
			result := w.Conclude(work, settled...)
			w.Same("work due at once", len(result.Work), 20)
			w.Same("due", len(w.Due()), 20)
			w.Counts(ledger.Counts{"pulled": 100, "accepted": 100, "delivered": 20, "collected": 20, "filtered": 20, "rejected": 20, "retry_at": 20})
		}},
		{Name: "a retry has its own work row", Run: func(w *worldtest.World) {
			page := w.Claim(w.Pull(rec("a", "1"), rec("b", "1")).Work[0], "one")
			retry := w.Settled("a", ledger.RetryAt)
			result := w.Conclude(page, retry, w.Settled("b", ledger.Delivered))
			w.Same("not due yet", []any{len(result.Work), w.Due()}, []any{0, []ledger.Work{}})
			id := w.Doc("a").Work
			w.Unclaimable("before it is due", id)
			w.Unclaimable("the page's row", page.ID)
			w.Now = retry.RetryAt
			w.Same("due", w.Due(), []ledger.Work{{
				ID: id, Workspace: w.Workspace, Kind: ledger.DocumentWork, Ref: w.Doc("a").ID, Run: w.Run.ID, Flow: w.Flow,
				Connection: w.Connection, Priority: 5, Due: retry.RetryAt, Attempts: 1,
			}})
			work := w.Claim(id, "two")
			w.Same("attempts go on", work.Attempts, 2)
			w.Same("documents", len(w.Load(work)), 1)
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "retry_at": 1, "delivered": 1})
			w.Conclude(work, w.Settled("a", ledger.Delivered))
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "delivered": 2})
			w.Same("problem", w.Problem("a") == nil, true)
		}},
		{Name: "a rejected document goes on where a branch of it does", Run: func(w *worldtest.World) {
			page := w.Claim(w.Pull(rec("a", "1"), rec("b", "1")).Work[0], "one")
			end := w.Settled("a", ledger.Rejected)
			end.RetryAt = w.Now.Add(worldtest.Lease)
			w.Conclude(page, end, w.Settled("b", ledger.Rejected))
			w.Same("work rows", []bool{w.Doc("a").Work != 0, w.Doc("b").Work != 0}, []bool{true, false})
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "rejected": 2})
			w.Unclaimable("before it is due", w.Doc("a").Work)
			w.Now = end.RetryAt
			work := w.ClaimDoc("a")
			w.Same("loaded", len(w.Load(work)), 1)
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "rejected": 2})
			w.Same("read anew while it is walked", w.PullAs(ledger.Revise, rec("a", "2")).Accepted, 1)
			w.Same("it queues", []any{w.Doc("a").ActiveRev, w.Doc("a").Work, w.Revision("a", 2)}, []any{1, work.ID, ledger.RetryAt})
			w.Counts(ledger.Counts{"pulled": 3, "accepted": 3, "rejected": 2, "retry_at": 1})
			w.Conclude(work, w.Settled("a", ledger.Delivered))
			w.Counts(ledger.Counts{"pulled": 3, "ignored": 1, "accepted": 2, "rejected": 1, "delivered": 1})
			w.Same("problem", w.Problem("a") == nil, true)
		}},
		{Name: "one that still waits is due again at once", Run: func(w *worldtest.World) {
			page := w.Claim(w.Pull(rec("a", "1")).Work[0], "one")
			result := w.Conclude(page, w.Settled("a", ledger.Waiting))
			w.Same("work", result.Work, []ledger.ID{w.Doc("a").Work})
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
			w.ClaimDoc("a")
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "claimed": 1})
		}},
		{Name: "problems are set, replaced and cleared", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			first := w.Settled("a", ledger.RetryAt)
			w.Conclude(w.ClaimDoc("a"), first)
			w.Same("set", w.Problem("a"), first.Problem)
			w.Now = first.RetryAt
			second := w.Settled("a", ledger.RetryAt)
			second.Problem = &ledger.Problem{Code: "other"}
			w.Conclude(w.ClaimDoc("a"), second)
			w.Same("replaced", w.Problem("a"), second.Problem)
			w.Now = second.RetryAt
			w.Walk("a", ledger.Collected)
			w.Same("cleared", w.Problem("a") == nil, true)
		}},
		{Name: "attention is replaced", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			end := w.Settled("a", ledger.RetryAt)
			end.Attention = ledger.Uncertain | ledger.Handled
			w.Conclude(w.ClaimDoc("a"), end)
			w.Same("marks", w.Doc("a").Attention, end.Attention)
			w.Now = end.RetryAt
			w.Walk("a", ledger.Delivered)
			w.Same("marks", w.Doc("a").Attention, ledger.Attention(0))
		}},
		{Name: "another revision than the active one is walked again", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			end := w.Settled("a", ledger.Delivered)
			end.Rev = 7
			result := w.Conclude(w.ClaimDoc("a"), end)
			doc := w.Doc("a")
			w.Same("due again", []any{doc.State, doc.DoneRev, result.Work}, []any{ledger.Waiting, 0, []ledger.ID{doc.Work}})
		}},
		{Name: "a document of another row is left alone", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"))
			w.Pull(rec("b", "1"))
			before := w.Doc("b")
			w.Conclude(w.ClaimDoc("a"), w.Settled("a", ledger.Delivered), w.Settled("b", ledger.Delivered))
			w.Same("document", w.Doc("b"), before)
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "delivered": 1, "waiting": 1})
		}},
	}
	for _, state := range []ledger.State{
		ledger.Delivered, ledger.Collected, ledger.Filtered, ledger.Rejected, ledger.RetryAt, ledger.Unmapped, ledger.NeedsDecision, ledger.Held,
	} {
		list = append(list, worldtest.Scenario{Name: "ends as " + state.String(), Run: func(w *worldtest.World) { endsAs(w, state) }})
	}
	return list
}

func endsAs(w *worldtest.World, state ledger.State) {
	w.Pull(rec("a", "1"))
	work := w.ClaimDoc("a")
	before := w.Doc("a")
	settled := w.Settled("a", state)
	w.Now++
	w.Conclude(work, settled)
	want := before
	want.State, want.Updated, want.Work = state, w.Now, 0
	if state == ledger.Delivered {
		want.DoneRev = 1
	}
	got := w.Doc("a")
	if state == ledger.RetryAt {
		want.Work = got.Work
		w.Same("a work row of its own", got.Work != work.ID, true)
	}
	w.Same("document", got, want)
	w.Same("problem", w.Problem("a"), settled.Problem)
	w.Unclaimable("the row it was walked by", work.ID)
	w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, ledger.SlotOf(state): 1})
}

// answerScenarios are about what becomes of deliveries.
func answerScenarios() []worldtest.Scenario {
	list := []worldtest.Scenario{
		{Name: "in the middle of a walk", Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1"), rec("b", "1")).Work[0], "one")
			in := w.Send(work, "a", "t")
			answer := done(in)
			o := w.Outcome(work)
			o.Deliveries = []ledger.Resolution{answer}
			o.Writebacks = []ledger.Writeback{{DeliveryKey: in.DeliveryKey, Attempt: 1, Stored: []byte(`{"id":"1"}`)}}
			o.Calls = []ledger.CallEnd{{ID: in.Call, Response: []byte(`[{"ok":true}]`)}}
			o.Ports = []ledger.PortCount{{Run: w.Run.ID, NodeNo: worldtest.NodeNo, Port: "done", N: 1}}
			w.Now++
			o.Now = w.Now
			result, err := w.Store.CommitOutcome(w.Context(), o)
			w.Must(err)
			w.Same("result", result, ledger.OutcomeResult{})
			d := w.Delivery("a")
			w.Same("delivery", []any{d.State, d.TargetID, d.TargetNumber, string(d.Response), string(d.Writeback), d.Updated},
				[]any{ledger.DeliveryDone, "id-t", "no-t", `{"ok":true}`, `{"id":"1"}`, w.Now})
			w.Must(w.Store.Renew(w.Context(), ledger.ClaimOf(work), w.Now.Add(worldtest.Lease)))
			w.Same("still covered", len(w.Load(work)), 2)
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "claimed": 2})
		}},
		{Name: "where no walk ends", Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1"), rec("b", "1")).Work[0], "one")
			o := w.Outcome(work)
			o.Documents = []ledger.Settled{w.Settled("a", ledger.Superseded), w.Settled("b", ledger.Collected)}
			result, err := w.Store.CommitOutcome(w.Context(), o)
			w.Must(err)
			var refused *ledger.MoveError
			w.Same("refused", []any{len(result.Refused), errors.As(errors.Join(result.Refused...), &refused)}, []any{1, true})
			w.Same("the move", *refused, ledger.MoveError{Document: w.Doc("a").ID, Rev: 1, Event: "settle", From: "claimed", To: "superseded"})
			w.Same("the documents", []any{w.Doc("a").State, w.Doc("a").Work != 0, w.Doc("b").State}, []any{ledger.Waiting, true, ledger.Collected})
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 1, "collected": 1})
		}},
		{Name: "a writeback that comes later", Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1")).Work[0], "one")
			in := w.Send(work, "a", "t")
			stored := func(attempt int, text string) []byte {
				o := w.Outcome(work)
				o.Writebacks = []ledger.Writeback{{DeliveryKey: in.DeliveryKey, Attempt: attempt, Stored: []byte(text)}}
				result, err := w.Store.CommitOutcome(w.Context(), o)
				w.Must(err)
				w.Same("result", result, ledger.OutcomeResult{})
				return w.Delivery("a").Writeback
			}
			w.Same("before it is done", stored(1, `{"early":1}`), []byte(nil))
			w.Must(w.Answer(work, done(in)))
			before := *w.Delivery("a")
			w.Same("of another attempt", stored(2, `{"other":1}`), []byte(nil))
			w.Same("kept", stored(1, `{"id":"1"}`), []byte(`{"id":"1"}`))
			before.Writeback = []byte(`{"id":"1"}`)
			w.Same("the rest is as it was", w.Delivery("a"), &before)
		}},
		{Name: "a look-up", Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1"), rec("b", "1")).Work[0], "one")
			a, b := w.Send(work, "a", "ta"), w.Send(work, "b", "tb")
			call, err := w.Store.NextIDs(w.Context(), 1)
			w.Must(err)
			o := w.Outcome(work)
			o.Deliveries = []ledger.Resolution{done(a), {DeliveryKey: b.DeliveryKey, Attempt: 1, State: ledger.DeliveryUnknown, Absent: 1}}
			o.Probes = []ledger.Probed{{
				Call: ledger.Call{ID: call, Workspace: w.Workspace, Connection: w.Connection, Operation: "save", Kind: ledger.ProbeCall, Rows: 2, Started: w.Now, TraceID: "trace"},
				End:  ledger.CallEnd{ID: call},
				Rows: []ledger.ProbedRow{
					{DeliveryKey: a.DeliveryKey, Attempt: 1, State: ledger.DeliveryDone},
					{DeliveryKey: b.DeliveryKey, Attempt: 1, State: ledger.DeliveryUnknown, Code: "delivery.unknown", Message: "不在", Args: map[string]string{"0": "t"}},
				},
			}}
			_, err = w.Store.CommitOutcome(w.Context(), o)
			w.Must(err)
			w.Same("deliveries", []ledger.DeliveryState{w.Delivery("a").State, w.Delivery("b").State}, []ledger.DeliveryState{ledger.DeliveryDone, ledger.DeliveryUnknown})
			w.Same("the call of the write stays", w.Delivery("b").Call, b.Call)
		}},
		{Name: "a late answer resolves the delivery and not the document", Run: func(w *worldtest.World) {
			late, in, work := overtaken(w)
			end := w.Settled("a", ledger.Delivered)
			before := w.Doc("a")
			o := w.Outcome(late)
			o.Deliveries, o.Documents = []ledger.Resolution{done(in)}, []ledger.Settled{end}
			_, err := w.Store.CommitOutcome(w.Context(), o)
			w.Fenced("the late outcome", err)
			w.Same("document", w.Doc("a"), before)
			w.Same("delivery", w.Delivery("a").State, ledger.DeliveryDone)
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "claimed": 1})
			w.Same("seen by the new claim", w.Load(work)[0].Deliveries[0].State, ledger.DeliveryDone)
			w.Conclude(work, end)
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "delivered": 1})
		}},
		{Name: "a late answer after the row is gone", Run: func(w *worldtest.World) {
			late, in, work := overtaken(w)
			unsure := w.Settled("a", ledger.RetryAt)
			unsure.Attention = ledger.Uncertain
			w.Conclude(work, unsure)
			w.Fenced("the late answer", w.Answer(late, done(in)))
			w.Same("delivery", w.Delivery("a").State, ledger.DeliveryDone)
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "retry_at": 1})
		}},
		{Name: "an answer of an older attempt is evidence only", Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1")).Work[0], "one")
			old := w.Send(work, "a", "t")
			w.Send(work, "a", "t")
			before := w.Delivery("a")
			o := w.Outcome(work)
			o.Deliveries = []ledger.Resolution{done(old)}
			result, err := w.Store.CommitOutcome(w.Context(), o)
			w.Must(err)
			w.Same("stale", result.Stale, []ledger.ID{old.Document})
			w.Same("delivery", w.Delivery("a"), before)
		}},
		{Name: "resolved by somebody else meanwhile", Run: func(w *worldtest.World) {
			id := w.Pull(rec("a", "1"), rec("b", "1")).Work[0]
			late := w.Claim(id, "one")
			a, b := w.Send(late, "a", "ta"), w.Send(late, "b", "tb")
			w.Now = w.Now.Add(worldtest.Lease)
			work := w.Claim(id, "two")
			w.Fenced("the late answer", w.Answer(late, done(a)))
			o := w.Outcome(work)
			o.Deliveries = []ledger.Resolution{
				{DeliveryKey: a.DeliveryKey, Attempt: 1, State: ledger.DeliveryRejected, Code: "vendor.no", FreeKey: true}, done(b),
			}
			o.Documents = []ledger.Settled{w.Settled("a", ledger.Rejected), w.Settled("b", ledger.Delivered)}
			result, err := w.Store.CommitOutcome(w.Context(), o)
			w.Must(err)
			doc := w.Doc("a")
			w.Same("stale", result, ledger.OutcomeResult{Stale: []ledger.ID{doc.ID}, Work: []ledger.ID{doc.Work}})
			w.Same("it waits", []any{doc.State, w.Problem("a") == nil, w.Delivery("a").State}, []any{ledger.Waiting, true, ledger.DeliveryDone})
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 1, "delivered": 1})
			w.Same("walked again", w.Load(w.ClaimDoc("a"))[0].Deliveries[0].State, ledger.DeliveryDone)
		}},
		{Name: "an outcome that does not exist is refused", Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1"), rec("b", "1")).Work[0], "one")
			a, b := w.Send(work, "a", "ta"), w.Send(work, "b", "tb")
			if err := w.Answer(work, done(a), ledger.Resolution{DeliveryKey: b.DeliveryKey, Attempt: 1, State: ledger.DeliveryPending}); err == nil {
				w.Fatalf("a delivery in state sending became pending")
			}
			w.Same("nothing recorded", []ledger.DeliveryState{w.Delivery("a").State, w.Delivery("b").State},
				[]ledger.DeliveryState{ledger.DeliverySending, ledger.DeliverySending})
		}},
	}
	for _, state := range []ledger.DeliveryState{ledger.DeliveryRejected, ledger.DeliveryRetryAt, ledger.DeliveryUnknown, ledger.DeliveryNeedsDecision} {
		list = append(list, worldtest.Scenario{Name: "ends as " + state.String(), Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1")).Work[0], "one")
			in := w.Send(work, "a", "t")
			w.Must(w.Answer(work, ledger.Resolution{
				DeliveryKey: in.DeliveryKey, Attempt: 1, State: state, Absent: 2, Spent: 3, Code: "vendor.no", Message: "库存不足", Args: map[string]string{"0": "库存"}, NextAt: w.Now + 9,
			}))
			d := w.Delivery("a")
			w.Same("delivery", []any{d.State, d.Absent, d.Spent, d.Code, d.Message, d.Args, d.NextAt, d.Attempt, string(d.Body)},
				[]any{state, 2, 3, "vendor.no", "库存不足", map[string]string{"0": "库存"}, w.Now + 9, 1, `{"sent":1}`})
			since := w.Now
			w.Now += 1000
			again := w.Send(work, "a", "t")
			d = w.Delivery("a")
			spent := 0
			if state == ledger.DeliveryRetryAt || state == ledger.DeliveryUnknown {
				spent = 3
			} else {
				since = w.Now
			}
			w.Same("sent again", []any{d.State, d.Attempt, d.Code, d.Message, d.Args, d.Absent, d.Spent, d.Since},
				[]any{ledger.DeliverySending, 2, "", "", map[string]string(nil), 0, spent, since})
			w.Must(w.Answer(work, done(again)))
		}})
	}
	return list
}
