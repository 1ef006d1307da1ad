package documentstore

import (
	"context"
	"database/sql"
	"slices"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/store"
)

func scanChosen(rows *sql.Rows) (document.Chosen, error) {
	var c document.Chosen
	return c, rows.Scan(&c.ID, &c.Rev, &c.State, &c.Code, &c.Updated)
}

// Select implements document.Store. Problems are read in the order of their documents:
// whoever reads all of them page by page reads each once.
func (s *Store) Select(ctx context.Context, q document.Query, after ledger.ID) ([]document.Chosen, error) {
	limit := q.Limit
	q.After, q.Limit = nil, 0
	l := &listing{Store: s, q: q, tx: s.db.Read(ctx)}
	possible, err := l.prepare()
	if err != nil || !possible {
		return nil, err
	}
	where, args := "p.workspace_id = ? AND p.document_id > ?", []any{q.Workspace, after}
	if l.flow != 0 {
		where, args = where+" AND p.flow_id = ?", append(args, l.flow)
	}
	if q.Code != "" {
		where, args = where+" AND p.code = ?", append(args, q.Code)
	}
	if q.Number != "" {
		found, values := l.numbered()
		where, args = where+" AND p.document_id IN (SELECT id FROM ("+found+") AS numbered)", append(args, values...)
	}
	more, values := l.where()
	return store.Scan(l.tx, scanChosen, "SELECT d.id, d.active_rev, d.state, p.code, d.updated_at FROM problem p"+l.inOrder()+"document d ON d.id = p.document_id WHERE "+
		where+" AND "+more+" ORDER BY p.document_id LIMIT ?", append(append(args, values...), limit)...)
}

// SelectNamed implements document.Store.
func (s *Store) SelectNamed(ctx context.Context, workspace ledger.ID, ids []ledger.ID, after ledger.ID, limit int) ([]document.Chosen, error) {
	ids = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(ids))), func(id ledger.ID) bool { return id <= after })
	ids = ids[:min(len(ids), limit)]
	var found []document.Chosen
	err := store.Chunks(ids, func(ids []ledger.ID) error {
		part, err := store.Scan(s.db.Read(ctx), scanChosen, "SELECT d.id, d.active_rev, d.state, COALESCE(p.code, ''), d.updated_at FROM document d LEFT JOIN problem p ON p.document_id = d.id"+
			" WHERE d.workspace_id = ? AND d.id IN "+store.In(len(ids))+" ORDER BY d.id", store.Args([]any{workspace}, ids...)...)
		found = append(found, part...)
		return err
	})
	return found, err
}

// Ailings implements document.Store.
func (s *Store) Ailings(ctx context.Context, workspace ledger.ID, ids []ledger.ID) ([]rules.Ailing, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	tx := s.db.Read(ctx)
	docs, err := store.Scan(tx, scanDocument, "SELECT "+documentColumns+" FROM document WHERE workspace_id = ? AND id IN "+store.In(len(ids)), store.Args([]any{workspace}, ids...)...)
	if err != nil || len(docs) == 0 {
		return nil, err
	}
	w := &ward{tx: tx, beds: make([]rules.Ailing, len(docs)), at: map[ledger.ID]*rules.Ailing{}}
	for i, d := range docs {
		w.beds[i].Document = d
		w.at[d.ID] = &w.beds[i]
		w.ids = append(w.ids, d.ID)
	}
	for _, step := range []func() error{w.flows, w.work, w.problems, w.deliveries, w.queued} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return w.beds, nil
}

// ward is one Ailings.
type ward struct {
	tx   *gorm.DB
	ids  []ledger.ID
	beds []rules.Ailing
	at   map[ledger.ID]*rules.Ailing
}

func (w *ward) in(query string) (string, []any) {
	return query + store.In(len(w.ids)), store.Args(nil, w.ids...)
}

func (w *ward) flows() error {
	flows := map[ledger.ID]ledger.ID{}
	for i := range w.beds {
		stream := w.beds[i].Document.Stream
		if _, known := flows[stream]; !known {
			ids, err := store.Scan(w.tx, scanID, "SELECT flow_id FROM stream WHERE id = ?", stream)
			if err != nil {
				return err
			}
			flows[stream] = 0
			if len(ids) > 0 {
				flows[stream] = ids[0]
			}
		}
		w.beds[i].Flow = flows[stream]
	}
	return nil
}

func (w *ward) work() error {
	rows := make([]ledger.ID, len(w.beds))
	for i := range w.beds {
		rows[i] = w.beds[i].Document.Work
	}
	found, err := store.Scan(w.tx, scanWork, "SELECT id,workspace_id,connection_id,priority,owner,fence,lease_until FROM work WHERE id IN "+store.In(len(rows)), store.Args(nil, rows...)...)
	for i := range w.beds {
		if n := slices.IndexFunc(found, func(f ledger.Work) bool { return f.ID == w.beds[i].Document.Work }); n >= 0 {
			row := found[n]
			w.beds[i].Work = &row
		}
	}
	return err
}

func (w *ward) problems() error {
	type problem struct {
		id   ledger.ID
		code string
	}
	query, args := w.in("SELECT document_id, code FROM problem WHERE document_id IN ")
	found, err := store.Scan(w.tx, func(rows *sql.Rows) (problem, error) {
		var p problem
		return p, rows.Scan(&p.id, &p.code)
	}, query, args...)
	for _, p := range found {
		w.at[p.id].Problem = p.code
	}
	return err
}

func (w *ward) deliveries() error {
	query, args := w.in("SELECT " + deliveryColumns + " FROM delivery WHERE document_id IN ")
	found, err := store.Scan(w.tx, scanDelivery, query+" ORDER BY document_id, node_no, part", args...)
	for _, d := range found {
		bed := w.at[d.Document]
		bed.Deliveries = append(bed.Deliveries, d.Delivery)
	}
	return err
}

func (w *ward) queued() error {
	for i := range w.beds {
		var err error
		if w.beds[i].Queued, err = queued(w.tx, w.beds[i].Document, ""); err != nil {
			return err
		}
	}
	return nil
}
