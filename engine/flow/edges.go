package flow

import (
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

func (v *validator) edges() {
	seen := map[Link]bool{}
	links := map[int]Link{}
	for _, l := range v.graph.Links() {
		links[l.Index] = l
	}
	for i, e := range v.doc.Spec.Edges {
		path := at("spec.edges", i)
		okFrom := v.end(path+".from", e.From, unreadable(e.Extra, "from"))
		okTo := v.end(path+".to", e.To, unreadable(e.Extra, "to"))
		if !okFrom || !okTo {
			continue
		}
		l := links[i]
		if l.From.Node == l.To.Node {
			v.block(path, "edge.self", "{id} leads to itself", "id", l.From.Node)
			continue
		}
		l.Index = 0
		if seen[l] {
			v.block(path, "edge.duplicate", "{from} leads to {to} already", "from", e.From, "to", e.To)
			continue
		}
		seen[l] = true
		v.fits(path, l)
	}
}

func (v *validator) end(path, end string, unread bool) bool {
	if unread {
		return false
	}
	id := SplitEnd(end).Node
	if _, ok := v.graph.Index(id); !ok || id == "" {
		v.block(path, "edge.dangling", "there is no node {id}", "id", `"`+id+`"`)
		return false
	}
	return true
}

// fits compares the ports of an edge.
func (v *validator) fits(path string, l Link) {
	from, okFrom := v.graph.Declaration(l.From.Node)
	to, okTo := v.graph.Declaration(l.To.Node)
	var out, in *node.Port
	if okFrom {
		out = v.port(path+".from", l.From, Ports(from), "output")
	}
	if okTo {
		in = v.port(path+".to", l.To, to.Inputs, "input")
	}
	if out != nil && in != nil && out.Traffic != in.Traffic {
		v.block(path, "edge.port_mismatch", "{from} gives {gives}, but {to} takes {takes}",
			"from", l.From.Node+"."+l.From.Port, "gives", traffic(out), "to", l.To.Node, "takes", traffic(in))
	}
}

func traffic(p *node.Port) string {
	if p.Traffic == node.Requests {
		return "requests"
	}
	return "documents"
}

func (v *validator) port(path string, end Endpoint, ports []node.Port, side string) *node.Port {
	at := slices.IndexFunc(ports, func(p node.Port) bool { return p.Name == end.Port })
	if at >= 0 {
		return &ports[at]
	}
	if len(ports) == 0 {
		v.block(path, "edge.no_port", "{id} has no {side}", "id", end.Node, "side", side)
		return nil
	}
	names := make([]string, len(ports))
	for i, p := range ports {
		names[i] = p.Name
	}
	v.block(path, "edge.unknown_port", "{id} has no {side} named {port}", "id", end.Node, "side", side, "port", `"`+end.Port+`"`).Hint =
		"ports: " + strings.Join(names, ", ")
	return nil
}

// shape checks the graph as a whole.
func (v *validator) shape() {
	for _, cycle := range v.graph.Cycles() {
		if len(cycle) == 1 {
			continue // reported as an edge to itself
		}
		way := []string{cycle[0].From.Node}
		for _, l := range cycle {
			way = append(way, l.To.Node)
		}
		v.block(at("spec.edges", cycle[len(cycle)-1].Index), CodeCycle, "the flow runs in a circle: {cycle}", "cycle", strings.Join(way, " → "))
	}
	sources, sinks := v.graph.Sources(), v.graph.Sinks()
	if len(sources) == 0 {
		v.block("spec.nodes", "flow.no_source", "the flow has no source")
	}
	if len(sinks) == 0 {
		v.block("spec.nodes", "flow.no_sink", "the flow has no target").Hint = "add a target, or a discard node to collect only"
	}
	v.pullSide(sources)
	v.reached(sources)
	v.writebacks()
}

// pullSide holds each source to at most one window, then at most one paginate, not shared.
func (v *validator) pullSide(sources []string) {
	isPull := func(d node.Declaration) bool { return d.Role == node.Window || d.Role == node.Paginate }
	for _, id := range v.graph.Having(isPull) {
		path := v.path(id)
		if out := v.graph.Out(id); len(out) > 1 {
			v.block(path, "pull.shared", "{id} leads to several nodes; each source has its own", "id", id)
		}
		down := v.graph.Downstream(id)
		if !slices.ContainsFunc(sources, func(s string) bool { return down[s] }) {
			v.warn(path, "node.unreachable", "{id} leads to no source", "id", id)
		}
		v.oneRequest(path, id)
		for _, l := range v.graph.In(id) {
			d, _ := v.graph.Declaration(id)
			before, _ := v.graph.Declaration(l.From.Node)
			if d.Role == before.Role && l.From.Node != id {
				v.block(path, "pull.repeated", "a source has at most one {role} before it", "role", string(d.Role))
			}
		}
	}
	for _, id := range sources {
		v.oneRequest(v.path(id), id)
	}
}

func (v *validator) oneRequest(path, id string) {
	requests := 0
	for _, l := range v.graph.In(id) {
		if d, ok := v.graph.Declaration(l.From.Node); ok && d.Kind == node.Pull {
			requests++
		}
	}
	if requests > 1 {
		v.block(path, "pull.joined", "several nodes lead to {id}; it takes at most one", "id", id)
	}
}

// reached warns of nodes that no document ever enters, and of ways that end nowhere.
func (v *validator) reached(sources []string) {
	seen := map[string]bool{}
	for _, s := range sources {
		seen[s] = true
		for id := range v.graph.Downstream(s) {
			seen[id] = true
		}
	}
	for _, id := range v.graph.IDs() {
		d, ok := v.graph.Declaration(id)
		switch {
		case !ok || d.Role == node.Window || d.Role == node.Paginate:
		case !seen[id]:
			v.warn(v.path(id), "node.unreachable", "no source leads to {id}", "id", id)
		case d.Kind != node.Sink && len(v.graph.Out(id)) == 0:
			v.warn(v.path(id), "node.dead_end", "nothing follows {id}: its documents count as filtered", "id", id)
		}
	}
}

// writebacks need a target before them, whose answer they keep or tell of. One that only
// hands over may follow any node.
func (v *validator) writebacks() {
	for _, id := range v.graph.Having(func(d node.Declaration) bool { return d.Role == node.Writeback }) {
		i, _ := v.graph.Index(id)
		settings := item.Of(v.doc.Spec.Nodes[i].Settings)
		hands := !settings.Field("to").Blank() && settings.Field("store").Blank() && settings.Field("operation").Blank()
		if !hands && !v.graph.follows(id, node.Target) {
			v.block(v.path(id), "writeback.no_target", "{id} follows no target", "id", id)
		}
	}
}

// follows reports whether a node of the role leads to id.
func (g *Graph) follows(id string, role node.Role) bool {
	for other := range g.Upstream(id) {
		if g.decls[other].Role == role {
			return true
		}
	}
	return false
}

func (v *validator) path(id string) string {
	i, _ := v.graph.Index(id)
	return at("spec.nodes", i)
}
