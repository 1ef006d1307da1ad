package main

import (
	"context"
	"slices"
	"strings"

	"github.com/karezflow/karez/plugins/sql/internal/database"
	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// writing is a write of rows to a table by a key that its database keeps unique.
type writing struct {
	*session
	table *database.Table
	keys  []string
	// insert, upsert or update.
	operation string
}

// Write implements connector.Writer: all rows in one transaction. A row that the database
// refuses is taken back alone. Nothing is applied before the commit; where its answer is
// lost, nobody knows.
func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	if !slices.Contains([]string{rowInsert, rowUpsert, rowUpdate}, batch.Operation) {
		return connector.Answers{}, unknown(batch.Operation)
	}
	rows, err := item.Rows(batch.Rows)
	if err == nil && len(batch.Keys) != len(rows) {
		err = fault.New("sql.keys_missing", "%d rows came with %d keys", len(rows), len(batch.Keys)).Classed(fault.Internal)
	}
	if err != nil {
		return connector.Answers{}, fault.From(err).Unapplied()
	}
	w, err := s.writing(ctx, batch.Operation, item.Of(batch.Params))
	if err != nil {
		return connector.Answers{}, fault.From(err).Unapplied()
	}
	answers, began := make([]connector.Answer, len(rows)), s.clock()
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		for n, raw := range rows {
			answer, err := w.row(ctx, tx, item.Of(raw), batch.Keys[n])
			if err != nil {
				return err
			}
			answers[n] = answer
		}
		return nil
	})
	s.trace(ctx, batch.Operation+" "+w.table.Name, began, batch.Rows, told(answers, err))
	if err != nil {
		return connector.Answers{}, err
	}
	return connector.Answers{Rows: answers}, nil
}

// writing looks the table up and that its key is one.
func (s *session) writing(ctx context.Context, operation string, params item.Value) (*writing, error) {
	t, err := s.db.Table(ctx, params.Field("table").Text())
	if err != nil {
		return nil, err
	}
	keys := names(params.Field("keyColumns"))
	if len(keys) == 0 {
		keys = t.Primary()
	}
	for _, name := range keys {
		if t.Column(name) == nil {
			return nil, columnUnknown("keyColumns", name)
		}
	}
	if len(keys) == 0 || !t.Unique(keys) {
		return nil, fault.New("sql.key_not_unique", "nothing in the database keeps the rows of %s apart by %s", t.Name, strings.Join(keys, ", ")).At("keyColumns").Classed(fault.Config).
			Hinted("name the columns of the primary key or of a unique key; without one a row whose answer was lost could be written twice")
	}
	return &writing{session: s, table: t, keys: keys, operation: operation}, nil
}

// cell is a column of a row with its value.
type cell struct {
	name  string
	value any
}

// rowSavepoint is where PostgreSQL goes back to when it refuses a row: it takes nothing
// more in a transaction otherwise.
const rowSavepoint = "karez_row"

// row writes a row. An error ends the transaction; what is about the row is an answer.
func (w *writing) row(ctx context.Context, tx *database.Tx, row item.Value, key string) (connector.Answer, error) {
	cells, text, f := w.cells(row)
	if f == nil && w.operation == rowInsert && key != text {
		f = fault.New("sql.key_differs", "the target key is %q and the row's key is %q: a row whose answer is lost could not be found", key, text).
			Hinted("let the target's key be %s", w.keyText())
	}
	if f != nil {
		return turnedDown(f), nil
	}
	back := w.db.Dialect == values.Postgres
	if back {
		if err := tx.Command(ctx, "SAVEPOINT "+rowSavepoint); err != nil {
			return connector.Answer{}, tx.Fault(err)
		}
	}
	id, err := w.apply(ctx, tx, cells)
	if err == nil {
		if back {
			err = tx.Command(ctx, "RELEASE SAVEPOINT "+rowSavepoint)
		}
		if err != nil {
			return connector.Answer{}, tx.Fault(err)
		}
		return connector.Answer{Outcome: connector.Done, ID: id, Number: text}, nil
	}
	answer, isOfRow := w.refusal(err)
	if !isOfRow {
		return connector.Answer{}, tx.Fault(err)
	}
	if back {
		if err := tx.Command(ctx, "ROLLBACK TO SAVEPOINT "+rowSavepoint); err != nil {
			return connector.Answer{}, tx.Fault(err)
		}
	}
	return answer, nil
}

// keyText is the value language text that a target's key has to be.
func (w *writing) keyText() string {
	parts := make([]string, len(w.keys))
	for i, name := range w.keys {
		parts[i] = "{{" + name + "}}"
	}
	return strings.Join(parts, "|")
}

// turnedDown makes an answer of this program's own refusal of a row.
func turnedDown(f *fault.Fault) connector.Answer {
	return connector.Answer{Outcome: connector.Rejected, Code: f.Code, Message: f.Message, Field: f.Path}
}

// refusal makes an answer of what the database says about a row.
func (w *writing) refusal(err error) (connector.Answer, bool) {
	if f := fault.From(err); f.Code == codeRowMissing {
		return turnedDown(f), true
	}
	r, ok := database.Refused(err)
	if !ok || !r.OfRow {
		return connector.Answer{}, false
	}
	blamed := r.Column
	if blamed == "" && r.Key != "" {
		blamed = strings.Join(w.table.KeyColumns(r.Key), ",")
	}
	return connector.Answer{Outcome: connector.Rejected, Code: r.Code, Message: r.Message, Field: blamed}, true
}

