package flow

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

func (v *validator) nodes() {
	seen := map[string]int{}
	for i := range v.doc.Spec.Nodes {
		n, path := &v.doc.Spec.Nodes[i], at("spec.nodes", i)
		if !v.id.MatchString(n.ID) && !unreadable(n.Extra, "id") {
			v.block(path+".id", "node.id", "an id is made of small letters, digits and _, a letter first: {id}", "id", strconv.Quote(n.ID))
		}
		if other, repeated := seen[n.ID]; repeated && n.ID != "" {
			v.block(path+".id", "node.duplicate_id", "{id} is the id of another node too", "id", n.ID, "other", at("spec.nodes", other))
		} else {
			seen[n.ID] = i
		}
		t, ok := v.types.Type(n.Type)
		switch {
		case ok:
			v.node(path, n, t)
		case !unreadable(n.Extra, "type"):
			v.block(path+".type", "node.unknown_type", "there is no node type {type}", "type", strconv.Quote(n.Type))
		}
	}
}

func unreadable(extra []Member, name string) bool {
	return slices.ContainsFunc(extra, func(m Member) bool { return m.Name == name })
}

func (v *validator) node(path string, n *Node, t node.Type) {
	d := t.Declaration()
	switch {
	case d.Connection && n.Connection == "" && !unreadable(n.Extra, "connection"):
		v.block(path+".connection", "node.connection_missing", "choose a connection for {id}", "id", n.ID)
	case !d.Connection && n.Connection != "":
		v.block(path+".connection", "node.connection_unused", "a node of type {type} has no connection", "type", n.Type)
	}
	if unreadable(n.Extra, "settings") || unreadable(n.Extra, "typeVersion") {
		return
	}
	if len(n.Settings) > 0 && item.Of(n.Settings).Kind() != item.Object {
		v.block(path+".settings", "flow.wrong_type", "{name} must be {want}", "name", "settings", "want", "an object")
		return
	}
	raw, f := upgraded(n, t)
	if f != nil {
		v.faults(path, []*fault.Fault{f})
		return
	}
	found := field.Check(d.Settings, raw)
	v.faults(path+".settings", found)
	v.programs(path+".settings", d.Settings, item.Of(raw))
	if checker, ok := t.(node.Checker); ok && len(found) == 0 {
		v.faults(path+".settings", checker.CheckSettings(raw))
	}
}

// upgraded gives a node's settings in the form of its type's current version.
func upgraded(n *Node, t node.Type) ([]byte, *fault.Fault) {
	have, want := n.Version(), max(t.Declaration().TypeVersion, 1)
	raw := []byte(n.Settings)
	if len(raw) == 0 {
		raw = []byte("{}")
	}
	if have > want || n.TypeVersion < 0 {
		return nil, fault.New("node.version_unknown", "%s has settings of version %d, this program knows versions up to %d", n.ID, n.TypeVersion, want).
			At("typeVersion").Classed(fault.Config).Hinted("upgrade the program or the plugin that brings the node")
	}
	for ; have < want; have++ {
		u, ok := t.(node.Upgrader)
		if !ok {
			return nil, fault.New("node.upgrade_failed", "the settings of %s are of version %d and can't be brought to version %d", n.ID, have, want).
				At("typeVersion").Classed(fault.Config)
		}
		next, err := u.Upgrade(have, raw)
		if err != nil {
			return nil, fault.New("node.upgrade_failed", "the settings of %s can't be brought from version %d to %d: %v", n.ID, have, have+1, err).
				At("settings").Classed(fault.Config).Because(err)
		}
		raw = next
	}
	return raw, nil
}

// Upgrade brings the settings of every node of a known type to its current form
// and writes the version down. Nodes that can't be brought there keep their
// settings, and Validate reports them.
func (d *Document) Upgrade(types Types) {
	for i := range d.Spec.Nodes {
		n := &d.Spec.Nodes[i]
		t, ok := types.Type(n.Type)
		if !ok || unreadable(n.Extra, "settings") || unreadable(n.Extra, "typeVersion") {
			continue
		}
		raw, f := upgraded(n, t)
		if f != nil {
			continue
		}
		if n.Version() != max(t.Declaration().TypeVersion, 1) {
			n.Settings = compact(raw)
		}
		n.TypeVersion = max(t.Declaration().TypeVersion, 1)
	}
}

