package draft

import (
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/intake/catalog"
	"github.com/karezflow/karez/engine/intake/scheme"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
)

// mapped is a row of a mapping.
type mapped struct {
	Field    string    `json:"field"`
	Type     string    `json:"type,omitempty"`
	Value    string    `json:"value,omitempty"`
	Parser   *parser   `json:"parser,omitempty"`
	Children []*mapped `json:"children,omitempty"`
}

type parser struct {
	Name   string   `json:"name"`
	Params []string `json:"params,omitempty"`
}

// target makes the nodes that write.
func (b *builder) target() {
	side := &b.scheme.Target
	choice, ok := b.choose(side, scheme.Target, b.answers.Target)
	i, found := b.known.Get(choice)
	switch {
	case ok && found:
		b.write(side, i.With(i.FormOf(side)))
	case ok && choice.Operation == catalog.Discard:
		b.titles[1] = "只采集"
		for _, row := range append(side.Request, side.Response...) {
			if row.Told(scheme.Understood, "", nil); row.Value != "" {
				unread(row.Line, fault.New("intake.discarded", "the flow only collects, so that nothing is written"))
			}
		}
		b.node(flow.Node{ID: targetNode, Type: "discard"}, &object{}, "")
	default:
		b.lost(side)
	}
}

// writing gathers what the rows of a written request say.
type writing struct {
	*builder
	catalog.Interface

	fields  []*mapped
	params  []param
	entries []catalog.Entry
	// moved are the paths at which whole objects were written, and where they are.
	moved map[string]string
}

// write makes the mapping, the target and what is written back.
func (b *builder) write(side *scheme.Side, i catalog.Interface) {
	b.titles[1] = i.Manifest.Title.ZH + titleOf(i)
	w := &writing{builder: b, Interface: i, entries: i.Request(), moved: map[string]string{}}
	for _, row := range side.Request {
		w.row(row)
	}
	group, settings := &object{}, &object{}
	settings.text("operation", i.Operation.Name)
	if key := w.key(); key != "" {
		settings.text("key", key)
	}
	extras := &object{}
	b.targetExtras(side, extras, group)
	settings.members = append(settings.members, extras.members...)
	if len(w.params) > 0 {
		settings.raw("params", w.params)
	}
	if len(group.members) > 0 {
		b.node(flow.Node{ID: "group", Type: "group"}, group, "")
	}
	mapping := &object{}
	mapping.raw("fields", append([]*mapped{}, w.fields...))
	b.node(flow.Node{ID: mapNode, Type: "map", Title: titleOf(i)}, mapping, "")
	name := b.connect(scheme.Target, targetNode, i.Manifest)
	b.node(flow.Node{ID: targetNode, Type: "target", Title: i.Operation.Title.ZH, Connection: name}, settings, "done")
	b.writeback(side, i)
}

// key gives the key that the operation declares, where the mapping has its field.
func (w *writing) key() string {
	key := w.Operation.Writing.Key
	if w.Form != nil {
		key = or(w.Form.WriteKey, key)
	}
	path := strings.Trim(key, "{}")
	for _, f := range w.fields {
		if f.Field == path && f.Value != "" {
			return key
		}
	}
	return ""
}

// row puts a row of the request where it belongs.
func (w *writing) row(row *scheme.Row) {
	value := w.text(row.Value, mapNode)
	if wrapper := w.Operation.Writing.RowsKey; wrapper != "" && catalog.Leaf(row.Field) == wrapper && value == "" {
		row.Told(scheme.Understood, targetNode, fault.New("intake.wrapper", "%s holds the records of a call; the connector adds it", wrapper))
		return
	}
	entry, found := locate(w.entries, row.Field)
	at, fate, why := row.Field, scheme.Understood, (*fault.Fault)(nil)
	switch {
	case found && entry.Path != row.Field:
		at = entry.Path
		fate, why = scheme.Moved, fault.New("intake.moved", "%s stands at %s in the interface", row.Field, at)
		w.moved[row.Field] = at
	case !found:
		if parent, ok := w.parent(row.Field); ok {
			at = parent
		}
		fate, why = scheme.Inferred, fault.New("intake.unknown_kept", "the connector does not declare the field %s; it was kept", at)
	}
	if found && entry.Field.Group == field.Other {
		if value != "" {
			w.params = append(w.params, param{at, value})
		}
		row.Told(fate, targetNode+".params."+at, why)
		return
	}
	if fate == scheme.Moved && outside(value, entry, row.Field) {
		unread(row.Line, fault.New("intake.line_value", "%s stands at %s in the interface, outside of the lines that %s is read of", row.Field, at, value))
		return
	}
	w.put(at, value, row, found)
	row.Told(fate, mapNode+".fields."+at, why)
}

