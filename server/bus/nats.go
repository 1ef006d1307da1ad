package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// NatsConfig says which server a Nats bus uses. Zero values stand for the defaults.
type NatsConfig struct {
	Limits
	// URL is an external server or several, separated by commas. Default: a server
	// inside this process that listens nowhere.
	URL string
	// Login says who this program is to the server of URL.
	Login
	// Patient lets the bus open without the server of URL: until it answers nothing can be
	// published, and the sweeper's findings are all there is.
	Patient bool
	// Prefix begins every subject and names the stream, so that several products or
	// installations share a server. Letters, digits, - and _. Default "karez".
	Prefix string
	// Replicas is on how many servers of a cluster the hints are kept. Default 3 in a
	// cluster that has as many, else 1.
	Replicas int
	// Dir is where the embedded server keeps its few files. Default: a temporary
	// directory that Close removes.
	Dir string
	// Memory bounds what the embedded server keeps, in bytes. Default 64 MiB.
	Memory int64
	// Log takes lost and found connections. Default: nowhere.
	Log *slog.Logger
}

func (c NatsConfig) withDefaults() NatsConfig {
	c.Limits = c.Limits.withDefaults()
	if c.Prefix == "" {
		c.Prefix = "karez"
	}
	if c.Memory <= 0 {
		c.Memory = 64 << 20
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

const (
	// staleAfter is when a hint that nobody took is forgotten; the sweeper has
	// published it again many times by then.
	staleAfter = 10 * time.Minute
	// callLimit bounds a call to the server that has no deadline of its own.
	callLimit = 10 * time.Second
	// publishLimit bounds how long hints are offered to a server: those who publish have
	// better things to do than to wait for one that is stuck.
	publishLimit = 2 * time.Second
)

// Nats is a bus on NATS: hints on a JetStream work queue in memory, notices on
// plain subjects.
type Nats struct {
	config NatsConfig
	server *embedded // nil with an external server
	conn   *nats.Conn
	stream jetstream.JetStream
	// opened is closed when the rest may be used by what the library calls; done when the
	// bus is closed.
	opened, done chan struct{}

	active sync.WaitGroup
	// stuck says that the server was connected and did not answer a moment ago.
	stuck atomic.Bool

	mu     sync.Mutex
	closed bool
}

var _ Bus = (*Nats)(nil)

// OpenNats starts or reaches a server and makes sure of the stream.
func OpenNats(ctx context.Context, config NatsConfig) (*Nats, error) {
	config = config.withDefaults()
	if err := checkTopic(config.Prefix, false); err != nil {
		return nil, err
	}
	n := &Nats{config: config, opened: make(chan struct{}), done: make(chan struct{})}
	if err := n.connect(); err != nil { //nolint:contextcheck // the connection lives as long as the bus
		return nil, err
	}
	if err := n.ensure(ctx); err != nil {
		if !config.Patient || hopeless(err) {
			return nil, errors.Join(err, n.Close())
		}
		config.Log.WarnContext(ctx, "the queue of hints is not there yet; it is made when NATS answers", "error", err)
	}
	close(n.opened)
	return n, nil
}

func (n *Nats) disconnect() error {
	if n.conn != nil {
		n.conn.Close()
	}
	if n.server != nil {
		return n.server.stop()
	}
	return nil
}

func (n *Nats) streamName() string { return n.config.Prefix + "-work" }

func (n *Nats) workSubject(b band) string { return n.config.Prefix + ".work." + b.String() }

func (n *Nats) noteSubject(topic string) string { return n.config.Prefix + ".note." + topic }

func (n *Nats) ensureConsumer(ctx context.Context, b band) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	_, err := n.stream.CreateOrUpdateConsumer(ctx, n.streamName(), jetstream.ConsumerConfig{
		Durable:       b.String(),
		FilterSubject: n.workSubject(b) + ".>",
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       n.config.Silence,
		MaxAckPending: -1, // subscribers bound themselves
		MaxDeliver:    -1,
		MemoryStorage: true,
	})
	if err != nil {
		return fmt.Errorf("cannot make the consumer of %s hints: %w", b, err)
	}
	return nil
}

// Publish implements Bus.
func (n *Nats) Publish(ctx context.Context, hints []Hint) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !n.enter() {
		return ErrClosed
	}
	defer n.active.Done()
	if len(hints) == 0 {
		return nil
	}
	if n.away() {
		return ErrAway
	}
	err := n.publish(ctx, hints)
	if errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, nats.ErrNoResponders) {
		// The server lost its memory. Hints that were stored twice do no harm.
		if err := n.ensure(ctx); err != nil {
			return err
		}
		err = n.publish(ctx, hints)
	}
	return err
}

