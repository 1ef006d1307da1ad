// Package lineagestore reads from SQL how documents hang together.
//
// It may import server/lineage, server/document, engine/errand, engine/ledger and
// server/store only.
package lineagestore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/lineage"
	"github.com/karezflow/karez/server/store"
)

// Store implements lineage.Store.
type Store struct{ db *store.DB }

var _ lineage.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db} }

// Documents implements lineage.Store.
func (s *Store) Documents(ctx context.Context, workspace ledger.ID, ids []ledger.ID) (map[ledger.ID]lineage.Node, error) {
	out := map[ledger.ID]lineage.Node{}
	return out, store.Chunks(ids, func(ids []ledger.ID) error {
		found, err := store.Scan(s.db.Read(ctx), scanDocument, "SELECT d.id, COALESCE(f.public_id, ''), COALESCE(f.title, ''), s.node_id, COALESCE(v.version_no, 0), d.number, d.doc_key, d.state,"+
			" CASE WHEN g.document_id IS NULL THEN 0 ELSE 1 END FROM document d JOIN stream s ON s.id = d.stream_id LEFT JOIN flow f ON f.id = s.flow_id"+
			" LEFT JOIN flow_version v ON v.id = d.version_id LEFT JOIN group_head g ON g.document_id = d.id WHERE d.workspace_id = ? AND d.id IN "+store.In(len(ids)),
			store.Args([]any{workspace}, ids...)...)
		for _, n := range found {
			out[n.Document] = n
		}
		return err
	})
}

func scanDocument(rows *sql.Rows) (lineage.Node, error) {
	n := lineage.Node{Kind: lineage.Document}
	var key string
	var state ledger.State
	var bill int
	err := rows.Scan(&n.Document, &n.Flow, &n.FlowTitle, &n.Node, &n.Version, &n.Label, &key, &state, &bill)
	n.ID, n.Label, n.State, n.Bill = "d"+strconv.FormatInt(int64(n.Document), 10), cmp.Or(n.Label, key), document.StateName(state), bill != 0
	return n, err
}

// Links implements lineage.Store.
func (s *Store) Links(ctx context.Context, documents []ledger.ID, down bool, most int) ([]lineage.Link, error) {
	handed, grouped := "to_document_id", "group_document_id"
	if down {
		handed, grouped = "document_id", "document_id"
	}
	var out []lineage.Link
	err := store.Chunks(documents, func(ids []ledger.ID) error {
		args := append(store.Args(nil, ids...), most)
		found, err := store.Scan(s.db.Read(ctx), scanHanded, "SELECT document_id, to_document_id, node_no, MAX(way) FROM handover WHERE "+handed+" IN "+store.In(len(ids))+
			" GROUP BY document_id, to_document_id, node_no ORDER BY to_document_id DESC, document_id DESC, node_no LIMIT ?", args...)
		if err != nil {
			return err
		}
		out = append(out, found...)
		found, err = store.Scan(s.db.Read(ctx), scanGrouped, "SELECT document_id, group_document_id FROM group_member WHERE "+grouped+" IN "+store.In(len(ids))+
			" ORDER BY group_document_id DESC, document_id DESC LIMIT ?", args...)
		out = append(out, found...)
		return err
	})
	return out, err
}

func scanHanded(rows *sql.Rows) (lineage.Link, error) {
	l := lineage.Link{Kind: lineage.Handed}
	var way string
	err := rows.Scan(&l.From, &l.To, &l.NodeNo, &way)
	l.Delivery = partOf(way)
	return l, err
}

func scanGrouped(rows *sql.Rows) (lineage.Link, error) {
	l := lineage.Link{Kind: lineage.Grouped}
	return l, rows.Scan(&l.From, &l.To)
}

