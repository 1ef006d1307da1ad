package main

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/karezflow/karez/plugins/tryton/internal/entities"
	"github.com/karezflow/karez/plugins/tryton/internal/lists"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Write implements connector.Writer: all rows of a call in one transaction at Tryton, which
// takes all of them or none. What rows refer to is looked up before.
func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	rows, err := item.Rows(batch.Rows)
	if err != nil {
		return connector.Answers{}, fault.From(err).Unapplied()
	}
	if a, ok := entities.ActionOf(batch.Operation); ok {
		return s.press(ctx, a, item.Of(batch.Params), rows)
	}
	e, err := entities.Of(batch.Operation, item.Of(batch.Params))
	if err == nil && !entities.Writes(batch.Operation) {
		err = entities.Unknown(batch.Operation)
	}
	if err != nil {
		return connector.Answers{}, fault.From(err).Unapplied()
	}
	m, err := s.model(ctx, e.Model)
	if err != nil {
		return connector.Answers{}, fault.From(err).Unapplied()
	}
	if len(rows) == 0 {
		return connector.Answers{}, nil
	}
	w := &writing{session: s, entity: e, model: m, rows: make([]item.Value, len(rows)), keys: batch.Keys}
	for i, raw := range rows {
		w.rows[i] = item.Of(raw)
	}
	if batch.Mode == connector.Update {
		return w.update(ctx)
	}
	return w.create(ctx)
}

// writing is one call's.
type writing struct {
	*session
	entity entities.Entity
	model  model
	rows   []item.Value
	keys   []string
}

func (w *writing) create(ctx context.Context) (connector.Answers, error) {
	values, err := w.encode(ctx, make([]lists.There, len(w.rows)))
	if err != nil {
		return connector.Answers{}, fault.From(err).Unapplied()
	}
	if values, err = w.filled(ctx, values); err != nil {
		return connector.Answers{}, fault.From(err).Unapplied()
	}
	list := append(append([]byte{'['}, bytes.Join(values, []byte(","))...), ']')
	got, err := w.call(ctx, call{method: "model." + w.entity.Model + ".create", params: [][]byte{list}})
	if err != nil {
		return connector.Answers{}, err
	}
	var ids []string
	for id := range got.result.Elements() {
		ids = append(ids, id.Text())
	}
	if len(ids) != len(w.rows) {
		return connector.Answers{}, unreadable("Tryton answered %d ids for %d records", len(ids), len(w.rows))
	}
	return w.answers(ids, got.result.Raw()), nil
}

