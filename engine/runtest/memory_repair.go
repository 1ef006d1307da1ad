package runtest

import (
	"context"
	"maps"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
)

// Ailing implements Store.
func (m *Memory) Ailing(ctx context.Context, workspace, document ledger.ID) (ledger.Ailing, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return ledger.Ailing{}, err
	}
	a, err := m.ailing(workspace, document)
	for i := range a.Deliveries {
		a.Deliveries[i].Body, a.Deliveries[i].Response = nil, nil
	}
	return a, err
}

func (m *Memory) ailing(workspace, document ledger.ID) (ledger.Ailing, error) {
	doc := m.documents[document]
	if doc == nil || doc.Workspace != workspace {
		return ledger.Ailing{}, ledger.ErrNotFound
	}
	a := ledger.Ailing{
		Document: *doc, Flow: m.streams[doc.Stream].Flow, Deliveries: m.deliveriesOf(document), Problem: m.problems[document].Code,
	}
	if w := m.work[doc.Work]; w != nil {
		row := *w
		a.Work = &row
	}
	queued := map[ledger.ID]ledger.Revision{}
	m.addQueued(queued, *doc)
	if rev, ok := queued[document]; ok {
		a.Queued = &rev
	}
	return a, nil
}

// Repair implements Store.
func (m *Memory) Repair(ctx context.Context, r ledger.Repair) ([]ledger.ID, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	a, err := m.ailing(r.Workspace, r.Document)
	if err != nil {
		return nil, err
	}
	plan, err := ledger.PlanRepair(r, a, m.nextID)
	if err != nil {
		return nil, err
	}
	m.dropWork(plan.Uncovered)
	if plan.Document.Pack == ledger.NewPack {
		plan.Document.Pack = m.pack([][]byte{r.Source})
		m.setRevision(*plan.Edited)
	}
	m.setDocument(plan.Document)
	for _, rev := range plan.Unqueued {
		delete(m.revisions[rev.Document], rev.Rev)
	}
	for _, rev := range plan.Revisions {
		m.setRevision(rev)
	}
	m.history[r.Document] = append(m.history[r.Document], plan.History...)
	next := map[ledger.DeliveryKey]ledger.Delivery{}
	for _, d := range plan.Deliveries {
		next[d.DeliveryKey] = cloned(d)
	}
	m.setDeliveries(next)
	maps.DeleteFunc(m.owners, func(_ targetKey, owner ledger.DeliveryKey) bool { return slices.Contains(plan.Freed, owner) })
	problems, cleared := map[ledger.ID]ledger.Problem{}, []ledger.ID{r.Document}
	if plan.Problem != nil {
		problems[r.Document], cleared = *plan.Problem, nil
	}
	m.settle(plan.Work, problems, cleared, plan.Deltas)
	m.follow([]ledger.Document{plan.Document})
	if plan.Edited == nil {
		return plan.Now, nil
	}
	released := m.index(plan.Document.Stream, []ledger.Newest{{Document: r.Document, Body: r.Source}}, r.Now)
	return append(plan.Now, released...), nil
}
