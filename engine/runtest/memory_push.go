package runtest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/engine/runtest/internal/rows"
)

// claimed gives the work row of a claim that still holds.
func (m *Memory) claimed(c ledger.Claim) (*ledger.Work, error) {
	w := m.rows.Work[c.Work]
	if w == nil || w.Owner == "" || w.Owner != c.Owner || w.Fence != c.Fence {
		return nil, ledger.ErrFenced
	}
	return w, nil
}

// beginClaimed is begin for the work row of a claim that still holds.
func (m *Memory) beginClaimed(ctx context.Context, c ledger.Claim) (w *ledger.Work, end func(), err error) {
	if end, err = m.rows.Begin(ctx); err == nil {
		w, err = m.claimed(c)
	}
	return w, end, err
}

func free(w *ledger.Work, now ledger.Millis) bool {
	return w.Due <= now && (w.Owner == "" || w.LeaseUntil <= now)
}

// Claim implements Store.
func (m *Memory) Claim(
	ctx context.Context, work ledger.ID, owner string, now ledger.Millis, lease time.Duration,
) (ledger.Work, bool, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return ledger.Work{}, false, err
	}
	w := m.rows.Work[work]
	if w == nil || !free(w, now) {
		return ledger.Work{}, false, nil
	}
	w.Owner, w.LeaseUntil = owner, now.Add(lease)
	w.Fence++
	w.Attempts++
	return *w, true, nil
}

// Renew implements Store.
func (m *Memory) Renew(ctx context.Context, claim ledger.Claim, until ledger.Millis) error {
	w, end, err := m.beginClaimed(ctx, claim)
	defer end()
	if err != nil {
		return err
	}
	w.LeaseUntil = until
	return nil
}

// Release implements Store.
func (m *Memory) Release(ctx context.Context, claim ledger.Claim, due ledger.Millis) error {
	w, end, err := m.beginClaimed(ctx, claim)
	defer end()
	if err != nil {
		return err
	}
	w.Owner, w.LeaseUntil, w.Due = "", 0, due
	return nil
}

// Load implements Store.
func (m *Memory) Load(ctx context.Context, work ledger.Work) ([]ledger.Task, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	var tasks []ledger.Task
	for _, id := range slices.Sorted(maps.Keys(m.rows.Covered[work.ID])) {
		doc := m.rows.Documents[id]
		task := ledger.Task{Document: *doc, NodeID: m.rows.Streams[doc.Stream].NodeID, Body: m.rows.Body(doc), Hops: m.hops(doc)}
		if w := m.rows.Windows[doc.Window]; w != nil {
			task.From, task.To = w.From, w.To
		}
		task.Run = m.groups.RunOf(doc)
		if run := m.rows.Runs[task.Run]; run != nil {
			task.TraceID = run.TraceID
		}
		for _, d := range m.deliveriesOf(id) {
			if !d.State.Fixed() {
				d.Body = nil
			}
			if d.State != ledger.DeliveryDone && d.Step == "" {
				d.Response = nil
			}
			task.Deliveries = append(task.Deliveries, d)
		}
		tasks = append(tasks, task)
	}
	return tasks, nil
}

// Due implements Store.
func (m *Memory) Due(ctx context.Context, now ledger.Millis, limit int) ([]ledger.Work, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	var due []ledger.Work
	for _, w := range m.rows.Work {
		if free(w, now) {
			due = append(due, *w)
		}
	}
	slices.SortFunc(due, func(a, b ledger.Work) int { return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.ID, b.ID)) })
	// The first of each flow come before the second of any.
	no, flows := map[ledger.ID]int{}, map[ledger.ID]int{}
	for _, w := range due {
		no[w.ID], flows[w.Flow] = flows[w.Flow], flows[w.Flow]+1
	}
	slices.SortStableFunc(due, func(a, b ledger.Work) int { return cmp.Compare(no[a.ID], no[b.ID]) })
	due = due[:min(max(limit, len(flows)), len(due))]
	slices.SortFunc(due, func(a, b ledger.Work) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Due, b.Due), cmp.Compare(a.ID, b.ID))
	})
	return due, nil
}

// CommitIntents implements Store.
func (m *Memory) CommitIntents(ctx context.Context, commit ledger.IntentCommit) (ledger.IntentResult, error) {
	_, end, err := m.beginClaimed(ctx, commit.Claim)
	defer end()
	if err != nil {
		return ledger.IntentResult{}, err
	}
	result := ledger.IntentResult{Taken: map[int]ledger.DeliveryKey{}}
	written, owners := map[ledger.DeliveryKey]ledger.Delivery{}, map[rows.TargetKey]ledger.DeliveryKey{}
	var history []ledger.Delivery
	for i, in := range commit.Rows {
		on, recorded := written[in.DeliveryKey]
		if !recorded {
			on, recorded = m.rows.Deliveries[in.Document][in.DeliveryKey]
		}
		target := rows.TargetKey{Connection: in.Connection, Resource: in.Resource, Key: in.Key}
		owner, owned := owners[target]
		if !owned {
			owner, owned = m.rows.Owners[target]
		}
		taken := in.Owned && owned && owner != in.DeliveryKey
		next, err := intended(on, recorded, in, taken, commit.Now)
		if err != nil {
			return ledger.IntentResult{}, err
		}
		if recorded && on.Rev != in.Rev {
			history = append(history, on)
		}
		written[in.DeliveryKey] = rows.Cloned(next)
		switch {
		case taken:
			result.Taken[i] = owner
		case in.Owned:
			owners[target] = in.DeliveryKey
		}
	}
	m.rows.SetDeliveries(written)
	maps.Copy(m.rows.Owners, owners)
	for _, d := range history {
		m.history[d.Document] = append(m.history[d.Document], d)
	}
	for _, c := range commit.Calls {
		m.calls[c.ID] = c
	}
	return result, nil
}

