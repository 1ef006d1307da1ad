package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/tryton/internal/entities"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

const secondUnit = time.Second

// field is what fields_get tells of a field.
type field struct {
	Name     string          `json:"name"`
	Type     string          `json:"type"`
	Title    string          `json:"string"`
	Help     string          `json:"help"`
	Relation string          `json:"relation"`
	Required bool            `json:"required"`
	Readonly bool            `json:"readonly"`
	Choices  json.RawMessage `json:"selection"`
}

// lines tells whether the field holds records of its own.
func (f field) lines() bool { return f.Type == "one2many" }

// linked tells whether the field holds records of others.
func (f field) linked() bool { return f.Type == "many2many" }

// one tells whether the field refers to one record.
func (f field) one() bool { return f.Type == "many2one" || f.Type == "one2one" }

// model is what is known of a model.
type model struct {
	name   string
	fields map[string]field
}

// simple names the fields that hold one value, in order.
func (m model) simple() (names []string) {
	for name, f := range m.fields {
		if !f.lines() && !f.linked() && f.Type != "binary" && !slices.Contains([]string{"create_uid", "write_uid", "create_date", "write_date"}, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// numberOf is the field that people search for.
func (m model) numberOf(e entities.Entity) string {
	for _, name := range []string{e.Number, "number", "code"} {
		if _, ok := m.fields[name]; ok {
			return name
		}
	}
	return "id"
}

// model tells the fields of a model, asked for once in a session.
func (s *session) model(ctx context.Context, name string) (model, error) {
	s.mu.Lock()
	known, ok := s.models[name]
	s.mu.Unlock()
	if ok {
		return known, nil
	}
	got, err := s.call(ctx, call{method: "model." + name + ".fields_get", params: [][]byte{[]byte("null")}})
	if f := fault.From(err); f != nil {
		if f.Code == "vendor.exception" && strings.Contains(f.Message, name) {
			return model{}, fault.New("tryton.model_unknown", "Tryton has no model %q", name).At("model").Classed(fault.Config).Unapplied().
				Hinted("the module it belongs to may not be activated")
		}
		return model{}, f.Unapplied()
	}
	m := model{name: name}
	if json.Unmarshal(got.result.Raw(), &m.fields) != nil || len(m.fields) == 0 {
		return model{}, unreadable("Tryton does not tell the fields of %s", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.models[name] = m
	return m, nil
}

// forget has the fields of a model asked for again.
func (s *session) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.models)
}

// fieldAt gives the field at a path such as "party.code".
func (s *session) fieldAt(ctx context.Context, m model, path string) (field, error) {
	name, rest, nested := strings.Cut(path, ".")
	f, ok := m.fields[name]
	if !ok || nested && f.Relation == "" {
		return field{}, fieldUnknown(m, name).At(path)
	}
	if !nested {
		return f, nil
	}
	next, err := s.model(ctx, f.Relation)
	if err != nil {
		return field{}, err
	}
	return s.fieldAt(ctx, next, rest)
}

func fieldUnknown(m model, name string) *fault.Fault {
	return fault.New("tryton.field_unknown", "%s has no field %s", m.name, name).Classed(fault.Config).Unapplied()
}

// natural is the field by which people name a record of a model.
func natural(model string) string {
	switch model {
	case "party.party", "product.template", "product.product", "currency.currency", "account.account", "country.country", "stock.location", "ir.lang":
		return "code"
	case "product.uom":
		return "symbol"
	default:
		return "rec_name"
	}
}

// idOf reads an id, which is a whole number.
func idOf(v item.Value) (string, bool) {
	text := v.Text()
	return text, v.Kind() == item.Number && text != "" && strings.Trim(text, "0123456789") == ""
}
