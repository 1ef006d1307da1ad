// Package clockstore moves in SQL what is due, after a clock was put back.
//
// It may import engine/ledger and server/store only.
package clockstore

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
)

// Store implements clockwatch.Store.
type Store struct{ db *store.DB }

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db} }

// Earlier implements clockwatch.Store. Work and errands of processes whose clocks were
// right come earlier, too: they are tried before they were to be, which harms nobody.
// Claims are left alone, since those who hold them renew them; and so are groups on a
// database that others use, which would be closed before their time.
func (s *Store) Earlier(ctx context.Context, now, behind ledger.Millis, by time.Duration) (moved int64, err error) {
	sooner := "CASE WHEN due_at - ? > ? THEN due_at - ? ELSE ? END WHERE due_at > ? AND due_at < ?"
	// What a walk finds is not sent before its own time either.
	next := "UPDATE delivery SET next_at = CASE WHEN next_at - ? > ? THEN next_at - ? ELSE ? END WHERE next_at > ? AND next_at < ?" +
		" AND document_id IN (SELECT ref_id FROM work WHERE kind = 'document' AND due_at > ? AND due_at < ?)"
	args := []any{by.Milliseconds(), now, by.Milliseconds(), now, behind, ledger.FarFuture}
	statements := []string{"UPDATE work SET due_at = " + sooner, "UPDATE errand SET due_at = " + sooner + " AND owner = ''"}
	if s.db.Dialect() == store.SQLite {
		statements = append(statements, "UPDATE group_head SET due_at = "+sooner)
	}
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		moved = 0
		if err := tx.Exec(next, append(slices.Clone(args), behind, ledger.FarFuture)...).Error; err != nil {
			return err
		}
		for _, statement := range statements {
			done := tx.Exec(statement, args...)
			if done.Error != nil {
				return done.Error
			}
			moved += done.RowsAffected
		}
		return nil
	})
	return moved, err
}
