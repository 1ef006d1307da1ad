package runtest

import (
	"context"
	"maps"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/engine/runtest/internal/rows"
)

// Ailing implements Store.
func (m *Memory) Ailing(ctx context.Context, workspace, document ledger.ID) (rules.Ailing, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return rules.Ailing{}, err
	}
	a, err := m.ailing(workspace, document)
	for i := range a.Deliveries {
		a.Deliveries[i].Body, a.Deliveries[i].Response = nil, nil
	}
	return a, err
}

func (m *Memory) ailing(workspace, document ledger.ID) (rules.Ailing, error) {
	doc := m.rows.Documents[document]
	if doc == nil || doc.Workspace != workspace {
		return rules.Ailing{}, ledger.ErrNotFound
	}
	a := rules.Ailing{
		Document: *doc, Flow: m.rows.Streams[doc.Stream].Flow, Deliveries: m.rows.DeliveriesOf(document), Problem: m.rows.Problems[document].Code,
	}
	if w := m.rows.Work[doc.Work]; w != nil {
		row := *w
		a.Work = &row
	}
	queued := map[ledger.ID]ledger.Revision{}
	m.rows.AddQueued(queued, *doc)
	if rev, ok := queued[document]; ok {
		a.Queued = &rev
	}
	return a, nil
}

// Repair implements Store.
func (m *Memory) Repair(ctx context.Context, r ledger.Repair) ([]ledger.ID, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	a, err := m.ailing(r.Workspace, r.Document)
	if err != nil {
		return nil, err
	}
	plan, err := rules.PlanRepair(r, a, m.rows.NextID)
	if err != nil {
		return nil, err
	}
	m.rows.DropWork(plan.Uncovered)
	if plan.Document.Pack == rules.NewPack {
		plan.Document.Pack = m.rows.Pack([][]byte{r.Source})
		m.rows.SetRevision(*plan.Edited)
	}
	m.rows.SetDocument(plan.Document)
	for _, rev := range plan.Unqueued {
		delete(m.rows.Revisions[rev.Document], rev.Rev)
	}
	for _, rev := range plan.Revisions {
		m.rows.SetRevision(rev)
	}
	m.history[r.Document] = append(m.history[r.Document], plan.History...)
	next := map[ledger.DeliveryKey]ledger.Delivery{}
	for _, d := range plan.Deliveries {
		next[d.DeliveryKey] = rows.Cloned(d)
	}
	m.rows.SetDeliveries(next)
	maps.DeleteFunc(m.rows.Owners, func(_ rows.TargetKey, owner ledger.DeliveryKey) bool { return slices.Contains(plan.Freed, owner) })
	problems, cleared := map[ledger.ID]ledger.Problem{}, []ledger.ID{r.Document}
	if plan.Problem != nil {
		problems[r.Document], cleared = *plan.Problem, nil
	}
	m.rows.Settle(plan.Work, problems, cleared, plan.Deltas)
	m.groups.Follow([]ledger.Document{plan.Document})
	if plan.Edited == nil {
		return plan.Now, nil
	}
	released := m.lookups.Index(plan.Document.Stream, []ledger.Newest{{Document: r.Document, Body: r.Source, Modified: plan.Document.Modified, Seen: r.Now}}, r.Now)
	return append(plan.Now, released...), nil
}
