package runtest

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/internal/rows"
	"github.com/karezflow/karez/sdk/fault"
)

// OpenRun implements Store.
func (m *Memory) OpenRun(ctx context.Context, run ledger.Run, now ledger.Millis) (ledger.Run, bool, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return ledger.Run{}, false, err
	}
	for _, r := range m.rows.Runs {
		if r.Flow == run.Flow && r.Trigger == run.Trigger && r.FireAt == run.FireAt {
			return *r, false, nil
		}
	}
	run.ID = m.rows.NextID()
	if run.State != ledger.RunQueued {
		run.State, run.Started = ledger.RunRunning, now
	}
	m.rows.Runs[run.ID] = &run
	return run, true, nil
}

// BeginRun implements Store.
func (m *Memory) BeginRun(ctx context.Context, id ledger.ID, now ledger.Millis) (bool, error) {
	r, end, err := m.rows.BeginWithRun(ctx, id)
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
	r, end, err := m.rows.BeginWithRun(ctx, id)
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
	r, end, err := m.rows.BeginWithRun(ctx, run)
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
	r, end, err := m.rows.BeginWithRun(ctx, id)
	defer end()
	if err != nil {
		return err
	}
	r.Missing = slices.Clone(numbers)
	return nil
}

// Run implements Store.
func (m *Memory) Run(ctx context.Context, id ledger.ID) (ledger.Run, ledger.Counts, error) {
	r, end, err := m.rows.BeginWithRun(ctx, id)
	defer end()
	if err != nil {
		return ledger.Run{}, nil, err
	}
	return *r, m.rows.CountsOf(id), nil
}

// OpenRuns implements Store.
func (m *Memory) OpenRuns(ctx context.Context, flow ledger.ID) ([]ledger.Run, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	var out []ledger.Run
	for _, r := range m.rows.Runs {
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
	r, end, err := m.rows.BeginWithRun(ctx, id)
	defer end()
	if err != nil {
		return false, err
	}
	if r.State > ledger.RunRunning || !r.PullingEnded || !m.rows.CountsOf(id).Settled() {
		return false, nil
	}
	r.State, r.Ended = r.Outcome(), now
	return true, nil
}

// Documents implements Store.
func (m *Memory) Documents(ctx context.Context, stream, after ledger.ID, limit int) ([]ledger.Document, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	ids := m.rows.Order[stream]
	at, found := slices.BinarySearch(ids, after)
	if found {
		at++
	}
	var out []ledger.Document
	for _, id := range ids[at:min(at+limit, len(ids))] {
		out = append(out, *m.rows.Documents[id])
	}
	return out, nil
}

// Ports gives the counts of a run that are a node's traffic.
func (m *Memory) Ports(run ledger.ID) []ledger.CountKey {
	m.rows.Mu.Lock()
	defer m.rows.Mu.Unlock()
	return slices.DeleteFunc(m.rows.Counts[run].Sorted(), func(k ledger.CountKey) bool { return k.NodeNo == 0 })
}

// Probes gives the look-ups that were recorded, in their order.
func (m *Memory) Probes() []ledger.Probed {
	m.rows.Mu.Lock()
	defer m.rows.Mu.Unlock()
	return slices.Clone(m.probes)
}

// Revisions implements Store.
func (m *Memory) Revisions(ctx context.Context, document ledger.ID) ([]ledger.Revision, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	revs := slices.Collect(maps.Values(m.rows.Revisions[document]))
	revs = slices.DeleteFunc(revs, func(r ledger.Revision) bool { return r.Rev == m.rows.Documents[document].ActiveRev })
	slices.SortFunc(revs, func(a, b ledger.Revision) int { return cmp.Compare(a.Rev, b.Rev) })
	for i := range revs {
		revs[i].Hold = revs[i].Hold && m.rows.Open(revs[i].Window)
	}
	return revs, nil
}

// Deliveries implements Store.
func (m *Memory) Deliveries(ctx context.Context, document ledger.ID) ([]ledger.Delivery, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	return m.deliveriesOf(document), nil
}

// deliveriesOf gives a document's deliveries; an update whose answer is lost has the body
// of the last revision that was done.
func (m *Memory) deliveriesOf(document ledger.ID) []ledger.Delivery {
	out := m.rows.DeliveriesOf(document)
	for i := range out {
		d := &out[i]
		if !d.Updating || !d.State.Uncertain() {
			continue
		}
		rev := 0
		for _, h := range m.history[document] {
			if h.DeliveryKey == d.DeliveryKey && h.State == ledger.DeliveryDone && h.Rev < d.Rev && h.Rev > rev {
				rev, d.Before = h.Rev, h.Body
			}
		}
	}
	return out
}

// History implements Historian.
func (m *Memory) History(ctx context.Context, document ledger.ID) ([]ledger.Delivery, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	var out []ledger.Delivery
	for _, d := range m.history[document] {
		out = append(out, rows.Cloned(d))
	}
	return out, nil
}

// Problem implements Store.
func (m *Memory) Problem(ctx context.Context, document ledger.ID) (ledger.Problem, bool, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return ledger.Problem{}, false, err
	}
	p, ok := m.rows.Problems[document]
	return p, ok, nil
}

// Body implements Store.
func (m *Memory) Body(ctx context.Context, document ledger.ID) ([]byte, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	doc := m.rows.Documents[document]
	if doc == nil {
		return nil, ledger.ErrNotFound
	}
	return m.rows.Body(doc), nil
}
