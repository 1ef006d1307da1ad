package pluginhost

import (
	"github.com/karezflow/karez/engine/pluginhost/internal/copies"
	"github.com/karezflow/karez/engine/pluginhost/internal/restart"
)

// The parts that have laws of their own.
var (
	NameOf = copies.NameOf
)

// Breaker is the rule of restarts with its memory.
type Breaker struct{ *restart.Breaker }

func NewBreaker(rule Restart) Breaker {
	rule.Defaults()
	return Breaker{restart.New(rule)}
}
