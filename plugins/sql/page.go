package main

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/sql/internal/database"
	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

const (
	// defaultSize is the page size where the request says none, and mostRows the largest.
	defaultSize = 500
	mostRows    = 5000
	// mostBytes ends a page early; the next one begins behind its last row.
	mostBytes = 24 << 20
)

// key is a column that rows are ordered by.
type key struct {
	values.Column

	// proved says that the database itself keeps rows apart by the keys, under the rules
	// by which it compares their texts.
	proved bool
}

// expression writes the key as it is ordered and compared. Where nothing proves that the
// database tells rows apart by their texts, "a" and "A" may be equal to it, so bytes are compared.
func (k key) expression(q *values.Query) {
	if q.Dialect == values.MySQL && !k.proved && (k.Kind == values.Text || k.Kind == values.Other) {
		q.Text("CAST(CONVERT(").Name(k.Name).Text(" USING utf8mb4) AS BINARY)")
		return
	}
	q.Name(k.Name)
}

// reading is one page of an ordered result.
type reading struct {
	// from writes everything up to the conditions, the word WHERE and one condition included.
	from func(q *values.Query) error
	keys []key
	size int
	// token is the JSON list of the keys of the last row before.
	token string
}

// page reads a page in a transaction.
func (s *session) page(ctx context.Context, tx *database.Tx, r reading) (connector.Page, error) {
	page := connector.Page{Total: -1}
	q := &values.Query{Dialect: s.db.Dialect}
	if err := r.from(q); err != nil {
		return page, err
	}
	if r.token != "" {
		if err := r.behind(q); err != nil {
			return page, err
		}
	}
	for i, k := range r.keys {
		q.Text([]string{" ORDER BY ", ", "}[min(i, 1)])
		k.expression(q)
	}
	q.Text(" LIMIT ").Value(int64(r.size + 1))
	asked := s.clock()
	rows, err := tx.Ask(ctx, q)
	if err == nil {
		err = r.gather(rows, &page, s)
		rows.Close()
	}
	s.trace(ctx, "SELECT", asked, written(q), page.Rows)
	if err != nil {
		return page, err
	}
	page.SourceTime, err = tx.Now(ctx)
	return page, err
}

// gather writes the rows of a page, and looks whether the keys tell them apart.
func (r reading) gather(rows *database.Rows, page *connector.Page, s *session) error {
	places, err := r.places(rows.Columns)
	if err != nil {
		return err
	}
	w := &sheet{reading: r, session: s, columns: rows.Columns, places: places, out: []byte{'['}}
	for !page.More {
		row, err := rows.Next()
		if err != nil {
			return err
		}
		if row == nil {
			break
		}
		if page.More, err = w.add(row); err != nil {
			return err
		}
	}
	page.Rows = append(w.out, ']')
	if !page.More {
		return nil
	}
	if len(r.keys) == 0 {
		return fault.New("sql.order_missing", "the statement gives more than %d rows and nothing says how they are ordered", r.size).At("orderBy").Classed(fault.Config).
			Hinted("name the columns that tell rows apart, for example the primary key; rows are then read page by page")
	}
	page.NextToken = string(w.last)
	return nil
}

// sheet is a page that is being written.
type sheet struct {
	reading
	*session

	columns []values.Column
	places  []int
	out     []byte
	rows    int
	// last are the keys of the last row.
	last []byte
}

// add writes a row, or tells that it is one of the next page.
func (w *sheet) add(row []any) (full bool, err error) {
	this, err := w.keyOf(w.columns, w.places, row, w.session)
	if err != nil {
		return false, err
	}
	if len(w.keys) > 0 && bytes.Equal(this, w.last) {
		return false, fault.New("sql.key_repeated", "several rows have the same %s: pages could not go on between them", w.named()).At("orderBy").Classed(fault.Config).
			Hinted("add columns until no two rows are equal in all of them, for example the primary key")
	}
	if w.rows == w.size || len(w.out) > mostBytes {
		return true, nil
	}
	if w.last = this; w.rows > 0 {
		w.out = append(w.out, ',')
	}
	w.rows++
	w.out, err = appendRow(w.out, w.columns, row, w.session)
	return false, err
}

