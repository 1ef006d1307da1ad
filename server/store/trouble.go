package store

import (
	"context"
	"errors"
	"os"

	"gorm.io/gorm"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/karezflow/karez/sdk/fault"
)

// checkedSize is the largest file whose pages are all looked at when it is opened; that
// takes seconds at most. A larger one is looked at by CheckPages alone.
const checkedSize = 2 << 30

// checkFile refuses a file whose pages do not fit together: whatever was written to it
// further on might be lost.
func checkFile(ctx context.Context, db *gorm.DB, path string) error {
	info, err := os.Stat(path)
	if err == nil && info.Size() > checkedSize {
		return nil
	}
	return checkPages(ctx, db)
}

// CheckPages looks at every page of a SQLite file, and finds nothing on another
// database. Its fault is "store.damaged".
func (db *DB) CheckPages(ctx context.Context) error {
	if db.dialect != SQLite {
		return nil
	}
	return checkPages(ctx, db.Read(ctx))
}

func checkPages(ctx context.Context, db *gorm.DB) error {
	var found string
	err := db.WithContext(ctx).Raw("PRAGMA quick_check(1)").Scan(&found).Error
	if f := troubled(err); f != nil {
		return f
	}
	if err != nil {
		return openFailed(err)
	}
	if found != "ok" {
		return damaged().Because(errors.New(found))
	}
	return nil
}

func openFailed(err error) *fault.Fault {
	return fault.Wrap(err, "store.open_failed", "the database file can't be opened").Classed(fault.Config)
}

func damaged() *fault.Fault {
	return fault.New("store.damaged", "the database file is damaged").Classed(fault.Config).
		Hinted("restore the last backup of the data folder; documents that were pulled since are pulled again")
}

// troubled says what a failure of SQLite means to who runs it, nil for one that says
// nothing of the kind.
func troubled(err error) *fault.Fault {
	var failed *sqlite.Error
	if !errors.As(err, &failed) {
		return nil
	}
	switch failed.Code() & 0xff {
	case lib.SQLITE_CORRUPT:
		return damaged().Because(err)
	case lib.SQLITE_FULL:
		return fault.New("store.full", "the disk of the database is full").Classed(fault.Transient).
			Hinted("make room; what waits goes on by itself").Because(err)
	case lib.SQLITE_READONLY:
		return fault.New("store.read_only", "the database can't be written").Classed(fault.Transient).
			Hinted("give the program the right to write to its data folder").Because(err)
	default:
		return nil
	}
}
