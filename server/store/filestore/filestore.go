// Package filestore keeps in SQL what is known of uploaded files.
//
// It may import server/store, server/files and engine/ledger only.
package filestore

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/files"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/usage"
)

// Store implements files.Store.
type Store struct {
	db  *store.DB
	sql store.Dialect
}

var _ files.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db, db.Dialect()} }

func find(tx *gorm.DB, where string, args ...any) ([]files.File, error) {
	return store.Scan(tx, func(rows *sql.Rows) (files.File, error) {
		var f files.File
		return f, rows.Scan(&f.ID, &f.Workspace, &f.Name, &f.Sum, &f.Size, &f.By, &f.Uploaded)
	}, "SELECT id, workspace_id, name, sum, size, uploaded_by, uploaded_at FROM file WHERE "+where, args...)
}

// Files implements files.Store.
func (s *Store) Files(ctx context.Context, workspace ledger.ID) ([]files.File, error) {
	return find(s.db.Read(ctx), "workspace_id = ? ORDER BY name", workspace)
}

// File implements files.Store.
func (s *Store) File(ctx context.Context, workspace, id ledger.ID) (files.File, error) {
	return store.One(find(s.db.Read(ctx), "workspace_id = ? AND id = ?", workspace, id))
}

// Named implements files.Store.
func (s *Store) Named(ctx context.Context, workspace ledger.ID, name string) (files.File, error) {
	return store.One(find(s.db.Read(ctx), "workspace_id = ? AND name = ?", workspace, name))
}

// Put implements files.Store.
func (s *Store) Put(ctx context.Context, f files.File, replace bool) (stored files.File, before string, done bool, err error) {
	id, err := s.db.NextIDs(ctx, 1)
	if err != nil {
		return f, "", false, err
	}
	f.By = store.Cut(f.By, 190)
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		stored, before, done = f, "", true
		known, err := find(tx, "workspace_id = ? AND name = ?"+s.sql.ForUpdate(), f.Workspace, f.Name)
		if err != nil {
			return err
		}
		if len(known) == 0 {
			stored.ID = id
			return tx.Exec("INSERT INTO file (id, workspace_id, name, sum, size, uploaded_by, uploaded_at) VALUES (?,?,?,?,?,?,?)",
				id, f.Workspace, f.Name, f.Sum, f.Size, f.By, f.Uploaded).Error
		}
		if stored.ID, before = known[0].ID, known[0].Sum; !replace {
			stored, done = known[0], false
			return nil
		}
		return tx.Exec("UPDATE file SET sum = ?, size = ?, uploaded_by = ?, uploaded_at = ? WHERE id = ?", f.Sum, f.Size, f.By, f.Uploaded, stored.ID).Error
	})
	return stored, before, done && err == nil, err
}

// Delete implements files.Store.
func (s *Store) Delete(ctx context.Context, workspace, id ledger.ID) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("DELETE FROM file WHERE workspace_id = ? AND id = ?", workspace, id)
		if done.Error == nil && done.RowsAffected == 0 {
			return ledger.ErrNotFound
		}
		return done.Error
	})
}

// Holds implements files.Store.
func (s *Store) Holds(ctx context.Context, workspace ledger.ID, sum string) (bool, error) {
	found, err := find(s.db.Read(ctx), "workspace_id = ? AND sum = ? LIMIT 1", workspace, sum)
	return len(found) > 0, err
}

// Documents implements files.Store. Whether a document reads a file is not asked here,
// only whether it can.
func (s *Store) Documents(ctx context.Context, workspace ledger.ID) ([]usage.Document, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (usage.Document, error) {
		var d usage.Document
		return d, rows.Scan(&d.ID, &d.Title, &d.Text)
	}, "SELECT f.public_id, f.title, f.draft FROM flow f WHERE f.workspace_id = ? AND INSTR(f.draft, '\"file\"') > 0"+
		" UNION ALL SELECT f.public_id, f.title, v.document FROM flow f JOIN flow_version v ON v.flow_id = f.id"+
		" AND v.version_no = (SELECT MAX(n.version_no) FROM flow_version n WHERE n.flow_id = f.id)"+
		" WHERE f.workspace_id = ? AND INSTR(v.document, '\"file\"') > 0 ORDER BY 2, 1", workspace, workspace)
}
