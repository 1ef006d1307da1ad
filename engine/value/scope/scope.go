// Package scope says what the names in a text refer to: the document, its lines,
// the parts a writeback adds, parameters and system variables. It finds their
// values in raw JSON.
//
// It may import the standard library, sdk and value/format only; never
// engine/value, which is built on it.
package scope

import (
	"time"

	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/sdk/item"
)

// Scope is what the names in a text refer to. The caller sets the parts that
// exist; a name whose part is not set is read from the document. A scope is
// reused for many documents by one goroutine at a time: it keeps buffers.
type Scope struct {
	// Doc is the current document, which plain names are read from. In a writeback
	// it is the source document.
	Doc item.Value
	// Source is the document as it was pulled: {{source.x}}.
	Source item.Value
	// Lines are the lines that enclose the text, the innermost first. They are for
	// texts evaluated within a line; a mapping finds its own lines.
	Lines []Line
	// Vars are values handed on by earlier nodes: {{vars.x}}.
	Vars item.Value
	// Params are the parameters of the flow: {{params.x}}.
	Params item.Value
	// Answer is this row of the target's answer: {{answer.x}}, and {{Id}} and
	// {{Number}}. It is set in a writeback only.
	Answer item.Value
	// Writeback is what was stored with the delivery: {{primaryWriteback.x}}.
	Writeback item.Value
	// System holds the system variables.
	System System
	// Answers are what look-ups found. Needs are those that were asked for and are not
	// among them, Missing those that found nothing where something is needed.
	Answers        item.Answers
	Needs, Missing []item.Lookup
	// Collect lets an evaluation go on behind what fails, to find every look-up.
	Collect bool

	// Arena is working memory of programs. A caller leaves it alone.
	Arena []byte

	picked map[*item.Pick]*item.Picked
	frames []*item.Picked
	spare  []*item.Picked
}

// Line is one element of an array.
type Line struct {
	// Array is the array's name as texts write it, for example "items" or "items.lots".
	Array string
	// Value is the element.
	Value item.Value
}

// System holds the system variables. Zero values are blank.
type System struct {
	// From and To are the ends of the pull window: LAST_SYNC_TIME is From;
	// WINDOW_END and CURRENT_TIME are To; DAYS_AGO_n and MINUTES_AGO_n count back from To.
	From, To time.Time
	// PageSize, StartRow and StartPage are the PAGINATION variables; they are
	// written as numbers, also when zero.
	PageSize, StartRow, StartPage int
	// Token is PAGINATION_TOKEN: a cursor or the last key.
	Token string
	// FlowID and RunID are FLOW_ID and RUN_ID.
	FlowID, RunID string
	// TargetID and TargetNumber are TARGET_ID and TARGET_NUMBER: the last done
	// result of this document's delivery.
	TargetID, TargetNumber string
}

// Reset clears everything but the scope's buffers.
func (s *Scope) Reset() {
	*s = Scope{Arena: s.Arena[:0], picked: s.picked, frames: s.frames[:0], spare: s.spare, Lines: s.Lines[:0]}
}

// SetItem sets what a record on an edge brings along: document, source, vars,
// answers, window, flow and run. The other parts stay.
func (s *Scope) SetItem(in item.Item) {
	s.Doc, s.Source, s.Vars, s.Answers = item.Of(in.Raw), item.Of(in.Source), item.Of(in.Vars), in.Answers
	if in.Facts != nil {
		s.System.From, s.System.To = in.Facts.From, in.Facts.To
		s.System.FlowID, s.System.RunID = in.Facts.FlowID, in.Facts.RunID
	}
}

// Env gives formats the zone and the moment they count from, the window's end.
func (s *Scope) Env(zone *time.Location) format.Env { return format.Env{Zone: zone, Now: s.System.To} }
