// Package item is a record on an edge of a flow: the raw bytes of one JSON
// object, what the engine knows about it, and a view that reads values out of
// raw bytes without decoding them.
//
// Bytes that nobody changes stay as the vendor sent them: digits, key order and
// escapes survive. The package may import the standard library and sdk/fault only.
package item

import "time"

// Item is one record. It is passed by value; Raw and Source are never modified in place.
type Item struct {
	// Raw is the JSON object as this edge carries it.
	Raw []byte
	// Source is the document as it was pulled, before any node changed it.
	Source []byte
	// Vars is a JSON object of values that nodes hand to later nodes, or nil.
	Vars []byte
	// Facts is what the engine knows about the document.
	Facts *Facts
	// Answers are what look-ups that were asked for found.
	Answers Answers
}

// With gives the same record with other contents.
func (i Item) With(raw []byte) Item {
	i.Raw = raw
	return i
}

// Facts are the engine's knowledge of a document. They are fixed over retries.
type Facts struct {
	// Key identifies the document in its stream; Number is what people search for.
	Key, Number string
	// Revision counts the versions of the document, from 1.
	Revision int
	// From and To are the ends of the pull window the document came in by.
	From, To time.Time
	// FlowID is the flow's public id; RunID the run that accepted this revision.
	FlowID, RunID string
}
