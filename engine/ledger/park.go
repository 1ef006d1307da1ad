package ledger

import (
	"cmp"
	"slices"
)

// WaitKind says what a parked document waits for.
type WaitKind int8

// The kinds of waiting.
const (
	// CodeWait waits for a code to be filled in a code table.
	CodeWait WaitKind = iota + 1
	// StreamWait waits for a document of a stream.
	StreamWait
)

// Wait is one thing that a parked document waits for.
type Wait struct {
	Kind WaitKind
	// Ref is the code table or the stream.
	Ref ID
	// Value is the code, or the place in the stream's index, at most MaxKey bytes.
	Value string
	// Version is that of the table or the stream when it was asked. Where it has
	// changed since, the document is not parked but walked again.
	Version int64
}

// WaitKey names what a wait is for, whoever waits.
type WaitKey struct {
	Kind  WaitKind
	Ref   ID
	Value string
}

// Key gives what the wait is for.
func (w Wait) Key() WaitKey { return WaitKey{w.Kind, w.Ref, w.Value} }

// Parked is a document that waits for a code or a document of another stream, as a
// store knows it when that has come.
type Parked struct {
	Document Document
	Flow     ID
	// Work is the row that covers the document while another of its branches goes
	// on, nil when none does; Queued the revision that waits behind it, nil when none does.
	Work   *Work
	Queued *Revision
}

// PlanRelease makes parked documents wait to be walked again. Those that a worker is
// at, or that left the state since, stay as they are: what they wait for is compared
// again when their walk ends. Uncovered are the rows that covered the others, to be deleted.
func PlanRelease(parked []Parked, now Millis, nextID func() ID) (plan OutcomePlan, uncovered []ID) {
	s := &settler{nextID: nextID, plan: OutcomePlan{Problems: map[ID]Problem{}, Deltas: Deltas{}}}
	s.Now = now
	parked = slices.Clone(parked)
	slices.SortFunc(parked, func(a, b Parked) int {
		return cmp.Or(cmp.Compare(a.Flow, b.Flow), cmp.Compare(a.Document.Run, b.Document.Run), cmp.Compare(a.Document.ID, b.Document.ID))
	})
	for i := range parked {
		p := &parked[i]
		doc := &p.Document
		if doc.State != Unmapped || p.Work != nil && p.Work.Owner != "" && p.Work.LeaseUntil > now {
			continue
		}
		if p.Work != nil {
			uncovered = append(uncovered, p.Work.ID)
		}
		s.plan.Deltas.Move(doc.Run, Unmapped, Waiting)
		doc.State, doc.Updated = Waiting, now
		s.plan.Cleared = append(s.plan.Cleared, doc.ID)
		if next := p.Queued; next != nil && next.State != Dropped && next.State != Rejected {
			moved := *next
			s.plan.Deltas.Move(moved.Run, moved.State, Waiting)
			moved.State, moved.Updated = Waiting, now
			s.plan.Revisions = append(s.plan.Revisions, moved)
		}
		s.together(p)
		s.plan.Update = append(s.plan.Update, *doc)
	}
	return s.plan, uncovered
}

// together covers released documents of one flow and run by the same rows.
func (s *settler) together(p *Parked) {
	last := len(s.plan.Work) - 1
	if last < 0 || s.plan.Work[last].Docs == WorkSize || s.plan.Work[last].Flow != p.Flow || s.plan.Work[last].Run != p.Document.Run {
		w := Work{
			ID: s.nextID(), Workspace: p.Document.Workspace, Kind: PageWork, Run: p.Document.Run, Flow: p.Flow,
			Priority: NormalPriority, Due: s.Now,
		}
		s.plan.Work = append(s.plan.Work, w)
		s.plan.Now = append(s.plan.Now, w.ID)
		last++
	}
	s.plan.Work[last].Docs++
	p.Document.Work = s.plan.Work[last].ID
}

// Newest is the newest revision of a document as a page left it: that is what others
// look up, whether it is the active one or queues.
type Newest struct {
	Document ID
	// Fresh says that the document is new with the page.
	Fresh bool
	Body  []byte
}

// Newest gives the newest revisions of the documents that the page changes, before a
// store sets the addresses of its payloads.
func (p *PagePlan) Newest() []Newest {
	type revision struct {
		document ID
		rev      int
	}
	queued := map[revision][]byte{}
	for i := range p.Revisions {
		if r := &p.Revisions[i]; r.Pack == NewPack {
			queued[revision{r.Document, r.Rev}] = p.Bodies[r.PackNo]
		}
	}
	out := make([]Newest, 0, len(p.Insert)+len(p.Update))
	for n, docs := range [][]Document{p.Insert, p.Update} {
		for i := range docs {
			d := &docs[i]
			body, found := queued[revision{d.ID, d.LatestRev}]
			if !found && d.Pack == NewPack {
				body = p.Bodies[d.PackNo]
			}
			out = append(out, Newest{d.ID, n == 0, body})
		}
	}
	return out
}
