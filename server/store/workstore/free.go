package workstore

import (
	"context"

	"gorm.io/gorm"

	"github.com/karezflow/karez/server/store"
)

// FreeAll gives back every claim and every lease. It is for the one process of an embedded
// database, at its start: whoever held them is gone.
func FreeAll(ctx context.Context, db *store.DB) error {
	if db.Dialect() != store.SQLite {
		return nil
	}
	return db.Write(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("UPDATE lock_lease SET owner = '', expires_at = 0 WHERE owner <> ''").Error; err != nil {
			return err
		}
		if err := tx.Exec("UPDATE errand SET owner = '', fence = fence + 1, due_at = 0 WHERE owner <> ''").Error; err != nil {
			return err
		}
		if err := tx.Exec("UPDATE bulk_job SET owner = '', fence = fence + 1, lease_until = 0 WHERE owner <> ''").Error; err != nil {
			return err
		}
		return tx.Exec("UPDATE work SET owner = '', lease_until = 0, place = NULL WHERE owner <> ''").Error
	})
}
