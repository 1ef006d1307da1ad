package pluginhost

import "time"

// The parts that have laws of their own.
var (
	NameOf = nameOf
)

// Breaker is the rule of restarts with its memory.
type Breaker struct{ *breaker }

func NewBreaker(rule Restart) Breaker {
	rule.defaults()
	return Breaker{newBreaker(rule)}
}

func (b Breaker) Crashed(now time.Time, uptime time.Duration) bool { return b.crashed(now, uptime) }
func (b Breaker) Wait(now time.Time) time.Duration                 { return b.wait(now) }
