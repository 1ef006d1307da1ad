// Package pausestore keeps in SQL which runs and flows rest. Who claims work or reads a
// source asks the same table.
//
// It may import server/pausing, engine/ledger and server/store only.
package pausestore

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/pausing"
	"github.com/karezflow/karez/server/store"
)

// Store implements pausing.Store.
type Store struct {
	db  *store.DB
	sql store.Dialect
}

var _ pausing.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db, db.Dialect()} }

// found is a run with its flow's public id.
type found struct {
	ledger.Run

	flow string
}

// Move implements pausing.Store.
func (s *Store) Move(ctx context.Context, p pausing.Pause, wish pausing.Wish) (ledger.Run, string, bool, error) {
	var run found
	changed := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		var err error
		run, err = store.One(store.Scan(tx, func(rows *sql.Rows) (found, error) {
			var f found
			var ended int
			err := rows.Scan(&f.ID, &f.Workspace, &f.Flow, &f.State, &ended)
			f.PullingEnded = ended != 0
			return f, err
		}, "SELECT id, workspace_id, flow_id, state, pull_state FROM run WHERE id = ? AND workspace_id = ?"+s.sql.ForUpdate(), p.Ref, p.Workspace))
		if err != nil {
			return err
		}
		flows, err := store.Scan(tx, store.Column[string], "SELECT public_id FROM flow WHERE id = ?", run.Flow)
		if err != nil {
			return err
		}
		if len(flows) > 0 {
			run.flow = flows[0]
		}
		rests, err := resting(tx, p)
		if err != nil {
			return err
		}
		next, refused := pausing.Standing{State: run.State, PullingEnded: run.PullingEnded, Paused: rests}.After(wish)
		if refused != nil {
			return refused
		}
		if changed = next.Paused != rests; !changed {
			return nil
		}
		return set(tx, p, next.Paused)
	})
	return run.Run, run.flow, changed, err
}

// Rest implements pausing.Store.
func (s *Store) Rest(ctx context.Context, p pausing.Pause, publicID string, on bool) (bool, error) {
	changed := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		var err error
		p.Ref, err = store.One(store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM flow WHERE workspace_id = ? AND public_id = ?"+s.sql.ForUpdate(), p.Workspace, publicID))
		if err != nil {
			return err
		}
		rests, err := resting(tx, p)
		if changed = rests != on; err != nil || !changed {
			return err
		}
		return set(tx, p, on)
	})
	return changed, err
}

func resting(tx *gorm.DB, p pausing.Pause) (bool, error) {
	rows, err := store.Scan(tx, store.Column[ledger.ID], "SELECT ref_id FROM pause WHERE kind = ? AND ref_id = ?", p.Kind, p.Ref)
	return len(rows) > 0, err
}

func set(tx *gorm.DB, p pausing.Pause, on bool) error {
	if !on {
		return tx.Exec("DELETE FROM pause WHERE kind = ? AND ref_id = ?", p.Kind, p.Ref).Error
	}
	return tx.Exec("INSERT INTO pause (kind,ref_id,workspace_id,actor,note,paused_at) VALUES (?,?,?,?,?,?)",
		p.Kind, p.Ref, p.Workspace, store.Cut(p.Actor, 190), store.Null(store.CutText(p.Note)), p.At).Error
}

// Resting implements pausing.Store.
func (s *Store) Resting(ctx context.Context, workspace ledger.ID) (map[string]pausing.Pause, error) {
	all := map[string]pausing.Pause{}
	_, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (struct{}, error) {
		p := pausing.Pause{Workspace: workspace, Kind: pausing.Flow}
		var id string
		var note sql.NullString
		err := rows.Scan(&id, &p.Ref, &p.Actor, &note, &p.At)
		p.Note = note.String
		all[id] = p
		return struct{}{}, err
	}, "SELECT f.public_id, p.ref_id, p.actor, p.note, p.paused_at FROM pause p JOIN flow f ON f.id = p.ref_id WHERE p.kind = ? AND p.workspace_id = ?", pausing.Flow, workspace)
	return all, err
}
