package script

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/fault"
)

// Config says how scripts are run. Zero values stand for the defaults.
type Config struct {
	// Command is the argv that starts a worker: a program that calls RunWorker with
	// its standard input and output. There is no default.
	Command []string
	// Size is the largest number of workers at a time. Default 2.
	Size int
	// Wall is the time for one batch of at most 100 documents; one document of a
	// script without transformBatch may take half of it. Default 2 s.
	Wall time.Duration
	// Kill is when a worker that did not answer is killed. It must be more than
	// Wall. Default 3 s.
	Kill time.Duration
	// Memory is how much address space a worker may take on top of what it starts
	// with, in bytes; its heap can use nearly all of it. Default 320 MiB.
	Memory int64
	// Recycle is the number of batches after which a worker is replaced. Default 1000.
	Recycle int
	// Idle is how long a worker without work is kept. Default 1 minute.
	Idle time.Duration
	// Strikes is the number of documents of one Run that may hang or crash before
	// the rest is put off as "script.not_run". Default 5.
	Strikes int
	// Log takes the deaths of workers and what protects them. Default: nowhere.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	or := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	atLeastOne := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	atLeastOne(&c.Size, 2)
	atLeastOne(&c.Recycle, 1000)
	atLeastOne(&c.Strikes, 5)
	or(&c.Wall, 2*time.Second)
	or(&c.Kill, c.Wall*3/2)
	or(&c.Idle, time.Minute)
	if c.Memory <= 0 {
		c.Memory = 320 << 20
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Pool owns the worker processes. Its methods may be called concurrently.
type Pool struct {
	config   Config
	launcher *launcher
	slots    chan struct{} // one for each worker that may run
	closing  chan struct{}
	leaving  sync.WaitGroup
	warn     sync.Once

	mu     sync.Mutex
	idle   []*process        // the last used is the last
	busy   map[*process]bool // in a call
	closed bool
}

// NewPool makes a pool. Workers are started when they are needed.
func NewPool(config Config) *Pool {
	config = config.withDefaults()
	return &Pool{
		config:   config,
		launcher: newLauncher(),
		slots:    make(chan struct{}, config.Size),
		closing:  make(chan struct{}),
		busy:     map[*process]bool{},
	}
}

// Close kills every worker and waits until they are gone. Calls under way fail
// with "script.closed", so the engine should be drained before.
func (p *Pool) Close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	close(p.closing)
	for w := range p.busy {
		w.kill()
	}
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()

	for _, w := range idle {
		w.idle.Stop()
		p.retire(w)
	}
	for range cap(p.slots) {
		p.slots <- struct{}{}
	}
	p.leaving.Wait()
	p.launcher.close()
}

// retire lets a worker leave that is in no list any more.
func (p *Pool) retire(w *process) {
	p.leaving.Go(w.leave)
}

// acquire gives an idle worker or a new one.
func (p *Pool) acquire(ctx context.Context) (*process, error) {
	select {
	case p.slots <- struct{}{}:
	case <-p.closing:
		return nil, errClosed()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	w, err := p.take(ctx)
	if err != nil {
		<-p.slots
		return nil, err
	}
	return w, nil
}

func (p *Pool) take(ctx context.Context) (*process, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, errClosed()
	}
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.busy[w] = true
		p.mu.Unlock()
		w.idle.Stop()
		return w, nil
	}
	p.mu.Unlock()
	return p.start(ctx)
}

func (p *Pool) start(ctx context.Context) (*process, error) {
	if len(p.config.Command) == 0 {
		return nil, unavailable(errors.New("no command was configured"))
	}
	w, greeted, err := spawn(ctx, p.launcher, p.config.Command, hello{memory: p.config.Memory, kill: p.config.Kill})
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, unavailable(err)
	}
	if len(greeted.missing) > 0 {
		p.warn.Do(func() {
			p.config.Log.WarnContext(ctx, "script workers run without some protections", "missing", greeted.missing)
		})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		p.retire(w)
		return nil, errClosed()
	}
	p.busy[w] = true
	return w, nil
}

// release takes back a worker that answered.
func (p *Pool) release(w *process) {
	defer func() { <-p.slots }()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.busy, w)
	if p.closed || w.calls >= p.config.Recycle {
		p.retire(w)
		return
	}
	w.idle = time.AfterFunc(p.config.Idle, func() { p.expire(w) })
	p.idle = append(p.idle, w)
}

func (p *Pool) expire(w *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at := slices.Index(p.idle, w); at >= 0 {
		p.idle = slices.Delete(p.idle, at, at+1)
		p.retire(w)
	}
}

// bury takes back the slot of a worker that died in a call.
func (p *Pool) bury(ctx context.Context, w *process, d death) {
	p.mu.Lock()
	delete(p.busy, w)
	closed := p.closed
	p.mu.Unlock()
	if !closed && ctx.Err() == nil {
		p.config.Log.WarnContext(ctx, "a script worker died", "late", d.late, "state", d.state, "error", firstLine(d.words), "calls", w.calls)
	}
	<-p.slots
}

// call sends a request to a worker. dead is not nil when the worker died of it;
// err means that the request could not be tried.
func (p *Pool) call(ctx context.Context, req request, source string) (answer reply, dead *death, err error) {
	w, err := p.acquire(ctx)
	if err != nil {
		return reply{}, nil, err
	}
	w.calls++
	for range 2 {
		if !w.known[req.hash] {
			req.source = source
		}
		w.frame = req.frame(w.frame)
		gone, failed := w.exchange(ctx, p.config.Kill, w.frame, func(in fields) (err error) {
			answer, err = readReply(in)
			return err
		})
		if failed != nil {
			p.bury(ctx, w, gone)
			return reply{}, &gone, p.aborted(ctx)
		}
		// A worker forgets its scripts when they are too many.
		if w.known[req.hash] = answer.status != unknown; answer.status != unknown {
			break
		}
	}
	p.release(w)
	return answer, nil, nil
}

// aborted tells a death that nobody's script is to blame for.
func (p *Pool) aborted(ctx context.Context) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return errClosed()
	}
	return nil
}

func errClosed() error {
	return fault.New("script.closed", "scripts are not run any more because the program is stopping").Classed(fault.Transient)
}

func unavailable(err error) error {
	return fault.Wrap(err, "script.worker_unavailable", "a script worker could not be started").Classed(fault.Transient)
}
