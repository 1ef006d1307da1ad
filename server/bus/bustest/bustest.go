// Package bustest is the suite that every bus passes. It may import server/bus
// and testing helpers only, and nothing but tests may import it.
package bustest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/karezflow/karez/server/bus"
)

// Open makes a fresh bus with these limits. Two buses that are open at the same
// time need not see each other's messages.
type Open func(t *testing.T, limits bus.Limits) bus.Bus

// patience is how long the suite waits for what must happen.
const patience = 30 * time.Second

// Exercise runs the suite. Its tests run one after the other, because each also
// checks that no goroutine is left behind.
func Exercise(t *testing.T, open Open) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(*suite)
	}{
		{"every hint is delivered", everyHint},
		{"hints keep their fields", fields},
		{"hints that were not handled come again", redelivery},
		{"work of a subscriber that leaves goes to another", leaving},
		{"workers bound what is in flight", inFlight},
		{"a full bus refuses and recovers", full},
		{"urgent hints go first and none starves", priorities},
		{"handlers may publish", publishing},
		{"closing ends everything and loses nothing but hints", closing},
		{"closing while hints are handled", closingBusy},
		{"ended contexts", ended},
		{"notices reach all listeners", notices},
		{"listeners leave", listenersLeave},
		{"a listener that is stuck holds nobody up", stuckListener},
		{"topics are checked", topics},
	} {
		t.Run(c.name, func(t *testing.T) {
			// Runs after every other clean-up, so also after the bus was closed.
			ignore := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, ignore) })
			c.test(&suite{T: t, open: open})
		})
	}
}

type suite struct {
	*testing.T
	open Open
}

// start opens a bus that is closed with the test.
func (s *suite) start(limits bus.Limits) bus.Bus {
	s.Helper()
	if limits.Retry == 0 {
		limits.Retry = 5 * time.Millisecond
	}
	b := s.open(s.T, limits)
	s.Cleanup(func() {
		if err := b.Close(); err != nil {
			s.Errorf("Close: %v", err)
		}
	})
	return b
}

func (s *suite) publish(b bus.Bus, hints ...bus.Hint) {
	s.Helper()
	if err := b.Publish(s.Context(), hints); err != nil {
		s.Fatalf("Publish: %v", err)
	}
}

// subscribe runs a subscription until the returned function is called, which
// gives its error.
func (s *suite) subscribe(b bus.Bus, workers int, handle bus.Handler) (stop func() error) {
	s.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.Context()))
	ended := make(chan error, 1)
	go func() { ended <- b.Subscribe(ctx, workers, handle) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return s.await(ended, "the subscription did not end")
	})
	s.Cleanup(func() { _ = stop() })
	return stop
}

func (s *suite) await(c <-chan error, complaint string) error {
	s.Helper()
	select {
	case err := <-c:
		return err
	case <-time.After(patience):
		s.Fatal(complaint)
		return nil
	}
}

// next waits for a value.
func next[T any](s *suite, c <-chan T, complaint string) T {
	s.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		s.Fatal(complaint)
		panic("unreachable")
	}
}

func numbered(n int) []bus.Hint {
	hints := make([]bus.Hint, n)
	for i := range hints {
		hints[i] = bus.Hint{Work: int64(i + 1), Connection: int64(i % 5), Priority: i % 10}
	}
	return hints
}

// tally counts deliveries.
type tally struct {
	mu    sync.Mutex
	seen  map[int64]int
	want  int
	whole chan struct{} // closed when want hints were seen
}

func newTally(want int) *tally {
	return &tally{seen: map[int64]int{}, want: want, whole: make(chan struct{})}
}

func (t *tally) add(work int64) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen[work]++
	if len(t.seen) == t.want && t.seen[work] == 1 {
		close(t.whole)
	}
	return t.seen[work]
}

func everyHint(s *suite) {
	const n = 1000
	b := s.start(bus.Limits{})
	seen := newTally(n)
	for range 3 {
		s.subscribe(b, 2, func(_ context.Context, h bus.Hint) bool {
			seen.add(h.Work)
			return true
		})
	}
	hints := numbered(n)
	for i := 0; i < n; i += 100 {
		s.publish(b, hints[i:i+100]...)
	}
	next(s, seen.whole, "some hints were not delivered")
	s.publish(b)
}

