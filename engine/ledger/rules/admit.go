// Package rules moves what the ledger holds from state to state: what becomes of a
// page, of an intent and its answer, of walked documents, of those that are parked,
// handed over, read anew or repaired by a person. The rules are pure functions; a
// store carries them out, so that every store decides alike.
//
// It may import engine/ledger, its moves and sdk/fault: never a database, a node or another
// engine package.
package rules

import (
	"errors"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/moves"
)

// PagePlan is what a store does for a PageCommit, in one transaction.
type PagePlan struct {
	// Insert and Update are document rows; Revisions are inserted or replaced by
	// their key (Document, Rev).
	Insert, Update []ledger.Document
	Revisions      []ledger.Revision
	// Bodies are the payloads to pack; a row's PackNo indexes them, and its Pack
	// is to be set by the store where it is NewPack.
	Bodies [][]byte
	Work   []ledger.Work
	// Problems are set for, Cleared removed from, these documents; none is in both.
	Problems map[ledger.ID]ledger.Problem
	Cleared  []ledger.ID
	// Admitted are the revisions that the page's Docs became, or are already, in their order.
	Admitted []ledger.Admitted
	Deltas   ledger.Deltas
	Result   ledger.PageResult
	// Refused are moves that the table of moves does not have.
	Refused []error
}

// Err is nil unless a move was refused: then nothing of the page may be written.
func (p *PagePlan) Err() error { return errors.Join(p.Refused...) }

// NewPack marks a payload address that points into the plan's own Bodies.
const NewPack ledger.ID = -1

// Admission is what happens to a record that was read.
type Admission int8

// The admissions.
const (
	// AdmitNew: the key was never seen.
	AdmitNew Admission = iota + 1
	// AdmitUnchanged: the newest source revision has the same hash.
	AdmitUnchanged
	// AdmitIgnored: changed, but delivered before, and the policy is to skip.
	AdmitIgnored
	// AdmitReplace: the record becomes the active revision at once.
	AdmitReplace
	// AdmitQueue: the record waits behind a revision that is in flight.
	AdmitQueue
)

// Admit decides about a record whose key has the row doc, nil when there is none.
func Admit(doc *ledger.Document, in ledger.Incoming, policy ledger.OnSeen) Admission {
	switch {
	case doc == nil:
		return AdmitNew
	case doc.SourceHash == in.SourceHash:
		return AdmitUnchanged
	case policy != ledger.Revise && doc.DoneRev > 0:
		return AdmitIgnored
	case doc.InFlight():
		return AdmitQueue
	default:
		return AdmitReplace
	}
}

// PlanPage decides about a whole page. known has the rows of the page's keys;
// queued the newest waiting revision of those that have one; nextID allocates.
func PlanPage(c ledger.PageCommit, known map[string]*ledger.Document, queued map[ledger.ID]ledger.Revision, nextID func() ledger.ID) PagePlan {
	p := pagePlanner{
		PageCommit: c, known: known, queued: queued, nextID: nextID,
		fresh: map[ledger.ID]bool{}, touched: map[ledger.ID]*ledger.Document{}, cleared: map[ledger.ID]bool{},
		plan: PagePlan{Problems: map[ledger.ID]ledger.Problem{}, Deltas: ledger.Deltas{}},
	}
	// Counted are documents: where a source regroups, the vendor's page has more rows than that.
	p.plan.Deltas.Add(c.Run, ledger.SlotPulled, c.Dropped+len(c.Docs))
	p.plan.Deltas.Add(c.Run, ledger.SlotDropped, c.Dropped)
	for _, in := range c.Docs {
		p.admit(in)
		if c.Origins != nil {
			p.trace(in)
		}
	}
	for _, doc := range p.order {
		if p.fresh[doc.ID] {
			p.plan.Insert = append(p.plan.Insert, *doc)
		} else {
			p.plan.Update = append(p.plan.Update, *doc)
		}
		if p.cleared[doc.ID] && !p.fresh[doc.ID] {
			p.plan.Cleared = append(p.plan.Cleared, doc.ID)
		}
	}
	p.plan.Deltas.Add(c.Run, ledger.SlotUnchanged, p.plan.Result.Unchanged)
	p.plan.Deltas.Add(c.Run, ledger.SlotIgnored, p.plan.Result.Ignored)
	p.plan.Deltas.Add(c.Run, ledger.SlotAccepted, p.plan.Result.Accepted)
	if c.Missed {
		p.plan.Deltas.Add(c.Run, ledger.SlotFound, len(p.plan.Insert))
	}
	if !c.Hold {
		for _, w := range p.plan.Work {
			p.plan.Result.Work = append(p.plan.Result.Work, w.ID)
		}
	}
	return p.plan
}

