package marketstore_test

import (
	"testing"

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
