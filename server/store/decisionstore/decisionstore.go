// Package decisionstore reads from SQL what a person needs to decide about a document,
// and what people did about it.
//
// It may import server/decision, engine/ledger, server/store and below it ledgerrow only.
package decisionstore

import (
	"context"
	"database/sql"
	"encoding/json"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/decision"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// Store implements decision.Store.
type Store struct{ db *store.DB }

var _ decision.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db} }

// asked is a question with where its texts are.
type asked struct {
	decision.Question

	nodeNo              int
	connection, call    ledger.ID
	state               ledger.DeliveryState
	rev                 int
	body, answer, found ledgerrow.Address
	row                 int
}

// Sheet implements decision.Store.
func (s *Store) Sheet(ctx context.Context, workspace, document ledger.ID) (decision.Sheet, error) {
	tx := s.db.Read(ctx)
	type seen struct {
		latest, active int
		updated        ledger.Millis
	}
	doc, err := store.One(store.Scan(tx, func(rows *sql.Rows) (seen, error) {
		var d seen
		return d, rows.Scan(&d.latest, &d.active, &d.updated)
	}, "SELECT latest_rev, active_rev, updated_at FROM document WHERE id = ? AND workspace_id = ?", document, workspace))
	if err != nil {
		return decision.Sheet{}, err
	}
	out := decision.Sheet{Newer: doc.latest - doc.active, Updated: doc.updated}
	open, err := store.Scan(tx, scanAsked, "SELECT d.node_no, COALESCE(n.node_id, ''), d.part, d.attempt, d.rev, d.connection_id, COALESCE(c.name, ''), d.resource, d.target_key, d.state,"+
		" d.code, d.message, d.args, d.target_id, d.target_number, d.call_id, d.req_pack, d.req_no, d.resp_pack, d.resp_no, d.updated_at, COALESCE(v.started_at, 0)"+
		" FROM delivery d LEFT JOIN connection c ON c.id = d.connection_id LEFT JOIN vendor_call v ON v.id = d.call_id"+
		" LEFT JOIN flow_node n ON n.node_no = d.node_no AND n.flow_id = (SELECT s.flow_id FROM stream s JOIN document o ON o.stream_id = s.id WHERE o.id = d.document_id)"+
		" WHERE d.document_id = ? AND d.state IN (?,?,?) ORDER BY d.node_no, d.part",
		document, ledger.DeliveryNeedsDecision, ledger.DeliveryUnknown, ledger.DeliverySending)
	if err != nil {
		return out, err
	}
	var at []ledgerrow.Address
	for i := range open {
		q := &open[i]
		q.Sendable = q.rev == doc.active
		q.Acceptable = q.Sendable && q.Code != ledger.CodeKeyTaken
		if err := q.look(tx, document); err != nil {
			return out, err
		}
		at = append(at, q.body, q.answer, q.found)
	}
	texts, err := ledgerrow.Payloads(tx, at)
	for _, q := range open {
		q.Sent, q.Answer = texts[q.body], texts[q.answer]
		var objects []json.RawMessage
		if json.Unmarshal(texts[q.found], &objects) == nil && q.row < len(objects) && string(objects[q.row]) != "null" {
			q.Found = objects[q.row]
		}
		out.Questions = append(out.Questions, q.Question)
	}
	return out, err
}

func scanAsked(rows *sql.Rows) (asked, error) {
	var q asked
	var message, args, number sql.NullString
	var updated ledger.Millis
	err := rows.Scan(&q.nodeNo, &q.Node, &q.Part, &q.Attempt, &q.rev, &q.connection, &q.Connection, &q.Resource, &q.Key, &q.state, &q.Code, &message, &args,
		&q.TargetID, &number, &q.call, &q.body.Pack, &q.body.No, &q.answer.Pack, &q.answer.No, &updated, &q.SentAt)
	q.State, q.Message, q.Args, q.TargetNumber = q.state.String(), message.String, store.ReadArgs(args), number.String
	if q.SentAt == 0 {
		q.SentAt = updated
	}
	return q, err
}

