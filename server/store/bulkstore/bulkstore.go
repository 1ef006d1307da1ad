// Package bulkstore keeps jobs over many documents in SQL: the documents that were fixed
// at the start in packets, and of what was done only that which could not be. Who did
// what to a document is kept with the repair itself, by documentstore.
//
// It may import server/bulk, server/document, server/once, engine/ledger, server/store and
// below it oncestore only.
package bulkstore

import (
	"context"
	"database/sql"
	"encoding/json"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/bulk"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/once"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/oncestore"
)

// Store implements bulk.Store.
type Store struct {
	*oncestore.Store

	db  *store.DB
	sql store.Dialect
}

var _ bulk.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{oncestore.New(db), db, db.Dialect()} }

const columns = "id,workspace_id,kind,version,filter,confirmed,note,actor,state,total,done,refused,parts,next_part,open,stopped_by,code,created_at,updated_at,ended_at"

func scan(rows *sql.Rows) (bulk.Job, error) {
	var j bulk.Job
	var choice string
	var confirmed, note sql.NullString
	var open int
	err := rows.Scan(&j.ID, &j.Workspace, &j.Kind, &j.Version, &choice, &confirmed, &note, &j.Actor, &j.State, &j.Total, &j.Done, &j.Refused,
		&j.Parts, &j.NextPart, &open, &j.StoppedBy, &j.Code, &j.Created, &j.Updated, &j.Ended)
	if err != nil {
		return j, err
	}
	j.Note, j.Open = note.String, open != 0
	if err := json.Unmarshal([]byte(choice), &j.Choice); err != nil {
		return j, err
	}
	j.Confirmed, err = store.ReadIDs(confirmed.String)
	return j, err
}

// packet is one document of a packet: its id, revision and state, the code of its problem
// and when it changed last.
type packet [5]any

// Add implements bulk.Store.
func (s *Store) Add(ctx context.Context, job bulk.Job, parts [][]document.Chosen, o once.Order) (ledger.ID, error) {
	id, err := s.db.NextIDs(ctx, 1)
	if err != nil {
		return 0, err
	}
	choice, err := json.Marshal(job.Choice)
	if err != nil {
		return 0, err
	}
	rows := make([][]any, len(parts))
	for no, part := range parts {
		docs := make([]packet, len(part))
		for i, c := range part {
			docs[i] = packet{c.ID, c.Rev, c.State, c.Code, c.Updated}
		}
		text, err := json.Marshal(docs)
		if err != nil {
			return 0, err
		}
		rows[no] = []any{id, no, string(text)}
	}
	o.Object = id
	return id, s.db.Write(ctx, func(tx *gorm.DB) error {
		if err := oncestore.Remember(tx, job.Workspace, o, job.Created); err != nil {
			return err
		}
		if err := tx.Exec("INSERT INTO bulk_job (id,workspace_id,kind,version,filter,confirmed,note,actor,state,total,parts,created_at,updated_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
			id, job.Workspace, job.Kind, job.Version, string(choice), store.Null(store.ListIDs(job.Confirmed)), store.Null(store.CutText(job.Note)), store.Cut(job.Actor, 190),
			job.State, job.Total, job.Parts, job.Created, job.Updated).Error; err != nil {
			return err
		}
		return s.sql.Insert(tx, store.Table{Name: "bulk_part", Key: "job_id,part_no", Columns: []string{"job_id", "part_no", "docs"}}, rows)
	})
}

// Job implements bulk.Store.
func (s *Store) Job(ctx context.Context, workspace, id ledger.ID) (bulk.Job, error) {
	return store.One(store.Scan(s.db.Read(ctx), scan, "SELECT "+columns+" FROM bulk_job WHERE id = ? AND workspace_id = ?", id, workspace))
}

// Jobs implements bulk.Store.
func (s *Store) Jobs(ctx context.Context, workspace, before ledger.ID, limit int) ([]bulk.Job, error) {
	if before == 0 {
		before = 1 << 62
	}
	return store.Scan(s.db.Read(ctx), scan, "SELECT "+columns+" FROM bulk_job WHERE workspace_id = ? AND id < ? ORDER BY id DESC LIMIT ?", workspace, before, limit)
}

// Refusals implements bulk.Store.
func (s *Store) Refusals(ctx context.Context, job, after ledger.ID, limit int) ([]bulk.Refused, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (bulk.Refused, error) {
		var r bulk.Refused
		var message, args sql.NullString
		err := rows.Scan(&r.Document, &r.Code, &message, &args)
		r.Message, r.Args = message.String, store.ReadArgs(args)
		return r, err
	}, "SELECT document_id, code, message, args FROM bulk_refusal WHERE job_id = ? AND document_id > ? ORDER BY document_id LIMIT ?", job, after, limit)
}

// Move implements bulk.Store.
func (s *Store) Move(ctx context.Context, workspace, id ledger.ID, from []bulk.State, to bulk.State, by string, now ledger.Millis) (bulk.Job, bool, error) {
	var job bulk.Job
	var moved bool
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		by := by
		if to == bulk.Running {
			by = ""
		}
		res := tx.Exec("UPDATE bulk_job SET state = ?, stopped_by = ?, code = '', updated_at = ? WHERE id = ? AND workspace_id = ? AND state IN "+store.In(len(from)),
			store.Args([]any{to, store.Cut(by, 190), now, id, workspace}, from...)...)
		if moved = res.RowsAffected > 0; res.Error != nil {
			return res.Error
		}
		var err error
		job, err = store.One(store.Scan(tx, scan, "SELECT "+columns+" FROM bulk_job WHERE id = ? AND workspace_id = ?", id, workspace))
		return err
	})
	return job, moved, err
}

// Reasons implements bulk.Store.
func (s *Store) Reasons(ctx context.Context, ids []ledger.ID) (map[ledger.ID]document.Problem, error) {
	reasons := map[ledger.ID]document.Problem{}
	if len(ids) == 0 {
		return reasons, nil
	}
	_, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (struct{}, error) {
		var id ledger.ID
		var p document.Problem
		var message, args sql.NullString
		err := rows.Scan(&id, &p.Code, &message, &args)
		p.Message, p.Args = message.String, store.ReadArgs(args)
		reasons[id] = p
		return struct{}{}, err
	}, "SELECT document_id, code, message, args FROM problem WHERE document_id IN "+store.In(len(ids)), store.Args(nil, ids...)...)
	return reasons, err
}

// Names implements bulk.Store.
func (s *Store) Names(ctx context.Context, ids []ledger.ID) (map[ledger.ID]bulk.Refused, error) {
	names := map[ledger.ID]bulk.Refused{}
	if len(ids) == 0 {
		return names, nil
	}
	_, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (struct{}, error) {
		var r bulk.Refused
		err := rows.Scan(&r.Document, &r.Key, &r.Number, &r.Flow)
		names[r.Document] = r
		return struct{}{}, err
	}, "SELECT d.id, d.doc_key, d.number, COALESCE(f.title, '') FROM document d LEFT JOIN stream s ON s.id = d.stream_id LEFT JOIN flow f ON f.id = s.flow_id WHERE d.id IN "+
		store.In(len(ids)), store.Args(nil, ids...)...)
	return names, err
}
