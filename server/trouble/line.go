package trouble

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/fault"
)

// CodeInterrupted is the code of calls that are not made because the system does not answer.
const CodeInterrupted = "connection.interrupted"

const (
	// enough failures in a row interrupt a line.
	enough = 5
	// firstPause is the wait before one call tries whether the system answers, doubled up to mostPause.
	firstPause, mostPause = 10 * time.Second, 2 * time.Minute
	// lookEvery is how often a process looks what others found.
	lookEvery = 2 * time.Second
	storeTime = 10 * time.Second
	// long is an interruption after which documents that wait are woken: a shorter one they sleep out.
	long = 30 * time.Second
)

// Store keeps what processes share.
type Store interface {
	// Change runs change on what is stored under a name, nil at first, while nobody else does in
	// any process. now is the database's time in milliseconds. It may be run again.
	Change(ctx context.Context, name string, change func(now int64, state []byte) ([]byte, error)) error
	// State gives what is stored and the database's time.
	State(ctx context.Context, name string) (now int64, state []byte, err error)
}

// Config wires Lines.
type Config struct {
	Store Store
	Clock func() time.Time
	Log   *slog.Logger
}

// Lines are the lines to the systems of all connections. They outlive sessions.
type Lines struct {
	Config

	mu     sync.Mutex
	lines  map[string]*Line
	closed bool
	group  sync.WaitGroup
}

// NewLines makes Lines.
func NewLines(c Config) *Lines { return &Lines{Config: c, lines: map[string]*Line{}} }

// Line gives the line of a name. answers is called when the system answers again after a
// long interruption.
func (s *Lines) Line(name string, answers func(context.Context)) *Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lines[name]
	if l == nil {
		l = &Line{lines: s, name: name, answers: answers}
		s.lines[name] = l
	}
	return l
}

// Close waits for what goes on in the background.
func (s *Lines) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.group.Wait()
}

func (s *Lines) run(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.group.Go(do)
	}
}

// Line is the line to one connection's system. A nil Line never interrupts.
type Line struct {
	lines   *Lines
	name    string
	answers func(context.Context)

	mu sync.Mutex
	// failures counts those in a row; last is the latest of them.
	failures int
	last     *fault.Fault
	// since is when the line was interrupted, zero where it is not; next is when the next call tries.
	since, next time.Time
	pause       time.Duration
	// trying says that a call is out which tries whether the system answers.
	trying bool
	looked time.Time
}

// shared is an interruption as it is stored, in the database's milliseconds.
type shared struct {
	Since    int64         `json:"since,omitempty"`
	Next     int64         `json:"next,omitempty"`
	Pause    time.Duration `json:"pause,omitempty"`
	Failures int           `json:"failures,omitempty"`
	Last     *fault.Fault  `json:"last,omitempty"`
}

// Held tells why no call is to be made now, with the wait before the next look. When its
// time has come one caller may try, and the others wait for what comes of it.
func (l *Line) Held() *fault.Fault {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.lines.Clock()
	if now.Sub(l.looked) >= lookEvery {
		l.looked = now
		l.lines.run(func() { l.look(context.Background()) }) // it belongs to no call
	}
	if l.since.IsZero() {
		return nil
	}
	if wait := l.next.Sub(now); wait > 0 {
		return l.fault().After(wait)
	}
	l.next, l.trying = now.Add(l.pause), true
	return nil
}

// clear says that the system answers. The line is locked.
func (l *Line) clear() {
	l.failures, l.since, l.pause, l.trying = 0, time.Time{}, 0, false
}

func (l *Line) fault() *fault.Fault {
	return fault.New(CodeInterrupted, "the system has not answered %s calls in a row, the last with: %s", strconv.Itoa(l.failures), l.last.Message).
		Classed(fault.Transient).Unapplied().Because(l.last).
		Hinted("nothing is lost: it is tried again by itself, and what waits goes on then; look at the address, the network and the system itself")
}

