// Package moves is the state machine of documents as a table: which event takes a
// revision from which states to which. The rules ask it before they move anything, and
// the stores before they write, so that a state that nobody foresaw is refused and told
// of instead of written.
//
// It may import engine/ledger only: never the rules, a store or a clock.
package moves

import (
	"fmt"

	"github.com/karezflow/karez/engine/ledger"
)

// Event is what happens to a revision.
type Event int8

// The events. Those of the revision that is walked come first, then those of one that
// waits behind it, then those that end a revision because another takes its place.
const (
	// Admit: a record was read, handed over or posted, or a window's reading brought it anew.
	Admit Event = iota
	// Refuse: a record was read that can't be walked, for it has no key.
	Refuse
	// Open: the first document of a group came, and the group's own begins.
	Open
	// Compose: a group becomes a bill, for the first time or anew.
	Compose
	// Claim: a worker takes the work row. A claim that ran out is taken over by the next.
	Claim
	// HandBack: a worker gives the row back unfinished.
	HandBack
	// Settle: a walk came to its end.
	Settle
	// Again: a walk that was overtaken, or could not be concluded, is repeated.
	Again
	// Follow: the bill that the document is in moved, and the document with it.
	Follow
	// Eject: a person took the document out of its bill.
	Eject
	// Arrive: the code or the document came that a parked one waits for.
	Arrive
	// Retry: a person lets the document walk again.
	Retry
	// Repeat: what failed is the writeback or the hand-over alone, and a person lets it be repeated.
	Repeat
	// Resend: a person lets a delivery be written again as it is on record.
	Resend
	// Restore: what was delivered is gone from the target, and a person lets it be written again.
	Restore
	// Edit: a person's payload takes the place of the revision.
	Edit
	// Edited: the revision that the person made begins.
	Edited
	// Skip: a person lets the document go.
	Skip
	// Withdraw: the window that holds the document is read anew.
	Withdraw
	// Dissolve: nobody is left in a group.
	Dissolve

	// Queue: a record was read whose document is on its way; it waits behind that.
	Queue
	// QueueRefused: the same, of a record that can't be walked.
	QueueRefused
	// Trail: the revision in front moved, and what waits behind it shows where it stands.
	Trail
	// Outrun: a newer one queues in its place.
	Outrun
	// Drop: it is let go, for the one in front was delivered, or its reading is withdrawn.
	Drop
	// Promote: the one in front is at its end, and it takes the place.
	Promote
	// PromoteRefused: the same, of one that can't be walked.
	PromoteRefused

	// Supersede: another revision takes the place of one that was not finished.
	Supersede
	// Archive: another revision takes the place of one that was.
	Archive

	events
)

// Claimed is waiting while a worker is at it. It is read off the work row and never
// written with a document.
const Claimed = ledger.Replaced + 1

// None is where a revision is before it is on record.
const None ledger.State = 0

// set is a number of states.
type set uint32

const (
	none      set = 1 << None
	waiting   set = 1 << ledger.Waiting
	held      set = 1 << ledger.Held
	delivered set = 1 << ledger.Delivered
	collected set = 1 << ledger.Collected
	filtered  set = 1 << ledger.Filtered
	rejected  set = 1 << ledger.Rejected
	retryAt   set = 1 << ledger.RetryAt
	unmapped  set = 1 << ledger.Unmapped
	decision  set = 1 << ledger.NeedsDecision
	supersede set = 1 << ledger.Superseded
	skipped   set = 1 << ledger.Skipped
	dropped   set = 1 << ledger.Dropped
	replaced  set = 1 << ledger.Replaced
	claimed   set = 1 << Claimed

	repairable = rejected | retryAt | unmapped | decision
	walked     = claimed | repairable
	ends       = held | delivered | collected | filtered | repairable
	queued     = waiting | held | retryAt | decision
)

func (s set) has(state ledger.State) bool { return state >= 0 && state <= Claimed && s&(1<<state) != 0 }

// states gives what is in the set, in the order of the states.
func (s set) states() []ledger.State {
	var out []ledger.State
	for state := None; state <= Claimed; state++ {
		if s.has(state) {
			out = append(out, state)
		}
	}
	return out
}

// row is one line of the table. Where to is 0 the state stays as it is.
type row struct {
	name     string
	from, to set
}