func (n *Nats) publish(ctx context.Context, hints []Hint) error {
	ctx, cancel := context.WithTimeoutCause(ctx, publishLimit, ErrAway)
	defer cancel()
	answers := make([]jetstream.PubAckFuture, 0, len(hints))
	for _, hint := range hints {
		data, err := hint.encode()
		if err != nil {
			return err
		}
		subject := n.workSubject(bandOf(hint.Priority)) + "." + strconv.FormatInt(hint.Connection, 10)
		answer, err := n.stream.PublishAsync(subject, data)
		if err != nil {
			return err
		}
		answers = append(answers, answer)
	}
	var failed error
	for _, answer := range answers {
		select {
		case <-answer.Ok():
		case err := <-answer.Err():
			if failed = err; isFull(err) {
				failed = ErrFull
			}
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), ErrAway) {
				n.pauseForServer()
			}
			return context.Cause(ctx)
		}
	}
	return failed
}

// isFull recognises the refusal of a stream that holds all it may.
func isFull(err error) bool {
	const storeFailed = 10077 // of the server's list of errors: JSStreamStoreFailedF
	var refusal *jetstream.APIError
	return errors.As(err, &refusal) && refusal.ErrorCode == storeFailed
}

func (n *Nats) enter() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.closed {
		n.active.Add(1)
	}
	return !n.closed
}

// Announce implements Bus.
func (n *Nats) Announce(ctx context.Context, notice Notice) error {
	if err := checkNotice(notice); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !n.enter() {
		return ErrClosed
	}
	defer n.active.Done()
	return n.conn.Publish(n.noteSubject(notice.Topic), notice.Data)
}

// Listen implements Bus.
func (n *Nats) Listen(ctx context.Context, topic string, hear func(Notice)) error {
	if err := checkTopic(topic, true); err != nil {
		return err
	}
	if !n.enter() {
		return ErrClosed
	}
	messages := make(chan *nats.Msg, maxBacklog)
	subscription, err := n.conn.ChanSubscribe(n.noteSubject(topic), messages)
	if err != nil {
		n.active.Done()
		return fmt.Errorf("cannot listen: %w", err)
	}
	// The server must know before the caller relies on it. One that is away hears of it
	// when it is back.
	if !n.away() {
		if err := n.conn.FlushTimeout(callLimit); err != nil {
			n.config.Log.WarnContext(ctx, "notices may be missed until NATS answers", "topic", topic, "error", err)
		}
	}
	go func() {
		defer n.active.Done()
		defer func() { _ = subscription.Unsubscribe() }() // a lost connection has unsubscribed it
		n.pass(ctx, messages, hear)
	}()
	return nil
}

func (n *Nats) pass(ctx context.Context, messages <-chan *nats.Msg, hear func(Notice)) {
	prefix := len(n.noteSubject(""))
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.done:
			return
		case m := <-messages:
			if ctx.Err() != nil {
				return
			}
			hear(Notice{Topic: m.Subject[prefix:], Data: m.Data})
		}
	}
}

// Close implements Bus.
func (n *Nats) Close() error {
	n.mu.Lock()
	first := !n.closed
	if first {
		n.closed = true
		close(n.done)
	}
	n.mu.Unlock()
	n.active.Wait()
	if !first {
		return nil
	}
	return n.disconnect()
}
