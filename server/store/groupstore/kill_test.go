package groupstore_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/big"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/closing"
	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/failpoint/killtest"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/group"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/groupstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
	"github.com/karezflow/karez/server/store/workstore"
)

// orders are documents of three shops, of which each makes a bill.
type orders struct {
	Address                              string
	Workspace, Flow, Version, Connection ledger.ID
	Stream                               ledger.Stream
	Run                                  ledger.Run
}

const (
	manyOrders = 24
	shops      = 3
)

func wholeOf(db *store.DB) whole {
	return whole{ledgerstore.New(db), documentstore.New(db), groupstore.New(db)}
}

// workshop is the program that works on orders.
type workshop struct {
	*worldtest.World
	store  whole
	plan   *plan.Plan
	closer *closing.Closer
}

// Plan implements closing.Plans.
func (w *workshop) Plan(context.Context, ledger.ID) (*plan.Plan, error) { return w.plan, nil }

func newOrders(t *testing.T, address string) orders {
	t.Helper()
	w := worldtest.New(t, wholeOf(storetest.Migrated(t, address)))
	for page := range 4 {
		var docs []ledger.Incoming
		for i := range manyOrders / 4 {
			n := page*manyOrders/4 + i
			docs = append(docs, worldtest.Raw(fmt.Sprint(n), fmt.Appendf(nil, `{"shop":%d,"fee":%d.%02d,"l":[{"n":0.1},{"n":%d}]}`, n%shops, n, n, n)))
		}
		w.Pull(docs...)
	}
	w.Must(w.Store.EndPulling(w.Context(), w.Run.ID, nil, w.Now))
	return orders{Address: address, Workspace: w.Workspace, Flow: w.Flow, Version: w.Version, Connection: w.Connection, Stream: w.Stream, Run: w.Run}
}

func (o orders) open(t *testing.T) *workshop {
	t.Helper()
	db := storetest.Open(t, o.Address)
	s := wholeOf(db)
	w := &workshop{store: s, World: &worldtest.World{
		Reporter: t, Store: s, Workspace: o.Workspace, Flow: o.Flow, Version: o.Version, Connection: o.Connection,
		Stream: o.Stream, Run: o.Run, Runs: []ledger.ID{o.Run.ID}, Now: worldtest.Start,
	}}
	w.Must(workstore.FreeAll(t.Context(), db))
	w.OpenStream(o.Stream.NodeID) // so that it is balanced
	w.use()
	return w
}

// use gives the workshop its flow.
func (w *workshop) use() {
	w.Helper()
	program, faults := group.New(group.SettingsOf(item.Of([]byte(`{"headerGroup":["shop"],"bodyName":"l","bodyMaxLine":10,"calculate":[{"field":"fee"},{"field":"l.n","into":"n"}]}`))), time.UTC)
	if len(faults) > 0 {
		w.Fatalf("%v", faults[0])
	}
	w.plan = &plan.Plan{Flow: &flow.Document{}, Steps: []*plan.Step{{NodeID: "bills", Group: program}}}
	w.closer = closing.New(closing.Config{Store: w.store, Plans: w, Clock: func() time.Time { return w.Now.Time() }, Log: slog.New(slog.DiscardHandler)})
}

// work lets orders wait, bills be made and delivered, until nothing is left.
func (w *workshop) work() {
	w.Helper()
	for {
		_, err := w.closer.Sweep(w.Context())
		w.Must(err)
		due := w.Due()
		if len(due) == 0 {
			return
		}
		for _, row := range due {
			work := w.Claim(row.ID, "worker")
			o := w.Outcome(work)
			for _, task := range w.Load(work) {
				if task.NodeID == "bills" {
					w.deliver(work, task, &o)
				} else {
					o.Documents = append(o.Documents, w.held(task))
				}
			}
			_, err := w.Store.CommitOutcome(w.Context(), o)
			w.Must(err)
		}
	}
}

