package trial

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/inlet"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/access"
)

// Tested is what one document met on a walk that sends nothing.
type Tested struct {
	// Nodes are those the document reached, in the order of the walk, then those
	// that could not be tried because of a problem.
	Nodes []Node `json:"nodes"`
	// Requests are the writes that the targets would make.
	Requests []Request `json:"requests"`
}

// Node is what a node made of the document.
type Node struct {
	ID string `json:"id"`
	// Outputs are the records that left, in order; none where the document ends here.
	Outputs []Output `json:"outputs"`
	// Fault is the first failure, its path within the record; or the problem of a
	// node that could not be tried, its path within the flow.
	Fault *fault.Fault `json:"fault,omitempty"`
}

// Output is a record on a port; "" is the only port of a source.
type Output struct {
	Port string          `json:"port"`
	Body json.RawMessage `json:"body"`
}

// Request is a write call that was not made.
type Request struct {
	Node       string         `json:"node"`
	Connection string         `json:"connection"`
	Operation  string         `json:"operation"`
	Mode       connector.Mode `json:"mode"`
	// Keys are the target keys of the rows.
	Keys []string `json:"keys"`
	// Body is the call's parameters with its rows in their place.
	Body json.RawMessage `json:"body"`
}

// Test walks one record through a draft as a run would, from a source (the record
// as it would be stored) or from a node behind one (the record as it would arrive),
// up to the targets, or to the node until where that is not "". No connection is opened
// and nothing is stored. Nodes with problems are left out; a problem of the flow as a whole
// is a *ProblemsError.
func (s *Service) Test(ctx context.Context, document []byte, nodeID, until string, sample []byte) (Tested, error) {
	caller, err := access.Here(ctx, access.Edit)
	if err != nil {
		return Tested{}, err
	}
	doc, err := read(document)
	if err != nil {
		return Tested{}, err
	}
	if err := has(doc, nodeID); err != nil {
		return Tested{}, err
	}
	if err := record(sample); err != nil {
		return Tested{}, err
	}
	var within map[string]bool
	if until != "" {
		if within, err = upTo(doc, nodeID, until); err != nil {
			return Tested{}, err
		}
	}
	compiled, broken, err := s.ahead(ctx, caller.Workspace, doc, nodeID)
	if err != nil {
		return Tested{}, err
	}
	out := Tested{Nodes: []Node{}, Requests: []Request{}}
	if compiled != nil {
		if out, err = s.walk(ctx, caller.Workspace, compiled, nodeID, sample); err != nil {
			return Tested{}, err
		}
	}
	out.untried(doc, nodeID, broken, compiled == nil)
	if until != "" {
		// What follows was compiled all the same: what a mapping makes depends on its target.
		out.Nodes = slices.DeleteFunc(out.Nodes, func(n Node) bool { return !within[n.ID] })
		out.Requests = slices.DeleteFunc(out.Requests, func(r Request) bool { return !within[r.Node] })
	}
	return out, nil
}

// walk makes the document what the ledger would make of it, and walks it.
func (s *Service) walk(ctx context.Context, workspace ledger.ID, compiled *plan.Plan, nodeID string, sample []byte) (Tested, error) {
	src, begins := entry(compiled, nodeID)
	dry, w := s.dry(workspace, compiled, src, nodeID, sample)
	if in := compiled.Inlet(nodeID); in != nil && nodeID != "" {
		taken := inlet.Take(in, inlet.Record{Body: sample, Own: plan.Identity{Key: nodeID}, NodeID: nodeID})
		if taken.Problem != nil {
			return Tested{Nodes: []Node{{ID: nodeID, Outputs: []Output{}, Fault: faultAt(taken.Problem)}}, Requests: []Request{}}, nil
		}
		dry.Key, dry.Number = taken.Key, taken.Number
	}
	if begins {
		in, kept := pull.Identify(pull.Job{Source: src, Params: item.Of(compiled.Params), FlowID: compiled.Flow.Metadata.ID}, w, sample)
		stays := Tested{Nodes: []Node{{ID: nodeID, Outputs: []Output{}}}, Requests: []Request{}}
		switch {
		case !kept:
			return stays, nil
		case in.Problem != nil:
			stays.Nodes[0].Fault = faultAt(in.Problem)
			return stays, nil
		}
		dry.Key, dry.Number = in.Key, in.Number
	}
	seen, err := push.DryRun(ctx, dry)
	if err != nil {
		return Tested{}, err
	}
	return tested(seen), nil
}

