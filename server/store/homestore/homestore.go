// Package homestore keeps in SQL what workspaces have come to.
//
// It may import server/store, server/home and engine/ledger only.
package homestore

import (
	"context"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/home"
	"github.com/karezflow/karez/server/store"
)

// Store implements home.Store.
type Store struct{ db *store.DB }

var _ home.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db} }

// Reach implements home.Store.
func (s *Store) Reach(ctx context.Context, workspace ledger.ID, milestone string) error {
	milestones := store.Table{Name: "milestone", Key: "workspace_id,name", Columns: []string{"workspace_id", "name"}}
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		return s.db.Dialect().Ensure(tx, milestones, [][]any{{workspace, milestone}})
	})
}

// Reached implements home.Store.
func (s *Store) Reached(ctx context.Context, workspace ledger.ID) ([]string, error) {
	return store.Scan(s.db.Read(ctx), store.Column[string], "SELECT name FROM milestone WHERE workspace_id = ? ORDER BY name", workspace)
}
