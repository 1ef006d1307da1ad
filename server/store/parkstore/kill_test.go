package parkstore_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/failpoint/killtest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/store/storetest"
	"github.com/karezflow/karez/server/store/workstore"
)

// orders are documents of which each needs one of six codes and one of four items.
// Three of the codes and two of the items come.
type orders struct {
	Address                              string
	Workspace, Flow, Version, Connection ledger.ID
	Stream                               ledger.Stream
	Run                                  ledger.Run
	Items                                ledger.Window
	ItemStream                           ledger.Stream
	Table                                ledger.ID
}

const (
	manyOrders = 24
	allCodes   = 6
	codesCome  = 3
	allItems   = 4
	itemsCome  = 2
)

// workshop is the program that works on orders.
type workshop struct {
	*worldtest.World
	orders orders

	store  whole
	lookup *lookup.Resolver
	flow   string
}

func (o orders) open(t *testing.T) *workshop {
	t.Helper()
	db := storetest.Open(t, o.Address)
	s := open(db)
	w := &worldtest.World{
		Reporter: t, Store: s, Workspace: o.Workspace, Flow: o.Flow, Version: o.Version, Connection: o.Connection,
		Stream: o.Stream, Run: o.Run, Runs: []ledger.ID{o.Run.ID}, Now: worldtest.Start,
	}
	w.Must(workstore.FreeAll(t.Context(), db))
	w.OpenStream(o.Stream.NodeID) // so that it is balanced
	w.OpenStream(o.ItemStream.NodeID)
	return &workshop{w, o, s, lookup.New(s), fmt.Sprint("flow-", o.Flow)}
}

// newOrders pulls the orders and half of the items that others come to look up.
func newOrders(t *testing.T, address string) orders {
	t.Helper()
	s := open(storetest.Migrated(t, address))
	w := worldtest.New(t, s)
	o := orders{
		Address: address, Workspace: w.Workspace, Flow: w.Flow, Version: w.Version, Connection: w.Connection, Stream: w.Stream, Run: w.Run,
		ItemStream: w.OpenStream("items"),
	}
	var docs []ledger.Incoming
	for i := range manyOrders {
		docs = append(docs, worldtest.Raw(fmt.Sprint(i), fmt.Appendf(nil, `{"shop":"S%d","item":"%d"}`, i%allCodes, i%allItems)))
	}
	for half := range slices.Chunk(docs, manyOrders/3) {
		w.Pull(half...)
	}
	w.Stream = o.ItemStream
	o.Items = w.StartWindow(ledger.Live, 0, 100)
	w.Window = o.Items
	for i := range 9 {
		w.Pull(worldtest.Raw(fmt.Sprint("other", i), fmt.Appendf(nil, `{"no":"other%d","name":"x"}`, i)))
	}
	var err error
	o.Table, err = s.CreateTable(t.Context(), w.Workspace, "shops")
	w.Must(err)
	w.Must(s.PublishFlow(t.Context(), w.Workspace, w.Flow, fmt.Sprint("flow-", w.Flow)))
	return o
}

// work does all that is to be done; whatever was done of it before, done again changes nothing.
func (w *workshop) work() {
	w.Helper()
	ctx := w.Context()
	stream, err := w.store.RegisterLookups(ctx, w.Workspace, w.flow, "items", []string{"no", "name"})
	w.Must(err)
	for done := false; !done; {
		done, err = w.store.BuildIndex(ctx, stream, 3)
		w.Must(err)
	}
	w.walk()
	rows := map[string]string{}
	for i := range codesCome {
		rows[fmt.Sprint("S", i)] = "T"
	}
	_, err = w.store.Fill(ctx, w.orders.Table, rows, w.Now)
	w.Must(err)
	for i := range itemsCome {
		page := w.PageOf(worldtest.Raw(fmt.Sprint("item", i), fmt.Appendf(nil, `{"no":"%d","name":"item"}`, i)))
		page.Stream, page.Window, page.Attempt, page.PageNo = w.orders.ItemStream.ID, w.orders.Items.ID, w.orders.Items.Attempt, 100+i
		w.Commit(page)
	}
	w.walk()
}