// cells binds the members of a row to columns, and gives its key as a text.
func (w *writing) cells(row item.Value) (cells []cell, text string, f *fault.Fault) {
	if row.Kind() != item.Object {
		return nil, "", fault.New("sql.row_invalid", "a row is an object of columns")
	}
	parts := make([]string, len(w.keys))
	for name, v := range row.Fields() {
		c := w.table.Column(name)
		switch {
		case c == nil:
			return nil, "", fault.New("sql.column_unknown", "the table %s has no column %s", w.table.Name, name).At(name)
		case slices.ContainsFunc(cells, func(other cell) bool { return other.name == name }):
			return nil, "", fault.New("sql.column_twice", "the row has %s twice", name).At(name)
		}
		bound, err := w.db.Dialect.Bind(c.Column, v, w.db.Zone)
		if err != nil {
			return nil, "", fault.From(err)
		}
		cells = append(cells, cell{name, bound})
		if at := slices.Index(w.keys, name); at >= 0 {
			parts[at] = v.Text()
		}
	}
	for _, name := range w.keys {
		at := slices.IndexFunc(cells, func(c cell) bool { return c.name == name })
		if at < 0 || cells[at].value == nil {
			return nil, "", fault.New("sql.row_key_missing", "the row has no %s, by which it is known", name).At(name)
		}
	}
	return cells, strings.Join(parts, "|"), nil
}

// codeRowMissing is what an update of a row says that is not there.
const codeRowMissing = "sql.row_missing"

// apply writes a row and gives the id that the database knows it by, "" where that is its key.
func (w *writing) apply(ctx context.Context, tx *database.Tx, cells []cell) (string, error) {
	switch {
	case w.operation == rowUpdate:
		found, err := w.update(ctx, tx, cells)
		if err == nil && !found {
			err = fault.New(codeRowMissing, "there is no row with this key").At(w.keys[0])
		}
		if err != nil {
			return "", err
		}
		return w.idOf(ctx, tx, cells)
	case w.operation == rowInsert:
		return w.insert(ctx, tx, cells, false)
	case w.db.Dialect == values.Postgres:
		return w.insert(ctx, tx, cells, true)
	}
	// The upsert of MySQL would change a row that equals this one in any unique key.
	found, err := w.update(ctx, tx, cells)
	if err != nil {
		return "", err
	}
	if found {
		return w.idOf(ctx, tx, cells)
	}
	id, err := w.insert(ctx, tx, cells, false)
	if r, ok := database.Refused(err); !ok || !r.Duplicate {
		return id, err
	}
	// Somebody wrote the row meanwhile, or it equals another one in another key.
	if found, again := w.update(ctx, tx, cells); again != nil || !found {
		if again != nil {
			return "", again
		}
		return "", err
	}
	return w.idOf(ctx, tx, cells)
}

// isKey reports whether a column is one of the key.
func (w *writing) isKey(c cell) bool { return slices.Contains(w.keys, c.name) }

// update changes the columns that a row gives and tells whether there is such a row.
func (w *writing) update(ctx context.Context, tx *database.Tx, cells []cell) (bool, error) {
	q := &values.Query{Dialect: w.db.Dialect}
	w.tableName(q.Text("UPDATE "), w.table)
	n := 0
	for _, c := range cells {
		if !w.isKey(c) {
			q.Text([]string{" SET ", ", "}[min(n, 1)]).Name(c.name).Text(" = ").Value(c.value)
			n++
		}
	}
	if n == 0 { // a row of nothing but its key is there or is not
		q.Text(" SET ").Name(w.keys[0]).Text(" = ").Name(w.keys[0])
	}
	w.where(q, cells)
	result, err := tx.Run(ctx, q)
	if err != nil {
		return false, err
	}
	changed, err := result.RowsAffected()
	return changed > 0, err
}

func (w *writing) where(q *values.Query, cells []cell) {
	n := 0
	for _, c := range cells {
		if w.isKey(c) {
			q.Text([]string{" WHERE ", " AND "}[min(n, 1)]).Name(c.name).Text(" = ").Like(w.table.Column(c.name).Kind, c.value)
			n++
		}
	}
}

// insert adds a row; over says that one with the key is changed instead.
func (w *writing) insert(ctx context.Context, tx *database.Tx, cells []cell, over bool) (string, error) {
	q := &values.Query{Dialect: w.db.Dialect}
	w.tableName(q.Text("INSERT INTO "), w.table).Text(" (")
	for i, c := range cells {
		q.Text([]string{"", ", "}[min(i, 1)]).Name(c.name)
	}
	q.Text(") VALUES (")
	for i, c := range cells {
		q.Text([]string{"", ", "}[min(i, 1)]).Value(c.value)
	}
	q.Text(")")
	if over {
		w.over(q, cells)
	}
	if w.db.Dialect != values.Postgres {
		result, err := tx.Run(ctx, q)
		if err != nil {
			return "", err
		}
		return w.numbered(ctx, tx, cells, result)
	}
	ids := w.table.Primary()
	if len(ids) == 0 {
		_, err := tx.Run(ctx, q)
		return "", err
	}
	for i, name := range ids {
		q.Text([]string{" RETURNING ", ", "}[min(i, 1)]).Name(name)
	}
	return w.textOf(ctx, tx, q)
}

func (w *writing) over(q *values.Query, cells []cell) {
	for i, name := range w.keys {
		q.Text([]string{" ON CONFLICT (", ", "}[min(i, 1)]).Name(name)
	}
	q.Text(") DO UPDATE")
	n := 0
	for _, c := range cells {
		if !w.isKey(c) {
			q.Text([]string{" SET ", ", "}[min(n, 1)]).Name(c.name).Text(" = EXCLUDED.").Name(c.name)
			n++
		}
	}
	if n == 0 {
		q.Text(" SET ").Name(w.keys[0]).Text(" = EXCLUDED.").Name(w.keys[0])
	}
}
