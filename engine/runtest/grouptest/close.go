package grouptest

import (
	"errors"
	"time"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// composed holds two documents in one bill that waits.
func (w *world) composed() ledger.Document {
	w.Helper()
	w.hold(rec("a", "S", "1", "1"), rec("b", "S", "2", "2"))
	w.end()
	w.sweep()
	return w.bill(ledger.Waiting)
}

// retry retries a document as a person does.
func (w *world) retry(doc ledger.Document) error {
	_, err := w.Store.Repair(w.Context(), ledger.Repair{
		Workspace: w.Workspace, Document: doc.ID, Action: ledger.RetryDocument, Seen: doc.Sight(), Actor: "amy", Now: w.Now,
	})
	return err
}

func closeScenarios() map[string]func(*world) {
	return map[string]func(*world){
		"members follow their bill through every state": func(w *world) {
			bill := w.composed()
			for _, state := range []ledger.State{ledger.Rejected, ledger.NeedsDecision, ledger.Unmapped, ledger.RetryAt} {
				w.walk(bill, state)
				w.states(state, "a", "b")
				w.Counts(ledger.Counts{ledger.SlotPulled: 2, ledger.SlotAccepted: 2, ledger.SlotOf(state): 2})
				if p := w.Problem("a"); p.Code != "test."+state.String() || p.Message != "因为" || p.Args["0"] != "x" {
					w.Fatalf("problem %+v", p)
				}
				if err := w.retry(w.Doc("a")); fault.CodeOf(err) != "document.grouped" {
					w.Fatalf("a member is retried: %v", err)
				}
				w.check()
				bill = w.bill(state)
				w.Must(w.retry(bill))
				w.states(ledger.Held, "a", "b")
				bill = w.bill(ledger.Waiting)
			}
			w.walk(bill, ledger.Collected)
			w.states(ledger.Collected, "a", "b")
		},
		"a retry of the engine's own": func(w *world) {
			w.walk(w.composed(), ledger.RetryAt)
			w.Now = w.Now.Add(2 * time.Hour)
			w.walk(w.bill(ledger.RetryAt), ledger.Delivered)
			w.states(ledger.Delivered, "a", "b")
		},
		"a skipped bill skips its members": func(w *world) {
			w.walk(w.composed(), ledger.Rejected)
			bill := w.bill(ledger.Rejected)
			_, err := w.Store.Repair(w.Context(), ledger.Repair{
				Workspace: w.Workspace, Document: bill.ID, Action: ledger.SkipDocument, Seen: bill.Sight(), Actor: "amy", Now: w.Now,
			})
			w.Must(err)
			for _, key := range []string{"a", "b"} {
				if doc := w.Doc(key); doc.State != ledger.Skipped || doc.Attention != 0 {
					w.Fatalf("%s is %s", key, doc.State)
				}
			}
		},
		"an edited bill is walked as edited": func(w *world) {
			w.walk(w.composed(), ledger.Rejected)
			bill := w.bill(ledger.Rejected)
			_, err := w.Store.Repair(w.Context(), ledger.Repair{
				Workspace: w.Workspace, Document: bill.ID, Action: ledger.RetryDocument, Seen: bill.Sight(), Actor: "amy", Now: w.Now, Source: []byte(`{"shop":"edited"}`),
			})
			w.Must(err)
			w.states(ledger.Held, "a", "b")
			bill = w.bill(ledger.Waiting)
			w.Same("body", w.body(bill), `{"shop":"edited"}`)
			w.walk(bill, ledger.Delivered)
			w.states(ledger.Delivered, "a", "b")
		},
		"who composed something else closes nothing": func(w *world) {
			w.hold(rec("a", "S", "1"))
			open := w.bill(ledger.Held)
			seen, err := w.store.Group(w.Context(), open.ID)
			w.Must(err)
			w.hold(rec("b", "S", "2"))
			closed := barrier.Closing{Group: open.ID, Seq: seen.Head.Seq, Now: w.Now, Bills: []barrier.Bill{{Body: []byte(`{}`), Members: seen.Members}}}
			_, err = w.store.CloseGroup(w.Context(), closed)
			w.Fenced("a changed group", err)
			w.end()
			w.Same("closed", w.sweep(), 1)
			closed.Seq++
			_, err = w.store.CloseGroup(w.Context(), closed)
			w.Fenced("a closed group", err)
			if _, err = w.store.Group(w.Context(), 1<<40); !errors.Is(err, ledger.ErrNotFound) {
				w.Fatalf("no group: %v", err)
			}
		},
		"closed by several at once": func(w *world) {
			w.hold(rec("a", "S", "1"), rec("b", "T", "1"))
			w.end()
			w.Together(4, func(int) error {
				_, err := w.closer.Sweep(w.Context())
				return err
			})
			docs := w.groupDocs(bills)
			w.Same("bills", []any{len(docs), docs[0].State, docs[1].State, docs[0].ActiveRev}, []any{2, ledger.Waiting, ledger.Waiting, 1})
			w.Same("work", len(w.Due()), 2)
		},
		"a long bill is split, and a member of two takes the worse": func(w *world) {
			w.settings(`{"headerGroup":["shop"],"bodyName":"l","bodyMaxLine":2,"calculate":[{"field":"fee"},{"field":"l.n","into":"n"}]}`)
			w.hold(rec("a", "S", "0.1", "1"), rec("b", "S", "0.2", "2", "3"), rec("c", "S", "0.4", "4"))
			w.end()
			w.Same("work", w.sweep(), 2)
			docs := w.groupDocs(bills)
			w.Same("first", w.body(docs[0]), `{"shop":"S","fee":0.3,"n":3,"l":[{"n":1},{"n":2}]}`)
			w.Same("second", w.body(docs[1]), `{"shop":"S","fee":0.4,"n":7,"l":[{"n":3},{"n":4}]}`)
			w.check()
			w.walk(docs[0], ledger.Delivered)
			w.states(ledger.Delivered, "a")
			w.states(ledger.Held, "b", "c")
			w.walk(docs[1], ledger.Rejected)
			w.states(ledger.Rejected, "b", "c")
			w.check()
			w.Must(w.retry(w.bill(ledger.Rejected)))
			w.states(ledger.Held, "b", "c")
			w.walk(w.bill(ledger.Waiting), ledger.Delivered)
			w.states(ledger.Delivered, "a", "b", "c")
		},
		"what other branches came to counts when the bill ends otherwise": func(w *world) {
			w.holdAll(w.Pull(rec("a", "S", "1")).Work[0], func(out *ledger.Settled) { out.Rest = ledger.Delivered })
			w.holdAll(w.Pull(rec("b", "S", "1")).Work[0], nil)
			w.end()
			w.sweep()
			w.walk(w.bill(ledger.Waiting), ledger.Filtered)
			w.states(ledger.Delivered, "a")
			w.states(ledger.Filtered, "b")
		},
		"a group behind a group": func(w *world) {
			w.hold(rec("a", "S", "1", "1"), rec("b", "T", "2", "2"))
			w.end()
			w.Same("first", w.sweep(), 2)
			for _, bill := range w.groupDocs(bills) {
				w.Same("not before all are there", len(w.Due()) > 0 && w.sweep() == 0, true)
				work := w.Claim(bill.Work, "worker")
				out := w.heldAt(more, w.Load(work)[0])
				w.Conclude(work, out)
			}
			w.states(ledger.Held, "a", "b")
			w.Same("second", w.sweep(), 1)
			last := w.groupDocs(more)[0]
			w.Same("body", w.body(last), `{"fee":3,"l":[{"n":1},{"n":2}]}`)
			w.walk(last, ledger.Rejected)
			w.states(ledger.Rejected, "a", "b")
			for _, bill := range w.groupDocs(bills) {
				w.Same("bill", bill.State, ledger.Rejected)
				if err := w.retry(bill); fault.CodeOf(err) != "document.grouped" {
					w.Fatalf("a member is retried: %v", err)
				}
			}
			w.Must(w.retry(w.groupDocs(more)[0]))
			w.states(ledger.Held, "a", "b")
			w.walk(w.groupDocs(more)[0], ledger.Delivered)
			w.states(ledger.Delivered, "a", "b")
		},
	}
}