// of gives an event's line.
func of(e Event) row {
	if e < 0 || e >= events {
		return row{}
	}
	return [...]row{
		Admit:    {"admit", none, waiting},
		Refuse:   {"refuse", none, rejected},
		Open:     {"open", none, held},
		Compose:  {"compose", none | held, waiting},
		Claim:    {"claim", waiting | claimed, claimed},
		HandBack: {"hand_back", claimed, waiting},
		Settle:   {"settle", walked, ends},
		Again:    {"again", walked, 0},
		Follow:   {"follow", held | repairable, ends | skipped},
		Eject:    {"eject", held | repairable, rejected | retryAt},
		Arrive:   {"arrive", unmapped, waiting},
		Retry:    {"retry", repairable, waiting},
		Repeat:   {"repeat", delivered | collected, waiting},
		Resend:   {"resend", repairable, waiting},
		Restore:  {"restore", delivered, waiting},
		Edit:     {"edit", repairable, replaced},
		Edited:   {"edited", none, waiting},
		Skip:     {"skip", repairable, skipped},
		Withdraw: {"withdraw", waiting, supersede},
		Dissolve: {"dissolve", waiting | held | repairable, supersede},

		Queue:          {"queue", none, queued},
		QueueRefused:   {"queue_refused", none, rejected},
		Trail:          {"trail", queued, queued},
		Outrun:         {"outrun", queued | rejected, supersede},
		Drop:           {"drop", queued | rejected, dropped},
		Promote:        {"promote", queued, waiting},
		PromoteRefused: {"promote_refused", rejected, rejected},

		Supersede: {"supersede", waiting | held | repairable, supersede},
		Archive:   {"archive", delivered | collected | filtered | skipped | supersede, 0},
	}[e]
}

// Events lists them in the order of the table.
func Events() []Event {
	out := make([]Event, events)
	for e := range events {
		out[e] = e
	}
	return out
}

// String gives the event's name in errors and in the documentation.
func (e Event) String() string {
	if name := of(e).name; name != "" {
		return name
	}
	return "unknown"
}

// From gives the states in which the event can happen.
func (e Event) From() []ledger.State { return of(e).from.states() }

// To gives where the event can lead from a state; nothing where it can't happen in it.
func (e Event) To(from ledger.State) []ledger.State {
	r := of(e)
	switch {
	case !r.from.has(from):
		return nil
	case r.to == 0:
		return []ledger.State{from}
	default:
		return r.to.states()
	}
}

// Name gives the name of a state as people and the API know it.
func Name(s ledger.State) string {
	if s == Claimed {
		return string(ledger.SlotClaimed)
	}
	return s.String()
}

// Allowed reports whether an event may take a revision from one state to the other.
func Allowed(e Event, from, to ledger.State) bool {
	r := of(e)
	return r.from.has(from) && (r.to == 0 && from == to || r.to.has(to))
}

// Check is Allowed with the refusal as an error: a *ledger.MoveError.
func Check(e Event, document ledger.ID, rev int, from, to ledger.State) error {
	if Allowed(e, from, to) {
		return nil
	}
	return &ledger.MoveError{Document: document, Rev: rev, Event: e.String(), From: Name(from), To: Name(to)}
}

// Written reports whether a store may write the second state over the first for the same
// revision: that is so where any event leads from the one to the other. A store knows
// waiting and claimed as one.
func Written(from, to ledger.State) bool {
	if from == to {
		return true
	}
	for e := range events {
		if Allowed(e, from, to) || from == ledger.Waiting && Allowed(e, Claimed, to) {
			return true
		}
	}
	return false
}

// Begins reports whether a document may come on record in a state: as one that was read,
// or as a group's own, open or composed.
func Begins(s ledger.State) bool {
	return Allowed(Admit, None, s) || Allowed(Refuse, None, s) || Allowed(Open, None, s) || Allowed(Compose, None, s)
}

// Row gives the error of a store that is to write one row over another and must not.
func Row(before, after ledger.Document) error {
	switch {
	case after.State <= None || after.State >= ledger.Dropped:
		return fmt.Errorf("document %d: %s is no state of an active revision", after.ID, Name(after.State))
	case before.ActiveRev == after.ActiveRev && !Written(before.State, after.State):
		return &ledger.MoveError{Document: after.ID, Rev: after.ActiveRev, Event: "write", From: Name(before.State), To: Name(after.State)}
	default:
		return nil
	}
}
