package trial

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/fault"
)

// part is a piece of a flow that is compiled by itself, so that what is not drawn
// yet elsewhere does not stand in the way.
type part struct {
	doc *flow.Document
	// nodes and edges are the places in the whole document.
	nodes, edges []int
}

// cut takes the nodes with these ids and the edges between them. What starts a
// flow is left out. A flow needs a sink, so the part has a loose one.
func cut(whole *flow.Document, keep map[string]bool) part {
	doc := *whole
	doc.Spec.Triggers, doc.Spec.Layout, doc.Spec.Nodes, doc.Spec.Edges = nil, nil, nil, nil
	p := part{doc: &doc}
	loose := "loose_end"
	for i, n := range whole.Spec.Nodes {
		if keep[n.ID] {
			doc.Spec.Nodes, p.nodes = append(doc.Spec.Nodes, n), append(p.nodes, i)
		}
		if n.ID == loose {
			loose += "_"
		}
	}
	doc.Spec.Nodes = append(doc.Spec.Nodes, flow.Node{ID: loose, Type: "discard"})
	for i, e := range whole.Spec.Edges {
		if keep[flow.SplitEnd(e.From).Node] && keep[flow.SplitEnd(e.To).Node] {
			doc.Spec.Edges, p.edges = append(doc.Spec.Edges, e), append(p.edges, i)
		}
	}
	return p
}

// whole gives a problem of the part with its place in the whole document, and the
// node it belongs to: "" where it belongs to none. A bad edge belongs to the node
// it leads to. It is false for a problem of the loose sink.
func (p part) whole(problem flow.Problem) (moved flow.Problem, owner string, ok bool) {
	found := regexp.MustCompile(`^spec\.(nodes|edges)\[(\d+)\](.*)$`).FindStringSubmatch(problem.Path)
	if found == nil {
		return problem, "", true
	}
	at, _ := strconv.Atoi(found[2]) // the pattern lets digits pass only
	places := p.nodes
	switch {
	case found[1] == "edges":
		places, owner = p.edges, flow.SplitEnd(p.doc.Spec.Edges[at].To).Node
	case at == len(p.nodes):
		return problem, "", false
	default:
		owner = p.doc.Spec.Nodes[at].ID
	}
	problem.Path = "spec." + found[1] + "[" + strconv.Itoa(places[at]) + "]" + found[3]
	return problem, owner, true
}

// upstream gives a node and all from which it can be reached.
func upstream(doc *flow.Document, id string) map[string]bool {
	return reach(doc, id, func(from, to string) (string, string) { return to, from })
}

// downstream gives a node and all that it reaches on ways that avoid some nodes.
func downstream(doc *flow.Document, id string, avoid map[string]*fault.Fault) map[string]bool {
	return reach(doc, id, func(from, to string) (string, string) {
		if avoid[to] != nil {
			to = from
		}
		return from, to
	})
}

// reach follows edges from a node; way gives the ends of an edge in the direction of the search.
func reach(doc *flow.Document, id string, way func(from, to string) (here, there string)) map[string]bool {
	next := map[string][]string{}
	for _, e := range doc.Spec.Edges {
		here, there := way(flow.SplitEnd(e.From).Node, flow.SplitEnd(e.To).Node)
		next[here] = append(next[here], there)
	}
	seen := map[string]bool{id: true}
	for queue := []string{id}; len(queue) > 0; queue = queue[1:] {
		for _, n := range next[queue[0]] {
			if !seen[n] {
				seen[n] = true
				queue = append(queue, n)
			}
		}
	}
	return seen
}

// upTo gives the nodes that a walk passes on its way to a node, with the node itself.
func upTo(doc *flow.Document, from, until string) (map[string]bool, error) {
	if err := has(doc, until); err != nil {
		return nil, fault.From(err).At("until")
	}
	before := upstream(doc, until)
	if !before[from] {
		return nil, fault.New("trial.not_before", "what starts at %s does not come to %s", from, until).At("until").Classed(fault.Config)
	}
	return before, nil
}

// source compiles a source with what stands before it.
func (s *Service) source(ctx context.Context, workspace ledger.ID, doc *flow.Document, id string) (*plan.Plan, *plan.Source, error) {
	p := cut(doc, upstream(doc, id))
	compiled, problems := s.Compiler.Compile(ctx, workspace, p.doc)
	switch {
	case slices.ContainsFunc(problems, func(p flow.Problem) bool { return p.Code == "flow.no_source" }):
	case compiled == nil:
		return nil, nil, p.refuse(problems)
	default:
		if src, ok := entry(compiled, id); ok {
			return compiled, src, nil
		}
	}
	return nil, nil, fault.New("trial.not_a_source", "%s is not a source", id).At("node").Classed(fault.Config)
}

// refuse gives the problems of the part as those of the whole.
func (p part) refuse(problems []flow.Problem) error {
	refused := &ProblemsError{}
	for _, problem := range problems {
		if problem, _, ok := p.whole(problem); ok {
			refused.Problems = append(refused.Problems, problem)
		}
	}
	return refused
}

// ahead compiles a node and what follows it. Nodes with a problem that blocks are
// left out and given with it: the rest of a half-drawn flow can be tried. The plan
// is nil where nothing is left to try; the error is a problem of no single node.
func (s *Service) ahead(ctx context.Context, workspace ledger.ID, doc *flow.Document, id string) (*plan.Plan, map[string]*fault.Fault, error) {
	broken := map[string]*fault.Fault{}
	for {
		// A flow needs a source, so what stands before the node is compiled as well.
		keep := upstream(doc, id)
		maps.DeleteFunc(keep, func(n string, _ bool) bool { return broken[n] != nil })
		maps.Copy(keep, downstream(doc, id, broken))
		p := cut(doc, keep)
		compiled, problems := s.Compiler.Compile(ctx, workspace, p.doc)
		if compiled != nil {
			return compiled, broken, nil
		}
		before := len(broken)
		for _, problem := range problems {
			whole, owner, _ := p.whole(problem)
			if problem.Blocking && owner != "" && broken[owner] == nil {
				broken[owner] = faultOf(whole)
			}
		}
		switch {
		case len(broken) > before:
		case before > 0:
			return nil, broken, nil // the flow lacks what was left out
		default:
			return nil, nil, p.refuse(problems)
		}
	}
}

// has refuses an id that no node has.
func has(doc *flow.Document, id string) error {
	if id == "" || !slices.ContainsFunc(doc.Spec.Nodes, func(n flow.Node) bool { return n.ID == id }) {
		return fault.New("trial.no_such_node", "the flow has no node %s", id).At("node").Classed(fault.Config)
	}
	return nil
}
