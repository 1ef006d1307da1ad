package product

import (
	"context"
	"errors"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/store/lookupstore"
)

// looked is what look-ups of a workspace's flows may name: a compile.Flows.
type looked struct {
	ctx       context.Context //nolint:containedctx // lives for one call of compile.Flow only
	drafts    *draft.Service
	tables    *lookupstore.Store
	types     flow.Types
	workspace ledger.ID
	// lenient takes a flow that is gone for one without sources: what was published
	// goes on, and says of each document what it can't look into.
	lenient bool
}

// Sources implements compile.Flows. A flow that can't be read has none known.
func (l looked) Sources(publicID string) ([]string, bool) {
	doc, _, err := l.drafts.Newest(l.ctx, l.workspace, publicID)
	if err != nil {
		return nil, l.lenient || !errors.Is(err, ledger.ErrNotFound)
	}
	return flow.NewGraph(doc, l.types).Sources(), true
}

// Inlets implements compile.Flows.
func (l looked) Inlets(publicID string) (ids []string, known, there bool) {
	doc, _, err := l.drafts.Newest(l.ctx, l.workspace, publicID)
	if err != nil {
		return nil, false, l.lenient || !errors.Is(err, ledger.ErrNotFound)
	}
	return flow.NewGraph(doc, l.types).Inlets(), !l.lenient, true
}

// newest gives hand-overs the flows of a workspace.
type newest struct{ drafts *draft.Service }

// Newest implements handover.Flows.
func (n newest) Newest(ctx context.Context, workspace ledger.ID, publicID string) (doc *flow.Document, id, version ledger.ID, err error) {
	doc, f, err := n.drafts.Newest(ctx, workspace, publicID)
	return doc, f.ID, f.PublishedID, err
}

// Table implements compile.Flows. A table that can't be looked for may be there.
func (l looked) Table(name string) bool {
	_, there, err := l.tables.CodeTable(l.ctx, l.workspace, name)
	return there || err != nil || l.lenient
}
