package workstore

import (
	"context"
	"database/sql"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/execution/shares"
	"github.com/karezflow/karez/server/store"
)

// Store tells whose work it is. It implements shares.Store.
type Store struct{ db *store.DB }

// New gives a Store.
func New(db *store.DB) *Store { return &Store{db} }

var _ shares.Store = (*Store)(nil)

// FlowOf implements shares.Store.
func (s *Store) FlowOf(ctx context.Context, work ledger.ID) (ledger.ID, error) {
	return store.One(store.Scan(s.db.Read(ctx), store.Column[ledger.ID], "SELECT flow_id FROM work WHERE id = ?", work))
}

// Flow implements shares.Store.
func (s *Store) Flow(ctx context.Context, flow ledger.ID) (shares.Flow, error) {
	return store.One(store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (shares.Flow, error) {
		var f shares.Flow
		return f, rows.Scan(&f.Workspace, &f.Newest, &f.Concurrency)
	}, "SELECT f.workspace_id, v.id, f.concurrency FROM flow f JOIN flow_version v ON v.flow_id = f.id WHERE f.id = ? ORDER BY v.version_no DESC LIMIT 1", flow))
}
