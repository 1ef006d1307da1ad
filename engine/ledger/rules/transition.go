package rules

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/karezflow/karez/engine/ledger"
)

// Event is what happens to a delivery.
type Event int8

// The events. The first two are of an intent, Written to Undecided of the outcome of an
// attempt, the others are what a person does.
const (
	// Sent: the body is committed and about to leave.
	Sent Event = iota + 1
	// KeyTaken: another delivery owns the target key, so nothing is sent.
	KeyTaken
	// Written: the target holds the object.
	Written
	// Refused: the target did not take it and will not.
	Refused
	// Delayed: the target did not take it and may later.
	Delayed
	// Lost: whether the target took it is not known, and is looked up.
	Lost
	// Undecided: only a person can find out.
	Undecided
	// Ordered: a person orders the body on record to be written.
	Ordered
	// AskedAgain: a person lets the target be asked once more.
	AskedAgain
	// Dropped: it counts as not written, and may be mapped anew.
	Dropped
	// Accepted: a person found the object in the target.
	Accepted
	// Gone: a comparison found that the target lost the object, and a person wants it back.
	Gone
)

// Events gives all events in their order.
func Events() []Event {
	return []Event{Sent, KeyTaken, Written, Refused, Delayed, Lost, Undecided, Ordered, AskedAgain, Dropped, Accepted, Gone}
}

// String gives the event's name.
func (e Event) String() string {
	names := [...]string{"none", "sent", "key_taken", "written", "refused", "delayed", "lost", "undecided", "ordered", "asked_again", "dropped", "accepted", "gone"}
	if e < 0 || int(e) >= len(names) {
		return "unknown_event"
	}
	return names[e]
}

// Transition is one line of the table of a delivery's states: an event, the state that
// it leads to, and the states in which it may happen. The state 0 is that of a delivery
// that is not on record yet.
type Transition struct {
	Event Event
	To    ledger.DeliveryState
	From  []ledger.DeliveryState
}

// Transitions gives the table. What it does not list does not happen: whoever asks for it
// is refused and the record stays.
func Transitions() []Transition {
	const (
		none     = ledger.DeliveryState(0)
		pending  = ledger.DeliveryPending
		sending  = ledger.DeliverySending
		done     = ledger.DeliveryDone
		rejected = ledger.DeliveryRejected
		retryAt  = ledger.DeliveryRetryAt
		unknown  = ledger.DeliveryUnknown
		decision = ledger.DeliveryNeedsDecision
	)
	// A done one is sent again for a newer revision only, see Intend; one that needs a
	// decision when its sender has one.
	sendable := []ledger.DeliveryState{none, pending, sending, done, rejected, retryAt, unknown, decision}
	uncertain := []ledger.DeliveryState{sending, unknown}
	return []Transition{
		{Sent, sending, sendable},
		{KeyTaken, decision, sendable},
		// A late answer settles what a person ordered meanwhile and nobody sent yet.
		{Written, done, []ledger.DeliveryState{pending, sending, unknown}},
		{Refused, rejected, uncertain},
		{Delayed, retryAt, uncertain},
		{Lost, unknown, uncertain},
		{Undecided, decision, uncertain},
		{Ordered, pending, []ledger.DeliveryState{pending, sending, rejected, unknown, decision}},
		{AskedAgain, unknown, []ledger.DeliveryState{decision}},
		{Dropped, rejected, []ledger.DeliveryState{pending, decision}},
		{Accepted, done, []ledger.DeliveryState{sending, unknown, decision}},
		{Gone, rejected, []ledger.DeliveryState{done}},
	}
}

// transitions is the table, made once: every delivery is held against it.
var transitions = sync.OnceValue(Transitions) //nolint:gochecknoglobals // made once, then only read

// ErrNoTransition says that something happened to a delivery that its state rules out.
var ErrNoTransition = errors.New("no such transition")

// Next gives the state that an event leads to. It fails where the table lists no such
// transition.
func Next(from ledger.DeliveryState, e Event) (ledger.DeliveryState, error) {
	for _, t := range transitions() {
		if t.Event == e && slices.Contains(t.From, from) {
			return t.To, nil
		}
	}
	return from, fmt.Errorf("%w: a delivery in state %s can't be %s", ErrNoTransition, from, e)
}

// outcomeEvent gives the event of an attempt that came to a state, 0 where no attempt can.
func outcomeEvent(state ledger.DeliveryState) Event {
	switch state {
	case ledger.DeliveryDone:
		return Written
	case ledger.DeliveryRejected:
		return Refused
	case ledger.DeliveryRetryAt:
		return Delayed
	case ledger.DeliveryUnknown:
		return Lost
	case ledger.DeliveryNeedsDecision:
		return Undecided
	case ledger.DeliveryPending, ledger.DeliverySending:
		return 0
	default:
		return 0
	}
}
