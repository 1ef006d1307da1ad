package flowstatestore

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/flowstate"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
	"github.com/karezflow/karez/server/store/runledger"
)

// Reading implements flowstate.Store.
func (s *Store) Reading(ctx context.Context, flow, run ledger.ID, windows, pages int) (flowstate.Reading, error) {
	tx := s.db.Read(ctx)
	var r flowstate.Reading
	// A run that goes on is read before one that ended, however new that is.
	which, args := " FROM (SELECT * FROM run WHERE flow_id = ? ORDER BY fire_at DESC, id DESC LIMIT ?) r"+
		" WHERE r.state <= ? OR EXISTS (SELECT 1 FROM pull_window w WHERE w.run_id = r.id)"+
		" ORDER BY CASE WHEN r.state = ? AND r.pull_state = 0 THEN 0 ELSE 1 END, r.fire_at DESC, r.id DESC LIMIT 1",
		[]any{flow, mostRuns, ledger.RunRunning, ledger.RunRunning}
	if run != 0 {
		which, args = " FROM run r WHERE r.id = ? AND r.flow_id = ?", []any{run, flow}
	}
	found, err := store.Scan(tx, func(rows *sql.Rows) (flowstate.Reading, error) {
		var r flowstate.Reading
		return r, runledger.Read(rows, &r.Run, &r.Paused)
	}, "SELECT "+runledger.Columns("r")+", EXISTS (SELECT 1 FROM pause p WHERE p.kind = 'run' AND p.ref_id = r.id OR p.kind = 'flow' AND p.ref_id = r.flow_id)"+which, args...)
	if err != nil || len(found) == 0 {
		return r, err
	}
	r = found[0]
	r.Windows, err = store.Scan(tx, func(rows *sql.Rows) (flowstate.Window, error) {
		var w flowstate.Window
		var kind string
		err := rows.Scan(&w.ID, &w.Stream, &w.Run, &kind, &w.From, &w.To, &w.State, &w.Parent, &w.Attempt, &w.Updated, &w.Node, &w.Pages, &w.Rows)
		w.Kind = ledgerrow.WindowKindOf(kind)
		return w, err
	}, "SELECT t.*, s.node_id, (SELECT COUNT(*) FROM pull_page p WHERE p.window_id = t.id AND p.attempt = t.attempt),"+
		" (SELECT COALESCE(SUM(p.row_count), 0) FROM pull_page p WHERE p.window_id = t.id AND p.attempt = t.attempt)"+
		" FROM (SELECT "+ledgerrow.WindowColumns+" FROM pull_window WHERE run_id = ? ORDER BY id DESC LIMIT ?) t JOIN stream s ON s.id = t.stream_id ORDER BY t.id DESC",
		r.Run.ID, windows)
	if err != nil {
		return r, err
	}
	for _, w := range r.Windows {
		if len(r.Pages) >= pages {
			break
		}
		came, err := store.Scan(tx, func(rows *sql.Rows) (flowstate.Page, error) {
			p := flowstate.Page{Window: w.ID, Node: w.Node}
			err := rows.Scan(&p.Attempt, &p.No, &p.Rows, &p.Dropped, &p.Unchanged, &p.Ignored, &p.Total, &p.At)
			p.Accepted = p.Rows - p.Dropped - p.Unchanged - p.Ignored
			return p, err
		}, "SELECT attempt, page_no, row_count, dropped, unchanged, ignored, total, created_at FROM pull_page WHERE window_id = ? ORDER BY attempt DESC, page_no DESC LIMIT ?", w.ID, pages-len(r.Pages))
		if err != nil {
			return r, err
		}
		r.Pages = append(r.Pages, came...)
	}
	return r, nil
}

