// Package truth is what the fakes know for certain: what a source held, what a
// target was sent and holds, and what a person decided. The checker compares it with
// what the engine says.
//
// It may import the standard library only.
package truth

import "time"

// Class is what a target does with a write that comes twice.
type Class string

// The classes: it knows the writer's key, it can be asked for a key, it overwrites, it
// makes another object.
const (
	A Class = "A"
	B Class = "B"
	C Class = "C"
	D Class = "D"
)

// Classes gives all of them.
func Classes() []Class { return []Class{A, B, C, D} }

// Status decides what should become of a document.
type Status string

// The statuses.
const (
	// Good is to be delivered.
	Good Status = "good"
	// Void is left out by the flow's filter.
	Void Status = "void"
	// Poison is refused by every target.
	Poison Status = "poison"
)

// Revision is a document as the source held it from a moment on.
type Revision struct {
	Rev    int
	Status Status
	// Amount and Paid are decimals, byte by byte.
	Amount, Paid string
	// Modified is what the source says when it changed, in seconds; Committed is when
	// it could be read first.
	Modified  int64
	Committed time.Time
}

// Document is all that a source ever held under a key.
type Document struct {
	Key  string
	Revs []Revision
}

// Last gives the newest revision.
func (d Document) Last() Revision { return d.Revs[len(d.Revs)-1] }

// Revision gives a revision by its number.
func (d Document) Revision(no int) (Revision, bool) {
	if no < 1 || no > len(d.Revs) {
		return Revision{}, false
	}
	return d.Revs[no-1], true
}

// Write is one row that a target was sent and took.
type Write struct {
	// Seq counts the writes of a target.
	Seq int
	Key string
	Rev int
	// Amount and Paid are as they came.
	Amount, Paid string
	// Object is what it made, changed, or met.
	Object string
	// Met says that the target knew the key and left its object alone.
	Met bool
	// Answered says that the answer left whole.
	Answered bool
}

// Object is what a target holds.
type Object struct {
	ID, Key      string
	Rev          int
	Amount, Paid string
}

// Mark is one writeback that a source took.
type Mark struct{ Key, Object string }

// Decision is what a person did about a document, having looked at the target.
type Decision struct {
	Key string
	// Action is "skip" or "resend".
	Action string
	// Held says whether the target held an object of the document then.
	Held bool
	Code string
}

// Lane is one flow's source and target.
type Lane struct {
	Name, Dialect string
	Class         Class
	// Revises says that the flow sends documents again that changed after they were delivered.
	Revises   bool
	Documents []Document
	Writes    []Write
	Objects   []Object
	Marks     []Mark
	Decisions []Decision
}

// Seen is a document as the engine shows it.
type Seen struct {
	ID, Key, State, Code string
	Rev                  int
	Attention            []string
}

// Run is a run as the engine shows it.
type Run struct {
	ID, State, Code string
	Counts          map[string]int
	Balanced        bool
}

// Engine is what the engine says of a lane.
type Engine struct {
	Documents []Seen
	Runs      []Run
}
