package rules

import (
	"errors"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/moves"
)

// OutcomePlan is what a store does for the documents of an Outcome.
type OutcomePlan struct {
	// Update are document rows, to be written only where the row's Work is still
	// the claimed one.
	Update []ledger.Document
	// Revisions are inserted or replaced by their key; Unqueued rows are deleted,
	// because they became active.
	Revisions, Unqueued []ledger.Revision
	Work                []ledger.Work
	// Problems are set for, Cleared removed from, these documents; none is in both.
	Problems map[ledger.ID]ledger.Problem
	Cleared  []ledger.ID
	Deltas   ledger.Deltas
	// Now are the new work rows that are due at once.
	Now []ledger.ID
	// Refused are moves that the table of moves does not have. PlanOutcome lets the
	// document be walked again then; what else is refused must not be written.
	Refused []error
}

// Err is nil unless a move was refused.
func (p *OutcomePlan) Err() error { return errors.Join(p.Refused...) }

// PlanOutcome decides what becomes of walked documents. docs are their rows,
// queued the newest waiting revision of those that have one, stale the documents
// whose deliveries somebody else resolved, or one of whose waits is for a table or a
// stream that changed since: they stay as they are, what queues behind
// them included, and are walked again. So is one that is settled as waiting.
func PlanOutcome(o ledger.Outcome, done ledger.Work, docs map[ledger.ID]*ledger.Document, queued map[ledger.ID]ledger.Revision, stale map[ledger.ID]bool, nextID func() ledger.ID) OutcomePlan {
	return planMoves(moves.Settle, o, done, docs, queued, stale, nextID)
}

// PlanFollow decides what becomes of documents that go where their bill goes, or leave
// it: o's Documents are what that makes of them. They are covered by no work.
func PlanFollow(as moves.Event, o ledger.Outcome, of ledger.Work, docs map[ledger.ID]*ledger.Document, queued map[ledger.ID]ledger.Revision, nextID func() ledger.ID) OutcomePlan {
	return planMoves(as, o, of, docs, queued, nil, nextID)
}

func planMoves(as moves.Event, o ledger.Outcome, done ledger.Work, docs map[ledger.ID]*ledger.Document, queued map[ledger.ID]ledger.Revision, stale map[ledger.ID]bool, nextID func() ledger.ID) OutcomePlan {
	s := settler{
		Outcome: o, as: as, done: done, queued: queued, nextID: nextID,
		plan: OutcomePlan{Problems: map[ledger.ID]ledger.Problem{}, Deltas: ledger.Deltas{}},
	}
	for _, port := range o.Ports {
		s.plan.Deltas.AddAt(port.Run, port.NodeNo, ledger.PortSlot(port.Port), port.N)
	}
	for _, out := range o.Documents {
		doc := docs[out.Document]
		if doc == nil || doc.Work != o.Claim.Work {
			continue
		}
		again := stale[doc.ID] || out.Rev != doc.ActiveRev || out.State == ledger.Waiting
		switch {
		case again:
			s.again(doc, o.Now.Add(overtaken(done.Attempts, doc.ID)))
		case !s.moves(as, doc, out.State):
			s.again(doc, o.Now.Add(ledger.Backoff(time.Second, time.Hour, done.Attempts, doc.ID)))
		default:
			s.settle(doc, out)
		}
		s.plan.Update = append(s.plan.Update, *doc)
	}
	return s.plan
}

// overtaken gives how long a document waits that was overtaken while it was walked: not
// at all, unless that goes on, as it may while what it waits for changes all the time.
func overtaken(attempts int, doc ledger.ID) time.Duration {
	const patience = 5
	if attempts <= patience {
		return 0
	}
	return ledger.Backoff(100*time.Millisecond, 10*time.Second, attempts-patience, doc)
}

// lasting are the marks that outlive a walk.
const lasting = ledger.Edited | ledger.Overtaken

type settler struct {
	ledger.Outcome
	// as is what happens to the documents of the outcome.
	as     moves.Event
	done   ledger.Work
	queued map[ledger.ID]ledger.Revision
	nextID func() ledger.ID
	plan   OutcomePlan
}

