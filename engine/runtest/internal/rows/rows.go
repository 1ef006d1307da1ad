// Package rows has the tables of the store in memory and what is done to them
// whatever the rules say: a document's row, its revisions, deliveries and work are
// written here and nowhere else.
//
// It may import engine/ledger and its moves: never a rule's package, and only engine/runtest and its
// parts import it.
package rows

import (
	"context"
	"slices"
	"sync"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/moves"
)

// Rows are the tables that more than one part of the store reads or writes. Whoever
// touches them is between Begin and its end.
type Rows struct {
	Mu sync.Mutex
	// Last is the id that was given last.
	Last    ledger.ID
	Streams map[ledger.ID]*ledger.Stream
	Nodes   map[NodeKey]ledger.ID
	Windows map[ledger.ID]*ledger.Window
	Runs    map[ledger.ID]*ledger.Run
	Counts  map[ledger.ID]ledger.Deltas

	Documents map[ledger.ID]*ledger.Document
	Keys      map[DocumentKey]ledger.ID
	// Order has the documents of a stream by id.
	Order     map[ledger.ID][]ledger.ID
	Revisions map[ledger.ID]map[int]ledger.Revision
	Problems  map[ledger.ID]ledger.Problem
	Packs     map[ledger.ID][][]byte
	Work      map[ledger.ID]*ledger.Work
	// Covered has the documents of a work row.
	Covered map[ledger.ID]map[ledger.ID]bool

	// Deliveries are by document.
	Deliveries map[ledger.ID]map[ledger.DeliveryKey]ledger.Delivery
	Owners     map[TargetKey]ledger.DeliveryKey
	// Waits are what parked documents wait for.
	Waits map[ledger.ID]map[ledger.WaitKey]bool
	// Flows are known by their public ids.
	Flows map[PublicFlow]ledger.ID
}

// NodeKey names the stream of a node.
type NodeKey struct {
	Flow   ledger.ID
	NodeID string
}

// DocumentKey names a document.
type DocumentKey struct {
	Stream ledger.ID
	Key    string
}

// TargetKey names an object in a target.
type TargetKey struct {
	Connection    ledger.ID
	Resource, Key string
}

// PublicFlow names a flow as people do.
type PublicFlow struct {
	Workspace ledger.ID
	ID        string
}

// New gives empty tables.
func New() *Rows {
	return &Rows{
		Streams: map[ledger.ID]*ledger.Stream{}, Nodes: map[NodeKey]ledger.ID{}, Windows: map[ledger.ID]*ledger.Window{},
		Runs: map[ledger.ID]*ledger.Run{}, Counts: map[ledger.ID]ledger.Deltas{},
		Documents: map[ledger.ID]*ledger.Document{}, Keys: map[DocumentKey]ledger.ID{}, Order: map[ledger.ID][]ledger.ID{},
		Revisions: map[ledger.ID]map[int]ledger.Revision{}, Problems: map[ledger.ID]ledger.Problem{}, Packs: map[ledger.ID][][]byte{},
		Work: map[ledger.ID]*ledger.Work{}, Covered: map[ledger.ID]map[ledger.ID]bool{},
		Deliveries: map[ledger.ID]map[ledger.DeliveryKey]ledger.Delivery{}, Owners: map[TargetKey]ledger.DeliveryKey{},
		Waits: map[ledger.ID]map[ledger.WaitKey]bool{}, Flows: map[PublicFlow]ledger.ID{},
	}
}

// Begin opens a transaction: it holds the store until the given function is called.
func (r *Rows) Begin(ctx context.Context) (end func(), err error) {
	if err := ctx.Err(); err != nil {
		return func() {}, err
	}
	r.Mu.Lock()
	return r.Mu.Unlock, nil
}

// NextID gives an id that nobody has.
func (r *Rows) NextID() ledger.ID {
	r.Last++
	return r.Last
}

