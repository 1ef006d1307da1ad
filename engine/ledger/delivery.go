package ledger

// DeliveryKey names a delivery: one write of one target document.
type DeliveryKey struct {
	Document ID
	NodeNo   int
	// Part tells several target documents of one document and node apart, from 0.
	Part int
}

// Delivery is the record of a write. Its key is stable over attempts and revisions.
type Delivery struct {
	DeliveryKey
	Rev     int
	Version ID
	// Connection, Resource and Key name the object in the target.
	Connection    ID
	Resource, Key string
	State         DeliveryState
	// Attempt counts intents from 1; an answer resolves its own attempt only.
	Attempt int
	Call    ID
	// Absent counts look-ups in a row that did not find the object.
	Absent int
	// Spent counts the attempts that used up the budget of retries: those that the
	// target refused for a reason that passes, or did not answer. An attempt that
	// never reached the target spends nothing.
	Spent int
	// Since is when the attempts began that make up Spent: 0 before the first.
	Since Millis
	// Updating says that the write changes an object that the target holds already.
	Updating bool
	// Step is the last step that is done at this revision, by the name of its operation:
	// first that of the write itself; "" before it. It is kept for targets with steps only.
	Step string
	// TargetID and TargetNumber are the target's names of the object.
	TargetID, TargetNumber string
	// Writeback is what a writeback node stored, a JSON object or nil.
	Writeback     []byte
	Code, Message string
	// Args are the fault's, as those of a Problem.
	Args map[string]string
	// NextAt is when a retry or a look-up is due.
	NextAt  Millis
	Updated Millis
	// Body is the row as it was committed with the intent; loaded when the state
	// is uncertain. Response is the target's answer for the row; loaded when done.
	Body, Response []byte
	// Before is the body of the last revision that was done, loaded for an update whose
	// state is uncertain.
	Before []byte
}

// CallKind says what a call was for.
type CallKind int8

// The kinds of calls.
const (
	SendCall CallKind = iota + 1
	ProbeCall
)

// Call is one call to a vendor.
type Call struct {
	ID, Workspace, Connection ID
	Operation                 string
	Kind                      CallKind
	Rows                      int
	Started                   Millis
	TraceID                   string
}

// Intent is one row that is about to be sent.
type Intent struct {
	DeliveryKey
	Rev           int
	Version       ID
	Connection    ID
	Resource, Key string
	// Owned asks for the ownership of (Connection, Resource, Key).
	Owned bool
	// Updating and Step are as those of the Delivery; TargetID names the object that is
	// updated where the delivery on record doesn't.
	Updating       bool
	Step, TargetID string
	// Attempt is one more than that of the row on record.
	Attempt int
	Call    ID
	RowNo   int
	// Body is stored before the first byte leaves; nil keeps the body on record.
	Body []byte
}

// IntentCommit is the second transaction: what is going to be sent.
type IntentCommit struct {
	Claim     Claim
	Workspace ID
	Calls     []Call
	Rows      []Intent
	Now       Millis
}

// IntentResult tells which rows must not be sent.
type IntentResult struct {
	// Taken maps an index of Rows to the delivery that owns its key. Such a row
	// was recorded as needs_decision "delivery.key_taken".
	Taken map[int]DeliveryKey
}

// CallEnd closes a call.
type CallEnd struct {
	ID ID
	// Code is the fault's, "" when the vendor answered.
	Code     string
	Response []byte
}

// Resolution is the outcome of one attempt of a delivery.
type Resolution struct {
	DeliveryKey
	// Attempt is the attempt that is resolved; an outcome of an older one is evidence only.
	Attempt                int
	State                  DeliveryState
	Absent, Spent          int
	TargetID, TargetNumber string
	// Step is the step that the attempt made, "" where it made none.
	Step          string
	Code, Message string
	Args          map[string]string
	NextAt        Millis
	// FreeKey gives the target key back: the row is proved not applied.
	FreeKey bool
	// Response is the target's answer for the row, or nil.
	Response []byte
}

