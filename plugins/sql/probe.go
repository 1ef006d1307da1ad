package main

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/plugins/sql/internal/database"
	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// numbered gives the id of a row that was inserted into MySQL: the number that the database
// gave it, or its primary key.
func (w *writing) numbered(ctx context.Context, tx *database.Tx, cells []cell, result sql.Result) (string, error) {
	ids := w.table.Primary()
	if len(ids) == 1 {
		given := slices.ContainsFunc(cells, func(c cell) bool { return c.name == ids[0] && c.value != nil })
		if c := w.table.Column(ids[0]); c != nil && c.Counted && !given {
			n, err := result.LastInsertId()
			return strconv.FormatInt(n, 10), err
		}
	}
	return w.idOf(ctx, tx, cells)
}

// idOf gives the primary key of the row with the key, "" where that is the key or there is none.
func (w *writing) idOf(ctx context.Context, tx *database.Tx, cells []cell) (string, error) {
	ids := w.table.Primary()
	if len(ids) == 0 || slices.Equal(ids, w.keys) {
		return "", nil
	}
	q := &values.Query{Dialect: w.db.Dialect}
	for i, name := range ids {
		q.Text([]string{"SELECT ", ", "}[min(i, 1)]).Name(name)
	}
	w.tableName(q.Text(" FROM "), w.table)
	w.where(q, cells)
	return w.textOf(ctx, tx, q)
}

// textOf gives the columns of a row as one text.
func (w *writing) textOf(ctx context.Context, tx *database.Tx, q *values.Query) (string, error) {
	rows, err := tx.Ask(ctx, q)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	row, err := rows.Next()
	if err != nil {
		return "", err
	}
	return w.joined(rows.Columns, row)
}

func (w *writing) joined(columns []values.Column, row []any) (string, error) {
	var parts []string
	for i := range row {
		raw, err := values.Append(nil, columns[i].Kind, row[i], w.db.Zone)
		if err != nil {
			return "", err
		}
		parts = append(parts, item.Of(raw).Text())
	}
	return strings.Join(parts, "|"), nil
}

// Probe implements connector.Prober: the rows with the keys, each asked for by itself, so
// that the database says what equals a key.
func (s *session) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	if !slices.Contains([]string{rowInsert, rowUpsert, rowUpdate}, req.Operation) {
		return nil, unknown(req.Operation)
	}
	w, err := s.writing(ctx, req.Operation, item.Of(req.Params))
	if err != nil {
		return nil, err
	}
	found := make([]connector.Found, len(req.Keys))
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		for n, key := range req.Keys {
			var err error
			if found[n], err = w.find(ctx, tx, key); err != nil {
				return err
			}
		}
		return nil
	})
	return found, err
}

// find asks for the row with a key.
func (w *writing) find(ctx context.Context, tx *database.Tx, key string) (connector.Found, error) {
	parts := []string{key}
	if len(w.keys) > 1 {
		parts = strings.Split(key, "|")
	}
	if len(parts) != len(w.keys) {
		return connector.Found{}, fault.New("sql.key_unreadable", "the key %q is not one of %s", key, w.keyText()).Classed(fault.Data).
			Hinted("let the target's key be %s", w.keyText())
	}
	cells := make([]cell, len(parts))
	for i, part := range parts {
		bound, err := w.db.Dialect.Bind(w.table.Column(w.keys[i]).Column, item.Of(item.AppendText(nil, part)), w.db.Zone)
		if err != nil {
			return connector.Found{}, err
		}
		cells[i] = cell{w.keys[i], bound}
	}
	q := &values.Query{Dialect: w.db.Dialect}
	for i, c := range w.table.Columns {
		q.Text([]string{"SELECT ", ", "}[min(i, 1)]).Name(c.Name)
	}
	w.tableName(q.Text(" FROM "), w.table)
	w.where(q, cells)
	rows, err := tx.Ask(ctx, q)
	if err != nil {
		return connector.Found{}, err
	}
	defer rows.Close()
	row, err := rows.Next()
	if err != nil || row == nil {
		return connector.Found{}, err
	}
	found := connector.Found{Exists: true, Number: key}
	if found.Object, err = appendRow(nil, rows.Columns, row, w.session); err != nil {
		return connector.Found{}, err
	}
	object := item.Of(found.Object)
	if ids := w.table.Primary(); len(ids) > 0 && !slices.Equal(ids, w.keys) {
		var texts []string
		for _, name := range ids {
			texts = append(texts, object.Field(name).Text())
		}
		found.ID = strings.Join(texts, "|")
	}
	return found, nil
}
