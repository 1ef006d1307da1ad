package pushtest

import (
	"fmt"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

func intentScenarios() []worldtest.Scenario {
	return []worldtest.Scenario{
		{Name: "recorded before it is sent", Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1")).Work[0], "one")
			in := w.Send(work, "a", "t")
			want := ledger.Delivery{
				DeliveryKey: in.DeliveryKey, Rev: 1, Version: w.Version, Connection: w.Connection, Resource: "bill", Key: "t",
				State: ledger.DeliverySending, Attempt: 1, Call: in.Call, Since: w.Now, Updated: w.Now, Body: in.Body,
			}
			w.Same("delivery", w.Delivery("a"), &want)
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "claimed": 1})
		}},
		{Name: "attempts follow each other", Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1"), rec("b", "1")).Work[0], "one")
			doc := w.Doc("a")
			for _, attempt := range []int{0, 2, 3} {
				in := w.Intent(doc, "t", nil)
				in.Attempt = attempt
				_, err := w.Intend(work, w.Intent(w.Doc("b"), "u", nil), in)
				w.Fenced(fmt.Sprintf("attempt %d first", attempt), err)
				w.Same("nothing recorded", []bool{w.Delivery("a") == nil, w.Delivery("b") == nil}, []bool{true, true})
			}
			w.Send(work, "a", "t")
			_, err := w.Intend(work, w.Intent(w.Doc("b"), "u", nil), w.Intent(doc, "t", nil))
			w.Fenced("attempt 1 again", err)
			w.Same("b", w.Delivery("b") == nil, true)
			w.Send(work, "b", "u") // the refused commit took no key
			w.Send(work, "a", "t")
			w.Same("attempt", w.Delivery("a").Attempt, 2)
		}},
		{Name: "the stored body is kept", Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1")).Work[0], "one")
			first := w.Send(work, "a", "t")
			again := w.Intent(w.Doc("a"), "t", w.Delivery("a"))
			again.Body = nil
			_, err := w.Intend(work, again)
			w.Must(err)
			w.Same("body", w.Delivery("a").Body, first.Body)
			other := w.Intent(w.Doc("a"), "t", w.Delivery("a"))
			other.Body = []byte(`{"mapped":"again"}`)
			_, err = w.Intend(work, other)
			w.Must(err)
			w.Same("body", w.Delivery("a").Body, other.Body)
		}},
		{Name: "a delivery that became done is not sent again", Run: func(w *worldtest.World) {
			late, in, work := overtaken(w)
			seen := w.Delivery("a")
			w.Fenced("the late answer's documents", w.Answer(late, done(in)))
			_, err := w.Intend(work, w.Intent(w.Doc("a"), "t", seen))
			w.Fenced("resending a done delivery", err)
			w.Same("delivery", []any{w.Delivery("a").State, w.Delivery("a").Attempt}, []any{ledger.DeliveryDone, 1})
		}},
		{Name: "a new revision keeps the old row as history", Run: history},
		{Name: "many rows in one commit", Run: func(w *worldtest.World) {
			docs := make([]ledger.Incoming, ledger.WorkSize)
			for i := range docs {
				docs[i] = rec(fmt.Sprintf("k%03d", i), "1")
			}
			work := w.Claim(w.Pull(docs...).Work[0], "one")
			var rows []ledger.Intent
			for _, doc := range w.Documents() {
				for part := range 3 {
					in := w.Intent(doc, fmt.Sprintf("%s/%d", doc.Key, part), nil)
					in.Part, in.Body = part, []byte(in.Key)
					rows = append(rows, in)
				}
			}
			_, err := w.Intend(work, rows...)
			w.Must(err)
			for _, task := range w.Load(work) {
				w.Same("parts", len(task.Deliveries), 3)
				for part, d := range task.Deliveries {
					w.Same("part", []any{d.Part, string(d.Body)}, []any{part, fmt.Sprintf("%s/%d", task.Document.Key, part)})
				}
			}
		}},
		{Name: "two rows of a commit with one key", Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1"), rec("b", "1"), rec("c", "1")).Work[0], "one")
			a, b, c := w.Intent(w.Doc("a"), "t", nil), w.Intent(w.Doc("b"), "t", nil), w.Intent(w.Doc("c"), "u", nil)
			result, err := w.Intend(work, b, a, c)
			w.Must(err)
			w.Same("taken", result.Taken, map[int]ledger.DeliveryKey{1: b.DeliveryKey})
			w.Same("the first has it", w.Delivery("b").State, ledger.DeliverySending)
			w.Same("the second waits", []any{w.Delivery("a").State, w.Delivery("a").Code, w.Delivery("a").Attempt},
				[]any{ledger.DeliveryNeedsDecision, ledger.CodeKeyTaken, 1})
			w.Same("its neighbour is sent", w.Delivery("c").State, ledger.DeliverySending)
		}},
		{Name: "two parts of a document with one key", Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1")).Work[0], "one")
			first, second := w.Intent(w.Doc("a"), "t", nil), w.Intent(w.Doc("a"), "t", nil)
			second.Part = 1
			result, err := w.Intend(work, first, second)
			w.Must(err)
			w.Same("taken", result.Taken, map[int]ledger.DeliveryKey{1: first.DeliveryKey})
		}},
		{Name: "another document's key", Run: func(w *worldtest.World) {
			first, second := w.Claim(w.Pull(rec("a", "1")).Work[0], "one"), w.Claim(w.Pull(rec("b", "1")).Work[0], "two")
			in := w.Send(first, "a", "t")
			taken(w, second, "b", in.DeliveryKey)
			w.Must(w.Answer(first, done(in)))
			taken(w, second, "b", in.DeliveryKey)
			w.Same("attempt", w.Delivery("b").Attempt, 2)
			w.Send(second, "b", "t2")
		}},
		{Name: "its own key again", Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1")).Work[0], "one")
			w.Send(work, "a", "t")
			w.Send(work, "a", "t")
		}},
		{Name: "a freed key", Run: func(w *worldtest.World) {
			first, second := w.Claim(w.Pull(rec("a", "1")).Work[0], "one"), w.Claim(w.Pull(rec("b", "1")).Work[0], "two")
			in := w.Send(first, "a", "t")
			answer := ledger.Resolution{DeliveryKey: in.DeliveryKey, Attempt: 1, State: ledger.DeliveryRejected, Code: "vendor.no"}
			w.Must(w.Answer(first, answer))
			taken(w, second, "b", in.DeliveryKey)
			answer.Attempt, answer.FreeKey = w.Send(first, "a", "t").Attempt, true
			w.Must(w.Answer(first, answer))
			w.Send(second, "b", "t")
			taken(w, first, "a", w.Delivery("b").DeliveryKey)
		}},
		{Name: "evidence frees no key", Run: func(w *worldtest.World) {
			first, second := w.Claim(w.Pull(rec("a", "1")).Work[0], "one"), w.Claim(w.Pull(rec("b", "1")).Work[0], "two")
			in := w.Send(first, "a", "t")
			w.Send(first, "a", "t")
			w.Must(w.Answer(first, ledger.Resolution{DeliveryKey: in.DeliveryKey, Attempt: 1, State: ledger.DeliveryRejected, FreeKey: true}))
			taken(w, second, "b", in.DeliveryKey)
		}},
		{Name: "keys are compared byte by byte, within a resource", Run: func(w *worldtest.World) {
			var docs []ledger.Incoming
			keys := []string{"t", "T", "t ", " t", "ｔ", "😀", "😁", "单", "単", "á", "a\u0301"}
			for i := range len(keys) + 3 {
				docs = append(docs, rec(fmt.Sprintf("k%02d", i), "1"))
			}
			work := w.Claim(w.Pull(docs...).Work[0], "one")
			var rows []ledger.Intent
			for i, doc := range w.Documents() {
				rows = append(rows, w.Intent(doc, append(keys, "t", "t", "t")[i], nil))
			}
			n := len(keys)
			rows[n].Resource, rows[n+1].Connection, rows[n+2].Owned = "Bill", w.Connection+1, false
			result, err := w.Intend(work, rows...)
			w.Must(err)
			w.Same("taken", result.Taken, map[int]ledger.DeliveryKey{})
		}},
	}
}

