package runtest

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// beginRun is begin for a run that exists.
func (m *Memory) beginRun(ctx context.Context, id ledger.ID) (run *ledger.Run, end func(), err error) {
	if end, err = m.begin(ctx); err != nil {
		return nil, end, err
	}
	if run = m.runs[id]; run == nil {
		err = ledger.ErrNotFound
	}
	return run, end, err
}

// OpenRun implements Store.
func (m *Memory) OpenRun(ctx context.Context, run ledger.Run, now ledger.Millis) (ledger.Run, bool, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return ledger.Run{}, false, err
	}
	for _, r := range m.runs {
		if r.Flow == run.Flow && r.Trigger == run.Trigger && r.FireAt == run.FireAt {
			return *r, false, nil
		}
	}
	run.ID = m.nextID()
	if run.State != ledger.RunQueued {
		run.State, run.Started = ledger.RunRunning, now
	}
	m.runs[run.ID] = &run
	return run, true, nil
}

// BeginRun implements Store.
func (m *Memory) BeginRun(ctx context.Context, id ledger.ID, now ledger.Millis) (bool, error) {
	r, end, err := m.beginRun(ctx, id)
	defer end()
	if err != nil {
		return false, err
	}
	if r.State != ledger.RunQueued {
		return false, nil
	}
	r.State, r.Started = ledger.RunRunning, now
	return true, nil
}

// CancelRun implements Store.
func (m *Memory) CancelRun(ctx context.Context, id ledger.ID, by string, now ledger.Millis) (ledger.Run, bool, error) {
	r, end, err := m.beginRun(ctx, id)
	defer end()
	if err != nil {
		return ledger.Run{}, false, err
	}
	run, changed := r.Cancel(by, now)
	*r = run
	return run, changed, nil
}

// EndPulling implements Store.
func (m *Memory) EndPulling(ctx context.Context, run ledger.ID, why *fault.Fault, _ ledger.Millis) error {
	r, end, err := m.beginRun(ctx, run)
	defer end()
	if err != nil {
		return err
	}
	if !r.PullingEnded {
		r.PullingEnded = true
		if why != nil {
			r.Code, r.Message, r.Args = why.Code, why.Message, why.Args
		}
	}
	return nil
}

// SetMissing implements Store.
func (m *Memory) SetMissing(ctx context.Context, id ledger.ID, numbers []string) error {
	r, end, err := m.beginRun(ctx, id)
	defer end()
	if err != nil {
		return err
	}
	r.Missing = slices.Clone(numbers)
	return nil
}

// Run implements Store.
func (m *Memory) Run(ctx context.Context, id ledger.ID) (ledger.Run, ledger.Counts, error) {
	r, end, err := m.beginRun(ctx, id)
	defer end()
	if err != nil {
		return ledger.Run{}, nil, err
	}
	return *r, m.countsOf(id), nil
}

func (m *Memory) countsOf(run ledger.ID) ledger.Counts {
	counts := ledger.Counts{}
	for key, n := range m.counts[run] {
		if key.NodeNo == 0 {
			counts[key.Slot] = n
		}
	}
	for _, w := range m.work {
		if w.Run == run && w.Owner != "" {
			counts[ledger.SlotClaimed] += w.Docs
			counts[ledger.SlotOf(ledger.Waiting)] -= w.Docs
		}
	}
	return counts
}

// OpenRuns implements Store.
func (m *Memory) OpenRuns(ctx context.Context, flow ledger.ID) ([]ledger.Run, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	var out []ledger.Run
	for _, r := range m.runs {
		if r.Flow == flow && r.State <= ledger.RunRunning {
			out = append(out, *r)
		}
	}
	slices.SortFunc(out, func(a, b ledger.Run) int {
		return cmp.Or(cmp.Compare(a.Started, b.Started), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// FinishRun implements Store.
func (m *Memory) FinishRun(ctx context.Context, id ledger.ID, now ledger.Millis) (bool, error) {
	r, end, err := m.beginRun(ctx, id)
	defer end()
	if err != nil {
		return false, err
	}
	if r.State > ledger.RunRunning || !r.PullingEnded || !m.countsOf(id).Settled() {
		return false, nil
	}
	r.State, r.Ended = r.Outcome(), now
	return true, nil
}

// Documents implements Store.
func (m *Memory) Documents(ctx context.Context, stream, after ledger.ID, limit int) ([]ledger.Document, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	ids := m.order[stream]
	at, found := slices.BinarySearch(ids, after)
	if found {
		at++
	}
	var out []ledger.Document
	for _, id := range ids[at:min(at+limit, len(ids))] {
		out = append(out, *m.documents[id])
	}
	return out, nil
}

// Ports gives the counts of a run that are a node's traffic.
func (m *Memory) Ports(run ledger.ID) []ledger.CountKey {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(m.counts[run].Sorted(), func(k ledger.CountKey) bool { return k.NodeNo == 0 })
}

// Probes gives the look-ups that were recorded, in their order.
func (m *Memory) Probes() []ledger.Probed {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.probes)
}

// Revisions implements Store.
func (m *Memory) Revisions(ctx context.Context, document ledger.ID) ([]ledger.Revision, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	revs := slices.Collect(maps.Values(m.revisions[document]))
	revs = slices.DeleteFunc(revs, func(r ledger.Revision) bool { return r.Rev == m.documents[document].ActiveRev })
	slices.SortFunc(revs, func(a, b ledger.Revision) int { return cmp.Compare(a.Rev, b.Rev) })
	for i := range revs {
		revs[i].Hold = revs[i].Hold && m.open(revs[i].Window)
	}
	return revs, nil
}

// Deliveries implements Store.
func (m *Memory) Deliveries(ctx context.Context, document ledger.ID) ([]ledger.Delivery, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	return m.deliveriesOf(document), nil
}

// History implements Historian.
func (m *Memory) History(ctx context.Context, document ledger.ID) ([]ledger.Delivery, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	var out []ledger.Delivery
	for _, d := range m.history[document] {
		out = append(out, cloned(d))
	}
	return out, nil
}

// Problem implements Store.
func (m *Memory) Problem(ctx context.Context, document ledger.ID) (ledger.Problem, bool, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return ledger.Problem{}, false, err
	}
	p, ok := m.problems[document]
	return p, ok, nil
}

// Body implements Store.
func (m *Memory) Body(ctx context.Context, document ledger.ID) ([]byte, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	doc := m.documents[document]
	if doc == nil {
		return nil, ledger.ErrNotFound
	}
	return m.body(doc), nil
}
