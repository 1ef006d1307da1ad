package compile

import (
	"maps"
	"slices"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan/derived"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
)

// enter gives a node with its settings, as they are where it uses a derived operation.
func (c *compiler) enter(index int, d node.Declaration) *nodeAt {
	n := &nodeAt{compiler: c, node: &c.doc.Spec.Nodes[index], path: pathOf(index), declared: d}
	rows := "params"
	if d.Role == node.Writeback {
		rows = "fields"
	}
	library := derived.Library{Own: c.doc.Spec.Operations, Shared: c.Operations}
	n.use = library.Use(manifest.WithDefaults(d.Settings, n.node.Settings), rows, func() (*manifest.Manifest, error) {
		return c.Catalogue.Manifest(n.node.Connection)
	})
	n.raw = n.use.Settings
	return n
}

// operations reports what is wrong with the derived operations of the document.
func (c *compiler) operations() {
	for _, name := range slices.Sorted(maps.Keys(c.doc.Spec.Operations)) {
		if raw := c.doc.Spec.Operations[name]; item.Of(raw).Kind() == item.Object { // else reported by flow.Validate
			_, faults := derived.Read(name, raw)
			for _, f := range faults {
				c.problems = append(c.problems, flow.ProblemOf(f, "spec.operations."+name))
			}
		}
	}
}
