package ledger

// Join is what a held document brings to one group.
type Join struct {
	// NodeID is the group's node.
	NodeID string
	// Key tells the open groups of a node and version apart, at most MaxKey bytes;
	// Number is what people read of it. PerRun groups hold documents of one run.
	Key, Number string
	PerRun      bool
	// Due is when a group that is opened with the document closes by time, Most how
	// many documents close it.
	Due  Millis
	Most int
	// Late is what happens when an earlier revision is in a bill that was delivered:
	// "decide", "new" or "update".
	Late string
	// Header is what there is to see of the group before it is composed, Records what
	// the document brings; both are kept as they are.
	Header, Records []byte
	// Into, where it is not 0, is the bill that is composed anew with the document in
	// the place of its earlier revision. A store sets it.
	Into ID
}
