package ledger

import "github.com/karezflow/karez/sdk/fault"

// Document is a record of a stream: the row of its active revision, the one that
// is being walked or was walked last. Every other revision is a Revision.
type Document struct {
	ID, Workspace, Stream ID
	// Key identifies the document in its stream (binary collation, at most MaxKey bytes).
	Key    string
	Number string
	// LatestRev is the newest revision known, ActiveRev the one of this row,
	// DoneRev the newest that was delivered (0 when none was).
	LatestRev, ActiveRev, DoneRev int
	// SourceHash is the hash of the newest source revision, for recognising re-reads;
	// 0 when that revision was withdrawn, so that whatever is read next is new.
	SourceHash int64
	// Modified is the source's own time of change, 0 when it gives none.
	Modified  Millis
	State     State
	Attention Attention
	// Work is the work row that covers the document, 0 when none does.
	Work ID
	// Run accepted the active revision, Version is the flow version it is pinned
	// to, Window the pull window it came in by. What a group composes has no Run, and
	// is not counted: its members are.
	Run, Version, Window ID
	// Pack and PackNo address the source payload.
	Pack   ID
	PackNo int
	// Updated is the last change of the row.
	Updated Millis
}

// Queued reports whether a newer revision waits behind the active one: that is so
// while the active one is in flight, unless the newest is Dropped. Newer ones behind
// a finished one were dropped.
func (d *Document) Queued() bool { return d.LatestRev > d.ActiveRev && d.InFlight() }

// InFlight reports whether the active revision is not finished: the engine works on
// it, though another of its branches may show it rejected, a person decides, or it
// goes where its group goes.
func (d *Document) InFlight() bool {
	return d.State.Open() || d.State == NeedsDecision || d.Work != 0 || d.Attention&Grouped != 0
}

// MaxKey is the longest key, in bytes.
const MaxKey = 190

// Revision is a revision that is not the active one: an older one that is
// finished, or a newer one that waits.
type Revision struct {
	Document   ID
	Rev        int
	Number     string
	SourceHash int64
	Modified   Millis
	State      State
	// Attention keeps the marks the revision had when it was archived.
	Attention            Attention
	Run, Version, Window ID
	Pack                 ID
	PackNo               int
	// Hold says that a queued revision came in by a page that holds its documents
	// until Window is done. A store keeps it, and gives it as false once the window is done.
	Hold    bool
	Updated Millis
	// Base is the revision that a person edited into this one, 0 for one that was
	// read; Actor is who. A store keeps them from the edit on, although the edited
	// revision is the active one then, and gives them once it is archived.
	Base  int
	Actor string
}

// OnSeen says what happens to a changed revision of a delivered document.
type OnSeen string

// The policies.
const (
	Skip   OnSeen = "skip"
	Revise OnSeen = "revise"
)

// Incoming is a record of a page on its way into the ledger.
type Incoming struct {
	Key, Number string
	SourceHash  int64
	Modified    Millis
	// Body is the source payload, one JSON object, stored as it is.
	Body []byte
	// Problem rejects the record at the door, for example for a blank key; the
	// payload is stored all the same.
	Problem *Problem
}

// Problem says why a document does not go on by itself.
type Problem struct {
	// Code and Message are the fault's; Path is the bad field; NodeID the node.
	Code, Message, Path, NodeID string
	// Hint says what to do.
	Hint string
	// Args are the fault's, for the sentence in another language.
	Args map[string]string
}

// ProblemOf gives the problem that a fault of a node is, "" for the flow's own.
func ProblemOf(f *fault.Fault, nodeID string) *Problem {
	return &Problem{Code: f.Code, Message: f.Message, Path: f.Path, NodeID: nodeID, Hint: f.Hint, Args: f.Args}
}

// Newest is the newest revision of a document as a page left it: that is what others
// look up, whether it is the active one or queues.
type Newest struct {
	Document ID
	// Fresh says that the document is new with the page.
	Fresh bool
	Body  []byte
	// Modified is the source's time of change, Seen when the revision was stored: of
	// several documents that answer a look-up the newest by these comes first.
	Modified, Seen Millis
}
