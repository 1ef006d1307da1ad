// Package drystore reads what a dry run must know of the ledger: how documents stand and
// who owns target keys. It has no method that writes.
//
// It may import engine/ledger, server/dryrun and server/store only.
package drystore

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/dryrun"
	"github.com/karezflow/karez/server/store"
)

// Store reads the ledger.
type Store struct{ db *store.DB }

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db} }

// row is a document of a stream.
type row struct {
	key string
	dryrun.Standing
}

// Standing implements dryrun.Records.
func (s *Store) Standing(ctx context.Context, workspace ledger.ID, flow, node string, keys []string) (map[string]dryrun.Standing, error) {
	tx := s.db.Read(ctx)
	out := map[string]dryrun.Standing{}
	streams, err := store.Scan(tx, store.Column[ledger.ID], "SELECT s.id FROM stream s JOIN flow f ON f.id = s.flow_id WHERE f.workspace_id = ? AND f.public_id = ? AND s.node_id = ?", workspace, flow, node)
	if err != nil || len(streams) == 0 {
		return out, err
	}
	return out, store.Chunks(keys, func(keys []string) error {
		found, err := store.Scan(tx, func(rows *sql.Rows) (r row, err error) {
			// An edit of a person is a revision too: the document remembers the source's hash.
			err = rows.Scan(&r.key, &r.Document, &r.SourceHash, &r.Delivered)
			return r, err
		}, "SELECT doc_key, id, src_hash, done_rev > 0 FROM document WHERE stream_id = ? AND doc_key IN "+store.In(len(keys)), store.Args([]any{streams[0]}, keys...)...)
		if err != nil {
			return err
		}
		of, ids := map[ledger.ID]string{}, make([]ledger.ID, len(found))
		for i, r := range found {
			out[r.key], of[r.Document], ids[i] = r.Standing, r.key, r.Document
		}
		return deliveries(tx, ids, func(d ledger.Delivery) {
			standing := out[of[d.Document]]
			standing.Deliveries = append(standing.Deliveries, d)
			out[of[d.Document]] = standing
		})
	})
}

func deliveries(tx *gorm.DB, documents []ledger.ID, each func(ledger.Delivery)) error {
	if len(documents) == 0 {
		return nil
	}
	_, err := store.Scan(tx, func(rows *sql.Rows) (none struct{}, err error) {
		var d ledger.Delivery
		var number sql.NullString
		if err = rows.Scan(&d.Document, &d.NodeNo, &d.Part, &d.Rev, &d.Key, &d.State, &d.TargetID, &number, &d.Code); err == nil {
			d.TargetNumber = number.String
			each(d)
		}
		return none, err
	}, "SELECT document_id, node_no, part, rev, target_key, state, target_id, target_number, code FROM delivery WHERE document_id IN "+store.In(len(documents))+
		" ORDER BY document_id, node_no, part", store.Args(nil, documents...)...)
	return err
}

// Owners implements dryrun.Records.
func (s *Store) Owners(ctx context.Context, workspace, connection ledger.ID, resource string, keys []string) (map[string]dryrun.Owner, error) {
	const mostResource = 190
	out := map[string]dryrun.Owner{}
	return out, store.Chunks(keys, func(keys []string) error {
		_, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (none struct{}, err error) {
			var key string
			var owner dryrun.Owner
			if err = rows.Scan(&key, &owner.Document, &owner.Key, &owner.Number); err == nil {
				out[key] = owner
			}
			return none, err
		}, "SELECT k.target_key, d.id, d.doc_key, d.number FROM target_key k JOIN document d ON d.id = k.document_id WHERE d.workspace_id = ? AND k.connection_id = ? AND k.resource = ? AND k.target_key IN "+
			store.In(len(keys)), store.Args([]any{workspace, connection, store.Cut(resource, mostResource)}, keys...)...)
		return err
	})
}
