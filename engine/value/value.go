// Package value is the value language: texts with {{placeholders}}, and the
// mappings, request parameters and conditions made of them. A text is compiled
// once; evaluating it reads spans of the raw document and appends to a buffer.
//
// A text is parsed first and values are bound afterwards: whatever a document
// contains, it never becomes part of a program. Numbers keep their digits; no
// float is involved.
//
// The packages below it are its parts: text is one value, scope says what names refer to, format
// gives values another form, logic compares them. The package may import the
// standard library, sdk and these only. It knows no store, session, node type or
// clock, and never imports server, nodes or plugins.
package value

import (
	"time"

	"github.com/karezflow/karez/engine/value/scope"
	"github.com/karezflow/karez/engine/value/text"
	"github.com/karezflow/karez/sdk/fault"
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
	// Finder says what look-ups refer to; without one there can be none.
	Finder Finder
	// Miss is what a look-up gives that found nothing, where its row does not say: for
	// what can't wait, whose rows must not ask to. "" is for what can.
	Miss OnMiss
}

// OnMiss says what a look-up that found nothing gives.
type OnMiss = text.OnMiss

// What look-ups give that can't wait and found nothing.
const (
	MissEmpty = text.MissEmpty
	MissFails = text.MissFails
)

func (o Options) texts() text.Options { return text.Options{Zone: o.Zone, Finder: o.Finder} }

// Program is a compiled text.
type Program = text.Program

// Finder says what look-ups refer to.
type Finder = text.Finder

// Compile reads a text. Its error is the *fault.Fault of text.Compile.
func Compile(source string, opts Options) (*Program, error) {
	p, f := text.Compile(source, opts.texts())
	if f != nil {
		return nil, f
	}
	return p, nil
}

// Nothing is the fault of a look-up that found nothing.
func Nothing(l item.Lookup) *fault.Fault { return text.Nothing(l) }

// Scope is what the names in a text refer to. It is reused for many documents by
// one goroutine at a time.
type Scope = scope.Scope

// Line is one element of an array that encloses a text.
type Line = scope.Line

// System holds the system variables.
type System = scope.System
