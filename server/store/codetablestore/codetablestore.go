// Package codetablestore keeps code tables in SQL.
//
// It may import server/store, server/codetable and engine/ledger only.
package codetablestore

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/codetable"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/usage"
)

// Release lets documents go on that wait for codes of a table: for the sources of rows
// that were added or have another target, or for those targets. It runs within the
// transaction that writes them, after the table has its new version, and gives the
// work that is due.
type Release func(tx *gorm.DB, table ledger.ID, sources, targets []string, now ledger.Millis) ([]ledger.ID, error)

// Store implements codetable.Store.
type Store struct {
	db      *store.DB
	sql     store.Dialect
	release Release
}

var _ codetable.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB, release Release) *Store { return &Store{db, db.Dialect(), release} }

// waiting are the codes that documents of tables wait for: what a document waited for
// before it left the state counts no more.
const waiting = " FROM wait w JOIN document d ON d.id = w.document_id WHERE w.kind = 'code' AND d.state = ?"

// Tables implements codetable.Store.
func (s *Store) Tables(ctx context.Context, workspace ledger.ID) ([]codetable.Table, error) {
	return tables(s.db.Read(ctx), "t.workspace_id = ? ORDER BY t.title, t.name", workspace)
}

// Table implements codetable.Store.
func (s *Store) Table(ctx context.Context, workspace, id ledger.ID) (codetable.Table, error) {
	read := s.db.Read(ctx)
	t, err := store.One(tables(read, "t.workspace_id = ? AND t.id = ?", workspace, id))
	if err != nil {
		return t, err
	}
	t.Ambiguous, err = store.One(store.Scan(read, store.Column[int],
		"SELECT COUNT(*) FROM (SELECT target FROM code_row WHERE table_id = ? GROUP BY target HAVING COUNT(*) > 1) shared", id))
	return t, err
}

func tables(tx *gorm.DB, where string, args ...any) ([]codetable.Table, error) {
	return store.Scan(tx, func(rows *sql.Rows) (codetable.Table, error) {
		var t codetable.Table
		return t, rows.Scan(&t.ID, &t.Workspace, &t.Name, &t.Title, &t.Version, &t.Updated, &t.Rows, &t.Missing, &t.Waiting)
	}, "SELECT t.id, t.workspace_id, t.name, t.title, t.version, t.updated_at, (SELECT COUNT(*) FROM code_row r WHERE r.table_id = t.id),"+
		" COALESCE(m.codes, 0), COALESCE(m.documents, 0) FROM code_table t LEFT JOIN (SELECT w.ref_id, COUNT(DISTINCT w.value) codes,"+
		" COUNT(DISTINCT w.document_id) documents"+waiting+" GROUP BY w.ref_id) m ON m.ref_id = t.id WHERE "+where, append([]any{ledger.Unmapped}, args...)...)
}

// Insert implements codetable.Store.
func (s *Store) Insert(ctx context.Context, t codetable.Table) (ledger.ID, bool, error) {
	id, err := s.db.NextIDs(ctx, 1)
	if err != nil {
		return 0, false, err
	}
	made := false
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		made, err = s.InsertIn(tx, id, t, nil)
		return err
	})
	return id, made, err
}

// InsertIn is Insert within a transaction, under an id of the caller's and with rows.
func (s *Store) InsertIn(tx *gorm.DB, id ledger.ID, t codetable.Table, rows []codetable.Row) (bool, error) {
	known, err := store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM code_table WHERE workspace_id = ? AND name = ?"+s.sql.ForUpdate(), t.Workspace, t.Name)
	if err != nil || len(known) > 0 {
		return false, err
	}
	if err := tx.Exec("INSERT INTO code_table (id, workspace_id, name, title, updated_at) VALUES (?,?,?,?,?)", id, t.Workspace, t.Name, t.Title, t.Updated).Error; err != nil {
		return false, err
	}
	return true, s.write(tx, id, codetable.PlanChange(nil, codetable.Change{Put: rows}), t.Updated)
}

// Rename implements codetable.Store.
func (s *Store) Rename(ctx context.Context, id ledger.ID, title string, now ledger.Millis) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE code_table SET title = ?, updated_at = ? WHERE id = ?", title, now, id)
		if done.Error == nil && done.RowsAffected == 0 {
			return ledger.ErrNotFound
		}
		return done.Error
	})
}

// lock gives a table's version and holds the table to the transaction's end, against
// other changes and against documents that are about to wait for it.
func (s *Store) lock(tx *gorm.DB, id ledger.ID) (int64, error) {
	return store.One(store.Scan(tx, store.Column[int64], "SELECT version FROM code_table WHERE id = ?"+s.sql.ForUpdate(), id))
}

// Delete implements codetable.Store.
func (s *Store) Delete(ctx context.Context, id ledger.ID) (bool, error) {
	gone := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		gone = false
		if _, err := s.lock(tx, id); err != nil {
			return err
		}
		waits, err := store.Scan(tx, store.Column[ledger.ID], "SELECT w.document_id"+waiting+" AND w.ref_id = ? LIMIT 1", ledger.Unmapped, id)
		if err != nil || len(waits) > 0 {
			return err
		}
		gone = true
		for _, statement := range []string{
			"DELETE FROM wait WHERE kind = 'code' AND ref_id = ?", "DELETE FROM code_row WHERE table_id = ?", "DELETE FROM code_table WHERE id = ?",
		} {
			if err := tx.Exec(statement, id).Error; err != nil {
				return err
			}
		}
		return nil
	})
	return gone && err == nil, err
}

// Documents implements codetable.Store. Whether a document names a table is not asked
// here, only whether it can.
func (s *Store) Documents(ctx context.Context, workspace ledger.ID) ([]usage.Document, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (usage.Document, error) {
		var d usage.Document
		return d, rows.Scan(&d.ID, &d.Title, &d.Text)
	}, "SELECT f.public_id, f.title, f.draft FROM flow f WHERE f.workspace_id = ? AND INSTR(f.draft, 'able\"') > 0"+
		" UNION ALL SELECT f.public_id, f.title, v.document FROM flow f JOIN flow_version v ON v.flow_id = f.id"+
		" AND v.version_no = (SELECT MAX(n.version_no) FROM flow_version n WHERE n.flow_id = f.id)"+
		" WHERE f.workspace_id = ? AND INSTR(v.document, 'able\"') > 0 ORDER BY 2, 1", workspace, workspace)
}
