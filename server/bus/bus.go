// Package bus carries hints that work is waiting and notices about what goes on.
// It is not a ledger: every message names a row of the database, and a sweeper
// republishes what nobody holds, so a bus may lose everything at any time and
// nothing is lost.
//
// Local keeps hints in this process. Nats keeps them in the memory of a NATS
// JetStream server, embedded or external, so that several processes share them.
// Both pass the suite in bustest, and one takes the other's place without a
// change elsewhere.
//
// This is the only package that knows NATS. It may import the standard library
// and github.com/nats-io; never the engine, a store or a service.
package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Errors of every bus.
var (
	// ErrClosed is the answer of a bus that was closed.
	ErrClosed = errors.New("the bus is closed")
	// ErrFull means that some of the published hints were dropped because too many
	// are waiting. The publisher goes on: the sweeper will publish them again.
	ErrFull = errors.New("too many hints are waiting")
	// ErrAway means that the server of the bus can't be reached now. Hints are not kept for
	// it: the sweeper finds what they name.
	ErrAway = errors.New("the server of the bus is away")
	// ErrTopic means that a topic is malformed.
	ErrTopic = errors.New("a topic is words of letters, digits, - and _ joined by dots")
)

// Hint says that a work row may be claimed. It may be out of date.
type Hint struct {
	// Work is the row; Connection is the target it is written to, 0 where nobody says.
	Work       int64 `json:"work"`
	Connection int64 `json:"connection,omitempty"`
	// Flow is the flow of the row, as far as is known; 0 where nobody says.
	Flow int64 `json:"flow,omitempty"`
	// Priority is more urgent the smaller it is: up to 3 is high, up to 6 normal,
	// above low. Higher bands get more turns, but none waits for ever.
	Priority int `json:"priority,omitempty"`
}

// Handler handles a hint. It answers true when the row was dealt with or was not
// to be had; after false the hint is delivered again, to any subscriber. Its
// context ends with the subscription's; the hint counts as handled when the
// handler returns.
type Handler func(ctx context.Context, hint Hint) (handled bool)

// Notice is a message to whoever listens now: progress of a run, a wish to cancel
// it, a cache that is out of date.
type Notice struct {
	// Topic is words joined by dots, for example "run.17.progress".
	Topic string
	// Data is at most 512 KiB. Its form is the matter of those who speak about the topic.
	Data []byte
}

// Bus is a bus. Its methods may be called concurrently.
type Bus interface {
	// Publish hands out hints. It does not wait for room or for a server: with ErrFull and
	// ErrAway some hints were dropped. Nothing may be concluded from the order of hints.
	Publish(ctx context.Context, hints []Hint) error
	// Subscribe handles hints, at most workers at a time, until ctx ends (nil) or
	// the bus is closed (ErrClosed), and returns when the last handler has. Each
	// hint goes to one subscriber of all processes; it may be delivered twice.
	Subscribe(ctx context.Context, workers int, handle Handler) error
	// Announce sends a notice to all listeners of all processes. Nobody may listen.
	Announce(ctx context.Context, notice Notice) error
	// Listen calls hear for each notice on a topic until ctx ends or the bus is
	// closed. It returns when it is listening. "run.>" stands for every topic that
	// begins with "run.". Calls come one after the other; a listener that falls more
	// than 1,024 notices behind misses some.
	Listen(ctx context.Context, topic string, hear func(Notice)) error
	// Close ends subscriptions and listeners and waits for them. Hints that nobody
	// handled may be lost. Closing twice is legal.
	Close() error
}

const (
	maxNotice  = 512 << 10
	maxBacklog = 1024
)

// Limits of a bus. Zero values stand for the defaults.
type Limits struct {
	// Capacity is how many hints may wait. Default 100,000.
	Capacity int
	// Retry is the time before a hint that was not handled is delivered again. Default 1 s.
	Retry time.Duration
	// Silence is how long a process may hold a hint without a sign of life before it
	// is delivered to another. A handler at work gives signs by itself. Default 30 s.
	Silence time.Duration
}

func (l Limits) withDefaults() Limits {
	if l.Capacity <= 0 {
		l.Capacity = 100_000
	}
	if l.Retry <= 0 {
		l.Retry = time.Second
	}
	if l.Silence <= 0 {
		l.Silence = 30 * time.Second
	}
	return l
}

// band groups priorities that share a queue.
type band int

const (
	high band = iota
	normal
	low
	bands = 3
)

func (b band) String() string { return [bands]string{"high", "normal", "low"}[b] }

func bandOf(priority int) band {
	switch {
	case priority <= 3:
		return high
	case priority <= 6:
		return normal
	default:
		return low
	}
}

// turn gives the order in which the bands are asked at a given turn: of ten
// turns the high band leads six, the normal three and the low one.
func turn(n uint64) [bands]band {
	switch n % 10 {
	case 2, 5, 8:
		return [bands]band{normal, high, low}
	case 9:
		return [bands]band{low, high, normal}
	default:
		return [bands]band{high, normal, low}
	}
}

// checkTopic refuses what could mean something else to a server. pattern allows
// the form "a.b.>".
func checkTopic(topic string, pattern bool) error {
	if pattern {
		topic = strings.TrimSuffix(topic, ".>")
	}
	good := len(topic) <= maxTopic
	for word := range strings.SplitSeq(topic, ".") {
		good = good && word != "" && strings.Trim(word, wordLetters) == ""
	}
	if !good {
		return fmt.Errorf("%w: %q", ErrTopic, topic)
	}
	return nil
}

const (
	maxTopic    = 200
	wordLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
)

func checkNotice(n Notice) error {
	if len(n.Data) > maxNotice {
		return fmt.Errorf("a notice of %d bytes is larger than %d", len(n.Data), maxNotice)
	}
	return checkTopic(n.Topic, false)
}

func (h Hint) encode() ([]byte, error) { return json.Marshal(h) }

func decodeHint(data []byte) (Hint, error) {
	var h Hint
	err := json.Unmarshal(data, &h)
	return h, err
}
