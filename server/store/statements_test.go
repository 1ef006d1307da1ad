package store_test

import (
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/karezflow/karez/server/store"
)

// TestStatementsAreKept has many statements written: those used last are kept prepared,
// and all do what they say, also after the tables changed.
func TestStatementsAreKept(t *testing.T) {
	t.Parallel()
	db := embedded(t)
	put := func(n int, comment string) func(*gorm.DB) error {
		return func(tx *gorm.DB) error {
			changed, err := store.Exec(tx, "INSERT INTO mark (n) VALUES (?) -- "+comment, n)
			if err == nil && changed != 1 {
				err = fmt.Errorf("%d rows", changed)
			}
			return err
		}
	}
	for n := range 2 * store.MaxPrepared {
		write(t, db, put(n, fmt.Sprint(n)))
	}
	kept, size := store.Prepared(db)
	if kept != store.MaxPrepared || size <= 0 {
		t.Errorf("%d statements are kept", kept)
	}
	write(t, db, func(tx *gorm.DB) error { return tx.Exec("ALTER TABLE mark ADD COLUMN more INTEGER").Error })
	write(t, db, put(9001, fmt.Sprint(2*store.MaxPrepared-1))) // prepared before the table changed
	// Long ones take the place of many.
	for n := range 3 {
		write(t, db, put(9002+n, strings.Repeat(fmt.Sprint(n), 600_000)))
	}
	if kept, size := store.Prepared(db); kept > 5 || size < 600_000 || size > 1_300_000 {
		t.Errorf("%d statements of %d bytes are kept", kept, size)
	}
	if got := marks(t, db); len(got) != 2*store.MaxPrepared+4 || !got[9004] {
		t.Errorf("%d rows", len(got))
	}
	if err := db.Write(t.Context(), func(tx *gorm.DB) error {
		_, err := store.Exec(tx, "INSERT INTO nowhere VALUES (1)")
		return err
	}); err == nil {
		t.Error("a wrong statement gives no error")
	}
	if err := db.Write(t.Context(), put(9004, "again")); err == nil {
		t.Error("a key is taken twice")
	}
	write(t, db, put(9005, "again")) // the statement that failed is good for more
	var row, n int
	write(t, db, func(tx *gorm.DB) error {
		if err := tx.Raw("SELECT n FROM mark WHERE n = ?", 9005).Row().Scan(&row); err != nil {
			return err
		}
		stmt, err := tx.Statement.ConnPool.PrepareContext(t.Context(), "SELECT COUNT(*) FROM mark")
		if err != nil {
			return err
		}
		defer func() { _ = stmt.Close() }()
		return stmt.QueryRow().Scan(&n)
	})
	if row != 9005 || n != 2*store.MaxPrepared+5 {
		t.Errorf("%d, %d rows", row, n)
	}
}
