// Package changes tells what a version of a connector has otherwise than another:
// operations, their fields and the settings of connections, and which of that can break
// a flow.
//
// It may import sdk/field and sdk/manifest only.
package changes

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
)

// Kind says what happened to a part.
type Kind string

// The kinds of changes.
const (
	Added   Kind = "added"
	Removed Kind = "removed"
	Changed Kind = "changed"
)

// Part says what changed.
type Part string

// The parts of a connector.
const (
	// Setting is one of a connection's.
	Setting Part = "setting"
	// Operation is one interface, Request and Response a field of it, Form one of its forms.
	Operation Part = "operation"
	Request   Part = "request"
	Response  Part = "response"
	Form      Part = "form"
	// Node is one that the plugin brings, NodeSetting one of its settings.
	Node        Part = "node"
	NodeSetting Part = "nodeSetting"
	// Connector is what holds for the whole: limits, rules, the time zone.
	Connector Part = "connector"
)

// Change is one difference.
type Change struct {
	Kind Kind
	Part Part
	// Operation is the operation that it belongs to, "" for none; Name is the field's dotted
	// path, the setting's key, the form's id, the node's name, that with the dotted path of its
	// setting, or the member of the manifest.
	Operation, Name string
	// Title is the part's own, in the newer version where it is there.
	Title field.Text
	// Breaking says that a flow which used it may not work any more: something is gone, has
	// another type or has become necessary.
	Breaking bool
}

// Between gives what is otherwise in next than in old: the connector, its settings, then
// operation by operation. A nil old has nothing.
func Between(old, next *manifest.Manifest) []Change {
	if old == nil {
		old = &manifest.Manifest{}
	}
	var d difference
	for _, member := range []struct {
		name      string
		old, next any
	}{{"timeZone", old.TimeZone, next.TimeZone}, {"limitKey", old.LimitKey, next.LimitKey}, {"limits", old.Limits, next.Limits}, {"rules", old.Rules, next.Rules}, {"checkOperation", old.CheckOperation, next.CheckOperation}} {
		if old.ID != "" && !same(member.old, member.next) {
			d.add(Change{Kind: Changed, Part: Connector, Name: member.name})
		}
	}
	compare(&d, Setting, "", indexed(old.Settings, func(s field.Setting) string { return s.Key }), indexed(next.Settings, func(s field.Setting) string { return s.Key }), settings)
	compare(&d, Operation, "", indexed(old.Operations, nameOf), indexed(next.Operations, nameOf), d.operation)
	compare(&d, Node, "", indexed(old.Nodes, func(n manifest.Node) string { return n.Name }), indexed(next.Nodes, func(n manifest.Node) string { return n.Name }), d.node)
	return d.list
}

func nameOf(o manifest.Operation) string { return o.Name }

type difference struct{ list []Change }

func (d *difference) add(c Change) { d.list = append(d.list, c) }

// judgement is what a comparison of one part says.
type judgement struct {
	title field.Text
	// changed says that it is otherwise, breaking that this may break flows; necessary
	// that it breaks them if it is new.
	changed, breaking, necessary bool
}