func (w *workshop) held(task ledger.Task) ledger.Settled {
	p, record := w.plan.Steps[0].Group, item.Of(task.Body)
	place := p.Place(record, w.Now.Time())
	return ledger.Settled{
		Document: task.Document.ID, Rev: task.Document.ActiveRev, State: ledger.Held, Attention: ledger.Grouped,
		Joins: []ledger.Join{{
			NodeID: "bills", Key: fmt.Sprintf("r%d|%s", task.Run, place.Key), Number: place.Number, PerRun: true, Due: ledger.FarFuture, Most: p.Most(),
			Late: p.Late, Header: p.Header(record), Records: group.EncodeRecords([]group.Record{{Body: task.Body}}),
		}},
	}
}

// deliver writes a bill; one whose writing was begun counts as written.
func (w *workshop) deliver(work ledger.Work, task ledger.Task, o *ledger.Outcome) {
	w.Helper()
	var on *ledger.Delivery
	if len(task.Deliveries) > 0 {
		on = &task.Deliveries[0]
	}
	if on == nil || on.State != ledger.DeliveryDone {
		rows := []ledger.Intent{w.Intent(task.Document, task.Document.Key, on)}
		result, err := w.Intend(work, rows...)
		w.Must(err)
		w.Same("taken", len(result.Taken), 0)
		o.Deliveries = append(o.Deliveries, worldtest.Done(rows[0]))
	}
	o.Documents = append(o.Documents, ledger.Settled{Document: task.Document.ID, Rev: task.Document.ActiveRev, State: ledger.Delivered})
}

// recovered does what is left, after the claims of the process that was killed have
// ended, and proves that every order is in its bill once and the totals are exact.
func (w *workshop) recovered() {
	w.Helper()
	w.Now = w.Now.Add(2 * worldtest.Lease)
	w.work()
	fees, lines := new(big.Rat), new(big.Rat)
	for _, doc := range w.Documents() {
		w.Same("state of order "+doc.Key, doc.State, ledger.Delivered)
		var n int
		_, err := fmt.Sscan(doc.Key, &n)
		w.Must(err)
		add(w, fees, fmt.Sprintf("%d.%02d", n, n))
		add(w, lines, fmt.Sprintf("%d.1", n))
	}
	gotFees, gotLines := new(big.Rat), new(big.Rat)
	count := 0
	bills, err := w.Store.Documents(w.Context(), w.OpenStream("bills").ID, 0, 1000)
	w.Must(err)
	for _, bill := range bills {
		w.Same("bill", []any{bill.State, bill.ActiveRev}, []any{ledger.Delivered, 1})
		raw, err := w.Store.Body(w.Context(), bill.ID)
		w.Must(err)
		add(w, gotFees, item.Of(raw).Field("fee").Text())
		add(w, gotLines, item.Of(raw).Field("n").Text())
		for range item.Of(raw).Field("l").Elements() {
			count++
		}
	}
	w.Same("lines", count, 2*manyOrders)
	w.Same("fees", gotFees.FloatString(4), fees.FloatString(4))
	w.Same("totals", gotLines.FloatString(4), lines.FloatString(4))
	w.Same("bills", len(bills), 2*shops)
	w.Balance()
	done, err := w.Store.FinishRun(w.Context(), w.Run.ID, w.Now)
	w.Must(err)
	w.Same("finished", done, true)
}

func add(w *workshop, to *big.Rat, text string) {
	w.Helper()
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		w.Fatalf("%q is no number", text)
	}
	to.Add(to, n)
}

// killing is the work that is killed.
func killing() killtest.Suite[orders] {
	return killtest.Suite[orders]{
		Databases: map[string]func(*testing.T) string{"sqlite": storetest.SQLite, "mysql": storetest.MySQL},
		Points:    failpoint.Grouping(),
		Prepare:   newOrders,
		Work:      func(t *testing.T, o orders) { t.Helper(); o.open(t).work() },
		Recovered: func(t *testing.T, o orders) { t.Helper(); o.open(t).recovered() },
	}
}

// TestWorkUntilKilled is what the process does that is to be killed.
func TestWorkUntilKilled(t *testing.T) {
	t.Parallel()
	killing().Child(t)
}

// TestKilled kills processes around and inside each transaction of groups, and at
// random moments; another one goes on.
func TestKilled(t *testing.T) {
	t.Parallel()
	killing().Run(t)
}