// partOf reads the delivery from the way of what came behind it: its node, its part and the
// attempt, with dots between. It is nil for a way that tells of no write.
func partOf(way string) *lineage.Part {
	node, rest, _ := strings.Cut(way, ".")
	part, _, more := strings.Cut(rest, ".")
	no, err := strconv.Atoi(node)
	if err != nil || !more {
		return nil
	}
	n, err := strconv.Atoi(part)
	if err != nil {
		return nil
	}
	return &lineage.Part{NodeNo: no, Part: n}
}

// Ends implements lineage.Store.
func (s *Store) Ends(ctx context.Context, documents []ledger.ID, most int) ([]lineage.End, error) {
	var out []lineage.End
	err := store.Chunks(documents, func(ids []ledger.ID) error {
		args := append(store.Args(nil, ids...), most)
		found, err := store.Scan(s.db.Read(ctx), scanDelivery, "SELECT w.document_id, w.node_no, w.part, COALESCE(n.node_id, ''), w.target_number, w.target_key, w.state, COALESCE(c.name, '')"+
			" FROM delivery w JOIN document d ON d.id = w.document_id JOIN stream s ON s.id = d.stream_id LEFT JOIN flow_node n ON n.flow_id = s.flow_id AND n.node_no = w.node_no"+
			" LEFT JOIN connection c ON c.id = w.connection_id WHERE w.document_id IN "+store.In(len(ids))+" ORDER BY w.document_id, w.node_no, w.part LIMIT ?", args...)
		if err != nil {
			return err
		}
		out = append(out, found...)
		found, err = store.Scan(s.db.Read(ctx), scanErrand, "SELECT id, document_id, node_id, way, operation, connection, state FROM errand WHERE document_id IN "+store.In(len(ids))+
			" ORDER BY document_id, node_no, way LIMIT ?", args...)
		out = append(out, found...)
		return err
	})
	return out, err
}

func scanDelivery(rows *sql.Rows) (lineage.End, error) {
	e := lineage.End{Kind: lineage.Delivery}
	var number sql.NullString
	var state ledger.DeliveryState
	err := rows.Scan(&e.Document, &e.Of.NodeNo, &e.Of.Part, &e.Node, &number, &e.Label, &state, &e.Connection)
	e.Label, e.State = cmp.Or(number.String, e.Label), state.String()
	return e, err
}

func scanErrand(rows *sql.Rows) (lineage.End, error) {
	e := lineage.End{Kind: lineage.Errand}
	var way string
	var state errand.State
	err := rows.Scan(&e.ID, &e.Document, &e.Node, &way, &e.Label, &e.Connection, &state)
	e.WrittenBy, e.State = partOf(way), state.String()
	return e, err
}

// NodeNames implements lineage.Store.
func (s *Store) NodeNames(ctx context.Context, documents []ledger.ID) (map[ledger.ID]map[int]string, error) {
	type named struct {
		flow, document ledger.ID
		no             int
		name           string
	}
	out := map[ledger.ID]map[int]string{}
	flows := map[ledger.ID][]ledger.ID{}
	err := store.Chunks(documents, func(ids []ledger.ID) error {
		found, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (n named, err error) { return n, rows.Scan(&n.flow, &n.document) },
			"SELECT s.flow_id, d.id FROM document d JOIN stream s ON s.id = d.stream_id WHERE d.id IN "+store.In(len(ids)), store.Args(nil, ids...)...)
		for _, n := range found {
			flows[n.flow] = append(flows[n.flow], n.document)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var all []ledger.ID
	for id := range flows {
		all = append(all, id)
	}
	slices.Sort(all)
	return out, store.Chunks(all, func(ids []ledger.ID) error {
		found, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (n named, err error) { return n, rows.Scan(&n.flow, &n.no, &n.name) },
			"SELECT flow_id, node_no, node_id FROM flow_node WHERE flow_id IN "+store.In(len(ids)), store.Args(nil, ids...)...)
		for _, n := range found {
			for _, document := range flows[n.flow] {
				if out[document] == nil {
					out[document] = map[int]string{}
				}
				out[document][n.no] = n.name
			}
		}
		return err
	})
}
