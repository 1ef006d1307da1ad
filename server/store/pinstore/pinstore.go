// Package pinstore keeps in SQL the samples that stay with the nodes of flows.
//
// It may import server/store, server/pin and engine/ledger only.
package pinstore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/pin"
	"github.com/karezflow/karez/server/store"
)

// Store implements pin.Store.
type Store struct {
	db  *store.DB
	sql store.Dialect
}

var _ pin.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db, db.Dialect()} }

// Pins implements pin.Store.
func (s *Store) Pins(ctx context.Context, workspace ledger.ID, publicID string) ([]pin.Sample, error) {
	flow, err := flowOf(s.db.Read(ctx), workspace, publicID, "")
	if err != nil {
		return nil, err
	}
	return find(s.db.Read(ctx), "flow_id = ? ORDER BY node_id", flow)
}

// Put implements pin.Store.
func (s *Store) Put(ctx context.Context, workspace ledger.ID, publicID string, p pin.Sample, most int) (bool, error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // documents keep their bytes
	if err := enc.Encode(p.Content); err != nil {
		return false, err
	}
	done := false
	err := s.change(ctx, workspace, publicID, func(tx *gorm.DB, flow ledger.ID) error {
		others, err := store.One(store.Scan(tx, store.Column[int], "SELECT COUNT(*) FROM pinned_sample WHERE flow_id = ? AND node_id <> ?", flow, p.Node))
		if done = others < most; err != nil || !done {
			return err
		}
		if err := tx.Exec("DELETE FROM pinned_sample WHERE flow_id = ? AND node_id = ?", flow, p.Node).Error; err != nil {
			return err
		}
		return tx.Exec("INSERT INTO pinned_sample (flow_id, node_id, body, chosen, basis, origin, pinned_by, pinned_at) VALUES (?,?,?,?,?,?,?,?)",
			flow, p.Node, body.Bytes(), p.Chosen, store.Cut(p.Basis, 190), p.Origin, store.Cut(p.By, 190), p.At).Error
	})
	return done && err == nil, err
}

// Choose implements pin.Store.
func (s *Store) Choose(ctx context.Context, workspace ledger.ID, publicID, node string, chosen int) error {
	return s.change(ctx, workspace, publicID, func(tx *gorm.DB, flow ledger.ID) error {
		known, err := store.One(find(tx, "flow_id = ? AND node_id = ?", flow, node))
		if err != nil {
			return err
		}
		if chosen < 0 || chosen >= len(known.Items) {
			return ledger.ErrNotFound
		}
		return tx.Exec("UPDATE pinned_sample SET chosen = ? WHERE flow_id = ? AND node_id = ?", chosen, flow, node).Error
	})
}

// Remove implements pin.Store.
func (s *Store) Remove(ctx context.Context, workspace ledger.ID, publicID, node string) error {
	return s.change(ctx, workspace, publicID, func(tx *gorm.DB, flow ledger.ID) error {
		return tx.Exec("DELETE FROM pinned_sample WHERE flow_id = ? AND node_id = ?", flow, node).Error
	})
}

// change does something about a flow that is there, and stays so.
func (s *Store) change(ctx context.Context, workspace ledger.ID, publicID string, do func(*gorm.DB, ledger.ID) error) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		flow, err := flowOf(tx, workspace, publicID, s.sql.ForUpdate())
		if err != nil {
			return err
		}
		return do(tx, flow)
	})
}

func flowOf(tx *gorm.DB, workspace ledger.ID, publicID, lock string) (ledger.ID, error) {
	return store.One(store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM flow WHERE workspace_id = ? AND public_id = ?"+lock, workspace, publicID))
}

func find(tx *gorm.DB, where string, args ...any) ([]pin.Sample, error) {
	return store.Scan(tx, func(rows *sql.Rows) (pin.Sample, error) {
		var p pin.Sample
		var body []byte
		if err := rows.Scan(&p.Node, &body, &p.Chosen, &p.Basis, &p.Origin, &p.By, &p.At); err != nil {
			return p, err
		}
		return p, json.Unmarshal(body, &p.Content)
	}, "SELECT node_id, body, chosen, basis, origin, pinned_by, pinned_at FROM pinned_sample WHERE "+where, args...)
}
