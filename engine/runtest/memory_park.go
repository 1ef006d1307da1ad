package runtest

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
)

// codeTable is a code table; rows are targets by their source.
type codeTable struct {
	workspace ledger.ID
	name      string
	version   int64
	rows      map[string]string
}

// CreateTable makes a code table without rows.
func (m *Memory) CreateTable(ctx context.Context, workspace ledger.ID, name string) (ledger.ID, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return 0, err
	}
	id := m.nextID()
	m.tables[id] = &codeTable{workspace: workspace, name: name, rows: map[string]string{}}
	return id, nil
}

// Fill sets rows of a code table, targets by their source, releases who waits for one
// of them and gives the work that is due at once.
func (m *Memory) Fill(ctx context.Context, table ledger.ID, rows map[string]string, now ledger.Millis) ([]ledger.ID, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	t := m.tables[table]
	if t == nil {
		return nil, ledger.ErrNotFound
	}
	t.version++
	maps.Copy(t.rows, rows)
	var keys []ledger.WaitKey
	for source, target := range rows {
		keys = append(keys, ledger.WaitKey{Kind: ledger.CodeWait, Ref: table, Value: lookup.CodePlace(source, false)},
			ledger.WaitKey{Kind: ledger.CodeWait, Ref: table, Value: lookup.CodePlace(target, true)})
	}
	return m.release(keys, now), nil
}

// Waits gives what a document waits for.
func (m *Memory) Waits(ctx context.Context, document ledger.ID) ([]ledger.WaitKey, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Keys(m.waits[document]), func(a, b ledger.WaitKey) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Value, b.Value))
	}), nil
}

// CodeTable implements lookup.Store.
func (m *Memory) CodeTable(ctx context.Context, workspace ledger.ID, name string) (lookup.Table, bool, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return lookup.Table{}, false, err
	}
	for id, t := range m.tables {
		if t.workspace == workspace && t.name == name {
			return lookup.Table{ID: id, Version: t.version}, true, nil
		}
	}
	return lookup.Table{}, false, nil
}

// Codes implements lookup.Store.
func (m *Memory) Codes(ctx context.Context, table ledger.ID, reverse bool, codes []string) (map[string][]string, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	t := m.tables[table]
	if t == nil {
		return out, nil
	}
	for _, source := range slices.Sorted(maps.Keys(t.rows)) {
		asked, other := source, t.rows[source]
		if reverse {
			asked, other = other, asked
		}
		if slices.Contains(codes, asked) {
			out[asked] = append(out[asked], other)
		}
	}
	return out, nil
}

// overtaken adds the documents to stale that would be parked although what they wait
// for may have come.
func (m *Memory) overtaken(settled []ledger.Settled, stale map[ledger.ID]bool) {
	for _, out := range settled {
		if out.State != ledger.Unmapped {
			continue
		}
		for _, w := range out.Waits {
			if now, there := m.versionOf(w.Kind, w.Ref); !there || now != w.Version {
				stale[out.Document] = true
			}
		}
	}
}

func (m *Memory) versionOf(kind ledger.WaitKind, ref ledger.ID) (int64, bool) {
	if kind == ledger.StreamWait {
		if index := m.indexes[ref]; index != nil {
			return index.version, true
		}
		return 0, m.streams[ref] != nil
	}
	t := m.tables[ref]
	if t == nil {
		return 0, false
	}
	return t.version, true
}

// park notes what documents wait for that are parked now.
func (m *Memory) park(settled []ledger.Settled, after []ledger.Document, stale map[ledger.ID]bool) {
	for _, doc := range after {
		if doc.State != ledger.Unmapped || stale[doc.ID] {
			continue
		}
		for _, out := range settled {
			if out.Document == doc.ID && out.Rev == doc.ActiveRev && out.State == ledger.Unmapped && len(out.Waits) > 0 {
				m.waits[doc.ID] = map[ledger.WaitKey]bool{}
				for _, w := range out.Waits {
					m.waits[doc.ID][w.Key()] = true
				}
			}
		}
	}
}

// release carries out ledger.PlanRelease for the documents that wait for one of the
// keys, and gives the work that is due at once.
func (m *Memory) release(keys []ledger.WaitKey, now ledger.Millis) []ledger.ID {
	var parked []ledger.Parked
	queued := map[ledger.ID]ledger.Revision{}
	for id, waits := range m.waits {
		if !slices.ContainsFunc(keys, func(k ledger.WaitKey) bool { return waits[k] }) {
			continue
		}
		doc := *m.documents[id]
		p := ledger.Parked{Document: doc, Flow: m.streams[doc.Stream].Flow}
		if w := m.work[doc.Work]; w != nil {
			row := *w
			p.Work = &row
		}
		m.addQueued(queued, doc)
		if rev, waits := queued[id]; waits {
			p.Queued = &rev
		}
		parked = append(parked, p)
	}
	plan, uncovered := ledger.PlanRelease(parked, now, m.nextID)
	m.carryOut(plan)
	for _, id := range uncovered {
		m.dropWork(id)
	}
	return plan.Now
}
