// Package flowstatestore reads in SQL how flows are doing. No statement goes over all
// documents or deliveries: what went through is read off the counts of runs, what stands
// still off the problems, what is under way off the work, and how long things take off a
// sample of the calls.
//
// It may import server/flowstate, server/store, server/store/ledgerrow,
// server/store/runledger and engine/ledger only.
package flowstatestore

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/flowstate"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/runledger"
)

// Store implements flowstate.Store.
type Store struct {
	db  *store.DB
	sql store.Dialect
}

var _ flowstate.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db, db.Dialect()} }

// inOrder joins so that the left table is read first.
func (s *Store) inOrder() string {
	if s.sql == store.MySQL {
		return " STRAIGHT_JOIN "
	}
	return " CROSS JOIN "
}

// Flow implements flowstate.Store. The newest version is the published one.
func (s *Store) Flow(ctx context.Context, workspace ledger.ID, publicID string) (flowstate.Flow, error) {
	return store.One(store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (flowstate.Flow, error) {
		f := flowstate.Flow{Workspace: workspace}
		var version sql.NullInt64
		var document sql.NullString
		err := rows.Scan(&f.ID, &f.Enabled, &f.Paused, &version, &document)
		f.Version, f.Document = ledger.ID(version.Int64), []byte(document.String)
		return f, err
	}, "SELECT f.id, f.enabled, EXISTS (SELECT 1 FROM pause p WHERE p.kind = 'flow' AND p.ref_id = f.id), v.id, v.document"+
		" FROM flow f LEFT JOIN flow_version v ON v.id = (SELECT n.id FROM flow_version n WHERE n.flow_id = f.id ORDER BY n.version_no DESC LIMIT 1)"+
		" WHERE f.workspace_id = ? AND f.public_id = ?", workspace, publicID))
}

func scanRun(rows *sql.Rows) (r ledger.Run, err error) { return r, runledger.Read(rows, &r) }

// LastRuns implements flowstate.Store.
func (s *Store) LastRuns(ctx context.Context, flow ledger.ID, limit int) ([]ledger.Run, error) {
	return store.Scan(s.db.Read(ctx), scanRun, "SELECT "+runledger.Columns("r")+" FROM run r WHERE r.flow_id = ? ORDER BY r.fire_at DESC, r.id DESC LIMIT ?", flow, limit)
}

// mostRuns is among how many runs one that is done is looked for.
const mostRuns = 1000

// LastDone implements flowstate.Store.
func (s *Store) LastDone(ctx context.Context, flow ledger.ID) (ledger.Run, bool, error) {
	found, err := store.Scan(s.db.Read(ctx), scanRun, "SELECT "+runledger.Columns("r")+" FROM (SELECT * FROM run WHERE flow_id = ? ORDER BY fire_at DESC, id DESC LIMIT ?) r"+
		" WHERE r.state = ? ORDER BY r.fire_at DESC, r.id DESC LIMIT 1", flow, mostRuns, ledger.RunDone)
	if err != nil || len(found) == 0 {
		return ledger.Run{}, false, err
	}
	return found[0], true, nil
}

// Counts implements flowstate.Store.
func (s *Store) Counts(ctx context.Context, flow ledger.ID, r flowstate.Range) ([]flowstate.Count, error) {
	step := r.Step.Milliseconds()
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (flowstate.Count, error) {
		var since int64
		var c flowstate.Count
		err := rows.Scan(&since, &c.Slot, &c.N)
		c.Step = int(since / step)
		return c, err
	}, "SELECT t.since, c.slot, SUM(c.n) FROM (SELECT r.id, (r.fire_at - ?) - (r.fire_at - ?) % ? AS since FROM run r WHERE r.flow_id = ? AND r.fire_at >= ? AND r.fire_at < ?) t"+
		s.inOrder()+"run_count c ON c.run_id = t.id AND c.node_no = 0 GROUP BY t.since, c.slot",
		r.From, r.From, step, flow, r.From, r.To)
}

