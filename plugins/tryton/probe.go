package main

import (
	"context"
	"slices"
	"strings"

	"github.com/karezflow/karez/plugins/tryton/internal/entities"
	"github.com/karezflow/karez/plugins/tryton/internal/wire"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Probe implements connector.Prober: the records with the keys. Nothing in Tryton keeps the
// references of sales apart, so that several may be found; the oldest is taken.
func (s *session) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	e, err := entities.Of(req.Operation, item.Of(req.Params))
	if err == nil && !entities.Writes(req.Operation) {
		err = entities.Unknown(req.Operation)
	}
	if err != nil {
		return nil, err
	}
	m, err := s.model(ctx, e.Model)
	if err != nil {
		return nil, err
	}
	records, err := s.byKey(ctx, e, m, req.Keys, req.Compare)
	if err != nil {
		return nil, err
	}
	found := make([]connector.Found, len(req.Keys))
	for i, key := range req.Keys {
		if of := records[key]; len(of) > 0 {
			found[i] = connector.Found{Exists: true, ID: of[0].Field("id").Text(), Number: key}
			if found[i].Object, err = s.appendRecord(ctx, nil, m, of[0]); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// byKey finds records by their key, the oldest first, with the fields that are compared.
func (s *session) byKey(ctx context.Context, e entities.Entity, m model, keys, compare []string) (map[string][]item.Value, error) {
	f, ok := m.fields[e.Key]
	if !ok {
		return nil, fault.New("tryton.key_unknown", "%s has no field %q by which records could be found", m.name, e.Key).At("keyField").Classed(fault.Config)
	}
	fields := []string{e.Key}
	for _, path := range compare {
		if name, _, _ := strings.Cut(path, "."); m.fields[name].Name != "" && !slices.Contains(fields, path) {
			fields = append(fields, path)
		}
	}
	list := []byte(`[[`)
	list = append(item.AppendText(list, e.Key), `,"in",[`...)
	for i, key := range keys {
		if i > 0 {
			list = append(list, ',')
		}
		var err error
		if list, err = wire.AppendTyped(list, f.Type, item.Of(item.AppendText(nil, key))); err != nil {
			return nil, fault.From(err).At(e.Key)
		}
	}
	got, err := s.search(ctx, e.Model, append(list, `]]]`...), 0, fields)
	if err != nil {
		return nil, err
	}
	found := map[string][]item.Value{}
	for row := range got.result.Elements() {
		key := row.Field(e.Key).Text()
		found[key] = append(found[key], row)
	}
	return found, nil
}
