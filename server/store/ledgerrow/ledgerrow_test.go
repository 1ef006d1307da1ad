package ledgerrow_test

import (
	"reflect"
	"testing"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
	"github.com/karezflow/karez/server/store/storetest"
)

// TestSettledRows has documents end in few and in many ways at once: each row gets what
// is its own, and no other column changes.
func TestSettledRows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows := ledgerrow.Writer{SQL: db.Dialect()}
		for stream, ways := range []int{1, 5, 150} {
			var docs []ledger.Document
			for i := range 150 {
				docs = append(docs, ledger.Document{
					ID: ledger.ID(1000*(stream+1) + i), Workspace: 1, Stream: ledger.ID(stream), Key: string(rune('a'+i/26)) + string(rune('a'+i%26)), LatestRev: 2, ActiveRev: 2,
					SourceHash: 7, State: ledger.Waiting, Work: 77, Run: 3, Version: 4, Pack: 5, PackNo: i, Updated: 1000,
				})
			}
			before, plan := map[ledger.ID]ledger.Document{}, rules.OutcomePlan{}
			for i, d := range docs {
				before[d.ID] = d
				d.State, d.Work, d.DoneRev, d.Updated = ledger.Delivered, 0, 2, 2000
				if way := i % ways; way > 0 {
					d.State, d.Work, d.DoneRev, d.Attention = ledger.RetryAt, ledger.ID(900+way), 0, ledger.Warned
				}
				plan.Update = append(plan.Update, d)
			}
			if err := db.Write(t.Context(), func(tx *gorm.DB) error {
				if err := rows.InsertDocuments(tx, docs); err != nil {
					return err
				}
				return rows.CarryOut(tx, before, plan, 1, 1, 2000)
			}); err != nil {
				t.Fatal(err)
			}
			found, err := store.Scan(db.Read(t.Context()), ledgerrow.ScanDocument, "SELECT "+ledgerrow.DocumentColumns+" FROM document WHERE stream_id = ? ORDER BY id", stream)
			if err != nil || !reflect.DeepEqual(found, plan.Update) {
				t.Errorf("%d ways: %d rows, %v\n%+v\n%+v", ways, len(found), err, found, plan.Update)
			}
		}
	})
}
