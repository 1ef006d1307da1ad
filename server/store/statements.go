package store

import (
	"container/list"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
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
	// args are those of the statement that is carried out.
	args []driver.NamedValue
}

// What is kept prepared: a statement takes about ten times its text.
const (
	maxPrepared     = 256
	maxPreparedSize = 1 << 20
)

type prepared struct {
	text string
	// changes is set for a text that was carried out, rows for one that was asked: the
	// standard library brings rows in order, and turns every argument over twice.
	changes driver.StmtExecContext
	rows    *sql.Stmt
}

// close lets the statement go.
func (p *prepared) close() error {
	var err error
	if p.rows != nil {
		err = p.rows.Close()
	}
	if stmt, ok := p.changes.(driver.Stmt); ok {
		err = errors.Join(err, stmt.Close())
	}
	return err
}

func newStatements(conn *sql.Conn) *statements {
	return &statements{conn: conn, recent: list.New(), known: map[string]*list.Element{}}
}

// get gives the statement of a text, not prepared where it is a new one.
func (s *statements) get(text string) (*prepared, error) {
	if at, ok := s.known[text]; ok {
		s.recent.MoveToFront(at)
		return at.Value.(*prepared), nil //nolint:forcetypeassert // nothing else is in the list
	}
	made := &prepared{text: text}
	s.known[text] = s.recent.PushFront(made)
	for s.size += len(text); s.recent.Len() > 1 && (s.recent.Len() > maxPrepared || s.size > maxPreparedSize); {
		last := s.recent.Remove(s.recent.Back()).(*prepared) //nolint:forcetypeassert // nothing else is in the list
		delete(s.known, last.text)
		s.size -= len(last.text)
		if err := last.close(); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// asked gives the prepared statement of a text that gives rows.
func (s *statements) asked(ctx context.Context, text string) (*prepared, error) {
	p, err := s.get(text)
	if err == nil && p.rows == nil {
		p.rows, err = s.conn.PrepareContext(ctx, text)
	}
	return p, err
}

// carriedOut gives the prepared statement of a text that changes rows.
func (s *statements) carriedOut(ctx context.Context, text string) (*prepared, error) {
	p, err := s.get(text)
	if err != nil || p.changes != nil {
		return p, err
	}
	return p, s.conn.Raw(func(conn any) error {
		stmt, err := conn.(driver.ConnPrepareContext).PrepareContext(ctx, text) //nolint:forcetypeassert // the driver's connection is one
		if err == nil {
			p.changes = stmt.(driver.StmtExecContext) //nolint:forcetypeassert // and so is its statement
		}
		return err
	})
}

// close lets the statements and the connection go.
func (s *statements) close() error {
	for at := s.recent.Front(); at != nil; at = at.Next() {
		_ = at.Value.(*prepared).close() //nolint:forcetypeassert // they end with the connection anyway
	}
	return s.conn.Close()
}

// PrepareContext implements gorm.ConnPool.
func (s *statements) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return s.conn.PrepareContext(ctx, query)
}

// ExecContext implements gorm.ConnPool.
func (s *statements) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	p, err := s.carriedOut(ctx, query)
	if err != nil {
		return nil, err
	}
	if err := s.take(args); err != nil {
		return nil, err
	}
	var result driver.Result
	err = s.conn.Raw(func(any) (err error) {
		result, err = p.changes.ExecContext(ctx, s.args)
		return err
	})
	clear(s.args)
	return result, err
}

// take makes arguments what the driver knows.
func (s *statements) take(args []any) error {
	s.args = s.args[:0]
	for i, arg := range args {
		value, err := driver.DefaultParameterConverter.ConvertValue(arg)
		if err != nil {
			return err
		}
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: value})
	}
	return nil
}

// QueryContext implements gorm.ConnPool.
func (s *statements) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	p, err := s.asked(ctx, query)
	if err != nil {
		return nil, err
	}
	return p.rows.QueryContext(ctx, args...)
}

// QueryRowContext implements gorm.ConnPool.
func (s *statements) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	p, err := s.asked(ctx, query)
	if err != nil {
		return s.conn.QueryRowContext(ctx, query, args...) // which tells the error
	}
	return p.rows.QueryRowContext(ctx, args...)
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

type listenerKey struct{}

// Listening gives a context in which every query that rows are scanned from is told of,
// before it is asked: what is read can be explained then.
func Listening(ctx context.Context, told func(text string, args []any)) context.Context {
	return context.WithValue(ctx, listenerKey{}, told)
}

// query is Exec for rows.
func query(tx *gorm.DB, text string, args ...any) (*sql.Rows, error) {
	if told, ok := tx.Statement.Context.Value(listenerKey{}).(func(string, []any)); ok {
		told(text, args)
	}
	return tx.Statement.ConnPool.QueryContext(tx.Statement.Context, text, args...)
}

// repeated gives n times one, separated by commas.
func repeated(one string, n int) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
