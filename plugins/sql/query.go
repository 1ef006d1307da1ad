package main

import (
	"context"

	"github.com/karezflow/karez/plugins/sql/internal/database"
	"github.com/karezflow/karez/plugins/sql/internal/statement"
	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// statement reads a page of what a person's SELECT gives. The statement stands as a table
// inside the connector's own, which orders and cuts what it gives.
func (s *session) statement(ctx context.Context, req connector.QueryRequest, params item.Value) (connector.Page, error) {
	parsed, err := statement.Parse(params.Field("sql").Text(), s.db.Dialect)
	if err != nil {
		return connector.Page{}, err
	}
	if req.Operation == queryChanges && (!parsed.Uses("from") || !parsed.Uses("to")) {
		return connector.Page{}, fault.New("sql.window_unused", "the statement does not select by :from and :to").At("sql").Classed(fault.Config).
			Hinted("compare the time of change with both, as in updated_at >= :from AND updated_at <= :to, or read everything with %s", queryAll)
	}
	from := func(condition string) func(q *values.Query) error {
		return func(q *values.Query) error {
			q.Text("SELECT * FROM (\n")
			err := parsed.Append(q, func(name string) ([]any, error) { return s.value(params, name) })
			q.Text("\n) AS karez_rows WHERE " + condition)
			return err
		}
	}
	r := reading{from: from("1 = 1"), size: size(req), token: req.Page.Token}
	order := names(params.Field("orderBy"))
	var page connector.Page
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		if len(order) > 0 {
			columns, err := s.columnsOf(ctx, tx, from("1 = 0"))
			if err != nil {
				return err
			}
			for _, name := range order {
				c, ok := column(columns, name)
				if !ok {
					return columnUnknown("orderBy", name)
				}
				r.keys = append(r.keys, key{Column: c})
			}
		}
		var err error
		page, err = s.page(ctx, tx, r)
		return err
	})
	return page, err
}

// columnsOf asks for the columns of a result that has no rows.
func (s *session) columnsOf(ctx context.Context, tx *database.Tx, from func(q *values.Query) error) ([]values.Column, error) {
	q := &values.Query{Dialect: s.db.Dialect}
	if err := from(q); err != nil {
		return nil, err
	}
	rows, err := tx.Ask(ctx, q)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	_, err = rows.Next()
	return rows.Columns, err
}

func column(columns []values.Column, name string) (values.Column, bool) {
	for _, c := range columns {
		if c.Name == name {
			return c, true
		}
	}
	return values.Column{}, false
}

// value gives what a name in a statement stands for.
func (s *session) value(params item.Value, name string) ([]any, error) {
	v := params.Field(name)
	if v.Kind() == item.None {
		return nil, fault.New("sql.value_missing", "the statement names :%s, and no parameter gives it", name).At(name).Arg("field", name).Classed(fault.Config).
			Hinted("add a row named %s to the request parameters; where it may be empty, let the row keep empty values", name)
	}
	return s.db.Dialect.Free(name, v)
}

func size(req connector.QueryRequest) int {
	if req.Page.Size <= 0 {
		return defaultSize
	}
	return min(req.Page.Size, mostRows)
}
