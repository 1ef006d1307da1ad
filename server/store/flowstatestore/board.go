package flowstatestore

import (
	"context"
	"database/sql"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/flowstate"
	"github.com/karezflow/karez/server/store"
)

// All implements flowstate.Store.
func (s *Store) All(ctx context.Context, workspace ledger.ID, most int) ([]flowstate.Known, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (flowstate.Known, error) {
		k := flowstate.Known{Flow: flowstate.Flow{Workspace: workspace}}
		var version, published sql.NullInt64
		err := rows.Scan(&k.ID, &k.PublicID, &k.Title, &k.Enabled, &k.Paused, &k.Blocking, &version, &published)
		k.Version, k.Published = ledger.ID(version.Int64), ledger.Millis(published.Int64)
		return k, err
	}, "SELECT f.id, f.public_id, f.title, f.enabled, EXISTS (SELECT 1 FROM pause p WHERE p.kind = 'flow' AND p.ref_id = f.id), f.blocking, v.id, v.created_at"+
		" FROM flow f LEFT JOIN flow_version v ON v.id = (SELECT n.id FROM flow_version n WHERE n.flow_id = f.id ORDER BY n.version_no DESC LIMIT 1)"+
		" WHERE f.workspace_id = ? ORDER BY f.updated_at DESC, f.id DESC LIMIT ?", workspace, most)
}

// Still implements flowstate.Store.
func (s *Store) Still(ctx context.Context, workspace ledger.ID) ([]flowstate.Still, error) {
	table := "problem"
	if s.db.Dialect() == store.MySQL {
		table += " FORCE INDEX (problem_code)" // else it goes over those of all workspaces
	}
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (one flowstate.Still, err error) {
		return one, rows.Scan(&one.Flow, &one.State, &one.Documents)
	}, "SELECT flow_id, state, COUNT(*) FROM "+table+" WHERE workspace_id = ? GROUP BY flow_id, state", workspace)
}
