package runtest

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/karezflow/karez/engine/ledger"
)

// Memory is a Store in memory. One mutex makes every method atomic, so that it is
// safe for concurrent use. It keeps copies of the bytes it is given and gives
// copies away. A method whose context is over fails and changes nothing.
type Memory struct {
	mu      sync.Mutex
	last    ledger.ID
	streams map[ledger.ID]*ledger.Stream
	nodes   map[nodeKey]ledger.ID
	windows map[ledger.ID]*ledger.Window
	runs    map[ledger.ID]*ledger.Run
	counts  map[ledger.ID]ledger.Deltas

	documents map[ledger.ID]*ledger.Document
	keys      map[documentKey]ledger.ID
	// order has the documents of a stream by id.
	order     map[ledger.ID][]ledger.ID
	revisions map[ledger.ID]map[int]ledger.Revision
	problems  map[ledger.ID]ledger.Problem
	packs     map[ledger.ID][][]byte
	work      map[ledger.ID]*ledger.Work
	// covered has the documents of a work row.
	covered map[ledger.ID]map[ledger.ID]bool

	// deliveries are by document.
	deliveries map[ledger.ID]map[ledger.DeliveryKey]ledger.Delivery
	history    map[ledger.ID][]ledger.Delivery
	owners     map[targetKey]ledger.DeliveryKey
	calls      map[ledger.ID]ledger.Call
	ended      map[ledger.ID]ledger.CallEnd
	probes     []ledger.Probed

	// tables are the code tables; waits what parked documents wait for.
	tables map[ledger.ID]*codeTable
	waits  map[ledger.ID]map[ledger.WaitKey]bool
	// flows are known by their public ids; indexes are by stream.
	flows   map[publicFlow]ledger.ID
	indexes map[ledger.ID]*streamIndex

	// hands are the hand-overs that were made; takers the flows that were made by CreateFlow.
	hands  map[ledger.HandKey]handed
	takers map[ledger.ID]*memoryFlow

	// groups are by their documents; groupsOf has those that a document was ever in,
	// unclosed those that are perhaps to be composed.
	groups   map[ledger.ID]*memoryGroup
	groupsOf map[ledger.ID]map[ledger.ID]bool
	unclosed map[ledger.ID]bool
}

type nodeKey struct {
	flow   ledger.ID
	nodeID string
}

type documentKey struct {
	stream ledger.ID
	key    string
}

type targetKey struct {
	connection    ledger.ID
	resource, key string
}

var (
	_ Store     = (*Memory)(nil)
	_ Historian = (*Memory)(nil)
)

// NewStore gives an empty store.
func NewStore() *Memory {
	return &Memory{
		streams: map[ledger.ID]*ledger.Stream{}, nodes: map[nodeKey]ledger.ID{}, windows: map[ledger.ID]*ledger.Window{},
		runs: map[ledger.ID]*ledger.Run{}, counts: map[ledger.ID]ledger.Deltas{},
		documents: map[ledger.ID]*ledger.Document{}, keys: map[documentKey]ledger.ID{}, order: map[ledger.ID][]ledger.ID{},
		revisions: map[ledger.ID]map[int]ledger.Revision{}, problems: map[ledger.ID]ledger.Problem{},
		packs: map[ledger.ID][][]byte{}, groups: map[ledger.ID]*memoryGroup{}, groupsOf: map[ledger.ID]map[ledger.ID]bool{}, unclosed: map[ledger.ID]bool{}, work: map[ledger.ID]*ledger.Work{}, covered: map[ledger.ID]map[ledger.ID]bool{},
		deliveries: map[ledger.ID]map[ledger.DeliveryKey]ledger.Delivery{}, history: map[ledger.ID][]ledger.Delivery{},
		owners: map[targetKey]ledger.DeliveryKey{}, calls: map[ledger.ID]ledger.Call{}, ended: map[ledger.ID]ledger.CallEnd{},
		tables: map[ledger.ID]*codeTable{}, waits: map[ledger.ID]map[ledger.WaitKey]bool{},
		flows: map[publicFlow]ledger.ID{}, indexes: map[ledger.ID]*streamIndex{},
		hands: map[ledger.HandKey]handed{}, takers: map[ledger.ID]*memoryFlow{},
	}
}

// begin opens a transaction: it holds the store until the given function is called.
func (m *Memory) begin(ctx context.Context) (end func(), err error) {
	if err := ctx.Err(); err != nil {
		return func() {}, err
	}
	m.mu.Lock()
	return m.mu.Unlock, nil
}

func (m *Memory) nextID() ledger.ID {
	m.last++
	return m.last
}

// NextIDs implements Store.
func (m *Memory) NextIDs(ctx context.Context, n int) (ledger.ID, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return 0, err
	}
	first := m.last + 1
	m.last += ledger.ID(n)
	return first, nil
}

