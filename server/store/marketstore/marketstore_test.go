package marketstore_test

import (
	"errors"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/codetable"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/market"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/codetablestore"
	"github.com/karezflow/karez/server/store/flowstore"
	"github.com/karezflow/karez/server/store/marketstore"
	"github.com/karezflow/karez/server/store/storetest"
)

// TestAllOrNothing: a name that is taken, of a table or of a flow, leaves nothing behind.
func TestAllOrNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		s, tables, flows := marketstore.New(db), codetablestore.New(db, nil), flowstore.New(db)
		flow := func(id string) draft.Prepared {
			return draft.Prepared{PublicID: id, Contents: draft.Contents{Name: id, Title: id, Document: []byte(`{"metadata":{"id":"` + id + `"},"spec":{"nodes":[]}}`)}}
		}
		table := func(name string) market.NewTable {
			return market.NewTable{Table: codetable.Table{Workspace: 7, Name: name, Title: name, Updated: 5}, Rows: []codetable.Row{{Source: "a", Target: "1"}}}
		}
		count := func() (int, int) {
			t.Helper()
			f, err := flows.Flows(t.Context(), 7, draft.Filter{Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			c, err := tables.Tables(t.Context(), 7)
			if err != nil {
				t.Fatal(err)
			}
			rows := 0
			for _, one := range c {
				rows += one.Rows
			}
			return len(f), len(c)*10 + rows
		}
		made := []draft.Prepared{flow("m-one"), flow("m-two")}
		if err := s.Make(t.Context(), 7, made, []market.NewTable{table("shops")}, 5); err != nil {
			t.Fatal(err)
		}
		if f, c := count(); f != 2 || c != 11 {
			t.Errorf("%d flows, tables and rows %d", f, c)
		}
		err := s.Make(t.Context(), 7, []draft.Prepared{flow("m-three")}, []market.NewTable{table("units"), table("shops")}, 6)
		if fault.CodeOf(err) != "template.table_exists" {
			t.Errorf("a taken table: %v", err)
		}
		if err := s.Make(t.Context(), 7, []draft.Prepared{flow("m-four"), flow("m-one")}, []market.NewTable{table("units")}, 6); err == nil {
			t.Error("an id was given twice")
		}
		if f, c := count(); f != 2 || c != 11 {
			t.Errorf("something is left: %d flows, tables and rows %d", f, c)
		}
	})
}

// TestOwnTemplates: a version is stored once and never changes; the same content once more takes
// a signature and a permission over. Workspaces do not see each other's.
func TestOwnTemplates(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		s := marketstore.New(db)
		keep := func(workspace ledger.ID, k market.Kept, file string) bool {
			t.Helper()
			done, err := s.Keep(t.Context(), workspace, k, []byte(file))
			if err != nil {
				t.Fatal(err)
			}
			return done
		}
		one := market.Kept{ID: "a-to-b", Version: "1.0.0", Sum: "s1", Origin: market.Imported, By: "amy", At: 5}
		if !keep(7, one, "\x00bytes") || !keep(8, one, "theirs") {
			t.Fatal("a new version was not stored")
		}
		other := one
		if other.Sum = "s2"; keep(7, other, "others") {
			t.Error("a version was changed")
		}
		signed := one
		signed.Key, signed.By = "k1", "bob"
		if !keep(7, signed, "signed") {
			t.Error("the same content was refused")
		}
		allowed := one
		if allowed.Allowed = true; !keep(7, allowed, "not signed") {
			t.Error("the same content was refused")
		}
		next := one
		next.Version, next.Origin = "1.1.0", market.Published
		if !keep(7, next, "next") {
			t.Error("another version was refused")
		}
		all, err := s.Own(t.Context(), 7)
		want := one
		want.Key, want.Allowed = "k1", true
		if err != nil || len(all) != 2 || all[0] != want || all[1] != next {
			t.Errorf("%+v, %v", all, err)
		}
		file, err := s.Package(t.Context(), 7, "a-to-b", "1.0.0")
		if err != nil || string(file) != "signed" {
			t.Errorf("%q, %v", file, err)
		}
		if _, err := s.Package(t.Context(), 9, "a-to-b", "1.0.0"); !errors.Is(err, ledger.ErrNotFound) {
			t.Error(err)
		}
		for _, drop := range []struct {
			version string
			want    int
		}{{"3.0.0", 0}, {"1.0.0", 1}, {"", 1}, {"", 0}} {
			if n, err := s.Drop(t.Context(), 7, "a-to-b", drop.version); n != drop.want || err != nil {
				t.Errorf("%q: %d, %v", drop.version, n, err)
			}
		}
		if file, err := s.Package(t.Context(), 8, "a-to-b", "1.0.0"); err != nil || string(file) != "theirs" {
			t.Errorf("the other workspace's: %q, %v", file, err)
		}
	})
}
