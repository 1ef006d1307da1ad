package main

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/sql/internal/database"
	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// tableParams are the declared parameters of the operations that read a table. Every other
// one is a column that equals a value, or one of a list.
func tableParams() []string {
	return []string{"table", "columns", "keyColumns", "column", "columnIs", "from", "to", "numberColumn", "numbers"}
}

// tablePage reads a page of a table: of its rows that changed in a window, or of all.
func (s *session) tablePage(ctx context.Context, req connector.QueryRequest, params item.Value) (connector.Page, error) {
	t, err := s.db.Table(ctx, params.Field("table").Text())
	if err != nil {
		return connector.Page{}, err
	}
	keys, err := keysOf(t, names(params.Field("keyColumns")))
	if err != nil {
		return connector.Page{}, err
	}
	columns, err := selected(t, names(params.Field("columns")))
	if err != nil {
		return connector.Page{}, err
	}
	where, err := s.conditions(t, params)
	if err != nil {
		return connector.Page{}, err
	}
	var page connector.Page
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		since, err := s.since(ctx, tx, t, req, params)
		if err != nil {
			return err
		}
		r := reading{keys: keys, size: size(req), token: req.Page.Token}
		if since.column != nil {
			// What changed first is read first; the keys tell apart what changed at once.
			r.keys = append([]key{{since.column.Column, true}}, slices.DeleteFunc(keys, func(k key) bool { return k.Name == since.column.Name })...)
		}
		read := r.with(columns)
		r.from = func(q *values.Query) error {
			for i, name := range read {
				q.Text([]string{"SELECT ", ", "}[min(i, 1)]).Name(name)
			}
			s.tableName(q.Text(" FROM "), t).Text(" WHERE 1 = 1")
			since.write(q)
			for _, c := range where {
				c.write(q)
			}
			return nil
		}
		if page, err = s.page(ctx, tx, r); err != nil {
			return err
		}
		return s.blanks(ctx, tx, t, since, req, &page)
	})
	return page, err
}

// with gives columns and those that rows are ordered by, which are read, asked for or not.
func (r reading) with(columns []string) []string {
	columns = slices.Clone(columns)
	for _, k := range r.keys {
		if !slices.Contains(columns, k.Name) {
			columns = append(columns, k.Name)
		}
	}
	return columns
}

func (s *session) tableName(q *values.Query, t *database.Table) *values.Query {
	return q.Name(t.Schema).Text(".").Name(t.Name)
}

// keysOf gives the columns by which rows are told apart: those that are named, or the primary key.
func keysOf(t *database.Table, named []string) ([]key, error) {
	proved := true
	if len(named) == 0 {
		named = t.Primary()
	} else {
		proved = t.Unique(named)
	}
	if len(named) == 0 {
		return nil, fault.New("sql.key_missing", "the table %s has no primary key", t.Name).At("keyColumns").Classed(fault.Config).Unapplied().
			Hinted("name the columns that tell its rows apart")
	}
	keys := make([]key, len(named))
	for i, name := range named {
		c := t.Column(name)
		if c == nil {
			return nil, columnUnknown("keyColumns", name)
		}
		// A list of words is ordered by their places in it, and compared by their letters.
		listed := strings.HasPrefix(c.Type, "enum(") || strings.HasPrefix(c.Type, "set(")
		keys[i] = key{c.Column, proved && !listed}
	}
	return keys, nil
}

func selected(t *database.Table, named []string) ([]string, error) {
	for _, name := range named {
		if t.Column(name) == nil {
			return nil, columnUnknown("columns", name)
		}
	}
	if len(named) > 0 {
		return named, nil
	}
	for _, c := range t.Columns {
		named = append(named, c.Name)
	}
	return named, nil
}

// condition is a column that equals one of the values of a list, or nothing.
type condition struct {
	column string
	kind   values.Kind
	list   []any
	null   bool
}

// write writes a condition behind others.
func (c condition) write(q *values.Query) {
	q.Text(" AND ").Name(c.column)
	switch {
	case c.null:
		q.Text(" IS NULL")
	case len(c.list) == 0:
		q.Text(" IS NULL AND 1 = 0")
	default:
		q.Text(" IN (")
		for i, v := range c.list {
			q.Text([]string{"", ", "}[min(i, 1)]).Like(c.kind, v)
		}
		q.Text(")")
	}
}

// condition binds a value, or a list of them, to a column; param is blamed where there is none.
func (s *session) condition(t *database.Table, param, name string, v item.Value) (condition, error) {
	c := t.Column(name)
	if c == nil {
		return condition{}, columnUnknown(param, name)
	}
	one := condition{column: name, kind: c.Kind, null: v.Kind() == item.Null}
	if v.Kind() != item.Array {
		v = item.Of(slices.Concat([]byte("["), v.Raw(), []byte("]")))
	}
	for e := range v.Elements() {
		bound, err := s.db.Dialect.Bind(c.Column, e, s.db.Zone)
		if err != nil {
			return one, fault.From(err).Classed(fault.Config)
		}
		one.list = append(one.list, bound)
	}
	return one, nil
}

