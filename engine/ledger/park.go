package ledger

// WaitKind says what a parked document waits for.
type WaitKind int8

// The kinds of waiting.
const (
	// CodeWait waits for a code to be filled in a code table.
	CodeWait WaitKind = iota + 1
	// StreamWait waits for a document of a stream.
	StreamWait
)

// Wait is one thing that a parked document waits for.
type Wait struct {
	Kind WaitKind
	// Ref is the code table or the stream.
	Ref ID
	// Value is the code, or the place in the stream's index, at most MaxKey bytes.
	Value string
	// Version is that of the table or the stream when it was asked. Where it has
	// changed since, the document is not parked but walked again.
	Version int64
}

// WaitKey names what a wait is for, whoever waits.
type WaitKey struct {
	Kind  WaitKind
	Ref   ID
	Value string
}

// Key gives what the wait is for.
func (w Wait) Key() WaitKey { return WaitKey{w.Kind, w.Ref, w.Value} }
