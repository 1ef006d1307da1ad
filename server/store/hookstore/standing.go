package hookstore

import (
	"context"
	"database/sql"
	"fmt"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/hook"
	"github.com/karezflow/karez/server/store"
)

// Came implements hook.Store.
func (s *Store) Came(ctx context.Context, h hook.Hook, document ledger.ID) (int, bool, error) {
	found, err := store.Scan(s.db.Read(ctx), store.Column[int],
		"SELECT d.latest_rev FROM document d JOIN stream s ON s.id = d.stream_id WHERE d.id = ? AND s.flow_id = ? AND s.node_id = ?", document, h.Flow, h.NodeID)
	if err != nil || len(found) == 0 {
		return 0, false, err
	}
	return found[0], true, nil
}

// Standing implements hook.Store.
func (s *Store) Standing(ctx context.Context, of []ledger.Admitted) ([]hook.Standing, error) {
	out := make([]hook.Standing, len(of))
	if len(of) == 0 {
		return out, nil
	}
	err := s.db.Read(ctx).Transaction(func(tx *gorm.DB) error {
		l := &look{tx: tx, out: out, at: map[ledger.ID][]int{}}
		for i, a := range of {
			out[i].Admitted = a
			if len(l.at[a.Document]) == 0 {
				l.ids = append(l.ids, a.Document)
			}
			l.at[a.Document] = append(l.at[a.Document], i)
		}
		for _, step := range []func() error{l.documents, l.revisions, l.answers, l.problems, l.written} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	}, &sql.TxOptions{ReadOnly: true, Isolation: s.sql.Snapshot()})
	return out, err
}

// look is one Standing.
type look struct {
	tx  *gorm.DB
	ids []ledger.ID
	// at are the places of a document in out.
	at  map[ledger.ID][]int
	out []hook.Standing
	// other are the places that ask for another revision than the active one; active are
	// the documents' active revisions.
	other  []int
	active map[ledger.ID]int
}

// each reads rows about the documents.
func (l *look) each(query string, one func(rows *sql.Rows) error) error {
	return store.Chunks(l.ids, func(ids []ledger.ID) error {
		_, err := store.Scan(l.tx, func(rows *sql.Rows) (struct{}, error) { return struct{}{}, one(rows) }, query+store.In(len(ids)), store.Args(nil, ids...)...)
		return err
	})
}

func (l *look) documents() error {
	l.active = map[ledger.ID]int{}
	return l.each("SELECT id, doc_key, number, active_rev, done_rev, state FROM document WHERE id IN ", func(rows *sql.Rows) error {
		var id ledger.ID
		var key, number string
		var active, done int
		var state ledger.State
		if err := rows.Scan(&id, &key, &number, &active, &done, &state); err != nil {
			return err
		}
		l.active[id] = active
		for _, i := range l.at[id] {
			d := &l.out[i]
			d.Key, d.Number, d.State, d.At = key, number, state, d.Rev
			if d.Rev == 0 { // it was ignored, because this one is delivered
				d.At = done
			}
			if d.At != active {
				l.other = append(l.other, i)
			}
		}
		return nil
	})
}

// revisions reads the states of those that are not active.
func (l *look) revisions() error {
	if len(l.other) == 0 {
		return nil
	}
	states := map[ledger.Admitted]ledger.State{}
	err := l.each("SELECT document_id, rev, state FROM revision WHERE document_id IN ", func(rows *sql.Rows) error {
		var a ledger.Admitted
		var state ledger.State
		err := rows.Scan(&a.Document, &a.Rev, &state)
		states[a] = state
		return err
	})
	for _, i := range l.other {
		d := &l.out[i]
		switch state := states[ledger.Admitted{Document: d.Document, Rev: d.At}]; state {
		case 0:
			d.State = ledger.Waiting
		case ledger.Replaced: // a person edited it: the edited one stands for it, as it stands
			d.At = l.active[d.Document]
		case ledger.Rejected, ledger.RetryAt, ledger.Held, ledger.NeedsDecision, ledger.Unmapped:
			d.State = ledger.Waiting // it waits behind the active one
		default:
			d.State = state
		}
	}
	return err
}

func (l *look) answers() error {
	return l.each("SELECT document_id, rev, status, body FROM document_answer WHERE document_id IN ", func(rows *sql.Rows) error {
		var id ledger.ID
		var rev, status int
		var body []byte
		if err := rows.Scan(&id, &rev, &status, &body); err != nil {
			return err
		}
		for _, i := range l.at[id] {
			if l.out[i].At == rev {
				l.out[i].Status, l.out[i].Answer = status, body
			}
		}
		return nil
	})
}

func (l *look) problems() error {
	return l.each("SELECT document_id, code, node_id, path, args, message, hint FROM problem WHERE document_id IN ", func(rows *sql.Rows) error {
		var id ledger.ID
		var p ledger.Problem
		var path, args, message, hint sql.NullString
		if err := rows.Scan(&id, &p.Code, &p.NodeID, &path, &args, &message, &hint); err != nil {
			return err
		}
		p.Path, p.Args, p.Message, p.Hint = path.String, store.ReadArgs(args), message.String, hint.String
		for _, i := range l.at[id] {
			if l.out[i].At == l.active[id] {
				l.out[i].Problem = &p
			}
		}
		return nil
	})
}

func (l *look) written() error {
	return l.each(fmt.Sprintf("SELECT document_id, rev, target_id, COALESCE(target_number, '') FROM delivery WHERE state = %d AND document_id IN ", ledger.DeliveryDone), func(rows *sql.Rows) error {
		var id ledger.ID
		var rev int
		var w hook.Written
		if err := rows.Scan(&id, &rev, &w.ID, &w.Number); err != nil {
			return err
		}
		for _, i := range l.at[id] {
			if l.out[i].At == rev {
				l.out[i].Written = append(l.out[i].Written, w)
			}
		}
		return nil
	})
}