// outside reports whether a value of a line was written for a field that is in no line.
func outside(value string, entry catalog.Entry, written string) bool {
	return len(entry.Lists) == 0 && strings.Contains(written, ".") && strings.Contains(value, "{{") && strings.Contains(strings.SplitN(value, "}}", 2)[0], ".")
}

// parent gives the place of an unknown field in an object that stands elsewhere.
func (w *writing) parent(path string) (string, bool) {
	for at := path; strings.Contains(at, "."); {
		at = at[:strings.LastIndexByte(at, '.')]
		if to, ok := w.moved[at]; ok {
			return to + path[len(at):], true
		}
	}
	return path, false
}

// put writes a value into the mapping, with the objects and lists around it.
func (w *writing) put(path, value string, row *scheme.Row, declared bool) {
	into := &w.fields
	steps := strings.Split(path, ".")
	for n, step := range steps {
		at := slices.IndexFunc(*into, func(m *mapped) bool { return m.Field == step })
		if at < 0 {
			*into = append(*into, &mapped{Field: step, Type: w.typed(strings.Join(steps[:n+1], "."), row, declared || n < len(steps)-1)})
			at = len(*into) - 1
		}
		one := (*into)[at]
		if n == len(steps)-1 {
			one.Value = value
			if row.Parser != nil && w.parses(path, row.Parser) {
				one.Parser = &parser{row.Parser.Name, row.Parser.Params}
			}
		}
		into = &one.Children
	}
}

// parses reports whether a row's parser is another than the interface has anyway.
func (w *writing) parses(path string, p *scheme.Parser) bool {
	e, ok := exactly(w.entries, path)
	return !ok || e.Field.Parser == nil || e.Field.Parser.Name != p.Name || !slices.Equal(e.Field.Parser.Params, p.Params)
}

// typed gives the type that a row of the mapping says: lists and objects say theirs, and a
// field that no connector declares has the one that was written.
func (w *writing) typed(path string, row *scheme.Row, declared bool) string {
	if e, ok := exactly(w.entries, path); ok {
		if e.Field.Parser == nil && (e.Field.Type == field.Array || e.Field.Type == field.Object) {
			return string(e.Field.Type)
		}
		return ""
	}
	if declared {
		return string(field.Object)
	}
	if t := typeOf(row.Type); t != "string" {
		return t
	}
	return ""
}

// The members of what is written back.
const (
	back     = "primaryWriteback"
	callback = back + ".callBackStrategy"
	strategy = callback + ".strategyId"
)

// writeback makes the node that keeps the answer and hands it on.
func (b *builder) writeback(side *scheme.Side, i catalog.Interface) {
	settings := &object{}
	var store, document []param
	to := ""
	for _, row := range side.Response {
		value := b.text(row.Value, markNode)
		switch {
		case row.Field == back || row.Field == callback:
			row.Told(scheme.Understood, markNode, nil)
		case row.Field == strategy:
			if value == "" {
				unread(row.Line, fault.New("intake.no_flow", "the flow that takes the result is not named"))
				continue
			}
			to = b.other(value, "callback", markNode)
			row.Told(scheme.Understood, "uses."+to, fault.New("intake.flow_slot", "the flow %s is chosen anew", value))
		case strings.HasPrefix(row.Field, callback+"."):
			name := strings.TrimPrefix(row.Field, callback+".")
			document = append(document, param{name, value})
			row.Told(scheme.Understood, markNode+".document."+name, nil)
		case strings.HasPrefix(row.Field, back+"."):
			name := strings.TrimPrefix(row.Field, back+".")
			store = append(store, param{name, value})
			row.Told(scheme.Understood, markNode+".store."+name, nil)
		default:
			if _, ok := locate(i.Response(), row.Field); ok || value == "" && strings.Contains(row.Describe, "_autoFillResponse") {
				row.Told(scheme.Understood, targetNode, nil)
				continue
			}
			unread(row.Line, fault.New("intake.unknown_answer", "the answer of the interface has no field %s", row.Field))
		}
	}
	if len(store) > 0 {
		settings.raw("store", store)
	}
	if to != "" {
		settings.text("to", to)
		if len(document) > 0 {
			settings.raw("document", document)
		}
	}
	if len(settings.members) > 0 {
		b.node(flow.Node{ID: markNode, Type: "writeback"}, settings, "")
	}
}
