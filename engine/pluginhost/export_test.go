package pluginhost

import (
	"io"
	"log/slog"
	"time"

	"github.com/karezflow/karez/sdk/fault"
)

// The parts that have laws of their own.
var (
	CompareVersions = compareVersions
	Matches         = matches
	NameOf          = nameOf
)

// Breaker is the rule of restarts with its memory.
type Breaker struct{ *breaker }

func NewBreaker(rule Restart) Breaker {
	rule.defaults()
	return Breaker{newBreaker(rule)}
}

func (b Breaker) Crashed(now time.Time, uptime time.Duration) bool { return b.crashed(now, uptime) }
func (b Breaker) Wait(now time.Time) time.Duration                 { return b.wait(now) }

// Output is a process's output.
type Output struct{ *output }

func NewOutput(logger *slog.Logger, clock func() time.Time, hidden map[string]string) Output {
	s := &secrets{}
	s.add(hidden)
	return Output{newOutput(logger, clock, s)}
}

func (o Output) Stream(name string) io.Writer { return o.stream(name) }
func (o Output) Close()                       { o.close() }
func (o Output) LastWords() string            { return o.lastWords() }

// Redact hides secrets in f.
func Redact(f *fault.Fault, hidden ...map[string]string) *fault.Fault {
	s := &secrets{}
	for _, h := range hidden {
		s.add(h)
	}
	return s.redact(f)
}
