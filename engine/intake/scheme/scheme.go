// Package scheme is existing work as it was read: the interfaces of one scheme with their
// rows, before anybody knows which operations they are, and what became of every line.
//
// It may import sdk/fault only.
package scheme

import (
	"encoding/json"

	"github.com/karezflow/karez/sdk/fault"
)

// Fate is what became of a line.
type Fate string

// The fates. Moved rows stand at another path than they were written at, inferred ones were
// taken apart or placed by a guess. Outline lines tell what follows, text is neither.
const (
	Understood    Fate = "understood"
	Moved         Fate = "moved"
	Inferred      Fate = "inferred"
	NotUnderstood Fate = "not_understood"
	Outline       Fate = "outline"
	Text          Fate = "text"
)

// Row reports whether lines of this fate are counted.
func (f Fate) Row() bool { return f != Outline && f != Text }

// Line is one line of what was given, or one member where it was JSON.
type Line struct {
	// Line counts from 1; 0 for a member, which Path names.
	Line int    `json:"line,omitempty"`
	Path string `json:"path,omitempty"`
	Text string `json:"text"`
	Fate Fate   `json:"fate"`
	// Where is the place in the flow, for example "source.params.FormId".
	Where string `json:"where,omitempty"`
	// Why says more: what was changed, or what is missing.
	Why *fault.Fault `json:"why,omitempty"`
}

// Told sets what became of the line. What was guessed stays so.
func (l *Line) Told(fate Fate, where string, why *fault.Fault) {
	if fate == Understood && l.Fate == Inferred {
		fate = Inferred
		if why == nil {
			why = l.Why
		}
	}
	l.Fate, l.Where, l.Why = fate, where, why
}

// Row is one field of an interface.
type Row struct {
	*Line

	// Field is the dotted path, as it was written.
	Field, Title, Type, Value, Describe string
	Required                            bool
	// Parser is {"name","params"}, nil for none.
	Parser *Parser
}

// Parser shapes a value.
type Parser struct {
	Name   string
	Params []string
}

// Extra is a setting of a side beside its fields.
type Extra struct {
	*Line

	Name  string
	Value json.RawMessage
}

// Role says which end of a scheme a side is.
type Role string

// The roles.
const (
	Source Role = "source"
	Target Role = "target"
)

// Side is one interface of a scheme.
type Side struct {
	// System is its name as it was written, API the technical name and Name the title.
	System, API, Name string
	Request, Response []*Row
	Extras            []*Extra
	// Open says that System was told in passing, in a sentence.
	Open bool
}

// Empty reports whether nothing was said of the side.
func (s *Side) Empty() bool {
	return s.System == "" && s.API == "" && s.Name == "" && len(s.Request)+len(s.Response)+len(s.Extras) == 0
}

// Scheme is one flow to be.
type Scheme struct {
	Title  string
	Source Side
	Target Side
	// Lines are all lines in their order.
	Lines []*Line
}

// Side gives the side of a role.
func (s *Scheme) Side(r Role) *Side {
	if r == Source {
		return &s.Source
	}
	return &s.Target
}
