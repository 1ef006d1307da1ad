// Package reconcilestore keeps comparisons of systems in SQL.
//
// It may import server/store, server/reconcile, engine/ledger and engine/reconcile only.
package reconcilestore

import (
	"context"
	"database/sql"
	"encoding/json"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	compared "github.com/karezflow/karez/engine/reconcile"
	"github.com/karezflow/karez/server/reconcile"
	"github.com/karezflow/karez/server/store"
)

// Store implements reconcile.Store.
type Store struct {
	db  *store.DB
	sql store.Dialect
}

var _ reconcile.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db, db.Dialect()} }

// check is what of a Check has no column of its own.
type check struct {
	Source   reconcile.Node `json:"source"`
	Target   reconcile.Node `json:"target"`
	Spec     compared.Spec  `json:"spec"`
	Days     int            `json:"days"`
	Margin   int            `json:"margin,omitempty"`
	Schedule string         `json:"schedule,omitempty"`
	Zone     string         `json:"zone"`
}

const checkColumns = "c.id, c.workspace_id, c.title, c.body, c.version, c.actor, c.updated_at, c.fired_at"

func scanCheck(rows *sql.Rows) (reconcile.Listed, error) {
	var l reconcile.Listed
	var body []byte
	if err := rows.Scan(&l.ID, &l.Workspace, &l.Title, &body, &l.Version, &l.By, &l.Updated, &l.Fired); err != nil {
		return l, err
	}
	var c check
	err := json.Unmarshal(body, &c)
	l.Source, l.Target, l.Spec, l.Days, l.Margin, l.Schedule, l.Zone = c.Source, c.Target, c.Spec, c.Days, c.Margin, c.Schedule, c.Zone
	return l, err
}

// Checks implements reconcile.Checks.
func (s *Store) Checks(ctx context.Context, workspace ledger.ID) ([]reconcile.Listed, error) {
	all, err := store.Scan(s.db.Read(ctx), scanCheck, "SELECT "+checkColumns+" FROM reconcile_check c WHERE c.workspace_id = ? ORDER BY c.title, c.id", workspace)
	if err != nil {
		return nil, err
	}
	runs, err := store.Scan(s.db.Read(ctx), scanRun, "SELECT "+runColumns+" FROM reconcile_run WHERE id IN"+
		" (SELECT MAX(r.id) FROM reconcile_run r JOIN reconcile_check c ON c.id = r.check_id WHERE c.workspace_id = ? GROUP BY r.check_id)", workspace)
	for i := range all {
		for j := range runs {
			if runs[j].Check == all[i].ID {
				all[i].Last = &runs[j]
			}
		}
	}
	return all, err
}

// Check implements reconcile.Checks.
func (s *Store) Check(ctx context.Context, workspace, id ledger.ID) (reconcile.Check, error) {
	l, err := store.One(store.Scan(s.db.Read(ctx), scanCheck, "SELECT "+checkColumns+" FROM reconcile_check c WHERE c.id = ? AND c.workspace_id = ?", id, workspace))
	return l.Check, err
}

// Scheduled implements reconcile.Checks.
func (s *Store) Scheduled(ctx context.Context) ([]reconcile.Listed, error) {
	return store.Scan(s.db.Read(ctx), scanCheck, "SELECT "+checkColumns+" FROM reconcile_check c WHERE c.scheduled = 1 ORDER BY c.id")
}

// Put implements reconcile.Checks.
func (s *Store) Put(ctx context.Context, c reconcile.Check) (reconcile.Check, bool, error) {
	body, err := json.Marshal(check{c.Source, c.Target, c.Spec, c.Days, c.Margin, c.Schedule, c.Zone})
	if err != nil {
		return c, false, err
	}
	scheduled := store.Bit(c.Schedule != "")
	if c.ID == 0 {
		if c.ID, err = s.db.NextIDs(ctx, 1); err != nil {
			return c, false, err
		}
		c.Version = 1
		return c, true, s.db.Write(ctx, func(tx *gorm.DB) error {
			return tx.Exec("INSERT INTO reconcile_check (id,workspace_id,title,body,scheduled,version,actor,updated_at) VALUES (?,?,?,?,?,?,?,?)",
				c.ID, c.Workspace, store.Cut(c.Title, 190), string(body), scheduled, c.Version, store.Cut(c.By, 190), c.Updated).Error
		})
	}
	changed := false
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		seen, err := store.One(store.Scan(tx, store.Column[int], "SELECT version FROM reconcile_check WHERE id = ? AND workspace_id = ?"+s.sql.ForUpdate(), c.ID, c.Workspace))
		if changed = err == nil && seen == c.Version; !changed {
			return err
		}
		return tx.Exec("UPDATE reconcile_check SET title = ?, body = ?, scheduled = ?, version = version + 1, actor = ?, updated_at = ? WHERE id = ?",
			store.Cut(c.Title, 190), string(body), scheduled, store.Cut(c.By, 190), c.Updated, c.ID).Error
	})
	if changed {
		c.Version++
	}
	return c, changed, err
}

// Delete implements reconcile.Checks.
func (s *Store) Delete(ctx context.Context, workspace, id ledger.ID) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("DELETE FROM reconcile_check WHERE id = ? AND workspace_id = ?", id, workspace)
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 {
			return ledger.ErrNotFound
		}
		if err := tx.Exec("DELETE FROM reconcile_finding WHERE run_id IN (SELECT id FROM reconcile_run WHERE check_id = ?)", id).Error; err != nil {
			return err
		}
		return tx.Exec("DELETE FROM reconcile_run WHERE check_id = ?", id).Error
	})
}

// Flow implements reconcile.Ledger.
func (s *Store) Flow(ctx context.Context, workspace ledger.ID, publicID string) (flow, version ledger.ID, err error) {
	found, err := store.One(store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (f [2]ledger.ID, err error) {
		return f, rows.Scan(&f[0], &f[1])
	}, "SELECT f.id, COALESCE((SELECT v.id FROM flow_version v WHERE v.flow_id = f.id ORDER BY v.version_no DESC LIMIT 1), 0)"+
		" FROM flow f WHERE f.workspace_id = ? AND f.public_id = ?", workspace, publicID))
	return found[0], found[1], err
}

// Standings implements reconcile.Ledger.
func (s *Store) Standings(ctx context.Context, flow ledger.ID, node string, keys []string) (map[string]reconcile.Standing, error) {
	out := map[string]reconcile.Standing{}
	if len(keys) == 0 {
		return out, nil
	}
	_, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (struct{}, error) {
		var key string
		var at reconcile.Standing
		err := rows.Scan(&key, &at.ID, &at.State, &at.Updated)
		out[key] = at
		return struct{}{}, err
	}, "SELECT d.doc_key, d.id, d.state, d.updated_at FROM document d JOIN stream t ON t.id = d.stream_id"+
		" WHERE t.flow_id = ? AND t.node_id = ? AND d.doc_key IN "+store.In(len(keys)), store.Args([]any{flow, node}, keys...)...)
	return out, err
}