// programs checks the shape of settings that the planner compiles, and references to other flows.
func (v *validator) programs(path string, declared []field.Setting, raw item.Value) {
	for i := range declared {
		s := &declared[i]
		value, path := raw.Field(s.Key), join(path, s.Key)
		if value.Blank() {
			continue
		}
		switch s.Kind {
		case field.Conditions:
			v.conditions(path, value)
		case field.Mapping:
			v.mapping(path, value)
		case field.Params:
			v.rows(path, value, func(string, item.Value) {})
		case field.FlowRef:
			v.alias(path, value.Text())
		case field.GroupOf:
			v.programs(path, s.Items, value)
		case field.List:
			j := 0
			for e := range value.Elements() {
				v.programs(at(path, j), s.Items, e)
				j++
			}
		default:
		}
	}
}

// conditions is a list of lists of {field, logic, value}.
func (v *validator) conditions(path string, raw item.Value) {
	i := 0
	for group := range raw.Elements() {
		path := at(path, i)
		i++
		if group.Kind() != item.Array {
			v.block(path, "conditions.shape", "conditions are a list of groups, each a list of conditions")
			continue
		}
		j := 0
		for c := range group.Elements() {
			path := at(path, j)
			j++
			if c.Kind() != item.Object {
				v.block(path, "conditions.shape", "a condition is an object with field, logic and value")
				continue
			}
			v.text(path, c, "field")
			v.text(path, c, "logic")
		}
		if j == 0 {
			v.block(path, "conditions.shape", "an empty group of conditions would let every document pass")
		}
	}
}

// mapping is a list of {field, value, children, extra}.
func (v *validator) mapping(path string, raw item.Value) {
	v.rows(path, raw, func(path string, row item.Value) {
		v.oneOfTypes(path, row)
		if children := row.Field("children"); v.isList(path, "children", children) {
			v.mapping(path+".children", children)
		}
		extra := row.Field("extra")
		if !v.isList(path, "extra", extra) {
			return
		}
		i := 0
		for e := range extra.Elements() {
			path := at(path+".extra", i)
			i++
			if children := e.Field("children"); children.Kind() != item.Array {
				v.block(path, "mapping.shape", "a conditional line is an object with when and children")
			} else {
				v.mapping(path+".children", children)
			}
			if when := e.Field("when"); when.Kind() == item.Array {
				v.conditions(path+".when", when)
			}
		}
	})
}

// rows is a list of objects with a field, each named once, and a plain value.
func (v *validator) rows(path string, raw item.Value, more func(path string, row item.Value)) {
	seen := map[string]bool{}
	i := 0
	for row := range raw.Elements() {
		path := at(path, i)
		i++
		if row.Kind() != item.Object {
			v.block(path, "mapping.shape", "a row is an object with field and value")
			continue
		}
		v.text(path, row, "field")
		name := row.Field("field").Text()
		if seen[name] && name != "" {
			v.block(path+".field", "mapping.duplicate_field", "{field} is mapped twice", "field", name)
		}
		seen[name] = true
		if k := row.Field("value").Kind(); k == item.Array || k == item.Object {
			v.block(path+".value", "mapping.shape", "a value is a text; the members of an array or object are its children")
		}
		more(path, row)
	}
}

func (v *validator) oneOfTypes(path string, row item.Value) {
	known := []field.Type{field.String, field.Int, field.Decimal, field.Bool, field.Date, field.Datetime, field.Array, field.Object, field.JSON}
	if t := row.Field("type"); !t.Blank() && (t.Kind() != item.String || !slices.Contains(known, field.Type(t.Text()))) {
		v.block(path+".type", "mapping.type", "{value} is not a type", "value", t.Text()).Hint =
			"choices: " + strings.Trim(fmt.Sprint(known), "[]")
	}
}

func (v *validator) isList(path, name string, raw item.Value) bool {
	if !raw.Blank() && raw.Kind() != item.Array {
		v.block(join(path, name), "flow.wrong_type", "{name} must be {want}", "name", name, "want", "a list")
	}
	return raw.Kind() == item.Array
}

// text reports a member that is not a text with something in it.
func (v *validator) text(path string, of item.Value, name string) {
	if got := of.Field(name); got.Kind() != item.String || strings.TrimSpace(got.Text()) == "" {
		v.block(join(path, name), "flow.text_missing", "{name} must be a text", "name", name)
	}
}
