// Package chain works the flows of one file that pass documents on to each other:
// which of them work along with the first, when all have come to their end, and what
// came of them.
//
// It may import engine/flow, engine/ledger, the sdk and server/execution: never a database,
// HTTP or the command line.
package chain

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// File is the flows of a file, which may name each other. It is a compile.Flows: of other
// flows and of code tables nothing is known before a flow is published.
type File struct {
	Docs  []*flow.Document
	Types flow.Types
}

// Sources implements compile.Flows.
func (f File) Sources(id string) ([]string, bool) {
	if i := f.index(id); i >= 0 {
		return flow.NewGraph(f.Docs[i], f.Types).Sources(), true
	}
	return nil, true
}

// Inlets implements compile.Flows.
func (f File) Inlets(id string) (ids []string, known, there bool) {
	if i := f.index(id); i >= 0 {
		return flow.NewGraph(f.Docs[i], f.Types).Inlets(), true, true
	}
	return nil, false, true
}

// Table implements compile.Flows.
func (File) Table(string) bool { return true }

func (f File) index(id string) int {
	return slices.IndexFunc(f.Docs, func(doc *flow.Document) bool { return id != "" && doc.Metadata.ID == id })
}

// Members gives the flows that work along with the first, by their place in the file:
// the first, those that it hands documents over to, those that read what one of them
// stored, and so on. Each stands behind one that leads to it.
func (f File) Members() []int {
	members := []int{0}
	for at := 0; at < len(members); at++ {
		from := f.Docs[members[at]]
		for _, to := range f.named(from, node.Writeback, "to") {
			members = join(members, to)
		}
		for i, doc := range f.Docs {
			if slices.Contains(f.named(doc, node.Inlet, "from"), members[at]) {
				members = join(members, i)
			}
		}
	}
	return members
}

// Reads reports whether a flow of the file reads what another flow stored.
func (f File) Reads(i int) bool { return len(f.named(f.Docs[i], node.Inlet, "from")) > 0 }

// named gives the flows of the file that nodes of a role name in a setting.
func (f File) named(doc *flow.Document, role node.Role, setting string) []int {
	var out []int
	for _, n := range doc.Spec.Nodes {
		t, ok := f.Types.Type(n.Type)
		if !ok || t.Declaration().Role != role {
			continue
		}
		alias, _, _ := strings.Cut(item.Of(n.Settings).Field(setting).Text(), ".")
		if i := f.index(doc.Spec.Uses[alias].Flow); i >= 0 {
			out = join(out, i)
		}
	}
	return out
}

func join(list []int, i int) []int {
	if slices.Contains(list, i) {
		return list
	}
	return append(list, i)
}

// Settler closes the runs of a flow that are settled and gives those that are not.
type Settler interface {
	Settle(ctx context.Context, flow ledger.ID) ([]ledger.Run, error)
}

// Dues tells when the next work row of a flow is due; false when it has none.
type Dues interface {
	NextDue(ctx context.Context, flow ledger.ID) (ledger.Millis, bool, error)
}

// Errands tell how many calls after walks of flows are open, and when the first is due.
type Errands interface {
	Left(ctx context.Context, flows []ledger.ID) (n int, due ledger.Millis, err error)
}

// Waiter waits for flows to come to their end.
type Waiter struct {
	Settler Settler
	Dues    Dues
	Errands Errands
	Clock   func() time.Time
	// Every is how often it looks.
	Every time.Duration
	// Look is called at every look.
	Look func(ctx context.Context) error
}

// Wait waits until every run of the flows is settled, and for retries that come due
// until the deadline. Its error is the context's or that of a look.
func (w Waiter) Wait(ctx context.Context, flows []ledger.ID, deadline time.Time) error {
	ticker := time.NewTicker(w.Every)
	defer ticker.Stop()
	calm := 0
	for {
		if err := w.Look(ctx); err != nil {
			return err
		}
		over, err := w.over(ctx, flows, deadline)
		if err != nil {
			return err
		}
		// What one flow hands to another before it was looked at is seen at the second look.
		if calm++; !over {
			calm = 0
		}
		if calm == min(len(flows), 2) {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// over reports whether nothing is to be waited for any more. The runs of a flow are
// closed only when those before it are, so that what they hand over stays together.
func (w Waiter) over(ctx context.Context, flows []ledger.ID, deadline time.Time) (bool, error) {
	open, soon := false, false
	for _, flow := range flows {
		due, waits, err := w.Dues.NextDue(ctx, flow)
		if err != nil {
			return false, err
		}
		soon = soon || waits && !due.Time().After(deadline)
		if open {
			continue
		}
		runs, err := w.Settler.Settle(ctx, flow)
		if err != nil {
			return false, err
		}
		open = len(runs) > 0
	}
	if !open && !soon { // their runs are over, so nothing more is entered
		left, due, err := w.Errands.Left(ctx, flows)
		if err != nil {
			return false, err
		}
		soon = left > 0 && !due.Time().After(deadline)
	}
	late := w.Clock().After(deadline)
	// What is held or cannot be walked keeps its run open for ever.
	return open && !soon && late || !open && (!soon || late), nil
}
