package document

import "github.com/karezflow/karez/engine/ledger"

// The actions of a Detail, as the API names them.
const (
	ActionRetry  = "retry"
	ActionResend = "resend"
	ActionSkip   = "skip"
	ActionEdit   = "edit"
	ActionEject  = "eject"
	ActionAccept = "accept"
	// ActionRestore writes again what a comparison found gone from the target.
	ActionRestore = "restore"
)

// ActionRecompose is in the history of a bill from which a person took a document: it was
// composed anew.
const ActionRecompose = "recompose"

// Detail is all there is to see of a document.
type Detail struct {
	Summary

	// Version is the number of the flow version it is pinned to, 0 when it is gone.
	Version int
	// Problem says why it does not go on, nil when it does.
	Problem *Problem
	// Source is the payload of the active revision, one JSON object; nil when it was removed
	// because of its age, and then Purged says when.
	Source     []byte
	Purged     *Purged
	Revisions  []Revision
	Deliveries []Delivery
	// HandedFrom are the documents of other flows that it came from, HandedTo those
	// that it was handed over to, the oldest first.
	HandedFrom, HandedTo []Handed
	// Bill is what the document was made of, nil where it was read. Bills are those that
	// it is in.
	Bill  *Bill
	Bills []Member
	// Actions are what the caller may do now.
	Actions []string
}

// Purged says by which rule and when contents were removed. Rule is the name of an age that
// the workspace sets, kept for so many Days; of what nobody noted when it was removed it is "".
type Purged struct {
	Rule string
	Days int
	At   ledger.Millis
}

// Bill is a document that a group makes of others.
type Bill struct {
	// Open says that documents still join it.
	Open bool
	// Members are at most MaxMembers of it, Count is how many there are.
	Members []Member
	Count   int
	// Lines tell of each line of an unsplit or split bill what it was made of.
	Lines [][]Origin
}

// MaxMembers is how many members of a bill are shown.
const MaxMembers = 500

// Member is the document at the other end: of a bill who is in it, of a member its bill.
type Member struct {
	ID                       ledger.ID
	Node, Key, Number, State string
	// Rev is the member's revision.
	Rev int
}

// Origin is a line of a member's record, all counted from 0.
type Origin struct {
	Member       ledger.ID
	Record, Line int
}

// Handed is a document at the other end of a hand-over.
type Handed struct {
	ID ledger.ID
	// Flow and FlowTitle are those of its flow; Node is the writeback that hands over,
	// "" where the inlet read by itself.
	Flow, FlowTitle, Node string
	Key, Number, State    string
	// Rev is the revision handed over, or taken; 0 for one that was let go.
	Rev int
	At  ledger.Millis
}

// Problem says why a document does not go on by itself.
type Problem struct {
	Code, Message, Hint, Path, Node string
	Args                            map[string]string
	Since                           ledger.Millis
}

// Revision is one state of the source document, the active one included, oldest first.
type Revision struct {
	Rev int
	// Origin is "pull", or "edit" for one that a person made: then Actor is who.
	Origin, State, Actor string
	At                   ledger.Millis
}

// Delivery is one write of one target document.
type Delivery struct {
	Node                      string
	Part, Attempt             int
	Connection, Resource, Key string
	State, Code, Message      string
	Args                      map[string]string
	TargetID, TargetNumber    string
	// Step is the operation of the last step that is done, "" for a target without steps;
	// Updating says that the write changes an object that the target holds already.
	Step     string
	Updating bool
	// Mapped is the row as it was or will be sent, Response the target's answer for
	// it, Writeback what a writeback kept; each JSON or nil.
	Mapped, Response, Writeback []byte
	NextAt, Updated             ledger.Millis
}

// StateName is the name of a state as people see it: a revision that an edit
// replaced is superseded, one that was let go behind a delivered one ignored.
func StateName(s ledger.State) string {
	switch s {
	case ledger.Replaced:
		return ledger.Superseded.String()
	case ledger.Dropped:
		return string(ledger.SlotIgnored)
	default:
		return s.String()
	}
}

// Marks names the marks of a document.
func Marks(a ledger.Attention) []string {
	names := []struct {
		mark ledger.Attention
		name string
	}{
		{ledger.Uncertain, "uncertain"},
		// A newer source that took the place of an edit is a warning.
		{ledger.Warned | ledger.Overtaken, "warned"},
		{ledger.WritebackFailing, "writeback_failing"},
		{ledger.Handled, "handled"},
		{ledger.ErrandFailing, "errand_failing"},
	}
	var out []string
	for _, n := range names {
		if a&n.mark != 0 {
			out = append(out, n.name)
		}
	}
	return out
}
