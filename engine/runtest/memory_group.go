package runtest

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/ledger"
)

// memoryGroup is a group, members by document.
type memoryGroup struct {
	head    barrier.Head
	members map[ledger.ID]barrier.Member
	origins []byte
}

// place puts a member into a group.
func (m *Memory) place(g *memoryGroup, as barrier.Member) {
	as.Group, as.Records = g.head.Document, slices.Clone(as.Records)
	g.members[as.Document] = as
	if m.groupsOf[as.Document] == nil {
		m.groupsOf[as.Document] = map[ledger.ID]bool{}
	}
	m.groupsOf[as.Document][g.head.Document] = true
}

// runOf gives the run that a document is walked for.
func (m *Memory) runOf(doc *ledger.Document) ledger.ID {
	if g := m.groups[doc.ID]; g != nil {
		return g.head.Run
	}
	return doc.Run
}

// late carries out barrier.Late.
func (m *Memory) late(settled []ledger.Settled, docs map[ledger.ID]*ledger.Document) []ledger.Settled {
	out := slices.Clone(settled)
	for i, s := range out {
		if s.State != ledger.Held || docs[s.Document] == nil {
			continue
		}
		var earlier []barrier.Earlier
		for _, id := range slices.Sorted(maps.Keys(m.groupsOf[s.Document])) {
			g := m.groups[id]
			if as, in := g.members[s.Document]; in && as.Rev < s.Rev {
				earlier = append(earlier, barrier.Earlier{Head: g.head, Document: *m.documents[id]})
			}
		}
		out[i] = barrier.Late(s, earlier)
	}
	return out
}

// join lets documents that are held now join their groups.
func (m *Memory) join(o ledger.Outcome, after []ledger.Document, stale map[ledger.ID]bool) {
	for _, doc := range after {
		for i := range o.Documents {
			out := &o.Documents[i]
			if out.Document != doc.ID || out.State != ledger.Held || doc.State != ledger.Held || doc.ActiveRev != out.Rev || stale[doc.ID] {
				continue
			}
			for _, j := range out.Joins {
				g := m.groupFor(j, doc, o.Now)
				_, known := g.members[doc.ID]
				m.place(g, barrier.Member{Document: doc.ID, Rev: out.Rev, Rest: out.Rest, OnSeen: out.OnSeen, Records: j.Records})
				if j.Into != 0 {
					m.unclosed[j.Into] = true
				}
				g.head.Take(j, known, o.Now)
			}
		}
	}
}

// groupFor gives the group that a join is to, opening it where there is none.
func (m *Memory) groupFor(j ledger.Join, doc ledger.Document, now ledger.Millis) *memoryGroup {
	if g := m.groups[j.Into]; g != nil {
		return g
	}
	flow := m.streams[doc.Stream].Flow
	stream := m.stream(doc.Workspace, flow, j.NodeID).ID
	for id := range m.unclosed {
		if g := m.groups[id]; g.head.State == barrier.Open && g.head.Stream == stream && g.head.Version == doc.Version && g.head.Key == j.Key {
			return g
		}
	}
	head, own := barrier.Begin(j, doc, flow, stream, m.nextID(), m.runOf(&doc), now)
	own.Pack = m.pack([][]byte{j.Header})
	m.insert(own)
	g := &memoryGroup{head: head, members: map[ledger.ID]barrier.Member{}}
	m.groups[own.ID] = g
	m.unclosed[own.ID] = true
	return g
}

// insert adds a document of a group.
func (m *Memory) insert(doc ledger.Document) {
	m.keys[documentKey{doc.Stream, doc.Key}] = doc.ID
	m.order[doc.Stream] = append(m.order[doc.Stream], doc.ID)
	m.setDocument(doc)
}

// follow lets members go where their bills went.
func (m *Memory) follow(changed []ledger.Document) {
	for _, bill := range changed {
		g := m.groups[bill.ID]
		if g == nil {
			continue
		}
		docs, queued := map[ledger.ID]*ledger.Document{}, map[ledger.ID]ledger.Revision{}
		var settled []ledger.Settled
		for _, id := range slices.Sorted(maps.Keys(g.members)) {
			doc, as := *m.documents[id], g.members[id]
			if !barrier.In(doc, as) {
				continue
			}
			docs[id] = &doc
			m.addQueued(queued, doc)
			settled = append(settled, barrier.Follow(doc, as, m.fates(doc)))
		}
		m.carryOut(barrier.Plan(settled, docs, queued, g.head, bill.Updated, m.nextID))
	}
}

