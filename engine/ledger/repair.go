package ledger

import (
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
)

// Action is what a person does about a document that does not go on by itself.
type Action int8

// The actions.
const (
	// RetryDocument walks the document again from its source payload. What needs a
	// decision because the target's answer was lost is asked again, never sent
	// blindly: so many documents can be retried at once.
	RetryDocument Action = iota + 1
	// ResendDelivery writes one delivery's stored body, or an edited one, as a new
	// attempt. It is the person's word that the target does not hold it.
	ResendDelivery
	// SkipDocument lets the active revision go for good and gives back the target
	// keys of what was not written.
	SkipDocument
)

// Sight is what a person saw of a document; where it changed since, nothing is done.
type Sight struct {
	Rev     int
	State   State
	Work    ID
	Updated Millis
}

// Sight gives what is to be seen of the document now.
func (d *Document) Sight() Sight {
	return Sight{Rev: d.ActiveRev, State: d.State, Work: d.Work, Updated: d.Updated}
}

// Repair is one action on one document.
type Repair struct {
	Workspace, Document ID
	Action              Action
	Seen                Sight
	// Version is what the document is pinned to from now on; 0 keeps its version.
	Version ID
	// Source is an edited source payload: a retry makes it the newest revision. nil
	// walks the payload on record.
	Source []byte
	// Delivery is what is sent again; Body takes the place of its stored body unless nil.
	Delivery DeliveryKey
	Body     []byte
	// Decided lets a delivery be sent again whose outcome the engine is still
	// finding out. Without it such a delivery is left to the engine.
	Decided bool
	// Actor is who acts; Note says why a document is skipped.
	Actor, Note string
	Now         Millis
}

// Ailing is what a store knows of a document that is to be repaired.
type Ailing struct {
	Document Document
	Flow     ID
	// Work is the row that covers it, Queued the revision that waits behind it, nil when there is none.
	Work       *Work
	Queued     *Revision
	Deliveries []Delivery
	// Problem is the code of its problem.
	Problem string
}

// RepairPlan is what a store does for a Repair, in one transaction.
type RepairPlan struct {
	// Document is the row as it is to be written. Where its Pack is NewPack its
	// payload is the Repair's Source.
	Document Document
	// Revisions are inserted or replaced by their key; Unqueued rows are deleted,
	// because they became active.
	Revisions, Unqueued []Revision
	// Edited is the active revision where a person made it: only who and from what is kept of it.
	Edited *Revision
	// Deliveries are rows to be written. The Repair's Body is that of its Delivery.
	Deliveries []Delivery
	// History are rows as they were before their body was edited.
	History []Delivery
	// Freed are the deliveries whose target keys are given back where they own them.
	Freed []DeliveryKey
	// Uncovered is the work row to delete, 0 for none.
	Uncovered ID
	Work      []Work
	// Problem is the document's; nil clears it.
	Problem *Problem
	Deltas  Deltas
	// Now are the new work rows that are due at once.
	Now []ID
}

// CodeSkipped is the code of the problem that a skipped document keeps: who skipped it and why.
const CodeSkipped = "document.skipped"

// codeKeyInvalid is the code of a record that has no key of its own, codeRefused
// that of one which waited behind another.
const (
	codeKeyInvalid = "source.key_invalid"
	codeRefused    = "source.refused"
)

// refused reports whether the record was refused when it was read: it is kept to be
// looked at, and nothing may walk it. PlanPage relies on it: of a window that holds
// its documents none is walked before the window is done.
func (a *Ailing) refused() bool {
	made := "!" + strconv.FormatInt(int64(a.Document.Window), 10) + "/"
	return a.Problem == codeKeyInvalid || a.Problem == codeRefused || strings.HasPrefix(a.Document.Key, made) || strings.HasPrefix(a.Document.Key, RefusedHand)
}

// Unapplied reports whether a delivery needs a decision because of a refusal: the
// target certainly did not take it.
func (d *Delivery) Unapplied() bool {
	return d.State == DeliveryNeedsDecision && (d.Code == CodeKeyTaken || d.Code == "delivery.duplicate")
}

// Claimed reports whether a worker is at the document.
func (a *Ailing) Claimed(now Millis) bool {
	return a.Work != nil && a.Work.Owner != "" && a.Work.LeaseUntil > now
}