// OpenStream implements Store.
func (m *Memory) OpenStream(ctx context.Context, workspace, flow ledger.ID, nodeID string) (ledger.Stream, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return ledger.Stream{}, err
	}
	return m.stream(workspace, flow, nodeID), nil
}

func (m *Memory) stream(workspace, flow ledger.ID, nodeID string) ledger.Stream {
	if id, ok := m.nodes[nodeKey{flow, nodeID}]; ok {
		return *m.streams[id]
	}
	no := 1
	for node := range m.nodes {
		if node.flow == flow {
			no++
		}
	}
	stream := ledger.Stream{ID: m.nextID(), Workspace: workspace, Flow: flow, NodeID: nodeID, NodeNo: no}
	m.streams[stream.ID] = &stream
	m.nodes[nodeKey{flow, nodeID}] = stream.ID
	return stream
}

// CommitPage implements Store.
func (m *Memory) CommitPage(ctx context.Context, page ledger.PageCommit) (ledger.PageResult, error) {
	_, end, err := m.beginOpen(ctx, page.Window, page.Attempt)
	defer end()
	if err != nil {
		return ledger.PageResult{}, err
	}
	return m.take(page), nil
}

// take carries out ledger.PlanPage.
func (m *Memory) take(page ledger.PageCommit) ledger.PageResult {
	known, queued := map[string]*ledger.Document{}, map[ledger.ID]ledger.Revision{}
	for _, in := range page.Docs {
		if id, ok := m.keys[documentKey{page.Stream, in.Key}]; ok {
			row := *m.documents[id]
			known[in.Key] = &row
			m.addQueued(queued, row)
		}
	}
	plan := ledger.PlanPage(page, known, queued, m.nextID)
	newest := plan.Newest()
	pack := m.pack(plan.Bodies)
	for _, doc := range plan.Insert {
		m.keys[documentKey{doc.Stream, doc.Key}] = doc.ID
		m.order[doc.Stream] = append(m.order[doc.Stream], doc.ID)
	}
	for _, doc := range append(plan.Insert, plan.Update...) {
		if doc.Pack == ledger.NewPack {
			doc.Pack = pack
		}
		m.setDocument(doc)
	}
	for _, rev := range plan.Revisions {
		if rev.Pack == ledger.NewPack {
			rev.Pack = pack
		}
		m.setRevision(rev)
	}
	m.settle(plan.Work, plan.Problems, plan.Cleared, plan.Deltas)
	plan.Result.Work = append(plan.Result.Work, m.index(page.Stream, newest, page.Now)...)
	for i, from := range page.Origins {
		m.hands[from.HandKey] = handed{from.Hops, plan.Admitted[i]}
	}
	return plan.Result
}

// setDocument writes a row and keeps the index of what a work row covers.
func (m *Memory) setDocument(doc ledger.Document) {
	if was := m.documents[doc.ID]; was != nil {
		delete(m.covered[was.Work], doc.ID)
	}
	m.documents[doc.ID] = &doc
	if doc.Work != 0 {
		if m.covered[doc.Work] == nil {
			m.covered[doc.Work] = map[ledger.ID]bool{}
		}
		m.covered[doc.Work][doc.ID] = true
	}
}

// addQueued adds the revision that waits behind the document's active one.
func (m *Memory) addQueued(queued map[ledger.ID]ledger.Revision, doc ledger.Document) {
	if !doc.Queued() {
		return
	}
	rev := m.revisions[doc.ID][doc.LatestRev]
	rev.Hold = rev.Hold && m.open(rev.Window)
	queued[doc.ID] = rev
}

func (m *Memory) setRevision(rev ledger.Revision) {
	if m.revisions[rev.Document] == nil {
		m.revisions[rev.Document] = map[int]ledger.Revision{}
	}
	if known := m.revisions[rev.Document][rev.Rev]; known.Base != 0 {
		rev.Base, rev.Actor = known.Base, known.Actor
	}
	m.revisions[rev.Document][rev.Rev] = rev
}

// settle writes what both plans have in common. Whose problem is set anew or cleared
// waits for nothing any more.
func (m *Memory) settle(work []ledger.Work, problems map[ledger.ID]ledger.Problem, cleared []ledger.ID, deltas ledger.Deltas) {
	for _, w := range work {
		m.work[w.ID] = &w
	}
	for _, id := range cleared {
		delete(m.problems, id)
		delete(m.waits, id)
	}
	for id, problem := range problems {
		m.problems[id] = problem
		delete(m.waits, id)
	}
	for key, n := range deltas {
		if m.counts[key.Run] == nil {
			m.counts[key.Run] = ledger.Deltas{}
		}
		m.counts[key.Run].AddAt(key.Run, key.NodeNo, key.Slot, n)
	}
}

func (m *Memory) dropWork(id ledger.ID) {
	delete(m.work, id)
	delete(m.covered, id)
}

