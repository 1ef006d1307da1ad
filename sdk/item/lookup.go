package item

import (
	"strconv"
	"strings"
	"time"
)

// Lookup asks for what other documents hold, for a code of a code table, or for what a
// query operation gives.
type Lookup struct {
	// From names the stream that is looked into: the public id of a flow, a dot and
	// the id of its source node. Table names a code table instead.
	From, Table string
	// Reverse asks a code table for the source code of a target code.
	Reverse bool
	// Where are the conditions, all of which hold; those on fields of lines hold
	// within one line. A code table has one, on the code, with no path.
	Where []Equal
	// Operation is asked of a connection with Params, a JSON object.
	Connection, Operation, Params string
	// Fresh is how old an answer of an operation may be.
	Fresh time.Duration
	// Find is the path of the wanted value; "" wants the whole row of an operation.
	Find string
	// Most is how many values are wanted of an operation, which gives them page by page;
	// 0 wants all.
	Most int
}

// Equal is a condition of a Lookup: the value at the path, as text, is the value.
type Equal struct{ Path, Value string }

// Key names what is asked: equal look-ups have equal keys.
func (l Lookup) Key() string {
	var b strings.Builder
	for _, s := range []string{l.From, l.Table, l.Connection, l.Operation, l.Params, l.Find} {
		b.WriteString(s)
		b.WriteByte(0)
	}
	if l.Reverse {
		b.WriteByte('r')
	}
	if l.Most > 0 {
		b.WriteString(strconv.Itoa(l.Most))
	}
	for _, w := range l.Where {
		b.WriteByte(0)
		b.WriteString(w.Path)
		b.WriteByte('=')
		b.WriteString(w.Value)
	}
	return b.String()
}

// Asks reports whether a key is that of a look-up which differs from this one in its
// conditions only: of the answers to many questions, those to one kind.
func (l Lookup) Asks(key string) bool {
	l.Where = nil
	rest, ok := strings.CutPrefix(key, l.Key())
	return ok && (rest == "" || rest[0] == 0)
}

// Answers are the values that look-ups found, by their keys: the newest first, none
// where nothing was found. They are read while a batch is worked on and changed between.
type Answers map[string][]Value
