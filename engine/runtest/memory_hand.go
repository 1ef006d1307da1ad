package runtest

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/engine/runtest/internal/rows"
)

// handed is a hand-over that was made.
type handed struct {
	hops int
	to   ledger.Admitted
}

func (m *Memory) made() map[ledger.HandKey]bool {
	made := make(map[ledger.HandKey]bool, len(m.hands))
	for key := range m.hands {
		made[key] = true
	}
	return made
}

func (m *Memory) hops(doc *ledger.Document) int {
	byRev := map[int]int{}
	for _, h := range m.hands {
		if h.to.Document == doc.ID {
			byRev[h.to.Rev] = max(byRev[h.to.Rev], h.hops)
		}
	}
	return rules.HopsOf(doc.ActiveRev, byRev)
}

// handOver takes what is handed over as pages, and gives the work that is due at once.
func (m *Memory) handOver(workspace ledger.ID, handings []rules.Handing, now ledger.Millis) map[int][]ledger.ID {
	due := map[int][]ledger.ID{}
	for _, h := range handings {
		stream := m.rows.Stream(workspace, h.To.Flow, h.To.NodeID)
		run := m.joinRun(ledger.Run{
			Workspace: workspace, Flow: h.To.Flow, Version: h.To.Version, Trigger: ledger.InletTrigger, TraceID: h.Hands[0].TraceID, PullingEnded: true,
		}, now)
		enabled := m.takers[h.To.Flow].enabled
		page := h.Page(workspace, stream.ID, run, m.handedWindow(stream.ID, run, enabled, now), enabled, now)
		if result := m.take(page); len(result.Work) > 0 {
			due[page.Priority] = append(due[page.Priority], result.Work...)
		}
	}
	return due
}

// joinRun gives the flow's run with the trigger that goes on, or opens one.
func (m *Memory) joinRun(run ledger.Run, now ledger.Millis) ledger.ID {
	run.FireAt = now
	for _, r := range m.rows.Runs {
		if r.Flow != run.Flow || r.Trigger != run.Trigger {
			continue
		}
		if r.State == ledger.RunRunning {
			return r.ID
		}
		run.FireAt = max(run.FireAt, r.FireAt+1)
	}
	run.ID, run.State, run.Started = m.rows.NextID(), ledger.RunRunning, now
	m.rows.Runs[run.ID] = &run
	return run.ID
}

// handedWindow gives what a run's documents came in by: an open window, which holds
// them, while the flow is not enabled, else one that is done.
func (m *Memory) handedWindow(stream, run ledger.ID, enabled bool, now ledger.Millis) ledger.ID {
	state := ledger.WindowOpen
	if enabled {
		state = ledger.WindowDone
	}
	for _, w := range m.rows.Windows {
		if w.Stream == stream && w.Run == run && w.Kind == ledger.Handed && w.State == state {
			return w.ID
		}
	}
	w := ledger.Window{ID: m.rows.NextID(), Stream: stream, Run: run, Kind: ledger.Handed, From: now, To: now, State: state, Attempt: 1}
	m.rows.Windows[w.ID] = &w
	return w.ID
}

// flowsThere fails where a flow is gone that takes something.
func (m *Memory) flowsThere(hands []ledger.Hand) error {
	for _, h := range hands {
		if m.takers[h.To.Flow] == nil {
			return fmt.Errorf("flow %d, which takes documents: %w", h.To.Flow, ledger.ErrNotFound)
		}
	}
	return nil
}

// memoryFlow is a flow that takes documents.
type memoryFlow struct {
	enabled bool
	version ledger.ID
}

// CreateFlow makes a flow that is not enabled and has no version, and gives its public id too.
func (m *Memory) CreateFlow(ctx context.Context, workspace ledger.ID) (ledger.ID, string, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return 0, "", err
	}
	id := m.rows.NextID()
	m.takers[id] = &memoryFlow{}
	m.rows.Flows[rows.PublicFlow{Workspace: workspace, ID: fmt.Sprint("flow-", id)}] = id
	return id, fmt.Sprint("flow-", id), nil
}

