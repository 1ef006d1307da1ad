package connectionstore_test

import (
	"testing"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store/connectionstore"
	"github.com/karezflow/karez/server/store/ledgerrow"
	"github.com/karezflow/karez/server/store/storetest"
)

// TestWakeConnection: what is to be tried again is due when the connection is mended,
// of the flows that name it alone, and nothing else is.
func TestWakeConnection(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		t.Helper()
		db := storetest.Migrated(t, address)
		s := connectionstore.New(db)
		const now, later, many = 1000, 9000, 1200
		exec := func(sql string, args ...any) {
			t.Helper()
			if err := db.Write(t.Context(), func(tx *gorm.DB) error { return tx.Exec(sql, args...).Error }); err != nil {
				t.Fatal(err)
			}
		}
		for flow, name := range map[int]string{1: "k3", 2: "other", 3: "k3"} {
			exec("INSERT INTO flow_connection (flow_id, published, name, workspace_id) VALUES (?,?,?,?)", flow, 1, name, 1)
		}
		exec("INSERT INTO flow_connection (flow_id, published, name, workspace_id) VALUES (?,?,?,?)", 4, 1, "k3", 2)
		type row struct {
			flow, workspace int
			state           ledger.State
			kind            ledger.WorkKind
			due             ledger.Millis
			owner           string
			wakes           bool
		}
		rows := []row{
			{1, 1, ledger.RetryAt, ledger.DocumentWork, later, "", true},
			{3, 1, ledger.RetryAt, ledger.DocumentWork, later, "", true},
			{2, 1, ledger.RetryAt, ledger.DocumentWork, later, "", false},
			{4, 2, ledger.RetryAt, ledger.DocumentWork, later, "", false},
			{1, 1, ledger.NeedsDecision, ledger.DocumentWork, later, "", false},
			{1, 1, ledger.RetryAt, ledger.PageWork, later, "", false},
			{1, 1, ledger.RetryAt, ledger.DocumentWork, ledger.FarFuture, "", false},
			{1, 1, ledger.RetryAt, ledger.DocumentWork, later, "somebody", false},
			{1, 1, ledger.RetryAt, ledger.DocumentWork, now - 1, "", false},
		}
		for range many {
			rows = append(rows, rows[0])
		}
		err := db.Write(t.Context(), func(tx *gorm.DB) error {
			for i, r := range rows {
				err := tx.Exec("INSERT INTO problem (document_id, workspace_id, flow_id, state, code, since) VALUES (?,?,?,?,?,?)", i+1, r.workspace, r.flow, r.state, "x", 1).Error
				if err == nil {
					err = tx.Exec("INSERT INTO work (id, workspace_id, kind, ref_id, flow_id, priority, due_at, owner) VALUES (?,?,?,?,?,?,?,?)",
						i+1, r.workspace, ledgerrow.WorkKind(r.kind), i+1, r.flow, 1, r.due, r.owner).Error
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.WakeConnection(t.Context(), 1, "k3", now); err != nil {
			t.Fatal(err)
		}
		var due []ledger.Millis
		if err := db.Read(t.Context()).Raw("SELECT due_at FROM work ORDER BY id").Scan(&due).Error; err != nil || len(due) != len(rows) {
			t.Fatal(len(due), err)
		}
		for i, r := range rows {
			if want := map[bool]ledger.Millis{true: now, false: r.due}[r.wakes]; due[i] != want {
				t.Errorf("row %d %+v is due at %d, want %d", i, r, due[i], want)
			}
		}
	})
}

// TestWakeConnectionWakesCalls: the calls after walks that wait for the connection are
// due when it is mended, and no others.
func TestWakeConnectionWakesCalls(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		t.Helper()
		db := storetest.Migrated(t, address)
		const now, later = 1000, 9000
		rows := []struct {
			workspace  int
			connection string
			state      errand.State
			due        ledger.Millis
			owner      string
			wakes      bool
		}{
			{1, "ding", errand.RetryAt, later, "", true},
			{1, "ding", errand.RetryAt, now + 1, "", true},
			{1, "k3", errand.RetryAt, later, "", false},
			{2, "ding", errand.RetryAt, later, "", false},
			{1, "ding", errand.RetryAt, later, "a courier", false},
			{1, "ding", errand.RetryAt, now - 1, "", false},
			{1, "ding", errand.Pending, later, "", false}, // it is gathered until then
			{1, "ding", errand.Unknown, later, "", false},
			{1, "ding", errand.Rejected, ledger.FarFuture, "", false},
			{1, "ding", errand.Done, ledger.FarFuture, "", false},
		}
		for i, r := range rows {
			if err := db.Write(t.Context(), func(tx *gorm.DB) error {
				return tx.Exec("INSERT INTO errand (id, workspace_id, document_id, rev, node_no, way, node_id, purpose, flow_id, run_id, connection, operation, mode, row_key, trace_id,"+
					" state, owner, due_at, created_at, updated_at) VALUES (?,?,?,1,1,'w','tell',?,1,1,?,'send','create','','',?,?,?,1,1)",
					i+1, r.workspace, i+1, ledger.NotifyErrand, r.connection, r.state, r.owner, r.due).Error
			}); err != nil {
				t.Fatal(err)
			}
		}
		if err := connectionstore.New(db).WakeConnection(t.Context(), 1, "ding", now); err != nil {
			t.Fatal(err)
		}
		var due []ledger.Millis
		if err := db.Read(t.Context()).Raw("SELECT due_at FROM errand ORDER BY id").Scan(&due).Error; err != nil || len(due) != len(rows) {
			t.Fatal(len(due), err)
		}
		for i, r := range rows {
			if want := map[bool]ledger.Millis{true: now, false: r.due}[r.wakes]; due[i] != want {
				t.Errorf("row %d %+v is due at %d, want %d", i, r, due[i], want)
			}
		}
	})
}