// Writeback is what a writeback node keeps with a done delivery.
type Writeback struct {
	DeliveryKey
	// Attempt is the one that succeeded.
	Attempt int
	// Stored is a JSON object.
	Stored []byte
}

// Probed is a look-up that was made: a call that needs no intent, because it changes
// nothing in the target.
type Probed struct {
	Call Call
	End  CallEnd
	// Rows tell what was found out, for those deliveries that are on record.
	Rows []ProbedRow
}

// ProbedRow is what a look-up said about one delivery.
type ProbedRow struct {
	DeliveryKey
	// Attempt is the one whose answer was lost.
	Attempt int
	// State is what it came to: done, unknown, needs_decision, or retry_at for a row
	// that is proved absent.
	State         DeliveryState
	Code, Message string
	Args          map[string]string
}

// Settled is what a walk concluded for a document.
type Settled struct {
	Document ID
	Rev      int
	State    State
	// Attention replaces the document's marks.
	Attention Attention
	// Problem is set for every state but the happy ones.
	Problem *Problem
	// Joins are the groups that a held document waits in, and Rest what its other
	// branches came to, 0 for nothing.
	Joins []Join
	Rest  State
	// RetryAt is when the document is due again: one in that state, or one that shows
	// something worse while another of its branches goes on; 0 for none.
	RetryAt Millis
	// OnSeen is the source's policy for a revision that queues behind this one.
	OnSeen OnSeen
	// Waits are what an unmapped document waits for.
	Waits []Wait
	// Feeds are base data that one which is tried again waits for besides its time.
	Feeds []Feed
}

// PortCount is traffic of a port.
type PortCount struct {
	Run    ID
	NodeNo int
	Port   string
	N      int
}

// Outcome is the third transaction. Without Documents it records answers in the
// middle of a walk; with them it ends the walk: every document of the work row
// must be named, unfinished ones get work rows of their own, and the row is deleted.
type Outcome struct {
	Claim      Claim
	Workspace  ID
	Calls      []CallEnd
	Probes     []Probed
	Deliveries []Resolution
	// Writebacks apply behind Deliveries, to rows that are done at their attempt.
	Writebacks []Writeback
	Documents  []Settled
	// Hands are handed over with the documents that they come from, see Handings.
	Hands []Hand
	// Answers are what posted documents are answered, see Answered.
	Answers []Answer
	// Errands are entered with the documents that they are about, by the rule Errands.
	Errands []Errand
	Ports   []PortCount
	Now     Millis
}

// OutcomeResult tells what became of an Outcome.
type OutcomeResult struct {
	// Stale are documents one of whose deliveries was resolved by somebody else
	// meanwhile, and those that would be parked although what they wait for may have
	// come: they stay waiting and are walked again.
	Stale []ID
	// Work are rows that are due at once.
	Work []ID
	// Refused are moves that the table of moves does not have: their documents stay as
	// they were and are walked again later. Whoever gets them tells of them.
	Refused []error
	// Handed are rows of other flows that are due at once, by their priority.
	Handed map[int][]ID
}

// Held reports whether the target holds the object, whatever became of the last attempt:
// it was written, and steps or an update of it are still to be done.
func (d *Delivery) Held() bool {
	return d.State == DeliveryDone || d.Step != "" || d.Updating
}

// CodeKeyTaken is the code of a delivery whose target key another document owns.
const CodeKeyTaken = "delivery.key_taken"

// CodeGone is the code of a delivery whose object a comparison did not find in the target.
const CodeGone = "delivery.gone"

// Unapplied reports whether a delivery needs a decision because of a refusal: the
// target certainly did not take it.
func (d *Delivery) Unapplied() bool {
	return d.State == DeliveryNeedsDecision && (d.Code == CodeKeyTaken || d.Code == "delivery.duplicate")
}
