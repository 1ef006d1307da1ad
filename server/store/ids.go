package store

import (
	"context"
	"sync"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
)

// blockSize is how many ids are taken from the database at a time.
const blockSize = 2000

// allocator hands out ids from blocks. Ids of a block that a crash cut off are never used.
type allocator struct {
	db *DB

	mu   sync.Mutex
	next ledger.ID
	end  ledger.ID
}

func newAllocator(db *DB) *allocator { return &allocator{db: db} }

// NextIDs reserves n ids and gives the first.
func (db *DB) NextIDs(ctx context.Context, n int) (ledger.ID, error) { return db.ids.take(ctx, n) }

func (a *allocator) take(ctx context.Context, n int) (ledger.ID, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.end-a.next < ledger.ID(n) {
		if err := a.refill(ctx, max(n, blockSize)); err != nil {
			return 0, err
		}
	}
	first := a.next
	a.next += ledger.ID(n)
	return first, nil
}

func (a *allocator) refill(ctx context.Context, n int) error {
	var first ledger.ID
	err := a.db.Write(ctx, func(tx *gorm.DB) (err error) {
		first, err = a.db.NextIDsIn(tx, n)
		return err
	})
	if err != nil {
		return err
	}
	a.next, a.end = first, first+ledger.ID(n)
	return nil
}

// NextIDsIn reserves n ids inside a transaction that learns only there how many it
// needs, and gives the first. Whoever else needs a block waits for its end.
func (db *DB) NextIDsIn(tx *gorm.DB, n int) (ledger.ID, error) {
	table := Table{Name: "id_block", Key: "name", Columns: []string{"name", "next_id"}}
	if err := db.dialect.Add(tx, table, "next_id", [][]any{{"ledger", n}}); err != nil {
		return 0, err
	}
	var after ledger.ID
	if err := tx.Raw("SELECT next_id FROM id_block WHERE name = 'ledger'").Scan(&after).Error; err != nil {
		return 0, err
	}
	return after - ledger.ID(n) + 1, nil
}
