package compile

import (
	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// call compiles the operation that a writeback calls, nil where it calls none.
func (n *nodeAt) call() *errand.Call {
	if n.setting("operation").Blank() {
		return nil
	}
	m, op := n.operation(manifest.Write, manifest.Action)
	if op == nil {
		return nil
	}
	call, faults := errand.Operate(n.node.Connection, m, op, n.setting("fields").Raw(), value.Options{
		Zone: zoneOf(m.TimeZone, n.doc.Spec.Settings.Timezone), Path: "fields",
		Finder: Finder{n.compiler}, Miss: value.MissEmpty,
	})
	n.report(faults...)
	return call
}

// notify compiles a node that sends messages.
func (n *nodeAt) notify() {
	m := n.manifest()
	if m == nil {
		return
	}
	call, faults := errand.Message(n.node.Connection, m, item.Of(n.raw), value.Options{Zone: n.zone, Finder: Finder{n.compiler}, Miss: value.MissEmpty})
	n.report(faults...)
	n.plan.Steps[n.at[n.node.ID]].Notice = call
}
