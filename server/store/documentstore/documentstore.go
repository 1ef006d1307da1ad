// Package documentstore is what people do with the ledger: it lists documents,
// shows everything about one and carries out repairs by the rules of
// engine/ledger. The engine's own side of the same tables is in ledgerstore.
//
// It may import engine/ledger, its rules, server/document, server/once, server/store and below it errandstore, groupstore,
// hookstore, ledgerrow, lookupstore, oncestore, pack and parkstore only.
package documentstore

import (
	"context"
	"database/sql"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/groupstore"
	"github.com/karezflow/karez/server/store/ledgerrow"
	"github.com/karezflow/karez/server/store/lookupstore"
	"github.com/karezflow/karez/server/store/oncestore"
)

// Store implements document.Store.
type Store struct {
	*oncestore.Store

	db   *store.DB
	sql  store.Dialect
	rows ledgerrow.Writer
	// index is what others look up in documents.
	index *lookupstore.Store
	group *groupstore.Store
}

var _ document.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store {
	return &Store{oncestore.New(db), db, db.Dialect(), ledgerrow.Writer{SQL: db.Dialect()}, lookupstore.New(db), groupstore.New(db)}
}

// Published implements document.Store: the newest version.
func (s *Store) Published(ctx context.Context, flow ledger.ID) (ledger.ID, error) {
	ids, err := store.Scan(s.db.Read(ctx), scanID, "SELECT id FROM flow_version WHERE flow_id = ? ORDER BY version_no DESC LIMIT 1", flow)
	if err == nil && len(ids) == 0 {
		err = ledger.ErrNotFound
	}
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}

// NodeNo implements document.Store.
func (s *Store) NodeNo(ctx context.Context, flow ledger.ID, node string) (int, error) {
	no := 0
	err := s.db.Read(ctx).Raw("SELECT COALESCE(MAX(node_no), 0) FROM flow_node WHERE flow_id = ? AND node_id = ?", flow, node).Scan(&no).Error
	return no, err
}

func scanID(rows *sql.Rows) (ledger.ID, error) {
	var id ledger.ID
	return id, rows.Scan(&id)
}

func null(text string) sql.NullString { return sql.NullString{String: text, Valid: text != ""} }