// walk walks the orders that are due, until none is.
func (w *workshop) walk() {
	w.Helper()
	for {
		covers := map[ledger.ID]bool{}
		for _, doc := range w.Documents() {
			covers[doc.Work] = true
		}
		due := slices.DeleteFunc(w.Due(), func(row ledger.Work) bool { return !covers[row.ID] })
		if len(due) == 0 {
			return
		}
		for _, row := range due {
			work := w.Claim(row.ID, "worker")
			var settled []ledger.Settled
			for _, task := range w.Load(work) {
				settled = append(settled, w.conclude(task))
			}
			w.Conclude(work, settled...)
		}
	}
}

func (w *workshop) conclude(task ledger.Task) ledger.Settled {
	w.Helper()
	doc := item.Of(task.Body)
	out := ledger.Settled{Document: task.Document.ID, Rev: task.Document.ActiveRev, State: ledger.Delivered, OnSeen: ledger.Skip}
	asked := []item.Lookup{
		{Table: "shops", Where: []item.Equal{{Value: doc.Path("shop").Text()}}},
		{From: w.flow + ".items", Find: "name", Where: []item.Equal{{Path: "no", Value: doc.Path("item").Text()}}},
	}
	found, err := w.lookup.Answer(w.Context(), w.Workspace, asked)
	w.Must(err)
	for _, l := range asked {
		if f := found[l.Key()]; len(f.Values) == 0 {
			out.State, out.Waits = ledger.Unmapped, append(out.Waits, f.Wait)
			out.Problem = &ledger.Problem{Code: "lookup.values_missing", Message: "values are missing"}
		}
	}
	return out
}

// recovered does what is left, after the claims of the process that was killed have
// ended, and proves that every order is where it belongs.
func (w *workshop) recovered() {
	w.Helper()
	w.Now = w.Now.Add(2 * worldtest.Lease)
	w.work()
	for _, doc := range w.Documents() {
		var n int
		_, err := fmt.Sscan(doc.Key, &n)
		w.Must(err)
		want := ledger.Delivered
		var waits []ledger.WaitKey
		if n%allCodes >= codesCome {
			waits = append(waits, ledger.WaitKey{Kind: ledger.CodeWait, Ref: w.orders.Table, Value: fmt.Sprint("S", n%allCodes)})
		}
		if n%allItems >= itemsCome {
			waits = append(waits, ledger.WaitKey{Kind: ledger.StreamWait, Ref: w.orders.ItemStream.ID, Value: w.place(fmt.Sprint(n % allItems))})
		}
		if len(waits) > 0 {
			want = ledger.Unmapped
		}
		w.Same("state of order "+doc.Key, doc.State, want)
		got, err := w.store.Waits(w.Context(), doc.ID)
		w.Must(err)
		w.Same("what order "+doc.Key+" waits for", got, waits)
	}
	w.Balance()
}

// place gives what waits for an item wait for.
func (w *workshop) place(no string) string {
	w.Helper()
	s, _, err := w.store.LookupStream(w.Context(), w.Workspace, w.flow, "items")
	w.Must(err)
	return lookup.StreamPlace(s.Fields["no"], no)
}

// killing is the work that is killed.
func killing() killtest.Suite[orders] {
	return killtest.Suite[orders]{
		Databases: map[string]func(*testing.T) string{"sqlite": storetest.SQLite, "mysql": storetest.MySQL},
		Points:    failpoint.Parking(),
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

// TestKilled kills processes inside each transaction that parks, releases and indexes,
// and at random moments; another one goes on.
func TestKilled(t *testing.T) {
	t.Parallel()
	killing().Run(t)
}
