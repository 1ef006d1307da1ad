package ledger

// OutcomePlan is what a store does for the documents of an Outcome.
type OutcomePlan struct {
	// Update are document rows, to be written only where the row's Work is still
	// the claimed one.
	Update []Document
	// Revisions are inserted or replaced by their key; Unqueued rows are deleted,
	// because they became active.
	Revisions, Unqueued []Revision
	Work                []Work
	// Problems are set for, Cleared removed from, these documents; none is in both.
	Problems map[ID]Problem
	Cleared  []ID
	Deltas   Deltas
	// Now are the new work rows that are due at once.
	Now []ID
}

// PlanOutcome decides what becomes of walked documents. docs are their rows,
// queued the newest waiting revision of those that have one, stale the documents
// whose deliveries somebody else resolved: they stay waiting and are walked again.
func PlanOutcome(o Outcome, done Work, docs map[ID]*Document, queued map[ID]Revision, stale map[ID]bool, nextID func() ID) OutcomePlan {
	s := settler{
		Outcome: o, done: done, queued: queued, nextID: nextID,
		plan: OutcomePlan{Problems: map[ID]Problem{}, Deltas: Deltas{}},
	}
	for _, port := range o.Ports {
		s.plan.Deltas.AddAt(port.Run, port.NodeNo, PortSlot(port.Port), port.N)
	}
	for _, out := range o.Documents {
		doc := docs[out.Document]
		if doc == nil || doc.Work != o.Claim.Work {
			continue
		}
		if stale[doc.ID] || out.Rev != doc.ActiveRev {
			s.again(doc, o.Now)
		} else {
			s.settle(doc, out)
		}
		s.plan.Update = append(s.plan.Update, *doc)
	}
	return s.plan
}

type settler struct {
	Outcome
	done   Work
	queued map[ID]Revision
	nextID func() ID
	plan   OutcomePlan
}

func (s *settler) settle(doc *Document, out Settled) {
	next, waits := s.queued[doc.ID]
	waits = waits && doc.Queued() && next.State != Dropped
	s.plan.Deltas.Move(doc.Run, doc.State, out.State)
	doc.State, doc.Attention, doc.Work, doc.Updated = out.State, out.Attention|doc.Attention&lasting, 0, s.Now
	if out.State == Delivered {
		doc.DoneRev = doc.ActiveRev
	}
	if waits && !blocks(out) && (out.State != Delivered || out.OnSeen == Revise) {
		s.promote(doc, next)
		return
	}
	if out.Problem != nil {
		s.plan.Problems[doc.ID] = *out.Problem
	} else {
		s.plan.Cleared = append(s.plan.Cleared, doc.ID)
	}
	switch {
	case waits && out.State == Delivered:
		s.drop(next)
	case waits && next.State != Rejected:
		s.plan.Deltas.Move(next.Run, next.State, out.State)
		next.State, next.Updated = out.State, s.Now
		s.plan.Revisions = append(s.plan.Revisions, next)
	}
	if doc.State == RetryAt || doc.State == Waiting {
		s.again(doc, out.RetryAt)
	}
}

// blocks reports whether a document that was settled so is still in flight: what
// queues behind it must not overtake.
func blocks(out Settled) bool {
	return out.State == NeedsDecision || out.State == Held || out.State.Open() && out.Attention&Uncertain != 0
}

// drop lets a queued revision go: the document was delivered and changes are
// skipped. Its number is not given again.
func (s *settler) drop(next Revision) {
	s.plan.Deltas.Add(next.Run, SlotOf(next.State), -1)
	s.plan.Deltas.Add(next.Run, SlotAccepted, -1)
	s.plan.Deltas.Add(next.Run, SlotIgnored, 1)
	next.State, next.Hold, next.Updated = Dropped, false, s.Now
	s.plan.Revisions = append(s.plan.Revisions, next)
}

// promote archives the settled revision and makes the queued one active. Where
// its window holds its documents it is held with them.
func (s *settler) promote(doc *Document, next Revision) {
	final := settledAs(doc.State)
	s.plan.Deltas.Move(doc.Run, doc.State, final)
	s.plan.Revisions = append(s.plan.Revisions, doc.archive(final, s.Now))
	s.plan.Unqueued = append(s.plan.Unqueued, next)
	if next.State == Rejected {
		doc.activate(next, s.Now)
		s.plan.Problems[doc.ID] = Problem{
			Code: codeRefused, Message: "the newest version of this document was refused when it was read",
			Hint: "look at the stored payload, correct the document in the source system and pull it again",
		}
		return
	}
	s.plan.Deltas.Move(next.Run, next.State, Waiting)
	s.plan.Cleared = append(s.plan.Cleared, doc.ID)
	next.State = Waiting
	doc.activate(next, s.Now)
	if !next.Hold {
		s.again(doc, s.Now)
		return
	}
	s.cover(doc, PageWork, next.Window, FarFuture)
}

// again gives the document a work row of its own.
func (s *settler) again(doc *Document, due Millis) {
	s.cover(doc, DocumentWork, doc.ID, due)
}

func (s *settler) cover(doc *Document, kind WorkKind, ref ID, due Millis) {
	w := Work{
		ID: s.nextID(), Workspace: s.done.Workspace, Kind: kind, Ref: ref, Run: doc.Run, Flow: s.done.Flow,
		Connection: s.done.Connection, Priority: s.done.Priority, Due: due,
	}
	if doc.State == Waiting {
		w.Docs = 1
	}
	if due <= s.Now {
		s.plan.Now = append(s.plan.Now, w.ID)
	}
	s.plan.Work = append(s.plan.Work, w)
	doc.Work, doc.Updated = w.ID, s.Now
}
