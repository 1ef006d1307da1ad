package documentstore

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

const documentColumns = "id,workspace_id,stream_id,doc_key,number,latest_rev,active_rev,done_rev,src_hash,modified_at,state,attention," +
	"work_id,run_id,version_id,window_id,pack_id,pack_no,updated_at"

func scanDocument(rows *sql.Rows) (ledger.Document, error) {
	var d ledger.Document
	err := rows.Scan(&d.ID, &d.Workspace, &d.Stream, &d.Key, &d.Number, &d.LatestRev, &d.ActiveRev, &d.DoneRev, &d.SourceHash, &d.Modified,
		&d.State, &d.Attention, &d.Work, &d.Run, &d.Version, &d.Window, &d.Pack, &d.PackNo, &d.Updated)
	return d, err
}

const revisionColumns = "document_id,rev,number,src_hash,modified_at,state,attention,run_id,version_id,window_id,pack_id,pack_no,held,updated_at"

func scanRevision(rows *sql.Rows) (ledger.Revision, error) {
	var r ledger.Revision
	var held int
	err := rows.Scan(&r.Document, &r.Rev, &r.Number, &r.SourceHash, &r.Modified, &r.State, &r.Attention, &r.Run, &r.Version, &r.Window,
		&r.Pack, &r.PackNo, &held, &r.Updated)
	r.Hold = held != 0
	return r, err
}

const deliveryColumns = "document_id,node_no,part,rev,version_id,connection_id,resource,target_key,state,attempt,call_id,probe_absent," +
	"updating,step,target_id,target_number,writeback,code,message,args,next_at,updated_at,req_pack,req_no,resp_pack,resp_no"

// stored is a delivery with the addresses of its body and response.
type stored struct {
	ledger.Delivery

	body, response ledgerrow.Address
}

func scanDelivery(rows *sql.Rows) (stored, error) {
	var d stored
	var number, writeback, message, args sql.NullString
	var updating int
	err := rows.Scan(&d.Document, &d.NodeNo, &d.Part, &d.Rev, &d.Version, &d.Connection, &d.Resource, &d.Key, &d.State, &d.Attempt, &d.Call, &d.Absent,
		&updating, &d.Step, &d.TargetID, &number, &writeback, &d.Code, &message, &args, &d.NextAt, &d.Updated, &d.body.Pack, &d.body.No, &d.response.Pack, &d.response.No)
	d.Updating = updating != 0
	d.TargetNumber, d.Message, d.Args = number.String, message.String, store.ReadArgs(args)
	if writeback.Valid {
		d.Writeback = []byte(writeback.String)
	}
	return d, err
}

func deliveries(tx *gorm.DB, document ledger.ID, lock string) ([]stored, error) {
	return store.Scan(tx, scanDelivery, "SELECT "+deliveryColumns+" FROM delivery WHERE document_id = ? ORDER BY node_no, part"+lock, document)
}

func scanWork(rows *sql.Rows) (ledger.Work, error) {
	var w ledger.Work
	return w, rows.Scan(&w.ID, &w.Workspace, &w.Connection, &w.Priority, &w.Owner, &w.Fence, &w.LeaseUntil)
}

// Ailing implements document.Store.
func (s *Store) Ailing(ctx context.Context, workspace, document ledger.ID) (rules.Ailing, error) {
	return s.ailing(s.db.Read(ctx), workspace, document, "")
}

// ailing reads, and with lock locks, what a repair is decided by. It locks the
// work row before the document, as the engine does.
func (s *Store) ailing(tx *gorm.DB, workspace, id ledger.ID, lock string) (rules.Ailing, error) {
	var a rules.Ailing
	work, err := store.Scan(tx, scanWork, "SELECT id,workspace_id,connection_id,priority,owner,fence,lease_until FROM work WHERE id = "+
		"(SELECT work_id FROM document WHERE id = ? AND workspace_id = ?)"+lock, id, workspace)
	if err != nil {
		return a, err
	}
	docs, err := store.Scan(tx, scanDocument, "SELECT "+documentColumns+" FROM document WHERE id = ? AND workspace_id = ?"+lock, id, workspace)
	if err != nil {
		return a, err
	}
	if len(docs) == 0 {
		return a, ledger.ErrNotFound
	}
	a.Document = docs[0]
	if len(work) > 0 && work[0].ID == a.Document.Work {
		a.Work = &work[0]
	}
	if err := tx.Raw("SELECT flow_id FROM stream WHERE id = ?", a.Document.Stream).Scan(&a.Flow).Error; err != nil {
		return a, err
	}
	if err := tx.Raw("SELECT COALESCE(MAX(code), '') FROM problem WHERE document_id = ?", id).Scan(&a.Problem).Error; err != nil {
		return a, err
	}
	if a.Queued, err = queued(tx, a.Document, lock); err != nil {
		return a, err
	}
	found, err := deliveries(tx, id, lock)
	if err != nil {
		return a, err
	}
	at := []ledgerrow.Address{{Pack: docs[0].Pack}}
	for _, d := range found {
		a.Deliveries = append(a.Deliveries, d.Delivery)
		at = append(at, ledgerrow.Address{Pack: d.body.Pack})
	}
	gone, err := ledgerrow.Gone(tx, at)
	a.Purged = gone[docs[0].Pack]
	for _, d := range found {
		if gone[d.body.Pack] {
			a.PurgedBodies = append(a.PurgedBodies, d.DeliveryKey)
		}
	}
	return a, err
}

// queued gives the revision that waits behind the document's active one, nil when
// none does. lock locks the window that holds it: who makes it active must not miss
// that its window ends.
func queued(tx *gorm.DB, doc ledger.Document, lock string) (*ledger.Revision, error) {
	if !doc.Queued() {
		return nil, nil //nolint:nilnil // there is none
	}
	revs, err := store.Scan(tx, scanRevision, "SELECT "+revisionColumns+" FROM revision WHERE document_id = ? AND rev = ?", doc.ID, doc.LatestRev)
	if err != nil || len(revs) == 0 {
		return nil, err
	}
	if revs[0].Hold {
		var state ledger.WindowState
		if err := tx.Raw("SELECT state FROM pull_window WHERE id = ?"+lock, revs[0].Window).Scan(&state).Error; err != nil {
			return nil, err
		}
		revs[0].Hold = state == ledger.WindowOpen
	}
	return &revs[0], nil
}
