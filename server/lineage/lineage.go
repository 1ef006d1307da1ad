// Package lineage shows where a document came from and what became of it over several
// flows: hand-overs, bills, what was written for it and what was told of it.
//
// It may import server/access and engine/ledger only: never a database, HTTP or
// another service.
package lineage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/access"
)

// How much of a lineage is shown.
const (
	MaxNodes = 200
	MaxHops  = 8
)

// The kinds of nodes.
const (
	// Document is a document of a flow, Delivery one write to a target, Errand a call that
	// was made after a walk.
	Document = "document"
	Delivery = "delivery"
	Errand   = "errand"
)

// The kinds of edges.
const (
	// Handed leads to the document of another flow, Grouped to a bill, Written to a
	// delivery, Told to a call that told of it.
	Handed  = "handed"
	Grouped = "grouped"
	Written = "written"
	Told    = "told"
)

// Node is a document, a delivery or a call.
type Node struct {
	ID, Kind string
	// Document is the one that it is or belongs to.
	Document ledger.ID
	// Hop counts the documents between, negative towards the sources; deliveries and calls
	// have that of their document.
	Hop             int
	Flow, FlowTitle string
	// Node is the node of the flow, Version the number of its version that the document is
	// pinned to.
	Node    string
	Version int
	// Label is a number, else a key; of a call its operation.
	Label, State string
	Connection   string
	// Bill says that a group made the document.
	Bill bool
}

// Edge leads from what was first to what came of it.
type Edge struct {
	From, To, Kind string
	// Node is the node by which it came to be, in the flow of From.
	Node string
}

// Graph is the lineage of one document.
type Graph struct {
	// Root is the node of the document that was asked about.
	Root  string
	Nodes []Node
	Edges []Edge
	// CutNodes and CutHops say that there is more: too many nodes, or too far away.
	CutNodes, CutHops bool
}

// Link is a way between two documents.
type Link struct {
	From, To ledger.ID
	Kind     string
	// NodeNo is the writeback that handed over, 0 for none; Delivery the write that it told of.
	NodeNo   int
	Delivery *Part
}

// Part names a delivery of a document.
type Part struct{ NodeNo, Part int }

// End is a delivery or a call of a document.
type End struct {
	Document ledger.ID
	// Kind is Delivery or Errand.
	Kind string
	// Of names a delivery, ID a call.
	Of                             Part
	ID                             ledger.ID
	Node, Label, State, Connection string
	// WrittenBy is the write that a call told of, nil where it told of none.
	WrittenBy *Part
}

// Store reads the ledger.
type Store interface {
	// Documents gives those of some documents of a workspace that are there, by their ids,
	// without Hop.
	Documents(ctx context.Context, workspace ledger.ID, ids []ledger.ID) (map[ledger.ID]Node, error)
	// Links gives the ways from or to documents, at most so many; those to the newest first.
	Links(ctx context.Context, documents []ledger.ID, down bool, most int) ([]Link, error)
	// Ends gives the deliveries and the calls of documents, at most so many of each.
	Ends(ctx context.Context, documents []ledger.ID, most int) ([]End, error)
	// NodeNames gives the names of flows' nodes by the documents that walk there.
	NodeNames(ctx context.Context, documents []ledger.ID) (map[ledger.ID]map[int]string, error)
}

// Service shows lineages.
type Service struct{ Store Store }

// New makes a Service.
func New(store Store) *Service { return &Service{store} }

// Of gives the lineage of a document in both directions. A way that leads back to where it
// began is shown, and followed once.
func (s *Service) Of(ctx context.Context, document string) (Graph, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return Graph{}, err
	}
	id, err := strconv.ParseInt(document, 10, 64)
	if err != nil {
		return Graph{}, access.Missing()
	}
	w := &walk{Store: s.Store, workspace: p.Workspace, root: ledger.ID(id), docs: map[ledger.ID]Node{}, links: map[string]Link{}}
	graph, err := w.graph(ctx)
	if errors.Is(err, ledger.ErrNotFound) {
		return Graph{}, access.Missing()
	}
	return graph, err
}

// walk is the making of one graph.
type walk struct {
	Store

	workspace ledger.ID
	root      ledger.ID
	docs      map[ledger.ID]Node
	links     map[string]Link
	out       Graph
}

func (w *walk) graph(ctx context.Context) (Graph, error) {
	found, err := w.Documents(ctx, w.workspace, []ledger.ID{w.root})
	if err != nil {
		return Graph{}, err
	}
	if len(found) == 0 {
		return Graph{}, ledger.ErrNotFound
	}
	w.docs[w.root] = found[w.root]
	for _, down := range []bool{false, true} {
		if err := w.follow(ctx, down); err != nil {
			return Graph{}, err
		}
	}
	return w.out, w.draw(ctx)
}