// dry gives a walk of the record from a node on, as if a recent window of the source had brought it.
func (s *Service) dry(workspace ledger.ID, compiled *plan.Plan, src *plan.Source, nodeID string, sample []byte) (push.Dry, ledger.Window) {
	w := ledger.Window{From: ledger.At(s.Clock()), To: ledger.At(s.Clock())}
	if src != nil {
		if windows := pull.Recent(src.Window, s.Clock()); len(windows) > 0 {
			w = windows[0]
		}
	}
	return push.Dry{
		Plan: compiled, Node: nodeID, Body: sample, Clock: s.Clock, From: w.From.Time(), To: w.To.Time(),
		Lookups: s.Lookups, Workspace: workspace,
	}, w
}

// entry gives the source that a walk begins at, or one before the node where it
// begins elsewhere; nil where documents enter by inlets only.
func entry(compiled *plan.Plan, nodeID string) (src *plan.Source, begins bool) {
	for _, src := range compiled.Sources {
		if src.NodeID == nodeID {
			return src, true
		}
	}
	if len(compiled.Sources) == 0 {
		return nil, false
	}
	return compiled.Sources[0], false
}

func tested(seen push.Seen) Tested {
	out := Tested{Nodes: make([]Node, len(seen.Visits)), Requests: make([]Request, len(seen.Calls))}
	for i, v := range seen.Visits {
		out.Nodes[i] = Node{ID: v.NodeID, Outputs: make([]Output, len(v.Outputs)), Fault: v.Fault}
		for j, o := range v.Outputs {
			out.Nodes[i].Outputs[j] = Output{Port: o.Port, Body: o.Body}
		}
	}
	for i, c := range seen.Calls {
		out.Requests[i] = Request{
			Node: c.NodeID, Connection: c.Target.Connection, Operation: c.Batch.Operation, Mode: c.Batch.Mode, Keys: c.Batch.Keys,
			Body: bodyOf(c.Target.Operation.Writing.RowsKey, c.Batch),
		}
	}
	return out
}

// untried adds the nodes that could not be tried, in the document's order: those
// ahead, and all where nothing could be tried.
func (t *Tested) untried(doc *flow.Document, nodeID string, broken map[string]*fault.Fault, all bool) {
	ahead := downstream(doc, nodeID, nil)
	for _, n := range doc.Spec.Nodes {
		if f := broken[n.ID]; f != nil && (all || ahead[n.ID]) {
			t.Nodes = append(t.Nodes, Node{ID: n.ID, Outputs: []Output{}, Fault: f})
			delete(broken, n.ID)
		}
	}
}

// bodyOf puts the rows of a call among its parameters: under the member for rows,
// or the one row's members beside them.
func bodyOf(rowsKey string, batch connector.Batch) json.RawMessage {
	out := []byte{'{'}
	add := func(name string, raw []byte) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(item.AppendText(out, name), ':'), raw...)
	}
	for name, v := range item.Of(batch.Params).Fields() {
		add(name, v.Raw())
	}
	if rowsKey != "" {
		add(rowsKey, batch.Rows)
		return append(out, '}')
	}
	for row := range item.Of(batch.Rows).Elements() {
		for name, v := range row.Fields() {
			add(name, v.Raw())
		}
	}
	return append(out, '}')
}
