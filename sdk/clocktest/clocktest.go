// Package clocktest is a clock for tests that stands still until it is moved.
//
// It is for tests only. It may import the standard library only.
package clocktest

import (
	"sync"
	"time"
)

// Clock tells the time it was set to. It may be used by any number of goroutines.
// The zero Clock stands at the zero time.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// New sets a clock.
func New(at time.Time) *Clock { return &Clock{at: at} }

// Now tells the time; as a method value it is the clock that the product's
// constructors take.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Pass moves the clock by d.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
