// Package runstore keeps what is known of runs beyond the ledger in SQL: the list
// of runs, how a run stands, the rights to read a flow, and when flows fire.
//
// It may import server/store, server/execution, server/schedule and engine/ledger only.
package runstore

import (
	"context"
	"database/sql"
	"strings"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/execution"
	"github.com/karezflow/karez/server/schedule"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/runledger"
)

// Store implements execution.Runs, execution.Leases and schedule.Store.
type Store struct {
	db  *store.DB
	sql store.Dialect
}

var (
	_ execution.Runs   = (*Store)(nil)
	_ execution.Leases = (*Store)(nil)
	_ schedule.Store   = (*Store)(nil)
)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db: db, sql: db.Dialect()} }

// Flow implements execution.Runs. The newest version is the published one.
func (s *Store) Flow(ctx context.Context, workspace ledger.ID, publicID string) (execution.Flow, error) {
	return store.One(store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (execution.Flow, error) {
		f := execution.Flow{Workspace: workspace, PublicID: publicID}
		return f, rows.Scan(&f.ID, &f.Title, &f.Enabled, &f.Paused, &f.Published)
	}, "SELECT f.id, f.title, f.enabled, EXISTS (SELECT 1 FROM pause p WHERE p.kind = 'flow' AND p.ref_id = f.id), COALESCE((SELECT v.id FROM flow_version v WHERE v.flow_id = f.id ORDER BY v.version_no DESC LIMIT 1), 0)"+
		" FROM flow f WHERE f.workspace_id = ? AND f.public_id = ?", workspace, publicID))
}

// paused finds what lets a run rest.
const paused = "SELECT 1 FROM pause p WHERE p.kind = 'run' AND p.ref_id = r.id OR p.kind = 'flow' AND p.ref_id = r.flow_id"

// Unfinished implements execution.Runs. The stored count of waiting documents
// includes those that are claimed.
func (s *Store) Unfinished(ctx context.Context) ([]execution.Open, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (execution.Open, error) {
		var o execution.Open
		return o, runledger.Read(rows, &o.Run, &o.FlowID, &o.Paused, &o.Unsettled)
	}, "SELECT "+runledger.Columns("r")+", COALESCE(f.public_id, ''), EXISTS ("+paused+"),"+
		" (SELECT COALESCE(SUM(c.n), 0) FROM run_count c WHERE c.run_id = r.id AND c.node_no = 0 AND c.slot IN (?, ?))"+
		" FROM run r LEFT JOIN flow f ON f.id = r.flow_id WHERE r.state IN (?, ?) ORDER BY r.fire_at, r.id",
		string(ledger.SlotOf(ledger.Waiting)), string(ledger.SlotOf(ledger.Held)), ledger.RunQueued, ledger.RunRunning)
}

// views reads runs with the names of their flows and versions.
func views(tx *gorm.DB, where string, args ...any) ([]execution.View, error) {
	return store.Scan(tx, func(rows *sql.Rows) (execution.View, error) {
		v := execution.View{Counts: ledger.Counts{}}
		return v, runledger.Read(rows, &v.Run, &v.FlowID, &v.FlowTitle, &v.VersionNo, &v.FlowPaused, &v.PausedBy)
	}, "SELECT "+runledger.Columns("r")+", COALESCE(f.public_id, ''), COALESCE(f.title, ''), COALESCE(v.version_no, 0),"+
		" EXISTS (SELECT 1 FROM pause p WHERE p.kind = 'flow' AND p.ref_id = r.flow_id), COALESCE((SELECT p.actor FROM pause p WHERE p.kind = 'run' AND p.ref_id = r.id), '')"+
		" FROM run r LEFT JOIN flow f ON f.id = r.flow_id LEFT JOIN flow_version v ON v.id = r.version_id WHERE "+where, args...)
}

// List implements execution.Runs.
func (s *Store) List(ctx context.Context, q execution.Query) ([]execution.View, error) {
	where, args := "r.workspace_id = ?", []any{q.Workspace}
	if q.Flow != 0 {
		where, args = "r.flow_id = ? AND "+where, append([]any{q.Flow}, args...)
	}
	if len(q.States) > 0 {
		where, args = where+" AND r.state IN "+store.In(len(q.States)), store.Args(args, q.States...)
	}
	if q.BeforeID != 0 {
		where, args = where+" AND (r.fire_at < ? OR r.fire_at = ? AND r.id < ?)", append(args, q.BeforeFire, q.BeforeFire, q.BeforeID)
	}
	var found []execution.View
	err := s.moment(ctx, func(tx *gorm.DB) error {
		var err error
		if found, err = views(tx, where+" ORDER BY r.fire_at DESC, r.id DESC LIMIT ?", append(args, q.Limit)...); err != nil {
			return err
		}
		return count(tx, found, false)
	})
	return found, err
}

// View implements execution.Runs.
func (s *Store) View(ctx context.Context, id ledger.ID) (execution.View, error) {
	var view execution.View
	err := s.moment(ctx, func(tx *gorm.DB) error {
		found, err := views(tx, "r.id = ?", id)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return ledger.ErrNotFound
		}
		if err := count(tx, found, true); err != nil {
			return err
		}
		view = found[0]
		return nil
	})
	return view, err
}

