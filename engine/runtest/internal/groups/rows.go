package groups

import (
	"context"
	"maps"
	"slices"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/engine/runtest/internal/rows"
)

// Rows are the tables of groups, with what the rest of the store does by them.
type Rows struct {
	rows *rows.Rows
	// groups are by their documents; groupsOf has those that a document was ever in,
	// unclosed those that are perhaps to be composed.
	groups   map[ledger.ID]*entry
	groupsOf map[ledger.ID]map[ledger.ID]bool
	unclosed map[ledger.ID]bool
}

// NewRows gives empty tables of groups beside the other ones.
func NewRows(of *rows.Rows) *Rows {
	return &Rows{rows: of, groups: map[ledger.ID]*entry{}, groupsOf: map[ledger.ID]map[ledger.ID]bool{}, unclosed: map[ledger.ID]bool{}}
}

// entry is a group, members by document.
type entry struct {
	head    barrier.Head
	members map[ledger.ID]barrier.Member
	origins []byte
}

// RunOf gives the run that a document is walked for.
func (r *Rows) RunOf(doc *ledger.Document) ledger.ID {
	if g := r.groups[doc.ID]; g != nil {
		return g.head.Run
	}
	return doc.Run
}

// Late carries out barrier.Late.
func (r *Rows) Late(settled []ledger.Settled, docs map[ledger.ID]*ledger.Document) []ledger.Settled {
	out := slices.Clone(settled)
	for i, s := range out {
		if s.State != ledger.Held || docs[s.Document] == nil {
			continue
		}
		var earlier []barrier.Earlier
		for _, id := range slices.Sorted(maps.Keys(r.groupsOf[s.Document])) {
			g := r.groups[id]
			if as, in := g.members[s.Document]; in && as.Rev < s.Rev {
				earlier = append(earlier, barrier.Earlier{Head: g.head, Document: *r.rows.Documents[id]})
			}
		}
		out[i] = barrier.Late(s, earlier)
	}
	return out
}

// Join lets documents that are held now join their groups.
func (r *Rows) Join(o ledger.Outcome, after []ledger.Document, stale map[ledger.ID]bool) {
	for _, doc := range after {
		for i := range o.Documents {
			out := &o.Documents[i]
			if out.Document != doc.ID || out.State != ledger.Held || doc.State != ledger.Held || doc.ActiveRev != out.Rev || stale[doc.ID] {
				continue
			}
			for _, j := range out.Joins {
				g := r.groupFor(j, doc, o.Now)
				_, known := g.members[doc.ID]
				r.place(g, barrier.Member{Document: doc.ID, Rev: out.Rev, Rest: out.Rest, OnSeen: out.OnSeen, Records: j.Records})
				if j.Into != 0 {
					r.unclosed[j.Into] = true
				}
				g.head.Take(j, known, o.Now)
			}
		}
	}
}

// groupFor gives the group that a join is to, opening it where there is none.
func (r *Rows) groupFor(j ledger.Join, doc ledger.Document, now ledger.Millis) *entry {
	if g := r.groups[j.Into]; g != nil {
		return g
	}
	flow := r.rows.Streams[doc.Stream].Flow
	stream := r.rows.Stream(doc.Workspace, flow, j.NodeID).ID
	for id := range r.unclosed {
		if g := r.groups[id]; g.head.State == barrier.Open && g.head.Stream == stream && g.head.Version == doc.Version && g.head.Key == j.Key {
			return g
		}
	}
	head, own := barrier.Begin(j, doc, flow, stream, r.rows.NextID(), r.RunOf(&doc), now)
	own.Pack = r.rows.Pack([][]byte{j.Header})
	r.rows.Insert(own)
	g := &entry{head: head, members: map[ledger.ID]barrier.Member{}}
	r.groups[own.ID] = g
	r.unclosed[own.ID] = true
	return g
}

// place puts a member into a group.
func (r *Rows) place(g *entry, as barrier.Member) {
	as.Group, as.Records = g.head.Document, slices.Clone(as.Records)
	g.members[as.Document] = as
	if r.groupsOf[as.Document] == nil {
		r.groupsOf[as.Document] = map[ledger.ID]bool{}
	}
	r.groupsOf[as.Document][g.head.Document] = true
}

// CarryOut does what the rules say about documents.
func (r *Rows) CarryOut(plan rules.OutcomePlan) {
	for _, doc := range plan.Update {
		r.rows.SetDocument(doc)
	}
	for _, rev := range plan.Unqueued {
		delete(r.rows.Revisions[rev.Document], rev.Rev)
	}
	for _, rev := range plan.Revisions {
		r.rows.SetRevision(rev)
	}
	r.rows.Settle(plan.Work, plan.Problems, plan.Cleared, plan.Deltas)
	r.Follow(plan.Update)
}