// follow goes from the root one way, hop by hop.
func (w *walk) follow(ctx context.Context, down bool) error {
	// Half of the room is the sources', so that many of them leave some for what came of it.
	room := MaxNodes
	if !down {
		room = MaxNodes / 2
	}
	seen := map[ledger.ID]bool{w.root: true}
	for front, hop := []ledger.ID{w.root}, 1; len(front) > 0; hop++ {
		links, err := w.Links(ctx, front, down, MaxNodes+1)
		if err != nil {
			return err
		}
		next := w.met(links, seen, hop > MaxHops, down)
		w.out.CutNodes = w.out.CutNodes || len(links) > MaxNodes
		if front, err = w.take(ctx, next, hop, down, room); err != nil {
			return err
		}
	}
	return nil
}

// met notes links and gives the documents at their other ends that were not seen yet. What
// is too far away is met only where it is in the graph already.
func (w *walk) met(links []Link, seen map[ledger.ID]bool, far, down bool) []ledger.ID {
	var next []ledger.ID
	for _, l := range links {
		to := l.From
		if down {
			to = l.To
		}
		if _, known := w.docs[to]; far && !known {
			w.out.CutHops = true
			continue
		}
		if !seen[to] {
			seen[to] = true
			next = append(next, to)
		}
		w.links[fmt.Sprint(l.From, l.To, l.Kind, l.NodeNo)] = l
	}
	return next
}

// take adds documents as far as there is room, and gives those that are to be followed.
func (w *walk) take(ctx context.Context, ids []ledger.ID, hop int, down bool, room int) ([]ledger.ID, error) {
	found, err := w.Documents(ctx, w.workspace, ids)
	if err != nil {
		return nil, err
	}
	if !down {
		hop = -hop
	}
	var front []ledger.ID
	for _, id := range ids {
		n, there := found[id]
		if _, known := w.docs[id]; known || !there {
			if known {
				front = append(front, id) // it is met again from the other side
			}
			continue
		}
		if len(w.docs) >= room {
			w.out.CutNodes = true
			continue
		}
		n.Hop = hop
		w.docs[id] = n
		front = append(front, id)
	}
	return front, nil
}

// draw makes nodes and edges of what was found.
func (w *walk) draw(ctx context.Context) error {
	// What is near the root comes first, because the room may end.
	ids := slices.SortedFunc(maps.Keys(w.docs), func(a, b ledger.ID) int {
		return cmp.Or(cmp.Compare(far(w.docs[a].Hop), far(w.docs[b].Hop)), cmp.Compare(a, b))
	})
	for _, id := range ids {
		w.out.Nodes = append(w.out.Nodes, w.docs[id])
	}
	w.out.Root = w.docs[w.root].ID
	ends, err := w.Ends(ctx, ids, MaxNodes+1)
	if err != nil {
		return err
	}
	names, err := w.NodeNames(ctx, ids)
	if err != nil {
		return err
	}
	order := map[ledger.ID]int{}
	for i, id := range ids {
		order[id] = i
	}
	slices.SortStableFunc(ends, func(a, b End) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(order[a.Document], order[b.Document]))
	})
	written := map[string]bool{}
	for _, e := range ends {
		w.end(e, written)
	}
	for _, key := range slices.Sorted(maps.Keys(w.links)) {
		l := w.links[key]
		from, to := w.docs[l.From], w.docs[l.To]
		if from.ID == "" || to.ID == "" {
			continue // there was no room for one of them
		}
		edge := Edge{From: from.ID, To: to.ID, Kind: l.Kind, Node: names[l.From][l.NodeNo]}
		if l.Delivery != nil && written[deliveryID(l.From, *l.Delivery)] {
			edge.From = deliveryID(l.From, *l.Delivery)
		}
		w.out.Edges = append(w.out.Edges, edge)
	}
	return nil
}

func far(hop int) int { return max(hop, -hop) }

func deliveryID(document ledger.ID, p Part) string {
	return fmt.Sprintf("w%d.%d.%d", document, p.NodeNo, p.Part)
}

// end adds a delivery or a call.
func (w *walk) end(e End, written map[string]bool) {
	if len(w.out.Nodes) >= MaxNodes {
		w.out.CutNodes = true
		return
	}
	of := w.docs[e.Document]
	n := Node{
		Kind: e.Kind, Document: e.Document, Hop: of.Hop, Flow: of.Flow, FlowTitle: of.FlowTitle, Version: of.Version,
		Node: e.Node, Label: e.Label, State: e.State, Connection: e.Connection,
	}
	edge := Edge{From: of.ID, Kind: Written, Node: e.Node}
	if e.Kind == Delivery {
		n.ID = deliveryID(e.Document, e.Of)
		written[n.ID] = true
	} else {
		n.ID, edge.Kind = fmt.Sprint("e", e.ID), Told
		if e.WrittenBy != nil && written[deliveryID(e.Document, *e.WrittenBy)] {
			edge.From = deliveryID(e.Document, *e.WrittenBy)
		}
	}
	edge.To = n.ID
	w.out.Nodes, w.out.Edges = append(w.out.Nodes, n), append(w.out.Edges, edge)
}
