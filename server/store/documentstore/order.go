package documentstore

import (
	"context"
	"database/sql"
	"time"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/store"
)

// remembered is how long the key of an order is known.
const remembered = 7 * 24 * time.Hour

// Order implements document.Store.
func (s *Store) Order(ctx context.Context, workspace ledger.ID, key string) (document.Ordered, error) {
	found, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (document.Ordered, error) {
		var o document.Ordered
		return o, rows.Scan(&o.Document, &o.Asked)
	}, "SELECT document_id, asked FROM order_key WHERE workspace_id = ? AND order_key = ?", workspace, key)
	switch {
	case err != nil:
		return document.Ordered{}, err
	case len(found) == 0:
		return document.Ordered{}, ledger.ErrNotFound
	default:
		return found[0], nil
	}
}

// ordered remembers the key of an order with what it does, so that neither is there
// without the other, and forgets old ones.
func ordered(tx *gorm.DB, r ledger.Repair) error {
	if r.OrderKey == "" {
		return nil
	}
	if err := tx.Exec("DELETE FROM order_key WHERE workspace_id = ? AND created_at < ?", r.Workspace, r.Now.Add(-remembered)).Error; err != nil {
		return err
	}
	return tx.Exec("INSERT INTO order_key (workspace_id,order_key,document_id,asked,created_at) VALUES (?,?,?,?,?)",
		r.Workspace, r.OrderKey, r.Document, r.Asked, r.Now).Error
}