type pagePlanner struct {
	ledger.PageCommit
	known   map[string]*ledger.Document
	queued  map[ledger.ID]ledger.Revision
	nextID  func() ledger.ID
	fresh   map[ledger.ID]bool
	touched map[ledger.ID]*ledger.Document
	cleared map[ledger.ID]bool
	order   []*ledger.Document
	// last is what was decided about the last record.
	last Admission
	plan PagePlan
}

func (p *pagePlanner) admit(in ledger.Incoming) {
	doc := p.known[in.Key]
	p.last = Admit(doc, in, p.OnSeen)
	switch p.last {
	case AdmitUnchanged:
		p.plan.Result.Unchanged++
		p.restore(doc, in)
	case AdmitIgnored:
		p.plan.Result.Ignored++
	case AdmitNew:
		doc = &ledger.Document{
			ID: p.nextID(), Workspace: p.Workspace, Stream: p.Stream, Key: in.Key, LatestRev: 1, SourceHash: in.SourceHash,
		}
		p.known[in.Key] = doc
		p.fresh[doc.ID] = true
		p.touch(doc)
		p.enter(doc, p.revision(doc, in), in)
	case AdmitReplace:
		p.replace(doc, in)
	case AdmitQueue:
		p.queue(doc, in)
	}
}

// restore stores the payload of an unchanged record once more, where it is that of the
// active revision and nobody works on that: what a person edited never comes again.
func (p *pagePlanner) restore(doc *ledger.Document, in ledger.Incoming) {
	if !p.Restore || p.fresh[doc.ID] || in.Problem != nil || doc.InFlight() || doc.LatestRev != doc.ActiveRev || doc.Attention&ledger.Edited != 0 {
		return
	}
	p.plan.Bodies = append(p.plan.Bodies, in.Body)
	doc.Pack, doc.PackNo = NewPack, len(p.plan.Bodies)-1
	p.touch(doc)
}

// trace notes what became of the last record.
func (p *pagePlanner) trace(in ledger.Incoming) {
	doc := p.known[in.Key]
	to := ledger.Admitted{Document: doc.ID, Rev: doc.LatestRev, Same: p.last == AdmitUnchanged}
	if p.last == AdmitIgnored {
		to.Rev = 0
	}
	p.plan.Admitted = append(p.plan.Admitted, to)
}

// replace archives the active revision and puts the record in its place.
func (p *pagePlanner) replace(doc *ledger.Document, in ledger.Incoming) {
	final := settledAs(doc.State)
	p.check(ending(doc.State), doc.ID, doc.ActiveRev, doc.State, final)
	p.plan.Deltas.Move(doc.Run, doc.State, final)
	p.record(archived(doc, final, p.Now))
	delete(p.plan.Problems, doc.ID)
	p.cleared[doc.ID] = true
	doc.LatestRev++
	doc.SourceHash = in.SourceHash
	p.touch(doc)
	p.enter(doc, p.revision(doc, in), in)
}

// queue stores the record behind the active revision; of several that queue only
// the newest stays. A record refused at the door stays rejected while it queues.
func (p *pagePlanner) queue(doc *ledger.Document, in ledger.Incoming) {
	if older, ok := p.queued[doc.ID]; ok && doc.Queued() && older.State != ledger.Dropped {
		p.check(moves.Outrun, doc.ID, older.Rev, older.State, ledger.Superseded)
		p.plan.Deltas.Move(older.Run, older.State, ledger.Superseded)
		older.State, older.Hold, older.Updated = ledger.Superseded, false, p.Now
		p.record(older)
	}
	doc.LatestRev++
	doc.SourceHash = in.SourceHash
	rev := p.revision(doc, in)
	event := moves.QueueRefused
	if rev.State == ledger.Waiting {
		event, rev.State = moves.Queue, queuedAs(doc.State)
	}
	p.check(event, doc.ID, rev.Rev, moves.None, rev.State)
	rev.Hold = p.Hold
	p.queued[doc.ID] = rev
	p.record(rev)
	p.plan.Deltas.Add(p.Run, ledger.SlotOf(rev.State), 1)
	p.plan.Result.Accepted++
	p.touch(doc)
}

