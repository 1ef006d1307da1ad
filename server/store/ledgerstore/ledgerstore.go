// Package ledgerstore keeps the ledger in SQL. It carries out the rules of
// engine/ledger, one transaction a method, and decides nothing itself.
//
// It may import server/store, server/store/pack, server/store/runledger and engine/ledger only.
package ledgerstore

import (
	"context"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/runledger"
)

// Store implements the store seams of engine/pull, engine/push and the services.
type Store struct {
	*runledger.Store

	db  *store.DB
	sql store.Dialect
}

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{runledger.New(db), db, db.Dialect()} }

// NextIDs implements deliver.Store.
func (s *Store) NextIDs(ctx context.Context, n int) (ledger.ID, error) { return s.db.NextIDs(ctx, n) }

// reserve takes n ids before a transaction and gives a function that hands them
// out from the first on; transactions that are repeated begin with a new function.
func (s *Store) reserve(ctx context.Context, n int) (func() func() ledger.ID, error) {
	first, err := s.db.NextIDs(ctx, n)
	if err != nil {
		return nil, err
	}
	return func() func() ledger.ID {
		next := first
		return func() ledger.ID {
			id := next
			next++
			return id
		}
	}, nil
}

// addDeltas changes counts, in a fixed order so that transactions lock alike.
func (s *Store) addDeltas(tx *gorm.DB, deltas ledger.Deltas) error {
	rows := make([][]any, 0, len(deltas))
	for _, k := range deltas.Sorted() {
		rows = append(rows, []any{k.Run, k.NodeNo, string(k.Slot), deltas[k]})
	}
	return s.sql.Add(tx, runCountTable(), "n", rows)
}

// addWork inserts work rows; covers lists the documents of page work, so that
// they are found without an index over the documents' work.
func (s *Store) addWork(tx *gorm.DB, work []ledger.Work, covers map[ledger.ID][]ledger.ID) error {
	rows := make([][]any, len(work))
	for i, w := range work {
		rows[i] = []any{
			w.ID, w.Workspace, workKinds()[w.Kind], w.Ref, w.Run, w.Flow, w.Connection, w.Docs, w.Priority, w.Due, w.Owner, w.Fence, w.LeaseUntil, w.Attempts,
			store.Null(store.ListIDs(covers[w.ID])),
		}
	}
	return s.sql.Insert(tx, table("work", "id", workColumns+",doc_ids"), rows)
}

// setProblems replaces and removes problem rows. docs are the rows of the documents that have one.
func (s *Store) setProblems(tx *gorm.DB, problems map[ledger.ID]ledger.Problem, cleared []ledger.ID, state func(ledger.ID) ledger.State, workspace, flow ledger.ID, now ledger.Millis) error {
	if err := store.Chunks(cleared, func(ids []ledger.ID) error {
		return tx.Exec("DELETE FROM problem WHERE document_id IN "+store.In(len(ids)), store.Args(nil, ids...)...).Error
	}); err != nil {
		return err
	}
	rows := make([][]any, 0, len(problems))
	for id, p := range problems {
		rows = append(rows, []any{
			id, workspace, flow, state(id), store.Cut(p.Code, 64), store.Cut(p.NodeID, 64), store.CutText(p.Path), store.NullArgs(p.Args), store.CutText(p.Message), store.CutText(p.Hint), now,
		})
	}
	return s.sql.Put(tx, problemTable(), rows)
}