// taken proves that a document's next intent finds the key t owned.
func taken(w *worldtest.World, work ledger.Work, key string, owner ledger.DeliveryKey) {
	w.Helper()
	in := w.Intent(w.Doc(key), "t", w.Delivery(key))
	result, err := w.Intend(work, in)
	w.Must(err)
	w.Same("taken", result.Taken, map[int]ledger.DeliveryKey{0: owner})
	w.Same("state", []any{w.Delivery(key).State, w.Delivery(key).Code}, []any{ledger.DeliveryNeedsDecision, ledger.CodeKeyTaken})
}

func history(w *worldtest.World) {
	historian, ok := w.Store.(worldtest.Historian)
	if !ok {
		w.Fatalf("the store offers no History")
	}
	w.Pull(rec("a", "1"))
	work := w.ClaimDoc("a")
	in := w.Send(work, "a", "t")
	historyOf(w, historian)
	w.Send(work, "a", "t")
	historyOf(w, historian)
	in.Attempt = 2
	o := w.Outcome(work)
	o.Deliveries, o.Documents = []ledger.Resolution{done(in)}, []ledger.Settled{w.Settled("a", ledger.Delivered)}
	_, err := w.Store.CommitOutcome(w.Context(), o)
	w.Must(err)
	was := *w.Delivery("a")

	w.PullAs(ledger.Revise, rec("a", "2"))
	w.Now++
	work = w.ClaimDoc("a")
	w.Send(work, "a", "t")
	now := w.Delivery("a")
	w.Same("the row", []any{now.Rev, now.Attempt, now.State, string(now.Body), now.Code, now.Response},
		[]any{2, 3, ledger.DeliverySending, `{"sent":2}`, "", []byte(nil)})
	historyOf(w, historian, was)
	w.Send(work, "a", "t")
	historyOf(w, historian, was)
}

func historyOf(w *worldtest.World, h worldtest.Historian, want ...ledger.Delivery) {
	w.Helper()
	got, err := h.History(w.Context(), w.Doc("a").ID)
	w.Must(err)
	w.Same("history", got, want)
}
