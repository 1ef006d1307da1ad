package store

import (
	"container/list"
	"context"
	"database/sql"
	"strings"

	"gorm.io/gorm"
)

// statements is the one connection that writes to a SQLite database, with the statements
// that it has prepared: parsing one costs as much as carrying it out, and what the
// standard library prepares inside of a transaction is forgotten with it. It implements
// gorm.ConnPool. One goroutine uses it at a time, and reads a query's rows to their end
// before it begins the next.
type statements struct {
	conn *sql.Conn
	// recent are the prepared statements, the one used last first.
	recent *list.List
	known  map[string]*list.Element
	// size is the length of their texts together.
	size int
}

// What is kept prepared: a statement takes about ten times its text.
const (
	maxPrepared     = 256
	maxPreparedSize = 1 << 20
)

type prepared struct {
	text string
	stmt *sql.Stmt
}

func newStatements(conn *sql.Conn) *statements {
	return &statements{conn: conn, recent: list.New(), known: map[string]*list.Element{}}
}

// get gives the prepared statement of a text.
func (s *statements) get(ctx context.Context, text string) (*prepared, error) {
	if at, ok := s.known[text]; ok {
		s.recent.MoveToFront(at)
		return at.Value.(*prepared), nil //nolint:forcetypeassert // nothing else is in the list
	}
	stmt, err := s.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	made := &prepared{text, stmt}
	s.known[text] = s.recent.PushFront(made)
	for s.size += len(text); s.recent.Len() > 1 && (s.recent.Len() > maxPrepared || s.size > maxPreparedSize); {
		last := s.recent.Remove(s.recent.Back()).(*prepared) //nolint:forcetypeassert // nothing else is in the list
		delete(s.known, last.text)
		s.size -= len(last.text)
		if err := last.stmt.Close(); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// close lets the statements and the connection go.
func (s *statements) close() error {
	for at := s.recent.Front(); at != nil; at = at.Next() {
		_ = at.Value.(*prepared).stmt.Close() //nolint:forcetypeassert // they end with the connection anyway
	}
	return s.conn.Close()
}

// PrepareContext implements gorm.ConnPool.
func (s *statements) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return s.conn.PrepareContext(ctx, query)
}

// ExecContext implements gorm.ConnPool.
func (s *statements) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	p, err := s.get(ctx, query)
	if err != nil {
		return nil, err
	}
	return p.stmt.ExecContext(ctx, args...)
}

// QueryContext implements gorm.ConnPool.
func (s *statements) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	p, err := s.get(ctx, query)
	if err != nil {
		return nil, err
	}
	return p.stmt.QueryContext(ctx, args...)
}

// QueryRowContext implements gorm.ConnPool.
func (s *statements) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	p, err := s.get(ctx, query)
	if err != nil {
		return s.conn.QueryRowContext(ctx, query, args...) // which tells the error
	}
	return p.stmt.QueryRowContext(ctx, args...)
}

// Exec carries out a statement and tells how many rows it changed. It does what tx.Exec
// does, without reading the statement for names and arguments that are lists.
func Exec(tx *gorm.DB, query string, args ...any) (int64, error) {
	result, err := tx.Statement.ConnPool.ExecContext(tx.Statement.Context, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// query is Exec for rows.
func query(tx *gorm.DB, text string, args ...any) (*sql.Rows, error) {
	return tx.Statement.ConnPool.QueryContext(tx.Statement.Context, text, args...)
}

// repeated gives n times one, separated by commas.
func repeated(one string, n int) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