// compare compares parts by their names, in the order of these.
func compare[T any](d *difference, part Part, operation string, old, next map[string]T, judge func(old, next T) judgement) {
	all := slices.Sorted(maps.Keys(next))
	for name := range old {
		if _, stays := next[name]; !stays {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	for _, name := range all {
		a, before := old[name]
		b, after := next[name]
		c := Change{Part: part, Operation: operation, Name: name}
		if part == Operation {
			c.Operation = name
		}
		switch {
		case !after:
			c.Kind, c.Breaking, c.Title = Removed, true, judge(a, a).title
			d.add(c)
		case !before:
			j := judge(b, b)
			c.Kind, c.Title, c.Breaking = Added, j.title, j.necessary
			d.add(c)
		default:
			at := len(d.list)
			if j := judge(a, b); j.changed {
				c.Kind, c.Title, c.Breaking = Changed, j.title, j.breaking
				d.list = slices.Insert(d.list, at, c) // before what is inside of it
			}
		}
	}
}

func indexed[T any](list []T, name func(T) string) map[string]T {
	index := make(map[string]T, len(list))
	for _, e := range list {
		index[name(e)] = e
	}
	return index
}

func settings(old, next field.Setting) judgement {
	return judgement{
		title: next.Title, changed: !same(old, next), necessary: next.Required && next.Default == "",
		breaking: old.Kind != next.Kind || old.Secret != next.Secret || next.Required && !old.Required,
	}
}

// node compares two versions of a node; its settings are added. What it was set to is upgraded
// by the plugin, never taken back, and an edge that begins at a port needs it.
func (d *difference) node(old, next manifest.Node) judgement {
	from := len(d.list)
	compare(d, NodeSetting, "", settingsOf(old.Settings), settingsOf(next.Settings), nodeSetting)
	for i := from; i < len(d.list); i++ {
		d.list[i].Name, d.list[i].Breaking = next.Name+"."+d.list[i].Name, false
	}
	was, is := old, next
	was.Title, is.Title, was.Describe, is.Describe = field.Text{}, field.Text{}, field.Text{}, field.Text{}
	was.Examples, is.Examples = nil, nil
	gone := func(p manifest.NodePort) bool {
		return !slices.ContainsFunc(next.Outputs, func(q manifest.NodePort) bool { return p.Name == q.Name })
	}
	return judgement{title: next.Title, changed: !same(was, is), breaking: old.TypeVersion > next.TypeVersion || slices.ContainsFunc(old.Outputs, gone)}
}

func nodeSetting(old, next field.Setting) judgement {
	was, is := old, next
	was.Items, is.Items, was.Title, is.Title, was.Describe, is.Describe = nil, nil, field.Text{}, field.Text{}, field.Text{}, field.Text{}
	return judgement{title: next.Title, changed: !same(was, is)}
}

// settingsOf gives settings and those inside of them by their paths.
func settingsOf(list []field.Setting) map[string]field.Setting {
	all := map[string]field.Setting{}
	var walk func(prefix string, list []field.Setting)
	walk = func(prefix string, list []field.Setting) {
		for _, s := range list {
			all[prefix+s.Key] = s
			walk(prefix+s.Key+".", s.Items)
		}
	}
	walk("", list)
	return all
}

// operation compares two versions of an operation; what is inside of it is added.
func (d *difference) operation(old, next manifest.Operation) judgement {
	compare(d, Request, next.Name, flat(old.Request), flat(next.Request), fields(true))
	compare(d, Response, next.Name, flat(old.Response), flat(next.Response), fields(false))
	compare(d, Form, next.Name, indexed(old.Forms, func(f manifest.Form) string { return f.ID }), indexed(next.Forms, func(f manifest.Form) string { return f.ID }), func(a, b manifest.Form) judgement {
		return judgement{title: b.Title, changed: !same(a, b), breaking: a.WriteKey != b.WriteKey || a.Key != b.Key}
	})
	was, is := old, next
	for _, o := range []*manifest.Operation{&was, &is} {
		o.Request, o.Response, o.Forms, o.Title = nil, nil, nil, field.Text{}
	}
	return judgement{
		title: next.Title, changed: !same(was, is),
		breaking: old.Kind != next.Kind || old.Object != next.Object || old.Form != next.Form || old.Key != next.Key || !same(old.Writing, next.Writing),
	}
}

func fields(request bool) func(old, next field.Field) judgement {
	return func(old, next field.Field) judgement {
		was, is := old, next
		was.Children, is.Children, was.Title, is.Title, was.Describe, is.Describe = nil, nil, field.Text{}, field.Text{}, field.Text{}, field.Text{}
		return judgement{
			title: next.Title, changed: !same(was, is), necessary: request && next.Required && next.Default == "",
			breaking: old.Type != next.Type || request && (next.Required && !old.Required || old.Path != next.Path || !same(old.Parser, next.Parser) || old.Group != next.Group),
		}
	}
}

// flat gives fields and those inside of them by their paths.
func flat(list []field.Field) map[string]field.Field {
	all := map[string]field.Field{}
	var walk func(prefix string, list []field.Field)
	walk = func(prefix string, list []field.Field) {
		for _, f := range list {
			all[prefix+f.Name] = f
			walk(prefix+f.Name+".", f.Children)
		}
	}
	walk("", list)
	return all
}

// same compares two parts by their written form.
func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