// Publish gives a flow a new version.
func (m *Memory) Publish(ctx context.Context, _, flow ledger.ID) (ledger.ID, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return 0, err
	}
	m.takers[flow].version = m.rows.NextID()
	return m.takers[flow].version, nil
}

// OpenInlet implements inlet.Store.
func (m *Memory) OpenInlet(ctx context.Context, workspace, flow ledger.ID, nodeID string) (ledger.Stream, error) {
	return m.OpenStream(ctx, workspace, flow, nodeID)
}

// Stored implements inlet.Store.
func (m *Memory) Stored(ctx context.Context, q ledger.StoredQuery) ([]ledger.Stored, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	flow, known := m.rows.Flows[rows.PublicFlow{Workspace: q.Workspace, ID: q.Flow}]
	if !known {
		return nil, ledger.ErrNotFound
	}
	var out []ledger.Stored
	for _, id := range m.rows.Order[m.rows.Nodes[rows.NodeKey{Flow: flow, NodeID: q.Source}]] {
		d := m.rows.Documents[id]
		if d.Key > q.After && d.Updated >= q.From && d.Updated <= q.To && slices.Contains(q.States, d.State) {
			out = append(out, ledger.Stored{ID: id, Rev: d.ActiveRev, Hops: m.hops(d), Key: d.Key, Number: d.Number, Modified: d.Modified, Body: m.rows.Body(d)})
		}
	}
	slices.SortFunc(out, func(a, b ledger.Stored) int { return cmp.Compare(a.Key, b.Key) })
	return out[:min(len(out), q.Limit)], nil
}

// SetEnabled switches a flow. What was handed over to it while it was off becomes due
// when it is enabled.
func (m *Memory) SetEnabled(ctx context.Context, flow ledger.ID, on bool, now ledger.Millis) error {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return err
	}
	m.takers[flow].enabled = on
	for _, w := range m.rows.Windows {
		if on && w.Kind == ledger.Handed && w.State == ledger.WindowOpen && m.rows.Streams[w.Stream].Flow == flow {
			m.letGo(w, m.takers[flow].version, now)
		}
	}
	return nil
}

func (m *Memory) letGo(w *ledger.Window, version ledger.ID, now ledger.Millis) {
	w.State = ledger.WindowDone
	if run := m.rows.Runs[w.Run]; run.Version == 0 {
		run.Version = version
	}
	for _, held := range m.rows.Work {
		if held.Kind != ledger.PageWork || held.Ref != w.ID || held.Due != ledger.FarFuture {
			continue
		}
		held.Due = now
		for id := range m.rows.Covered[held.ID] {
			m.rows.Documents[id].Version = version
		}
	}
	for _, revs := range m.rows.Revisions {
		for no, rev := range revs {
			if rev.Window == w.ID && rev.Hold {
				rev.Version, rev.Hold = version, false
				revs[no] = rev
			}
		}
	}
}

// HandedFrom gives the hand-overs that a document came by.
func (m *Memory) HandedFrom(ctx context.Context, document ledger.ID) ([]ledger.HandedOver, error) {
	return m.lineage(ctx, func(key ledger.HandKey, to ledger.Admitted) bool { return to.Document == document })
}

// HandedTo gives the hand-overs that were made from a document.
func (m *Memory) HandedTo(ctx context.Context, document ledger.ID) ([]ledger.HandedOver, error) {
	return m.lineage(ctx, func(key ledger.HandKey, to ledger.Admitted) bool { return key.Document == document })
}

func (m *Memory) lineage(ctx context.Context, match func(ledger.HandKey, ledger.Admitted) bool) ([]ledger.HandedOver, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	var out []ledger.HandedOver
	for key, h := range m.hands {
		if match(key, h.to) {
			out = append(out, ledger.HandedOver{HandKey: key, To: h.to, Hops: h.hops})
		}
	}
	slices.SortFunc(out, func(a, b ledger.HandedOver) int {
		return cmp.Or(cmp.Compare(a.Document, b.Document), cmp.Compare(a.Rev, b.Rev), cmp.Compare(a.NodeNo, b.NodeNo), cmp.Compare(a.Way, b.Way))
	})
	return out, nil
}
