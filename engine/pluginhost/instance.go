package pluginhost

import (
	"context"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/pluginhost/internal/console"
	"github.com/karezflow/karez/engine/pluginhost/internal/egress"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/protocol"
	"github.com/karezflow/karez/sdk/protocol/peer"
)

// instance is a process of a plugin.
type instance struct {
	plugin  *plugin
	process *protocol.Process
	output  *console.Console
	secrets *console.Secrets
	// gate is its way into the network; nil where it needs none.
	gate  *egress.Gate
	began time.Time

	// look asks the watcher to examine the process soon.
	look chan struct{}

	mu sync.Mutex
	// calls run now; last is when the last one ended.
	calls int
	last  time.Time
	// leaving is set when the process takes no calls any more; dead when the
	// connection to it is broken.
	leaving, dead bool
	// quiet closes when leaving and the last call has ended.
	quiet    chan struct{}
	sessions map[connector.Session]struct{}
	// watched is set while a look is due for abandoned calls.
	watched bool
	// crash is why the process ended or is to be killed; nil when that is intended.
	crash *fault.Fault
	// paused is set when the crash was one too many.
	paused bool
}

// launch starts a process. The caller has counted it as running.
func (p *plugin) launch() (*instance, *fault.Fault) {
	config := &p.host.config
	i := &instance{
		plugin: p, secrets: &console.Secrets{}, began: config.Clock(), last: config.Clock(),
		look: make(chan struct{}, 1), quiet: make(chan struct{}), sessions: map[connector.Session]struct{}{},
	}
	i.output = console.New(config.Log.With("connector", p.id), config.Clock, i.secrets)
	if f := i.openGate(); f != nil {
		i.output.Close()
		return nil, f
	}
	child := p.host.child(p, nil, i.gate, i.output)
	ctx, cancel := p.host.untilClosed()
	defer cancel()
	process, err := protocol.Dial(ctx, protocol.Config{
		Child: child, StartTimeout: config.Timing.Start, SocketDir: p.sockets, Output: i.output.Stream("output"),
	})
	if err != nil {
		i.closeGate()
		i.output.Close()
		f := notIsolated(err)
		if words := i.output.LastWords(); words != "" && f.Hint == "" {
			f = f.Hinted("its last words were: %s", words)
		}
		return nil, f
	}
	i.process = process
	p.confinedBy(child.Report(), i.gate != nil)
	p.host.work.Go(i.watch)
	p.host.work.Go(i.guard)
	return i, nil
}

// enter counts a call, unless the process takes none any more.
func (i *instance) enter() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.leaving || i.dead || !i.process.Alive() {
		return false
	}
	i.calls++
	return true
}

// leave ends a call.
func (i *instance) leave() {
	now := i.plugin.host.config.Clock()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.calls--
	i.last = now
	if i.leaving && i.calls == 0 {
		close(i.quiet)
	}
}

// open opens a session in the process.
func (i *instance) open(ctx context.Context, account connector.Account) (connector.Session, error) {
	i.secrets.Add(account.Secrets)
	i.admit(account.Settings)
	session, err := i.process.Connector.Open(ctx, account, i.plugin.host.config.HostFor(account.ID))
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.sessions[session] = struct{}{}
	return session, nil
}

// close closes a session, in a process that lives.
func (i *instance) close(ctx context.Context, session connector.Session) error {
	i.mu.Lock()
	_, open := i.sessions[session]
	delete(i.sessions, session)
	i.mu.Unlock()
	if !open || !i.process.Alive() {
		return nil
	}
	return session.Close(ctx)
}

// unused reports whether nothing was ever opened in the process and nothing runs.
func (i *instance) unused() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.calls == 0 && len(i.sessions) == 0
}

// broke notes that the connection to the process is broken. The process is killed,
// since nobody can speak to it again; the next call starts another.
func (i *instance) broke() {
	i.fail(fault.New(peer.CodeCrashed, "the process ended during a call").Classed(fault.Transient))
	i.nudge()
}

// fail notes a crash, once, unless the process was asked to end.
func (i *instance) fail(reason *fault.Fault) {
	i.mu.Lock()
	first := !i.leaving && i.crash == nil
	i.dead = true
	if first {
		i.crash = reason
	}
	i.mu.Unlock()
	if first {
		paused := i.plugin.crashed(i)
		i.mu.Lock()
		i.paused = paused
		i.mu.Unlock()
	}
}

func (i *instance) nudge() {
	select {
	case i.look <- struct{}{}:
	default:
	}
}

