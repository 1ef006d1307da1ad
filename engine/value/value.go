// Package value is the value language: texts with {{placeholders}}, and the
// mappings, request parameters and conditions made of them. A text is compiled
// once; evaluating it reads spans of the raw document and appends to a buffer.
//
// A text is parsed first and values are bound afterwards: whatever a document
// contains, it never becomes part of a program. Numbers keep their digits; no
// float is involved.
//
// The packages below it are its parts: scope says what names refer to, format
// gives values another form, logic compares them. The package may import the
// standard library, sdk and these only. It knows no store, session, node type or
// clock, and never imports server, nodes or plugins.
package value

import (
	"time"

	"github.com/karezflow/karez/engine/value/scope"
	"github.com/karezflow/karez/sdk/field"
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
	// quote is how placeholders between the quotes of a text literal are written.
	quote field.Quote
}

func (o Options) zone() *time.Location {
	if o.Zone == nil {
		return time.UTC
	}
	return o.Zone
}

// Scope is what the names in a text refer to. It is reused for many documents by
// one goroutine at a time.
type Scope = scope.Scope

// Line is one element of an array that encloses a text.
type Line = scope.Line

// System holds the system variables.
type System = scope.System
