// Package groupstore keeps documents that wait for each other and the bills that are
// made of them, by the rules of engine/barrier. Joining and following happen inside
// transactions of others: of who ends a walk, repairs a bill or releases one.
//
// It may import engine/barrier, engine/failpoint, engine/ledger, server/document, server/once, server/store and below it
// ledgerrow, oncestore and runledger only.
package groupstore

import (
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
	"github.com/karezflow/karez/server/store/runledger"
)

// Store implements barrier.Store.
type Store struct {
	db   *store.DB
	sql  store.Dialect
	rows ledgerrow.Writer
	runs *runledger.Store
}

var _ barrier.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store {
	return &Store{db, db.Dialect(), ledgerrow.Writer{SQL: db.Dialect()}, runledger.New(db)}
}

// kind is that of the streams of bills.
const kind = "group"

const headColumns = "document_id,workspace_id,flow_id,stream_id,node_id,version_id,run_id,group_key,number,per_run,late,state,members,seq,due_at,opened_at,closed_at"

func headTable() store.Table {
	return ledgerrow.Table("group_head", "document_id", headColumns+",open_key")
}

func scanHead(rows *sql.Rows) (barrier.Head, error) {
	var h barrier.Head
	var perRun int
	err := rows.Scan(&h.Document, &h.Workspace, &h.Flow, &h.Stream, &h.NodeID, &h.Version, &h.Run, &h.Key, &h.Number, &perRun, &h.Late, &h.State,
		&h.Members, &h.Seq, &h.Due, &h.Opened, &h.Closed)
	h.PerRun = perRun != 0
	return h, err
}

func headRow(h barrier.Head) []any {
	return []any{
		h.Document, h.Workspace, h.Flow, h.Stream, h.NodeID, h.Version, h.Run, h.Key, store.Cut(h.Number, 190), store.Bit(h.PerRun), h.Late, h.State,
		h.Members, h.Seq, h.Due, h.Opened, h.Closed, store.Null(h.OpenKey()),
	}
}

// putHeads writes groups that are on record.
func (s *Store) putHeads(tx *gorm.DB, heads ...barrier.Head) error {
	for _, h := range heads { // one by one: with two unique keys Put may only meet the primary one
		if err := tx.Exec("UPDATE group_head SET state = ?, members = ?, seq = ?, due_at = ?, closed_at = ?, open_key = ? WHERE document_id = ?",
			h.State, h.Members, h.Seq, h.Due, h.Closed, store.Null(h.OpenKey()), h.Document).Error; err != nil {
			return err
		}
	}
	return nil
}

const memberColumns = "group_document_id,document_id,rev,rest,on_seen,lines_pack,lines_no"

func memberTable() store.Table {
	return ledgerrow.Table("group_member", "group_document_id,document_id", memberColumns)
}

// member is a Member with the address of what it brings.
type member struct {
	barrier.Member

	at ledgerrow.Address
}

func scanMember(rows *sql.Rows) (member, error) {
	var m member
	err := rows.Scan(&m.Group, &m.Document, &m.Rev, &m.Rest, &m.OnSeen, &m.at.Pack, &m.at.No)
	return m, err
}

// putMembers writes members, what they bring into packs.
func (s *Store) putMembers(tx *gorm.DB, members []barrier.Member, bodies *ledgerrow.Packs) error {
	rows := make([][]any, len(members))
	for i, m := range members {
		at := bodies.Add(m.Records)
		rows[i] = []any{m.Group, m.Document, m.Rev, m.Rest, string(m.OnSeen), at.Pack, at.No}
	}
	return s.sql.Put(tx, memberTable(), rows)
}

// members reads who is in groups, or what groups documents are in.
func members(tx *gorm.DB, by string, ids []ledger.ID) ([]member, error) {
	var out []member
	err := store.Chunks(ids, func(ids []ledger.ID) error {
		found, err := store.Scan(tx, scanMember, "SELECT "+memberColumns+" FROM group_member WHERE "+by+" IN "+store.In(len(ids))+
			" ORDER BY group_document_id, document_id", store.Args(nil, ids...)...)
		out = append(out, found...)
		return err
	})
	return out, err
}

const (
	byGroup    = "group_document_id"
	byDocument = "document_id"
)

// heads reads groups by their documents.
func heads(tx *gorm.DB, ids []ledger.ID, lock string) (map[ledger.ID]barrier.Head, error) {
	out := map[ledger.ID]barrier.Head{}
	err := store.Chunks(ids, func(ids []ledger.ID) error {
		found, err := store.Scan(tx, scanHead, "SELECT "+headColumns+" FROM group_head WHERE document_id IN "+store.In(len(ids))+" ORDER BY document_id"+lock, store.Args(nil, ids...)...)
		for _, h := range found {
			out[h.Document] = h
		}
		return err
	})
	return out, err
}

// documents reads rows by their ids.
func documents(tx *gorm.DB, ids []ledger.ID, lock string) (map[ledger.ID]ledger.Document, error) {
	out := map[ledger.ID]ledger.Document{}
	err := store.Chunks(ids, func(ids []ledger.ID) error {
		found, err := store.Scan(tx, ledgerrow.ScanDocument, "SELECT "+ledgerrow.DocumentColumns+" FROM document WHERE id IN "+store.In(len(ids))+" ORDER BY id"+lock, store.Args(nil, ids...)...)
		for _, d := range found {
			out[d.ID] = d
		}
		return err
	})
	return out, err
}

// Runs gives the runs that bills are walked for: those of the documents that opened
// their groups.
func Runs(tx *gorm.DB, bills []ledger.ID) (map[ledger.ID]ledger.ID, error) {
	found, err := heads(tx, bills, "")
	out := make(map[ledger.ID]ledger.ID, len(found))
	for id, h := range found {
		out[id] = h.Run
	}
	return out, err
}