// Follow lets members go where their bills went.
func (r *Rows) Follow(changed []ledger.Document) {
	for _, bill := range changed {
		g := r.groups[bill.ID]
		if g == nil {
			continue
		}
		docs, queued := map[ledger.ID]*ledger.Document{}, map[ledger.ID]ledger.Revision{}
		var settled []ledger.Settled
		for _, id := range slices.Sorted(maps.Keys(g.members)) {
			doc, as := *r.rows.Documents[id], g.members[id]
			if !barrier.In(doc, as) {
				continue
			}
			docs[id] = &doc
			r.rows.AddQueued(queued, doc)
			settled = append(settled, barrier.Follow(doc, as, r.fates(doc)))
		}
		plan := barrier.Plan(settled, docs, queued, g.head, bill.Updated, r.rows.NextID)
		r.rows.Must(plan.Err())
		r.CarryOut(plan)
	}
}

// fates gives where the groups of a document's active revision stand.
func (r *Rows) fates(doc ledger.Document) []barrier.Fate {
	var out []barrier.Fate
	for _, id := range slices.Sorted(maps.Keys(r.groupsOf[doc.ID])) {
		if as, in := r.groups[id].members[doc.ID]; !in || as.Rev != doc.ActiveRev {
			continue
		}
		f := barrier.Fate{Head: r.groups[id].head.State, Document: *r.rows.Documents[id]}
		if problem, ok := r.rows.Problems[id]; ok {
			f.Problem = &problem
		}
		out = append(out, f)
	}
	return out
}

func (r *Rows) heads(ctx context.Context, after ledger.ID, limit int, want func(barrier.Head) bool) ([]barrier.Head, error) {
	end, err := r.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	var out []barrier.Head
	for _, id := range slices.Sorted(maps.Keys(r.unclosed)) {
		if r.groups[id].head.State == barrier.Closed {
			delete(r.unclosed, id)
		}
		if h := r.groups[id].head; id > after && want(h) && len(out) < limit {
			out = append(out, h)
		}
	}
	return out, nil
}

func (r *Rows) group(id ledger.ID) (barrier.Group, error) {
	g := r.groups[id]
	if g == nil {
		return barrier.Group{}, ledger.ErrNotFound
	}
	out := barrier.Group{Head: g.head, Document: *r.rows.Documents[id], Deliveries: r.rows.DeliveriesOf(id)}
	if w := r.rows.Work[out.Document.Work]; w != nil {
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

// put keeps who is in a bill.
func (r *Rows) put(g *entry, b barrier.Bill) {
	g.members, g.origins = map[ledger.ID]barrier.Member{}, slices.Clone(b.Origins)
	for _, member := range b.Members {
		r.place(g, member)
	}
}

func (r *Rows) heldIn(g *entry) []barrier.Held {
	var out []barrier.Held
	for _, id := range slices.Sorted(maps.Keys(g.members)) {
		out = append(out, r.heldAs(g.members[id]))
	}
	return out
}

func (r *Rows) heldAs(as barrier.Member) barrier.Held {
	h := barrier.Held{Member: as, Document: *r.rows.Documents[as.Document]}
	queued := map[ledger.ID]ledger.Revision{}
	r.rows.AddQueued(queued, h.Document)
	if rev, ok := queued[as.Document]; ok {
		h.Queued = &rev
	}
	return h
}

// remade writes a group without a member.
func (r *Rows) remade(plan barrier.RemadePlan, as barrier.Remade, member ledger.ID) {
	g := r.groups[as.Group]
	g.head = plan.Head
	delete(g.members, member)
	if plan.Uncovered != 0 {
		r.rows.DropWork(plan.Uncovered)
	}
	if as.Bill != nil {
		plan.Document.Pack = r.rows.Pack([][]byte{as.Bill.Body})
		r.put(g, *as.Bill)
	}
	r.rows.SetDocument(plan.Document)
	if plan.Archived != nil {
		r.rows.SetRevision(*plan.Archived)
	}
	if plan.Work != nil {
		r.rows.Work[plan.Work.ID] = plan.Work
	}
	delete(r.rows.Problems, as.Group)
	delete(r.rows.Waits, as.Group)
	maps.DeleteFunc(r.rows.Owners, func(_ rows.TargetKey, owner ledger.DeliveryKey) bool { return slices.Contains(plan.Freed, owner) })
}
