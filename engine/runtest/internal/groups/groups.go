// Package groups is the part of the store in memory that knows groups: who is in them,
// the bills they become, and that members go where their bills went.
//
// It may import engine/barrier, engine/ledger, its rules and engine/runtest/internal/rows: never
// another part of the store.
package groups

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/internal/rows"
)

// Groups is what a barrier.Store does about groups.
type Groups struct {
	rows *rows.Rows
	of   *Rows
}

// New gives the store of the groups in the tables.
func New(of *Rows) *Groups { return &Groups{rows: of.rows, of: of} }

// DueGroups implements barrier.Store.
func (s *Groups) DueGroups(ctx context.Context, now ledger.Millis, after ledger.ID, limit int) ([]barrier.Head, error) {
	return s.of.heads(ctx, after, limit, func(h barrier.Head) bool {
		return h.Due <= now && (h.State.Collects() || h.State == barrier.Changed && !s.rows.Documents[h.Document].InFlight())
	})
}

// RunGroups implements barrier.Store.
func (s *Groups) RunGroups(ctx context.Context) ([]barrier.RunNode, error) {
	heads, err := s.of.heads(ctx, 0, math.MaxInt, func(h barrier.Head) bool { return h.State.Collects() && h.PerRun })
	var out []barrier.RunNode
	for _, h := range heads {
		if at := (barrier.RunNode{Run: h.Run, Version: h.Version, NodeID: h.NodeID}); !slices.Contains(out, at) {
			out = append(out, at)
		}
	}
	slices.SortFunc(out, func(a, b barrier.RunNode) int {
		return cmp.Or(cmp.Compare(a.Run, b.Run), cmp.Compare(a.Version, b.Version), cmp.Compare(a.NodeID, b.NodeID))
	})
	return out, err
}

// GroupsOf implements barrier.Store.
func (s *Groups) GroupsOf(ctx context.Context, of barrier.RunNode, after ledger.ID, limit int) ([]barrier.Head, error) {
	return s.of.heads(ctx, after, limit, func(h barrier.Head) bool {
		return h.State.Collects() && h.PerRun && h.Run == of.Run && h.Version == of.Version && h.NodeID == of.NodeID
	})
}

// Quiet implements barrier.Store.
func (s *Groups) Quiet(ctx context.Context, run ledger.ID) (bool, error) {
	r, end, err := s.rows.BeginWithRun(ctx, run)
	defer end()
	if err != nil {
		return false, err
	}
	counts := s.rows.CountsOf(run)
	if !r.PullingEnded || counts[ledger.SlotOf(ledger.Waiting)] != 0 || counts[ledger.SlotClaimed] != 0 {
		return false, nil
	}
	for id, g := range s.of.groups {
		if g.head.Run == run && s.rows.Documents[id].State == ledger.Waiting {
			return false, nil
		}
	}
	return true, nil
}

// Group implements barrier.Store.
func (s *Groups) Group(ctx context.Context, id ledger.ID) (barrier.Group, error) {
	end, err := s.rows.Begin(ctx)
	defer end()
	if err != nil {
		return barrier.Group{}, err
	}
	return s.of.group(id)
}

// Origins gives where the lines of a bill came from.
func (s *Groups) Origins(ctx context.Context, id ledger.ID) ([]byte, error) {
	end, err := s.rows.Begin(ctx)
	defer end()
	if err != nil || s.of.groups[id] == nil {
		return nil, err
	}
	return slices.Clone(s.of.groups[id].origins), nil
}

// CloseGroup implements barrier.Store.
func (s *Groups) CloseGroup(ctx context.Context, c barrier.Closing) ([]ledger.ID, error) {
	end, err := s.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	g := s.of.groups[c.Group]
	if g == nil {
		return nil, ledger.ErrFenced
	}
	plan, err := barrier.PlanClose(c, g.head, *s.rows.Documents[c.Group], s.of.heldIn(g), s.rows.NextID)
	if err != nil {
		return nil, err
	}
	g.head = plan.Head
	if len(plan.Gone) > 0 {
		s.rows.SetDocument(plan.Document)
		for _, id := range plan.Gone {
			delete(g.members, id)
		}
		s.of.CarryOut(plan.Let)
		return plan.Now, nil
	}
	bodies := make([][]byte, len(c.Bills))
	for i, b := range c.Bills {
		bodies[i] = b.Body
	}
	pack := s.rows.Pack(bodies)
	plan.Document.Pack = pack
	s.rows.SetDocument(plan.Document)
	if plan.Archived != nil {
		s.rows.SetRevision(*plan.Archived)
	}
	s.of.put(g, c.Bills[0])
	for _, made := range plan.More {
		made.Document.Pack = pack
		s.rows.Insert(made.Document)
		more := &entry{head: made.Head}
		s.of.put(more, c.Bills[made.Bill])
		s.of.groups[made.Document.ID] = more
	}
	for _, w := range plan.Work {
		s.rows.Work[w.ID] = &w
	}
	if plan.Cleared {
		delete(s.rows.Problems, c.Group)
		delete(s.rows.Waits, c.Group)
	}
	s.of.Follow([]ledger.Document{plan.Document})
	return plan.Now, nil
}

// Grouped implements barrier.Store.
func (s *Groups) Grouped(ctx context.Context, workspace, document ledger.ID) (ledger.Document, []barrier.Group, error) {
	end, err := s.rows.Begin(ctx)
	defer end()
	if err != nil {
		return ledger.Document{}, nil, err
	}
	doc := s.rows.Documents[document]
	if doc == nil || doc.Workspace != workspace {
		return ledger.Document{}, nil, ledger.ErrNotFound
	}
	var groups []barrier.Group
	for _, f := range s.of.fates(*doc) {
		g, err := s.of.group(f.Document.ID)
		if err != nil {
			return ledger.Document{}, nil, err
		}
		groups = append(groups, g)
	}
	return *doc, groups, nil
}

// Eject implements barrier.Store.
func (s *Groups) Eject(ctx context.Context, e barrier.Ejecting) ([]ledger.ID, error) {
	end, err := s.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	doc := s.rows.Documents[e.Document]
	if doc == nil || doc.Workspace != e.Workspace {
		return nil, ledger.ErrNotFound
	}
	var groups []barrier.Group
	for _, r := range e.Remade {
		g, err := s.of.group(r.Group)
		if err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	if len(s.of.fates(*doc)) != len(groups) {
		return nil, ledger.ErrFenced
	}
	member := barrier.Held{Document: *doc}
	if len(groups) > 0 {
		member = s.of.heldAs(s.of.groups[groups[0].Head.Document].members[e.Document])
	}
	plan, err := barrier.PlanEject(e, member, groups, s.rows.NextID)
	if err != nil {
		return nil, err
	}
	for i, r := range plan.Groups {
		s.of.remade(r, e.Remade[i], e.Document)
	}
	s.of.CarryOut(plan.Member)
	for _, r := range plan.Groups {
		s.of.Follow([]ledger.Document{r.Document})
	}
	return plan.Now, nil
}
