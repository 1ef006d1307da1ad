package manifest

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// Node is a transform that a plugin brings along. Palette, form and planner know no more of it.
type Node struct {
	// Name tells the plugin's nodes apart; in flows the type is "<id of the plugin>/<name>".
	Name string `json:"name" yaml:"name"`
	// TypeVersion counts changes of the settings' form, from 1, which is also what 0 means.
	TypeVersion int        `json:"typeVersion,omitempty" yaml:"typeVersion"`
	Title       field.Text `json:"title" yaml:"title"`
	Describe    field.Text `json:"describe" yaml:"describe"`
	// Icon and Category are names of the palette's; "puzzle" and "process" by default.
	Icon     string `json:"icon,omitempty" yaml:"icon"`
	Category string `json:"category,omitempty" yaml:"category"`
	// Outputs are the ports, of which the first is the one that edges without a port begin
	// at: one called "out" by default. OutputsFrom is that of node.Declaration.
	Outputs     []NodePort `json:"outputs,omitempty" yaml:"outputs"`
	OutputsFrom string     `json:"outputsFrom,omitempty" yaml:"outputsFrom"`
	// Settings are of plain kinds, lists and groups: what the engine would have to compile
	// does not cross into the plugin.
	Settings []field.Setting `json:"settings,omitempty" yaml:"settings"`
	// Examples are shown on the node's page of the reference, and tried by its conformance suite.
	Examples []NodeExample `json:"examples,omitempty" yaml:"examples"`
}

// NodeExample shows what a node makes of a document. All three are JSON objects, written as
// texts so that their numbers keep their digits.
type NodeExample struct {
	Title    field.Text `json:"title" yaml:"title"`
	Settings string     `json:"settings" yaml:"settings"`
	Document string     `json:"document" yaml:"document"`
	Result   string     `json:"result" yaml:"result"`
}

// NodePort is an output of a node.
type NodePort struct {
	Name  string     `json:"name" yaml:"name"`
	Title field.Text `json:"title" yaml:"title"`
}

// nodeMark stands between the plugin's id and the node's name in a type.
const nodeMark = "/"

// NodeType splits a node type into the plugin that brings it and its name there; false for one
// of this program.
func NodeType(name string) (plugin, local string, ok bool) { return strings.Cut(name, nodeMark) }

// NodesOnly reports whether the plugin brings nodes and connects to nothing.
func (m *Manifest) NodesOnly() bool { return len(m.Operations) == 0 && len(m.Nodes) > 0 }

// Declarations gives what the plugin's nodes declare, in the manifest's order.
func (m *Manifest) Declarations() []node.Declaration {
	list := make([]node.Declaration, len(m.Nodes))
	for i := range m.Nodes {
		list[i] = m.Nodes[i].declaration(m.ID)
	}
	return list
}

func (n *Node) declaration(plugin string) node.Declaration {
	d := node.Declaration{
		Type: plugin + nodeMark + n.Name, TypeVersion: max(n.TypeVersion, 1), Title: n.Title, Describe: n.Describe,
		Icon: cmp.Or(n.Icon, "puzzle"), Category: cmp.Or(n.Category, "process"), Kind: node.Transform,
		Inputs:      []node.Port{{Name: "in", Title: field.Text{ZH: "单据", EN: "Documents"}, Traffic: node.Documents}},
		OutputsFrom: n.OutputsFrom, Settings: n.Settings,
	}
	for _, p := range n.Outputs {
		d.Outputs = append(d.Outputs, node.Port{Name: p.Name, Title: p.Title, Traffic: node.Documents})
	}
	if len(d.Outputs) == 0 {
		d.Outputs = []node.Port{{Name: "out", Title: field.Text{ZH: "结果", EN: "Result"}, Traffic: node.Documents}}
	}
	return d
}

// nodes reports what is wrong with the nodes.
func (c *checker) nodes() {
	m := c.of
	if m.NodesOnly() && !m.NoSandbox {
		c.add("noSandbox", "required", "a plugin without operations has no system to simulate: noSandbox: true")
	}
	if m.NodesOnly() && len(m.Settings) > 0 {
		c.add("settings", "not_allowed", "a plugin without operations has no connections, and so no settings of them")
	}
	word := regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}$`)
	seen := map[string]bool{}
	for i := range m.Nodes {
		n, path := &m.Nodes[i], index("nodes", i)
		c.once(seen, path+".name", n.Name)
		c.name(path+".name", n.Name, word, "small letters, digits and _, a letter first, at most 31")
		c.need(path+".title.zh", n.Title.ZH)
		c.need(path+".describe.zh", n.Describe.ZH)
		if n.TypeVersion < 0 {
			c.add(path+".typeVersion", "out_of_range", "versions are counted from 1")
		}
		c.ports(path, n, word)
		c.settings(path+".settings", n.Settings)
		c.plainOnly(path+".settings", n.Settings)
		c.examples(path, n)
	}
}

// examples reports those that are no JSON or set what the node does not have.
func (c *checker) examples(path string, n *Node) {
	for i, e := range n.Examples {
		at := index(path+".examples", i)
		c.need(at+".title.zh", e.Title.ZH)
		object := func(name, text string) bool {
			is := item.Check([]byte(text)) == nil && item.Of([]byte(text)).Kind() == item.Object
			if !is {
				c.add(at+"."+name, "wrong_type", "an example's %s is a JSON object, written as a text", name)
			}
			return is
		}
		if object("settings", e.Settings) {
			for _, f := range field.Check(n.Settings, []byte(e.Settings)) {
				c.add(at+".settings", "wrong_type", "the example's settings do not fit: %s", f.Message)
			}
		}
		object("document", e.Document)
		object("result", e.Result)
	}
}

func (c *checker) ports(path string, n *Node, word *regexp.Regexp) {
	seen := map[string]bool{}
	for i, p := range n.Outputs {
		at := index(path+".outputs", i)
		c.once(seen, at+".name", p.Name)
		c.name(at+".name", p.Name, word, "small letters, digits and _, a letter first, at most 31")
		c.need(at+".title.zh", p.Title.ZH)
		if p.Name == node.ErrorPort {
			c.add(at+".name", "not_allowed", "every node has the port %s; it is not declared", node.ErrorPort)
		}
	}
	has := func(of []field.Setting, key string, kind field.Kind) *field.Setting {
		if at := slices.IndexFunc(of, func(s field.Setting) bool { return s.Key == key && s.Kind == kind }); at >= 0 {
			return &of[at]
		}
		return nil
	}
	if n.OutputsFrom == "" {
		return
	}
	list := has(n.Settings, n.OutputsFrom, field.List)
	if list == nil || has(list.Items, node.PortName, field.PlainText) == nil || has(list.Items, node.PortTitle, field.PlainText) == nil {
		c.add(path+".outputsFrom", "unknown_field", "%s is no list setting whose elements have the texts %s and %s", n.OutputsFrom, node.PortName, node.PortTitle)
	}
}

// plainOnly reports settings that the engine would have to compile, and secrets.
func (c *checker) plainOnly(path string, declared []field.Setting) {
	for i := range declared {
		s, at := &declared[i], index(path, i)
		if !slices.Contains(accountKinds(), s.Kind) {
			c.add(at+".kind", "not_allowed", "a node of a plugin has no settings of kind %s", s.Kind)
		}
		if s.Secret {
			c.add(at+".secret", "not_allowed", "a node has no secrets: they belong to connections")
		}
		c.plainOnly(at+".items", s.Items)
	}
}
