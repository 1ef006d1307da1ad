package main

import (
	"context"
	"strings"

	"github.com/karezflow/karez/plugins/tryton/internal/wire"
	"github.com/karezflow/karez/sdk/item"
)

// appendRecord appends a record in its plain form. A member "party." of a read, which holds
// fields of the record that party refers to, takes the place of party; yes and no, which are
// 0 and 1 where Tryton runs on SQLite, become true and false.
func (s *session) appendRecord(ctx context.Context, dst []byte, m model, record item.Value) ([]byte, error) {
	related := map[string]bool{}
	for name := range record.Fields() {
		if plain, ok := strings.CutSuffix(name, "."); ok {
			related[plain] = true
		}
	}
	dst = append(dst, '{')
	first := true
	for name, value := range record.Fields() {
		if related[name] {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		plain, nested := strings.CutSuffix(name, ".")
		dst = append(item.AppendText(dst, plain), ':')
		if f := m.fields[plain]; nested && f.Relation != "" {
			var err error
			if dst, err = s.appendRelated(ctx, dst, f.Relation, value); err != nil {
				return nil, err
			}
			continue
		}
		dst = appendField(dst, m.fields[plain], value)
	}
	return append(dst, '}'), nil
}

// appendRelated appends one record of another model, a list of them, or nothing.
func (s *session) appendRelated(ctx context.Context, dst []byte, relation string, value item.Value) ([]byte, error) {
	switch value.Kind() {
	case item.Object:
		m, err := s.model(ctx, relation)
		if err != nil {
			return nil, err
		}
		return s.appendRecord(ctx, dst, m, value)
	case item.Array:
		dst = append(dst, '[')
		first := true
		for one := range value.Elements() {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			var err error
			if dst, err = s.appendRelated(ctx, dst, relation, one); err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), nil
	default:
		return wire.AppendPlain(dst, value), nil
	}
}

func appendField(dst []byte, f field, value item.Value) []byte {
	if f.Type == "boolean" && value.Kind() == item.Number {
		if value.Text() == "0" {
			return append(dst, "false"...)
		}
		return append(dst, "true"...)
	}
	return wire.AppendPlain(dst, value)
}