// look finds the last look-up of a delivery, and who owns its key.
func (q *asked) look(tx *gorm.DB, document ledger.ID) error {
	_, err := store.Scan(tx, func(rows *sql.Rows) (struct{}, error) {
		var call ledger.ID
		err := rows.Scan(&call, &q.row, &q.AskedAt, &q.found.Pack)
		q.Asked = true
		if err == nil && q.found.Pack != 0 {
			q.call = call
		}
		return struct{}{}, err
	}, "SELECT v.id, r.row_no, v.started_at, v.resp_pack FROM call_row r JOIN vendor_call v ON v.id = r.call_id"+
		" WHERE r.document_id = ? AND r.node_no = ? AND r.part = ? AND v.kind = 'probe' ORDER BY v.id DESC LIMIT 1", document, q.nodeNo, q.Part)
	if err != nil {
		return err
	}
	if q.found, err = ledgerrow.AnswerOf(tx, q.call, q.found.Pack); err != nil {
		return err
	}
	owners, err := store.Scan(tx, func(rows *sql.Rows) (decision.Owner, error) {
		var o decision.Owner
		var state ledger.State
		err := rows.Scan(&o.ID, &o.Key, &o.Number, &o.FlowTitle, &state)
		o.State = state.String()
		return o, err
	}, "SELECT d.id, d.doc_key, d.number, COALESCE(f.title, ''), d.state FROM target_key k JOIN document d ON d.id = k.document_id"+
		" LEFT JOIN stream s ON s.id = d.stream_id LEFT JOIN flow f ON f.id = s.flow_id"+
		" WHERE k.connection_id = ? AND k.resource = ? AND k.target_key = ? AND k.document_id <> ?", q.connection, q.Resource, q.Key, document)
	if err == nil && len(owners) > 0 {
		q.Owner = &owners[0]
	}
	return err
}

// History implements decision.Store.
func (s *Store) History(ctx context.Context, workspace, document ledger.ID) ([]decision.Event, error) {
	tx := s.db.Read(ctx)
	if _, err := store.One(store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM document WHERE id = ? AND workspace_id = ?", document, workspace)); err != nil {
		return nil, err
	}
	return store.Scan(tx, func(rows *sql.Rows) (decision.Event, error) {
		var e decision.Event
		var note sql.NullString
		err := rows.Scan(&e.ID, &e.Action, &e.Actor, &note, &e.Job, &e.Rev, &e.Node, &e.Part, &e.Version, &e.Code, &e.Edited, &e.At)
		e.Note = note.String
		return e, err
	}, "SELECT a.id, a.action, a.actor, a.note, a.job_id, a.rev, COALESCE(n.node_id, ''), a.part, COALESCE(v.version_no, 0), a.code, a.after_pack <> 0, a.created_at"+
		" FROM document_action a LEFT JOIN flow_version v ON v.id = a.version_id"+
		" LEFT JOIN flow_node n ON n.node_no = a.node_no AND n.flow_id = (SELECT s.flow_id FROM stream s JOIN document o ON o.stream_id = s.id WHERE o.id = a.document_id)"+
		" WHERE a.document_id = ? ORDER BY a.created_at, a.id", document)
}

// Change implements decision.Store.
func (s *Store) Change(ctx context.Context, workspace, document, event ledger.ID) (decision.Change, error) {
	tx := s.db.Read(ctx)
	at, err := store.One(store.Scan(tx, func(rows *sql.Rows) ([2]ledgerrow.Address, error) {
		var at [2]ledgerrow.Address
		return at, rows.Scan(&at[0].Pack, &at[0].No, &at[1].Pack, &at[1].No)
	}, "SELECT before_pack, before_no, after_pack, after_no FROM document_action WHERE id = ? AND document_id = ? AND workspace_id = ? AND after_pack <> 0", event, document, workspace))
	if err != nil {
		return decision.Change{}, err
	}
	texts, err := ledgerrow.Payloads(tx, at[:])
	return decision.Change{Before: texts[at[0]], After: texts[at[1]]}, err
}
