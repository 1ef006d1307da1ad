package drystore_test

import (
	"testing"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store/drystore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestWhatIsOnRecord(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		db := storetest.Migrated(t, address)
		put := func(tx *gorm.DB, text string, args ...any) error { return tx.Exec(text, args...).Error }
		if err := db.Write(t.Context(), func(tx *gorm.DB) error {
			for _, s := range []string{
				"INSERT INTO flow (id, workspace_id, public_id, name, title, draft, updated_at) VALUES (5, 1, 'ours', 'n', 't', '', 1)",
				"INSERT INTO stream (id, workspace_id, flow_id, node_id, kind) VALUES (6, 1, 5, 'read', 'x')",
				"INSERT INTO document (id, workspace_id, stream_id, doc_key, number, latest_rev, active_rev, done_rev, src_hash, state, run_id, version_id, updated_at) VALUES (7, 1, 6, 'k1', 'N1', 1, 1, 1, 42, 1, 1, 1, 1)",
				"INSERT INTO delivery (document_id, node_no, part, workspace_id, rev, version_id, connection_id, resource, target_key, state, target_id, target_number, updated_at) VALUES (7, 3, 0, 1, 1, 1, 8, 'bill', 'T1', 3, '9', 'B1', 1)",
				"INSERT INTO target_key (connection_id, resource, target_key, document_id, node_no, part, state) VALUES (8, 'bill', 'T1', 7, 3, 0, 3)",
			} {
				if err := put(tx, s); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		s := drystore.New(db)
		for where, want := range map[ledger.ID]int{1: 1, 2: 0} {
			found, err := s.Standing(t.Context(), where, "ours", "read", []string{"k1", "k2"})
			if err != nil || len(found) != want {
				t.Fatalf("workspace %d: %+v, %v", where, found, err)
			}
			owners, err := s.Owners(t.Context(), where, 8, "bill", []string{"T1", "T2"})
			if err != nil || len(owners) != want {
				t.Fatalf("workspace %d: %+v, %v", where, owners, err)
			}
			if want == 0 {
				continue
			}
			k1 := found["k1"]
			if k1.Document != 7 || k1.SourceHash != 42 || !k1.Delivered || len(k1.Deliveries) != 1 || k1.Deliveries[0].State != ledger.DeliveryDone || k1.Deliveries[0].TargetNumber != "B1" || owners["T1"].Number != "N1" {
				t.Errorf("%+v, %+v", k1, owners)
			}
		}
	})
}