// abandoned has the process examined when a call that nobody waits for any more
// should have ended.
func (i *instance) abandoned() {
	i.lookAfter(i.plugin.host.config.Timing.Overdue)
}

// lookAfter has the process examined in a while, once for all who ask meanwhile.
func (i *instance) lookAfter(wait time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.watched {
		return
	}
	i.watched = true
	time.AfterFunc(wait+wait/10, i.nudge)
}

// watch lives as long as the process.
func (i *instance) watch() {
	defer i.plugin.ended()
	ticker := time.NewTicker(i.plugin.host.config.Timing.Health)
	defer ticker.Stop()
	for {
		select {
		case <-i.process.Ended():
			i.gone()
			return
		case <-ticker.C:
			i.rest()
		case <-i.look:
		}
		i.examine()
	}
}

// gone settles a process that has ended.
func (i *instance) gone() {
	// What is held for it here is given back beside; Close waits for that too.
	i.process.Stop(context.Background())
	i.closeGate()
	i.output.Close()
	i.fail(fault.New(peer.CodeCrashed, "the process ended by itself").Classed(fault.Transient))
	i.plugin.detach(i)
	i.mu.Lock()
	crash, paused := i.crash, i.paused
	i.mu.Unlock()
	if crash == nil {
		i.plugin.tell(Stopped, i.process.PID(), nil)
		return
	}
	if words := i.output.LastWords(); words != "" {
		crash = crash.Hinted("its last words were: %s", words)
	}
	i.plugin.tell(Crashed, i.process.PID(), crash)
	i.plugin.tellPaused(paused)
}

// examine asks the process whether it lives. One that does not answer is killed:
// its calls are lost anyway. One that works on for nobody is replaced: its other
// calls may be fine.
func (i *instance) examine() {
	i.mu.Lock()
	dead := i.dead
	i.watched = false
	i.mu.Unlock()
	if dead {
		i.process.Stop(ended())
		return
	}
	timing := i.plugin.host.config.Timing
	ctx, cancel := context.WithTimeout(context.Background(), timing.Answer)
	defer cancel()
	overdue, err := i.process.Ping(ctx)
	switch {
	case err != nil && i.process.Alive():
		i.fail(fault.New(peer.CodeTimeout, "the process did not answer within %s and was killed", timing.Answer).Classed(fault.Transient))
		i.process.Stop(ended())
	case err == nil && overdue >= timing.Overdue:
		i.output.Note("the connector works on for a call that ended %s ago; its process is replaced", overdue.Round(time.Second))
		i.retire(context.Background())
	case err == nil && overdue > 0:
		// The process learned of the call's end later than this side.
		i.lookAfter(timing.Overdue - overdue)
	}
}

// rest replaces a process that nothing called for long by none.
func (i *instance) rest() {
	idle := i.plugin.host.config.Timing.Idle
	if after := i.plugin.host.config.Timing.Superseded; i.plugin.isSuperseded() && (idle == 0 || after < idle) {
		idle = after
	}
	now := i.plugin.host.config.Clock()
	i.mu.Lock()
	rested := idle > 0 && i.calls == 0 && now.Sub(i.last) >= idle
	i.mu.Unlock()
	if rested {
		i.retire(context.Background())
	}
}

// retire gives the process no new calls, lets the running ones finish for a while,
// and ends it. It returns at once; the host waits for the rest.
func (i *instance) retire(ctx context.Context) {
	i.plugin.detach(i)
	i.mu.Lock()
	if i.leaving {
		i.mu.Unlock()
		return
	}
	i.leaving = true
	if i.calls == 0 {
		close(i.quiet)
	}
	i.mu.Unlock()
	i.plugin.host.work.Go(func() {
		i.plugin.tell(Replaced, i.process.PID(), nil)
		ctx, cancel := context.WithTimeout(ctx, i.plugin.host.config.Timing.Drain)
		defer cancel()
		select {
		case <-i.quiet:
			i.closeSessions(ctx)
		case <-i.process.Ended():
		case <-ctx.Done():
		}
		i.process.Stop(ctx)
	})
}

// closeSessions lets the connector log out where it holds something at the vendor.
func (i *instance) closeSessions(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, i.plugin.host.config.Timing.Answer)
	defer cancel()
	i.mu.Lock()
	sessions := i.sessions
	i.sessions = nil
	i.mu.Unlock()
	for session := range sessions {
		_ = session.Close(ctx)
	}
}

// ended gives a context without patience.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
