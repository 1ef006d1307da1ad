package pushtest

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

func claimScenarios() []worldtest.Scenario {
	return []worldtest.Scenario{
		{Name: "one of sixteen wins", Run: func(w *worldtest.World) {
			var rows []ledger.ID
			for i := range 5 {
				rows = append(rows, w.Pull(rec(fmt.Sprint(i), "1")).Work...)
			}
			wins := make([]atomic.Int32, len(rows))
			w.Together(16, func(i int) error {
				for n := range rows {
					at := (n + i) % len(rows)
					work, ok, err := w.Store.Claim(w.Context(), rows[at], fmt.Sprint("worker", i), w.Now, worldtest.Lease)
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
				w.Same("winners of a row", wins[i].Load(), int32(1))
			}
			w.Counts(ledger.Counts{"pulled": 5, "accepted": 5, "claimed": 5})
		}},
		{Name: "a claimed row says who, how often and until when", Run: func(w *worldtest.World) {
			id := w.Pull(rec("a", "1")).Work[0]
			row := w.Due()[0]
			work := w.Claim(id, "one")
			row.Owner, row.Fence, row.Attempts, row.LeaseUntil = "one", work.Fence, 1, w.Now.Add(worldtest.Lease)
			w.Same("work", work, row)
			w.Same("due", w.Due(), []ledger.Work{})
			w.Unclaimable("a held row", id)
		}},
		{Name: "not due, gone or unknown", Run: func(w *worldtest.World) {
			id := w.Pull(rec("a", "1")).Work[0]
			w.Now--
			w.Unclaimable("a row that is due later", id)
			w.Same("due", w.Due(), []ledger.Work{})
			w.Now++
			w.Conclude(w.Claim(id, "one"), w.Settled("a", ledger.Delivered))
			w.Unclaimable("a row that is gone", id)
			w.Unclaimable("a row that never was", id+1_000_000)
		}},
		{Name: "an expired lease is taken over", Run: func(w *worldtest.World) {
			id := w.Pull(rec("a", "1")).Work[0]
			first := w.Claim(id, "one")
			w.Now = w.Now.Add(worldtest.Lease) - 1
			w.Unclaimable("a moment before the lease ends", id)
			w.Now++
			w.Same("due", len(w.Due()), 1)
			second := w.Claim(id, "two")
			if second.Fence <= first.Fence || second.Attempts != 2 {
				w.Fatalf("claimed as %+v after %+v", second, first)
			}
			lost(w, first)
			w.Must(w.Store.Renew(w.Context(), ledger.ClaimOf(second), w.Now.Add(worldtest.Lease)))
			w.Now = w.Now.Add(worldtest.Lease)
			third := w.Claim(id, "one")
			lost(w, first)
			lost(w, second)
			w.Same("fence grows", third.Fence > second.Fence, true)
		}},
		{Name: "a renewed lease holds", Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1")).Work[0], "one")
			w.Must(w.Store.Renew(w.Context(), ledger.ClaimOf(work), w.Now.Add(3*worldtest.Lease)))
			w.Now = w.Now.Add(2 * worldtest.Lease)
			w.Unclaimable("a row with a renewed worldtest.Lease", work.ID)
			w.Now = w.Now.Add(worldtest.Lease)
			w.Claim(work.ID, "two")
		}},
		{Name: "released", Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1")).Work[0], "one")
			w.Must(w.Store.Release(w.Context(), ledger.ClaimOf(work), w.Now.Add(time.Second)))
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
			lost(w, work)
			w.Unclaimable("a row released for later", work.ID)
			w.Now = w.Now.Add(time.Second)
			again := w.Claim(work.ID, "one")
			w.Same("fence and attempts grow", again.Fence > work.Fence && again.Attempts == 2, true)
			lost(w, work)
		}},
		{Name: "due by priority and time", Run: func(w *worldtest.World) {
			w.Now = worldtest.Start + 10
			var want []ledger.ID
			for i, at := range []struct {
				priority int
				due      ledger.Millis
			}{{9, worldtest.Start + 1}, {1, worldtest.Start + 5}, {5, worldtest.Start + 2}, {1, worldtest.Start + 3}, {5, worldtest.Start + 20}} {
				page := w.PageOf(rec(fmt.Sprint(i), "1"))
				page.Priority, page.Now = at.priority, at.due
				want = append(want, w.Commit(page).Work...)
			}
			want = []ledger.ID{want[3], want[1], want[2], want[0]}
			w.Same("order", ids(w.Due()), want)
			w.Claim(want[1], "one")
			w.Same("without the held one", ids(w.Due()), slices.Delete(want, 1, 2))
			some, err := w.Store.Due(w.Context(), w.Now, 2) // others may share the two
			w.Must(err)
			some = slices.DeleteFunc(some, func(work ledger.Work) bool { return work.Flow != w.Flow })
			w.Same("one of the flow or two", len(some) == 1 || len(some) == 2, true)
		}},
		{Name: "loaded with its window and deliveries", Run: loaded},
		{Name: "a lost claim commits nothing", Run: func(w *worldtest.World) {
			work := w.Claim(w.Pull(rec("a", "1")).Work[0], "one")
			w.Now = w.Now.Add(worldtest.Lease)
			w.Claim(work.ID, "two")
			before := w.Doc("a")
			_, err := w.Intend(work, w.Intent(before, "t", nil))
			w.Fenced("CommitIntents", err)
			w.Same("delivery", w.Delivery("a") == nil, true)
			o := w.Outcome(work)
			o.Documents = []ledger.Settled{w.Settled("a", ledger.Rejected)}
			_, err = w.Store.CommitOutcome(w.Context(), o)
			w.Fenced("CommitOutcome", err)
			w.Same("document", w.Doc("a"), before)
			w.Same("problem", w.Problem("a") == nil, true)
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "claimed": 1})
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
func lost(w *worldtest.World, work ledger.Work) {
	w.Helper()
	w.Fenced("Renew", w.Store.Renew(w.Context(), ledger.ClaimOf(work), w.Now.Add(worldtest.Lease)))
	w.Fenced("Release", w.Store.Release(w.Context(), ledger.ClaimOf(work), w.Now))
}

func loaded(w *worldtest.World) {
	work := w.Claim(w.Pull(rec("a", "1"), rec("b", "1")).Work[0], "one")
	in := w.Send(work, "a", "ta")
	w.Send(work, "b", "tb")
	o := w.Outcome(work)
	o.Deliveries = []ledger.Resolution{done(in)}
	_, err := w.Store.CommitOutcome(w.Context(), o)
	w.Must(err)
	tasks := w.Load(work)
	w.Same("documents", []ledger.Document{tasks[0].Document, tasks[1].Document}, w.Documents())
	for _, task := range tasks {
		w.Same("window", []ledger.Millis{task.From, task.To}, []ledger.Millis{w.Window.From, w.Window.To})
		w.Same("source node", task.NodeID, "orders")
		w.Same("trace of its run", task.TraceID, "trace")
		w.Same("body", task.Body, rec(task.Document.Key, "1").Body)
		w.Same("deliveries", len(task.Deliveries), 1)
	}
	sent, open := tasks[0].Deliveries[0], tasks[1].Deliveries[0]
	w.Same("a done one has its answer", []any{sent.State, sent.Response, sent.TargetID}, []any{ledger.DeliveryDone, []byte(`{"ok":true}`), "id-ta"})
	w.Same("an uncertain one has its body", []any{open.State, open.Body}, []any{ledger.DeliverySending, []byte(`{"sent":1}`)})
	w.Now = w.Now.Add(worldtest.Lease)
	w.Same("by another worker", len(w.Load(w.Claim(work.ID, "two"))), 2)
}
