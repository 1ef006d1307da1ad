package pluginhost

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/pluginhost/internal/copies"
	"github.com/karezflow/karez/engine/pluginhost/internal/restart"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/protocol"
	"github.com/karezflow/karez/sdk/protocol/peer"
)

// plugin is one executable with at most one process that takes calls. Processes
// that were replaced and still finish theirs belong to nobody but themselves.
type plugin struct {
	host *Host
	// file is the executable's name; id and named are what it promises.
	file, id, named string
	copy            copies.Copy
	// sockets is where its processes' folders of sockets are made.
	sockets string
	stamp   copies.Stamp
	// program is what was installed; nil for a loose file.
	program *Program

	mu       sync.Mutex
	manifest *manifest.Manifest
	// broken is why these bytes cannot be a connector; fault is why the manifest
	// could not be read at failedAt.
	broken, fault *fault.Fault
	failedAt      time.Time

	current  *instance
	starting *start
	breaker  *restart.Breaker
	retired  bool
	// active and superseded say which version serves; both are false where none was chosen.
	active, superseded bool
	// running counts the processes that execute the copy.
	running int
	// isolation is what confines the process that was started last.
	isolation Isolation
}

// start is an attempt to start a process, which several callers may wait for.
type start struct {
	done chan struct{}
	err  *fault.Fault
}

// acquire gives the process, started if need be, with a call entered: the caller
// leaves it. An error means that nothing was called.
func (p *plugin) acquire(ctx context.Context) (*instance, *fault.Fault) {
	for {
		p.mu.Lock()
		if p.current != nil && p.current.enter() {
			defer p.mu.Unlock()
			return p.current, nil
		}
		s := p.starting
		if s == nil {
			if f := p.refused(); f != nil {
				p.mu.Unlock()
				return nil, f
			}
			s = &start{done: make(chan struct{})}
			p.starting = s
			p.running++
			p.host.work.Go(func() { p.start(s) }) //nolint:contextcheck // others may wait for the start when this caller gives up
		}
		p.mu.Unlock()
		select {
		case <-s.done:
		case <-ctx.Done():
			return nil, givenUp(ctx)
		}
		if s.err != nil {
			return nil, s.err
		}
	}
}

// refused says why no process may be started now. The caller holds mu.
func (p *plugin) refused() *fault.Fault {
	switch {
	case p.broken != nil:
		return p.broken
	case p.retired:
		return closedFault()
	}
	return p.paused()
}

// paused is the fault of a connector that crashed lately. The caller holds mu.
func (p *plugin) paused() *fault.Fault {
	wait := p.breaker.Wait(p.host.config.Clock())
	if wait == 0 {
		return nil
	}
	return fault.New(CodePaused, "the connector %s crashed and is started again in %s", p.id, wait.Round(time.Millisecond)).
		Hinted("its log says why").After(wait).Unapplied().Classed(fault.Transient)
}

// start starts a process for everyone who waits for s, whoever gives up meanwhile.
func (p *plugin) start(s *start) {
	began := p.host.config.Clock()
	i, f := p.launch()
	p.mu.Lock()
	if f != nil && p.manifest != nil {
		// It has started before, so the file is good.
		f = f.Classed(fault.Transient)
	}
	p.starting = nil
	s.err = f
	paused, retired := false, p.retired
	switch {
	case f != nil:
		paused = p.breaker.Crashed(p.host.config.Clock(), p.host.config.Clock().Sub(began))
	case retired:
		s.err = closedFault()
	default:
		p.current = i
	}
	p.mu.Unlock()
	close(s.done)
	switch {
	case f != nil:
		p.ended()
		p.tell(StartFailed, 0, f)
		p.tellPaused(paused)
	case retired:
		i.retire(context.Background())
	default:
		p.tell(Started, i.process.PID(), nil)
	}
}

// crashed notes that i ended, or has to be ended, without being asked to, and
// reports whether the connector is paused because of it.
func (p *plugin) crashed(i *instance) (paused bool) {
	now := p.host.config.Clock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == i {
		p.current = nil
	}
	return p.breaker.Crashed(now, now.Sub(i.began))
}

func (p *plugin) tellPaused(paused bool) {
	if !paused {
		return
	}
	p.mu.Lock()
	f := p.paused()
	p.mu.Unlock()
	p.tell(Paused, 0, f)
}

// detach stops new calls on i.
func (p *plugin) detach(i *instance) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == i {
		p.current = nil
	}
}

