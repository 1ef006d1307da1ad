package ledger

import "time"

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
// whose deliveries somebody else resolved, or one of whose waits is for a table or a
// stream that changed since: they stay as they are, what queues behind
// them included, and are walked again. So is one that is settled as waiting.
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
		if stale[doc.ID] || out.Rev != doc.ActiveRev || out.State == Waiting {
			s.again(doc, o.Now.Add(overtaken(done.Attempts, doc.ID)))
		} else {
			s.settle(doc, out)
		}
		s.plan.Update = append(s.plan.Update, *doc)
	}
	return s.plan
}

// overtaken gives how long a document waits that was overtaken while it was walked: not
// at all, unless that goes on, as it may while what it waits for changes all the time.
func overtaken(attempts int, doc ID) time.Duration {
	const patience = 5
	if attempts <= patience {
		return 0
	}
	return Backoff(100*time.Millisecond, 10*time.Second, attempts-patience, doc)
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
		s.plan.Deltas.Move(next.Run, next.State, queuedAs(out.State))
		next.State, next.Updated = queuedAs(out.State), s.Now
		s.plan.Revisions = append(s.plan.Revisions, next)
	}
	if out.goesOn() {
		s.again(doc, out.RetryAt)
	}
}

// goesOn reports whether the engine still works on the document by itself. One that
// shows rejected, unmapped or a decision may have another branch whose answer is not
// known or that is tried again.
func (out Settled) goesOn() bool {
	if out.Attention&Grouped != 0 { // its group does
		return false
	}
	switch out.State {
	case RetryAt:
		return true
	case Rejected, Unmapped:
		return out.RetryAt > 0 || out.Attention&Uncertain != 0
	case NeedsDecision: // perhaps about the very row whose outcome is unknown
		return out.RetryAt > 0
	default:
		return false
	}
}

// blocks reports whether what queues behind a document that was settled so must not
// overtake: a person decides, it is part of a group, or the target may hold the older revision.
func blocks(out Settled) bool {
	return out.State == NeedsDecision || out.State == Held || out.Attention&Grouped != 0 || out.goesOn() && out.Attention&Uncertain != 0
}

// queuedAs gives the state of a revision that queues behind one in a state. Rejected
// says of a queued one that it was refused when it was read.
func queuedAs(active State) State {
	if active.Open() || active == NeedsDecision {
		return active
	}
	return RetryAt
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
		s.cover(doc, Work{Kind: DocumentWork, Ref: doc.ID, Due: s.Now})
		return
	}
	s.cover(doc, Work{Kind: PageWork, Ref: next.Window, Due: FarFuture})
}

// again gives the document a work row of its own, which goes on counting the attempts.
func (s *settler) again(doc *Document, due Millis) {
	s.cover(doc, Work{Kind: DocumentWork, Ref: doc.ID, Due: due, Attempts: s.done.Attempts})
}

// cover gives the document the work row w.
func (s *settler) cover(doc *Document, w Work) {
	w.ID, w.Workspace, w.Run, w.Flow = s.nextID(), s.done.Workspace, doc.Run, s.done.Flow
	w.Connection, w.Priority = s.done.Connection, s.done.Priority
	if doc.State == Waiting {
		w.Docs = 1
	}
	if w.Due <= s.Now {
		s.plan.Now = append(s.plan.Now, w.ID)
	}
	s.plan.Work = append(s.plan.Work, w)
	doc.Work, doc.Updated = w.ID, s.Now
}
