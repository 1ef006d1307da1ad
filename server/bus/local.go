package bus

import (
	"context"
	"strings"
	"sync"
	"time"
)

// Local is a bus within one process.
type Local struct {
	limits Limits
	done   chan struct{}
	active sync.WaitGroup // subscriptions and listeners

	mu        sync.Mutex
	closed    bool
	waiting   [bands][]Hint
	held      int // hints that wait, wait for another try or are being handled
	turns     uint64
	news      chan struct{} // closed when something came in
	retries   map[*time.Timer]struct{}
	listeners map[*listener]struct{}
}

var _ Bus = (*Local)(nil)

// listener is one call of Listen.
type listener struct {
	topic   string
	notices chan Notice
}

// NewLocal makes a bus within this process.
func NewLocal(limits Limits) *Local {
	return &Local{
		limits:    limits.withDefaults(),
		done:      make(chan struct{}),
		news:      make(chan struct{}),
		retries:   map[*time.Timer]struct{}{},
		listeners: map[*listener]struct{}{},
	}
}

// Publish implements Bus.
func (l *Local) Publish(ctx context.Context, hints []Hint) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	room := min(len(hints), max(l.limits.Capacity-l.held, 0))
	l.held += room
	l.put(hints[:room]...)
	if room < len(hints) {
		return ErrFull
	}
	return nil
}

// put queues hints and wakes who waits for them; the lock is held.
func (l *Local) put(hints ...Hint) {
	for _, hint := range hints {
		b := bandOf(hint.Priority)
		l.waiting[b] = append(l.waiting[b], hint)
	}
	close(l.news)
	l.news = make(chan struct{})
}

// Subscribe implements Bus.
func (l *Local) Subscribe(ctx context.Context, workers int, handle Handler) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if !l.enter() {
		return ErrClosed
	}
	defer l.active.Done()

	var group sync.WaitGroup
	for range max(workers, 1) {
		group.Go(func() {
			for {
				hint, ok := l.take(ctx)
				if !ok {
					cancel()
					return
				}
				l.settle(hint, handle(ctx, hint))
			}
		})
	}
	select {
	case <-l.done:
		cancel()
	case <-ctx.Done():
	}
	group.Wait()
	select {
	case <-l.done:
		return ErrClosed
	default:
		return nil
	}
}

func (l *Local) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.active.Add(1)
	}
	return !l.closed
}

// take waits for a hint.
func (l *Local) take(ctx context.Context) (Hint, bool) {
	for {
		l.mu.Lock()
		if l.closed || ctx.Err() != nil {
			l.mu.Unlock()
			return Hint{}, false
		}
		for _, b := range turn(l.turns) {
			if queue := l.waiting[b]; len(queue) > 0 {
				l.turns++
				l.waiting[b] = queue[1:]
				l.mu.Unlock()
				return queue[0], true
			}
		}
		news := l.news
		l.mu.Unlock()
		select {
		case <-news:
		case <-ctx.Done():
		case <-l.done:
		}
	}
}

// settle forgets a hint that was handled and keeps one that was not for another try.
func (l *Local) settle(hint Hint, handled bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if handled || l.closed {
		l.held--
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(l.limits.Retry, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if delete(l.retries, timer); !l.closed {
			l.put(hint)
		}
	})
	l.retries[timer] = struct{}{}
}

// Announce implements Bus.
func (l *Local) Announce(ctx context.Context, notice Notice) error {
	if err := checkNotice(notice); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	// The announcer may use its buffer again.
	notice.Data = append([]byte(nil), notice.Data...)
	for listener := range l.listeners {
		if !covers(listener.topic, notice.Topic) {
			continue
		}
		select {
		case listener.notices <- notice:
		default: // it is too far behind
		}
	}
	return nil
}

func covers(pattern, topic string) bool {
	if prefix, all := strings.CutSuffix(pattern, ">"); all {
		return strings.HasPrefix(topic, prefix) && len(topic) > len(prefix)
	}
	return pattern == topic
}

// Listen implements Bus.
func (l *Local) Listen(ctx context.Context, topic string, hear func(Notice)) error {
	if err := checkTopic(topic, true); err != nil {
		return err
	}
	if !l.enter() {
		return ErrClosed
	}
	me := &listener{topic: topic, notices: make(chan Notice, maxBacklog)}
	l.mu.Lock()
	l.listeners[me] = struct{}{}
	l.mu.Unlock()
	go func() {
		defer l.active.Done()
		defer func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			delete(l.listeners, me)
		}()
		listenUntil(ctx, l.done, me.notices, hear)
	}()
	return nil
}

// listenUntil passes notices on until one of both ends. An ending that has come
// goes before notices that are waiting.
func listenUntil(ctx context.Context, done <-chan struct{}, notices <-chan Notice, hear func(Notice)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-done:
			return
		case n := <-notices:
			if ctx.Err() != nil {
				return
			}
			hear(n)
		}
	}
}

// Close implements Bus.
func (l *Local) Close() error {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.done)
		for timer := range l.retries {
			timer.Stop()
		}
		clear(l.retries)
		l.waiting = [bands][]Hint{}
	}
	l.mu.Unlock()
	l.active.Wait()
	return nil
}
