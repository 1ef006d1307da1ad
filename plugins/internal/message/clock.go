package message

import (
	"sync/atomic"
	"time"
)

// minSkew is how far a receiver's clock must be off ours before it is believed that
// a refusal is due to the clocks.
const minSkew = 2 * time.Minute

// Clock tells a receiver's time as far as it is known. It is safe for concurrent use.
type Clock struct {
	clock func() time.Time
	// skew is the receiver's clock less ours, in nanoseconds.
	skew atomic.Int64
}

// NewClock tells our own time until something else is learned.
func NewClock(clock func() time.Time) *Clock { return &Clock{clock: clock} }

// Now gives the receiver's time.
func (c *Clock) Now() time.Time { return c.clock().Add(time.Duration(c.skew.Load())) }

// Learn takes over the time of a receiver that refused a message, and reports whether
// that changes enough for the message to be signed anew. The zero time teaches nothing.
func (c *Clock) Learn(date time.Time) bool {
	if date.IsZero() || date.Sub(c.Now()).Abs() < minSkew {
		return false
	}
	c.skew.Store(int64(date.Sub(c.clock())))
	return true
}
