// Package ledgerrow reads and writes what every change of the ledger has in common:
// the rows of documents and their revisions, of the work that covers them, of their
// problems with what they wait for, and of counts. The stores above it say when.
//
// It may import server/store, server/store/pack, engine/ledger, its rules and moves only.
package ledgerrow

import (
	"database/sql"
	"strings"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
)

// DocumentColumns are what ScanDocument reads.
const DocumentColumns = "id,workspace_id,stream_id,doc_key,number,latest_rev,active_rev,done_rev,src_hash,modified_at,state,attention," +
	"work_id,run_id,version_id,window_id,pack_id,pack_no,updated_at"

const revisionColumns = "document_id,rev,origin,number,src_hash,modified_at,state,attention,run_id,version_id,window_id,pack_id,pack_no,held,updated_at"

// RevisionColumns are what ScanRevision reads. Who edited a revision is written by the
// edit alone, and outlives later writes of its row.
const RevisionColumns = revisionColumns + ",base_rev,actor"

// WorkColumns are what ScanWork reads.
const WorkColumns = "id,workspace_id,kind,ref_id,run_id,flow_id,connection_id,docs,priority,due_at,owner,fence,lease_until,attempts"

func documentTable() store.Table { return Table("document", "id", DocumentColumns) }

// Table describes a table by its key and its columns, each separated by commas.
func Table(name, key, columns string) store.Table {
	return store.Table{Name: name, Key: key, Columns: strings.Split(columns, ",")}
}

// ScanDocument reads a row of DocumentColumns.
func ScanDocument(rows *sql.Rows) (ledger.Document, error) {
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

// ScanRevision reads a row of RevisionColumns. Whether its window still holds it is
// not told: see Queued.
func ScanRevision(rows *sql.Rows) (ledger.Revision, error) {
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

// ScanWork reads a row of WorkColumns.
func ScanWork(rows *sql.Rows) (ledger.Work, error) { return ScanWorkWith(rows) }

// ScanWorkWith reads a row of WorkColumns and what stands behind them.
func ScanWorkWith(rows *sql.Rows, more ...any) (ledger.Work, error) {
	var w ledger.Work
	var kind string
	err := rows.Scan(append([]any{
		&w.ID, &w.Workspace, &kind, &w.Ref, &w.Run, &w.Flow, &w.Connection, &w.Docs, &w.Priority, &w.Due, &w.Owner, &w.Fence, &w.LeaseUntil, &w.Attempts,
	}, more...)...)
	w.Kind = KindOf(workKinds(), kind)
	return w, err
}

func workKinds() map[ledger.WorkKind]string {
	return map[ledger.WorkKind]string{ledger.PageWork: "page", ledger.DocumentWork: "document"}
}

// WorkKind gives the stored name of a kind.
func WorkKind(k ledger.WorkKind) string { return workKinds()[k] }

// KindOf finds the kind of a stored name.
func KindOf[K comparable](kinds map[K]string, name string) K {
	for k, n := range kinds {
		if n == name {
			return k
		}
	}
	var none K
	return none
}