// encode makes the values of the rows, with the references in them looked up.
func (w *writing) encode(ctx context.Context, old []lists.There) ([][]byte, error) {
	e := &encoder{session: w.session, refs: &references{}}
	values := make([][]byte, len(w.rows))
	for range 2 { // the first time to see what is referred to
		for i, row := range w.rows {
			path := ""
			if len(w.rows) > 1 {
				path = "rows." + strconv.Itoa(i)
			}
			var err error
			if values[i], err = e.values(ctx, w.model, row, path, old[i]); err != nil {
				return nil, err
			}
		}
		if len(e.refs.wanted) == 0 || e.refs.ids != nil {
			break
		}
		if err := w.resolve(ctx, e.refs); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (w *writing) update(ctx context.Context) (connector.Answers, error) {
	ids, err := w.ids(ctx)
	if err == nil {
		err = distinct(ids)
	}
	if err != nil {
		return connector.Answers{}, fault.From(err).Unapplied()
	}
	old, err := w.lists(ctx, ids)
	if err != nil {
		return connector.Answers{}, fault.From(err).Unapplied()
	}
	values, err := w.encode(ctx, old)
	if err != nil {
		return connector.Answers{}, fault.From(err).Unapplied()
	}
	var params [][]byte
	for i, id := range ids {
		params = append(params, []byte("["+id+"]"), values[i])
	}
	got, err := w.call(ctx, call{method: "model." + w.entity.Model + ".write", params: params})
	if err != nil {
		return connector.Answers{}, err
	}
	return w.answers(ids, got.result.Raw()), nil
}

// ids tells which records are updated: by the id that a row brings, or by its key.
func (w *writing) ids(ctx context.Context) ([]string, error) {
	ids := make([]string, len(w.rows))
	var missing []string
	for i, row := range w.rows {
		text := row.Field("id").Text()
		if _, err := strconv.ParseInt(text, 10, 64); err == nil {
			ids[i] = text
			continue
		}
		missing = append(missing, w.key(i))
	}
	if len(missing) == 0 {
		return ids, nil
	}
	found, err := w.byKey(ctx, w.entity, w.model, missing, nil)
	if err != nil {
		return nil, err
	}
	for i := range ids {
		if ids[i] != "" {
			continue
		}
		all := found[w.key(i)]
		if len(all) != 1 {
			return nil, fault.New("tryton.record_unclear", "there are %d records with %s %s, and one is to be changed", len(all), w.entity.Key, w.key(i)).
				At(w.entity.Key).Classed(fault.Data)
		}
		ids[i] = all[0].Field("id").Text()
	}
	return ids, nil
}

func distinct(ids []string) error {
	sorted := slices.Sorted(slices.Values(ids))
	if len(slices.Compact(sorted)) != len(ids) {
		return fault.New("tryton.record_twice", "two rows of a call change the same record").Classed(fault.Data)
	}
	return nil
}

// key is the one by which a row's record is found.
func (w *writing) key(i int) string {
	if text := w.rows[i].Field(w.entity.Key).Text(); text != "" || i >= len(w.keys) {
		return text
	}
	return w.keys[i]
}

// present refuses records that are not there; those out of use are.
func (w *writing) present(ctx context.Context, ids []string) error {
	domain := append(append([]byte(`[["id","in",[`), lists.Joined(ids)...), `]]]`...)
	found, err := w.search(ctx, w.entity.Model, domain, 0, []string{"id"})
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for row := range found.result.Elements() {
		known[row.Field("id").Text()] = true
	}
	for _, id := range ids {
		if !known[id] {
			return recordMissing(w.entity.Model, id)
		}
	}
	return nil
}

// named adds the names of the lists that a row gives, and of those in their lines.
func (w *writing) named(ctx context.Context, names []string, m model, row item.Value, path string) ([]string, error) {
	for name, value := range row.Fields() {
		f := m.fields[name]
		if !f.lines() && !f.linked() {
			continue
		}
		if !slices.Contains(names, path+name) {
			names = append(names, path+name)
		}
		if !f.lines() {
			continue
		}
		next, err := w.session.model(ctx, f.Relation)
		if err != nil {
			return nil, err
		}
		for line := range value.Elements() {
			if names, err = w.named(ctx, names, next, line, path+name+"."); err != nil {
				return nil, err
			}
		}
	}
	return names, nil
}

// lists reads what the records have in the lists that the rows give.
func (w *writing) lists(ctx context.Context, ids []string) ([]lists.There, error) {
	var names []string
	for _, row := range w.rows {
		var err error
		if names, err = w.named(ctx, names, w.model, row, ""); err != nil {
			return nil, err
		}
	}
	if err := w.present(ctx, ids); err != nil {
		return nil, err
	}
	old := make([]lists.There, len(ids))
	if len(names) == 0 {
		return old, nil
	}
	list, err := json.Marshal(names)
	if err != nil {
		return nil, err
	}
	// A read gives the active ones in a list only: what people put out of use stays as it is.
	got, err := w.call(ctx, call{method: "model." + w.entity.Model + ".read", params: [][]byte{append(append([]byte{'['}, lists.Joined(ids)...), ']'), list}})
	if err != nil {
		return nil, err
	}
	for row := range got.result.Elements() {
		if at := slices.Index(ids, row.Field("id").Text()); at >= 0 {
			old[at] = lists.In(row, names)
		}
	}
	return old, nil
}

func (w *writing) answers(ids []string, raw []byte) connector.Answers {
	answers := connector.Answers{Rows: make([]connector.Answer, len(ids)), Raw: raw}
	for i, id := range ids {
		answers.Rows[i] = connector.Answer{Outcome: connector.Done, ID: id, Number: w.key(i), Raw: []byte(`{"id":` + id + `}`)}
	}
	return answers
}

// filled adds to new records what Tryton's form fills in when people choose the party of a
// sale: its addresses, its payment term. What a row gives itself stays.
func (w *writing) filled(ctx context.Context, values [][]byte) ([][]byte, error) {
	switch {
	case w.entity.Model == "product.template":
		return withVariant(values)
	case len(w.entity.Fill) == 0:
		return values, nil
	}
	grant, err := w.tokens.Get(ctx, "")
	if err != nil {
		return nil, err
	}
	known := map[string][]item.Value{}
	for i, raw := range values {
		chosen, names := w.chosen(item.Of(raw), grant.With["company"])
		if len(names) == 0 {
			continue
		}
		forms, ok := known[string(chosen)]
		if !ok {
			if forms, err = w.form(ctx, chosen, names); err != nil {
				return nil, err
			}
			known[string(chosen)] = forms
		}
		for _, form := range forms {
			values[i] = w.adopt(values[i], form)
		}
	}
	return values, nil
}

// adopt adds the references of a form that a record lacks.
func (w *writing) adopt(record []byte, form item.Value) []byte {
	for name, value := range form.Fields() {
		if f := w.model.fields[name]; !f.one() || value.Blank() || item.Of(record).Field(name).Kind() != item.None {
			continue
		}
		record = append(append(append(item.AppendText(append(record[:len(record)-1], ','), name), ':'), value.Raw()...), '}')
	}
	return record
}

// chosen is what of a record others are filled in from, and the names of it.
func (w *writing) chosen(record item.Value, company string) (values, names []byte) {
	if given := record.Field("company"); !given.Blank() {
		company = given.Text()
	}
	if company != "" {
		values = append([]byte(`,"company":`), company...)
	}
	for _, name := range w.entity.Fill {
		value := record.Field(name)
		if value.Blank() {
			continue
		}
		names = item.AppendText(append(names, ','), name)
		values = append(append(item.AppendText(append(values, ','), name), ':'), value.Raw()...)
	}
	if len(names) == 0 {
		return nil, nil
	}
	values[0], names[0] = '{', '['
	return append(values, '}'), append(names, ']')
}

// form asks what Tryton's form has filled in after a choice.
func (w *writing) form(ctx context.Context, chosen, names []byte) ([]item.Value, error) {
	got, err := w.call(ctx, call{method: "model." + w.entity.Model + ".on_change", params: [][]byte{chosen, names}})
	if err != nil {
		return nil, err
	}
	var forms []item.Value
	for form := range got.result.Elements() {
		forms = append(forms, form)
	}
	if len(w.entity.With) == 0 {
		return forms, nil
	}
	told := []byte{'['}
	for i, name := range w.entity.With {
		if i > 0 {
			told = append(told, ',')
		}
		told = item.AppendText(told, name)
	}
	got, err = w.call(ctx, call{method: "model." + w.entity.Model + ".on_change_with", params: [][]byte{chosen, append(told, ']')}})
	return append(forms, got.result), err
}

// withVariant gives products without variants one: nothing is sold or stored without it.
func withVariant(values [][]byte) (_ [][]byte, err error) {
	for i, raw := range values {
		if item.Of(raw).Field("products").Kind() == item.None {
			if values[i], err = item.Put(raw, "products", []byte(`[["create",[{}]]]`)); err != nil {
				return nil, err
			}
		}
	}
	return values, nil
}
