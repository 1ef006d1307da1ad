package plan

import (
	"time"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/item"
)

// Inlet is a compiled inlet or webhook: documents of other flows enter there, or posted ones.
type Inlet struct {
	Entry
	// Key, Number and Modified are nil where they are those that a document has where it
	// comes from.
	Key, Number, Modified *value.Program
	// Read is what the inlet reads; nil where it only takes what is handed over.
	Read *Reading
	// Post is set where documents are posted.
	Post *Posting

	// Params are the flow's parameters, Zone its time zone.
	Params item.Value
	Zone   *time.Location
}

// Reading is which stored documents of another flow an inlet reads.
type Reading struct {
	// Flow is the public id, Source the node, "" for the only one.
	Flow, Source string
	// States are the names of those in which a document is read.
	States []string
	// StartFrom leaves out what was not changed since.
	StartFrom time.Time
	// Conditions drop documents that do not pass; nil drops none.
	Conditions *value.Conditions
}

// Entry is where documents enter the push side: a source or an inlet.
type Entry struct {
	NodeID string
	NodeNo int
	OnSeen string
	// Next are the steps that DefaultPort, the first declared output, leads to.
	Next        []int
	DefaultPort string
	// Opened are the paths of texts that are opened as the JSON that they hold.
	Opened []string
}

// Open gives a stored document as programs read it.
func (e Entry) Open(body []byte) []byte { return opened(body, e.Opened) }

// Identity is what tells a document from others and when it was changed.
type Identity struct {
	Key, Number string
	Modified    time.Time
}

// Identify gives the identity that a document has here, own being that where it comes
// from. Its error is that of the key.
func (n *Inlet) Identify(scope *value.Scope, own Identity) (Identity, error) {
	scope.Params = n.Params
	out := own
	if n.Key != nil {
		key, err := n.Key.Text(scope)
		if err != nil {
			return own, err
		}
		out.Key = key
	}
	if n.Number != nil {
		out.Number, _ = n.Number.Text(scope) // a number is for searching: without it the document still goes
	}
	if n.Modified != nil {
		out.Modified = momentOf(n.Modified, scope, n.Zone)
	}
	return out, nil
}
