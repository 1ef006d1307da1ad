package barrier

import (
	"strconv"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/moves"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/sdk/fault"
)

// Closing makes bills of a group, all in one transaction.
type Closing struct {
	Group ledger.ID
	// Seq is that of the group when the bills were composed.
	Seq int64
	// Bills are at least one; the first becomes the group's document.
	Bills    []Bill
	Priority int
	Now      ledger.Millis
}

// Bill is one composed document.
type Bill struct {
	Body []byte
	// Members are who is in it with what they bring to it, Origins where its lines came
	// from, as engine/group writes it.
	Members []Member
	Origins []byte
}

// Held is a member as a store knows it.
type Held struct {
	Member

	Document ledger.Document
	// Queued is the revision that waits behind it, nil when none does.
	Queued *ledger.Revision
}

// Made is a bill on its way into the ledger.
type Made struct {
	Head     Head
	Document ledger.Document
	// Bill is its place among the bills of the Closing; its body is the document's payload.
	Bill int
}

// ClosePlan is what a store does for a Closing.
type ClosePlan struct {
	// Head is the group as it is to be written, Document its document: the payload is
	// that of the first bill where its Pack is rules.NewPack.
	Head     Head
	Document ledger.Document
	// Archived is the bill as it was before it was composed anew, nil for a first one.
	Archived *ledger.Revision
	// More are further bills: documents to be inserted.
	More []Made
	Work []ledger.Work
	// Gone are members that leave the group because newer revisions of them wait; Let
	// says what becomes of them. Then no bill is made.
	Gone []ledger.ID
	Let  rules.OutcomePlan
	// Cleared says that the document's problem is to be removed.
	Cleared bool
	// Now are work rows that are due at once.
	Now []ledger.ID
}

// NewIDs gives how many ids PlanClose takes at most.
func (c *Closing) NewIDs(members int) int { return 2*len(c.Bills) + members }

// PlanClose decides about a Closing. Where newer revisions of members wait, these are
// let go and walk again; the group stays open for the others. ledger.ErrFenced when the
// group is not what it was composed as, or its bill is on its way.
func PlanClose(c Closing, h Head, doc ledger.Document, members []Held, nextID func() ledger.ID) (ClosePlan, error) {
	if h.State == Closed || h.Seq != c.Seq || h.State == Changed && doc.InFlight() {
		return ClosePlan{}, ledger.ErrFenced
	}
	p := ClosePlan{Head: h, Document: doc}
	if h.State.Collects() {
		var newer []rules.Withheld
		for _, m := range members {
			if m.Queued != nil && m.Queued.State != ledger.Dropped && In(m.Document, m.Member) {
				p.Gone = append(p.Gone, m.Document.ID)
				newer = append(newer, p.let(m, h, c.Priority))
			}
		}
		if len(newer) > 0 {
			p.Let = rules.PlanWithdraw(0, newer, c.Now, nextID)
			p.Now = p.Let.Now
			if err := p.Let.Err(); err != nil {
				return ClosePlan{}, err
			}
			return p, p.leave(len(newer), c.Now)
		}
	}
	return p, p.bill(c, nextID)
}

// let gives a member as PlanWithdraw takes it: what queues behind it becomes active.
func (p *ClosePlan) let(m Held, h Head, priority int) rules.Withheld {
	doc := m.Document
	doc.Attention &^= ledger.Grouped
	return rules.Withheld{
		Document: doc, Queued: m.Queued, Work: &ledger.Work{Workspace: h.Workspace, Flow: h.Flow, Priority: priority},
	}
}

// leave takes members out of an open group. One that nobody is in is over.
func (p *ClosePlan) leave(n int, now ledger.Millis) error {
	p.Head.Seq++
	p.Head.Members -= n
	if p.Head.Members == 0 {
		p.Head.State, p.Head.Closed = Closed, now
		return dissolve(&p.Document, now)
	}
	return nil
}

// dissolve ends a group's document that nobody is left in.
func dissolve(doc *ledger.Document, now ledger.Millis) error {
	if err := moves.Check(moves.Dissolve, doc.ID, doc.ActiveRev, doc.State, ledger.Superseded); err != nil {
		return err
	}
	doc.State, doc.Updated = ledger.Superseded, now
	return nil
}

// anew begins another revision of a bill and gives the one before as it is archived.
func anew(doc *ledger.Document, now ledger.Millis) (ledger.Revision, error) {
	final, err := rules.Ended(doc)
	was := ledger.Revision{
		Document: doc.ID, Rev: doc.ActiveRev, Number: doc.Number, State: final, Attention: doc.Attention,
		Version: doc.Version, Window: doc.Window, Pack: doc.Pack, PackNo: doc.PackNo, Updated: now,
	}
	doc.LatestRev++
	doc.ActiveRev = doc.LatestRev
	return was, err
}

// bill makes the bills.
func (p *ClosePlan) bill(c Closing, nextID func() ledger.ID) error {
	doc := &p.Document
	from := doc.State
	if p.Head.State == Changed {
		was, err := anew(doc, c.Now)
		if err != nil {
			return err
		}
		p.Archived, p.Cleared, from = &was, true, moves.None
	}
	if err := moves.Check(moves.Compose, doc.ID, doc.ActiveRev, from, ledger.Waiting); err != nil {
		return err
	}
	doc.State, doc.Attention, doc.Pack, doc.PackNo, doc.Updated = ledger.Waiting, 0, rules.NewPack, 0, c.Now
	doc.Work = p.cover(doc.ID, c, nextID)
	p.Head.State, p.Head.Closed, p.Head.Due = Closed, c.Now, ledger.FarFuture
	p.Head.Members = len(c.Bills[0].Members)
	p.Head.Seq++
	for n := 1; n < len(c.Bills); n++ {
		id := nextID()
		more := *doc
		more.ID, more.PackNo = id, n
		more.Key = p.Head.Key + "/" + strconv.FormatInt(int64(id), 10)
		more.Work = p.cover(id, c, nextID)
		head := p.Head
		head.Document, head.Members = id, len(c.Bills[n].Members)
		p.More = append(p.More, Made{Head: head, Document: more, Bill: n})
	}
	return nil
}

func (p *ClosePlan) cover(doc ledger.ID, c Closing, nextID func() ledger.ID) ledger.ID {
	w := ledger.Work{
		ID: nextID(), Workspace: p.Head.Workspace, Kind: ledger.DocumentWork, Ref: doc, Flow: p.Head.Flow, Docs: 1, Priority: c.Priority, Due: c.Now,
	}
	p.Work, p.Now = append(p.Work, w), append(p.Now, w.ID)
	return w.ID
}

func late(e Earlier) *fault.Fault {
	return fault.New("group.late", "an earlier version of the document is in the bill %s, which was delivered", e.Document.Number).Classed(fault.Data).
		Hinted("change the bill in the target if you have to and skip this version; the group's setting can decide it for all")
}
