// Package value is the value language: texts with {{placeholders}}, and the
// mappings, request parameters and conditions made of them. A text is compiled
// once; evaluating it reads spans of the raw document and appends to a buffer.
//
// A text is parsed first and values are bound afterwards: whatever a document
// contains, it never becomes part of a program. Numbers keep their digits; no
// float is involved.
//
// The package may import the standard library, sdk and shopspring/decimal (through
// value/format). It knows no store, session, node type or clock, and never imports
// server, nodes or plugins.
package value

import (
	"time"

	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/sdk/item"
)

// Options are what a text means besides its letters.
type Options struct {
	// Zone is the zone of the operation: of times a document writes without an
	// offset, and of times as a format writes them. Nil means UTC.
	Zone *time.Location
	// Path goes before the paths of problems. The empty path means "fields" for a
	// mapping, "params" for parameters and nothing for conditions, as if the
	// problems were relative to a node's settings.
	Path string
}

func (o Options) zone() *time.Location {
	if o.Zone == nil {
		return time.UTC
	}
	return o.Zone
}

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

	arena  []byte
	frames []frame
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
func (s *Scope) Reset() { *s = Scope{arena: s.arena[:0], frames: s.frames[:0], Lines: s.Lines[:0]} }

// SetItem sets what a record on an edge brings along: document, source, vars,
// window, flow and run. The other parts stay.
func (s *Scope) SetItem(in item.Item) {
	s.Doc, s.Source, s.Vars = item.Of(in.Raw), item.Of(in.Source), item.Of(in.Vars)
	if in.Facts != nil {
		s.System.From, s.System.To = in.Facts.From, in.Facts.To
		s.System.FlowID, s.System.RunID = in.Facts.FlowID, in.Facts.RunID
	}
}

func (s *Scope) env(zone *time.Location) format.Env { return format.Env{Zone: zone, Now: s.System.To} }

// frame is an object of the document with the members a mapping needs, in slots.
type frame struct {
	self  item.Value
	slots []item.Value
}

// push makes the next deeper frame hold the members of obj that table names.
func (s *Scope) fill(depth int, t *table, obj item.Value) {
	for len(s.frames) <= depth {
		s.frames = append(s.frames, frame{})
	}
	f := &s.frames[depth]
	f.self = obj
	if cap(f.slots) < len(t.names) {
		f.slots = make([]item.Value, len(t.names))
	}
	f.slots = f.slots[:len(t.names)]
	clear(f.slots)
	for key, val := range obj.Members() {
		if slot := t.slot(key); slot >= 0 {
			f.slots[slot] = val
		}
	}
}
