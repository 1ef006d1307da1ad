package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/moves"
	"github.com/karezflow/karez/sdk/fault"
)

// Ailing is what a store knows of a document that is to be repaired.
type Ailing struct {
	Document ledger.Document
	Flow     ledger.ID
	// Work is the row that covers it, Queued the revision that waits behind it, nil when there is none.
	Work       *ledger.Work
	Queued     *ledger.Revision
	Deliveries []ledger.Delivery
	// Problem is the code of its problem.
	Problem string
	// Purged says that the source payload was removed because it was old; PurgedBodies
	// are the deliveries of which what was sent was.
	Purged       bool
	PurgedBodies []ledger.DeliveryKey
}

// RepairPlan is what a store does for a Repair, in one transaction.
type RepairPlan struct {
	// Document is the row as it is to be written. Where its Pack is NewPack its
	// payload is the Repair's Source.
	Document ledger.Document
	// Revisions are inserted or replaced by their key; Unqueued rows are deleted,
	// because they became active.
	Revisions, Unqueued []ledger.Revision
	// Edited is the active revision where a person made it: only who and from what is kept of it.
	Edited *ledger.Revision
	// Deliveries are rows to be written. The Repair's Body is that of its Delivery.
	Deliveries []ledger.Delivery
	// History are rows as they were before their body was edited.
	History []ledger.Delivery
	// Freed are the deliveries whose target keys are given back where they own them.
	Freed []ledger.DeliveryKey
	// Uncovered is the work row to delete, 0 for none.
	Uncovered ledger.ID
	Work      []ledger.Work
	// Problem is the document's; nil clears it.
	Problem *ledger.Problem
	Deltas  ledger.Deltas
	// Now are the new work rows that are due at once.
	Now []ledger.ID
}

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
	return a.Problem == codeKeyInvalid || a.Problem == codeRefused || strings.HasPrefix(a.Document.Key, made) || strings.HasPrefix(a.Document.Key, ledger.RefusedHand)
}

// Claimed reports whether a worker is at the document.
func (a *Ailing) Claimed(now ledger.Millis) bool {
	return a.Work != nil && a.Work.Owner != "" && a.Work.LeaseUntil > now
}

// HandsOnly reports whether what failed of the document is its writeback or hand-over
// alone: walking it again repeats these, and no target is written.
func (a *Ailing) HandsOnly() bool {
	d := &a.Document
	return d.Attention&ledger.WritebackFailing != 0 && (d.State == ledger.Delivered || d.State == ledger.Collected)
}

// CanRetry says why the document can't be walked again; nil when it can.
func (a *Ailing) CanRetry(now ledger.Millis) *fault.Fault {
	if a.Purged {
		return purged()
	}
	if a.HandsOnly() {
		return nil
	}
	return a.canAct(now)
}

