// Package readingstore reads in SQL how far sources are read, for people.
//
// It may import server/store, server/store/ledgerrow, server/store/ledgerstore,
// server/store/runledger, server/reading and engine/ledger only.
package readingstore

import (
	"context"
	"database/sql"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/reading"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
	"github.com/karezflow/karez/server/store/runledger"
)

// Store implements reading.Store over the ledger.
type Store struct {
	reading.Ledger

	db *store.DB
}

var _ reading.Store = (*Store)(nil)

// New makes a Store of a migrated database and the ledger in it.
func New(db *store.DB, ledger reading.Ledger) *Store { return &Store{Ledger: ledger, db: db} }

// Flow implements reading.Store. The newest version is the published one.
func (s *Store) Flow(ctx context.Context, workspace ledger.ID, publicID string) (reading.Flow, error) {
	return store.One(store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (reading.Flow, error) {
		f := reading.Flow{Workspace: workspace}
		return f, rows.Scan(&f.ID, &f.Enabled, &f.Published)
	}, "SELECT f.id, f.enabled, COALESCE((SELECT v.id FROM flow_version v WHERE v.flow_id = f.id ORDER BY v.version_no DESC LIMIT 1), 0)"+
		" FROM flow f WHERE f.workspace_id = ? AND f.public_id = ?", workspace, publicID))
}

// Coverage implements reading.Store.
func (s *Store) Coverage(ctx context.Context, stream ledger.ID) (reading.Coverage, error) {
	var c reading.Coverage
	live := ledgerrow.WindowKind(ledger.Live)
	if err := s.db.Read(ctx).Raw("SELECT COALESCE(MIN(from_ms), 0) FROM pull_window WHERE stream_id = ? AND kind = ? AND state = ?",
		stream, live, ledger.WindowDone).Scan(&c.From).Error; err != nil {
		return c, err
	}
	last, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (reading.Coverage, error) {
		var kind string
		w := &c.Last
		err := rows.Scan(&w.ID, &w.Stream, &w.Run, &kind, &w.From, &w.To, &w.State, &w.Parent, &w.Attempt, &c.Done)
		w.Kind = ledgerrow.WindowKindOf(kind)
		return c, err
	}, "SELECT "+ledgerrow.WindowColumns+" FROM pull_window WHERE stream_id = ? AND kind = ? AND state = ? ORDER BY to_ms DESC, id DESC LIMIT 1", stream, live, ledger.WindowDone)
	if err != nil || len(last) == 0 {
		return c, err
	}
	return last[0], nil
}

// Stored implements reading.Store.
func (s *Store) Stored(ctx context.Context, stream ledger.ID, from, to ledger.Millis, most int) (int, error) {
	var n int
	err := s.db.Read(ctx).Raw("SELECT COUNT(*) FROM (SELECT 1 FROM document WHERE stream_id = ? AND modified_at BETWEEN ? AND ? LIMIT ?) counted", stream, from, to, most).Scan(&n).Error
	return n, err
}

// Past implements reading.Store.
func (s *Store) Past(ctx context.Context, flow ledger.ID, node string, limit int) ([]reading.Past, error) {
	found, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (reading.Past, error) {
		p := reading.Past{Counts: ledger.Counts{}}
		return p, runledger.Read(rows, &p.Run, &p.Paused, &p.From, &p.Reached, &p.Windows)
	}, "SELECT "+runledger.Columns("r")+", EXISTS (SELECT 1 FROM pause p WHERE p.kind = 'run' AND p.ref_id = r.id OR p.kind = 'flow' AND p.ref_id = r.flow_id),"+
		" (SELECT COALESCE(MIN(w.from_ms), 0) FROM pull_window w WHERE w.run_id = r.id),"+
		" (SELECT COALESCE(MAX(w.to_ms), 0) FROM pull_window w WHERE w.run_id = r.id AND w.state = ?),"+
		" (SELECT COUNT(*) FROM pull_window w WHERE w.run_id = r.id AND w.state = ? AND w.parent_id = 0)"+
		" FROM run r WHERE r.flow_id = ? AND r.trigger_name IN (?, ?) AND r.reading IS NOT NULL ORDER BY r.fire_at DESC, r.id DESC LIMIT ?",
		ledger.WindowDone, ledger.WindowDone, flow, ledger.Reading{Kind: ledger.GapSweep, Node: node}.Trigger(), ledger.Reading{Kind: ledger.Backfill, Node: node}.Trigger(), limit)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	type slot struct {
		run  ledger.ID
		name string
		n    int
	}
	ids, index := make([]ledger.ID, len(found)), map[ledger.ID]ledger.Counts{}
	for i, p := range found {
		ids[i], index[p.ID] = p.ID, p.Counts
	}
	slots, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (slot, error) {
		var at slot
		return at, rows.Scan(&at.run, &at.name, &at.n)
	}, "SELECT run_id, slot, n FROM run_count WHERE node_no = 0 AND run_id IN "+store.In(len(ids)), store.Args(nil, ids...)...)
	for _, at := range slots {
		index[at.run][ledger.Slot(at.name)] = at.n
	}
	return found, err
}

// Resets implements reading.Store.
func (s *Store) Resets(ctx context.Context, stream ledger.ID, limit int) ([]reading.Reset, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (reading.Reset, error) {
		var r reading.Reset
		var note sql.NullString
		err := rows.Scan(&r.From, &r.To, &r.Actor, &note, &r.At)
		r.Note = note.String
		return r, err
	}, "SELECT from_ms, to_ms, actor, note, at FROM cursor_reset WHERE stream_id = ? ORDER BY id DESC LIMIT ?", stream, limit)
}