func fields(s *suite) {
	b := s.start(bus.Limits{})
	got := make(chan bus.Hint, 4)
	s.subscribe(b, 1, func(_ context.Context, h bus.Hint) bool {
		got <- h
		return true
	})
	for _, want := range []bus.Hint{
		{Work: 1<<62 + 1, Connection: 9007199254740993, Priority: 5},
		{Work: 2, Priority: -1},
		{Work: 3, Connection: -4, Priority: 99},
	} {
		s.publish(b, want)
		if h := next(s, got, "a hint was not delivered"); h != want {
			s.Errorf("got %+v, want %+v", h, want)
		}
	}
}

func redelivery(s *suite) {
	b := s.start(bus.Limits{})
	handled := newTally(20)
	tries := newTally(20)
	s.subscribe(b, 3, func(_ context.Context, h bus.Hint) bool {
		if tries.add(h.Work) < 3 {
			return false
		}
		handled.add(h.Work)
		return true
	})
	s.publish(b, numbered(20)...)
	next(s, handled.whole, "hints that were refused twice did not come a third time")
}

func leaving(s *suite) {
	b := s.start(bus.Limits{})
	held := make(chan int64, 3)
	stop := s.subscribe(b, 3, func(ctx context.Context, h bus.Hint) bool {
		held <- h.Work
		<-ctx.Done()
		return false
	})
	s.publish(b, numbered(3)...)
	for range 3 {
		next(s, held, "a hint was not delivered")
	}
	if err := stop(); err != nil {
		s.Errorf("Subscribe: %v", err)
	}
	seen := newTally(3)
	s.subscribe(b, 1, func(_ context.Context, h bus.Hint) bool {
		seen.add(h.Work)
		return true
	})
	next(s, seen.whole, "the hints of a subscriber that left were not delivered again")
}

func inFlight(s *suite) {
	const workers, n = 3, 30
	b := s.start(bus.Limits{})
	var (
		mu         sync.Mutex
		now, most  int
		gate       = make(chan struct{})
		inside     = make(chan struct{}, n)
		seen       = newTally(n)
		changeBusy = func(by int) {
			mu.Lock()
			defer mu.Unlock()
			now += by
			most = max(most, now)
		}
	)
	s.subscribe(b, workers, func(_ context.Context, h bus.Hint) bool {
		changeBusy(1)
		defer changeBusy(-1)
		inside <- struct{}{}
		<-gate
		seen.add(h.Work)
		return true
	})
	s.publish(b, numbered(n)...)
	for range workers {
		next(s, inside, "the workers do not work side by side")
	}
	for range n {
		gate <- struct{}{}
	}
	close(gate)
	next(s, seen.whole, "some hints were not delivered")
	mu.Lock()
	defer mu.Unlock()
	if most != workers {
		s.Errorf("%d handlers ran at a time, want %d", most, workers)
	}
}

func full(s *suite) {
	const capacity = 20
	b := s.start(bus.Limits{Capacity: capacity})
	if err := b.Publish(s.Context(), numbered(2*capacity)); !errors.Is(err, bus.ErrFull) {
		s.Fatalf("publishing twice as many hints as may wait: %v", err)
	}
	if err := b.Publish(s.Context(), numbered(1)); !errors.Is(err, bus.ErrFull) {
		s.Errorf("publishing one more: %v", err)
	}
	seen := newTally(capacity)
	stop := s.subscribe(b, 2, func(_ context.Context, h bus.Hint) bool {
		seen.add(h.Work)
		return true
	})
	next(s, seen.whole, "not all hints that were taken were delivered")
	if err := stop(); err != nil {
		s.Errorf("Subscribe: %v", err)
	}

	again := newTally(1)
	s.subscribe(b, 1, func(_ context.Context, h bus.Hint) bool {
		if h.Work == 1000 {
			again.add(h.Work)
		}
		return true
	})
	s.publish(b, bus.Hint{Work: 1000})
	next(s, again.whole, "a bus that was full stays full")
}

