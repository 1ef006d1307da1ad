// Package vendorclock tells a system's time to connectors whose system refuses moments that
// are too far from its own.
//
// It may import the standard library only.
package vendorclock

import (
	"sync/atomic"
	"time"
)

// Clock is a system's time as far as it is known. It is safe for concurrent use.
type Clock struct {
	own   func() time.Time
	least time.Duration
	// skew is the system's clock less ours, in nanoseconds.
	skew atomic.Int64
}

// New begins with our own time. least is how far the system's clock must be off what is
// believed before a refusal is believed to be due to the clocks.
func New(own func() time.Time, least time.Duration) *Clock { return &Clock{own: own, least: least} }

// Now gives the system's time.
func (c *Clock) Now() time.Time { return c.own().Add(time.Duration(c.skew.Load())) }

// Learn takes over the time of a system that refused what was made at the moment made, and
// reports whether the two differ enough for the refusal to be due to it. The zero time
// teaches nothing.
func (c *Clock) Learn(made, date time.Time) bool {
	if date.IsZero() || date.Sub(made).Abs() < c.least {
		return false
	}
	c.skew.Store(int64(date.Sub(c.own())))
	return true
}
