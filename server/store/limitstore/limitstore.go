// Package limitstore keeps what processes share of vendors' limits, and of systems that do
// not answer, in SQL.
//
// It may import server/store, server/limit and server/trouble only.
package limitstore

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/server/limit"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/trouble"
)

// Store implements limit.Store and trouble.Store.
type Store struct {
	db  *store.DB
	sql store.Dialect
}

var (
	_ limit.Store   = (*Store)(nil)
	_ trouble.Store = (*Store)(nil)
)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db: db, sql: db.Dialect()} }

func table() store.Table {
	return store.Table{Name: "rate_bucket", Key: "name", Columns: []string{"name"}}
}

// read gives a state and the time of the statement that read it; found is false where
// there is none. SQLite is one process's, so its time is that of the program. A MySQL
// server's is that of the statement's beginning, before it waited for the row.
func (s *Store) read(tx *gorm.DB, name, lock string) (now int64, state []byte, found bool, err error) {
	clock := "0"
	if s.sql == store.MySQL {
		clock = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(3)) DIV 1000"
	}
	row := tx.Raw("SELECT t.now_ms, b.name, b.state FROM (SELECT "+clock+" AS now_ms) t LEFT JOIN rate_bucket b ON b.name = ?"+lock, name).Row()
	var known sql.NullString
	if err = row.Scan(&now, &known, &state); err != nil {
		return 0, nil, false, err
	}
	if s.sql != store.MySQL {
		now = s.db.Clock()().UnixMilli()
	}
	return now, state, known.Valid, nil
}

// Change implements limit.Store.
func (s *Store) Change(ctx context.Context, name string, change func(now int64, state []byte) ([]byte, error)) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		now, state, found, err := s.read(tx, name, s.sql.ForUpdate())
		if err == nil && !found { // a row that is not there is locked for nobody
			if err = s.sql.Ensure(tx, table(), [][]any{{name}}); err == nil {
				now, state, _, err = s.read(tx, name, s.sql.ForUpdate())
			}
		}
		if err != nil {
			return err
		}
		next, err := change(now, state)
		if err != nil {
			return err
		}
		return tx.Exec("UPDATE rate_bucket SET state = ?, updated_at = ? WHERE name = ?", next, now, name).Error
	})
}

// State implements limit.Store.
func (s *Store) State(ctx context.Context, name string) (int64, []byte, error) {
	now, state, _, err := s.read(s.db.Read(ctx), name, "")
	return now, state, err
}
