// Package ledgerstore keeps the ledger in SQL. It carries out the rules of
// engine/ledger, one transaction a method, and decides nothing itself.
//
// It may import engine/ledger, server/store and below it ledgerrow, lookupstore, pack,
// parkstore and runledger only.
package ledgerstore

import (
	"context"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
	"github.com/karezflow/karez/server/store/lookupstore"
	"github.com/karezflow/karez/server/store/parkstore"
	"github.com/karezflow/karez/server/store/runledger"
)

// Store implements the store seams of engine/pull, engine/push and the services.
type Store struct {
	*runledger.Store

	db   *store.DB
	sql  store.Dialect
	rows ledgerrow.Writer
	park *parkstore.Store
	// index is what others look up in documents.
	index *lookupstore.Store
}

// New makes a Store of a migrated database.
func New(db *store.DB) *Store {
	return &Store{runledger.New(db), db, db.Dialect(), ledgerrow.Writer{SQL: db.Dialect()}, parkstore.New(db), lookupstore.New(db)}
}

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
