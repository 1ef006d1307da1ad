package runtest

import (
	"cmp"
	"context"
	"slices"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/errand/errandtest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/engine/runtest/internal/feeds"
	"github.com/karezflow/karez/engine/runtest/internal/groups"
	"github.com/karezflow/karez/engine/runtest/internal/lookups"
	"github.com/karezflow/karez/engine/runtest/internal/rows"
)

// Memory is a Store in memory. One mutex makes every method atomic, so that it is
// safe for concurrent use. It keeps copies of the bytes it is given and gives
// copies away. A method whose context is over fails and changes nothing.
type Memory struct {
	*groups.Groups
	*lookups.Lookups

	rows    *rows.Rows
	groups  *groups.Rows
	lookups *lookups.Rows
	feeds   *feeds.Rows

	// history has what deliveries were before, by document.
	history map[ledger.ID][]ledger.Delivery
	calls   map[ledger.ID]ledger.Call
	ended   map[ledger.ID]ledger.CallEnd
	probes  []ledger.Probed

	// hands are the hand-overs that were made; takers the flows that were made by CreateFlow.
	hands  map[ledger.HandKey]handed
	takers map[ledger.ID]*memoryFlow

	errands *errandtest.Memory
}

var (
	_ Store         = (*Memory)(nil)
	_ Historian     = (*Memory)(nil)
	_ barrier.Store = (*Memory)(nil)
)

// NewStore gives an empty store.
func NewStore() *Memory {
	tables := rows.New()
	grouped := groups.NewRows(tables)
	looked := lookups.NewRows(tables, grouped)
	m := &Memory{
		Groups: groups.New(grouped), Lookups: lookups.New(looked), rows: tables, groups: grouped, lookups: looked, feeds: feeds.NewRows(tables),
		history: map[ledger.ID][]ledger.Delivery{}, calls: map[ledger.ID]ledger.Call{}, ended: map[ledger.ID]ledger.CallEnd{},
		hands: map[ledger.HandKey]handed{}, takers: map[ledger.ID]*memoryFlow{},
	}
	m.errands = errandtest.NewMemory(m.over)
	return m
}

// NextIDs implements Store.
func (m *Memory) NextIDs(ctx context.Context, n int) (ledger.ID, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return 0, err
	}
	first := m.rows.Last + 1
	m.rows.Last += ledger.ID(n)
	return first, nil
}

// OpenStream implements Store.
func (m *Memory) OpenStream(ctx context.Context, workspace, flow ledger.ID, nodeID string) (ledger.Stream, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return ledger.Stream{}, err
	}
	return m.rows.Stream(workspace, flow, nodeID), nil
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

// take carries out rules.PlanPage.
func (m *Memory) take(page ledger.PageCommit) ledger.PageResult {
	known, queued := map[string]*ledger.Document{}, map[ledger.ID]ledger.Revision{}
	for _, in := range page.Docs {
		if id, ok := m.rows.Keys[rows.DocumentKey{Stream: page.Stream, Key: in.Key}]; ok {
			row := *m.rows.Documents[id]
			known[in.Key] = &row
			m.rows.AddQueued(queued, row)
		}
	}
	plan := rules.PlanPage(page, known, queued, m.rows.NextID)
	m.rows.Must(plan.Err())
	newest := plan.Newest(page.Now)
	pack := m.rows.Pack(plan.Bodies)
	for _, doc := range plan.Insert {
		m.rows.Keys[rows.DocumentKey{Stream: doc.Stream, Key: doc.Key}] = doc.ID
		m.rows.Order[doc.Stream] = append(m.rows.Order[doc.Stream], doc.ID)
	}
	for _, doc := range append(plan.Insert, plan.Update...) {
		if doc.Pack == rules.NewPack {
			doc.Pack = pack
		}
		m.rows.SetDocument(doc)
	}
	for _, rev := range plan.Revisions {
		if rev.Pack == rules.NewPack {
			rev.Pack = pack
		}
		m.rows.SetRevision(rev)
	}
	m.rows.Settle(plan.Work, plan.Problems, plan.Cleared, plan.Deltas)
	plan.Result.Work = append(plan.Result.Work, m.lookups.Index(page.Stream, newest, page.Now)...)
	if plan.Result.Accepted > 0 {
		plan.Result.Work = append(plan.Result.Work, m.feeds.Feed(page.Connection, page.BaseData, page.Now)...)
	}
	for i, from := range page.Origins {
		m.hands[from.HandKey] = handed{from.Hops, plan.Admitted[i]}
	}
	return plan.Result
}

// beginOpen is begin for a window that is open at this attempt.
func (m *Memory) beginOpen(ctx context.Context, id ledger.ID, attempt int) (row *ledger.Window, end func(), err error) {
	if end, err = m.rows.Begin(ctx); err != nil {
		return nil, end, err
	}
	row = m.rows.Windows[id]
	if row == nil || row.State != ledger.WindowOpen || row.Attempt != attempt {
		err = ledger.ErrFenced
	}
	return row, end, err
}

// OpenWindows implements Store.
func (m *Memory) OpenWindows(ctx context.Context, stream ledger.ID, kind ledger.WindowKind) ([]ledger.Window, error) {
	end, err := m.rows.Begin(ctx)
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
	for _, w := range m.rows.Windows {
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
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return ledger.Window{}, err
	}
	return m.addWindow(w), nil
}

func (m *Memory) addWindow(w ledger.Window) ledger.Window {
	w.ID, w.State, w.Attempt = m.rows.NextID(), ledger.WindowOpen, 1
	m.rows.Windows[w.ID] = &w
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
	var held []rules.Withheld
	var rows []ledger.ID
	for id, doc := range m.rows.Documents {
		h := rules.Withheld{Document: *doc}
		if w := m.rows.Work[doc.Work]; w != nil && w.Kind == ledger.PageWork && w.Ref == window && w.Due == ledger.FarFuture {
			h.Work = w
			rows = append(rows, w.ID)
		}
		queued := map[ledger.ID]ledger.Revision{}
		m.rows.AddQueued(queued, *doc)
		rev, waits := queued[id]
		if waits {
			h.Queued = &rev
		}
		if h.Work != nil || waits && rev.Hold && rev.Window == window {
			held = append(held, h)
		}
	}
	plan := rules.PlanWithdraw(window, held, now, m.rows.NextID)
	m.rows.Must(plan.Err())
	m.groups.CarryOut(plan)
	for _, id := range rows {
		m.rows.DropWork(id)
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
	if stream := m.rows.Streams[row.Stream]; row.Kind == ledger.Live {
		stream.Watermark = rules.Watermark(stream.Watermark, m.windowsOf(func(w *ledger.Window) bool {
			return w.Stream == stream.ID && w.Kind == ledger.Live && w.State < ledger.WindowSplit && w.To > stream.Watermark
		}))
		stream.Version++
	}
	var released []ledger.ID
	for _, held := range m.rows.Work {
		if held.Kind == ledger.PageWork && held.Ref == row.ID && held.Due == ledger.FarFuture {
			held.Due = now
			released = append(released, held.ID)
		}
	}
	slices.Sort(released)
	return released, nil
}
