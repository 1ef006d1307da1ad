package connectionstore_test

import (
	"testing"

	"gorm.io/gorm"

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
		for i, r := range rows {
			exec("INSERT INTO problem (document_id, workspace_id, flow_id, state, code, since) VALUES (?,?,?,?,?,?)", i+1, r.workspace, r.flow, r.state, "x", 1)
			exec("INSERT INTO work (id, workspace_id, kind, ref_id, flow_id, priority, due_at, owner) VALUES (?,?,?,?,?,?,?,?)",
				i+1, r.workspace, ledgerrow.WorkKind(r.kind), i+1, r.flow, 1, r.due, r.owner)
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
