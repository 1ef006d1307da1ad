package ledger

// StoredQuery selects documents of a stream as they are stored.
type StoredQuery struct {
	Workspace ID
	// Flow is the public id, Source the node.
	Flow, Source string
	States       []State
	// From and To are the ends of the time in which a document last changed, both included.
	From, To Millis
	// After is the key of the last document of the page before; Limit the most documents of a page.
	After string
	Limit int
}

// Stored is a document as it is stored: its active revision.
type Stored struct {
	ID          ID
	Rev, Hops   int
	Key, Number string
	Modified    Millis
	Body        []byte
}
