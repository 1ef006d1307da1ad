package ledgerstore

import (
	"database/sql"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
)

func scanDocument(rows *sql.Rows) (ledger.Document, error) {
	var d ledger.Document
	err := rows.Scan(&d.ID, &d.Workspace, &d.Stream, &d.Key, &d.Number, &d.LatestRev, &d.ActiveRev, &d.DoneRev, &d.SourceHash, &d.Modified,
		&d.State, &d.Attention, &d.Work, &d.Run, &d.Version, &d.Window, &d.Pack, &d.PackNo, &d.Updated)
	return d, err
}

func documentRow(d ledger.Document) []any {
	return []any{
		d.ID, d.Workspace, d.Stream, d.Key, store.Cut(d.Number, 190), d.LatestRev, d.ActiveRev, d.DoneRev, d.SourceHash, d.Modified,
		d.State, d.Attention, d.Work, d.Run, d.Version, d.Window, d.Pack, d.PackNo, d.Updated,
	}
}

func scanRevision(rows *sql.Rows) (ledger.Revision, error) {
	var r ledger.Revision
	var origin string
	var held int
	err := rows.Scan(&r.Document, &r.Rev, &origin, &r.Number, &r.SourceHash, &r.Modified, &r.State, &r.Attention, &r.Run, &r.Version, &r.Window,
		&r.Pack, &r.PackNo, &held, &r.Updated, &r.Base, &r.Actor)
	r.Hold = held != 0
	return r, err
}

func revisionRow(r ledger.Revision) []any {
	origin := "pull"
	if r.Attention&ledger.Edited != 0 {
		origin = "edit"
	}
	return []any{
		r.Document, r.Rev, origin, store.Cut(r.Number, 190), r.SourceHash, r.Modified, r.State, r.Attention, r.Run, r.Version, r.Window,
		r.Pack, r.PackNo, store.Bit(r.Hold), r.Updated,
	}
}

// stored is a delivery with the addresses of its body and response.
type stored struct {
	ledger.Delivery

	workspace         ledger.ID
	rowNo             int
	body, response    address
	number, writeback sql.NullString
}

// address names a payload; the zero address names none.
type address struct {
	pack ledger.ID
	no   int
}

func scanDelivery(rows *sql.Rows) (stored, error) {
	var d stored
	var message, args sql.NullString
	err := rows.Scan(&d.Document, &d.NodeNo, &d.Part, &d.workspace, &d.Rev, &d.Version, &d.Connection, &d.Resource, &d.Key, &d.State, &d.Attempt,
		&d.Call, &d.rowNo, &d.body.pack, &d.body.no, &d.response.pack, &d.response.no, &d.Absent, &d.Spent, &d.TargetID, &d.number, &d.writeback, &d.Code, &message, &args,
		&d.NextAt, &d.Updated)
	d.TargetNumber, d.Message, d.Args = d.number.String, message.String, store.ReadArgs(args)
	if d.writeback.Valid {
		d.Writeback = []byte(d.writeback.String)
	}
	return d, err
}

func deliveryRow(d stored) []any {
	return []any{
		d.Document, d.NodeNo, d.Part, d.workspace, d.Rev, d.Version, d.Connection, store.Cut(d.Resource, 190), d.Key, d.State, d.Attempt,
		d.Call, d.rowNo, d.body.pack, d.body.no, d.response.pack, d.response.no, d.Absent, d.Spent, store.Cut(d.TargetID, 190), store.Null(store.Cut(d.TargetNumber, 190)),
		store.Null(string(d.Writeback)), store.Cut(d.Code, 64), store.Null(store.CutText(d.Message)), store.NullArgs(d.Args), d.NextAt, d.Updated,
	}
}

// null stores an absent text as NULL.
func scanWork(rows *sql.Rows) (ledger.Work, error) {
	var w ledger.Work
	var kind string
	err := rows.Scan(&w.ID, &w.Workspace, &kind, &w.Ref, &w.Run, &w.Flow, &w.Connection, &w.Docs, &w.Priority, &w.Due, &w.Owner, &w.Fence,
		&w.LeaseUntil, &w.Attempts)
	w.Kind = kindOf(workKinds(), kind)
	return w, err
}

func scanWindow(rows *sql.Rows) (ledger.Window, error) {
	var w ledger.Window
	var kind string
	var updated ledger.Millis
	err := rows.Scan(&w.ID, &w.Stream, &w.Run, &kind, &w.From, &w.To, &w.State, &w.Parent, &w.Attempt, &updated)
	w.Kind = kindOf(windowKinds(), kind)
	return w, err
}

func windowRow(w ledger.Window, now ledger.Millis) []any {
	return []any{w.ID, w.Stream, w.Run, windowKinds()[w.Kind], w.From, w.To, w.State, w.Parent, w.Attempt, now}
}
