package runtest

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/karezflow/karez/engine/ledger"
)

func claimScenarios() []scenario {
	return []scenario{
		{"one of sixteen wins", func(w *world) {
			var rows []ledger.ID
			for i := range 5 {
				rows = append(rows, w.pull(rec(fmt.Sprint(i), "1")).Work...)
			}
			wins := make([]atomic.Int32, len(rows))
			w.together(16, func(i int) error {
				for n := range rows {
					at := (n + i) % len(rows)
					work, ok, err := w.store.Claim(w.Context(), rows[at], fmt.Sprint("worker", i), w.now, lease)
					if err != nil {
						return err
					}
					if ok && (work.ID != rows[at] || work.Owner != fmt.Sprint("worker", i)) {
						return fmt.Errorf("worker%d was given %+v", i, work)
					}
					if ok {
						wins[at].Add(1)
					}
				}
				return nil
			})
			for i := range wins {
				w.same("winners of a row", wins[i].Load(), int32(1))
			}
			w.counts(ledger.Counts{"pulled": 5, "accepted": 5, "claimed": 5})
		}},
		{"a claimed row says who, how often and until when", func(w *world) {
			id := w.pull(rec("a", "1")).Work[0]
			row := w.due()[0]
			work := w.claim(id, "one")
			row.Owner, row.Fence, row.Attempts, row.LeaseUntil = "one", work.Fence, 1, w.now.Add(lease)
			w.same("work", work, row)
			w.same("due", w.due(), []ledger.Work{})
			w.unclaimable("a held row", id)
		}},
		{"not due, gone or unknown", func(w *world) {
			id := w.pull(rec("a", "1")).Work[0]
			w.now--
			w.unclaimable("a row that is due later", id)
			w.same("due", w.due(), []ledger.Work{})
			w.now++
			w.conclude(w.claim(id, "one"), w.settled("a", ledger.Delivered))
			w.unclaimable("a row that is gone", id)
			w.unclaimable("a row that never was", id+1_000_000)
		}},
		{"an expired lease is taken over", func(w *world) {
			id := w.pull(rec("a", "1")).Work[0]
			first := w.claim(id, "one")
			w.now = w.now.Add(lease) - 1
			w.unclaimable("a moment before the lease ends", id)
			w.now++
			w.same("due", len(w.due()), 1)
			second := w.claim(id, "two")
			if second.Fence <= first.Fence || second.Attempts != 2 {
				w.Fatalf("claimed as %+v after %+v", second, first)
			}
			w.lost(first)
			w.must(w.store.Renew(w.Context(), ledger.ClaimOf(second), w.now.Add(lease)))
			w.now = w.now.Add(lease)
			third := w.claim(id, "one")
			w.lost(first)
			w.lost(second)
			w.same("fence grows", third.Fence > second.Fence, true)
		}},
		{"a renewed lease holds", func(w *world) {
			work := w.claim(w.pull(rec("a", "1")).Work[0], "one")
			w.must(w.store.Renew(w.Context(), ledger.ClaimOf(work), w.now.Add(3*lease)))
			w.now = w.now.Add(2 * lease)
			w.unclaimable("a row with a renewed lease", work.ID)
			w.now = w.now.Add(lease)
			w.claim(work.ID, "two")
		}},
		{"released", func(w *world) {
			work := w.claim(w.pull(rec("a", "1")).Work[0], "one")
			w.must(w.store.Release(w.Context(), ledger.ClaimOf(work), w.now.Add(time.Second)))
			w.counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
			w.lost(work)
			w.unclaimable("a row released for later", work.ID)
			w.now = w.now.Add(time.Second)
			again := w.claim(work.ID, "one")
			w.same("fence and attempts grow", again.Fence > work.Fence && again.Attempts == 2, true)
			w.lost(work)
		}},
		{"due by priority and time", func(w *world) {
			w.now = start + 10
			var want []ledger.ID
			for i, at := range []struct {
				priority int
				due      ledger.Millis
			}{{9, start + 1}, {1, start + 5}, {5, start + 2}, {1, start + 3}, {5, start + 20}} {
				page := w.pageOf(rec(fmt.Sprint(i), "1"))
				page.Priority, page.Now = at.priority, at.due
				want = append(want, w.commit(page).Work...)
			}
			want = []ledger.ID{want[3], want[1], want[2], want[0]}
			w.same("order", ids(w.due()), want)
			w.claim(want[1], "one")
			w.same("without the held one", ids(w.due()), slices.Delete(want, 1, 2))
			some, err := w.store.Due(w.Context(), w.now, 2)
			w.must(err)
			w.same("at most two", len(some), 2)
		}},
		{"loaded with its window and deliveries", loaded},
		{"a lost claim commits nothing", func(w *world) {
			work := w.claim(w.pull(rec("a", "1")).Work[0], "one")
			w.now = w.now.Add(lease)
			w.claim(work.ID, "two")
			before := w.doc("a")
			_, err := w.intend(work, w.intent(before, "t", nil))
			w.fenced("CommitIntents", err)
			w.same("delivery", w.delivery("a") == nil, true)
			o := w.outcome(work)
			o.Documents = []ledger.Settled{w.settled("a", ledger.Rejected)}
			_, err = w.store.CommitOutcome(w.Context(), o)
			w.fenced("CommitOutcome", err)
			w.same("document", w.doc("a"), before)
			w.same("problem", w.problem("a") == nil, true)
			w.counts(ledger.Counts{"pulled": 1, "accepted": 1, "claimed": 1})
		}},
	}
}

func ids(work []ledger.Work) []ledger.ID {
	var out []ledger.ID
	for _, w := range work {
		out = append(out, w.ID)
	}
	return out
}

// lost proves that a claim no longer holds.
func (w *world) lost(work ledger.Work) {
	w.Helper()
	w.fenced("Renew", w.store.Renew(w.Context(), ledger.ClaimOf(work), w.now.Add(lease)))
	w.fenced("Release", w.store.Release(w.Context(), ledger.ClaimOf(work), w.now))
}

func loaded(w *world) {
	work := w.claim(w.pull(rec("a", "1"), rec("b", "1")).Work[0], "one")
	in := w.send(work, "a", "ta")
	w.send(work, "b", "tb")
	o := w.outcome(work)
	o.Deliveries = []ledger.Resolution{done(in)}
	_, err := w.store.CommitOutcome(w.Context(), o)
	w.must(err)
	tasks := w.load(work)
	w.same("documents", []ledger.Document{tasks[0].Document, tasks[1].Document}, allDocuments(w, w.store, w.stream.ID))
	for _, task := range tasks {
		w.same("window", []ledger.Millis{task.From, task.To}, []ledger.Millis{w.window.From, w.window.To})
		w.same("source node", task.NodeID, "orders")
		w.same("body", task.Body, rec(task.Document.Key, "1").Body)
		w.same("deliveries", len(task.Deliveries), 1)
	}
	sent, open := tasks[0].Deliveries[0], tasks[1].Deliveries[0]
	w.same("a done one has its answer", []any{sent.State, sent.Response, sent.TargetID}, []any{ledger.DeliveryDone, []byte(`{"ok":true}`), "id-ta"})
	w.same("an uncertain one has its body", []any{open.State, open.Body}, []any{ledger.DeliverySending, []byte(`{"sent":1}`)})
	w.now = w.now.Add(lease)
	w.same("by another worker", len(w.load(w.claim(work.ID, "two"))), 2)
}