// Queue implements flowstate.Store.
func (s *Store) Queue(ctx context.Context, flow ledger.ID, now ledger.Millis) (flowstate.Queue, error) {
	var q flowstate.Queue
	_, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (state string, err error) {
		var n flowstate.QueueCount
		err = rows.Scan(&state, &n.Rows, &n.Documents)
		switch state {
		case flowstate.Sending:
			q.Sending = n
		case flowstate.Waiting:
			q.Waiting = n
		case flowstate.Held:
			q.Held = n
		default:
			q.Again = n
		}
		return state, err
	}, "SELECT w.stands, COUNT(*), SUM(w.docs) FROM (SELECT CASE WHEN kind = 'document' THEN 1 ELSE docs END AS docs, CASE WHEN owner <> '' AND lease_until > ? THEN 'sending' WHEN due_at >= ? THEN 'held' WHEN due_at <= ? THEN 'waiting' ELSE 'retry_at' END AS stands"+
		" FROM work WHERE flow_id = ?) w GROUP BY w.stands", now, ledger.FarFuture, now, flow)
	return q, err
}

// uncertain are the states of deliveries of which nobody knows what became of them.
const uncertain = "EXISTS (SELECT 1 FROM delivery x WHERE x.document_id = work.ref_id AND x.state IN (?, ?))"

// Entries implements flowstate.Store.
func (s *Store) Entries(ctx context.Context, flow ledger.ID, q flowstate.EntryQuery) ([]flowstate.Entry, error) {
	where, args := " WHERE flow_id = ?", []any{flow}
	free := " AND (owner = '' OR lease_until <= ?)"
	switch q.State {
	case flowstate.Sending:
		where, args = where+" AND place IS NOT NULL AND owner <> '' AND lease_until > ?", append(args, q.Now)
	case flowstate.Waiting:
		where, args = where+" AND due_at <= ?"+free, append(args, q.Now, q.Now)
	case flowstate.Again:
		where, args = where+" AND due_at > ? AND due_at < ? AND NOT (kind = 'document' AND "+uncertain+")", append(args, q.Now, ledger.FarFuture, ledger.DeliverySending, ledger.DeliveryUnknown)
	case flowstate.Unknown:
		where, args = where+" AND due_at > ? AND due_at < ? AND kind = 'document' AND "+uncertain, append(args, q.Now, ledger.FarFuture, ledger.DeliverySending, ledger.DeliveryUnknown)
	case flowstate.Held:
		where, args = where+" AND due_at >= ?", append(args, ledger.FarFuture)
	default:
		where, args = where+" AND due_at < ?", append(args, ledger.FarFuture)
	}
	if at := q.After; at != nil {
		where, args = where+" AND due_at >= ? AND (due_at > ? OR id > ?)", append(args, at.Due, at.Due, at.ID)
	}
	tx := s.db.Read(ctx)
	found, err := entries(tx, where+" ORDER BY due_at, id LIMIT ?", append(args, q.Limit)...)
	if err != nil {
		return nil, err
	}
	return found, s.fill(tx, flow, found, q.Now)
}

// Entry implements flowstate.Store.
func (s *Store) Entry(ctx context.Context, flow, work ledger.ID) (flowstate.Entry, error) {
	return store.One(entries(s.db.Read(ctx), " WHERE id = ? AND flow_id = ?", work, flow))
}

// entries reads rows of work.
func entries(tx *gorm.DB, where string, args ...any) ([]flowstate.Entry, error) {
	return store.Scan(tx, func(rows *sql.Rows) (e flowstate.Entry, err error) {
		e.Work, err = ledgerrow.ScanWork(rows)
		if e.Kind == ledger.DocumentWork {
			e.Document, e.Docs = e.Ref, 1 // the row counts those that wait for a worker alone
		}
		return e, err
	}, "SELECT "+ledgerrow.WorkColumns+" FROM work"+where, args...)
}

