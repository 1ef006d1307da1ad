// Package attemptstore reads from SQL what was tried to write a document.
//
// It may import server/attempt, engine/ledger, server/store and below it ledgerrow only.
package attemptstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/attempt"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// Store implements attempt.Store.
type Store struct {
	db  *store.DB
	sql store.Dialect
}

var _ attempt.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db, db.Dialect()} }

// tried is an attempt with where its contents are.
type tried struct {
	attempt.Attempt

	request, response ledgerrow.Address
	answer            ledger.ID
	connection        ledger.ID
	// row is the place in the call, from 0; -1 where it is not known.
	row int
	// called says that the call is on record.
	called bool
}

// reading is one look at a document's attempts.
type reading struct {
	tx       *gorm.DB
	document ledger.ID
	all      []*tried
	// last are the highest numbers of attempts, by delivery.
	last map[attempt.Place]int
}

// Attempts implements attempt.Store.
func (s *Store) Attempts(ctx context.Context, workspace, document ledger.ID) ([]attempt.Attempt, error) {
	var out []attempt.Attempt
	err := s.db.Read(ctx).Transaction(func(tx *gorm.DB) error {
		r, err := read(tx, workspace, document)
		if err != nil {
			return err
		}
		out, err = r.list()
		return err
	}, &sql.TxOptions{ReadOnly: true, Isolation: s.sql.Snapshot()})
	return out, err
}

// Content implements attempt.Store.
func (s *Store) Content(ctx context.Context, workspace, document ledger.ID, at attempt.Place, content string) ([]byte, string, error) {
	tx := s.db.Read(ctx)
	r, err := read(tx, workspace, document)
	if err != nil {
		return nil, "", err
	}
	i := slices.IndexFunc(r.all, func(t *tried) bool { return t.Place == at })
	if i < 0 {
		return nil, "", ledger.ErrNotFound
	}
	t := r.all[i]
	where := map[string]ledgerrow.Address{attempt.Request: t.request, attempt.Response: t.response}[content]
	ofProbe := content == attempt.Response && t.Kind == attempt.Probe
	if content == attempt.Answer || ofProbe {
		if where, err = ledgerrow.AnswerOf(tx, at.Call, t.answer); err != nil {
			return nil, "", err
		}
	}
	found, err := ledgerrow.Payloads(tx, []ledgerrow.Address{where})
	if err != nil {
		return nil, "", err
	}
	body := found[where]
	if ofProbe {
		body = shown(body, t.row)
	}
	return body, t.Connection, nil
}

// shown gives what a look-up showed in a row, byte by byte.
func shown(evidence []byte, row int) []byte {
	var objects []json.RawMessage
	if json.Unmarshal(evidence, &objects) != nil || row < 0 || row >= len(objects) {
		return nil
	}
	return objects[row]
}

// read gathers the attempts of a document: those that went another way than at once to the
// good have a row, the latest stands in its delivery, and that of an earlier revision in
// what is kept of the delivery.
func read(tx *gorm.DB, workspace, document ledger.ID) (*reading, error) {
	if _, err := store.One(store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM document WHERE id = ? AND workspace_id = ?", document, workspace)); err != nil {
		return nil, err
	}
	r := &reading{tx: tx, document: document, last: map[attempt.Place]int{}}
	for _, step := range []func() error{r.rows, r.deliveries, r.nodes, r.calls, r.connections} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *reading) rows() error {
	var err error
	r.all, err = store.Scan(r.tx, func(rows *sql.Rows) (*tried, error) {
		t := &tried{}
		t.Recorded = true
		var state ledger.DeliveryState
		var message, args sql.NullString
		err := rows.Scan(&t.Call, &t.row, &t.NodeNo, &t.Part, &t.No, &state, &t.Code, &message, &args, &t.request.Pack, &t.request.No, &t.response.Pack, &t.response.No)
		t.Outcome, t.Message, t.Args = state.String(), message.String, store.ReadArgs(args)
		return t, err
	}, "SELECT call_id, row_no, node_no, part, attempt, outcome, code, message, args, req_pack, req_no, resp_pack, resp_no FROM call_row WHERE document_id = ? ORDER BY call_id, row_no", r.document)
	return err
}

