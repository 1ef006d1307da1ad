package message

import (
	"time"

	"github.com/karezflow/karez/plugins/internal/vendorclock"
)

// minSkew is how far a receiver's clock must be off ours before it is believed that
// a refusal is due to the clocks.
const minSkew = 2 * time.Minute

// Clock tells a receiver's time as far as it is known. It is safe for concurrent use.
type Clock struct{ *vendorclock.Clock }

// NewClock tells our own time until something else is learned.
func NewClock(clock func() time.Time) *Clock { return &Clock{vendorclock.New(clock, minSkew)} }

// Learn takes over the time of a receiver that refused a message, and reports whether
// that changes enough for the message to be signed anew. The zero time teaches nothing.
func (c *Clock) Learn(date time.Time) bool { return c.Clock.Learn(c.Now(), date) }
