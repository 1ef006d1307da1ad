// Package timing is how long the host of connectors waits.
//
// It may import the standard library and nothing else.
package timing

import "time"

// Rule is how long things may take. Zero fields have the defaults named.
type Rule struct {
	// Start is the time from the start of a process to its readiness. 10 s.
	Start time.Duration
	// Health is how often a process is asked whether it lives, and Answer how long
	// it may take to say so before it is killed. 15 s and 5 s.
	Health, Answer time.Duration
	// Overdue is how long a call may go on after nobody waits for it any more;
	// then the process is replaced and its other calls are let finish. 10 s.
	Overdue time.Duration
	// Drain is how long calls may take to finish in a process that is replaced. 30 s.
	Drain time.Duration
	// Idle is how long a process without calls is kept. For ever by default.
	Idle time.Duration
	// Superseded is how long one without calls is kept beside an active version: what
	// began with it may go on with it. 2 min.
	Superseded time.Duration
}

// Defaults fills in what is zero.
func (t *Rule) Defaults() {
	for field, value := range map[*time.Duration]time.Duration{
		&t.Start: 10 * time.Second, &t.Health: 15 * time.Second, &t.Answer: 5 * time.Second,
		&t.Overdue: 10 * time.Second, &t.Drain: 30 * time.Second, &t.Superseded: 2 * time.Minute,
	} {
		if *field <= 0 {
			*field = value
		}
	}
}
