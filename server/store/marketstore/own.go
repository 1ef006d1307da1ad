package marketstore

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/market"
	"github.com/karezflow/karez/server/store"
)

// Own implements market.Store.
func (s *Store) Own(ctx context.Context, workspace ledger.ID) ([]market.Kept, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (market.Kept, error) {
		var k market.Kept
		return k, rows.Scan(&k.ID, &k.Version, &k.Sum, &k.Key, &k.Origin, &k.Allowed, &k.By, &k.At)
	}, "SELECT template_id, version, sum, key_id, origin, allowed, author, created_at FROM workspace_template WHERE workspace_id = ? ORDER BY template_id, version", workspace)
}

// Package implements market.Store.
func (s *Store) Package(ctx context.Context, workspace ledger.ID, id, version string) ([]byte, error) {
	return store.One(store.Scan(s.db.Read(ctx), store.Column[[]byte],
		"SELECT package FROM workspace_template WHERE workspace_id = ? AND template_id = ? AND version = ?", workspace, id, version))
}

// Keep implements market.Store.
func (s *Store) Keep(ctx context.Context, workspace ledger.ID, k market.Kept, file []byte) (bool, error) {
	kept := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		kept = false
		known, err := store.Scan(tx, store.Column[string],
			"SELECT sum FROM workspace_template WHERE workspace_id = ? AND template_id = ? AND version = ?"+s.sql.ForUpdate(), workspace, k.ID, k.Version)
		if err != nil || len(known) > 0 && known[0] != k.Sum {
			return err
		}
		if kept = true; len(known) > 0 { // the same once more: it may be signed now, or allowed
			return again(tx, workspace, k, file)
		}
		return tx.Exec("INSERT INTO workspace_template (workspace_id, template_id, version, package, sum, key_id, origin, allowed, author, created_at) VALUES (?,?,?,?,?,?,?,?,?,?)",
			workspace, k.ID, k.Version, file, k.Sum, store.Cut(k.Key, 64), k.Origin, k.Allowed, store.Cut(k.By, 190), k.At).Error
	})
	return kept && err == nil, err
}

func again(tx *gorm.DB, workspace ledger.ID, k market.Kept, file []byte) error {
	const which = " WHERE workspace_id = ? AND template_id = ? AND version = ?"
	if k.Key != "" {
		if err := tx.Exec("UPDATE workspace_template SET package = ?, key_id = ?"+which, file, store.Cut(k.Key, 64), workspace, k.ID, k.Version).Error; err != nil {
			return err
		}
	}
	if !k.Allowed {
		return nil
	}
	return tx.Exec("UPDATE workspace_template SET allowed = 1"+which, workspace, k.ID, k.Version).Error
}

// Drop implements market.Store.
func (s *Store) Drop(ctx context.Context, workspace ledger.ID, id, version string) (int, error) {
	gone := 0
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("DELETE FROM workspace_template WHERE workspace_id = ? AND template_id = ? AND (? = '' OR version = ?)", workspace, id, version, version)
		gone = int(done.RowsAffected)
		return done.Error
	})
	return gone, err
}