func (r reading) named() string {
	var list []string
	for _, k := range r.keys {
		list = append(list, k.Name)
	}
	return strings.Join(list, ", ")
}

// places gives where the keys stand among the columns, which have to have names of their own.
func (r reading) places(columns []values.Column) ([]int, error) {
	seen := map[string]bool{}
	for _, c := range columns {
		if seen[c.Name] {
			return nil, fault.New("sql.column_twice", "two columns of the result are named %s", c.Name).At("sql").Classed(fault.Config).
				Hinted("give one of them another name with AS")
		}
		seen[c.Name] = true
	}
	places := make([]int, len(r.keys))
	for i, k := range r.keys {
		if places[i] = slices.IndexFunc(columns, func(c values.Column) bool { return c.Name == k.Name }); places[i] < 0 {
			return nil, columnUnknown("orderBy", k.Name)
		}
	}
	return places, nil
}

// keyOf gives the keys of a row as a JSON list.
func (r reading) keyOf(columns []values.Column, places []int, row []any, s *session) ([]byte, error) {
	out := []byte{'['}
	for i, at := range places {
		c := columns[at]
		if row[at] == nil {
			return nil, fault.New("sql.key_null", "%s is empty in a row: rows without it can't be put in order", c.Name).At("orderBy").Classed(fault.Config).
				Hinted("order by columns that are never empty, or leave such rows out in the statement")
		}
		if c.Kind == values.Float || c.Kind == values.JSON {
			return nil, fault.New("sql.key_unfit", "%s is of a type that rows can't be put in order by", c.Name).At("orderBy").Classed(fault.Config)
		}
		if i > 0 {
			out = append(out, ',')
		}
		var err error
		if out, err = values.Append(out, c.Kind, row[at], s.db.Zone); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

func appendRow(out []byte, columns []values.Column, row []any, s *session) ([]byte, error) {
	out = append(out, '{')
	for i, c := range columns {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(item.AppendText(out, c.Name), ':')
		var err error
		if out, err = values.Append(out, c.Kind, row[i], s.db.Zone); err != nil {
			return out, fault.From(err).At(c.Name)
		}
	}
	return append(out, '}'), nil
}

// behind writes the condition that a row stands behind the token.
func (r reading) behind(q *values.Query) error {
	parts, err := item.Rows([]byte(r.token))
	if err != nil || len(parts) != len(r.keys) {
		return fault.New("sql.token_invalid", "the mark where the page begins is not one of this reading").Classed(fault.Config)
	}
	bound := make([]func(), len(parts))
	for i, k := range r.keys {
		v, f := comparand(q.Dialect, k, item.Of(parts[i]))
		if f != nil {
			return f
		}
		bound[i] = func() { q.Like(k.Kind, v) }
	}
	// The first condition says nothing that the second does not; by it an index is used.
	q.Text(" AND ")
	r.keys[0].expression(q)
	q.Text(" >= ")
	bound[0]()
	q.Text(" AND ")
	r.later(q, bound, 0)
	return nil
}

func (r reading) later(q *values.Query, bound []func(), at int) {
	q.Text("(")
	r.keys[at].expression(q)
	q.Text(" > ")
	bound[at]()
	if at+1 < len(r.keys) {
		q.Text(" OR (")
		r.keys[at].expression(q)
		q.Text(" = ")
		bound[at]()
		q.Text(" AND ")
		r.later(q, bound, at+1)
		q.Text(")")
	}
	q.Text(")")
}

// comparand gives the value of a key as the driver compares it with the column.
func comparand(d values.Dialect, k key, v item.Value) (any, *fault.Fault) {
	if d == values.MySQL && !k.proved && (k.Kind == values.Text || k.Kind == values.Other) {
		return []byte(v.Text()), nil
	}
	bound, err := d.Bind(k.Column, v, time.UTC) // what says its offset keeps its moment
	if err != nil {
		return nil, fault.From(err)
	}
	return bound, nil
}