// moment reads several things as they were at one moment.
func (s *Store) moment(ctx context.Context, read func(tx *gorm.DB) error) error {
	return s.db.Read(ctx).Transaction(read, &sql.TxOptions{ReadOnly: true, Isolation: s.sql.Snapshot()})
}

// slot is one row of run_count, or the claimed documents of a run.
type slot struct {
	run  ledger.ID
	node string
	name ledger.Slot
	n    int
}

// count fills in the counts of runs and, with nodes, the traffic of their nodes.
func count(tx *gorm.DB, found []execution.View, nodes bool) error {
	index := make(map[ledger.ID]*execution.View, len(found))
	ids := make([]ledger.ID, len(found))
	for i := range found {
		ids[i], index[found[i].ID] = found[i].ID, &found[i]
		if nodes {
			found[i].Nodes = map[string]map[string]int{}
		}
	}
	return store.Chunks(ids, func(ids []ledger.ID) error {
		slots, err := slots(tx, ids, nodes)
		if err != nil {
			return err
		}
		for _, at := range slots {
			v := index[at.run]
			switch {
			case at.node != "":
				if v.Nodes[at.node] == nil {
					v.Nodes[at.node] = map[string]int{}
				}
				v.Nodes[at.node][string(at.name)] = at.n
			case at.name == ledger.SlotClaimed:
				v.Counts[ledger.SlotClaimed] = at.n
				v.Counts[ledger.SlotOf(ledger.Waiting)] -= at.n
			default:
				v.Counts[at.name] += at.n
			}
		}
		return nil
	})
}

// slots reads the counts of runs; what claimed work covers is claimed, not waiting.
func slots(tx *gorm.DB, ids []ledger.ID, nodes bool) ([]slot, error) {
	only := " AND c.node_no = 0"
	if nodes {
		only = ""
	}
	counted, err := store.Scan(tx, func(rows *sql.Rows) (slot, error) {
		var at slot
		return at, rows.Scan(&at.run, &at.node, &at.name, &at.n)
	}, "SELECT c.run_id, CASE c.node_no WHEN 0 THEN '' ELSE COALESCE(n.node_id, '#') END, c.slot, c.n FROM run_count c JOIN run r ON r.id = c.run_id"+
		" LEFT JOIN flow_node n ON n.flow_id = r.flow_id AND n.node_no = c.node_no WHERE c.run_id IN "+store.In(len(ids))+only, store.Args(nil, ids...)...)
	if err != nil {
		return nil, err
	}
	claimed, err := store.Scan(tx, func(rows *sql.Rows) (slot, error) {
		at := slot{name: ledger.SlotClaimed}
		return at, rows.Scan(&at.run, &at.n)
	}, "SELECT run_id, SUM(docs) FROM work WHERE owner <> '' AND run_id IN "+store.In(len(ids))+" GROUP BY run_id", store.Args(nil, ids...)...)
	return append(counted, claimed...), err
}

// leaseTable has the rights that processes hold.
func leaseTable() store.Table {
	return store.Table{Name: "lock_lease", Key: "name", Columns: strings.Split("name,owner,fence,expires_at", ",")}
}

// Take implements execution.Leases.
func (s *Store) Take(ctx context.Context, name, owner string, now, until ledger.Millis) (execution.Lease, bool, error) {
	lease := execution.Lease{Name: name, Owner: owner}
	// Asking first spares who waits for a right a transaction at every try.
	if live, err := s.Live(ctx, name, now); err != nil || live {
		return lease, false, err
	}
	taken := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		taken = false
		if err := s.sql.Add(tx, leaseTable(), "fence", [][]any{{name, "", 0, 0}}); err != nil {
			return err
		}
		res := tx.Exec("UPDATE lock_lease SET owner = ?, fence = fence + 1, expires_at = ? WHERE name = ? AND (owner = '' OR expires_at <= ?)", owner, until, name, now)
		if taken = res.Error == nil && res.RowsAffected == 1; !taken {
			return res.Error
		}
		return tx.Raw("SELECT fence FROM lock_lease WHERE name = ?", name).Scan(&lease.Fence).Error
	})
	return lease, taken, err
}

// Renew implements execution.Leases.
func (s *Store) Renew(ctx context.Context, lease execution.Lease, until ledger.Millis) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		// MySQL counts only rows that it changed, so the right itself is looked at first.
		var held int
		if err := tx.Raw("SELECT COUNT(*) FROM lock_lease WHERE name = ? AND owner = ? AND fence = ?"+s.sql.ForUpdate(), lease.Name, lease.Owner, lease.Fence).Scan(&held).Error; err != nil {
			return err
		}
		if held == 0 {
			return ledger.ErrFenced
		}
		return tx.Exec("UPDATE lock_lease SET expires_at = ? WHERE name = ?", until, lease.Name).Error
	})
}

// Give implements execution.Leases.
func (s *Store) Give(ctx context.Context, lease execution.Lease) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE lock_lease SET owner = '', expires_at = 0 WHERE name = ? AND owner = ? AND fence = ?", lease.Name, lease.Owner, lease.Fence).Error
	})
}

// Live implements execution.Leases.
func (s *Store) Live(ctx context.Context, name string, now ledger.Millis) (bool, error) {
	var held int
	err := s.db.Read(ctx).Raw("SELECT COUNT(*) FROM lock_lease WHERE name = ? AND owner <> '' AND expires_at > ?", name, now).Scan(&held).Error
	return held > 0, err
}
