// Package oncestore keeps the keys of orders in SQL: each is there with what its order
// did, and not without it.
//
// It may import server/once, engine/ledger and server/store only.
package oncestore

import (
	"context"
	"database/sql"
	"time"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/once"
	"github.com/karezflow/karez/server/store"
)

// kept is how long the key of an order is known.
const kept = 7 * 24 * time.Hour

// Store implements once.Keys.
type Store struct{ db *store.DB }

var _ once.Keys = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db} }

// Order implements once.Keys. document_id is the id of whatever an order is about: a
// process of the version before, which knows documents alone, works on the same table.
func (s *Store) Order(ctx context.Context, workspace ledger.ID, key string) (once.Order, error) {
	return store.One(store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (once.Order, error) {
		o := once.Order{Key: key}
		return o, rows.Scan(&o.Object, &o.Asked)
	}, "SELECT document_id, asked FROM order_key WHERE workspace_id = ? AND order_key = ?", workspace, key))
}

// Remember keeps the key of an order in the transaction that carries it out, and forgets
// old ones of the workspace. It fails where the key is there already.
func Remember(tx *gorm.DB, workspace ledger.ID, o once.Order, now ledger.Millis) error {
	if o.Key == "" {
		return nil
	}
	if err := tx.Exec("DELETE FROM order_key WHERE workspace_id = ? AND created_at < ?", workspace, now.Add(-kept)).Error; err != nil {
		return err
	}
	return tx.Exec("INSERT INTO order_key (workspace_id,order_key,document_id,asked,created_at) VALUES (?,?,?,?,?)", workspace, o.Key, o.Object, o.Asked, now).Error
}
