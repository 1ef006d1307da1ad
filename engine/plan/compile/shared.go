package compile

import (
	"cmp"
	"maps"
	"slices"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// writes is a target with what its keys are unique in and how they are made.
type writes struct {
	at       int
	index    int
	target   *plan.Target
	resource string
	// key is the text of its key, "" for that of the document.
	key string
}

// shared reports targets that write the same objects: the key of a document belongs to
// the one that comes first, and every document would need a decision at the other.
// Where the key is the document's own, and one record comes to both, that is certain.
func (c *compiler) shared() {
	var all []writes
	for i := range c.doc.Spec.Nodes {
		n := &c.doc.Spec.Nodes[i]
		at, ok := c.at[n.ID]
		if !ok || c.plan.Steps[at].Target == nil {
			continue
		}
		t, settings := c.plan.Steps[at].Target, item.Of(n.Settings)
		all = append(all, writes{at, i, t, resourceOf(t, settings), cmp.Or(settings.Field("key").Text(), t.Operation.Writing.Key)})
	}
	for i, second := range all {
		for _, first := range all[:i] {
			if first.target.Connection != second.target.Connection || first.resource != second.resource || first.key != second.key {
				continue
			}
			together := c.meets(first.at, second.at)
			f := fault.New("target.key_shared", "%s and %s write the same objects under the same keys", c.doc.Spec.Nodes[first.index].ID, c.doc.Spec.Nodes[second.index].ID).
				At(pathOf(second.index) + ".settings.key").Classed(fault.Config).
				Hinted("give each target a key of its own, for example with a suffix, or let one target write both")
			p := flow.ProblemOf(f, "")
			if p.Blocking = together && first.key == ""; together || first.key == "" {
				c.problems = append(c.problems, p)
			}
		}
	}
}

// resourceOf names what the keys of a target are unique in, as far as it is fixed.
func resourceOf(t *plan.Target, settings item.Value) string {
	form := ""
	for row := range settings.Field("params").Elements() {
		if t.Operation.Form != "" && row.Field("field").Text() == t.Operation.Form {
			form = row.Field("value").Text()
		}
	}
	return t.Operation.Object + "#" + form
}

// meets reports whether one record may come to both steps: one leads to the other, or a
// port sends it both ways.
func (c *compiler) meets(a, b int) bool {
	if c.leads(a, b) || c.leads(b, a) {
		return true
	}
	forks := func(next []int) bool {
		for i, x := range next {
			for j, y := range next {
				if i != j && c.reaches(x, a) && c.reaches(y, b) {
					return true
				}
			}
		}
		return false
	}
	for _, step := range c.plan.Steps {
		for _, port := range slices.Sorted(maps.Keys(step.Next)) {
			if forks(step.Next[port]) {
				return true
			}
		}
	}
	return slices.ContainsFunc(c.entries(), forks)
}

// entries give where documents enter the push side.
func (c *compiler) entries() [][]int {
	var out [][]int
	for _, s := range c.plan.Sources {
		out = append(out, s.Next)
	}
	for _, in := range c.plan.Inlets {
		out = append(out, in.Next)
	}
	return out
}

func (c *compiler) reaches(from, to int) bool { return from == to || c.leads(from, to) }

// leads reports whether a step leads to another.
func (c *compiler) leads(from, to int) bool {
	for _, next := range c.plan.Steps[from].Next {
		if slices.ContainsFunc(next, func(n int) bool { return c.reaches(n, to) }) {
			return true
		}
	}
	return false
}
