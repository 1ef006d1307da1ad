// Package documentstore is what people do with the ledger: it lists documents,
// shows everything about one and carries out repairs by the rules of
// engine/ledger. The engine's own side of the same tables is in ledgerstore.
//
// It may import engine/ledger, server/document, server/store and below it ledgerrow and pack only.
package documentstore

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
	"github.com/karezflow/karez/server/store/pack"
)

// Store implements document.Store.
type Store struct {
	db   *store.DB
	sql  store.Dialect
	rows ledgerrow.Writer
}

var _ document.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db, db.Dialect(), ledgerrow.Writer{SQL: db.Dialect()}} }

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

// address names a payload; the zero address names none.
type address struct {
	pack ledger.ID
	no   int
}

// payloads reads the payloads of one document.
func payloads(tx *gorm.DB, at ...address) (map[address][]byte, error) {
	type packed struct {
		id   ledger.ID
		body []byte
	}
	out := map[address][]byte{}
	var ids []ledger.ID
	for _, a := range at {
		if a.pack != 0 {
			ids = append(ids, a.pack)
		}
	}
	err := store.Chunks(ids, func(ids []ledger.ID) error {
		packs, err := store.Scan(tx, func(rows *sql.Rows) (packed, error) {
			var p packed
			return p, rows.Scan(&p.id, &p.body)
		}, "SELECT id, body FROM pack WHERE id IN "+store.In(len(ids)), store.Args(nil, ids...)...)
		if err != nil {
			return err
		}
		for _, p := range packs {
			bodies, err := pack.Decode(p.body)
			if err != nil {
				return err
			}
			for no, body := range bodies {
				out[address{p.id, no}] = body
			}
		}
		return nil
	})
	return out, err
}

func null(text string) sql.NullString { return sql.NullString{String: text, Valid: text != ""} }
