// Package ledger is the vocabulary of the only truth: documents and their
// revisions, deliveries, calls, windows, work and counts, and what is committed
// about them. How they move from state to state is engine/ledger/rules.
//
// It may import the standard library, sdk/fault and sdk/item only: never its rules,
// a database, a node or another engine package.
package ledger

import (
	"errors"
	"time"
)

// ID identifies a row. IDs are positive, allocated in blocks by the client, and
// opaque outside the process.
type ID int64

// Millis is an instant as UTC milliseconds since 1970; 0 means none.
type Millis int64

// At converts an instant; the zero time gives 0.
func At(t time.Time) Millis {
	if t.IsZero() {
		return 0
	}
	return Millis(t.UnixMilli())
}

// Time converts back; 0 gives the zero time.
func (m Millis) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

// Add moves an instant by d.
func (m Millis) Add(d time.Duration) Millis { return m + Millis(d.Milliseconds()) }

// FarFuture is the due time of work that waits for something other than time.
const FarFuture Millis = 1 << 53

var (
	// ErrCrowded says that as many pieces of work of the flow are claimed as may be: the
	// row is left for later.
	ErrCrowded = errors.New("as much work of the flow is under way as may be")
	// ErrFenced says that the caller's claim was taken over: its result may be
	// kept as evidence and nothing else.
	ErrFenced = errors.New("the claim was taken over by another worker")
	// ErrNotFound says that no such row exists.
	ErrNotFound = errors.New("not found in the ledger")
)

// State is where a revision of a document stands.
type State int8

// The states, named as in DESIGN section 2. Claimed is not stored: a waiting
// revision is claimed while its work row is.
const (
	Waiting State = iota + 1
	Held
	Delivered
	Collected
	Filtered
	Rejected
	RetryAt
	Unmapped
	NeedsDecision
	Superseded
	Skipped
	// Dropped is a queued revision that was let go because an earlier one was
	// delivered, or the reading that brought it withdrawn; it is counted as ignored
	// and no longer as accepted.
	Dropped
	// Replaced is a revision that a person edited: the edited one is counted in its
	// place, so that a run's counts stay those of what it read.
	Replaced
)

// States lists the states that are counted, in the order people read them.
func States() []State {
	return []State{Waiting, Held, Delivered, Collected, Filtered, Rejected, RetryAt, Unmapped, NeedsDecision, Superseded, Skipped}
}

// String gives the state's name in counts, the API and the UI's catalogue.
func (s State) String() string {
	names := [...]string{
		"none", "waiting", "held", "delivered", "collected", "filtered", "rejected", "retry_at", "unmapped",
		"needs_decision", "superseded", "skipped", "dropped", "replaced",
	}
	if s < 0 || int(s) >= len(names) {
		return "unknown"
	}
	return names[s]
}

// Open reports whether the engine will still work on the revision by itself.
func (s State) Open() bool { return s == Waiting || s == Held || s == RetryAt }

// Repairable reports whether a person may act on a document in the state.
func (s State) Repairable() bool {
	return s == Rejected || s == RetryAt || s == Unmapped || s == NeedsDecision
}

// Attention is a set of marks that a person should see whatever the state.
type Attention uint16

// The marks.
const (
	// Uncertain: a delivery's outcome is unknown.
	Uncertain Attention = 1 << iota
	// Warned: the target accepted with a warning.
	Warned
	// WritebackFailing: delivered, but the writeback is not done.
	WritebackFailing
	// Handled: rejected, and an error edge took the document.
	Handled
	// Edited: the active revision is a person's edit. Overtaken: a newer revision of
	// the source took the place of a person's edit. Both outlive a walk.
	Edited
	Overtaken
	// Grouped: the active revision is part of a group, open or composed, and goes where
	// that goes; nothing but that moves it. No person needs to see the mark.
	Grouped
	// ErrandFailing: a call that was to be made after a walk is not done. It is read off
	// the errands and never stored with a document.
	ErrandFailing
)

// DeliveryState is the state of a delivery, apart from the document's.
type DeliveryState int8

// The delivery states of DESIGN section 5.
const (
	DeliveryPending DeliveryState = iota + 1
	DeliverySending
	DeliveryDone
	DeliveryRejected
	DeliveryRetryAt
	DeliveryUnknown
	DeliveryNeedsDecision
)

// String gives the state's name.
func (s DeliveryState) String() string {
	names := [...]string{"none", "pending", "sending", "done", "rejected", "retry_at", "unknown", "needs_decision"}
	if s < 0 || int(s) >= len(names) {
		return "unknown_state"
	}
	return names[s]
}

// Uncertain reports whether the target may hold the object although no answer was recorded.
func (s DeliveryState) Uncertain() bool { return s == DeliverySending || s == DeliveryUnknown }

// Fixed reports whether the body on record is the one to be written, never a new
// mapping: the outcome is uncertain, or a person ordered this body.
func (s DeliveryState) Fixed() bool { return s.Uncertain() || s == DeliveryPending }
