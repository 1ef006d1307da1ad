// Package ledgerstore keeps the ledger in SQL. It carries out the rules of
// engine/ledger, one transaction a method, and decides nothing itself.
//
// It may import engine/ledger, its rules, server/store and below it errandstore, groupstore, handstore, ledgerrow,
// lookupstore, pack, parkstore, readledger and runledger only.
package ledgerstore

import (
	"context"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/errandstore"
	"github.com/karezflow/karez/server/store/feedstore"
	"github.com/karezflow/karez/server/store/groupstore"
	"github.com/karezflow/karez/server/store/handstore"
	"github.com/karezflow/karez/server/store/ledgerrow"
	"github.com/karezflow/karez/server/store/lookupstore"
	"github.com/karezflow/karez/server/store/parkstore"
	"github.com/karezflow/karez/server/store/readledger"
	"github.com/karezflow/karez/server/store/runledger"
)

// Store implements the store seams of engine/pull, engine/push and the services.
type Store struct {
	*runledger.Store
	*readledger.Readings

	db   *store.DB
	sql  store.Dialect
	rows ledgerrow.Writer
	park *parkstore.Store
	feed *feedstore.Store
	// index is what others look up in documents.
	index *lookupstore.Store
	hand  *handstore.Store
	group *groupstore.Store
	// errands are the calls that are made after walks.
	errands *errandstore.Store
}

// New makes a Store of a migrated database.
func New(db *store.DB) *Store {
	s := &Store{
		Store: runledger.New(db), Readings: readledger.New(db), db: db, sql: db.Dialect(), rows: ledgerrow.Writer{SQL: db.Dialect()}, park: parkstore.New(db), feed: feedstore.New(db), index: lookupstore.New(db),
		group: groupstore.New(db), errands: errandstore.New(db),
	}
	s.hand = handstore.New(db, func(tx *gorm.DB, page ledger.PageCommit, nextID func() ledger.ID) (rules.PagePlan, error) {
		plan, _, err := s.take(tx, page, nextID)
		return plan, err
	})
	return s
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
