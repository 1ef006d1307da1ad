package main

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/karezflow/karez/plugins/tryton/internal/entities"
	sdkfield "github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// Discover implements connector.Discoverer by fields_get: the fields of a model, and of the
// records in its lists. The form of record.query, record.save and the shipments is the model.
func (s *session) Discover(ctx context.Context, operation, form string) (request, response []byte, err error) {
	params := append(item.AppendText([]byte(`{"model":`), form), '}')
	e, err := entities.Of(operation, item.Of(params))
	if err != nil {
		return nil, nil, err
	}
	s.forget() // whoever asks wants to know what there is now
	m, err := s.model(ctx, e.Model)
	if err != nil {
		return nil, nil, err
	}
	fields, err := s.discovered(ctx, m, entities.Writes(operation), 1)
	if err != nil {
		return nil, nil, err
	}
	list, err := json.Marshal(fields)
	if err != nil {
		return nil, nil, err
	}
	if entities.Writes(operation) {
		return list, []byte("[]"), nil
	}
	return []byte("[]"), list, nil
}

func (s *session) discovered(ctx context.Context, m model, write bool, depth int) ([]sdkfield.Field, error) {
	fields := []sdkfield.Field{}
	for _, name := range slices.Sorted(maps.Keys(m.fields)) {
		f := m.fields[name]
		if write && (kept(name) || f.lines() && depth == 0) {
			continue
		}
		known := declare(f, name, write)
		if f.lines() && depth > 0 {
			of, err := s.model(ctx, f.Relation)
			if err != nil {
				return nil, err
			}
			if known.Children, err = s.discovered(ctx, of, write, depth-1); err != nil {
				return nil, err
			}
		}
		fields = append(fields, known)
	}
	return fields, nil
}

// kept tells whether Tryton itself keeps a field.
func kept(name string) bool {
	return slices.Contains([]string{"id", "rec_name", "create_uid", "create_date", "write_uid", "write_date"}, name)
}

func declare(f field, name string, write bool) sdkfield.Field {
	known := sdkfield.Field{
		Name: name, Title: sdkfield.Text{ZH: cmp.Or(f.Title, name)}, Type: typeOf(f), Describe: sdkfield.Text{ZH: f.Help},
		Required: write && f.Required && !f.Readonly, BaseData: f.Relation,
	}
	if f.one() && write {
		known.Parser = &sdkfield.Parser{Name: "ConvertObjectParser", Params: []string{natural(f.Relation)}}
	}
	return known
}

func typeOf(f field) sdkfield.Type {
	switch f.Type {
	case "integer", "biginteger":
		return sdkfield.Int
	case "float", "numeric", "timedelta":
		return sdkfield.Decimal
	case "boolean":
		return sdkfield.Bool
	case "date":
		return sdkfield.Date
	case "datetime", "timestamp":
		return sdkfield.Datetime
	case "one2many", "many2many":
		return sdkfield.Array
	case "dict":
		return sdkfield.JSON
	default:
		return sdkfield.String
	}
}
