package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/go-sql-driver/mysql"
)

// deadlocked and lockTimeout are MariaDB's answers that ask for the
// transaction to be run again.
const (
	deadlocked  = 1213
	lockTimeout = 1205
)

// Session is one connection with its prepared statements. It serves one
// goroutine.
type Session struct {
	conn    *sql.Conn
	sqlite  bool
	prepare bool // whether statements are prepared once or sent as text
	stmts   map[string]*sql.Stmt
	texts   map[string]string
	repeats int // transactions run again after a deadlock
}

// Session opens a connection. MariaDB gets each statement prepared once, or as
// text with the values in it; SQLite always the former.
func (d *DB) Session(ctx context.Context, prepare bool) (*Session, error) {
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &Session{conn: conn, sqlite: d.SQLite(), prepare: d.SQLite() || prepare, stmts: map[string]*sql.Stmt{}, texts: map[string]string{}}, nil
}

// SQLite is the database's.
func (s *Session) SQLite() bool { return s.sqlite }

// Repeats is how many transactions were run again after a deadlock.
func (s *Session) Repeats() int { return s.repeats }

// Close gives the connection back.
func (s *Session) Close() error { return s.conn.Close() }

// prepared returns the statement of a text, prepared at most once.
func (s *Session) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := s.stmts[query]; ok {
		return st, nil
	}
	st, err := s.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("%w in %.120s", err, query)
	}
	s.stmts[query] = st
	return st, nil
}

// Exec returns the number of rows found.
func (s *Session) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	var r sql.Result
	var err error
	if s.prepare {
		var st *sql.Stmt
		if st, err = s.prepared(ctx, query); err == nil { //nolint:sqlclosecheck // kept as long as the connection
			r, err = st.ExecContext(ctx, args...)
		}
	} else {
		r, err = s.conn.ExecContext(ctx, query, args...)
	}
	if err != nil {
		return 0, fmt.Errorf("%w in %.120s", err, query)
	}
	return r.RowsAffected()
}

// Must is Exec for a statement that has to find exactly want rows.
func (s *Session) Must(ctx context.Context, want int, query string, args ...any) error {
	n, err := s.Exec(ctx, query, args...)
	if err == nil && n != int64(want) {
		err = fmt.Errorf("%d rows in place of %d for %.120s", n, want, query)
	}
	return err
}

// Each calls scan for every row.
func (s *Session) Each(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) (err error) {
	var rows *sql.Rows
	if s.prepare {
		var st *sql.Stmt
		if st, err = s.prepared(ctx, query); err == nil { //nolint:sqlclosecheck // kept as long as the connection
			rows, err = st.QueryContext(ctx, args...)
		}
	} else {
		rows, err = s.conn.QueryContext(ctx, query, args...)
	}
	if err != nil {
		return fmt.Errorf("%w in %.120s", err, query)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Number returns the one number that the query asks for.
func (s *Session) Number(ctx context.Context, query string) (int, error) {
	var n int
	err := s.conn.QueryRowContext(ctx, query).Scan(&n)
	return n, err
}

// Atomically commits what do wrote, running it again after a deadlock.
func (s *Session) Atomically(ctx context.Context, do func() error) error {
	begin := "START TRANSACTION"
	if s.sqlite {
		begin = "BEGIN IMMEDIATE"
	}
	for range 10 {
		if _, err := s.Exec(ctx, begin); err != nil {
			return err
		}
		err := do()
		if err == nil {
			_, err = s.Exec(ctx, "COMMIT")
		}
		if err == nil {
			return nil
		}
		if _, rollback := s.Exec(context.WithoutCancel(ctx), "ROLLBACK"); rollback != nil {
			return errors.Join(err, rollback)
		}
		var answer *mysql.MySQLError
		if !errors.As(err, &answer) || answer.Number != deadlocked && answer.Number != lockTimeout {
			return err
		}
		s.repeats++
	}
	return errors.New("a transaction met ten deadlocks in a row")
}
