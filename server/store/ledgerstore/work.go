package ledgerstore

import (
	"cmp"
	"context"
	"database/sql"
	"time"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/groupstore"
	"github.com/karezflow/karez/server/store/handstore"
	"github.com/karezflow/karez/server/store/ledgerrow"
	"github.com/karezflow/karez/server/store/workstore"
)

// Claim implements push.Store.
func (s *Store) Claim(ctx context.Context, work ledger.ID, owner string, now ledger.Millis, lease time.Duration) (ledger.Work, bool, error) {
	return workstore.Claim(ctx, s.db, work, owner, now, lease)
}

// Renew implements push.Store.
func (s *Store) Renew(ctx context.Context, claim ledger.Claim, until ledger.Millis) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		return s.held(tx, claim, "UPDATE work SET lease_until = ?, attempts = attempts WHERE id = ? AND owner = ? AND fence = ?", until)
	})
}

// Release implements push.Store.
func (s *Store) Release(ctx context.Context, claim ledger.Claim, due ledger.Millis) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		return s.held(tx, claim, "UPDATE work SET owner = '', lease_until = 0, place = NULL, due_at = ? WHERE id = ? AND owner = ? AND fence = ?", due)
	})
}

// held carries out a statement on a claimed row. MySQL counts only rows that it
// changed, so the claim itself is looked at, and locked, first.
func (s *Store) held(tx *gorm.DB, claim ledger.Claim, statement string, first any) error {
	if _, err := s.claimed(tx, claim); err != nil {
		return err
	}
	return tx.Exec(statement, first, claim.Work, claim.Owner, claim.Fence).Error
}

// claimed gives the row of a claim that still holds, and locks it.
func (s *Store) claimed(tx *gorm.DB, claim ledger.Claim) (ledger.Work, error) {
	rows, err := store.Scan(tx, ledgerrow.ScanWork, "SELECT "+ledgerrow.WorkColumns+" FROM work WHERE id = ? AND owner = ? AND owner <> '' AND fence = ?"+s.sql.ForUpdate(),
		claim.Work, claim.Owner, claim.Fence)
	if err != nil {
		return ledger.Work{}, err
	}
	switch {
	case len(rows) > 0:
		return rows[0], nil
	case failpoint.Wrong(failpoint.LateResult):
		return ledger.Work{ID: claim.Work}, nil
	default:
		return ledger.Work{}, ledger.ErrFenced
	}
}

// Due implements push.Store.
func (s *Store) Due(ctx context.Context, now ledger.Millis, limit int) ([]ledger.Work, error) {
	return workstore.Due(ctx, s.db, now, limit)
}

// NextDue gives when the next work row of a flow is due; false when it has none.
func (s *Store) NextDue(ctx context.Context, flow ledger.ID) (ledger.Millis, bool, error) {
	var due ledger.Millis
	err := s.db.Read(ctx).Raw("SELECT COALESCE(MIN(due_at), 0) FROM work WHERE flow_id = ?", flow).Scan(&due).Error
	return due, due != 0, err
}

// Load implements push.Store.
func (s *Store) Load(ctx context.Context, work ledger.Work) ([]ledger.Task, error) {
	tx := s.db.Read(ctx)
	docs, err := s.covered(tx, work, "")
	if err != nil || len(docs) == 0 {
		return nil, err
	}
	tasks := make([]ledger.Task, len(docs))
	ids := make([]ledger.ID, len(docs))
	index := make(map[ledger.ID]int, len(docs))
	at := make([]ledgerrow.Address, len(docs))
	for i, d := range docs {
		tasks[i].Document = d
		ids[i], index[d.ID] = d.ID, i
		at[i] = ledgerrow.Address{Pack: d.Pack, No: d.PackNo}
	}
	deliveries, err := s.deliveries(tx, ids, false)
	if err != nil {
		return nil, err
	}
	for _, d := range deliveries {
		tasks[index[d.Document]].Deliveries = append(tasks[index[d.Document]].Deliveries, d)
	}
	bodies, err := ledgerrow.Payloads(tx, at)
	if err != nil {
		return nil, err
	}
	for i := range tasks {
		tasks[i].Body = bodies[at[i]]
	}
	return tasks, s.place(tx, tasks)
}

// covered gives the documents of a work row by id: those that it names and that
// were not taken from it since.
func (s *Store) covered(tx *gorm.DB, work ledger.Work, lock string) ([]ledger.Document, error) {
	ids := []ledger.ID{work.Ref}
	if work.Kind == ledger.PageWork {
		lists, err := store.Scan(tx, store.Column[sql.NullString], "SELECT doc_ids FROM work WHERE id = ?", work.ID)
		if err != nil || len(lists) == 0 {
			return nil, err
		}
		if ids, err = store.ReadIDs(lists[0].String); err != nil || len(ids) == 0 {
			return nil, err
		}
	}
	return store.Scan(tx, ledgerrow.ScanDocument, "SELECT "+ledgerrow.DocumentColumns+" FROM document WHERE id IN "+store.In(len(ids))+" AND work_id = ? ORDER BY id"+lock,
		append(store.Args(nil, ids...), work.ID)...)
}

