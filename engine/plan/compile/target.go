package compile

import (
	"fmt"
	"time"

	"github.com/karezflow/karez/engine/group"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/plan/writing"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
)

// target compiles a target node.
func (n *nodeAt) target() {
	m, op := n.operation(manifest.Write)
	if op == nil {
		return
	}
	opts := value.Options{Zone: zoneOf(m.TimeZone, n.doc.Spec.Settings.Timezone), Finder: Finder{n.compiler}}
	t := &plan.Target{
		Connection: n.node.Connection, Manifest: m, Operation: op, Owned: true,
		Key: n.compiledOr("key", op.Writing.Key, opts),
	}
	n.report(writing.Complete(t, item.Of(n.raw))...)
	raw := n.setting("params").Raw()
	if len(raw) == 0 {
		raw = []byte("[]")
	}
	opts.Path = "params"
	others := fieldsOf(op.Request, field.Other)
	params, faults := value.CompileParams(raw, others, opts)
	n.report(n.unselected(op, faults)...)
	n.lacking(params, others)
	t.Params = params
	n.plan.Steps[n.at[n.node.ID]].Target = t
}

// writeback compiles a writeback node.
func (n *nodeAt) writeback() {
	raw := n.setting("store").Raw()
	if len(raw) == 0 {
		raw = []byte("[]")
	}
	store, faults := value.CompileParams(raw, nil, value.Options{Zone: n.zone, Path: "store", Finder: Finder{n.compiler}, Miss: value.MissEmpty})
	n.report(faults...)
	if string(raw) == "[]" {
		store = nil
	}
	n.plan.Steps[n.at[n.node.ID]].Writeback = &plan.Writeback{Store: store, Hand: n.hand(), Call: n.call()}
}

// group compiles a barrier.
func (n *nodeAt) group() {
	program, faults := group.New(group.SettingsOf(item.Of(n.raw)), n.zone)
	n.report(faults...)
	n.plan.Steps[n.at[n.node.ID]].Group = program
}

// mapped gives the business fields of the one operation that a mapping leads to
// and its zone; no fields where it leads to none or to several.
func (n *nodeAt) mapped() ([]field.Field, *time.Location) {
	var found []*nodeAt
	for id := range n.graph.Downstream(n.node.ID) {
		if d, ok := n.graph.Declaration(id); ok && d.Role == node.Target {
			found = append(found, n.before(id))
		}
	}
	if len(found) != 1 {
		return nil, n.zone
	}
	muted := *found[0]
	muted.compiler = &compiler{Options: n.Options, doc: n.doc, graph: n.graph, plan: n.plan, zone: n.zone, at: n.at, connectors: n.connectors}
	m, op := muted.operation(manifest.Write)
	if op == nil {
		return nil, n.zone
	}
	return fieldsOf(op.Request, field.Business), zoneOf(m.TimeZone, n.doc.Spec.Settings.Timezone)
}

// fieldsOf gives the fields of one group; fields are business fields unless they say otherwise.
func fieldsOf(fields []field.Field, want field.Group) []field.Field {
	var out []field.Field
	for _, f := range fields {
		if f.Group == want || f.Group == "" && want == field.Business {
			out = append(out, f)
		}
	}
	return out
}

func pathOf(index int) string { return fmt.Sprintf("spec.nodes[%d]", index) }

func pathIn(key string, index int) string { return fmt.Sprintf("%s[%d]", key, index) }