// fill adds where entries stand, what their documents are called and what is written of them.
func (s *Store) fill(tx *gorm.DB, flow ledger.ID, found []flowstate.Entry, now ledger.Millis) error {
	names, err := nodes(tx, flow)
	if err != nil {
		return err
	}
	of := map[ledger.ID]*flowstate.Entry{}
	var ids []ledger.ID
	for i := range found {
		e := &found[i]
		e.State = stands(e.Work, now)
		switch {
		case e.Document != 0:
			of[e.Document] = e
			ids = append(ids, e.Document)
		case e.State == flowstate.Sending:
			if err := sent(tx, e); err != nil {
				return err
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if _, err := store.Scan(tx, func(rows *sql.Rows) (id ledger.ID, err error) {
		var key, number string
		if err = rows.Scan(&id, &key, &number); err == nil {
			of[id].Key, of[id].Number = key, number
		}
		return id, err
	}, "SELECT id, doc_key, number FROM document WHERE id IN "+store.In(len(ids)), store.Args(nil, ids...)...); err != nil {
		return err
	}
	_, err = store.Scan(tx, func(rows *sql.Rows) (id ledger.ID, err error) {
		var d flowstate.Delivery
		var no int
		var message, args sql.NullString
		if err = rows.Scan(&id, &no, &d.Part, &d.Connection, &d.Key, &d.State, &d.Attempt, &d.Code, &message, &args, &d.NextAt, &d.Started); err != nil {
			return id, err
		}
		d.Node, d.Message, d.Args = names[no], message.String, store.ReadArgs(args)
		e := of[id]
		e.Deliveries = append(e.Deliveries, d)
		if e.State == flowstate.Again && (d.State == ledger.DeliverySending || d.State == ledger.DeliveryUnknown) {
			e.State = flowstate.Unknown
		}
		return id, nil
	}, "SELECT d.document_id, d.node_no, d.part, COALESCE(c.name, ''), d.target_key, d.state, d.attempt, d.code, d.message, d.args, d.next_at, COALESCE(v.started_at, 0)"+
		" FROM delivery d LEFT JOIN connection c ON c.id = d.connection_id LEFT JOIN vendor_call v ON v.id = d.call_id"+
		" WHERE d.document_id IN "+store.In(len(ids))+" ORDER BY d.document_id, d.node_no, d.part", store.Args(nil, ids...)...)
	return err
}

func stands(w ledger.Work, now ledger.Millis) string {
	switch {
	case w.Owner != "" && w.LeaseUntil > now:
		return flowstate.Sending
	case w.Due >= ledger.FarFuture:
		return flowstate.Held
	case w.Due <= now:
		return flowstate.Waiting
	default:
		return flowstate.Again
	}
}

// sent counts what is written of the documents of a page that a worker is at.
func sent(tx *gorm.DB, e *flowstate.Entry) error {
	lists, err := store.Scan(tx, store.Column[string], "SELECT COALESCE(doc_ids, '') FROM work WHERE id = ?", e.ID)
	if err != nil || len(lists) == 0 {
		return err
	}
	ids, err := store.ReadIDs(lists[0])
	if err != nil || len(ids) == 0 {
		return err
	}
	e.Sent = map[ledger.DeliveryState]int{}
	_, err = store.Scan(tx, func(rows *sql.Rows) (state ledger.DeliveryState, err error) {
		var n int
		err = rows.Scan(&state, &n)
		e.Sent[state] = n
		return state, err
	}, "SELECT state, COUNT(*) FROM delivery WHERE document_id IN "+store.In(len(ids))+" GROUP BY state", store.Args(nil, ids...)...)
	return err
}

// Latest implements flowstate.Store.
func (s *Store) Latest(ctx context.Context, flow ledger.ID, limit int) ([]flowstate.Call, error) {
	tx := s.db.Read(ctx)
	names, err := nodes(tx, flow)
	if err != nil {
		return nil, err
	}
	return store.Scan(tx, func(rows *sql.Rows) (flowstate.Call, error) {
		var c flowstate.Call
		var no int
		err := rows.Scan(&c.ID, &no, &c.Connection, &c.Operation, &c.Kind, &c.Started, &c.Ended, &c.Rows, &c.Code)
		c.Node = names[no]
		return c, err
	}, "SELECT v.id, v.node_no, COALESCE(c.name, ''), v.operation, v.kind, v.started_at, v.ended_at, v.row_count, v.code FROM vendor_call v"+
		" LEFT JOIN connection c ON c.id = v.connection_id WHERE v.flow_id = ? ORDER BY v.started_at DESC, v.id DESC LIMIT ?", flow, limit)
}

// First implements flowstate.Store.
func (s *Store) First(ctx context.Context, flow, work ledger.ID, now ledger.Millis) (bool, error) {
	put := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		n, err := store.Exec(tx, "UPDATE work SET priority = ? WHERE id = ? AND flow_id = ? AND due_at <= ? AND (owner = '' OR lease_until <= ?)", ledger.Urgent, work, flow, now, now)
		put = n > 0
		return err
	})
	return put, err
}