// place fills in the source node, the window and the run's trace of tasks, and the
// hand-overs that led to them.
func (s *Store) place(tx *gorm.DB, tasks []ledger.Task) error {
	nodes := cached(func(id ledger.ID) ([]node, error) {
		return store.Scan(tx, func(rows *sql.Rows) (n node, err error) { return n, rows.Scan(&n.id, &n.kind) }, "SELECT node_id, kind FROM stream WHERE id = ?", id)
	})
	windows := cached(func(id ledger.ID) ([]ledger.Window, error) {
		return store.Scan(tx, ledgerrow.ScanWindow, "SELECT "+ledgerrow.WindowColumns+" FROM pull_window WHERE id = ?", id)
	})
	traces := cached(func(id ledger.ID) ([]string, error) {
		return store.Scan(tx, store.Column[string], "SELECT trace_id FROM run WHERE id = ?", id)
	})
	handed := map[ledger.ID]int{}
	runs, err := billsRuns(tx, tasks)
	if err != nil {
		return err
	}
	for i := range tasks {
		t := &tasks[i]
		t.Run = cmp.Or(t.Document.Run, runs[t.Document.ID])
		at, err := nodes(t.Document.Stream)
		if err != nil {
			return err
		}
		if at.kind == handstore.Kind {
			handed[t.Document.ID] = t.Document.ActiveRev
		}
		w, err := windows(t.Document.Window)
		if err != nil {
			return err
		}
		if t.TraceID, err = traces(t.Run); err != nil {
			return err
		}
		t.NodeID, t.From, t.To = at.id, w.From, w.To
	}
	hops, err := handstore.Hops(tx, handed)
	for i := range tasks {
		tasks[i].Hops = hops[tasks[i].Document.ID]
	}
	return err
}

// billsRuns gives the runs that bills among the tasks are walked for.
func billsRuns(tx *gorm.DB, tasks []ledger.Task) (map[ledger.ID]ledger.ID, error) {
	var bills []ledger.ID
	for i := range tasks {
		if tasks[i].Document.Run == 0 {
			bills = append(bills, tasks[i].Document.ID)
		}
	}
	return groupstore.Runs(tx, bills)
}

// node is the node of a stream.
type node struct{ id, kind string }

// cached reads a row by its id once; the zero row stands for one that is gone.
func cached[V any](read func(ledger.ID) ([]V, error)) func(ledger.ID) (V, error) {
	known := map[ledger.ID]V{}
	return func(id ledger.ID) (V, error) {
		v, ok := known[id]
		if ok {
			return v, nil
		}
		found, err := read(id)
		if len(found) > 0 {
			v = found[0]
		}
		known[id] = v
		return v, err
	}
}

// deliveries reads the deliveries of documents; with all, bodies and responses
// come along in every state, else where a walk needs them.
func (s *Store) deliveries(tx *gorm.DB, ids []ledger.ID, all bool) ([]ledger.Delivery, error) {
	var found []stored
	err := store.Chunks(ids, func(ids []ledger.ID) error {
		part, err := store.Scan(tx, scanDelivery, "SELECT "+deliveryColumns+" FROM delivery WHERE document_id IN "+store.In(len(ids))+" ORDER BY document_id, node_no, part", store.Args(nil, ids...)...)
		found = append(found, part...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return withPayloads(tx, found, all)
}

func withPayloads(tx *gorm.DB, found []stored, all bool) ([]ledger.Delivery, error) {
	var at []ledgerrow.Address
	before := make([]ledgerrow.Address, len(found))
	for i := range found {
		var err error
		if before[i], err = lastDone(tx, &found[i].Delivery); err != nil {
			return nil, err
		}
		if !all && !found[i].State.Fixed() {
			found[i].body = ledgerrow.Address{}
		}
		if !all && found[i].State != ledger.DeliveryDone && found[i].Step == "" {
			found[i].response = ledgerrow.Address{}
		}
		at = append(at, found[i].body, found[i].response, before[i])
	}
	bodies, err := ledgerrow.Payloads(tx, at)
	if err != nil {
		return nil, err
	}
	out := make([]ledger.Delivery, len(found))
	for i, d := range found {
		d.Body, d.Response, d.Before = bodies[d.body], bodies[d.response], bodies[before[i]]
		out[i] = d.Delivery
	}
	return out, nil
}

// lastDone gives where the body of the last revision that was done is, of an update whose
// answer is lost.
func lastDone(tx *gorm.DB, d *ledger.Delivery) (ledgerrow.Address, error) {
	if !d.Updating || !d.State.Uncertain() {
		return ledgerrow.Address{}, nil
	}
	found, err := store.Scan(tx, func(rows *sql.Rows) (ledgerrow.Address, error) {
		var a ledgerrow.Address
		return a, rows.Scan(&a.Pack, &a.No)
	}, "SELECT req_pack, req_no FROM delivery_history WHERE document_id = ? AND node_no = ? AND part = ? AND state = ? AND rev < ? ORDER BY rev DESC LIMIT 1",
		d.Document, d.NodeNo, d.Part, ledger.DeliveryDone, d.Rev)
	if err != nil || len(found) == 0 {
		return ledgerrow.Address{}, err
	}
	return found[0], nil
}
