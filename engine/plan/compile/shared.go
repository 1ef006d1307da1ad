package compile

import (
	"cmp"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// shared reports targets that write the same objects under the same keys. Where the key
// is the document's own, and one record comes to both, every document would need a
// decision at the second.
func (c *compiler) shared() {
	var writes []plan.Write
	var nodes []int
	for i, n := range c.doc.Spec.Nodes {
		at, ok := c.at[n.ID]
		if !ok || c.plan.Steps[at].Target == nil {
			continue
		}
		d, _ := c.graph.Declaration(n.ID)
		t, settings := c.plan.Steps[at].Target, item.Of(c.enter(i, d).raw)
		form := "" // what the keys are unique in, as far as it is fixed
		for row := range settings.Field("params").Elements() {
			if t.Operation.Form != "" && row.Field("field").Text() == t.Operation.Form {
				form = row.Field("value").Text()
			}
		}
		writes = append(writes, plan.Write{Step: at, Connection: t.Connection, Resource: t.Operation.Object + "#" + form, Key: cmp.Or(settings.Field("key").Text(), t.Operation.Writing.Key)})
		nodes = append(nodes, i)
	}
	for _, o := range c.plan.Overlaps(writes) {
		first, second, own := nodes[o.First], nodes[o.Second], writes[o.First].Key == "" // own: the documents'
		p := flow.ProblemOf(fault.New("target.key_shared", "%s and %s write the same objects under the same keys", c.doc.Spec.Nodes[first].ID, c.doc.Spec.Nodes[second].ID).
			At(pathOf(second)+".settings.key").Classed(fault.Config).
			Hinted("give each target a key of its own, for example with a suffix, or let one target write both"), "")
		if p.Blocking = o.Together && own; o.Together || own {
			c.problems = append(c.problems, p)
		}
	}
}
