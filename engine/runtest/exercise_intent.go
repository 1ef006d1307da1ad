package runtest

import (
	"fmt"

	"github.com/karezflow/karez/engine/ledger"
)

func intentScenarios() []scenario {
	return []scenario{
		{"recorded before it is sent", func(w *world) {
			work := w.claim(w.pull(rec("a", "1")).Work[0], "one")
			in := w.send(work, "a", "t")
			want := ledger.Delivery{
				DeliveryKey: in.DeliveryKey, Rev: 1, Version: w.version, Connection: w.connection, Resource: "bill", Key: "t",
				State: ledger.DeliverySending, Attempt: 1, Call: in.Call, Updated: w.now, Body: in.Body,
			}
			w.same("delivery", w.delivery("a"), &want)
			w.counts(ledger.Counts{"pulled": 1, "accepted": 1, "claimed": 1})
		}},
		{"attempts follow each other", func(w *world) {
			work := w.claim(w.pull(rec("a", "1"), rec("b", "1")).Work[0], "one")
			doc := w.doc("a")
			for _, attempt := range []int{0, 2, 3} {
				in := w.intent(doc, "t", nil)
				in.Attempt = attempt
				_, err := w.intend(work, w.intent(w.doc("b"), "u", nil), in)
				w.fenced(fmt.Sprintf("attempt %d first", attempt), err)
				w.same("nothing recorded", []bool{w.delivery("a") == nil, w.delivery("b") == nil}, []bool{true, true})
			}
			w.send(work, "a", "t")
			_, err := w.intend(work, w.intent(w.doc("b"), "u", nil), w.intent(doc, "t", nil))
			w.fenced("attempt 1 again", err)
			w.same("b", w.delivery("b") == nil, true)
			w.send(work, "b", "u") // the refused commit took no key
			w.send(work, "a", "t")
			w.same("attempt", w.delivery("a").Attempt, 2)
		}},
		{"the stored body is kept", func(w *world) {
			work := w.claim(w.pull(rec("a", "1")).Work[0], "one")
			first := w.send(work, "a", "t")
			again := w.intent(w.doc("a"), "t", w.delivery("a"))
			again.Body = nil
			_, err := w.intend(work, again)
			w.must(err)
			w.same("body", w.delivery("a").Body, first.Body)
			other := w.intent(w.doc("a"), "t", w.delivery("a"))
			other.Body = []byte(`{"mapped":"again"}`)
			_, err = w.intend(work, other)
			w.must(err)
			w.same("body", w.delivery("a").Body, other.Body)
		}},
		{"a delivery that became done is not sent again", func(w *world) {
			id := w.pull(rec("a", "1")).Work[0]
			late := w.claim(id, "one")
			in := w.send(late, "a", "t")
			w.now = w.now.Add(lease)
			work := w.claim(id, "two")
			seen := w.delivery("a")
			w.fenced("the late answer's documents", w.answer(late, done(in)))
			_, err := w.intend(work, w.intent(w.doc("a"), "t", seen))
			w.fenced("resending a done delivery", err)
			w.same("delivery", []any{w.delivery("a").State, w.delivery("a").Attempt}, []any{ledger.DeliveryDone, 1})
		}},
		{"a new revision keeps the old row as history", history},
		{"many rows in one commit", func(w *world) {
			docs := make([]ledger.Incoming, ledger.WorkSize)
			for i := range docs {
				docs[i] = rec(fmt.Sprintf("k%03d", i), "1")
			}
			work := w.claim(w.pull(docs...).Work[0], "one")
			var rows []ledger.Intent
			for _, doc := range allDocuments(w, w.store, w.stream.ID) {
				for part := range 3 {
					in := w.intent(doc, fmt.Sprintf("%s/%d", doc.Key, part), nil)
					in.Part, in.Body = part, []byte(in.Key)
					rows = append(rows, in)
				}
			}
			_, err := w.intend(work, rows...)
			w.must(err)
			for _, task := range w.load(work) {
				w.same("parts", len(task.Deliveries), 3)
				for part, d := range task.Deliveries {
					w.same("part", []any{d.Part, string(d.Body)}, []any{part, fmt.Sprintf("%s/%d", task.Document.Key, part)})
				}
			}
		}},
		{"two rows of a commit with one key", func(w *world) {
			work := w.claim(w.pull(rec("a", "1"), rec("b", "1"), rec("c", "1")).Work[0], "one")
			a, b, c := w.intent(w.doc("a"), "t", nil), w.intent(w.doc("b"), "t", nil), w.intent(w.doc("c"), "u", nil)
			result, err := w.intend(work, b, a, c)
			w.must(err)
			w.same("taken", result.Taken, map[int]ledger.DeliveryKey{1: b.DeliveryKey})
			w.same("the first has it", w.delivery("b").State, ledger.DeliverySending)
			w.same("the second waits", []any{w.delivery("a").State, w.delivery("a").Code, w.delivery("a").Attempt},
				[]any{ledger.DeliveryNeedsDecision, ledger.CodeKeyTaken, 1})
			w.same("its neighbour is sent", w.delivery("c").State, ledger.DeliverySending)
		}},
		{"two parts of a document with one key", func(w *world) {
			work := w.claim(w.pull(rec("a", "1")).Work[0], "one")
			first, second := w.intent(w.doc("a"), "t", nil), w.intent(w.doc("a"), "t", nil)
			second.Part = 1
			result, err := w.intend(work, first, second)
			w.must(err)
			w.same("taken", result.Taken, map[int]ledger.DeliveryKey{1: first.DeliveryKey})
		}},
		{"another document's key", func(w *world) {
			first, second := w.claim(w.pull(rec("a", "1")).Work[0], "one"), w.claim(w.pull(rec("b", "1")).Work[0], "two")
			in := w.send(first, "a", "t")
			w.taken(second, "b", "t", in.DeliveryKey)
			w.must(w.answer(first, done(in)))
			w.taken(second, "b", "t", in.DeliveryKey)
			w.same("attempt", w.delivery("b").Attempt, 2)
			w.send(second, "b", "t2")
		}},
		{"its own key again", func(w *world) {
			work := w.claim(w.pull(rec("a", "1")).Work[0], "one")
			w.send(work, "a", "t")
			w.send(work, "a", "t")
		}},
		{"a freed key", func(w *world) {
			first, second := w.claim(w.pull(rec("a", "1")).Work[0], "one"), w.claim(w.pull(rec("b", "1")).Work[0], "two")
			in := w.send(first, "a", "t")
			answer := ledger.Resolution{DeliveryKey: in.DeliveryKey, Attempt: 1, State: ledger.DeliveryRejected, Code: "vendor.no"}
			w.must(w.answer(first, answer))
			w.taken(second, "b", "t", in.DeliveryKey)
			answer.Attempt, answer.FreeKey = w.send(first, "a", "t").Attempt, true
			w.must(w.answer(first, answer))
			w.send(second, "b", "t")
			w.taken(first, "a", "t", w.delivery("b").DeliveryKey)
		}},
		{"evidence frees no key", func(w *world) {
			first, second := w.claim(w.pull(rec("a", "1")).Work[0], "one"), w.claim(w.pull(rec("b", "1")).Work[0], "two")
			in := w.send(first, "a", "t")
			w.send(first, "a", "t")
			w.must(w.answer(first, ledger.Resolution{DeliveryKey: in.DeliveryKey, Attempt: 1, State: ledger.DeliveryRejected, FreeKey: true}))
			w.taken(second, "b", "t", in.DeliveryKey)
		}},
		{"keys are compared byte by byte, within a resource", func(w *world) {
			var docs []ledger.Incoming
			keys := []string{"t", "T", "t ", " t", "ｔ", "😀", "😁", "单", "単", "á", "a\u0301"}
			for i := range len(keys) + 3 {
				docs = append(docs, rec(fmt.Sprintf("k%02d", i), "1"))
			}
			work := w.claim(w.pull(docs...).Work[0], "one")
			var rows []ledger.Intent
			for i, doc := range allDocuments(w, w.store, w.stream.ID) {
				rows = append(rows, w.intent(doc, append(keys, "t", "t", "t")[i], nil))
			}
			n := len(keys)
			rows[n].Resource, rows[n+1].Connection, rows[n+2].Owned = "Bill", w.connection+1, false
			result, err := w.intend(work, rows...)
			w.must(err)
			w.same("taken", result.Taken, map[int]ledger.DeliveryKey{})
		}},
	}
}