// Heard notes what came of a call: nil and every refusal are answers.
func (l *Line) Heard(ctx context.Context, f *fault.Fault) {
	if l == nil || f != nil && !counts(ctx, f) && f.Class == fault.Transient {
		return
	}
	l.mu.Lock()
	if f == nil || !counts(ctx, f) {
		since := l.since
		l.clear()
		l.mu.Unlock()
		if !since.IsZero() {
			l.resumed(ctx, since)
		}
		return
	}
	defer l.mu.Unlock()
	now := l.lines.Clock()
	l.failures, l.last = l.failures+1, f
	if l.failures < enough || !l.since.IsZero() && !l.trying {
		return // calls that were under way when it was interrupted tell nothing new
	}
	l.trying = false
	if l.since.IsZero() {
		l.since = now
		l.lines.Log.WarnContext(ctx, "the system does not answer; calls wait", "line", l.name, "failures", l.failures, "error", f)
	}
	l.pause = max(min(max(2*l.pause, firstPause), mostPause), f.RetryAfter)
	l.next = now.Add(l.pause)
	state := shared{Since: int64(now.Sub(l.since)), Pause: l.pause, Failures: l.failures, Last: f}
	l.lines.run(func() { l.tell(context.WithoutCancel(ctx), state) })
}

// counts says that a call failed because the system did not answer it, and not because
// of us.
func counts(ctx context.Context, f *fault.Fault) bool {
	return f.Class == fault.Transient && f.Code != CodeInterrupted && f.Code != "connection.not_sent" && !errors.Is(ctx.Err(), context.Canceled)
}

// tell lets other processes know of an interruption. Since is how long ago it began.
func (l *Line) tell(ctx context.Context, s shared) {
	l.store(ctx, func(now int64, known *shared) {
		s.Since = now - s.Since/int64(time.Millisecond)
		if known.Since > 0 {
			s.Since = min(s.Since, known.Since)
		}
		s.Next = now + s.Pause.Milliseconds()
		*known = s
	})
}

func (l *Line) resumed(ctx context.Context, since time.Time) {
	l.lines.Log.InfoContext(ctx, "the system answers again", "line", l.name)
	ctx = context.WithoutCancel(ctx)
	away := l.lines.Clock().Sub(since)
	l.lines.run(func() {
		l.store(ctx, func(_ int64, known *shared) { *known = shared{} })
		if away >= long && l.answers != nil {
			l.answers(ctx)
		}
	})
}

func (l *Line) store(ctx context.Context, do func(now int64, known *shared)) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	err := l.lines.Store.Change(ctx, l.name, func(now int64, state []byte) ([]byte, error) {
		known := read(state)
		do(now, &known)
		return json.Marshal(known)
	})
	if err != nil {
		l.lines.Log.WarnContext(ctx, "other processes find out by themselves whether a system answers", "line", l.name, "error", err)
	}
}

func read(state []byte) shared {
	var s shared
	if len(state) > 0 && json.Unmarshal(state, &s) != nil {
		return shared{}
	}
	return s
}

// look takes over what another process found.
func (l *Line) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	clock, state, err := l.lines.Store.State(ctx, l.name)
	if err != nil {
		return // the next look may know
	}
	s := read(state)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.lines.Clock()
	here := func(t int64) time.Time { return now.Add(time.Duration(t-clock) * time.Millisecond) }
	switch {
	case s.Since == 0 && !l.since.IsZero() && now.Sub(l.since) > 2*lookEvery && now.Before(l.next):
		l.clear() // another process had an answer, or a person said so
	case s.Since > 0 && l.since.IsZero() && s.Next > clock:
		l.since, l.next, l.pause, l.failures, l.last = here(s.Since), here(s.Next), s.Pause, s.Failures, s.Last
	case s.Since > 0 && !l.since.IsZero() && here(s.Next).After(l.next):
		l.next, l.pause = here(s.Next), s.Pause
	}
}

// Interruption gives what is stored of a line under a name, nil where it is not interrupted.
func (s *Lines) Interruption(ctx context.Context, name string) (*Trouble, error) {
	clock, state, err := s.Store.State(ctx, name)
	if err != nil {
		return nil, err
	}
	known := read(state)
	if known.Since == 0 || known.Last == nil {
		return nil, nil //nolint:nilnil // no trouble is no failure
	}
	now := s.Clock()
	here := func(t int64) time.Time { return now.Add(time.Duration(t-clock) * time.Millisecond) }
	f := (&Line{failures: known.Failures, last: known.Last}).fault()
	return &Trouble{Fault: f, Since: here(known.Since), Next: here(known.Next), Failures: known.Failures}, nil
}

// Resume lets calls be made again at once, in all processes.
func (s *Lines) Resume(ctx context.Context, name string) error {
	s.mu.Lock()
	l := s.lines[name]
	s.mu.Unlock()
	if l != nil {
		l.mu.Lock()
		l.clear()
		l.mu.Unlock()
	}
	return s.Store.Change(ctx, name, func(int64, []byte) ([]byte, error) { return []byte("{}"), nil })
}