// canAct says why nothing may be done about the document; nil when it may.
func (a *Ailing) canAct(now ledger.Millis) *fault.Fault {
	switch {
	case !a.Document.State.Repairable():
		return fault.New("document.not_repairable", "a document that is %s can't be repaired", a.Document.State).Classed(fault.Data).
			Arg("state", a.Document.State.String()).Hinted("look at it again: it may have gone on by itself")
	case a.Document.Attention&ledger.Grouped != 0:
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
func (a *Ailing) CanEdit(now ledger.Millis) *fault.Fault {
	if a.Purged {
		return purged()
	}
	if f := a.canAct(now); f != nil {
		return f
	}
	if a.Queued != nil && a.Queued.State != ledger.Dropped {
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

// canSettle says why a person can't say what becomes of a delivery, or have it sent
// again; nil when it can.
func (a *Ailing) canSettle(d *ledger.Delivery, decided bool, now ledger.Millis) *fault.Fault {
	f := a.canAct(now)
	switch {
	case f != nil:
		return f
	case d.State.Uncertain() && !decided:
		return uncertain()
	case d.Rev != a.Document.ActiveRev:
		return fault.New("delivery.other_revision", "what was sent belongs to an earlier version of the document").Classed(fault.Data).
			Hinted("retry the document instead: it is mapped anew")
	default:
		return nil
	}
}

// CanResend says why a delivery can't be sent again; nil when it can.
func (a *Ailing) CanResend(d *ledger.Delivery, decided bool, now ledger.Millis) *fault.Fault {
	if a.Purged || slices.Contains(a.PurgedBodies, d.DeliveryKey) {
		return purged()
	}
	if f := a.canSettle(d, decided, now); f != nil {
		return f
	}
	switch {
	case !d.State.Fixed() && d.State != ledger.DeliveryRejected && d.State != ledger.DeliveryNeedsDecision:
		return fault.New("delivery.not_resendable", "a delivery that is %s can't be sent again", d.State).Classed(fault.Data).
			Arg("state", d.State.String()).Hinted("only what was refused or needs a decision can be sent again")
	default:
		return nil
	}
}

// CanSkip says why the document can't be skipped; nil when it can.
func (a *Ailing) CanSkip(now ledger.Millis) *fault.Fault {
	if f := a.canAct(now); f != nil && f.Code != "document.no_key" {
		return f
	}
	return nil
}

func purged() *fault.Fault {
	return fault.New("document.purged", "the contents of the document were removed because they are old").Classed(fault.Data).
		Hinted("pull the document again by its number: then its contents are there again")
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
func PlanRepair(r ledger.Repair, a Ailing, nextID func() ledger.ID) (RepairPlan, error) {
	if a.Document.Sight() != r.Seen {
		return RepairPlan{}, Changed()
	}
	p := &repairer{Repair: r, Ailing: a}
	p.settler = settler{
		Outcome: ledger.Outcome{Now: r.Now}, nextID: nextID, plan: OutcomePlan{Problems: map[ledger.ID]ledger.Problem{}, Deltas: ledger.Deltas{}},
		done: ledger.Work{Workspace: a.Document.Workspace, Flow: a.Flow},
	}
	if a.Work != nil {
		p.done.Connection, p.done.Priority = a.Work.Connection, a.Work.Priority
	}
	if r.Job != 0 {
		p.done.Priority = max(p.done.Priority, ledger.LowPriority)
	}
	p.out.Uncovered = a.Document.Work
	var refused *fault.Fault
	switch {
	case r.Action == ledger.SkipDocument:
		if refused = a.CanSkip(r.Now); refused == nil {
			p.skip()
		}
	case r.Action == ledger.ResendDelivery:
		if refused = p.resend(); refused == nil {
			p.walkAgain(moves.Resend)
		}
	case r.Action == ledger.RestoreDelivery:
		if refused = p.restore(); refused == nil {
			p.walkAgain(moves.Restore)
		}
	case r.Action == ledger.AcceptDelivery:
		if refused = p.accept(); refused == nil {
			p.walkAgain(moves.Retry)
		}
	case r.Source != nil:
		if refused = a.CanEdit(r.Now); refused == nil {
			p.edit()
		}
	default:
		if refused = a.CanRetry(r.Now); refused == nil {
			p.retry()
		}
	}
	switch {
	case refused != nil:
		return RepairPlan{}, refused
	case p.err != nil:
		return RepairPlan{}, p.err
	}
	if err := p.plan.Err(); err != nil {
		return RepairPlan{}, err
	}
	return p.finish(), nil
}

// repairer is one repair. The settler has the moves that a repair shares with the
// end of a walk.
type repairer struct {
	ledger.Repair
	Ailing
	settler

	out RepairPlan
	// err is a change of a delivery that the table of its states does not list.
	err error
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

// retry walks the document again. One that is done but for its hand-over keeps its
// version: with another one it might become another document.
func (p *repairer) retry() {
	if p.HandsOnly() {
		p.Version = 0
		p.walkAgain(moves.Repeat)
		return
	}
	p.undecide()
	p.walkAgain(moves.Retry)
}

// walkAgain makes the document wait, and with it what queues behind it.
func (p *repairer) walkAgain(as moves.Event) {
	doc := &p.Ailing.Document
	p.moves(as, doc, ledger.Waiting)
	p.wait(doc)
}

func (p *repairer) wait(doc *ledger.Document) {
	p.plan.Deltas.Move(doc.Run, doc.State, ledger.Waiting)
	doc.State = ledger.Waiting
	doc.Attention &^= ledger.Overtaken
	if p.Version != 0 {
		doc.Version = p.Version
	}
	if moved := p.trail(p.Queued); moved != nil {
		p.out.Revisions = append(p.out.Revisions, *moved)
	}
	p.again(doc, p.Now)
}

// undecide lets a walk go on with what waits for a person: refused rows may be
// mapped anew, those whose answer was lost are asked again.
func (p *repairer) undecide() {
	for _, d := range p.Deliveries {
		switch {
		case d.State == ledger.DeliveryPending, d.Unapplied():
			p.put(d, Dropped)
		case d.State == ledger.DeliveryNeedsDecision:
			updated := d.Updated // stays: the time since the write counts for the target's read lag
			d.Absent, d.Spent, d.Since = 0, 0, p.Now
			p.put(d, AskedAgain)
			if last := len(p.out.Deliveries) - 1; p.err == nil {
				p.out.Deliveries[last].NextAt, p.out.Deliveries[last].Updated = p.Now, updated
			}
		case d.NextAt > p.Now:
			d.NextAt = p.Now // now, not when the engine would, and with its budget anew
			d.Spent, d.Since = 0, p.Now
			p.out.Deliveries = append(p.out.Deliveries, d)
		}
	}
}

// decide takes what needs a decision for not written.
func (p *repairer) decide() {
	for _, d := range p.Deliveries {
		if d.State == ledger.DeliveryPending || d.State == ledger.DeliveryNeedsDecision {
			p.put(d, Dropped)
		}
	}
}

// put records a delivery as an event that may happen to it leaves it; its code and
// message stay as evidence.
func (p *repairer) put(d ledger.Delivery, e Event) {
	state, err := Next(d.State, e)
	if err != nil {
		p.err = err
		return
	}
	d.State, d.NextAt, d.Updated = state, 0, p.Now
	p.out.Deliveries = append(p.out.Deliveries, d)
}

// edit makes the edited payload the active revision. The source hash stays that of
// the source, so that reading the same again does not undo the edit.
func (p *repairer) edit() {
	p.decide()
	doc, now := &p.Ailing.Document, p.Now
	base := doc.ActiveRev
	p.moves(moves.Edit, doc, ledger.Replaced)
	p.out.Revisions = append(p.out.Revisions, archived(doc, ledger.Replaced, now))
	doc.LatestRev++
	doc.ActiveRev, doc.Attention = doc.LatestRev, ledger.Edited
	doc.Pack, doc.PackNo = NewPack, 0
	p.check(moves.Edited, doc.ID, doc.ActiveRev, moves.None, ledger.Waiting)
	edited := archived(doc, ledger.Waiting, now)
	edited.Base, edited.Actor = base, p.Actor
	p.out.Edited = &edited
	p.wait(doc)
}

// CanAccept says why a delivery can't be taken for written by a person's word; nil when it can.
func (a *Ailing) CanAccept(d *ledger.Delivery, decided bool, now ledger.Millis) *fault.Fault {
	if f := a.canSettle(d, decided, now); f != nil {
		return f
	}
	switch {
	case d.Code == ledger.CodeKeyTaken:
		return fault.New("delivery.never_sent", "the key in the target belongs to another document, so nothing was sent for this one").Classed(fault.Data).
			Hinted("look at the other document: skip one of the two")
	case !d.State.Uncertain() && d.State != ledger.DeliveryNeedsDecision:
		return fault.New("delivery.nothing_to_decide", "a delivery that is %s needs no decision", d.State).Classed(fault.Data).
			Arg("state", d.State.String()).Hinted("look at the document again")
	default:
		return nil
	}
}

// accept takes a delivery for written, as the person found it in the target.
func (p *repairer) accept() *fault.Fault {
	for _, d := range p.Deliveries {
		if d.DeliveryKey != p.Delivery {
			continue
		}
		if f := p.CanAccept(&d, p.Decided, p.Now); f != nil {
			return f
		}
		d.Code, d.Message, d.Args, d.Absent = "", "", nil, 0
		if p.TargetID != "" {
			d.TargetID = p.TargetID
		}
		if p.TargetNumber != "" {
			d.TargetNumber = p.TargetNumber
		}
		p.put(d, Accepted)
		return nil
	}
	return noDelivery()
}

func noDelivery() *fault.Fault {
	return fault.New("delivery.missing", "the document has no such delivery").Classed(fault.Data).Hinted("look at the document again")
}

// resend orders the bodies of deliveries to be written as they are.
func (p *repairer) resend() *fault.Fault {
	for _, key := range append([]ledger.DeliveryKey{p.Delivery}, p.Also...) {
		if f := p.resendOne(key, p.Body); f != nil {
			return f
		}
		p.Body = nil // it is the first one's
	}
	return nil
}

func (p *repairer) resendOne(key ledger.DeliveryKey, body []byte) *fault.Fault {
	for _, d := range p.Deliveries {
		if d.DeliveryKey != key {
			continue
		}
		if f := p.CanResend(&d, p.Decided, p.Now); f != nil {
			return f
		}
		if body != nil {
			p.out.History = append(p.out.History, d)
			d.Body = body
			if d.Step != "" { // the object is there: the new body changes it
				d.Updating, d.Step = true, ""
			}
		}
		d.Code, d.Message, d.Args, d.Absent = "", "", nil, 0
		p.put(d, Ordered)
		return nil
	}
	return noDelivery()
}

// skip lets the active revision go; what queues behind it is taken up.
func (p *repairer) skip() {
	p.decide()
	for _, d := range p.Deliveries {
		if d.State != ledger.DeliveryDone {
			p.out.Freed = append(p.out.Freed, d.DeliveryKey)
		}
	}
	doc := &p.Ailing.Document
	waits := p.Queued != nil && doc.Queued() && p.Queued.State != ledger.Dropped
	p.moves(moves.Skip, doc, ledger.Skipped)
	p.plan.Deltas.Move(doc.Run, doc.State, ledger.Skipped)
	doc.State, doc.Work, doc.Updated = ledger.Skipped, 0, p.Now
	doc.Attention &^= ledger.Overtaken
	if waits {
		p.promote(doc, *p.Queued)
		return
	}
	note := ""
	if p.Note != "" {
		note = ": " + p.Note
	}
	p.plan.Problems[doc.ID] = *ledger.ProblemOf(fault.New(ledger.CodeSkipped, "skipped by %s%s", p.Actor, note), "")
}
