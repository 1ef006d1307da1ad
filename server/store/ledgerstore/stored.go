package ledgerstore

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/handstore"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// OpenInlet implements inlet.Store.
func (s *Store) OpenInlet(ctx context.Context, workspace, flow ledger.ID, nodeID string) (ledger.Stream, error) {
	stream, err := s.OpenStream(ctx, workspace, flow, nodeID)
	if err != nil {
		return stream, err
	}
	return stream, s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE stream SET kind = ? WHERE id = ? AND kind <> ?", handstore.Kind, stream.ID, handstore.Kind).Error
	})
}

// Stored implements inlet.Store. It goes over the stream in the order of its keys: an
// index over the time of change would have to be written at every change.
func (s *Store) Stored(ctx context.Context, q ledger.StoredQuery) ([]ledger.Stored, error) {
	tx := s.db.Read(ctx)
	flow, err := store.One(store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM flow WHERE workspace_id = ? AND public_id = ?", q.Workspace, q.Flow))
	if err != nil {
		return nil, err
	}
	streams, err := store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM stream WHERE flow_id = ? AND node_id = ?", flow, q.Source)
	if err != nil || len(streams) == 0 || len(q.States) == 0 {
		return nil, err
	}
	var at []ledgerrow.Address
	rows, err := store.Scan(tx, func(rows *sql.Rows) (ledger.Stored, error) {
		var d ledger.Stored
		var a ledgerrow.Address
		err := rows.Scan(&d.ID, &d.Rev, &d.Key, &d.Number, &d.Modified, &a.Pack, &a.No)
		at = append(at, a)
		return d, err
	}, "SELECT id, active_rev, doc_key, number, modified_at, pack_id, pack_no FROM document WHERE stream_id = ? AND doc_key > ? AND updated_at BETWEEN ? AND ? AND state IN "+
		store.In(len(q.States))+" ORDER BY doc_key LIMIT ?", append(store.Args([]any{streams[0], q.After, q.From, q.To}, q.States...), q.Limit)...)
	if err != nil {
		return nil, err
	}
	bodies, err := ledgerrow.Payloads(tx, at)
	if err != nil {
		return nil, err
	}
	revs := make(map[ledger.ID]int, len(rows))
	for _, d := range rows {
		revs[d.ID] = d.Rev
	}
	hops, err := handstore.Hops(tx, revs)
	for i := range rows {
		rows[i].Body, rows[i].Hops = bodies[at[i]], hops[rows[i].ID]
	}
	return rows, err
}
