package lookupstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/indexing"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// reach is how many ids a batch looks through at most: those of a stream's documents
// may lie far apart.
const reach = 20_000

// BuildIndex indexes documents that were there before somebody looked into their
// stream, the newest first and at most limit at a time, and notes how far it came. It
// is done when all of them are. Its unit is one transaction.
func (s *Store) BuildIndex(ctx context.Context, stream ledger.ID, limit int) (done bool, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		fields, err := s.fields(tx, stream)
		if err != nil {
			return err
		}
		b := batchOf(fields)
		if done = b.from == 0; done {
			return nil
		}
		docs, err := before(tx, stream, &b, limit)
		if err != nil {
			return err
		}
		if _, err := s.write(tx, stream, fields, docs); err != nil {
			return err
		}
		done, err = s.built(tx, stream, fields, b)
		failpoint.Hit("in_build")
		return err
	})
	return done, err
}

// batch is what one step of building goes through: documents from down to to, which
// are not indexed by the fields that stand there.
type batch struct{ from, to ledger.ID }

func batchOf(fields []field) batch {
	var b batch
	for _, f := range fields {
		if f.state == building {
			b.from = max(b.from, f.builtTo)
		}
	}
	b.to = max(b.from-reach, 0)
	for _, f := range fields { // those that are further are caught up with, and go on together
		if f.state == building && f.builtTo < b.from {
			b.to = max(b.to, f.builtTo)
		}
	}
	return b
}

// before reads the newest revisions of the batch's documents; where there are more
// than limit the batch becomes smaller.
func before(tx *gorm.DB, stream ledger.ID, b *batch, limit int) ([]ledger.Newest, error) {
	// With a + the stream is no way into an index: the ids are.
	docs, err := store.Scan(tx, ledgerrow.ScanDocument, "SELECT "+ledgerrow.DocumentColumns+" FROM document WHERE id < ? AND id >= ? AND +stream_id = ? ORDER BY id DESC LIMIT ?",
		b.from, b.to, stream, limit)
	if err != nil || len(docs) == 0 {
		return nil, err
	}
	if len(docs) == limit {
		b.to = docs[limit-1].ID
	}
	at, err := addresses(tx, docs)
	if err != nil {
		return nil, err
	}
	bodies, err := ledgerrow.Payloads(tx, at)
	if err != nil {
		return nil, err
	}
	out := make([]ledger.Newest, len(docs))
	for i := range docs {
		out[i] = ledger.Newest{Document: docs[i].ID, Body: bodies[at[i]], Modified: docs[i].Modified, Seen: docs[i].Updated}
	}
	return out, nil
}

// StreamDocuments implements lookup.Documents.
func (s *Store) StreamDocuments(ctx context.Context, stream ledger.ID, most int) ([][]byte, bool, error) {
	tx := s.db.Read(ctx)
	docs, err := store.Scan(tx, ledgerrow.ScanDocument, "SELECT "+ledgerrow.DocumentColumns+" FROM document WHERE stream_id = ? LIMIT ?", stream, most+1)
	if err != nil || len(docs) > most {
		return nil, false, err
	}
	at, err := addresses(tx, docs)
	if err != nil {
		return nil, false, err
	}
	place := make(map[ledger.ID]ledgerrow.Address, len(docs))
	for i := range docs {
		place[docs[i].ID] = at[i]
	}
	slices.SortFunc(docs, func(a, b ledger.Document) int {
		return cmp.Or(cmp.Compare(b.Modified, a.Modified), cmp.Compare(b.Updated, a.Updated), cmp.Compare(b.ID, a.ID))
	})
	var bodies [][]byte
	err = store.Chunks(docs, func(docs []ledger.Document) error {
		at := make([]ledgerrow.Address, len(docs))
		for i := range docs {
			at[i] = place[docs[i].ID]
		}
		found, err := ledgerrow.Payloads(tx, at)
		for _, a := range at {
			if body := found[a]; body != nil { // a payload may be purged
				bodies = append(bodies, body)
			}
		}
		return err
	})
	return bodies, true, err
}

// addresses gives where the newest revisions of documents have their payloads, and
// puts the times of those into the documents.
func addresses(tx *gorm.DB, docs []ledger.Document) ([]ledgerrow.Address, error) {
	at := make([]ledgerrow.Address, len(docs))
	var queued []ledger.ID
	place := map[ledger.ID]int{}
	for i := range docs {
		d := &docs[i]
		at[i] = ledgerrow.Address{Pack: d.Pack, No: d.PackNo}
		if d.LatestRev > d.ActiveRev {
			queued, place[d.ID] = append(queued, d.ID), i
		}
	}
	return at, store.Chunks(queued, func(ids []ledger.ID) error {
		revs, err := store.Scan(tx, ledgerrow.ScanRevision, "SELECT "+ledgerrow.RevisionColumns+" FROM revision WHERE document_id IN "+store.In(len(ids)), store.Args(nil, ids...)...)
		for i := range revs {
			if n := place[revs[i].Document]; revs[i].Rev == docs[n].LatestRev {
				at[n] = ledgerrow.Address{Pack: revs[i].Pack, No: revs[i].PackNo}
				docs[n].Modified, docs[n].Updated = revs[i].Modified, revs[i].Updated
			}
		}
		return err
	})
}

// built notes that a batch was indexed, and marks fields that are complete.
func (s *Store) built(tx *gorm.DB, stream ledger.ID, fields []field, b batch) (bool, error) {
	state, done := building, true
	if b.to == 0 {
		state = ready
	}
	for _, f := range fields {
		if f.state != building {
			continue
		}
		if f.builtTo != b.from {
			done = false
			continue
		}
		done = done && state == ready
		if err := tx.Exec("UPDATE lookup_field SET state = ?, built_to = ? WHERE stream_id = ? AND field_no = ?", state, b.to, stream, f.no).Error; err != nil {
			return false, err
		}
	}
	if state == ready {
		return done, changed(tx, stream) // what was read of the stream before lacks the fields
	}
	return done, nil
}

// IndexPercent tells how much of a stream's documents of before is indexed; 100 means
// that all of its paths are ready.
func (s *Store) IndexPercent(ctx context.Context, stream ledger.ID) (int, error) {
	tx := s.db.Read(ctx)
	from, err := store.One(store.Scan(tx, store.Column[ledger.ID], "SELECT COALESCE(MAX(built_to), 0) FROM lookup_field WHERE stream_id = ? AND state = ?", stream, building))
	if err != nil || from == 0 {
		return 100, err
	}
	last, err := store.One(store.Scan(tx, store.Column[ledger.ID], "SELECT COALESCE(MAX(id), 0) FROM document"))
	return int(min(max(100-100*from/(last+1), 0), 99)), err
}

// Building implements indexing.Store.
func (s *Store) Building(ctx context.Context) ([]ledger.ID, error) {
	return store.Scan(s.db.Read(ctx), store.Column[ledger.ID], "SELECT DISTINCT stream_id FROM lookup_field WHERE state = ? ORDER BY stream_id", building)
}

// Newest implements indexing.Store.
func (s *Store) Newest(ctx context.Context) ([]indexing.Version, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (indexing.Version, error) {
		var v indexing.Version
		return v, rows.Scan(&v.ID, &v.Flow, &v.Workspace)
	}, "SELECT v.id, v.flow_id, v.workspace_id FROM flow_version v JOIN (SELECT flow_id, MAX(version_no) newest FROM flow_version GROUP BY flow_id) n"+
		" ON n.flow_id = v.flow_id AND n.newest = v.version_no ORDER BY v.id")
}