func intended(on ledger.Delivery, recorded bool, in ledger.Intent, taken bool, now ledger.Millis) (ledger.Delivery, error) {
	if !recorded {
		return rules.Intend(nil, in, taken, now)
	}
	return rules.Intend(&on, in, taken, now)
}

// CommitOutcome implements Store. An outcome that leaves out a document of its
// work row is refused: the document would never be walked again.
func (m *Memory) CommitOutcome(ctx context.Context, o ledger.Outcome) (ledger.OutcomeResult, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return ledger.OutcomeResult{}, err
	}
	work, fenced := m.claimed(o.Claim)
	docs, queued, err := m.walked(o)
	if err == nil {
		err = m.flowsThere(o.Hands)
	}
	if err != nil && fenced == nil {
		return ledger.OutcomeResult{}, err
	}
	stale, err := m.resolve(o.Deliveries, o.Now)
	if err != nil {
		return ledger.OutcomeResult{}, err
	}
	m.lookups.Overtaken(o.Documents, stale)
	m.keep(o.Writebacks)
	m.probes = append(m.probes, o.Probes...)
	for _, c := range o.Calls {
		c.Response = slices.Clone(c.Response)
		m.ended[c.ID] = c
	}
	result := ledger.OutcomeResult{Stale: slices.Sorted(maps.Keys(stale))}
	if fenced != nil {
		return result, fenced
	}
	handings := rules.Handings(o, docs, stale, m.made())
	entered := m.enter(o, work.Flow, docs, stale)
	o.Documents = m.groups.Late(o.Documents, docs)
	plan := rules.PlanOutcome(o, *work, docs, queued, stale, m.rows.NextID)
	result.Refused = plan.Refused
	m.groups.CarryOut(plan)
	m.groups.Join(o, plan.Update, stale)
	m.lookups.Park(o.Documents, plan.Update, stale)
	if len(o.Documents) > 0 {
		m.rows.DropWork(work.ID)
	}
	m.errands.Enter(entered)
	result.Work = append(plan.Now, m.feeds.Await(o.Documents, stale, o.Now)...)
	result.Handed = m.handOver(o.Workspace, handings, o.Now)
	return result, nil
}

// walked gives copies of the rows that an outcome names, with what queues behind them.
func (m *Memory) walked(o ledger.Outcome) (map[ledger.ID]*ledger.Document, map[ledger.ID]ledger.Revision, error) {
	docs, queued := map[ledger.ID]*ledger.Document{}, map[ledger.ID]ledger.Revision{}
	for _, out := range o.Documents {
		if doc, ok := m.rows.Documents[out.Document]; ok {
			row := *doc
			docs[out.Document] = &row
			m.rows.AddQueued(queued, row)
		}
	}
	if len(o.Documents) == 0 {
		return docs, queued, nil
	}
	for id := range m.rows.Covered[o.Claim.Work] {
		if docs[id] == nil {
			return nil, nil, fmt.Errorf("the outcome of work %d leaves out document %d", o.Claim.Work, id)
		}
	}
	return docs, queued, nil
}

// keep stores what writebacks keep with done deliveries.
func (m *Memory) keep(writebacks []ledger.Writeback) {
	for _, w := range writebacks {
		if on, ok := rules.Keep(m.rows.Deliveries[w.Document][w.DeliveryKey], w); ok {
			m.rows.SetDeliveries(map[ledger.DeliveryKey]ledger.Delivery{w.DeliveryKey: rows.Cloned(on)})
		}
	}
}

// resolve applies resolutions, all or none, and gives the documents that somebody
// else resolved.
func (m *Memory) resolve(resolutions []ledger.Resolution, now ledger.Millis) (map[ledger.ID]bool, error) {
	stale := map[ledger.ID]bool{}
	next := map[ledger.DeliveryKey]ledger.Delivery{}
	var freed []ledger.Delivery
	for _, r := range resolutions {
		on, ok := next[r.DeliveryKey]
		if !ok {
			if on, ok = m.rows.Deliveries[r.Document][r.DeliveryKey]; !ok {
				return nil, fmt.Errorf("a resolution of %v: %w", r.DeliveryKey, ledger.ErrNotFound)
			}
		}
		resolved, applies, err := rules.Resolve(on, r, now)
		if err != nil {
			return nil, err
		}
		if !applies {
			stale[r.Document] = true
			continue
		}
		next[r.DeliveryKey] = rows.Cloned(resolved)
		if r.FreeKey {
			freed = append(freed, resolved)
		}
	}
	m.rows.SetDeliveries(next)
	for _, d := range freed {
		if target := (rows.TargetKey{Connection: d.Connection, Resource: d.Resource, Key: d.Key}); m.rows.Owners[target] == d.DeliveryKey {
			delete(m.rows.Owners, target)
		}
	}
	return stale, nil
}
