// Package restart decides when a process that crashed is started again.
//
// It may import the standard library and backoff, and nothing else.
package restart

import (
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Rule is when a process that crashed is started again: at once after a first
// crash, then after growing waits, and after too many crashes not for a while.
// Zero fields have the defaults named.
type Rule struct {
	// First and Most are the shortest and the longest wait. 500 ms and 30 s.
	First, Most time.Duration
	// Crashes within Within pause the connector for Pause. 5 in 5 min, 1 min.
	Crashes       int
	Within, Pause time.Duration
	// Healthy is how long a process must have run for its crash to count as a first
	// one. 1 min.
	Healthy time.Duration
}

// Defaults fills in what is zero.
func (r *Rule) Defaults() {
	for field, value := range map[*time.Duration]time.Duration{
		&r.First: 500 * time.Millisecond, &r.Most: 30 * time.Second,
		&r.Within: 5 * time.Minute, &r.Pause: time.Minute, &r.Healthy: time.Minute,
	} {
		if *field <= 0 {
			*field = value
		}
	}
	if r.Crashes <= 0 {
		r.Crashes = 5
	}
}

// Breaker remembers the crashes of one connector. The caller guards it.
type Breaker struct {
	rule    Rule
	waits   *backoff.ExponentialBackOff
	crashes []time.Time
	streak  int
	until   time.Time
}

// New gives the memory of a connector that did not crash yet.
func New(rule Rule) *Breaker {
	waits := backoff.NewExponentialBackOff()
	waits.InitialInterval, waits.MaxInterval, waits.Multiplier = rule.First, rule.Most, 2
	return &Breaker{rule: rule, waits: waits}
}

// Crashed notes a crash after uptime, and reports whether the connector is paused
// because of it.
func (b *Breaker) Crashed(now time.Time, uptime time.Duration) (paused bool) {
	if uptime >= b.rule.Healthy {
		b.streak = 0
		b.waits.Reset()
	}
	b.streak++
	recent := b.crashes[:0]
	for _, at := range b.crashes {
		if now.Sub(at) < b.rule.Within {
			recent = append(recent, at)
		}
	}
	b.crashes = append(recent, now)
	switch {
	case len(b.crashes) >= b.rule.Crashes:
		// The next crash after the pause starts a count of its own.
		b.until, b.crashes = now.Add(b.rule.Pause), nil
		return true
	case b.streak > 1:
		b.until = now.Add(min(b.waits.NextBackOff(), b.rule.Most))
	}
	return false
}

// Wait is how long until the process may be started again.
func (b *Breaker) Wait(now time.Time) time.Duration {
	return max(0, b.until.Sub(now))
}
