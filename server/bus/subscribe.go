package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
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
		s.offers[b] = make(chan *nats.Msg)
		s.more[b].Store(true)
		s.asked.Add(1)
		group.Go(func() { s.feed(ctx, b) })
	}
	for range max(workers, 1) {
		group.Go(func() {
			s.asked.Wait()
			s.work(ctx)
		})
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
	offers [bands]chan *nats.Msg
	// more says that a band was not found empty since its last hint. A worker then
	// waits a moment for its feeder rather than take a less urgent hint.
	more  [bands]atomic.Bool
	turns atomic.Uint64
	// asked is done when every band was asked once, lest a band that was slow to
	// begin lose its turns.
	asked sync.WaitGroup
}

// moment is how long a worker waits for a feeder that fetches the next hint.
const moment = 25 * time.Millisecond

// feed offers the hints of one band until ctx ends.
func (s *subscription) feed(ctx context.Context, b band) {
	asked := sync.OnceFunc(s.asked.Done)
	defer asked()
	for ctx.Err() == nil {
		err := s.pull(ctx, b, asked)
		asked()
		if ctx.Err() != nil {
			return
		}
		s.bus.config.Log.WarnContext(ctx, "hints do not come in", "band", b.String(), "error", err)
		pause(ctx, s.bus.config.Retry)
		// The server may have lost the stream; if it cannot be made the next pull says so.
		_ = s.bus.ensure(ctx)
	}
}

// pull asks the server for one hint at a time, so that a busy process holds none
// that another could handle. It speaks the protocol itself: the library's
// iterator forgets to ask again now and then when it may hold a single message.
func (s *subscription) pull(ctx context.Context, b band, asked func()) error {
	if err := s.bus.ensureConsumer(ctx, b); err != nil {
		return err
	}
	conn := s.bus.conn
	answers := make(chan *nats.Msg, 16)
	inbox := conn.NewInbox()
	mailbox, err := conn.ChanSubscribe(inbox, answers)
	if err != nil {
		return err
	}
	defer giveBack(mailbox, answers)
	subject := "$JS.API.CONSUMER.MSG.NEXT." + s.bus.streamName() + "." + b.String()
	for {
		if err := conn.PublishRequest(subject, inbox, []byte(nextHint)); err != nil {
			return err
		}
		asked()
		msg, err := answer(ctx, answers)
		switch {
		case err != nil:
			return err
		case msg == nil:
			continue
		}
		s.more[b].Store(true)
		if !s.offer(ctx, b, msg) {
			return ctx.Err()
		}
	}
}

// nextHint asks for one message within 30 s and for a heartbeat every 2 s, both
// in nanoseconds, as NATS documents it for pull consumers.
const nextHint = `{"batch":1,"expires":30000000000,"idle_heartbeat":2000000000}`

// silentAfter is when a server that sends no heartbeat has lost the request.
const silentAfter = 5 * time.Second

var errSilent = errors.New("the server forgot the request for a hint")

// answer waits for a hint; nil means that the request ended without one.
func answer(ctx context.Context, answers <-chan *nats.Msg) (*nats.Msg, error) {
	silence := time.NewTimer(silentAfter)
	defer silence.Stop()
	for {
		select {
		case msg := <-answers:
			switch status := msg.Header.Get("Status"); status {
			case "":
				return msg, nil
			case "100": // a heartbeat
				silence.Reset(silentAfter)
			case "404", "408": // no hint in time
				return nil, nil
			default:
				return nil, fmt.Errorf("the server refuses: %s %s", status, msg.Header.Get("Description"))
			}
		case <-silence.C:
			return nil, errSilent
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// giveBack returns a hint that came too late to be offered, so that others get
// it at once.
func giveBack(mailbox *nats.Subscription, answers <-chan *nats.Msg) {
	_ = mailbox.Unsubscribe() // a lost connection has done it
	for {
		select {
		case msg := <-answers:
			if msg.Header.Get("Status") == "" {
				_ = msg.Nak() // if it fails, silence does it
			}
		default:
			return
		}
	}
}

// offer waits for a worker. A hint that waited too long belongs to whom the
// server gives it next.
func (s *subscription) offer(ctx context.Context, b band, msg *nats.Msg) bool {
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

func (s *subscription) next(ctx context.Context) (*nats.Msg, bool) {
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
func (s *subscription) ask(ctx context.Context, b band) (*nats.Msg, bool) {
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
		s.more[b].Store(false)
	case <-ctx.Done():
	}
	return nil, false
}

// deal handles one hint and keeps it for itself while it does.
func (s *subscription) deal(ctx context.Context, msg *nats.Msg) {
	hint, err := decodeHint(msg.Data)
	if err != nil {
		s.bus.config.Log.WarnContext(ctx, "a hint is malformed", "subject", msg.Subject, "error", err)
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
