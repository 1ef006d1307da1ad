package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

// Reading is what a run reads in place of what changed: a range of one source's past.
type Reading struct {
	// Kind is Backfill or GapSweep.
	Kind WindowKind
	// Node is the source node.
	Node string
	// From and To are the ends of a backfill. Those of a sweep are 0: it finds them when
	// it is read.
	From, To Millis
}

// Turn says before which of its flow's other runs a run is read: the smaller first. What
// changed comes before what was missed, and that before the past.
func (r Run) Turn() int {
	switch {
	case r.Reading == nil:
		return 0
	case r.Reading.Kind == GapSweep:
		return 1
	default:
		return 2
	}
}

// CursorReset puts the cursor of a stream somewhere else.
type CursorReset struct {
	Stream ID
	// Version is that of the cursor as whoever decides saw it.
	Version int64
	To      Millis
	// Actor is who decides, Note why.
	Actor, Note string
}

// ErrWindowOpen says that a live window of a stream is not read to its end, so that its
// cursor can't be put elsewhere.
var ErrWindowOpen = errors.New("a window of the stream is open")

// Trigger names the runs that read a source node so. It has at most 64 bytes, and no two
// nodes of a flow have the same.
func (r Reading) Trigger() string {
	kind := "backfill:"
	if r.Kind == GapSweep {
		kind = "sweep:"
	}
	name := kind + r.Node
	if len(name) <= maxTrigger {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return name[:maxTrigger-17] + "#" + hex.EncodeToString(sum[:8])
}

const maxTrigger = 64