// fates gives where the groups of a document's active revision stand.
func (m *Memory) fates(doc ledger.Document) []barrier.Fate {
	var out []barrier.Fate
	for _, id := range slices.Sorted(maps.Keys(m.groupsOf[doc.ID])) {
		if as, in := m.groups[id].members[doc.ID]; !in || as.Rev != doc.ActiveRev {
			continue
		}
		f := barrier.Fate{Head: m.groups[id].head.State, Document: *m.documents[id]}
		if problem, ok := m.problems[id]; ok {
			f.Problem = &problem
		}
		out = append(out, f)
	}
	return out
}

// DueGroups implements barrier.Store.
func (m *Memory) DueGroups(ctx context.Context, now ledger.Millis, after ledger.ID, limit int) ([]barrier.Head, error) {
	return m.heads(ctx, after, limit, func(h barrier.Head) bool {
		return h.Due <= now && (h.State == barrier.Open || h.State == barrier.Changed && !m.documents[h.Document].InFlight())
	})
}

func (m *Memory) heads(ctx context.Context, after ledger.ID, limit int, want func(barrier.Head) bool) ([]barrier.Head, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	var out []barrier.Head
	for _, id := range slices.Sorted(maps.Keys(m.unclosed)) {
		if m.groups[id].head.State == barrier.Closed {
			delete(m.unclosed, id)
		}
		if h := m.groups[id].head; id > after && want(h) && len(out) < limit {
			out = append(out, h)
		}
	}
	return out, nil
}

// RunGroups implements barrier.Store.
func (m *Memory) RunGroups(ctx context.Context) ([]barrier.RunNode, error) {
	heads, err := m.heads(ctx, 0, len(m.groups), func(h barrier.Head) bool { return h.State == barrier.Open && h.PerRun })
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
func (m *Memory) GroupsOf(ctx context.Context, of barrier.RunNode, after ledger.ID, limit int) ([]barrier.Head, error) {
	return m.heads(ctx, after, limit, func(h barrier.Head) bool {
		return h.State == barrier.Open && h.PerRun && h.Run == of.Run && h.Version == of.Version && h.NodeID == of.NodeID
	})
}

// Quiet implements barrier.Store.
func (m *Memory) Quiet(ctx context.Context, run ledger.ID) (bool, error) {
	r, end, err := m.beginRun(ctx, run)
	defer end()
	if err != nil {
		return false, err
	}
	counts := m.countsOf(run)
	if !r.PullingEnded || counts[ledger.SlotOf(ledger.Waiting)] != 0 || counts[ledger.SlotClaimed] != 0 {
		return false, nil
	}
	for id, g := range m.groups {
		if g.head.Run == run && m.documents[id].State == ledger.Waiting {
			return false, nil
		}
	}
	return true, nil
}

// Group implements barrier.Store.
func (m *Memory) Group(ctx context.Context, id ledger.ID) (barrier.Group, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return barrier.Group{}, err
	}
	return m.group(id)
}

func (m *Memory) group(id ledger.ID) (barrier.Group, error) {
	g := m.groups[id]
	if g == nil {
		return barrier.Group{}, ledger.ErrNotFound
	}
	out := barrier.Group{Head: g.head, Document: *m.documents[id], Deliveries: m.deliveriesOf(id)}
	if w := m.work[out.Document.Work]; w != nil {
		row := *w
		out.Work = &row
	}
	for _, doc := range slices.Sorted(maps.Keys(g.members)) {
		member := g.members[doc]
		member.Records = slices.Clone(member.Records)
		out.Members = append(out.Members, member)
	}
	return out, nil
}

// Origins gives where the lines of a bill came from.
func (m *Memory) Origins(ctx context.Context, id ledger.ID) ([]byte, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil || m.groups[id] == nil {
		return nil, err
	}
	return slices.Clone(m.groups[id].origins), nil
}

