package flow

import (
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
			v.block(path+".id", CodeIDRepeated, "{id} is the id of another node too", "id", n.ID, "other", at("spec.nodes", other))
		} else {
			seen[n.ID] = i
		}
		t, ok := v.types.Type(n.Type)
		switch {
		case ok:
			v.node(path, n, t)
		case !unreadable(n.Extra, "type"):
			v.unknownType(path, n.Type)
		}
	}
}

// unknownType says that there is no such type, and why where that is known.
func (v *validator) unknownType(path, name string) {
	if e, ok := v.types.(Explaining); ok {
		if f := e.Missing(name); f != nil {
			v.faults(path, []*fault.Fault{f.At("type")})
			return
		}
	}
	v.block(path+".type", "node.unknown_type", "there is no node type {type}", "type", strconv.Quote(name))
}

func unreadable(extra []Member, name string) bool {
	return slices.ContainsFunc(extra, func(m Member) bool { return m.Whole || m.Name == name })
}

func (v *validator) node(path string, n *Node, t node.Type) {
	d := t.Declaration()
	connects := d.Connects(n.Settings)
	switch {
	case connects && n.Connection == "" && !unreadable(n.Extra, "connection"):
		v.block(path+".connection", "node.connection_missing", "choose a connection for {id}", "id", n.ID)
	case !connects && n.Connection != "" && d.ConnectionWith == "":
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
	v.references(path+".settings", d.Settings, item.Of(raw))
	if checker, ok := t.(node.Checker); ok && len(found) == 0 {
		v.faults(path+".settings", checker.CheckSettings(raw))
	}
	v.faults(path+".settings", d.CheckPorts(raw))
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
	types = TypesFor(d, types)
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

// references checks settings that name another flow. Programs (values, conditions,
// mappings, parameters) are lists and texts by now; the planner compiles them.
func (v *validator) references(path string, declared []field.Setting, raw item.Value) {
	for i := range declared {
		s := &declared[i]
		value, path := raw.Field(s.Key), join(path, s.Key)
		switch {
		case value.Blank():
		case s.Kind == field.FlowRef && value.Kind() == item.String:
			alias, _, _ := strings.Cut(value.Text(), ".") // a node of the flow may be named behind a dot
			v.alias(path, alias)
		case s.Kind == field.GroupOf:
			v.references(path, s.Items, value)
		case s.Kind == field.List:
			j := 0
			for e := range value.Elements() {
				v.references(at(path, j), s.Items, e)
				j++
			}
		}
	}
}
