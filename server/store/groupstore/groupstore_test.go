package groupstore_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/grouptest"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/groupstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	if os.Getenv("KAREZ_TEST_LONG") == "" && os.Getenv("RAPID_CHECKS") == "" {
		if err := flag.Set("rapid.checks", "8"); err != nil {
			panic(err)
		}
	}
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

// whole is the ledger with the side that people act on and that makes bills.
type whole struct {
	*ledgerstore.Store
	*repairs
	*groups
}

type (
	repairs = documentstore.Store
	groups  = groupstore.Store
)

// The behaviour that every ledger with groups shows.
func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		grouptest.Exercise(t, whole{ledgerstore.New(db), documentstore.New(db), groupstore.New(db)})
	})
}

// A page shows what a bill was made of, and a member its bill.
func TestDetail(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := &workshop{store: wholeOf(db), World: worldtest.New(t, wholeOf(db))}
		w.use()
		w.Pull(worldtest.Raw("a", []byte(`{"shop":7,"fee":1,"l":[{"n":1}]}`)), worldtest.Raw("b", []byte(`{"shop":7,"fee":2,"l":[{"n":2},{"n":3}]}`)))
		w.Must(w.Store.EndPulling(t.Context(), w.Run.ID, nil, w.Now))
		w.work()
		a, b := w.Doc("a"), w.Doc("b")
		shown, err := w.store.Detail(t.Context(), w.Workspace, b.ID)
		w.Must(err)
		if shown.Bill != nil || len(shown.Bills) != 1 || shown.Bills[0].Number != "7" || shown.Bills[0].State != "delivered" || shown.Bills[0].Node != "bills" {
			t.Fatalf("a member shows %+v, %+v", shown.Bill, shown.Bills)
		}
		shown, err = w.store.Detail(t.Context(), w.Workspace, shown.Bills[0].ID)
		w.Must(err)
		want := &document.Bill{Count: 2, Members: []document.Member{
			{ID: a.ID, Node: "orders", Key: "a", Number: "No a", State: "delivered", Rev: 1}, {ID: b.ID, Node: "orders", Key: "b", Number: "No b", State: "delivered", Rev: 1},
		}, Lines: [][]document.Origin{{{Member: a.ID}}, {{Member: b.ID}}, {{Member: b.ID, Line: 1}}}}
		if diff := cmp.Diff(want, shown.Bill); diff != "" || len(shown.Bills) != 0 || shown.Run != w.Run.ID {
			t.Errorf("the bill shows %s, of run %d", diff, shown.Run)
		}
		found, err := w.store.List(t.Context(), document.Query{Workspace: w.Workspace, Number: "7", Limit: 10})
		w.Must(err)
		listed := found.Items
		if len(listed) != 1 || listed[0].ID != shown.ID {
			t.Errorf("by its number are found %+v", listed)
		}
		for what, q := range map[string]document.Query{
			"node": {}, "state": {States: []ledger.State{ledger.Delivered}}, "run": {Run: w.Run.ID}, "run and state": {Run: w.Run.ID, States: []ledger.State{ledger.Delivered}},
		} {
			q.Workspace, q.Node, q.Limit = w.Workspace, "bills", 10
			found, err := w.store.List(t.Context(), q)
			w.Must(err)
			listed := found.Items
			if len(listed) != 1 || listed[0].ID != shown.ID || listed[0].Run != w.Run.ID {
				t.Errorf("by its %s are found %+v", what, listed)
			}
		}
		if found, err = w.store.List(t.Context(), document.Query{Workspace: w.Workspace, Run: w.Run.ID, Limit: 10}); err != nil || len(found.Items) != 2 {
			t.Errorf("of the run are shown %+v, %v", found.Items, err)
		}
	})
}
