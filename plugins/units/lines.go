package main

import (
	"context"
	"fmt"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// each makes a transform of what becomes of one record.
func each(do func(raw []byte) ([]byte, *fault.Fault)) node.TransformFunc {
	return func(ctx context.Context, batch []item.Item) ([]node.Result, error) {
		results := make([]node.Result, len(batch))
		for i, in := range batch {
			if err := ctx.Err(); err != nil {
				return nil, fault.New("units.cancelled", "nobody waits for the batch any more").Because(err).Classed(fault.Transient)
			}
			raw, f := do(in.Raw)
			if f != nil {
				results[i].Fault = f
				continue
			}
			results[i].Outputs = []node.Output{{Item: in.With(raw)}}
		}
		return results, nil
	}
}

// linesOf gives the lines of a list; a blank list has none.
func linesOf(raw []byte, path string) ([]item.Value, *fault.Fault) {
	list := item.Of(raw).Path(path)
	if list.Blank() {
		return nil, nil
	}
	if list.Kind() != item.Array {
		return nil, fault.New("units.no_list", "%s is no list", path).At(path).Classed(fault.Data)
	}
	var lines []item.Value
	for line := range list.Elements() {
		if line.Kind() != item.Object {
			return nil, fault.New("units.no_object", "line %d of %s is no object", len(lines)+1, path).At(lineAt(path, len(lines), "")).Classed(fault.Data)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// withLines puts changed lines into the list in the others' place; every other byte stays.
func withLines(raw []byte, path string, lines []item.Value, changed [][]byte) ([]byte, *fault.Fault) {
	list := item.Of(raw).Path(path).Raw()
	var out []byte
	done := 0
	for i, line := range lines {
		at := cap(list) - cap(line.Raw()) // where the line begins in the list
		out = append(append(out, list[done:at]...), changed[i]...)
		done = at + len(line.Raw())
	}
	put, err := item.Put(raw, path, append(out, list[done:]...))
	if err != nil {
		return nil, fault.From(err)
	}
	return put, nil
}

func lineAt(path string, i int, field string) string {
	at := fmt.Sprintf("%s[%d]", path, i)
	if field != "" {
		at += "." + field
	}
	return at
}

func put(raw []byte, path string, value []byte) ([]byte, *fault.Fault) {
	out, err := item.Put(raw, path, value)
	if err != nil {
		return nil, fault.From(err)
	}
	return out, nil
}
