// Package diff tells what differs between two documents of a flow as a consultant thinks of
// them: nodes, wires, settings by their titles, mapping rows by the fields they fill, scripts
// by their lines. Key order, white space, the default port of an edge and the form of settings
// that a node's newer typeVersion brings are no differences. What never affects execution, the
// layout and the tests, is told apart.
//
// It may import engine/flow, engine/flow/words, sdk/field, sdk/item and sdk/node only.
package diff

import (
	"cmp"
	"maps"
	"slices"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/flow/words"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// Kind is what became of something.
type Kind string

// The kinds.
const (
	Added   Kind = "added"
	Removed Kind = "removed"
	Changed Kind = "changed"
	// Moved rows stand at another place among their neighbours, moved wires keep one end.
	Moved Kind = "moved"
)

// Diff is what differs between two documents.
type Diff struct {
	// Nodes are in the order of the later document, then those that are gone.
	Nodes []Node `json:"nodes"`
	Wires []Wire `json:"wires"`
	// Flow are the parts that are of no node: names, settings, triggers, parameters.
	Flow []Change `json:"flow"`
	// Tests are changed cases of nodes, Layout says that the diagram is drawn otherwise.
	// Neither changes what the flow does.
	Tests  []Change `json:"tests"`
	Layout bool     `json:"layout"`
}

// Same reports whether both documents do the same.
func (d Diff) Same() bool { return len(d.Nodes)+len(d.Wires)+len(d.Flow) == 0 }

// Node is a node that came, went or changed.
type Node struct {
	Kind Kind   `json:"kind" enum:"added,removed,changed"`
	ID   string `json:"id"`
	// Was is the id before, for a node that only has another one.
	Was       string     `json:"was,omitempty"`
	Type      string     `json:"type"`
	Title     string     `json:"title"`
	TypeTitle field.Text `json:"typeTitle,omitzero"`
	Changes   []Change   `json:"changes"`
}

// Wire is an edge that came, went or leads elsewhere. Ends are "node" or "node.port".
type Wire struct {
	Kind Kind   `json:"kind" enum:"added,removed,moved"`
	From string `json:"from"`
	To   string `json:"to"`
	// WasFrom and WasTo are the ends before, of a wire that was moved.
	WasFrom string `json:"wasFrom,omitempty"`
	WasTo   string `json:"wasTo,omitempty"`
}

// The parts that a Change may be of, beside the kinds of settings (field.Kind).
const (
	PartTitle      = "title"
	PartType       = "type"
	PartConnection = "connection"
	PartTrigger    = "trigger"
	PartParam      = "param"
	PartUse        = "use"
	PartPin        = "pin"
	PartOperation  = "derived"
	PartMeta       = "meta"
	PartFlow       = "flowSetting"
	PartTest       = "test"
	PartOther      = "other"
)

// Change is one thing that differs.
type Change struct {
	Kind Kind `json:"kind" enum:"added,removed,changed,moved"`
	// Part is one of the constants above, or the kind of the setting.
	Part string `json:"part"`
	// Path leads to it: settings by their keys, rows by the field that they fill.
	Path string `json:"path"`
	// Titles are those of the settings on the way, and Name is what a row calls itself.
	Titles []field.Text `json:"titles,omitempty"`
	Name   string       `json:"name,omitempty"`
	// Member is what differs of a row, such as type or value; "" is the whole of it.
	Member string `json:"member,omitempty"`
	// Before and After are absent where there was nothing. Of a row that moved they are
	// its places, from 1.
	Before *Said `json:"before,omitempty"`
	After  *Said `json:"after,omitempty"`
	// Hunks are the lines that differ in a text of several lines.
	Hunks []Hunk `json:"hunks,omitempty"`
}

// Said is a value as it is written, and what it means where that is known.
type Said struct {
	Text  string     `json:"text"`
	Title field.Text `json:"title,omitzero"`
}

// Options say what is known beside the documents.
type Options struct {
	// Types are the node types; of a type that is not among them settings have no titles.
	Types flow.Types
	// Fields gives the declared fields that a node's rows of a setting fill; nil where
	// nobody knows.
	Fields func(doc *flow.Document, n *flow.Node, setting string) []field.Field
}

// Of tells what differs from one document to another.
func Of(from, to *flow.Document, o Options) Diff {
	c := comparer{from: settled(from, o.Types), to: settled(to, o.Types), o: o, was: map[string]string{}}
	d := Diff{Nodes: []Node{}, Wires: []Wire{}}
	d.Nodes = append(d.Nodes, c.nodes()...)
	d.Wires = append(d.Wires, c.wires()...)
	d.Flow = append([]Change{}, c.flow()...)
	d.Tests = append([]Change{}, c.tests()...)
	d.Layout = words.Canonical(item.Of(from.Spec.Layout)) != words.Canonical(item.Of(to.Spec.Layout))
	return d
}

// settled copies a document with the settings of its nodes in their newest form.
func settled(doc *flow.Document, types flow.Types) *flow.Document {
	out := *doc
	out.Spec.Nodes = slices.Clone(doc.Spec.Nodes)
	out.Upgrade(types)
	return &out
}

type comparer struct {
	from, to *flow.Document
	o        Options
	// was gives the id before of nodes that have another one now.
	was map[string]string
}

func (c *comparer) declaration(doc *flow.Document, name string) node.Declaration {
	if t, ok := flow.TypesFor(doc, c.o.Types).Type(name); ok {
		return t.Declaration()
	}
	return node.Declaration{}
}

func (c *comparer) nodes() []Node {
	before := map[string]*flow.Node{}
	for i := range c.from.Spec.Nodes {
		before[c.from.Spec.Nodes[i].ID] = &c.from.Spec.Nodes[i]
	}
	var fresh []*flow.Node
	for i := range c.to.Spec.Nodes {
		if n := &c.to.Spec.Nodes[i]; before[n.ID] == nil {
			fresh = append(fresh, n)
		}
	}
	for _, n := range fresh {
		c.renamed(n, before)
	}
	var out []Node
	gone := maps.Clone(before)
	for i := range c.to.Spec.Nodes {
		n := &c.to.Spec.Nodes[i]
		old := before[cmp.Or(c.was[n.ID], n.ID)]
		d := c.declaration(c.to, n.Type)
		one := Node{Kind: Changed, ID: n.ID, Was: c.was[n.ID], Type: n.Type, Title: n.Title, TypeTitle: d.Title, Changes: []Change{}}
		if old == nil {
			one.Kind = Added
			out = append(out, one)
			continue
		}
		delete(gone, old.ID)
		one.Changes = append(one.Changes, c.node(old, n, d)...)
		if len(one.Changes) > 0 || one.Was != "" {
			out = append(out, one)
		}
	}
	for i := range c.from.Spec.Nodes {
		if n := &c.from.Spec.Nodes[i]; gone[n.ID] != nil {
			d := c.declaration(c.from, n.Type)
			out = append(out, Node{Kind: Removed, ID: n.ID, Type: n.Type, Title: n.Title, TypeTitle: d.Title, Changes: []Change{}})
		}
	}
	return out
}

// renamed finds what a new node was called before: a node that is gone and is the same otherwise.
func (c *comparer) renamed(n *flow.Node, before map[string]*flow.Node) {
	there := map[string]bool{}
	for i := range c.to.Spec.Nodes {
		there[c.to.Spec.Nodes[i].ID] = true
	}
	for i := range c.from.Spec.Nodes {
		old := before[c.from.Spec.Nodes[i].ID]
		if there[old.ID] || old.Type != n.Type || old.Connection != n.Connection || slices.Contains(slices.Collect(maps.Values(c.was)), old.ID) {
			continue
		}
		if words.Canonical(item.Of(old.Settings)) == words.Canonical(item.Of(n.Settings)) {
			c.was[n.ID] = old.ID
			return
		}
	}
}

func (c *comparer) node(old, n *flow.Node, d node.Declaration) []Change {
	var out []Change
	out = append(out, texts(PartTitle, "", old.Title, n.Title)...)
	out = append(out, texts(PartType, "", old.Type, n.Type)...)
	out = append(out, texts(PartConnection, "", old.Connection, n.Connection)...)
	s := settings{fields: func(key string) []field.Field {
		if c.o.Fields == nil {
			return nil
		}
		return c.o.Fields(c.to, n, key)
	}}
	out = append(out, s.compare(nil, d.Settings, item.Of(old.Settings), item.Of(n.Settings))...)
	return append(out, extras(old.Extra, n.Extra)...)
}

// extras compares what could not be read.
func extras(before, after []flow.Member) []Change {
	was, is := map[string]string{}, map[string]string{}
	for _, m := range before {
		was[m.Name] = words.Canonical(item.Of(m.Raw))
	}
	for _, m := range after {
		is[m.Name] = words.Canonical(item.Of(m.Raw))
	}
	return byName(PartOther, was, is)
}

// ends are what an edge joins; the port that edges begin at anyway is left out.
type ends struct{ from, to string }

// edges gives the edges of a document, its nodes under the ids that they had before.
func (c *comparer) edges(doc *flow.Document, was map[string]string) []ends {
	first := map[string]string{}
	for _, n := range doc.Spec.Nodes {
		if out := c.declaration(doc, n.Type).Outputs; len(out) > 0 {
			first[n.ID] = out[0].Name
		}
	}
	var all []ends
	for _, l := range flow.NewGraph(doc, c.o.Types).Links() {
		from := cmp.Or(was[l.From.Node], l.From.Node)
		if l.From.Port != "" && l.From.Port != first[l.From.Node] {
			from += "." + l.From.Port
		}
		all = append(all, ends{from, cmp.Or(was[l.To.Node], l.To.Node)})
	}
	return all
}

// told gives an end under the id that its node has now.
func (c *comparer) told(end string) string {
	at := flow.SplitEnd(end)
	for id, was := range c.was {
		if was == at.Node {
			at.Node = id
			break
		}
	}
	if at.Port != "" {
		return at.Node + "." + at.Port
	}
	return at.Node
}

func (c *comparer) wires() []Wire {
	before, after := c.edges(c.from, nil), c.edges(c.to, c.was)
	gone := slices.DeleteFunc(slices.Clone(before), func(e ends) bool { return slices.Contains(after, e) })
	var out []Wire
	for _, e := range after {
		if slices.Contains(before, e) {
			continue
		}
		w := Wire{Kind: Added, From: c.told(e.from), To: c.told(e.to)}
		if at := slices.IndexFunc(gone, func(g ends) bool { return g.from == e.from || g.to == e.to }); at >= 0 {
			w.Kind, w.WasFrom, w.WasTo = Moved, c.told(gone[at].from), c.told(gone[at].to)
			gone = slices.Delete(gone, at, at+1)
		}
		out = append(out, w)
	}
	for _, e := range gone {
		out = append(out, Wire{Kind: Removed, From: c.told(e.from), To: c.told(e.to)})
	}
	return out
}

// titleOf gives how a document calls the flow behind an alias.
func titleOf(doc *flow.Document) func(string) string {
	return func(alias string) string { return cmp.Or(doc.Spec.Uses[alias].Title, alias) }
}

func triggerOf(doc *flow.Document, t flow.Trigger) *Said {
	return &Said{Text: cmp.Or(t.Schedule, join(t.After)), Title: words.Trigger(t, titleOf(doc))}
}
