package flow

import (
	"cmp"
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/node"
)

// Types gives node types by their id.
type Types interface {
	Type(name string) (node.Type, bool)
}

// Pinned are Types of which some come with plugins, in the versions that a flow pins.
type Pinned interface {
	Types
	// For gives the types as a flow sees them that pins these versions, by the plugins' ids.
	For(pins map[string]string) Types
}

// Explaining are Types that know why there is none of a name.
type Explaining interface {
	// Missing gives nil where nothing more is known than that there is none.
	Missing(name string) *fault.Fault
}

// TypesFor gives the types as a document sees them.
func TypesFor(doc *Document, types Types) Types { //nolint:ireturn // they are the caller's
	if p, ok := types.(Pinned); ok {
		return p.For(doc.Spec.Connectors)
	}
	return types
}

// TypeMap is Types from a list.
type TypeMap map[string]node.Type

// NewTypes indexes node types by their id. Of repeated ids the last counts.
func NewTypes(types ...node.Type) TypeMap {
	m := TypeMap{}
	for _, t := range types {
		m[t.Declaration().Type] = t
	}
	return m
}

// Type implements Types.
func (m TypeMap) Type(name string) (node.Type, bool) {
	t, ok := m[name]
	return t, ok
}

// Endpoint is a port of a node. Ports are resolved: never "" but for nodes of unknown type.
type Endpoint struct{ Node, Port string }

// Link is an edge between two known nodes, its ports resolved.
type Link struct {
	From, To Endpoint
	// Index is the edge's place in spec.edges.
	Index int
}

// Graph is the nodes and edges of a document. Edges with an end that does not
// exist and nodes that repeat an id are left out, so that a document with
// problems has a graph too. A Graph is not changed after it was made and is safe
// for concurrent use.
type Graph struct {
	ids   []string
	index map[string]int // id -> place in spec.nodes
	// decls are as the nodes' settings make them; first are the outputs that edges
	// without a port begin at, those of the types.
	decls map[string]node.Declaration
	first map[string]string
	links []Link
	out   map[string][]Link
	in    map[string][]Link
}

// NewGraph reads the graph of a document.
func NewGraph(doc *Document, types Types) *Graph {
	types = TypesFor(doc, types)
	g := &Graph{
		index: map[string]int{}, decls: map[string]node.Declaration{}, first: map[string]string{},
		out: map[string][]Link{}, in: map[string][]Link{},
	}
	for i, n := range doc.Spec.Nodes {
		if _, repeated := g.index[n.ID]; repeated || n.ID == "" {
			continue
		}
		g.ids = append(g.ids, n.ID)
		g.index[n.ID] = i
		if t, ok := types.Type(n.Type); ok {
			d := t.Declaration()
			g.first[n.ID] = orFirst("", d.Outputs)
			d.Outputs = d.OutputsOf(n.Settings)
			g.decls[n.ID] = d
		}
	}
	for i, e := range doc.Spec.Edges {
		from, to := SplitEnd(e.From), SplitEnd(e.To)
		_, okFrom := g.index[from.Node]
		_, okTo := g.index[to.Node]
		if !okFrom || !okTo {
			continue
		}
		from.Port = cmp.Or(from.Port, g.first[from.Node])
		to.Port = orFirst(to.Port, g.decls[to.Node].Inputs)
		link := Link{from, to, i}
		g.links = append(g.links, link)
		g.out[from.Node] = append(g.out[from.Node], link)
		g.in[to.Node] = append(g.in[to.Node], link)
	}
	return g
}

// SplitEnd reads "id" or "id.port".
func SplitEnd(end string) Endpoint {
	id, port, _ := strings.Cut(end, ".")
	return Endpoint{id, port}
}

func orFirst(port string, declared []node.Port) string {
	if port == "" && len(declared) > 0 {
		return declared[0].Name
	}
	return port
}

// IDs gives the nodes in the document's order.
func (g *Graph) IDs() []string { return slices.Clone(g.ids) }

// Index gives a node's place in spec.nodes.
func (g *Graph) Index(id string) (int, bool) {
	i, ok := g.index[id]
	return i, ok
}

// Declaration gives a node's declaration, with the outputs that its settings give
// it; false for unknown nodes and types.
func (g *Graph) Declaration(id string) (node.Declaration, bool) {
	d, ok := g.decls[id]
	return d, ok
}

// Links gives the edges in the document's order.
func (g *Graph) Links() []Link { return slices.Clone(g.links) }

// DefaultPort gives the output that an edge without a port begins at: the first
// that the node's type declares, "" where it declares none.
func (g *Graph) DefaultPort(id string) string { return g.first[id] }

// Successors gives where the edges of an output port lead, in the document's
// order; port "" means the default port.
func (g *Graph) Successors(id, port string) []Endpoint {
	port = cmp.Or(port, g.first[id])
	var out []Endpoint
	for _, l := range g.out[id] {
		if l.From.Port == port {
			out = append(out, l.To)
		}
	}
	return out
}

// Out gives the edges that leave a node by any port.
func (g *Graph) Out(id string) []Link { return slices.Clone(g.out[id]) }