// CanRetry says why the document can't be walked again; nil when it can.
func (a *Ailing) CanRetry(now Millis) *fault.Fault {
	switch {
	case !a.Document.State.Repairable():
		return fault.New("document.not_repairable", "a document that is %s can't be repaired", a.Document.State).Classed(fault.Data).
			Arg("state", a.Document.State.String()).Hinted("look at it again: it may have gone on by itself")
	case a.Document.Attention&Grouped != 0:
		return fault.New("document.grouped", "the document is part of a bill, which is retried as a whole").Classed(fault.Data).
			Hinted("look at the bill: retry it, or take this document out of it")
	case a.Claimed(now):
		return fault.New("document.busy", "the document is being worked on at this moment").Classed(fault.Transient).
			Hinted("wait a moment and look at it again")
	case a.refused():
		return fault.New("document.no_key", "the record has no key, so it can't be told from others").Classed(fault.Data).
			Hinted("mend the key in the source or in the source node, pull it again and skip this record")
	default:
		return nil
	}
}

// CanEdit says why the source payload can't be edited; nil when it can.
func (a *Ailing) CanEdit(now Millis) *fault.Fault {
	if f := a.CanRetry(now); f != nil {
		return f
	}
	if a.Queued != nil && a.Queued.State != Dropped {
		return fault.New("document.newer_waits", "a newer version of the document was read and waits behind this one").Classed(fault.Data).
			Hinted("skip this version, then the newer one is taken up")
	}
	for i := range a.Deliveries {
		if a.Deliveries[i].State.Uncertain() {
			return uncertain()
		}
	}
	return nil
}

// CanResend says why a delivery can't be sent again; nil when it can.
func (a *Ailing) CanResend(d *Delivery, decided bool, now Millis) *fault.Fault {
	if f := a.CanRetry(now); f != nil {
		return f
	}
	switch {
	case d.State.Uncertain() && !decided:
		return uncertain()
	case d.Rev != a.Document.ActiveRev:
		return fault.New("delivery.other_revision", "what was sent belongs to an earlier version of the document").Classed(fault.Data).
			Hinted("retry the document instead: it is mapped anew")
	case !d.State.Fixed() && d.State != DeliveryRejected && d.State != DeliveryNeedsDecision:
		return fault.New("delivery.not_resendable", "a delivery that is %s can't be sent again", d.State).Classed(fault.Data).
			Arg("state", d.State.String()).Hinted("only what was refused or needs a decision can be sent again")
	default:
		return nil
	}
}

// CanSkip says why the document can't be skipped; nil when it can.
func (a *Ailing) CanSkip(now Millis) *fault.Fault {
	if f := a.CanRetry(now); f != nil && f.Code != "document.no_key" {
		return f
	}
	return nil
}

func uncertain() *fault.Fault {
	return fault.New("delivery.uncertain", "whether the target took what was sent is still being found out").Classed(fault.Transient).
		Hinted("wait until it is known, or until it is asked of you")
}

// Changed is the answer to who acts on a document that is no longer what they saw.
func Changed() *fault.Fault {
	return fault.New("document.changed", "the document changed meanwhile").Classed(fault.Data).Hinted("look at it again before you act")
}

// PlanRepair decides what becomes of a document by a person's action. Its error is
// a fault that says why nothing is done; "document.changed" when somebody was faster.
func PlanRepair(r Repair, a Ailing, nextID func() ID) (RepairPlan, error) {
	if a.Document.Sight() != r.Seen {
		return RepairPlan{}, Changed()
	}
	p := &repairer{Repair: r, Ailing: a}
	p.settler = settler{
		Outcome: Outcome{Now: r.Now}, nextID: nextID, plan: OutcomePlan{Problems: map[ID]Problem{}, Deltas: Deltas{}},
		done: Work{Workspace: a.Document.Workspace, Flow: a.Flow},
	}
	if a.Work != nil {
		p.done.Connection, p.done.Priority = a.Work.Connection, a.Work.Priority
	}
	p.out.Uncovered = a.Document.Work
	var refused *fault.Fault
	switch {
	case r.Action == SkipDocument:
		if refused = a.CanSkip(r.Now); refused == nil {
			p.skip()
		}
	case r.Action == ResendDelivery:
		if refused = p.resend(); refused == nil {
			p.walkAgain()
		}
	case r.Source != nil:
		if refused = a.CanEdit(r.Now); refused == nil {
			p.edit()
			p.walkAgain()
		}
	default:
		if refused = a.CanRetry(r.Now); refused == nil {
			p.undecide()
			p.walkAgain()
		}
	}
	if refused != nil {
		return RepairPlan{}, refused
	}
	return p.finish(), nil
}

// repairer is one repair. The settler has the moves that a repair shares with the
// end of a walk.
type repairer struct {
	Repair
	Ailing
	settler

	out RepairPlan
}

