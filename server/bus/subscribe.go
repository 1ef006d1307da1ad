package bus

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Subscribe implements Bus. For each band one feeder holds at most one hint that
// it offers to the workers; a worker asks the bands by turns.
func (n *Nats) Subscribe(ctx context.Context, workers int, handle Handler) error {
	if !n.enter() {
		return ErrClosed
	}
	defer n.active.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-n.done:
			cancel()
		case <-stop:
		}
	}()

	s := subscription{bus: n, handle: handle}
	var group sync.WaitGroup
	for b := range band(bands) {
		s.offers[b] = make(chan jetstream.Msg)
		s.more[b].Store(true)
		group.Go(func() { s.feed(ctx, b) })
	}
	for range max(workers, 1) {
		group.Go(func() { s.work(ctx) })
	}
	group.Wait()
	select {
	case <-n.done:
		return ErrClosed
	default:
		return nil
	}
}

type subscription struct {
	bus    *Nats
	handle Handler
	offers [bands]chan jetstream.Msg
	// more says that the server has further hints of a band, so that a worker
	// waits a moment for its feeder rather than take a less urgent hint.
	more  [bands]atomic.Bool
	turns atomic.Uint64
}

// heartbeat is how often the server says that it has no hints. Two that are
// missing mean that it lost the consumer.
const heartbeat = 2 * time.Second

// moment is how long a worker waits for a feeder that fetches the next hint.
const moment = 5 * time.Millisecond

// feed offers the hints of one band until ctx ends.
func (s *subscription) feed(ctx context.Context, b band) {
	for ctx.Err() == nil {
		err := s.pull(ctx, b)
		if ctx.Err() != nil {
			return
		}
		s.bus.config.Log.WarnContext(ctx, "hints do not come in", "band", b.String(), "error", err)
		pause(ctx, s.bus.config.Retry)
		// The server may have lost the stream; if it cannot be made the next pull says so.
		_ = s.bus.ensure(ctx)
	}
}

func (s *subscription) pull(ctx context.Context, b band) error {
	consumer, err := s.bus.consumer(ctx, b)
	if err != nil {
		return err
	}
	hints, err := consumer.Messages(jetstream.PullMaxMessages(1), jetstream.PullHeartbeat(heartbeat))
	if err != nil {
		return err
	}
	defer giveBack(hints)
	for {
		msg, err := hints.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		about, err := msg.Metadata()
		s.more[b].Store(err == nil && about.NumPending > 0)
		if !s.offer(ctx, b, msg) {
			return ctx.Err()
		}
	}
}

// giveBack returns what was fetched and not offered, so that others get it at once.
func giveBack(hints jetstream.MessagesContext) {
	hints.Drain()
	for {
		msg, err := hints.Next()
		if err != nil {
			return
		}
		_ = msg.Nak() // if it fails, silence does it
	}
}

// offer waits for a worker. A hint that waited too long belongs to whom the
// server gives it next.
func (s *subscription) offer(ctx context.Context, b band, msg jetstream.Msg) bool {
	stale := time.NewTimer(s.bus.config.Silence)
	defer stale.Stop()
	select {
	case s.offers[b] <- msg:
		return true
	case <-stale.C:
		return true
	case <-ctx.Done():
		_ = msg.Nak() // if it fails, silence does it
		return false
	}
}

func (s *subscription) work(ctx context.Context) {
	for {
		msg, ok := s.next(ctx)
		if !ok {
			return
		}
		s.deal(ctx, msg)
	}
}

func (s *subscription) next(ctx context.Context) (jetstream.Msg, bool) { //nolint:ireturn // the library's type
	if ctx.Err() != nil {
		return nil, false
	}
	for _, b := range turn(s.turns.Add(1) - 1) {
		if msg, ok := s.ask(ctx, b); ok {
			return msg, true
		}
	}
	select {
	case msg := <-s.offers[high]:
		return msg, true
	case msg := <-s.offers[normal]:
		return msg, true
	case msg := <-s.offers[low]:
		return msg, true
	case <-ctx.Done():
		return nil, false
	}
}

// ask takes a hint of one band, if there is one.
func (s *subscription) ask(ctx context.Context, b band) (jetstream.Msg, bool) { //nolint:ireturn // the library's type
	select {
	case msg := <-s.offers[b]:
		return msg, true
	default:
	}
	if !s.more[b].Load() {
		return nil, false
	}
	timer := time.NewTimer(moment)
	defer timer.Stop()
	select {
	case msg := <-s.offers[b]:
		return msg, true
	case <-timer.C:
		// Another process took them.
		s.more[b].Store(false)
	case <-ctx.Done():
	}
	return nil, false
}

// deal handles one hint and keeps it for itself while it does.
func (s *subscription) deal(ctx context.Context, msg jetstream.Msg) {
	hint, err := decodeHint(msg.Data())
	if err != nil {
		s.bus.config.Log.WarnContext(ctx, "a hint is malformed", "subject", msg.Subject(), "error", err)
		_ = msg.Term() // nobody can use it
		return
	}
	finished := make(chan struct{})
	var signs sync.WaitGroup
	signs.Go(func() {
		tick := time.NewTicker(s.bus.config.Silence / 3)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_ = msg.InProgress() // if it fails, the hint is delivered twice
			case <-finished:
				return
			}
		}
	})
	handled := s.handle(ctx, hint)
	close(finished)
	signs.Wait()
	if handled {
		err = msg.Ack()
	} else {
		err = msg.NakWithDelay(s.bus.config.Retry)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		s.bus.config.Log.WarnContext(ctx, "the answer to a hint is lost; it will be delivered again", "work", hint.Work, "error", err)
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
