package ledgerstore

import (
	"context"
	"database/sql"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// Documents implements runtest.Inspector.
func (s *Store) Documents(ctx context.Context, stream, after ledger.ID, limit int) ([]ledger.Document, error) {
	return store.Scan(s.db.Read(ctx), ledgerrow.ScanDocument, "SELECT "+ledgerrow.DocumentColumns+" FROM document WHERE stream_id = ? AND id > ? ORDER BY id LIMIT ?", stream, after, limit)
}

// Revisions implements runtest.Inspector.
func (s *Store) Revisions(ctx context.Context, document ledger.ID) ([]ledger.Revision, error) {
	tx := s.db.Read(ctx)
	revs, err := store.Scan(tx, ledgerrow.ScanRevision, "SELECT "+ledgerrow.RevisionColumns+" FROM revision WHERE document_id = ? AND rev <> (SELECT active_rev FROM document WHERE id = ?) ORDER BY rev", document, document)
	for i := range revs {
		if revs[i].Hold {
			if revs[i].Hold, err = ledgerrow.Reading(tx, revs[i].Window, ""); err != nil {
				return nil, err
			}
		}
	}
	return revs, err
}

// Deliveries implements runtest.Inspector.
func (s *Store) Deliveries(ctx context.Context, document ledger.ID) ([]ledger.Delivery, error) {
	return s.deliveries(s.db.Read(ctx), []ledger.ID{document}, true)
}

// History implements runtest.Historian.
func (s *Store) History(ctx context.Context, document ledger.ID) ([]ledger.Delivery, error) {
	tx := s.db.Read(ctx)
	found, err := store.Scan(tx, scanDelivery, "SELECT "+deliveryColumns+" FROM delivery_history WHERE document_id = ? ORDER BY node_no, part, rev", document)
	if err != nil {
		return nil, err
	}
	return withPayloads(tx, found, true)
}

// Problem implements runtest.Inspector.
func (s *Store) Problem(ctx context.Context, document ledger.ID) (ledger.Problem, bool, error) {
	found, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (ledger.Problem, error) {
		var p ledger.Problem
		var path, args, message, hint sql.NullString
		err := rows.Scan(&p.Code, &p.NodeID, &path, &args, &message, &hint)
		p.Path, p.Args, p.Message, p.Hint = path.String, store.ReadArgs(args), message.String, hint.String
		return p, err
	}, "SELECT code, node_id, path, args, message, hint FROM problem WHERE document_id = ?", document)
	if err != nil || len(found) == 0 {
		return ledger.Problem{}, false, err
	}
	return found[0], true, nil
}

// Body implements runtest.Inspector.
func (s *Store) Body(ctx context.Context, document ledger.ID) ([]byte, error) {
	tx := s.db.Read(ctx)
	docs, err := store.Scan(tx, ledgerrow.ScanDocument, "SELECT "+ledgerrow.DocumentColumns+" FROM document WHERE id = ?", document)
	if err != nil {
		return nil, err
	}
	if len(docs) == 0 {
		return nil, ledger.ErrNotFound
	}
	at := ledgerrow.Address{Pack: docs[0].Pack, No: docs[0].PackNo}
	bodies, err := ledgerrow.Payloads(tx, []ledgerrow.Address{at})
	return bodies[at], err
}
