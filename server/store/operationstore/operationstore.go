// Package operationstore keeps derived operations in SQL.
//
// It may import server/store, server/operation, server/usage and engine/ledger only.
package operationstore

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/operation"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/usage"
)

// Store implements operation.Store.
type Store struct {
	db  *store.DB
	sql store.Dialect
}

var _ operation.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db, db.Dialect()} }

// Operations implements operation.Store.
func (s *Store) Operations(ctx context.Context, workspace ledger.ID) ([]operation.Operation, error) {
	return s.read(ctx, "workspace_id = ? ORDER BY name", workspace)
}

// Operation implements operation.Store.
func (s *Store) Operation(ctx context.Context, workspace, id ledger.ID) (operation.Operation, error) {
	return store.One(s.read(ctx, "workspace_id = ? AND id = ?", workspace, id))
}

// Named implements operation.Store.
func (s *Store) Named(ctx context.Context, workspace ledger.ID, name string) (operation.Operation, error) {
	return store.One(s.read(ctx, "workspace_id = ? AND name = ?", workspace, name))
}

func (s *Store) read(ctx context.Context, where string, args ...any) ([]operation.Operation, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (operation.Operation, error) {
		var o operation.Operation
		return o, rows.Scan(&o.ID, &o.Workspace, &o.Name, &o.Body, &o.Version, &o.Updated)
	}, "SELECT id, workspace_id, name, body, version, updated_at FROM derived_operation WHERE "+where, args...)
}

// Insert implements operation.Store.
func (s *Store) Insert(ctx context.Context, o operation.Operation) (ledger.ID, bool, error) {
	id, err := s.db.NextIDs(ctx, 1)
	if err != nil {
		return 0, false, err
	}
	made := false
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		known, err := store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM derived_operation WHERE workspace_id = ? AND name = ?"+s.sql.ForUpdate(), o.Workspace, o.Name)
		if made = len(known) == 0; err != nil || !made {
			return err
		}
		return tx.Exec("INSERT INTO derived_operation (id, workspace_id, name, body, version, updated_at) VALUES (?,?,?,?,?,?)",
			id, o.Workspace, o.Name, string(o.Body), o.Version, o.Updated).Error
	})
	return id, made, err
}

// Replace implements operation.Store.
func (s *Store) Replace(ctx context.Context, id ledger.ID, old int64, body []byte, now ledger.Millis) (bool, error) {
	changed := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE derived_operation SET body = ?, version = version + 1, updated_at = ? WHERE id = ? AND version = ?", string(body), now, id, old)
		changed = done.RowsAffected > 0
		return done.Error
	})
	return changed, err
}

// Delete implements operation.Store.
func (s *Store) Delete(ctx context.Context, id ledger.ID) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error { return tx.Exec("DELETE FROM derived_operation WHERE id = ?", id).Error })
}

// Documents implements operation.Store. Only whether a document can name an operation is asked here.
func (s *Store) Documents(ctx context.Context, workspace ledger.ID) ([]usage.Document, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (usage.Document, error) {
		var d usage.Document
		return d, rows.Scan(&d.ID, &d.Title, &d.Text)
	}, "SELECT f.public_id, f.title, f.draft FROM flow f WHERE f.workspace_id = ? AND INSTR(f.draft, '#') > 0"+
		" UNION ALL SELECT f.public_id, f.title, v.document FROM flow f JOIN flow_version v ON v.flow_id = f.id"+
		" AND v.version_no = (SELECT MAX(n.version_no) FROM flow_version n WHERE n.flow_id = f.id)"+
		" WHERE f.workspace_id = ? AND INSTR(v.document, '#') > 0 ORDER BY 2, 1", workspace, workspace)
}