// Calls implements flowstate.Store.
func (s *Store) Calls(ctx context.Context, flow ledger.ID, r flowstate.Range, most int) ([]flowstate.Took, error) {
	tx := s.db.Read(ctx)
	names, err := nodes(tx, flow)
	if err != nil {
		return nil, err
	}
	// Each step has a part of its own, which ends at its limit however many calls there are.
	const part = "SELECT * FROM (SELECT node_no, started_at, ended_at FROM vendor_call WHERE flow_id = ? AND started_at >= ? AND started_at < ? AND ended_at > 0 ORDER BY started_at DESC LIMIT ?) c"
	var args []any
	for i := range r.Steps() {
		from := r.From + ledger.Millis(int64(i)*r.Step.Milliseconds())
		args = append(args, flow, from, from.Add(r.Step), most)
	}
	return store.Scan(tx, func(rows *sql.Rows) (flowstate.Took, error) {
		var t flowstate.Took
		var no int
		err := rows.Scan(&no, &t.Started, &t.Ended)
		t.Node = names[no]
		return t, err
	}, strings.Repeat(part+" UNION ALL ", r.Steps()-1)+part, args...)
}

// nodes gives the names of a flow's nodes by their numbers.
func nodes(tx *gorm.DB, flow ledger.ID) (map[int]string, error) {
	names := map[int]string{}
	_, err := store.Scan(tx, func(rows *sql.Rows) (no int, err error) {
		var id string
		err = rows.Scan(&no, &id)
		names[no] = id
		return no, err
	}, "SELECT node_no, node_id FROM flow_node WHERE flow_id = ?", flow)
	return names, err
}

// mostWindows is how many windows tell how long pages take.
const mostWindows = 100

// Reads implements flowstate.Store.
func (s *Store) Reads(ctx context.Context, flow ledger.ID, r flowstate.Range) ([]flowstate.Read, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (flowstate.Read, error) {
		var read flowstate.Read
		return read, rows.Scan(&read.Node, &read.Pages, &read.First, &read.Last)
	}, "SELECT s.node_id, COUNT(*), MIN(p.created_at), MAX(p.created_at) FROM (SELECT w.id, w.stream_id FROM run r"+s.inOrder()+"pull_window w ON w.run_id = r.id"+
		" WHERE r.flow_id = ? AND r.fire_at >= ? AND r.fire_at < ? ORDER BY r.fire_at DESC LIMIT ?) t"+
		s.inOrder()+"pull_page p ON p.window_id = t.id"+s.inOrder()+"stream s ON s.id = t.stream_id GROUP BY s.node_id, p.window_id, p.attempt",
		flow, r.From, r.To, mostWindows)
}

// Cursors implements flowstate.Store.
func (s *Store) Cursors(ctx context.Context, flow ledger.ID) ([]flowstate.Cursor, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (flowstate.Cursor, error) {
		var c flowstate.Cursor
		var ahead int64
		err := rows.Scan(&c.Node, &c.Watermark, &ahead)
		c.Ahead = time.Duration(ahead) * time.Millisecond
		return c, err
	}, "SELECT s.node_id, c.watermark, c.ahead_ms FROM stream s JOIN stream_cursor c ON c.stream_id = s.id WHERE s.flow_id = ? ORDER BY s.node_id", flow)
}

// mostClusters is how many reasons are told apart.
const mostClusters = 20

// Clusters implements flowstate.Store.
func (s *Store) Clusters(ctx context.Context, workspace, flow ledger.ID) ([]flowstate.Cluster, error) {
	var still []any
	for _, state := range ledger.States() {
		if state.Repairable() {
			still = append(still, state)
		}
	}
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (flowstate.Cluster, error) {
		var c flowstate.Cluster
		var message, hint, args sql.NullString
		err := rows.Scan(&c.State, &c.Code, &message, &hint, &args, &c.Node, &c.Documents, &c.Since)
		c.Message, c.Hint, c.Args = message.String, hint.String, store.ReadArgs(args)
		return c, err
	}, "SELECT g.state, g.code, p.message, p.hint, p.args, p.node_id, g.n, g.since FROM (SELECT state, code, MIN(document_id) AS doc, COUNT(*) AS n, MIN(since) AS since FROM problem"+
		" WHERE workspace_id = ? AND flow_id = ? AND state IN "+store.In(len(still))+" GROUP BY state, code) g JOIN problem p ON p.document_id = g.doc"+
		" ORDER BY g.n DESC, g.state, g.code LIMIT ?", append(append([]any{workspace, flow}, still...), mostClusters)...)
}