// conditions are those that parameters make which are named as columns are, and the one
// that selects rows by numbers.
func (s *session) conditions(t *database.Table, params item.Value) ([]condition, error) {
	var all []condition
	for name, v := range params.Fields() {
		if slices.Contains(tableParams(), name) {
			continue
		}
		c, err := s.condition(t, name, name, v)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	numbers, column := params.Field("numbers"), params.Field("numberColumn").Text()
	if numbers.Blank() {
		return all, nil
	}
	if column == "" {
		return nil, fault.New("sql.number_column_missing", "rows are to be found by number, and nothing says which column holds it").At("numberColumn").Classed(fault.Config)
	}
	c, err := s.condition(t, "numberColumn", column, numbers)
	return append(all, c), err
}

// since is the range of a column that is read; without a column all rows are.
type since struct {
	column *database.Column
	// from and to are the driver's values; above says that the row of from itself is left out.
	from, to any
	above    bool
}

func (w since) write(q *values.Query) {
	if w.column == nil {
		return
	}
	if w.from != nil {
		q.Text(" AND ").Name(w.column.Name).Text([]string{" >= ", " > "}[map[bool]int{true: 1}[w.above]]).Value(w.from)
	}
	if w.to != nil {
		q.Text(" AND ").Name(w.column.Name).Text(" <= ").Value(w.to)
	}
}

// The ways in which a column tells when its row changed.
const (
	isTime    = "time"
	isUnix    = "unix"
	isUnixMS  = "unixMs"
	isCounter = "counter"
)

// since gives the range of a window.
func (s *session) since(ctx context.Context, tx *database.Tx, t *database.Table, req connector.QueryRequest, params item.Value) (since, error) {
	name := params.Field("column").Text()
	if req.Operation != tableChanges || !params.Field("numbers").Blank() {
		return since{}, nil
	}
	c := t.Column(name)
	if c == nil {
		return since{}, columnUnknown("column", name)
	}
	is := params.Field("columnIs").Text()
	if is == "" && c.Kind == values.Integer {
		is = isCounter
	}
	from, to := params.Field("from").Text(), params.Field("to").Text()
	w := since{column: c}
	switch {
	case c.Kind == values.Integer && is == isCounter:
		low, high, err := s.counted(ctx, tx, t, c, from, to, req.Page.Token == "")
		if low != nil {
			w.from, w.above = *low, true
		}
		w.to = high
		return w, err
	case (c.Kind == values.Integer || c.Kind == values.Decimal) && (is == isUnix || is == isUnixMS):
		return w.unix(from, to, is == isUnixMS, s.db.Zone)
	case c.Kind == values.Date:
		w.from, w.to = from[:min(len(from), len(time.DateOnly))], to[:min(len(to), len(time.DateOnly))]
		return w, nil
	case c.Kind == values.Naive || c.Kind == values.Instant:
		w.from, w.to = from, to
		return w, nil
	default:
		return since{}, fault.New("sql.column_unfit", "%s is a column of type %s, which does not tell when a row changed", name, c.Type).At("column").Classed(fault.Config).
			Hinted("choose a column with a time, or one with a number that grows with every change")
	}
}

// unix gives the range of a column that holds Unix seconds or milliseconds.
func (w since) unix(from, to string, ms bool, zone *time.Location) (since, error) {
	begins, err := moment(from, zone)
	if err != nil {
		return since{}, err
	}
	ends, err := moment(to, zone)
	if err != nil {
		return since{}, err
	}
	w.from, w.to = begins.Unix(), ends.Unix()
	if ms {
		w.from, w.to = begins.UnixMilli(), ends.UnixMilli()+999 // a window ends with its last second
	}
	return w, nil
}

// moment reads an end of a window, which the engine writes in the connection's zone.
func moment(text string, zone *time.Location) (time.Time, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(n, 0), nil
	}
	at, err := time.ParseInLocation(time.DateTime, strings.Replace(text, "T", " ", 1), zone)
	if err != nil {
		return at, fault.New("sql.window_unreadable", "%q is not an end of a window, such as 2026-01-31 08:00:00", text).Classed(fault.Config)
	}
	return at, nil
}

// blanks warns of rows that no window ever holds.
func (s *session) blanks(ctx context.Context, tx *database.Tx, t *database.Table, w since, req connector.QueryRequest, page *connector.Page) error {
	if w.column == nil || !w.column.Nullable || req.Page.Token != "" {
		return nil
	}
	q := &values.Query{Dialect: s.db.Dialect}
	s.tableName(q.Text("SELECT 1 FROM "), t).Text(" WHERE ").Name(w.column.Name).Text(" IS NULL LIMIT 1")
	rows, err := tx.Ask(ctx, q)
	if err != nil {
		return err
	}
	defer rows.Close()
	row, err := rows.Next()
	if row != nil {
		page.Warnings = append(page.Warnings, "rows in which "+w.column.Name+" is empty are never read")
	}
	return err
}
