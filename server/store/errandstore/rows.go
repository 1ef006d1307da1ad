package errandstore

import (
	"context"
	"database/sql"
	"strings"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/once"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
	"github.com/karezflow/karez/server/store/oncestore"
)

const columns = "id,workspace_id,document_id,rev,node_no,way,node_id,purpose,flow_id,run_id,connection,operation,mode,row_key,trace_id,gathers," +
	"state,attempt,spent,absent,lead_id,owner,fence,due_at,req_pack,req_no,resp_pack,resp_no,target_id,target_number,code,message,args,actor,note,created_at,updated_at"

func table() store.Table { return ledgerrow.Table("errand", "id", columns) }

// of gives the columns of the table with an alias.
func of(alias string) string { return alias + "." + strings.ReplaceAll(columns, ",", ","+alias+".") }

// stored is an errand with who claims it and the addresses of what is sent and answered.
type stored struct {
	errand.Record

	owner           string
	request, answer ledgerrow.Address
}

func scan(rows *sql.Rows) (stored, error) {
	var r stored
	var gathers int
	var message, args, note sql.NullString
	err := rows.Scan(&r.ID, &r.Workspace, &r.Document, &r.Rev, &r.NodeNo, &r.Way, &r.NodeID, &r.Purpose, &r.Flow, &r.Run, &r.Connection, &r.Operation, &r.Mode, &r.Key,
		&r.TraceID, &gathers, &r.State, &r.Attempt, &r.Spent, &r.Absent, &r.Lead, &r.owner, &r.Fence, &r.Due, &r.request.Pack, &r.request.No, &r.answer.Pack, &r.answer.No,
		&r.TargetID, &r.TargetNumber, &r.Code, &message, &args, &r.Actor, &note, &r.Created, &r.Updated)
	r.Gathers, r.Message, r.Args, r.Note = gathers != 0, message.String, store.ReadArgs(args), note.String
	return r, err
}

func row(r stored) []any {
	return []any{
		r.ID, r.Workspace, r.Document, r.Rev, r.NodeNo, r.Way, store.Cut(r.NodeID, 64), r.Purpose, r.Flow, r.Run, store.Cut(r.Connection, 190), store.Cut(r.Operation, 190),
		r.Mode, store.Cut(r.Key, 190), store.Cut(r.TraceID, 32), store.Bit(r.Gathers), r.State, r.Attempt, r.Spent, r.Absent, r.Lead, r.owner, r.Fence, r.Due,
		r.request.Pack, r.request.No, r.answer.Pack, r.answer.No, store.Cut(r.TargetID, 190), store.Cut(r.TargetNumber, 190), store.Cut(r.Code, 64),
		store.Null(store.CutText(r.Message)), store.NullArgs(r.Args), store.Cut(r.Actor, 190), store.Null(store.CutText(r.Note)), r.Created, r.Updated,
	}
}

func scanKey(rows *sql.Rows) (k ledger.ErrandKey, err error) {
	return k, rows.Scan(&k.Document, &k.NodeNo, &k.Way)
}

func records(rows []stored) []errand.Record {
	out := make([]errand.Record, len(rows))
	for i, r := range rows {
		out[i] = r.Record
	}
	return out
}

// requestOf gives what is sent as one payload.
func requestOf(r errand.Record) []byte {
	params := r.Params
	if len(params) == 0 {
		params = []byte("{}")
	}
	out := append([]byte(`{"params":`), params...)
	return append(append(append(out, `,"row":`...), r.Body...), '}')
}

// load reads what is sent and what was answered; payloads that were purged are nil.
func load(tx *gorm.DB, rows []stored) error {
	at := make([]ledgerrow.Address, 0, 2*len(rows))
	for _, r := range rows {
		at = append(at, r.request, r.answer)
	}
	payloads, err := ledgerrow.Payloads(tx, at)
	for i := range rows {
		request := item.Of(payloads[rows[i].request])
		rows[i].Params, rows[i].Body, rows[i].Answer = request.Field("params").Raw(), request.Field("row").Raw(), payloads[rows[i].answer]
	}
	return err
}

