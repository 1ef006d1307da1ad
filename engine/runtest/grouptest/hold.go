package grouptest

import (
	"fmt"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

func holdScenarios() map[string]func(*world) {
	return map[string]func(*world){
		"members become one bill and go where it goes": func(w *world) {
			w.hold(rec("a", "S", "0.10", "1"), rec("b", "S", "0.2", "2", "3.50"), rec("c", "T", "1"))
			w.states(ledger.Held, "a", "b", "c")
			w.Counts(ledger.Counts{ledger.SlotPulled: 3, ledger.SlotAccepted: 3, ledger.SlotOf(ledger.Held): 3})
			if n := w.sweep(); n != 0 {
				w.Fatalf("%d groups closed while the run reads", n)
			}
			w.end()
			if n := w.sweep(); n != 2 {
				w.Fatalf("%d bills, want 2", n)
			}
			if n := w.sweep(); n != 0 {
				w.Fatalf("%d groups closed twice", n)
			}
			w.states(ledger.Held, "a", "b", "c")
			for _, bill := range w.groupDocs(bills) {
				want := map[string]string{"S": `{"shop":"S","fee":0.30,"n":6.50,"l":[{"n":1},{"n":2},{"n":3.50}]}`, "T": `{"shop":"T","fee":1,"n":0,"l":[]}`}[bill.Number]
				if got := w.body(bill); got != want {
					w.Fatalf("bill %s: %s, want %s", bill.Number, got, want)
				}
				work := w.Claim(bill.Work, "worker")
				task := w.Load(work)[0]
				w.Same("task", []any{task.NodeID, task.Run, task.TraceID, task.From, string(task.Body), task.Document.Version},
					[]any{bills, w.Run.ID, "trace", w.Window.From, want, w.Version})
				w.Conclude(work, w.concluded(bill, ledger.Delivered))
			}
			w.states(ledger.Delivered, "a", "b", "c")
			if doc := w.Doc("a"); doc.DoneRev != 1 {
				w.Fatalf("done %d", doc.DoneRev)
			}
			w.Counts(ledger.Counts{ledger.SlotPulled: 3, ledger.SlotAccepted: 3, ledger.SlotOf(ledger.Delivered): 3})
			done, err := w.Store.FinishRun(w.Context(), w.Run.ID, w.Now)
			w.Must(err)
			w.Same("finished", done, true)
		},
		"where lines came from": func(w *world) {
			w.settings(`{"headerGroup":["shop"],"bodyName":"l","bodyGroup":["n"]}`)
			w.hold(rec("a", "S", "1", "1", "2"), rec("b", "S", "1", "2"))
			w.end()
			w.sweep()
			got, err := w.store.Origins(w.Context(), w.bill(ledger.Waiting).ID)
			w.Must(err)
			w.Same("origins", string(got), "[[[0,0,0]],[[0,0,1],[1,0,0]]]")
		},
		"an open group shows what its documents have in common": func(w *world) {
			w.hold(rec("a", "S", "1"))
			bill := w.bill(ledger.Held)
			w.Same("open", []any{w.body(bill), bill.Number, bill.Run, bill.Work, bill.LatestRev}, []any{`{"shop":"S"}`, "S", ledger.ID(0), ledger.ID(0), 1})
		},
		"who lost the claim holds nothing": func(w *world) {
			work := w.Claim(w.Pull(rec("a", "S", "1")).Work[0], "one")
			tasks := w.Load(work)
			w.Now = w.Now.Add(2 * worldtest.Lease)
			second := w.Claim(work.ID, "two")
			o := w.Outcome(work)
			o.Documents = []ledger.Settled{w.held(tasks[0])}
			_, err := w.Ended(o)
			w.Fenced("outcome", err)
			w.Same("groups", len(w.groupDocs(bills)), 0)
			w.Conclude(second, w.held(tasks[0]))
			w.Same("groups", len(w.groupDocs(bills)), 1)
		},
		"a document that stands still otherwise joins nothing": func(w *world) {
			work := w.Claim(w.Pull(rec("a", "S", "1"), rec("b", "S", "1")).Work[0], "one")
			tasks := w.Load(work)
			bad := w.held(tasks[0])
			bad.State, bad.Attention, bad.Problem = ledger.Rejected, 0, &ledger.Problem{Code: "test.bad"}
			w.Conclude(work, bad, w.held(tasks[1]))
			w.end()
			w.sweep()
			if got := w.body(w.bill(ledger.Waiting)); got != `{"shop":"S","fee":1,"n":0,"l":[]}` {
				w.Fatalf("bill %s", got)
			}
		},
		"many workers, one group": func(w *world) {
			const each, workers = 7, 6
			ids := make([]ledger.ID, workers)
			for i := range workers {
				var docs []ledger.Incoming
				for n := range each {
					docs = append(docs, rec(fmt.Sprint(i, "-", n), fmt.Sprint(n%2), "0.1"))
				}
				ids[i] = w.Pull(docs...).Work[0]
			}
			w.Together(workers, func(i int) error {
				work, ok, err := w.Store.Claim(w.Context(), ids[i], fmt.Sprint(i), w.Now, worldtest.Lease)
				if err != nil || !ok {
					return fmt.Errorf("claimed %t: %w", ok, err)
				}
				tasks, err := w.Store.Load(w.Context(), work)
				if err != nil {
					return err
				}
				o := w.Outcome(work)
				for _, task := range tasks {
					o.Documents = append(o.Documents, w.held(task))
				}
				_, err = w.Ended(o)
				return err
			})
			w.Same("groups", len(w.groupDocs(bills)), 2)
			w.end()
			w.sweep()
			fees := []string{w.body(w.groupDocs(bills)[0]), w.body(w.groupDocs(bills)[1])}
			w.Same("bills", fees[0] == `{"shop":"0","fee":2.4,"n":0,"l":[]}` || fees[1] == `{"shop":"0","fee":2.4,"n":0,"l":[]}`, true)
		},
		"so many documents close a group": func(w *world) {
			w.settings(`{"headerGroup":["shop"],"close":"count","count":2,"calculate":[{"field":"fee"}]}`)
			w.hold(rec("a", "S", "1"))
			w.Same("one", w.sweep(), 0)
			w.hold(rec("b", "S", "2"))
			w.Same("two", w.sweep(), 1)
			w.hold(rec("c", "S", "4"))
			w.Same("the next", w.sweep(), 0)
			w.Same("bill", w.body(w.bill(ledger.Waiting)), `{"shop":"S","fee":3}`)
		},
		"no bill has more documents, however many come at once": func(w *world) {
			w.settings(`{"headerGroup":["shop"],"close":"count","count":2,"calculate":[{"field":"fee"}]}`)
			w.hold(rec("a", "S", "1"), rec("b", "S", "2"), rec("c", "S", "4"), rec("d", "T", "8"), rec("e", "S", "16"), rec("f", "S", "32"))
			w.Must(w.eject("e", false)) // a full group takes nobody for who left it
			w.hold(rec("g", "S", "64"))
			w.Pull(rec("f", "S", "33")) // its group lets it go and has one left
			w.Same("closed, and let go", w.sweep(), 3)
			w.holdAll(w.Doc("f").Work, nil)
			w.hold(rec("h", "T", "128"))
			w.Same("closed", w.sweep(), 2)
			var got []string
			for _, d := range w.groupDocs(bills) {
				got = append(got, d.State.String()+w.body(d))
			}
			slices.Sort(got)
			w.Same("bills", fmt.Sprint(got),
				`[held{"shop":"S"} waiting{"shop":"S","fee":3} waiting{"shop":"S","fee":4} waiting{"shop":"S","fee":64} waiting{"shop":"T","fee":136}]`)
		},
		"time closes a group": func(w *world) {
			w.settings(`{"headerGroup":["shop"],"close":"age","age":"10m","calculate":[{"field":"fee"}]}`)
			w.hold(rec("a", "S", "1"))
			w.Now = w.Now.Add(9 * time.Minute)
			w.hold(rec("b", "S", "2"))
			w.Same("before", w.sweep(), 0)
			w.Now = w.Now.Add(time.Minute)
			w.Same("then", w.sweep(), 1)
		},
		"a run that is at it holds its groups open": func(w *world) {
			w.hold(rec("a", "S", "1"))
			later := w.Pull(rec("b", "S", "2")).Work[0]
			w.end()
			w.Same("waiting", w.sweep(), 0)
			work := w.Claim(later, "one")
			w.Same("claimed", w.sweep(), 0)
			w.Conclude(work, w.held(w.Load(work)[0]))
			w.Same("all there", w.sweep(), 1)
			w.Same("bill", w.body(w.bill(ledger.Waiting)), `{"shop":"S","fee":3,"n":0,"l":[]}`)
		},
		"a group of a run is not that of another": func(w *world) {
			w.hold(rec("a", "S", "1"))
			first := w.Run
			w.Run = w.OpenRun("manual", worldtest.Start+1)
			w.hold(rec("b", "S", "2"))
			w.Must(w.Store.EndPulling(w.Context(), first.ID, nil, w.Now))
			w.Same("of the first", w.sweep(), 1)
			w.states(ledger.Held, "b")
			w.bill(ledger.Held)
		},
	}
}
