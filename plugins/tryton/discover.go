package main

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	sdkfield "github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// Discover implements connector.Discoverer by fields_get: the fields of a model, and of the
// records in its lists. The form of record.query, record.save and the shipments is the model.
func (s *session) Discover(ctx context.Context, operation, form string) (request, response []byte, err error) {
	params := append(item.AppendText([]byte(`{"model":`), form), '}')
	e, err := entityOf(operation, item.Of(params))
	if err != nil {
		return nil, nil, err
	}
	s.forget() // whoever asks wants to know what there is now
	m, err := s.model(ctx, e.model)
	if err != nil {
		return nil, nil, err
	}
	fields, err := s.discovered(ctx, m, writes(operation), 1)
	if err != nil {
		return nil, nil, err
	}
	list, err := json.Marshal(fields)
	if err != nil {
		return nil, nil, err
	}
	if writes(operation) {
		return list, []byte("[]"), nil
	}
	return []byte("[]"), list, nil
}

func (s *session) discovered(ctx context.Context, m model, write bool, depth int) ([]sdkfield.Field, error) {
	fields := []sdkfield.Field{}
	for _, name := range slices.Sorted(maps.Keys(m.fields)) {
		f := m.fields[name]
		if write && (slices.Contains([]string{"id", "rec_name", "create_uid", "create_date", "write_uid", "write_date"}, name) || f.lines() && depth == 0) {
			continue
		}
		known := sdkfield.Field{
			Name: name, Title: sdkfield.Text{ZH: f.Title}, Type: typeOf(f), Describe: sdkfield.Text{ZH: f.Help},
			Required: write && f.Required && !f.Readonly, BaseData: f.Relation,
		}
		if known.Title.ZH == "" {
			known.Title.ZH = name
		}
		if f.lines() && depth > 0 {
			of, err := s.model(ctx, f.Relation)
			if err != nil {
				return nil, err
			}
			if known.Children, err = s.discovered(ctx, of, write, depth-1); err != nil {
				return nil, err
			}
		}
		if f.one() && write {
			known.Parser = &sdkfield.Parser{Name: "ConvertObjectParser", Params: []string{natural(f.Relation)}}
		}
		fields = append(fields, known)
	}
	return fields, nil
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