func priorities(s *suite) {
	const each = 150
	b := s.start(bus.Limits{})
	var hints []bus.Hint
	for i, priority := range []int{8, 5, 2} {
		for k := range each {
			hints = append(hints, bus.Hint{Work: int64(i*each + k + 1), Priority: priority})
		}
	}
	s.publish(b, hints...)
	var (
		mu    sync.Mutex
		order []int
		seen  = newTally(len(hints))
	)
	s.subscribe(b, 1, func(_ context.Context, h bus.Hint) bool {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, h.Priority)
		seen.add(h.Work)
		return true
	})
	next(s, seen.whole, "some hints were not delivered")
	mu.Lock()
	defer mu.Unlock()
	count := func(n int) map[int]int {
		of := map[int]int{}
		for _, p := range order[:n] {
			of[p]++
		}
		return of
	}
	if first := count(each); first[2] <= first[5] || first[2] <= first[8] {
		s.Errorf("the first third of the hints had the priorities %v", first)
	}
	if most := count(2 * each); most[8] == 0 {
		s.Errorf("two thirds of the hints had the priorities %v", most)
	}
}

func publishing(s *suite) {
	const n = 50
	b := s.start(bus.Limits{})
	seen := newTally(n)
	s.subscribe(b, 1, func(ctx context.Context, h bus.Hint) bool {
		seen.add(h.Work)
		if h.Work < n {
			if err := b.Publish(ctx, []bus.Hint{{Work: h.Work + 1}}); err != nil {
				s.Errorf("Publish in a handler: %v", err)
			}
		}
		return true
	})
	s.publish(b, bus.Hint{Work: 1})
	next(s, seen.whole, "the chain of hints broke")
}

func closing(s *suite) {
	b := s.open(s.T, bus.Limits{Retry: time.Hour})
	refused := make(chan struct{}, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- b.Subscribe(s.Context(), 2, func(context.Context, bus.Hint) bool {
			refused <- struct{}{}
			return false
		})
	}()
	if err := b.Listen(s.Context(), "a", func(bus.Notice) {}); err != nil {
		s.Fatal(err)
	}
	s.publish(b, bus.Hint{Work: 1})
	next(s, refused, "the hint was not delivered")
	for range 2 {
		if err := b.Close(); err != nil {
			s.Fatalf("Close: %v", err)
		}
	}
	if err := s.await(ended, "Close did not end the subscription"); !errors.Is(err, bus.ErrClosed) {
		s.Errorf("Subscribe: %v", err)
	}
	for name, err := range map[string]error{
		"Publish":   b.Publish(s.Context(), numbered(1)),
		"Subscribe": b.Subscribe(s.Context(), 1, func(context.Context, bus.Hint) bool { return true }),
		"Announce":  b.Announce(s.Context(), bus.Notice{Topic: "a"}),
		"Listen":    b.Listen(s.Context(), "a", func(bus.Notice) {}),
	} {
		if !errors.Is(err, bus.ErrClosed) {
			s.Errorf("%s on a closed bus: %v", name, err)
		}
	}

	// What the sweeper does: the next bus gets the hint again.
	again := s.start(bus.Limits{})
	seen := newTally(1)
	s.subscribe(again, 1, func(_ context.Context, h bus.Hint) bool {
		seen.add(h.Work)
		return true
	})
	s.publish(again, bus.Hint{Work: 1})
	next(s, seen.whole, "the next bus does not work")
}

func closingBusy(s *suite) {
	b := s.open(s.T, bus.Limits{})
	inside := make(chan struct{}, 4)
	s.subscribe(b, 4, func(ctx context.Context, _ bus.Hint) bool {
		inside <- struct{}{}
		<-ctx.Done() // Close ends the handlers' context and waits for them
		return false
	})
	s.publish(b, numbered(200)...)
	for range 4 {
		next(s, inside, "a hint was not delivered")
	}
	closed := make(chan error, 1)
	go func() { closed <- b.Close() }()
	if err := s.await(closed, "Close did not end"); err != nil {
		s.Errorf("Close: %v", err)
	}
}

func ended(s *suite) {
	b := s.start(bus.Limits{})
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	if err := b.Publish(ctx, numbered(1)); !errors.Is(err, context.Canceled) {
		s.Errorf("Publish: %v", err)
	}
	if err := b.Announce(ctx, bus.Notice{Topic: "a"}); !errors.Is(err, context.Canceled) {
		s.Errorf("Announce: %v", err)
	}
	handled := make(chan error, 1)
	go func() {
		handled <- b.Subscribe(ctx, 1, func(context.Context, bus.Hint) bool { return true })
	}()
	if err := s.await(handled, "Subscribe did not end"); err != nil {
		s.Errorf("Subscribe: %v", err)
	}
}