// moves asks the table whether the document's revision may go to a state, and notes a refusal.
func (s *settler) moves(e moves.Event, doc *ledger.Document, to ledger.State) bool {
	return s.check(e, doc.ID, doc.ActiveRev, s.walked(doc), to)
}

// walked gives the state of a document, which is claimed where it waits and a walk of it ends.
func (s *settler) walked(doc *ledger.Document) ledger.State {
	if doc.State == ledger.Waiting && s.as == moves.Settle {
		return moves.Claimed
	}
	return doc.State
}

func (s *settler) check(e moves.Event, doc ledger.ID, rev int, from, to ledger.State) bool {
	err := moves.Check(e, doc, rev, from, to)
	if err != nil {
		s.plan.Refused = append(s.plan.Refused, err)
	}
	return err == nil
}

func (s *settler) settle(doc *ledger.Document, out ledger.Settled) {
	next, waits := s.queued[doc.ID]
	waits = waits && doc.Queued() && next.State != ledger.Dropped
	s.plan.Deltas.Move(doc.Run, doc.State, out.State)
	doc.State, doc.Attention, doc.Work, doc.Updated = out.State, out.Attention|doc.Attention&lasting, 0, s.Now
	if out.State == ledger.Delivered {
		doc.DoneRev = doc.ActiveRev
	}
	if waits && !blocks(out) && (out.State != ledger.Delivered || out.OnSeen == ledger.Revise) {
		s.promote(doc, next)
		return
	}
	if out.Problem != nil {
		s.plan.Problems[doc.ID] = *out.Problem
	} else {
		s.plan.Cleared = append(s.plan.Cleared, doc.ID)
	}
	switch {
	case waits && out.State == ledger.Delivered:
		s.drop(next)
	case waits && next.State != ledger.Rejected && s.check(moves.Trail, doc.ID, next.Rev, next.State, queuedAs(out.State)):
		s.plan.Deltas.Move(next.Run, next.State, queuedAs(out.State))
		next.State, next.Updated = queuedAs(out.State), s.Now
		s.plan.Revisions = append(s.plan.Revisions, next)
	}
	if goesOn(out) {
		s.again(doc, out.RetryAt)
	}
}

// goesOn reports whether the engine still works on the document by itself. One that
// shows rejected, unmapped or a decision may have another branch whose answer is not
// known or that is tried again.
func goesOn(out ledger.Settled) bool {
	if out.Attention&ledger.Grouped != 0 { // its group does
		return false
	}
	switch out.State {
	case ledger.RetryAt:
		return true
	case ledger.Rejected, ledger.Unmapped:
		return out.RetryAt > 0 || out.Attention&ledger.Uncertain != 0
	case ledger.NeedsDecision: // perhaps about the very row whose outcome is unknown
		return out.RetryAt > 0
	default:
		return false
	}
}

// blocks reports whether what queues behind a document that was settled so must not
// overtake: a person decides, it is part of a group, or the target may hold the older revision.
func blocks(out ledger.Settled) bool {
	return out.State == ledger.NeedsDecision || out.State == ledger.Held || out.Attention&ledger.Grouped != 0 || goesOn(out) && out.Attention&ledger.Uncertain != 0
}

// queuedAs gives the state of a revision that queues behind one in a state. Rejected
// says of a queued one that it was refused when it was read.
func queuedAs(active ledger.State) ledger.State {
	if active.Open() || active == ledger.NeedsDecision {
		return active
	}
	return ledger.RetryAt
}

// drop lets a queued revision go: the document was delivered and changes are
// skipped. Its number is not given again.
func (s *settler) drop(next ledger.Revision) {
	if !s.check(moves.Drop, next.Document, next.Rev, next.State, ledger.Dropped) {
		return
	}
	s.plan.Deltas.Add(next.Run, ledger.SlotOf(next.State), -1)
	s.plan.Deltas.Add(next.Run, ledger.SlotAccepted, -1)
	s.plan.Deltas.Add(next.Run, ledger.SlotIgnored, 1)
	next.State, next.Hold, next.Updated = ledger.Dropped, false, s.Now
	s.plan.Revisions = append(s.plan.Revisions, next)
}

