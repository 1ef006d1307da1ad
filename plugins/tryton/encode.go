package main

import (
	"bytes"
	"context"
	"strconv"

	"github.com/karezflow/karez/plugins/tryton/internal/lists"
	"github.com/karezflow/karez/plugins/tryton/internal/wire"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// encoder makes the values that Tryton takes of mapped rows.
type encoder struct {
	*session

	refs *references
}

// values encodes a row of a model. Lines of an update take the places of those that are
// there: the first is written over the first, those that are too many are deleted, so that the
// same update again changes nothing.
func (e *encoder) values(ctx context.Context, m model, row item.Value, path string, old lists.There) ([]byte, error) {
	if row.Kind() != item.Object {
		return nil, fault.New("tryton.row_invalid", "a record is an object of fields").At(path).Classed(fault.Config).Unapplied()
	}
	out := []byte{'{'}
	for name, v := range row.Fields() {
		if name == "id" {
			continue
		}
		at := name
		if path != "" {
			at = path + "." + name
		}
		f, ok := m.fields[name]
		if !ok {
			return nil, fieldUnknown(m, name).At(at)
		}
		value, err := e.value(ctx, f, v, at, old)
		if err != nil {
			return nil, err
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(item.AppendText(out, name), ':'), value...)
	}
	return append(out, '}'), nil
}

func (e *encoder) value(ctx context.Context, f field, v item.Value, path string, old lists.There) ([]byte, error) {
	switch {
	case f.lines():
		return e.lines(ctx, f, v, path, old)
	case f.linked():
		return e.links(f, v, path, old)
	case f.one():
		return e.reference(f, v, path)
	}
	raw, err := wire.AppendTyped(nil, f.Type, v)
	if err != nil {
		return nil, fault.From(err).At(path).Unapplied()
	}
	return raw, nil
}

// reference encodes what refers to a record: its id, or what it is found by.
func (e *encoder) reference(f field, v item.Value, path string) ([]byte, error) {
	if id, ok := idOf(v); ok {
		return []byte(id), nil
	}
	if id, ok := idOf(v.Field("id")); ok {
		return []byte(id), nil
	}
	ref := refer(f.Relation, v)
	if v.Blank() || ref.blank() {
		return []byte("null"), nil
	}
	id, err := e.refs.id(ref, path)
	return []byte(id), err
}

func (e *encoder) lines(ctx context.Context, f field, v item.Value, path string, old lists.There) ([]byte, error) {
	m, err := e.model(ctx, f.Relation)
	if err != nil {
		return nil, err
	}
	var writes, creates [][]byte
	left := old[f.Name]
	n := 0
	for line := range v.Elements() {
		var over lists.Record
		if len(left) > 0 {
			over, left = left[0], left[1:]
		}
		values, err := e.values(ctx, m, line, path+"."+strconv.Itoa(n), over.Lists)
		if err != nil {
			return nil, err
		}
		n++
		if over.ID != "" {
			writes = append(writes, []byte(`["write",[`+over.ID+`],`+string(values)+`]`))
			continue
		}
		creates = append(creates, values)
	}
	out := writes
	if len(left) > 0 {
		out = append(out, []byte(`["delete",[`+string(lists.Joined(lists.There{"": left}.IDs("")))+`]]`))
	}
	if len(creates) > 0 {
		out = append(out, []byte(`["create",[`+string(bytes.Join(creates, []byte(",")))+`]]`))
	}
	return append(append([]byte{'['}, bytes.Join(out, []byte(","))...), ']'), nil
}

// links encodes references to several records, which take the place of those there are.
func (e *encoder) links(f field, v item.Value, path string, old lists.There) ([]byte, error) {
	var ids []string
	n := 0
	for one := range v.Elements() {
		id, err := e.reference(f, one, path+"."+strconv.Itoa(n))
		if err != nil {
			return nil, err
		}
		n++
		if string(id) != "null" {
			ids = append(ids, string(id))
		}
	}
	out := []byte{'['}
	if len(old[f.Name]) > 0 {
		out = append(append(append(out, `["remove",[`...), lists.Joined(old.IDs(f.Name))...), `]],`...)
	}
	return append(append(append(out, `["add",[`...), lists.Joined(ids)...), `]]]`...), nil
}
