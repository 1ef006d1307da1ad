package store

import (
	"database/sql"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
)

// Dialect is one of the two ways in which SQL is written.
type Dialect string

// The dialects.
const (
	SQLite Dialect = "sqlite"
	MySQL  Dialect = "mysql"
)

// ForUpdate locks the rows that a SELECT reads, where the database has row locks.
func (d Dialect) ForUpdate() string {
	if d == MySQL {
		return " FOR UPDATE"
	}
	return ""
}

// ForShare keeps others from changing the rows that a SELECT reads, not from reading
// them so too.
func (d Dialect) ForShare() string {
	if d == MySQL {
		return " LOCK IN SHARE MODE" // MariaDB does not know FOR SHARE
	}
	return ""
}

// onConflict begins the tail of an INSERT that updates the row it meets.
func (d Dialect) onConflict(key string) string {
	if d == MySQL {
		return " ON DUPLICATE KEY UPDATE "
	}
	return " ON CONFLICT(" + key + ") DO UPDATE SET "
}

// excluded names the value that could not be inserted.
func (d Dialect) excluded(column string) string {
	if d == MySQL {
		return "VALUES(" + column + ")"
	}
	return "excluded." + column
}

// Table describes how rows of a table are written.
type Table struct {
	Name string
	// Key are the primary key's columns, separated by commas.
	Key string
	// Columns are all that Insert and Put write, in the order of the rows' values.
	Columns []string
}

// maxParams is the most placeholders of one statement (SQLite's default limit).
const maxParams = 32000

// Insert writes new rows.
func (d Dialect) Insert(tx *gorm.DB, t Table, rows [][]any) error { return d.write(tx, t, rows, "") }

// Put writes rows, replacing those with the same key. With two unique keys the
// caller makes sure that only the primary key can be met.
func (d Dialect) Put(tx *gorm.DB, t Table, rows [][]any) error {
	var sets []string
	for _, c := range t.Columns {
		if !strings.Contains(","+t.Key+",", ","+c+",") {
			sets = append(sets, c+"="+d.excluded(c))
		}
	}
	return d.write(tx, t, rows, d.onConflict(t.Key)+strings.Join(sets, ","))
}

// Ensure writes rows that may be there already: every column is part of the key.
func (d Dialect) Ensure(tx *gorm.DB, t Table, rows [][]any) error {
	if d == MySQL {
		return d.write(tx, t, rows, " ON DUPLICATE KEY UPDATE "+t.Columns[0]+"="+t.Columns[0])
	}
	return d.write(tx, t, rows, " ON CONFLICT DO NOTHING")
}

// Add writes rows, adding the given column to that of rows with the same key.
func (d Dialect) Add(tx *gorm.DB, t Table, column string, rows [][]any) error {
	return d.write(tx, t, rows, fmt.Sprintf("%s%s=%s.%s+%s", d.onConflict(t.Key), column, t.Name, column, d.excluded(column)))
}

func (d Dialect) write(tx *gorm.DB, t Table, rows [][]any, tail string) error {
	one := "(" + repeated("?", len(t.Columns)) + ")"
	head := "INSERT INTO " + t.Name + " (" + strings.Join(t.Columns, ",") + ") VALUES "
	for len(rows) > 0 {
		n := d.step(len(rows), len(t.Columns))
		args := make([]any, 0, n*len(t.Columns))
		for _, r := range rows[:n] {
			args = append(args, r...)
		}
		if _, err := Exec(tx, head+repeated(one, n)+tail, args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// step is how many of the rows that are left the next statement writes. SQLite keeps its
// statements prepared, so that there are few sizes.
func (d Dialect) step(rows, columns int) int {
	most := max(1, min(rows, 100, maxParams/columns))
	if d == SQLite {
		for _, size := range []int{100, 50, 20, 10, 5, 2} {
			if size <= most {
				return size
			}
		}
		return 1
	}
	return most
}

// In gives "(?,?,…)" for n values.
func In(n int) string { return "(" + repeated("?", n) + ")" }

// Chunks calls do with at most 500 values at a time.
func Chunks[T any](values []T, do func([]T) error) error {
	const size = 500
	for start := 0; start < len(values); start += size {
		if err := do(values[start:min(start+size, len(values))]); err != nil {
			return err
		}
	}
	return nil
}

// Args turns values into statement arguments.
func Args[T any](first []any, values ...T) []any {
	for _, v := range values {
		first = append(first, v)
	}
	return first
}

// Snapshot gives the isolation under which several reads see one moment.
func (d Dialect) Snapshot() sql.IsolationLevel {
	if d == MySQL {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault // a SQLite transaction is a snapshot
}

// Scan reads every row of a query. Columns are in the order that one reads them.
func Scan[T any](tx *gorm.DB, one func(*sql.Rows) (T, error), text string, args ...any) ([]T, error) {
	rows, err := query(tx, text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has told what there is to tell
	var out []T
	for rows.Next() {
		v, err := one(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// Column reads a row of one column.
func Column[T any](row *sql.Rows) (T, error) {
	var v T
	err := row.Scan(&v)
	return v, err
}

// One gives the first of what Scan found, or ledger.ErrNotFound.
func One[T any](found []T, err error) (T, error) {
	var none T
	switch {
	case err != nil:
		return none, err
	case len(found) == 0:
		return none, ledger.ErrNotFound
	default:
		return found[0], nil
	}
}
