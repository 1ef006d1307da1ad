package ledger

// Answer is what whoever posted a document is told about a revision of it. The first
// one stays, whatever a later walk would say.
type Answer struct {
	Document    ID
	Rev, NodeNo int
	// Status is that of HTTP, Body a JSON value.
	Status int
	Body   []byte
}
