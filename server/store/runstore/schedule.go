package runstore

import (
	"context"
	"database/sql"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/schedule"
	"github.com/karezflow/karez/server/store"
)

// Enabled implements schedule.Store.
func (s *Store) Enabled(ctx context.Context) ([]schedule.Flow, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (schedule.Flow, error) {
		var f schedule.Flow
		return f, rows.Scan(&f.ID, &f.Workspace, &f.PublicID, &f.Changed, &f.Version)
	}, "SELECT f.id, f.workspace_id, f.public_id, f.updated_at, v.id FROM flow f JOIN flow_version v ON v.flow_id = f.id"+
		" WHERE f.enabled <> 0 AND NOT EXISTS (SELECT 1 FROM pause p WHERE p.kind = 'flow' AND p.ref_id = f.id) AND v.version_no = (SELECT MAX(n.version_no) FROM flow_version n WHERE n.flow_id = f.id) ORDER BY f.id")
}

// Document implements schedule.Store.
func (s *Store) Document(ctx context.Context, version ledger.ID) ([]byte, error) {
	return store.One(store.Scan(s.db.Read(ctx), store.Column[[]byte], "SELECT document FROM flow_version WHERE id = ?", version))
}

// LastFiring implements schedule.Store.
func (s *Store) LastFiring(ctx context.Context, flow ledger.ID, trigger string) (schedule.Firing, error) {
	found, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (schedule.Firing, error) {
		var f schedule.Firing
		var state ledger.RunState
		err := rows.Scan(&f.At, &state)
		f.Queued = state == ledger.RunQueued
		return f, err
	}, "SELECT fire_at, state FROM run WHERE flow_id = ? AND trigger_name = ? ORDER BY fire_at DESC LIMIT 1", flow, trigger)
	if err != nil || len(found) == 0 {
		return schedule.Firing{}, err
	}
	return found[0], nil
}

// recentRuns is how far back DoneAfter looks, in runs of a flow: enough for what
// happens between two looks of a scheduler, and a bound on every look.
const recentRuns = 200

// DoneAfter implements schedule.Store.
func (s *Store) DoneAfter(ctx context.Context, workspace ledger.ID, publicID string, since ledger.Millis) (ledger.Millis, error) {
	var first ledger.Millis
	err := s.db.Read(ctx).Raw("SELECT COALESCE(MIN(ended_at), 0) FROM (SELECT r.state, r.ended_at FROM run r JOIN flow f ON f.id = r.flow_id"+
		" WHERE f.workspace_id = ? AND f.public_id = ? ORDER BY r.fire_at DESC LIMIT ?) recent WHERE state = ? AND ended_at > ?",
		workspace, publicID, recentRuns, ledger.RunDone, since).Scan(&first).Error
	return first, err
}