// deliveries adds the latest attempts and those of earlier revisions.
func (r *reading) deliveries() error {
	for _, table := range []string{"delivery", "delivery_history"} {
		found, err := store.Scan(r.tx, scanDelivery, "SELECT node_no, part, rev, attempt, call_id, row_no, state, code, message, args, connection_id,"+
			" req_pack, req_no, resp_pack, resp_no FROM "+table+" WHERE document_id = ? ORDER BY node_no, part, rev DESC", r.document)
		if err != nil {
			return err
		}
		for _, d := range found {
			of := attempt.Place{NodeNo: d.NodeNo, Part: d.Part}
			if table == "delivery" {
				r.last[of] = d.No
			}
			if d.No == 0 {
				continue // it was only ordered
			}
			if known := r.find(d.Place); known != nil {
				known.merge(d)
				continue
			}
			r.all = append(r.all, d)
		}
	}
	return nil
}

func scanDelivery(rows *sql.Rows) (*tried, error) {
	t := &tried{}
	t.Recorded = true
	var state ledger.DeliveryState
	var message, args sql.NullString
	err := rows.Scan(&t.NodeNo, &t.Part, &t.Rev, &t.No, &t.Call, &t.row, &state, &t.Code, &message, &args, &t.connection,
		&t.request.Pack, &t.request.No, &t.response.Pack, &t.response.No)
	t.Outcome, t.Message, t.Args = state.String(), message.String, store.ReadArgs(args)
	return t, err
}

func (r *reading) find(at attempt.Place) *tried {
	if i := slices.IndexFunc(r.all, func(t *tried) bool { return t.Place == at }); i >= 0 {
		return r.all[i]
	}
	return nil
}

// merge adds to an attempt's row what its delivery knows. The row tells what became of the
// attempt; what a person ordered since is no part of it.
func (t *tried) merge(d *tried) {
	t.Rev, t.connection = d.Rev, d.connection
	if t.request.Pack == 0 && d.Outcome != ledger.DeliveryPending.String() {
		t.request = d.request
	}
	if t.response.Pack == 0 && t.Outcome == ledger.DeliveryDone.String() {
		t.response = d.response
	}
}

// nodes names the nodes.
func (r *reading) nodes() error {
	type node struct {
		no int
		id string
	}
	found, err := store.Scan(r.tx, func(rows *sql.Rows) (n node, err error) { return n, rows.Scan(&n.no, &n.id) },
		"SELECT node_no, node_id FROM flow_node WHERE flow_id = (SELECT s.flow_id FROM stream s JOIN document d ON d.stream_id = s.id WHERE d.id = ?)", r.document)
	names := map[int]string{}
	for _, n := range found {
		names[n.no] = n.id
	}
	for _, t := range r.all {
		t.Node = names[t.NodeNo]
	}
	return err
}

// calls adds what is known of the calls.
func (r *reading) calls() error {
	of := map[ledger.ID][]*tried{}
	var ids []ledger.ID
	for _, t := range r.all {
		if t.Call != 0 && of[t.Call] == nil {
			ids = append(ids, t.Call)
		}
		of[t.Call] = append(of[t.Call], t)
	}
	return store.Chunks(ids, func(ids []ledger.ID) error {
		rows, err := r.tx.Raw("SELECT id, kind, operation, connection_id, started_at, ended_at, row_count, resp_pack, code, trace_id FROM vendor_call WHERE id IN "+store.In(len(ids)), store.Args(nil, ids...)...).Rows()
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // Err has told what there is to tell
		for rows.Next() {
			var c tried
			var id ledger.ID
			var code string
			if err := rows.Scan(&id, &c.Kind, &c.Operation, &c.connection, &c.Started, &c.Ended, &c.Rows, &c.answer, &code, &c.Trace); err != nil {
				return err
			}
			for _, t := range of[id] {
				t.take(c, code)
			}
		}
		return rows.Err()
	})
}

