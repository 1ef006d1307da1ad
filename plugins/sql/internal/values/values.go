// Package values carries values between JSON and a database without loss: digits stay as
// they are written, bytes are base64, times keep the clock of the connection's zone, and
// NULL is null while a member that is not there is not there.
//
// It may import the standard library, sdk/fault and sdk/item only.
package values

import (
	"strconv"
	"strings"
	"time"
)

// Dialect is a family of databases.
type Dialect string

// The dialects. MySQL is MariaDB as well.
const (
	MySQL    Dialect = "mysql"
	Postgres Dialect = "postgresql"
)

// Quote writes a name so that it is a name whatever its letters are.
func (d Dialect) Quote(name string) string {
	mark := `"`
	if d == MySQL {
		mark = "`"
	}
	return mark + strings.ReplaceAll(name, mark, mark+mark) + mark
}

// Kind is what a column holds, as far as it matters to values.
type Kind string

// The kinds. Naive times have no zone, and an Instant is written in that of the connection.
const (
	Text    Kind = "text"
	Integer Kind = "integer"
	Decimal Kind = "decimal"
	Float   Kind = "float"
	Bool    Kind = "bool"
	Bytes   Kind = "bytes"
	Date    Kind = "date"
	Naive   Kind = "datetime"
	Instant Kind = "instant"
	JSON    Kind = "json"
	// Other is anything that the database gives and takes as text.
	Other Kind = "other"
)

// KindOf reads a type's name as the database or its driver gives it.
func (d Dialect) KindOf(name string) Kind {
	name = strings.ToUpper(name)
	base, _, _ := strings.Cut(strings.TrimPrefix(name, "UNSIGNED "), "(")
	switch strings.TrimSpace(base) {
	case "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "INTEGER", "BIGINT", "YEAR", "INT2", "INT4", "INT8", "OID", "SERIAL", "BIGSERIAL":
		return Integer
	case "DECIMAL", "NUMERIC":
		return Decimal
	case "FLOAT", "DOUBLE", "REAL", "DOUBLE PRECISION", "FLOAT4", "FLOAT8":
		return Float
	case "BOOL", "BOOLEAN":
		return Bool
	case "BINARY", "VARBINARY", "BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB", "BIT", "GEOMETRY", "BYTEA":
		if d == Postgres && base != "BYTEA" {
			return Other
		}
		return Bytes
	case "DATE":
		return Date
	case "DATETIME", "TIMESTAMP", "TIMESTAMP WITHOUT TIME ZONE":
		return Naive
	case "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE":
		return Instant
	case "JSON", "JSONB":
		return JSON
	case "CHAR", "VARCHAR", "TEXT", "TINYTEXT", "MEDIUMTEXT", "LONGTEXT", "ENUM", "SET", "BPCHAR", "CHARACTER VARYING", "CHARACTER", "NAME", "UUID":
		return Text
	default:
		return Other
	}
}

// Query is a statement that is being written, with its values.
type Query struct {
	Dialect Dialect

	text strings.Builder
	args []any
}

// Text appends words of the statement. They are this program's own, a person's statement
// that was read, or names that were quoted: never a value.
func (q *Query) Text(words string) *Query {
	q.text.WriteString(words)
	return q
}

// Name appends a quoted name.
func (q *Query) Name(name string) *Query { return q.Text(q.Dialect.Quote(name)) }

// Value appends a placeholder and keeps its value.
func (q *Query) Value(v any) *Query {
	q.args = append(q.args, v)
	if q.Dialect == MySQL {
		return q.Text("?")
	}
	return q.Text("$" + strconv.Itoa(len(q.args)))
}

// Like appends a placeholder for a value that a column of a kind is compared with.
func (q *Query) Like(kind Kind, v any) *Query {
	if q.Dialect == MySQL && kind == Decimal {
		return q.Text("CAST(").Value(v).Text(" AS DECIMAL(65,30))") // a text would be compared as a float
	}
	return q.Value(v)
}

// SQL gives the statement.
func (q *Query) SQL() string { return q.text.String() }

// Args gives its values, in the order of the placeholders.
func (q *Query) Args() []any { return q.args }

// The forms of times.
const (
	dateForm    = "2006-01-02"
	naiveForm   = "2006-01-02 15:04:05.999999"
	instantForm = "2006-01-02 15:04:05.999999-07:00"
)

// parseMoment reads a time that says its offset.
func parseMoment(text string) (time.Time, bool) {
	for _, form := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999-07"} {
		if at, err := time.Parse(form, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}