func (m *Memory) pack(bodies [][]byte) ledger.ID {
	id := m.nextID()
	for _, b := range bodies {
		m.packs[id] = append(m.packs[id], slices.Clone(b))
	}
	return id
}

// beginOpen is begin for a window that is open at this attempt.
func (m *Memory) beginOpen(ctx context.Context, id ledger.ID, attempt int) (row *ledger.Window, end func(), err error) {
	if end, err = m.begin(ctx); err != nil {
		return nil, end, err
	}
	row = m.windows[id]
	if row == nil || row.State != ledger.WindowOpen || row.Attempt != attempt {
		err = ledger.ErrFenced
	}
	return row, end, err
}

// OpenWindows implements Store.
func (m *Memory) OpenWindows(ctx context.Context, stream ledger.ID, kind ledger.WindowKind) ([]ledger.Window, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	return m.windowsOf(func(w *ledger.Window) bool {
		return w.Stream == stream && w.Kind == kind && w.State == ledger.WindowOpen
	}), nil
}

func (m *Memory) windowsOf(match func(*ledger.Window) bool) []ledger.Window {
	var out []ledger.Window
	for _, w := range m.windows {
		if match(w) {
			out = append(out, *w)
		}
	}
	slices.SortFunc(out, func(a, b ledger.Window) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// StartWindow implements Store.
func (m *Memory) StartWindow(ctx context.Context, w ledger.Window, _ ledger.Millis) (ledger.Window, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return ledger.Window{}, err
	}
	return m.addWindow(w), nil
}

func (m *Memory) addWindow(w ledger.Window) ledger.Window {
	w.ID, w.State, w.Attempt = m.nextID(), ledger.WindowOpen, 1
	m.windows[w.ID] = &w
	return w
}

// RestartWindow implements Store.
func (m *Memory) RestartWindow(ctx context.Context, w ledger.Window, run ledger.ID, now ledger.Millis) (ledger.Window, error) {
	row, end, err := m.beginOpen(ctx, w.ID, w.Attempt)
	defer end()
	if err != nil {
		return ledger.Window{}, err
	}
	m.withdraw(row.ID, now)
	row.Attempt++
	row.Run = run
	return *row, nil
}

// withdraw takes back what a window holds that is to be read anew.
func (m *Memory) withdraw(window ledger.ID, now ledger.Millis) {
	var held []ledger.Withheld
	var rows []ledger.ID
	for id, doc := range m.documents {
		h := ledger.Withheld{Document: *doc}
		if w := m.work[doc.Work]; w != nil && w.Kind == ledger.PageWork && w.Ref == window && w.Due == ledger.FarFuture {
			h.Work = w
			rows = append(rows, w.ID)
		}
		queued := map[ledger.ID]ledger.Revision{}
		m.addQueued(queued, *doc)
		rev, waits := queued[id]
		if waits {
			h.Queued = &rev
		}
		if h.Work != nil || waits && rev.Hold && rev.Window == window {
			held = append(held, h)
		}
	}
	m.carryOut(ledger.PlanWithdraw(window, held, now, m.nextID))
	for _, id := range rows {
		m.dropWork(id)
	}
}

// SplitWindow implements Store.
func (m *Memory) SplitWindow(ctx context.Context, w ledger.Window, middle, now ledger.Millis) ([]ledger.Window, error) {
	row, end, err := m.beginOpen(ctx, w.ID, w.Attempt)
	defer end()
	if err != nil {
		return nil, err
	}
	m.withdraw(row.ID, now)
	row.State = ledger.WindowSplit
	lower, upper := *row, *row
	lower.To, lower.Parent = middle, row.ID
	upper.From, upper.Parent = middle, row.ID
	return []ledger.Window{m.addWindow(lower), m.addWindow(upper)}, nil
}

// FinishWindow implements Store.
func (m *Memory) FinishWindow(ctx context.Context, w ledger.Window, now ledger.Millis) ([]ledger.ID, error) {
	row, end, err := m.beginOpen(ctx, w.ID, w.Attempt)
	defer end()
	if err != nil {
		return nil, err
	}
	row.State = ledger.WindowDone
	if stream := m.streams[row.Stream]; row.Kind == ledger.Live {
		stream.Watermark = ledger.Watermark(stream.Watermark, m.windowsOf(func(w *ledger.Window) bool {
			return w.Stream == stream.ID && w.Kind == ledger.Live && w.State != ledger.WindowSplit && w.To > stream.Watermark
		}))
	}
	var released []ledger.ID
	for _, held := range m.work {
		if held.Kind == ledger.PageWork && held.Ref == row.ID && held.Due == ledger.FarFuture {
			held.Due = now
			released = append(released, held.ID)
		}
	}
	slices.Sort(released)
	return released, nil
}

// open reports whether a window is still being read. What was held by one that was
// split was withdrawn.
func (m *Memory) open(id ledger.ID) bool {
	w := m.windows[id]
	return w != nil && w.State == ledger.WindowOpen
}