// take adds what the call knows.
func (t *tried) take(c tried, code string) {
	t.called, t.Kind, t.Operation, t.connection, t.Started, t.Ended, t.Rows, t.answer, t.Trace = true, c.Kind, c.Operation, c.connection, c.Started, c.Ended, c.Rows, c.answer, c.Trace
	t.Code = cmp.Or(t.Code, code)
	// A look-up by which an object was taken over is the delivery's own call, and only
	// sends keep what was sent.
	if c.Kind == attempt.Probe && t.request.Pack != 0 {
		t.Kind = attempt.Adopt
	}
}

// connections names the connections.
func (r *reading) connections() error {
	var ids []ledger.ID
	for _, t := range r.all {
		if !slices.Contains(ids, t.connection) {
			ids = append(ids, t.connection)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	type connection struct {
		id   ledger.ID
		name string
	}
	found, err := store.Scan(r.tx, func(rows *sql.Rows) (c connection, err error) { return c, rows.Scan(&c.id, &c.name) },
		"SELECT id, name FROM connection WHERE id IN "+store.In(len(ids)), store.Args(nil, ids...)...)
	for _, c := range found {
		for _, t := range r.all {
			if t.connection == c.id {
				t.Connection = c.name
			}
		}
	}
	return err
}

// list puts the attempts into their order, adds those of which there is no record, and says
// of each which contents are there.
func (r *reading) list() ([]attempt.Attempt, error) {
	var at []ledgerrow.Address
	for _, t := range r.all {
		at = append(at, t.request, t.response, ledgerrow.Address{Pack: t.answer})
	}
	gone, err := ledgerrow.Gone(r.tx, at)
	if err != nil {
		return nil, err
	}
	kept := func(pack ledger.ID) attempt.Kept {
		switch {
		case pack == 0:
			return attempt.None
		case gone[pack]:
			return attempt.Purged
		default:
			return attempt.There
		}
	}
	for _, t := range r.all {
		t.Request, t.Response, t.Answer = kept(t.request.Pack), kept(t.response.Pack), kept(t.answer)
		if t.Kind == attempt.Probe {
			t.Response = t.Answer
		}
		t.Kind = cmp.Or(t.Kind, attempt.Send)
		switch {
		case t.Code == ledger.CodeKeyTaken: // its row was left out of the call
			t.Rows = 0
		case t.called && t.Rows > 0:
			t.Line = t.row + 1
		}
	}
	r.lost()
	slices.SortStableFunc(r.all, func(a, b *tried) int {
		return cmp.Or(cmp.Compare(a.NodeNo, b.NodeNo), cmp.Compare(a.Part, b.Part), cmp.Compare(a.No, b.No), cmp.Compare(a.Call, b.Call))
	})
	out := make([]attempt.Attempt, len(r.all))
	for i, t := range r.all {
		out[i] = t.Attempt
	}
	return out, nil
}

// mostLost is how many attempts without a record are told of each delivery.
const mostLost = 50

// lost adds the attempts whose answers never came and those whose records were removed.
func (r *reading) lost() {
	names, there := map[int]string{}, map[attempt.Place]map[int]bool{}
	for _, t := range r.all {
		of := attempt.Place{NodeNo: t.NodeNo, Part: t.Part}
		if there[of] == nil {
			there[of] = map[int]bool{}
		}
		if names[t.NodeNo] = t.Node; t.Kind != attempt.Probe {
			there[of][t.No] = true
		}
	}
	for of, last := range r.last {
		for no, told := last-1, 0; no > 0 && told < mostLost; no-- {
			if there[of][no] {
				continue
			}
			told++
			t := &tried{}
			t.Place, t.Node, t.No, t.Kind = of, names[of.NodeNo], no, attempt.Send
			t.Request, t.Response, t.Answer = attempt.None, attempt.None, attempt.None
			r.all = append(r.all, t)
		}
	}
}