// retire ends the plugin: its file is gone or exchanged, or the engine stops.
func (p *plugin) retire(ctx context.Context) {
	p.mu.Lock()
	i := p.current
	p.current, p.retired = nil, true
	idle := p.running == 0
	p.mu.Unlock()
	switch {
	case i != nil:
		i.retire(ctx)
	case idle:
		p.copy.Drop()
	}
}

// ended notes that a process of this plugin is gone; the last one of a retired
// plugin takes the copy with it.
func (p *plugin) ended() {
	p.mu.Lock()
	p.running--
	last := p.retired && p.running == 0
	p.mu.Unlock()
	if last {
		p.copy.Drop()
	}
}

func (p *plugin) tell(kind EventKind, pid int, reason *fault.Fault) {
	p.mu.Lock()
	version := p.version()
	p.mu.Unlock()
	p.host.tell(Event{Kind: kind, Connector: p.id, Version: version, PID: pid, Reason: reason})
}

// version is the manifest's, or the one in the file's name. The caller holds mu.
func (p *plugin) version() string {
	if p.manifest != nil {
		return p.manifest.Version
	}
	return p.named
}

// describe reads the manifest, from a process if it is not known yet, and gives
// why it cannot be read.
func (p *plugin) describe(ctx context.Context) *fault.Fault {
	if p.known() != nil {
		return nil
	}
	i, f := p.acquire(ctx)
	if f != nil {
		if ctx.Err() == nil {
			p.failed(f)
		}
		return f
	}
	f = p.read(i.process.Connector.Manifest()) //nolint:contextcheck // what is replaced ends by itself
	i.leave()
	if f != nil {
		p.rest(ctx)
	}
	return f
}

// failed keeps why the manifest cannot be read now.
func (p *plugin) failed(f *fault.Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.Code != CodePaused {
		p.fault, p.failedAt = f, p.host.config.Clock()
	}
	if f.Code == protocol.CodeNoHandshake || f.Code == protocol.CodeProtocolVersion {
		// Another start of the same bytes tells nothing new.
		p.broken = f
	}
}

// hopeless reports whether a look at the plugin now would only repeat a failure.
func (p *plugin) hopeless() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.broken != nil || p.fault != nil && p.host.config.Clock().Sub(p.failedAt) < p.host.config.Restart.Pause
}

// read keeps the manifest if it belongs to this file.
func (p *plugin) read(yaml []byte) *fault.Fault {
	m, err := manifest.Parse(yaml)
	var f *fault.Fault
	switch {
	case err != nil:
		f = fault.From(err).Unapplied()
	case m.ID != p.id || p.named != "" && m.Version != p.named:
		f = fault.New(CodeIdentity, "the file %s holds the connector %s of version %s", p.file, m.ID, m.Version).
			Hinted("name the file %s or %s@%s", m.ID, m.ID, m.Version).Unapplied().Classed(fault.Config)
	case !p.promised(yaml):
		f = fault.New(CodeManifest, "the program of %s describes itself otherwise than its package does", p.file).
			Hinted("ask its publisher for a package that was made of one build").Unapplied().Classed(fault.Config)
	case m.Hosts == nil && p.host.config.Confinement == Required:
		f = undeclared(p.id)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if f != nil {
		p.broken = f
		return f
	}
	p.manifest, p.fault = m, nil
	if i := p.current; i != nil && !i.fits(m) {
		// It was started with another network than its connector has.
		p.current = nil
		p.host.work.Go(func() { i.retire(context.Background()) })
	}
	return nil
}

// rest ends the process if nothing uses it: it was started for its manifest only.
func (p *plugin) rest(ctx context.Context) {
	p.mu.Lock()
	i := p.current
	p.mu.Unlock()
	if i != nil && i.unused() {
		i.retire(context.WithoutCancel(ctx))
	}
}

// installed is what List shows.
func (p *plugin) installed() Installed {
	p.mu.Lock()
	defer p.mu.Unlock()
	in := Installed{ID: p.id, Version: p.version(), Manifest: p.manifest, Fault: p.fault, SHA256: p.copy.Sum, Packaged: p.program != nil, Active: p.active, Isolation: p.isolation}
	if p.broken != nil {
		in.Fault = p.broken
	} else if in.Fault == nil {
		in.Fault = p.paused()
	}
	return in
}

// known gives the manifest, or nil.
func (p *plugin) known() *manifest.Manifest {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.manifest
}

// givenUp is the fault of a caller who did not wait for a process.
func givenUp(ctx context.Context) *fault.Fault {
	code := peer.CodeCancelled
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		code = peer.CodeTimeout
	}
	return fault.New(code, "the call was given up before the connector was ready").
		Because(ctx.Err()).Unapplied().Classed(fault.Transient)
}
