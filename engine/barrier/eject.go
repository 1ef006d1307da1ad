package barrier

import (
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/moves"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/sdk/fault"
)

// Ejecting takes a document out of all its groups, in one transaction.
type Ejecting struct {
	Workspace, Document ledger.ID
	// Seen is what the person saw of the document.
	Seen ledger.Sight
	// Remade are the document's groups without it.
	Remade []Remade
	// Again lets the document walk again; else it is rejected.
	Again bool
	// Actor is who acts, Note why.
	Actor, Note string
	// OrderKey is what the client calls the order by, "" where it does not; Asked tells
	// two orders apart. They are kept with what the order does.
	OrderKey string
	Asked    int64
	Now      ledger.Millis
}

// Remade is a group without a member.
type Remade struct {
	Group ledger.ID
	// Seq is that of the group when the bill was composed.
	Seq int64
	// Bill is the bill anew; nil where the group was never composed or nobody is left in it.
	Bill *Bill
}

// Group is a group as a store knows it.
type Group struct {
	Head     Head
	Document ledger.Document
	// Work covers the document, nil when none does.
	Work       *ledger.Work
	Deliveries []ledger.Delivery
	Members    []Member
}

// EjectPlan is what a store does for an Ejecting.
type EjectPlan struct {
	// Member says what becomes of the document.
	Member rules.OutcomePlan
	// Groups are the groups anew, in the order of Remade.
	Groups []RemadePlan
	// Now are work rows that are due at once.
	Now []ledger.ID
}

// RemadePlan is what a store does for one of the groups.
type RemadePlan struct {
	Head     Head
	Document ledger.Document
	// Archived is the bill as it was, nil where none was composed.
	Archived *ledger.Revision
	// Uncovered is the work row to delete, 0 for none; Work covers the bill anew, nil
	// where it does not walk.
	Uncovered ledger.ID
	Work      *ledger.Work
	// Freed are deliveries whose target keys are given back.
	Freed []ledger.DeliveryKey
}

// CodeEjected is the code of a document that a person took out of its bill.
const CodeEjected = "group.ejected"

// CanEject says why a document can't be taken out of its groups; nil when it can.
func CanEject(doc ledger.Document, groups []Group, now ledger.Millis) *fault.Fault {
	if len(groups) == 0 || doc.Attention&ledger.Grouped == 0 {
		return fault.New("group.no_member", "the document is in no bill that is still to be written").Classed(fault.Data).
			Hinted("look at it again: it may have gone on by itself")
	}
	for _, g := range groups {
		if f := g.canRemake(now); f != nil {
			return f
		}
	}
	return nil
}

// canRemake says why a bill can't be composed anew; nil when it can.
func (g *Group) canRemake(now ledger.Millis) *fault.Fault {
	if g.Work != nil && g.Work.Owner != "" && g.Work.LeaseUntil > now {
		return fault.New("document.busy", "the document is being worked on at this moment").Classed(fault.Transient).
			Hinted("wait a moment and look at it again")
	}
	if g.Document.Attention&ledger.Edited != 0 {
		return fault.New("group.edited", "the bill was edited: made anew it would lose that").Classed(fault.Data).
			Hinted("edit the bill once more instead")
	}
	if g.Document.DoneRev > 0 || g.Document.State == ledger.Skipped || slices.ContainsFunc(g.Deliveries, func(d ledger.Delivery) bool { return !unsent(&d) }) {
		return fault.New("group.sent", "the bill, or a part of it, is in the target or may be").Classed(fault.Data).
			Hinted("only from a bill that was never written can a document be taken")
	}
	return nil
}

// unsent reports whether the target certainly does not hold what a delivery is about.
func unsent(d *ledger.Delivery) bool {
	return d.State == ledger.DeliveryRejected || d.State == ledger.DeliveryRetryAt || d.Unapplied()
}

// PlanEject decides about an Ejecting. groups are those of Remade, in their order. Its
// error is a fault that says why nothing is done, or ledger.ErrFenced when a group
// changed since it was composed anew.
func PlanEject(e Ejecting, member Held, groups []Group, nextID func() ledger.ID) (EjectPlan, error) {
	doc := member.Document
	if doc.Sight() != e.Seen {
		return EjectPlan{}, rules.Changed()
	}
	if f := CanEject(doc, groups, e.Now); f != nil {
		return EjectPlan{}, f
	}
	var p EjectPlan
	for i, g := range groups {
		r := e.Remade[i]
		left := len(g.Members) - 1
		if g.Head.Seq != r.Seq || g.Head.Document != r.Group || (r.Bill != nil) != (left > 0 && !g.Head.State.Collects()) {
			return EjectPlan{}, ledger.ErrFenced
		}
		remade, err := remake(g, left, e.Now, nextID)
		if err != nil {
			return EjectPlan{}, err
		}
		p.Groups = append(p.Groups, remade)
		if w := p.Groups[i].Work; w != nil {
			p.Now = append(p.Now, w.ID)
		}
	}
	note := ""
	if e.Note != "" {
		note = ": " + e.Note
	}
	out := ledger.Settled{
		Document: doc.ID, Rev: doc.ActiveRev, State: ledger.Rejected, OnSeen: member.OnSeen, Attention: doc.Attention &^ ledger.Grouped,
		Problem: ledger.ProblemOf(fault.New(CodeEjected, "taken out of its bill by %s%s", e.Actor, note), groups[0].Head.NodeID),
	}
	if e.Again {
		out.State, out.RetryAt = ledger.RetryAt, e.Now
	}
	queued := map[ledger.ID]ledger.Revision{}
	if member.Queued != nil {
		queued[doc.ID] = *member.Queued
	}
	h := groups[0].Head
	p.Member = rules.PlanFollow(moves.Eject, ledger.Outcome{Documents: []ledger.Settled{out}, Now: e.Now},
		ledger.Work{Workspace: h.Workspace, Flow: h.Flow, Priority: ledger.Urgent}, map[ledger.ID]*ledger.Document{doc.ID: &doc}, queued, nextID)
	if err := p.Member.Err(); err != nil {
		return EjectPlan{}, err
	}
	p.Now = append(p.Now, p.Member.Now...)
	return p, nil
}

// remake takes one member out of a group.
func remake(g Group, left int, now ledger.Millis, nextID func() ledger.ID) (RemadePlan, error) {
	p := RemadePlan{Head: g.Head, Document: g.Document}
	doc := &p.Document
	p.Head.Seq++
	p.Head.Members = left
	if g.Head.State.Collects() {
		if left == 0 {
			p.Head.State, p.Head.Closed = Closed, now
			return p, dissolve(doc, now)
		}
		return p, nil
	}
	p.Uncovered, p.Head.State = doc.Work, Closed
	doc.Work, doc.Updated = 0, now
	if left == 0 {
		for i := range g.Deliveries {
			p.Freed = append(p.Freed, g.Deliveries[i].DeliveryKey)
		}
		return p, dissolve(doc, now)
	}
	was, err := anew(doc, now)
	if err != nil {
		return p, err
	}
	p.Archived = &was
	doc.State, doc.Attention, doc.Pack, doc.PackNo = ledger.Waiting, 0, rules.NewPack, 0
	p.Work = &ledger.Work{
		ID: nextID(), Workspace: p.Head.Workspace, Kind: ledger.DocumentWork, Ref: doc.ID, Flow: p.Head.Flow, Docs: 1,
		Priority: ledger.Urgent, Due: now,
	}
	doc.Work = p.Work.ID
	return p, nil
}