// promote archives the settled revision and makes the queued one active. Where
// its window holds its documents it is held with them.
func (s *settler) promote(doc *ledger.Document, next ledger.Revision) {
	final, event, to := settledAs(doc.State), moves.Promote, ledger.Waiting
	if next.State == ledger.Rejected {
		event, to = moves.PromoteRefused, ledger.Rejected
	}
	if !s.check(ending(doc.State), doc.ID, doc.ActiveRev, doc.State, final) || !s.check(event, doc.ID, next.Rev, next.State, to) {
		return
	}
	s.plan.Deltas.Move(doc.Run, doc.State, final)
	s.plan.Revisions = append(s.plan.Revisions, archived(doc, final, s.Now))
	s.plan.Unqueued = append(s.plan.Unqueued, next)
	if next.State == ledger.Rejected {
		activate(doc, next, s.Now)
		s.plan.Problems[doc.ID] = ledger.Problem{
			Code: codeRefused, Message: "the newest version of this document was refused when it was read",
			Hint: "look at the stored payload, correct the document in the source system and pull it again",
		}
		return
	}
	s.plan.Deltas.Move(next.Run, next.State, ledger.Waiting)
	s.plan.Cleared = append(s.plan.Cleared, doc.ID)
	next.State = ledger.Waiting
	activate(doc, next, s.Now)
	if !next.Hold {
		s.cover(doc, ledger.Work{Kind: ledger.DocumentWork, Ref: doc.ID, Due: s.Now})
		return
	}
	s.cover(doc, ledger.Work{Kind: ledger.PageWork, Ref: next.Window, Due: ledger.FarFuture})
}

// again gives the document a work row of its own, which goes on counting the attempts.
func (s *settler) again(doc *ledger.Document, due ledger.Millis) {
	s.cover(doc, ledger.Work{Kind: ledger.DocumentWork, Ref: doc.ID, Due: due, Attempts: s.done.Attempts})
}

// cover gives the document the work row w.
func (s *settler) cover(doc *ledger.Document, w ledger.Work) {
	w.ID, w.Workspace, w.Run, w.Flow = s.nextID(), s.done.Workspace, doc.Run, s.done.Flow
	w.Connection, w.Priority = s.done.Connection, s.done.Priority
	if doc.State == ledger.Waiting {
		w.Docs = 1
	}
	if w.Due <= s.Now {
		s.plan.Now = append(s.plan.Now, w.ID)
	}
	s.plan.Work = append(s.plan.Work, w)
	doc.Work, doc.Updated = w.ID, s.Now
}

// archived gives the active revision of d as a Revision.
func archived(d *ledger.Document, state ledger.State, now ledger.Millis) ledger.Revision {
	return ledger.Revision{
		Document: d.ID, Rev: d.ActiveRev, Number: d.Number, SourceHash: d.SourceHash, Modified: d.Modified,
		State: state, Attention: d.Attention &^ ledger.Grouped, Run: d.Run, Version: d.Version, Window: d.Window,
		Pack: d.Pack, PackNo: d.PackNo, Updated: now,
	}
}

// activate makes r the active revision of d. The source hash stays that of the newest revision.
func activate(d *ledger.Document, r ledger.Revision, now ledger.Millis) {
	d.ActiveRev, d.Number, d.Modified = r.Rev, r.Number, r.Modified
	d.State = r.State
	if d.Attention &= ledger.Edited; d.Attention != 0 {
		d.Attention = ledger.Overtaken
	}
	d.Run, d.Version, d.Window = r.Run, r.Version, r.Window
	d.Pack, d.PackNo, d.Updated = r.Pack, r.PackNo, now
}

// settledAs gives the state in which an active revision is archived: what is not
// finished by then never will be.
func settledAs(s ledger.State) ledger.State {
	switch s {
	case ledger.Waiting, ledger.Held, ledger.Rejected, ledger.RetryAt, ledger.Unmapped, ledger.NeedsDecision:
		return ledger.Superseded
	default:
		return s
	}
}

// ending gives what happens to a revision in a state when another takes its place.
func ending(s ledger.State) moves.Event {
	if settledAs(s) == s {
		return moves.Archive
	}
	return moves.Supersede
}

// Ended gives the state in which a revision is archived, or an error where the table of
// moves has none.
func Ended(doc *ledger.Document) (ledger.State, error) {
	final := settledAs(doc.State)
	return final, moves.Check(ending(doc.State), doc.ID, doc.ActiveRev, doc.State, final)
}