func (p *repairer) finish() RepairPlan {
	p.out.Document = p.Ailing.Document
	p.out.Revisions = append(p.out.Revisions, p.plan.Revisions...)
	p.out.Unqueued, p.out.Work, p.out.Deltas, p.out.Now = p.plan.Unqueued, p.plan.Work, p.plan.Deltas, p.plan.Now
	if problem, ok := p.plan.Problems[p.out.Document.ID]; ok {
		p.out.Problem = &problem
	}
	return p.out
}

// walkAgain makes the document wait, and with it what queues behind it.
func (p *repairer) walkAgain() {
	doc := &p.Ailing.Document
	p.plan.Deltas.Move(doc.Run, doc.State, Waiting)
	doc.State = Waiting
	doc.Attention &^= Overtaken
	if p.Version != 0 {
		doc.Version = p.Version
	}
	if next := p.Queued; next != nil && next.State != Dropped && next.State != Rejected {
		moved := *next
		p.plan.Deltas.Move(moved.Run, moved.State, Waiting)
		moved.State, moved.Updated = Waiting, p.Now
		p.out.Revisions = append(p.out.Revisions, moved)
	}
	p.again(doc, p.Now)
}

// undecide lets a walk go on with what waits for a person: refused rows may be
// mapped anew, those whose answer was lost are asked again.
func (p *repairer) undecide() {
	for _, d := range p.Deliveries {
		switch {
		case d.State == DeliveryPending, d.Unapplied():
			p.put(d, DeliveryRejected)
		case d.State == DeliveryNeedsDecision:
			// Updated stays: the time since the write counts for the target's read lag.
			d.State, d.Absent, d.NextAt = DeliveryUnknown, 0, p.Now
			p.out.Deliveries = append(p.out.Deliveries, d)
		case d.NextAt > p.Now:
			d.NextAt = p.Now // now, not when the engine would
			p.out.Deliveries = append(p.out.Deliveries, d)
		}
	}
}

// decide takes what needs a decision for not written.
func (p *repairer) decide() {
	for _, d := range p.Deliveries {
		if d.State == DeliveryPending || d.State == DeliveryNeedsDecision {
			p.put(d, DeliveryRejected)
		}
	}
}

// put records a delivery in another state; its code and message stay as evidence.
func (p *repairer) put(d Delivery, state DeliveryState) {
	d.State, d.NextAt, d.Updated = state, 0, p.Now
	p.out.Deliveries = append(p.out.Deliveries, d)
}

// edit makes the edited payload the active revision. The source hash stays that of
// the source, so that reading the same again does not undo the edit.
func (p *repairer) edit() {
	p.decide()
	doc, now := &p.Ailing.Document, p.Now
	base := doc.ActiveRev
	p.out.Revisions = append(p.out.Revisions, doc.archive(Replaced, now))
	doc.LatestRev++
	doc.ActiveRev, doc.Attention = doc.LatestRev, Edited
	doc.Pack, doc.PackNo = NewPack, 0
	edited := doc.archive(Waiting, now)
	edited.Base, edited.Actor = base, p.Actor
	p.out.Edited = &edited
}

// resend orders the body of a delivery to be written as it is.
func (p *repairer) resend() *fault.Fault {
	for _, d := range p.Deliveries {
		if d.DeliveryKey != p.Delivery {
			continue
		}
		if f := p.CanResend(&d, p.Decided, p.Now); f != nil {
			return f
		}
		if p.Body != nil {
			p.out.History = append(p.out.History, d)
			d.Body = p.Body
		}
		d.Code, d.Message, d.Args, d.Absent = "", "", nil, 0
		p.put(d, DeliveryPending)
		return nil
	}
	return fault.New("delivery.missing", "the document has no such delivery").Classed(fault.Data).Hinted("look at the document again")
}

// skip lets the active revision go; what queues behind it is taken up.
func (p *repairer) skip() {
	p.decide()
	for _, d := range p.Deliveries {
		if d.State != DeliveryDone {
			p.out.Freed = append(p.out.Freed, d.DeliveryKey)
		}
	}
	doc := &p.Ailing.Document
	waits := p.Queued != nil && doc.Queued() && p.Queued.State != Dropped
	p.plan.Deltas.Move(doc.Run, doc.State, Skipped)
	doc.State, doc.Work, doc.Updated = Skipped, 0, p.Now
	doc.Attention &^= Overtaken
	if waits {
		p.promote(doc, *p.Queued)
		return
	}
	note := ""
	if p.Note != "" {
		note = ": " + p.Note
	}
	p.plan.Problems[doc.ID] = *ProblemOf(fault.New(CodeSkipped, "skipped by %s%s", p.Actor, note), "")
}