// CloseGroup implements barrier.Store.
func (m *Memory) CloseGroup(ctx context.Context, c barrier.Closing) ([]ledger.ID, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	g := m.groups[c.Group]
	if g == nil {
		return nil, ledger.ErrFenced
	}
	plan, err := barrier.PlanClose(c, g.head, *m.documents[c.Group], m.heldIn(g), m.nextID)
	if err != nil {
		return nil, err
	}
	g.head = plan.Head
	if len(plan.Gone) > 0 {
		m.setDocument(plan.Document)
		for _, id := range plan.Gone {
			delete(g.members, id)
		}
		m.carryOut(plan.Let)
		return plan.Now, nil
	}
	bodies := make([][]byte, len(c.Bills))
	for i, b := range c.Bills {
		bodies[i] = b.Body
	}
	pack := m.pack(bodies)
	plan.Document.Pack = pack
	m.setDocument(plan.Document)
	if plan.Archived != nil {
		m.setRevision(*plan.Archived)
	}
	m.put(g, c.Bills[0])
	for _, made := range plan.More {
		made.Document.Pack = pack
		m.insert(made.Document)
		more := &memoryGroup{head: made.Head}
		m.put(more, c.Bills[made.Bill])
		m.groups[made.Document.ID] = more
	}
	for _, w := range plan.Work {
		m.work[w.ID] = &w
	}
	if plan.Cleared {
		delete(m.problems, c.Group)
		delete(m.waits, c.Group)
	}
	m.follow([]ledger.Document{plan.Document})
	return plan.Now, nil
}

// put keeps who is in a bill.
func (m *Memory) put(g *memoryGroup, b barrier.Bill) {
	g.members, g.origins = map[ledger.ID]barrier.Member{}, slices.Clone(b.Origins)
	for _, member := range b.Members {
		m.place(g, member)
	}
}

func (m *Memory) heldIn(g *memoryGroup) []barrier.Held {
	var out []barrier.Held
	for _, id := range slices.Sorted(maps.Keys(g.members)) {
		out = append(out, m.heldAs(g.members[id]))
	}
	return out
}

func (m *Memory) heldAs(as barrier.Member) barrier.Held {
	h := barrier.Held{Member: as, Document: *m.documents[as.Document]}
	queued := map[ledger.ID]ledger.Revision{}
	m.addQueued(queued, h.Document)
	if rev, ok := queued[as.Document]; ok {
		h.Queued = &rev
	}
	return h
}

// Grouped implements barrier.Store.
func (m *Memory) Grouped(ctx context.Context, workspace, document ledger.ID) (ledger.Document, []barrier.Group, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return ledger.Document{}, nil, err
	}
	doc := m.documents[document]
	if doc == nil || doc.Workspace != workspace {
		return ledger.Document{}, nil, ledger.ErrNotFound
	}
	var groups []barrier.Group
	for _, f := range m.fates(*doc) {
		g, err := m.group(f.Document.ID)
		if err != nil {
			return ledger.Document{}, nil, err
		}
		groups = append(groups, g)
	}
	return *doc, groups, nil
}

// Eject implements barrier.Store.
func (m *Memory) Eject(ctx context.Context, e barrier.Ejecting) ([]ledger.ID, error) {
	end, err := m.begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	doc := m.documents[e.Document]
	if doc == nil || doc.Workspace != e.Workspace {
		return nil, ledger.ErrNotFound
	}
	var groups []barrier.Group
	for _, r := range e.Remade {
		g, err := m.group(r.Group)
		if err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	if len(m.fates(*doc)) != len(groups) {
		return nil, ledger.ErrFenced
	}
	member := barrier.Held{Document: *doc}
	if len(groups) > 0 {
		member = m.heldAs(m.groups[groups[0].Head.Document].members[e.Document])
	}
	plan, err := barrier.PlanEject(e, member, groups, m.nextID)
	if err != nil {
		return nil, err
	}
	for i, r := range plan.Groups {
		m.remade(r, e.Remade[i], e.Document)
	}
	m.carryOut(plan.Member)
	for _, r := range plan.Groups {
		m.follow([]ledger.Document{r.Document})
	}
	return plan.Now, nil
}

// remade writes a group without a member.
func (m *Memory) remade(plan barrier.RemadePlan, r barrier.Remade, member ledger.ID) {
	g := m.groups[r.Group]
	g.head = plan.Head
	delete(g.members, member)
	if plan.Uncovered != 0 {
		m.dropWork(plan.Uncovered)
	}
	if r.Bill != nil {
		plan.Document.Pack = m.pack([][]byte{r.Bill.Body})
		m.put(g, *r.Bill)
	}
	m.setDocument(plan.Document)
	if plan.Archived != nil {
		m.setRevision(*plan.Archived)
	}
	if plan.Work != nil {
		m.work[plan.Work.ID] = plan.Work
	}
	delete(m.problems, r.Group)
	delete(m.waits, r.Group)
	maps.DeleteFunc(m.owners, func(_ targetKey, owner ledger.DeliveryKey) bool { return slices.Contains(plan.Freed, owner) })
}

var _ barrier.Store = (*Memory)(nil)