// In gives the edges that enter a node.
func (g *Graph) In(id string) []Link { return slices.Clone(g.in[id]) }

// Having gives the nodes whose declaration passes, in the document's order.
func (g *Graph) Having(test func(node.Declaration) bool) []string {
	var out []string
	for _, id := range g.ids {
		if d, ok := g.decls[id]; ok && test(d) {
			out = append(out, id)
		}
	}
	return out
}

// Sources gives the nodes where documents enter the flow.
func (g *Graph) Sources() []string {
	return g.Having(func(d node.Declaration) bool {
		return d.Kind == node.Pull && slices.ContainsFunc(d.Outputs, isDocuments)
	})
}

// Inlets gives the sources where documents of other flows enter.
func (g *Graph) Inlets() []string {
	return g.Having(func(d node.Declaration) bool { return d.Role == node.Inlet })
}

// Sinks gives the nodes where documents leave the flow.
func (g *Graph) Sinks() []string {
	return g.Having(func(d node.Declaration) bool { return d.Kind == node.Sink })
}

// Downstream gives every node that can be reached from id, without id itself
// unless it lies on a cycle.
func (g *Graph) Downstream(id string) map[string]bool {
	return reach(id, g.out, func(l Link) string { return l.To.Node })
}

// Upstream gives every node from which id can be reached.
func (g *Graph) Upstream(id string) map[string]bool {
	return reach(id, g.in, func(l Link) string { return l.From.Node })
}

func reach(id string, links map[string][]Link, next func(Link) string) map[string]bool {
	seen, queue := map[string]bool{}, []string{id}
	for len(queue) > 0 {
		here := queue[0]
		queue = queue[1:]
		for _, l := range links[here] {
			if n := next(l); !seen[n] {
				seen[n] = true
				queue = append(queue, n)
			}
		}
	}
	return seen
}

// Order gives the nodes so that every edge leads forward, in the document's
// order where the edges leave it open. Nodes on or behind a cycle are missing.
func (g *Graph) Order() []string {
	waits := map[string]int{}
	for _, l := range g.links {
		waits[l.To.Node]++
	}
	place := make(map[string]int, len(g.ids))
	var free []int // places of nodes that wait for nothing, sorted
	for i, id := range g.ids {
		place[id] = i
		if waits[id] == 0 {
			free = append(free, i)
		}
	}
	var order []string
	for len(free) > 0 {
		id := g.ids[free[0]]
		free = free[1:]
		order = append(order, id)
		for _, l := range g.out[id] {
			if waits[l.To.Node]--; waits[l.To.Node] == 0 {
				at, _ := slices.BinarySearch(free, place[l.To.Node])
				free = slices.Insert(free, at, place[l.To.Node])
			}
		}
	}
	return order
}

// Cycles gives one shortest cycle for each group of nodes that can all reach each
// other, beginning with its first node in the document's order.
func (g *Graph) Cycles() [][]Link {
	var cycles [][]Link
	taken := map[string]bool{}
	for _, id := range g.Order() {
		taken[id] = true // on no cycle
	}
	for _, id := range g.ids {
		if taken[id] {
			continue
		}
		down := g.Downstream(id)
		if !down[id] {
			continue
		}
		up := g.Upstream(id)
		for other := range down {
			taken[other] = taken[other] || up[other]
		}
		cycles = append(cycles, g.shortest(id))
	}
	return cycles
}

// shortest gives the shortest way from id back to itself.
func (g *Graph) shortest(id string) []Link {
	came := map[string]Link{}
	queue := []string{id}
	for len(queue) > 0 {
		here := queue[0]
		queue = queue[1:]
		for _, l := range g.out[here] {
			if _, seen := came[l.To.Node]; !seen {
				came[l.To.Node] = l
				queue = append(queue, l.To.Node)
			}
		}
	}
	way := []Link{came[id]}
	for way[0].From.Node != id {
		way = slices.Insert(way, 0, came[way[0].From.Node])
	}
	return way
}

// PullChain gives the window and the paginate node before a source, "" where
// there is none. Of several the first counts.
func (g *Graph) PullChain(source string) (window, paginate string) {
	up := g.Upstream(source)
	for _, id := range g.ids {
		if !up[id] {
			continue
		}
		switch g.decls[id].Role {
		case node.Window:
			window = cmp.Or(window, id)
		case node.Paginate:
			paginate = cmp.Or(paginate, id)
		default:
		}
	}
	return window, paginate
}

func isDocuments(p node.Port) bool { return p.Traffic == node.Documents }

// hasErrorPort reports whether a node handles documents and so has the error port.
func hasErrorPort(d node.Declaration) bool {
	return slices.ContainsFunc(d.Inputs, isDocuments) || slices.ContainsFunc(d.Outputs, isDocuments)
}

// Ports gives a node's output ports, the error port behind the declared ones.
func Ports(d node.Declaration) []node.Port {
	if !hasErrorPort(d) {
		return d.Outputs
	}
	return append(slices.Clone(d.Outputs), node.Port{Name: node.ErrorPort, Traffic: node.Documents})
}
