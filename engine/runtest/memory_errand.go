package runtest

import (
	"context"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/errand/errandtest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
)

// Errands gives the errands that were entered.
func (m *Memory) Errands() errandtest.Store { return m.errands }

// over reports which of some runs are over.
func (m *Memory) over(runs []ledger.ID) map[ledger.ID]bool {
	end, err := m.rows.Begin(context.Background())
	defer end()
	over := map[ledger.ID]bool{}
	for _, id := range runs {
		run := m.rows.Runs[id]
		over[id] = err == nil && (run == nil || run.State > ledger.RunRunning)
	}
	return over
}

// enter gives the records of what an outcome asks for.
func (m *Memory) enter(o ledger.Outcome, flow ledger.ID, docs map[ledger.ID]*ledger.Document, stale map[ledger.ID]bool) []errand.Record {
	var records []errand.Record
	for _, e := range rules.Errands(o, docs, stale, m.errands.Made()) {
		records = append(records, errand.New(e, m.rows.NextID(), o.Workspace, flow, o.Now))
	}
	return records
}
