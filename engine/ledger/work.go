package ledger

import (
	"time"

	"github.com/karezflow/karez/sdk/fault"
)

// Stream is the documents of one source node of a flow.
type Stream struct {
	ID, Workspace, Flow ID
	NodeID              string
	// NodeNo is the node's number in the flow; numbers are never reused.
	NodeNo int
	// Watermark is the end of the last contiguous done live window, or where a person
	// put it, 0 before the first. Version grows whenever it moves.
	Watermark Millis
	Version   int64
	// Ahead is how far the source's clock was ahead of ours at ClockAt, negative where
	// it was behind; ClockAt is 0 where it was never told.
	Ahead   time.Duration
	ClockAt Millis
}

// WindowKind says why a window is read.
type WindowKind int8

// The kinds. Only live windows move the cursor.
const (
	Live WindowKind = iota + 1
	Backfill
	GapSweep
	ByNumbers
	// Handed windows are read by nobody: they hold what other flows hand over while the
	// flow is not enabled, and say when it came.
	Handed
)

// WindowState is where a window stands.
type WindowState int8

// The states of a window. A split window is covered by its parts. One that was left was
// given up before its end, or the cursor was put before it: it counts for nothing.
const (
	WindowOpen WindowState = iota + 1
	WindowDone
	WindowSplit
	WindowLeft
)

// Window is a closed range [From, To] of the source's time that is read as a whole.
type Window struct {
	ID, Stream, Run ID
	Kind            WindowKind
	From, To        Millis
	State           WindowState
	// Parent is the window this one was split from, 0 when none.
	Parent ID
	// Attempt counts readings from 1; a page of an older attempt is fenced out.
	Attempt int
}

// PageCommit is the first transaction: a page's documents, its record, the work
// that covers them and the counts, all or nothing.
type PageCommit struct {
	// Run is the one that reads the window.
	Workspace, Stream, Flow, Run, Version, Connection ID
	Window                                            ID
	Attempt                                           int
	PageNo                                            int
	// Rows is how many records the vendor's page had; Dropped how many a condition let go.
	Rows, Dropped int
	Docs          []Incoming
	// Origins say of each of Docs where it comes from; nil where no other flow had them.
	Origins []Origin
	OnSeen  OnSeen
	// BaseData is the type of base data that the documents are, as that of a Feed; "" for none.
	BaseData string
	// Hold keeps the documents from being claimed until the window is done.
	Hold bool
	// Missed says that whatever is new was missed before, which is counted.
	Missed bool
	// Restore stores the payload of a record again that is unchanged: that of its document
	// may have been removed because it was old.
	Restore bool
	// Total is the vendor's number of matching rows, -1 when unknown; BodyHash
	// recognises a repeated page.
	Total    int
	BodyHash int64
	Priority int
	Now      Millis
}

// PageResult is what became of a page.
type PageResult struct {
	Accepted, Unchanged, Ignored int
	// Work are the rows that can be claimed now.
	Work []ID
}

// WorkSize is the most documents one work row covers.
const WorkSize = 100

// WorkKind says what a work row is about.
type WorkKind int8

// The kinds of work.
const (
	PageWork WorkKind = iota + 1
	DocumentWork
)

// Priorities of work: the smaller comes first, though none waits for ever.
const (
	// Urgent is what a person ordered about one document.
	Urgent         = 0
	HighPriority   = 2
	NormalPriority = 5
	LowPriority    = 8
)

// PriorityOf gives the priority of a flow's work by its name in the flow's settings.
func PriorityOf(name string) int {
	switch name {
	case "high":
		return HighPriority
	case "low":
		return LowPriority
	default:
		return NormalPriority
	}
}

// Work is a unit of push-side work: exactly the documents whose Work is its ID.
type Work struct {
	ID, Workspace ID
	Kind          WorkKind
	// Ref is the window for page work and the document for document work.
	Ref                   ID
	Run, Flow, Connection ID
	// Docs is how many waiting documents the row covers; while it is claimed they
	// are counted as claimed.
	Docs int
	// Priority is one of those above, or between them.
	Priority int
	Due      Millis
	// Owner, Fence and LeaseUntil are the claim. Fence grows with every claim.
	Owner      string
	Fence      int64
	LeaseUntil Millis
	// Attempts counts claims, those of the rows before that covered the same revision
	// of the document included, for backing off work that keeps failing.
	Attempts int
}

// Claim names a claim that must still hold for a commit to count.
type Claim struct {
	Work  ID
	Owner string
	Fence int64
}

// ClaimOf gives the claim of a claimed work row.
func ClaimOf(w Work) Claim { return Claim{Work: w.ID, Owner: w.Owner, Fence: w.Fence} }

// Task is one document to walk.
type Task struct {
	Document Document
	// NodeID is the source node of the document's stream.
	NodeID string
	// Body is the source payload of the active revision.
	Body []byte
	// From and To are the ends of its pull window.
	From, To Millis
	// Run is the one that accepted the document; that of a composed bill is the run
	// whose document opened the group.
	Run ID
	// TraceID is that of the run.
	TraceID string
	// Deliveries are what is recorded of it, bodies included where the outcome is uncertain.
	Deliveries []Delivery
	// Hops counts the hand-overs from flow to flow that led to it.
	Hops int
}

// RunState is where a run stands.
type RunState int8

// The states of a run.
const (
	RunQueued RunState = iota + 1
	RunRunning
	RunDone
	RunFailed
	RunCancelled
)

// String gives the state's name on the API.
func (s RunState) String() string {
	names := [...]string{"none", "queued", "running", "done", "failed", "cancelled"}
	if s < 0 || int(s) >= len(names) {
		return "unknown"
	}
	return names[s]
}

// Run is one execution of a flow.
type Run struct {
	ID, Workspace, Flow, Version ID
	// Trigger and FireAt make a scheduled run unique.
	Trigger string
	FireAt  Millis
	State   RunState
	// PullingEnded is set when nothing more will be accepted into the run.
	PullingEnded bool
	// Code, Message and Args tell why pulling could not finish.
	Code, Message  string
	Args           map[string]string
	Started, Ended Millis
	TraceID        string
	// Reading is what the run reads in place of what changed, nil where it reads that.
	Reading *Reading
	// Numbers are the documents that the run is to fetch; nil where it reads what
	// changed. Missing are those of them that no source had, known when it has read all.
	Numbers, Missing []string
}

// CodeCancelled is the code of a run that a person cancelled.
const CodeCancelled = "run.cancelled"

// Outcome gives the state that a run has when it is settled: its code tells.
func (r Run) Outcome() RunState {
	switch r.Code {
	case "":
		return RunDone
	case CodeCancelled:
		return RunCancelled
	default:
		return RunFailed
	}
}

// Cancel gives what cancelling by somebody makes of a run: one that waits ends at once,
// one that pulls accepts nothing more. It is false when there is nothing to stop.
func (r Run) Cancel(by string, now Millis) (Run, bool) {
	if r.State > RunRunning || r.PullingEnded {
		return r, false
	}
	if r.State == RunQueued {
		r.State, r.Ended = RunCancelled, now
	}
	why := fault.New(CodeCancelled, "the run was cancelled by %s", by)
	r.PullingEnded, r.Code, r.Message, r.Args = true, why.Code, why.Message, why.Args
	return r, true
}

// ProblemGroup is the documents of a run that stand still for one reason.
type ProblemGroup struct {
	State State
	Code  string
	// Message and Args are those of the first of them.
	Message   string
	Args      map[string]string
	Documents int
	// Examples are numbers (or keys) of a few of them.
	Examples []string
}
