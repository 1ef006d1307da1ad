package ledger

// PagePlan is what a store does for a PageCommit, in one transaction.
type PagePlan struct {
	// Insert and Update are document rows; Revisions are inserted or replaced by
	// their key (Document, Rev).
	Insert, Update []Document
	Revisions      []Revision
	// Bodies are the payloads to pack; a row's PackNo indexes them, and its Pack
	// is to be set by the store where it is NewPack.
	Bodies [][]byte
	Work   []Work
	// Problems are set for, Cleared removed from, these documents; none is in both.
	Problems map[ID]Problem
	Cleared  []ID
	// Admitted are the revisions that the page's Docs became, or are already, in their order.
	Admitted []Admitted
	Deltas   Deltas
	Result   PageResult
}

// Admitted is the revision that a record became or is already; Rev is 0 for one that
// is ignored.
type Admitted struct {
	Document ID
	Rev      int
}

// NewPack marks a payload address that points into the plan's own Bodies.
const NewPack ID = -1

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
func Admit(doc *Document, in Incoming, policy OnSeen) Admission {
	switch {
	case doc == nil:
		return AdmitNew
	case doc.SourceHash == in.SourceHash:
		return AdmitUnchanged
	case policy != Revise && doc.DoneRev > 0:
		return AdmitIgnored
	case doc.InFlight():
		return AdmitQueue
	default:
		return AdmitReplace
	}
}

// PlanPage decides about a whole page. known has the rows of the page's keys;
// queued the newest waiting revision of those that have one; nextID allocates.
func PlanPage(c PageCommit, known map[string]*Document, queued map[ID]Revision, nextID func() ID) PagePlan {
	p := pagePlanner{
		PageCommit: c, known: known, queued: queued, nextID: nextID,
		fresh: map[ID]bool{}, touched: map[ID]*Document{}, cleared: map[ID]bool{},
		plan: PagePlan{Problems: map[ID]Problem{}, Deltas: Deltas{}},
	}
	// Counted are documents: where a source regroups, the vendor's page has more rows than that.
	p.plan.Deltas.Add(c.Run, SlotPulled, c.Dropped+len(c.Docs))
	p.plan.Deltas.Add(c.Run, SlotDropped, c.Dropped)
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
	p.plan.Deltas.Add(c.Run, SlotUnchanged, p.plan.Result.Unchanged)
	p.plan.Deltas.Add(c.Run, SlotIgnored, p.plan.Result.Ignored)
	p.plan.Deltas.Add(c.Run, SlotAccepted, p.plan.Result.Accepted)
	if !c.Hold {
		for _, w := range p.plan.Work {
			p.plan.Result.Work = append(p.plan.Result.Work, w.ID)
		}
	}
	return p.plan
}

type pagePlanner struct {
	PageCommit
	known   map[string]*Document
	queued  map[ID]Revision
	nextID  func() ID
	fresh   map[ID]bool
	touched map[ID]*Document
	cleared map[ID]bool
	order   []*Document
	// last is what was decided about the last record.
	last Admission
	plan PagePlan
}

func (p *pagePlanner) admit(in Incoming) {
	doc := p.known[in.Key]
	p.last = Admit(doc, in, p.OnSeen)
	switch p.last {
	case AdmitUnchanged:
		p.plan.Result.Unchanged++
	case AdmitIgnored:
		p.plan.Result.Ignored++
	case AdmitNew:
		doc = &Document{
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

// trace notes what became of the last record.
func (p *pagePlanner) trace(in Incoming) {
	doc := p.known[in.Key]
	to := Admitted{Document: doc.ID, Rev: doc.LatestRev}
	if p.last == AdmitIgnored {
		to.Rev = 0
	}
	p.plan.Admitted = append(p.plan.Admitted, to)
}

// replace archives the active revision and puts the record in its place.
func (p *pagePlanner) replace(doc *Document, in Incoming) {
	final := settledAs(doc.State)
	p.plan.Deltas.Move(doc.Run, doc.State, final)
	p.record(doc.archive(final, p.Now))
	delete(p.plan.Problems, doc.ID)
	p.cleared[doc.ID] = true
	doc.LatestRev++
	doc.SourceHash = in.SourceHash
	p.touch(doc)
	p.enter(doc, p.revision(doc, in), in)
}

// queue stores the record behind the active revision; of several that queue only
// the newest stays. A record refused at the door stays rejected while it queues.
func (p *pagePlanner) queue(doc *Document, in Incoming) {
	if older, ok := p.queued[doc.ID]; ok && doc.Queued() && older.State != Dropped {
		p.plan.Deltas.Move(older.Run, older.State, Superseded)
		older.State, older.Hold, older.Updated = Superseded, false, p.Now
		p.record(older)
	}
	doc.LatestRev++
	doc.SourceHash = in.SourceHash
	rev := p.revision(doc, in)
	if rev.State == Waiting {
		rev.State = queuedAs(doc.State)
	}
	rev.Hold = p.Hold
	p.queued[doc.ID] = rev
	p.record(rev)
	p.plan.Deltas.Add(p.Run, SlotOf(rev.State), 1)
	p.plan.Result.Accepted++
	p.touch(doc)
}

// record keeps r in place of what the page recorded under its number before: a
// store writes each row once.
func (p *pagePlanner) record(r Revision) {
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
func (p *pagePlanner) revision(doc *Document, in Incoming) Revision {
	p.plan.Bodies = append(p.plan.Bodies, in.Body)
	r := Revision{
		Document: doc.ID, Rev: doc.LatestRev, Number: in.Number, SourceHash: in.SourceHash, Modified: in.Modified,
		State: Waiting, Run: p.Run, Version: p.Version, Window: p.Window,
		Pack: NewPack, PackNo: len(p.plan.Bodies) - 1, Updated: p.Now,
	}
	if in.Problem != nil {
		r.State = Rejected
	}
	return r
}

// enter makes r, the record in, active and covers it with work, unless it is
// rejected at the door.
func (p *pagePlanner) enter(doc *Document, r Revision, in Incoming) {
	doc.activate(r, p.Now)
	doc.Work = 0
	p.plan.Result.Accepted++
	p.plan.Deltas.Add(p.Run, SlotOf(r.State), 1)
	if r.State != Waiting {
		p.plan.Problems[doc.ID] = *in.Problem
		delete(p.cleared, doc.ID)
		return
	}
	last := len(p.plan.Work) - 1
	if last < 0 || p.plan.Work[last].Docs == WorkSize {
		due := p.Now
		if p.Hold {
			due = FarFuture
		}
		p.plan.Work = append(p.plan.Work, Work{
			ID: p.nextID(), Workspace: p.Workspace, Kind: PageWork, Ref: p.Window, Run: p.Run, Flow: p.Flow,
			Connection: p.Connection, Priority: p.Priority, Due: due,
		})
		last++
	}
	p.plan.Work[last].Docs++
	doc.Work = p.plan.Work[last].ID
}

func (p *pagePlanner) touch(doc *Document) {
	doc.Updated = p.Now
	if p.touched[doc.ID] == nil {
		p.touched[doc.ID] = doc
		p.order = append(p.order, doc)
	}
}
