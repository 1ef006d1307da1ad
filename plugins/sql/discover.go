package main

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/karezflow/karez/plugins/sql/internal/database"
	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// Discover implements connector.Discoverer: the form of an operation is a table, "name" or
// "schema.name". What is asked for of a row that is written are its columns; of a reading
// they are what is answered.
func (s *session) Discover(ctx context.Context, operation, form string) (request, response []byte, err error) {
	reads := slices.Contains([]string{tableChanges, tableRows}, operation)
	if writes := slices.Contains([]string{rowInsert, rowUpsert, rowUpdate}, operation); !reads && !writes {
		return nil, nil, unknown(operation)
	}
	s.db.Forget() // whoever asks wants to know what there is now
	t, err := s.db.Table(ctx, form)
	if err != nil {
		return nil, nil, err
	}
	fields := make([]field.Field, len(t.Columns))
	for i, c := range t.Columns {
		title := c.Comment
		if title == "" {
			title = c.Name
		}
		fields[i] = field.Field{
			Name: c.Name, Title: field.Text{ZH: title}, Type: typeOf(c.Kind), Describe: field.Text{ZH: c.Type},
			Required: !reads && !c.Nullable && !c.Filled,
		}
	}
	list, err := json.Marshal(fields)
	if err != nil {
		return nil, nil, err
	}
	if reads {
		return []byte("[]"), list, nil
	}
	return list, []byte("[]"), nil
}

func typeOf(kind values.Kind) field.Type {
	switch kind {
	case values.Integer:
		return field.Int
	case values.Decimal, values.Float:
		return field.Decimal
	case values.Bool:
		return field.Bool
	case values.Date:
		return field.Date
	case values.Naive, values.Instant:
		return field.Datetime
	case values.JSON:
		return field.JSON
	default:
		return field.String
	}
}

// listTables gives the tables and views of the usual schemas.
func (s *session) listTables(ctx context.Context) (connector.Page, error) {
	page := connector.Page{Total: -1}
	err := s.db.Read(ctx, func(tx *database.Tx) error {
		found, err := tx.Tables(ctx)
		if err != nil {
			return err
		}
		out := []byte{'['}
		for i, t := range found {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(item.AppendText(append(out, `{"table":`...), t.Schema+"."+t.Name), `,"schema":`...)
			out = append(item.AppendText(out, t.Schema), `,"name":`...)
			out = append(item.AppendText(out, t.Name), `,"view":`...)
			out = append(strconv.AppendBool(out, t.View), `,"comment":`...)
			out = append(item.AppendText(out, t.Comment), '}')
		}
		page.Rows = append(out, ']')
		page.SourceTime, err = tx.Now(ctx)
		return err
	})
	return page, err
}

// listColumns gives the columns of a table, and which keys they are in.
func (s *session) listColumns(ctx context.Context, params item.Value) (connector.Page, error) {
	t, err := s.db.Table(ctx, params.Field("table").Text())
	if err != nil {
		return connector.Page{}, err
	}
	type row struct {
		Table     string     `json:"table"`
		Column    string     `json:"column"`
		Type      string     `json:"type"`
		FieldType field.Type `json:"fieldType"`
		Nullable  bool       `json:"nullable"`
		Filled    bool       `json:"filled"`
		Primary   bool       `json:"primary"`
		Unique    []string   `json:"unique"`
		Comment   string     `json:"comment"`
	}
	rows := make([]row, len(t.Columns))
	for i, c := range t.Columns {
		rows[i] = row{
			Table: t.Schema + "." + t.Name, Column: c.Name, Type: c.Type, FieldType: typeOf(c.Kind), Nullable: c.Nullable, Filled: c.Filled,
			Primary: slices.Contains(t.Primary(), c.Name), Unique: []string{}, Comment: c.Comment,
		}
		for _, k := range t.Keys {
			if slices.Contains(k.Columns, c.Name) {
				rows[i].Unique = append(rows[i].Unique, k.Name)
			}
		}
	}
	raw, err := json.Marshal(rows)
	return connector.Page{Rows: raw, Total: -1}, err
}
