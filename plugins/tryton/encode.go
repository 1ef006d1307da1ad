package main

import (
	"bytes"
	"context"
	"slices"
	"strconv"

	"github.com/karezflow/karez/plugins/tryton/internal/wire"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// encoder makes the values that Tryton takes of mapped rows.
type encoder struct {
	*session

	refs *references
}

// there are the ids of the records that an updated one has in its lists, by the list's name.
type there map[string][]string

// values encodes a row of a model. Lines of an update take the places of those that are
// there: the first is written over the first, those that are too many are deleted, so that the
// same update again changes nothing.
func (e *encoder) values(ctx context.Context, m model, row item.Value, path string, old there) ([]byte, error) {
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

func (e *encoder) value(ctx context.Context, f field, v item.Value, path string, old there) ([]byte, error) {
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

func (e *encoder) lines(ctx context.Context, f field, v item.Value, path string, old there) ([]byte, error) {
	m, err := e.model(ctx, f.Relation)
	if err != nil {
		return nil, err
	}
	var writes, creates [][]byte
	left := slices.Clone(old[f.Name])
	n := 0
	for line := range v.Elements() {
		values, err := e.values(ctx, m, line, path+"."+strconv.Itoa(n), nil)
		if err != nil {
			return nil, err
		}
		n++
		if len(left) > 0 {
			writes = append(writes, []byte(`["write",[`+left[0]+`],`+string(values)+`]`))
			left = left[1:]
			continue
		}
		creates = append(creates, values)
	}
	out := writes
	if len(left) > 0 {
		out = append(out, []byte(`["delete",[`+string(joined(left))+`]]`))
	}
	if len(creates) > 0 {
		out = append(out, []byte(`["create",[`+string(bytes.Join(creates, []byte(",")))+`]]`))
	}
	return append(append([]byte{'['}, bytes.Join(out, []byte(","))...), ']'), nil
}

// links encodes references to several records, which take the place of those there are.
func (e *encoder) links(f field, v item.Value, path string, old there) ([]byte, error) {
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
		out = append(append(append(out, `["remove",[`...), joined(old[f.Name])...), `]],`...)
	}
	return append(append(append(out, `["add",[`...), joined(ids)...), `]]]`...), nil
}

func joined(ids []string) (out []byte) {
	for i, id := range ids {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, id...)
	}
	return out
}
