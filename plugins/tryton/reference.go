package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// reference names a record of another model by what is in it: {"code":"C001"}, or of several
// members together {"party.code":"C001","city":"…"}.
type reference struct {
	model  string
	fields []string
	values []string
}

// key is equal for equal references.
func (r reference) key() string {
	return r.model + "\x00" + strings.Join(r.fields, "\x00") + "\x00\x00" + strings.Join(r.values, "\x00")
}

func (r reference) String() string {
	parts := make([]string, len(r.fields))
	for i, name := range r.fields {
		parts[i] = name + " " + r.values[i]
	}
	return strings.Join(parts, ", ")
}

// refer reads a reference of a row: a text is what people name a record of the model by.
func refer(model string, v item.Value) reference {
	r := reference{model: model}
	if v.Kind() != item.Object {
		return reference{model: model, fields: []string{natural(model)}, values: []string{v.Text()}}
	}
	for name, value := range v.Fields() {
		r.fields, r.values = append(r.fields, name), append(r.values, value.Text())
	}
	return r
}

// blank tells whether a reference refers to nothing.
func (r reference) blank() bool {
	return len(r.fields) == 0 || !slices.ContainsFunc(r.values, func(text string) bool { return text != "" })
}

// references are those of the rows of a call, with the ids that they have at Tryton.
type references struct {
	wanted []reference
	ids    map[string][]string
}

// id gives the id of a reference, once it was looked up; before it is noted down.
func (r *references) id(ref reference, path string) (string, error) {
	found, known := r.ids[ref.key()]
	if r.ids == nil {
		r.wanted = append(r.wanted, ref)
		return "0", nil
	}
	switch {
	case !known || len(found) == 0:
		return "", fault.New("tryton.reference_missing", "Tryton has no %s with %s", ref.model, ref).At(path).Classed(fault.BusinessWait).Unapplied().
			Hinted("it is tried again once the record is there")
	case len(found) > 1:
		return "", fault.New("tryton.reference_ambiguous", "Tryton has several %s with %s", ref.model, ref).At(path).Classed(fault.Data).Unapplied().
			Hinted("say more of the record that is meant, or map its id")
	}
	return found[0], nil
}

// resolve looks all references up: those by the same one field of a model in one call.
func (s *session) resolve(ctx context.Context, r *references) error {
	r.ids = map[string][]string{}
	groups := map[string][]reference{}
	var order []string
	for _, ref := range r.wanted {
		if _, seen := r.ids[ref.key()]; seen {
			continue
		}
		r.ids[ref.key()] = nil
		group := ref.model + "\x00" + ref.fields[0]
		if len(ref.fields) > 1 || ref.fields[0] == "rec_name" {
			group = ref.key()
		}
		if groups[group] == nil {
			order = append(order, group)
		}
		groups[group] = append(groups[group], ref)
	}
	for _, group := range order {
		if err := s.lookUp(ctx, r, groups[group]); err != nil {
			return fault.From(err).Unapplied()
		}
	}
	return nil
}

// lookUp finds the records of references of one model by the same fields.
func (s *session) lookUp(ctx context.Context, r *references, refs []reference) error {
	model, fields := refs[0].model, refs[0].fields
	m, err := s.model(ctx, model)
	if err != nil {
		return err
	}
	for _, name := range fields {
		if _, err := s.fieldAt(ctx, m, name); err != nil {
			return err
		}
	}
	domain := []any{}
	if len(refs) == 1 {
		for i, name := range fields {
			domain = append(domain, []any{name, "=", refs[0].values[i]})
		}
	} else {
		values := make([]string, len(refs))
		for i := range refs {
			values[i] = refs[i].values[0]
		}
		domain = append(domain, []any{fields[0], "in", values})
	}
	raw, err := json.Marshal(domain)
	if err != nil {
		return err
	}
	names, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	got, err := s.call(ctx, call{method: "model." + model + ".search_read", params: [][]byte{raw, []byte("0"), []byte("null"), []byte(`[["id","ASC"]]`), names}})
	if err != nil {
		return err
	}
	for row := range got.result.Elements() {
		id := row.Field("id").Text()
		if len(refs) == 1 {
			key := refs[0].key()
			r.ids[key] = append(r.ids[key], id)
			continue
		}
		key := reference{model: model, fields: fields, values: []string{deep(row, fields[0]).Text()}}.key()
		r.ids[key] = append(r.ids[key], id)
	}
	return nil
}

// deep finds the field at a dotted path as a read answers it: "party." holds the party's.
func deep(row item.Value, path string) item.Value {
	name, rest, nested := strings.Cut(path, ".")
	if !nested {
		return row.Field(name)
	}
	return deep(row.Field(name+"."), rest)
}