// answer records resolutions in the middle of a walk.
func (w *world) answer(work ledger.Work, resolutions ...ledger.Resolution) error {
	w.Helper()
	o := w.outcome(work)
	o.Deliveries = resolutions
	_, err := w.store.CommitOutcome(w.Context(), o)
	return err
}

// taken proves that a document's next intent finds its key owned.
func (w *world) taken(work ledger.Work, key, targetKey string, owner ledger.DeliveryKey) {
	w.Helper()
	in := w.intent(w.doc(key), targetKey, w.delivery(key))
	result, err := w.intend(work, in)
	w.must(err)
	w.same("taken", result.Taken, map[int]ledger.DeliveryKey{0: owner})
	w.same("state", []any{w.delivery(key).State, w.delivery(key).Code}, []any{ledger.DeliveryNeedsDecision, ledger.CodeKeyTaken})
}

func history(w *world) {
	historian, ok := w.store.(Historian)
	if !ok {
		w.Fatalf("the store offers no History")
	}
	w.pull(rec("a", "1"))
	work := w.claimDoc("a")
	in := w.send(work, "a", "t")
	w.historyOf(historian, "a")
	w.send(work, "a", "t")
	w.historyOf(historian, "a")
	in.Attempt = 2
	o := w.outcome(work)
	o.Deliveries, o.Documents = []ledger.Resolution{done(in)}, []ledger.Settled{w.settled("a", ledger.Delivered)}
	_, err := w.store.CommitOutcome(w.Context(), o)
	w.must(err)
	was := *w.delivery("a")

	w.pullAs(ledger.Revise, rec("a", "2"))
	w.now++
	work = w.claimDoc("a")
	w.send(work, "a", "t")
	now := w.delivery("a")
	w.same("the row", []any{now.Rev, now.Attempt, now.State, string(now.Body), now.Code, now.Response},
		[]any{2, 3, ledger.DeliverySending, `{"sent":2}`, "", []byte(nil)})
	w.historyOf(historian, "a", was)
	w.send(work, "a", "t")
	w.historyOf(historian, "a", was)
}

func (w *world) historyOf(h Historian, key string, want ...ledger.Delivery) {
	w.Helper()
	got, err := h.History(w.Context(), w.doc(key).ID)
	w.must(err)
	w.same("history", got, want)
}