// Of implements errand.Book.
func (s *Store) Of(ctx context.Context, workspace, document ledger.ID) ([]errand.Record, error) {
	return s.read(ctx, "document_id = ? AND workspace_id = ? ORDER BY id", document, workspace)
}

// Errand implements errand.Book.
func (s *Store) Errand(ctx context.Context, workspace, id ledger.ID) (errand.Record, error) {
	return store.One(s.read(ctx, "id = ? AND workspace_id = ?", id, workspace))
}

// read reads errands with their requests and answers.
func (s *Store) read(ctx context.Context, where string, args ...any) ([]errand.Record, error) {
	tx := s.db.Read(ctx)
	rows, err := store.Scan(tx, scan, "SELECT "+columns+" FROM errand WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	if err := load(tx, rows); err != nil {
		return nil, err
	}
	return records(rows), nil
}

// Known reports whether a workspace has a document.
func (s *Store) Known(ctx context.Context, workspace, document ledger.ID) (bool, error) {
	found, err := store.Scan(s.db.Read(ctx), store.Column[int], "SELECT 1 FROM document WHERE id = ? AND workspace_id = ?", document, workspace)
	return len(found) > 0, err
}

// Mend implements errand.Book.
func (s *Store) Mend(ctx context.Context, r errand.Repair) (errand.Record, error) {
	var mended errand.Record
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		on, err := store.One(s.locked(tx, []ledger.ID{r.ID}))
		if err != nil {
			return err
		}
		if on.Workspace != r.Workspace {
			return ledger.ErrNotFound
		}
		if on.Record, err = errand.Mend(on.Record, on.owner != "" && on.Due > r.Now, r); err != nil {
			return err
		}
		if err := oncestore.Remember(tx, r.Workspace, once.Order{Key: r.OrderKey, Object: r.ID, Asked: r.Asked}, r.Now); err != nil {
			return err
		}
		on.owner, mended = "", on.Record
		return s.sql.Put(tx, table(), [][]any{row(on)})
	})
	return mended, err
}

// Left implements errand.Book.
func (s *Store) Left(ctx context.Context, flows []ledger.ID) (n int, due ledger.Millis, err error) {
	if len(flows) == 0 {
		return 0, 0, nil
	}
	err = s.db.Read(ctx).Raw("SELECT COUNT(*), COALESCE(MIN(CASE WHEN e.gathers = 1 AND e.state = ? AND COALESCE(r.state, ?) > ? THEN 0 ELSE e.due_at END), 0)"+
		" FROM errand e LEFT JOIN run r ON r.id = e.run_id WHERE e.due_at < ? AND e.flow_id IN "+store.In(len(flows)),
		store.Args([]any{errand.Pending, ledger.RunRunning + 1, ledger.RunRunning, ledger.FarFuture}, flows...)...).Row().Scan(&n, &due)
	return n, due, err
}

// failing is what an errand's state must satisfy that a person should see.
func failing(alias string) (string, []any) {
	return alias + ".state IN " + store.In(len(errand.Failing())), store.Args(nil, errand.Failing()...)
}

// FailingOf gives the condition that the document with an id, an SQL expression, has an
// errand that a person should see.
func FailingOf(id string) (string, []any) {
	where, args := failing("x")
	return "EXISTS (SELECT 1 FROM errand x WHERE x.document_id = " + id + " AND " + where + ")", args
}

// FailingIn gives the condition that a row of the table is an errand of a workspace that
// a person should see.
func FailingIn(alias string, workspace ledger.ID) (string, []any) {
	where, args := failing(alias)
	return alias + ".workspace_id = ? AND " + where, append([]any{workspace}, args...)
}

// Failing gives which of some documents have an errand that a person should see.
func Failing(tx *gorm.DB, documents []ledger.ID) (map[ledger.ID]bool, error) {
	found := map[ledger.ID]bool{}
	err := store.Chunks(documents, func(ids []ledger.ID) error {
		where, args := failing("e")
		of, err := store.Scan(tx, store.Column[ledger.ID], "SELECT DISTINCT e.document_id FROM errand e WHERE e.document_id IN "+store.In(len(ids))+" AND "+where,
			append(store.Args(nil, ids...), args...)...)
		for _, id := range of {
			found[id] = true
		}
		return err
	})
	return found, err
}