// Stream gives the stream of a node, which it makes where there is none.
func (r *Rows) Stream(workspace, flow ledger.ID, nodeID string) ledger.Stream {
	if id, ok := r.Nodes[NodeKey{Flow: flow, NodeID: nodeID}]; ok {
		return *r.Streams[id]
	}
	no := 1
	for node := range r.Nodes {
		if node.Flow == flow {
			no++
		}
	}
	stream := ledger.Stream{ID: r.NextID(), Workspace: workspace, Flow: flow, NodeID: nodeID, NodeNo: no}
	r.Streams[stream.ID] = &stream
	r.Nodes[NodeKey{Flow: flow, NodeID: nodeID}] = stream.ID
	return stream
}

// Must stops the program at a move that the table of moves does not have: a test that
// comes here has found a mistake of the rules.
func (r *Rows) Must(err error) {
	if err != nil {
		panic(err)
	}
}

// SetDocument writes a row and keeps the index of what a work row covers.
func (r *Rows) SetDocument(doc ledger.Document) {
	if was := r.Documents[doc.ID]; was != nil {
		r.Must(moves.Row(*was, doc))
		delete(r.Covered[was.Work], doc.ID)
	}
	r.Documents[doc.ID] = &doc
	if doc.Work != 0 {
		if r.Covered[doc.Work] == nil {
			r.Covered[doc.Work] = map[ledger.ID]bool{}
		}
		r.Covered[doc.Work][doc.ID] = true
	}
}

// Insert adds a document.
func (r *Rows) Insert(doc ledger.Document) {
	r.Keys[DocumentKey{Stream: doc.Stream, Key: doc.Key}] = doc.ID
	r.Order[doc.Stream] = append(r.Order[doc.Stream], doc.ID)
	r.SetDocument(doc)
}

// AddQueued adds the revision that waits behind the document's active one.
func (r *Rows) AddQueued(queued map[ledger.ID]ledger.Revision, doc ledger.Document) {
	if !doc.Queued() {
		return
	}
	rev := r.Revisions[doc.ID][doc.LatestRev]
	rev.Hold = rev.Hold && r.Open(rev.Window)
	queued[doc.ID] = rev
}

// SetRevision writes a revision. What was edited once stays so.
func (r *Rows) SetRevision(rev ledger.Revision) {
	if r.Revisions[rev.Document] == nil {
		r.Revisions[rev.Document] = map[int]ledger.Revision{}
	}
	if known := r.Revisions[rev.Document][rev.Rev]; known.Base != 0 {
		rev.Base, rev.Actor = known.Base, known.Actor
	}
	r.Revisions[rev.Document][rev.Rev] = rev
}

// Settle writes what both plans have in common. Whose problem is set anew or cleared
// waits for nothing any more.
func (r *Rows) Settle(work []ledger.Work, problems map[ledger.ID]ledger.Problem, cleared []ledger.ID, deltas ledger.Deltas) {
	for _, w := range work {
		r.Work[w.ID] = &w
	}
	for _, id := range cleared {
		delete(r.Problems, id)
		delete(r.Waits, id)
	}
	for id, problem := range problems {
		r.Problems[id] = problem
		delete(r.Waits, id)
	}
	for key, n := range deltas {
		if r.Counts[key.Run] == nil {
			r.Counts[key.Run] = ledger.Deltas{}
		}
		r.Counts[key.Run].AddAt(key.Run, key.NodeNo, key.Slot, n)
	}
}

// DropWork removes a work row.
func (r *Rows) DropWork(id ledger.ID) {
	delete(r.Work, id)
	delete(r.Covered, id)
}

// Pack keeps copies of bodies as a pack.
func (r *Rows) Pack(bodies [][]byte) ledger.ID {
	id := r.NextID()
	for _, b := range bodies {
		r.Packs[id] = append(r.Packs[id], slices.Clone(b))
	}
	return id
}

// Body gives a copy of a document's active body.
func (r *Rows) Body(doc *ledger.Document) []byte {
	return slices.Clone(r.Packs[doc.Pack][doc.PackNo])
}

// Open reports whether a window is still being read. What was held by one that was
// split was withdrawn.
func (r *Rows) Open(id ledger.ID) bool {
	w := r.Windows[id]
	return w != nil && w.State == ledger.WindowOpen
}
