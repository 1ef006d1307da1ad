// Package errand is what becomes of calls that are made after a walk: a writeback's
// operation, a message to people. They are entered in the transaction that commits the
// walk's outcome and made afterwards; here are the rules that move them from state to
// state, as pure functions, and the programs that build their requests.
//
// It may import engine/ledger, engine/value and the sdk only: never a database, a
// session or a clock.
package errand

import (
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// State is where an errand stands. The first seven are those of a delivery.
type State int8

// The states.
const (
	Pending       = State(ledger.DeliveryPending)
	Sending       = State(ledger.DeliverySending)
	Done          = State(ledger.DeliveryDone)
	Rejected      = State(ledger.DeliveryRejected)
	RetryAt       = State(ledger.DeliveryRetryAt)
	Unknown       = State(ledger.DeliveryUnknown)
	NeedsDecision = State(ledger.DeliveryNeedsDecision)
	// Skipped was let go by a person.
	Skipped = NeedsDecision + 1
	// Told is a message that another one tells, its Lead.
	Told = NeedsDecision + 2
)

// String gives the state's name.
func (s State) String() string {
	switch s {
	case Skipped:
		return "skipped"
	case Told:
		return "told"
	default:
		return ledger.DeliveryState(s).String()
	}
}

// Open reports whether the engine still works on the errand by itself.
func (s State) Open() bool { return s == Pending || s == Sending || s == RetryAt || s == Unknown }

// Failing lists the states that a person should see on the document.
func Failing() []State { return []State{Rejected, RetryAt, Unknown, NeedsDecision} }

// Opens lists the states in which the engine still works on an errand by itself.
func Opens() []State { return []State{Pending, Sending, RetryAt, Unknown} }

// Record is an errand with what became of it.
type Record struct {
	ledger.Errand

	ID, Workspace, Flow ledger.ID
	State               State
	// Attempt counts calls from 1, Spent those that used up the budget of retries, and
	// Absent look-ups in a row that did not find the row.
	Attempt, Spent, Absent int
	// Fence grows with every claim, so that who lost one plans nothing more.
	Fence int64
	// Lead is the message that tells a Told one.
	Lead ledger.ID
	// TargetID and TargetNumber are the called system's names, Answer is its answer for the row.
	TargetID, TargetNumber string
	Answer                 []byte
	// Code, Message and Args are those of the last fault.
	Code, Message string
	Args          map[string]string
	// Actor is who retried or skipped it last, Note why.
	Actor, Note      string
	Created, Updated ledger.Millis
}

// New gives the record of an errand that is entered.
func New(e ledger.Errand, id, workspace, flow ledger.ID, now ledger.Millis) Record {
	if e.Due == 0 {
		e.Due = now
	}
	return Record{Errand: e, ID: id, Workspace: workspace, Flow: flow, State: Pending, Created: now, Updated: now}
}

// Take gives an errand as it is once it is claimed until a moment.
func Take(on Record, until ledger.Millis) Record {
	on.Fence++
	on.Due = until
	return on
}

// Intend gives an errand as it is before the first byte leaves. A gathered message is
// an ordinary one from then on.
func Intend(on Record, now ledger.Millis) Record {
	on.State, on.Gathers, on.Updated = Sending, false, now
	on.Attempt++
	return on
}

// Settlement is what a call came to, or why none was made.
type Settlement struct {
	ID ledger.ID
	// Fence and Attempt are those of who called; an answer to an older attempt changes
	// nothing. Under a claim that was lost only what settles the latest attempt counts.
	Fence   int64
	Attempt int
	// State is done, rejected, retry_at, unknown or needs_decision; pending lets it wait
	// as it was before.
	State                  State
	Spent, Absent          int
	TargetID, TargetNumber string
	Answer                 []byte
	Code, Message          string
	Args                   map[string]string
	// Due is when a retry or a look-up is due.
	Due ledger.Millis
}

// Settle gives an errand after a settlement; false when it is not the caller's any more.
func Settle(on Record, s Settlement, now ledger.Millis) (Record, bool) {
	if on.Attempt != s.Attempt || !on.State.Open() {
		return on, false
	}
	if on.Fence != s.Fence && (on.State != Sending && on.State != Unknown || s.State != Done && s.State != Rejected) {
		return on, false // else whoever has it now hears what became of the call, and makes none
	}
	on.State, on.Spent, on.Absent, on.Code, on.Message, on.Args = s.State, s.Spent, s.Absent, s.Code, s.Message, s.Args
	if on.Updated, on.Due = now, s.Due; !s.State.Open() {
		on.Due = ledger.FarFuture
	}
	if s.TargetID != "" || s.TargetNumber != "" {
		on.TargetID, on.TargetNumber = s.TargetID, s.TargetNumber
	}
	if s.Answer != nil {
		on.Answer = s.Answer
	}
	return on, true
}

// Gather lets one message tell the others. The lead tells them all from then on, and
// keeps that if it is sent again.
func Gather(lead Record, others []Record, now ledger.Millis) (Record, []Record) {
	bodies := make([][]byte, 0, len(others)+1)
	bodies = append(bodies, lead.Body)
	told := slices.Clone(others)
	for i := range told {
		bodies = append(bodies, told[i].Body)
		told[i].State, told[i].Lead, told[i].Due, told[i].Updated = Told, lead.ID, ledger.FarFuture, now
	}
	lead.Body, lead.Gathers, lead.Updated = together(bodies), false, now
	return lead, told
}

// MostGathered is the most messages that one tells.
const MostGathered = 1000

// Action is what a person does about an errand.
type Action int8

// The actions.
const (
	// Retry makes the call again with the stored request. It is the person's word that
	// a call whose answer was lost may be repeated.
	Retry Action = iota + 1
	// Skip lets it go.
	Skip
)

// Repair is one action on one errand.
type Repair struct {
	Workspace, ID ledger.ID
	Action        Action
	// Seen is when the errand had changed last when the person saw it; 0 acts on
	// whatever there is.
	Seen ledger.Millis
	// Actor is who acts; Note says why.
	Actor, Note string
	// OrderKey is what the client calls the order by, "" where it does not; Asked tells
	// two orders apart. They are kept with what the order does.
	OrderKey string
	Asked    int64
	Now      ledger.Millis
}

// Mend gives an errand after a person's action; held says that a claim on it stands: who
// has it may be about to call, with others of its batch. Its error is a *fault.Fault:
// "errand.changed", "errand.busy", "errand.settled".
func Mend(on Record, held bool, r Repair) (Record, error) {
	switch {
	case r.Seen != 0 && r.Seen != on.Updated:
		return on, fault.New("errand.changed", "the call changed meanwhile").Classed(fault.Data).Hinted("look at it again before you act")
	case on.State == Sending, held && on.State.Open():
		return on, fault.New("errand.busy", "the call is being made at this moment").Classed(fault.Transient).Hinted("wait a moment and look at it again")
	case on.State == Done, on.State == Skipped, on.State == Told, r.Action == Retry && on.State == Pending:
		return on, fault.New("errand.settled", "a call that is %s can't be changed", on.State).Classed(fault.Data).
			Hinted("look at the document again: it may have gone on by itself")
	}
	on.Fence++ // whoever holds it has lost it
	on.Actor, on.Note, on.Updated = r.Actor, r.Note, r.Now
	if r.Action == Skip {
		on.State, on.Due = Skipped, ledger.FarFuture
		return on, nil
	}
	on.State, on.Due, on.Gathers = Pending, r.Now, false
	on.Spent, on.Absent = 0, 0
	return on, nil
}

// Actions lists what may be done about an errand, as the API names it.
func (r Record) Actions() []string {
	var out []string
	for _, a := range []struct {
		action Action
		name   string
	}{{Retry, "retry"}, {Skip, "skip"}} {
		if _, err := Mend(r, false, Repair{Action: a.action}); err == nil {
			out = append(out, a.name)
		}
	}
	return out
}