// record keeps r in place of what the page recorded under its number before: a
// store writes each row once.
func (p *pagePlanner) record(r ledger.Revision) {
	if p.touched[r.Document] != nil {
		for i, known := range p.plan.Revisions {
			if known.Document == r.Document && known.Rev == r.Rev {
				p.plan.Revisions[i] = r
				return
			}
		}
	}
	p.plan.Revisions = append(p.plan.Revisions, r)
}

// revision stores the record's payload and gives it as the newest revision of doc.
func (p *pagePlanner) revision(doc *ledger.Document, in ledger.Incoming) ledger.Revision {
	p.plan.Bodies = append(p.plan.Bodies, in.Body)
	r := ledger.Revision{
		Document: doc.ID, Rev: doc.LatestRev, Number: in.Number, SourceHash: in.SourceHash, Modified: in.Modified,
		State: ledger.Waiting, Run: p.Run, Version: p.Version, Window: p.Window,
		Pack: NewPack, PackNo: len(p.plan.Bodies) - 1, Updated: p.Now,
	}
	if in.Problem != nil {
		r.State = ledger.Rejected
	}
	return r
}

// enter makes r, the record in, active and covers it with work, unless it is
// rejected at the door.
func (p *pagePlanner) enter(doc *ledger.Document, r ledger.Revision, in ledger.Incoming) {
	event := moves.Admit
	if in.Problem != nil {
		event = moves.Refuse
	}
	p.check(event, doc.ID, r.Rev, moves.None, r.State)
	activate(doc, r, p.Now)
	doc.Work = 0
	p.plan.Result.Accepted++
	p.plan.Deltas.Add(p.Run, ledger.SlotOf(r.State), 1)
	if r.State != ledger.Waiting {
		p.plan.Problems[doc.ID] = *in.Problem
		delete(p.cleared, doc.ID)
		return
	}
	last := len(p.plan.Work) - 1
	if last < 0 || p.plan.Work[last].Docs == ledger.WorkSize {
		due := p.Now
		if p.Hold {
			due = ledger.FarFuture
		}
		p.plan.Work = append(p.plan.Work, ledger.Work{
			ID: p.nextID(), Workspace: p.Workspace, Kind: ledger.PageWork, Ref: p.Window, Run: p.Run, Flow: p.Flow,
			Connection: p.Connection, Priority: p.Priority, Due: due,
		})
		last++
	}
	p.plan.Work[last].Docs++
	doc.Work = p.plan.Work[last].ID
}

// check asks the table of moves.
func (p *pagePlanner) check(e moves.Event, doc ledger.ID, rev int, from, to ledger.State) {
	if err := moves.Check(e, doc, rev, from, to); err != nil {
		p.plan.Refused = append(p.plan.Refused, err)
	}
}

func (p *pagePlanner) touch(doc *ledger.Document) {
	doc.Updated = p.Now
	if p.touched[doc.ID] == nil {
		p.touched[doc.ID] = doc
		p.order = append(p.order, doc)
	}
}

// Newest gives the newest revisions of the documents that the page changes, before a
// store sets the addresses of its payloads.
func (p *PagePlan) Newest(now ledger.Millis) []ledger.Newest {
	type revision struct {
		document ledger.ID
		rev      int
	}
	queued := map[revision]*ledger.Revision{}
	for i := range p.Revisions {
		if r := &p.Revisions[i]; r.Pack == NewPack {
			queued[revision{r.Document, r.Rev}] = r
		}
	}
	out := make([]ledger.Newest, 0, len(p.Insert)+len(p.Update))
	for n, docs := range [][]ledger.Document{p.Insert, p.Update} {
		for i := range docs {
			d := &docs[i]
			newest := ledger.Newest{Document: d.ID, Fresh: n == 0, Modified: d.Modified, Seen: now}
			if r := queued[revision{d.ID, d.LatestRev}]; r != nil {
				newest.Body, newest.Modified = p.Bodies[r.PackNo], r.Modified
			} else if d.Pack == NewPack {
				newest.Body = p.Bodies[d.PackNo]
			}
			out = append(out, newest)
		}
	}
	return out
}
