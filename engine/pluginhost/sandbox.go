package pluginhost

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/karezflow/karez/engine/pluginhost/internal/confined"
	"github.com/karezflow/karez/engine/pluginhost/internal/console"
	"github.com/karezflow/karez/sdk/fault"
)

// Sandbox is a connector's executable that simulates its vendor.
type Sandbox struct {
	// URL is where the simulation answers, on loopback.
	URL string

	child *confined.Child
	ended chan struct{}
}

// Sandbox starts the simulation that a connector ships on addr ("127.0.0.1:0" takes
// any port), with its clock at now; a zero now is the real time. version is that of
// Session. It runs until Stop or Close, and ends with the engine; it is not started
// again when it ends by itself.
func (h *Host) Sandbox(ctx context.Context, connectorID, version, addr string, now time.Time) (*Sandbox, error) {
	if ctx.Err() != nil {
		return nil, givenUp(ctx)
	}
	if f := h.scan(ctx); f != nil {
		return nil, f
	}
	p, f := h.find(ctx, connectorID, version)
	if f != nil {
		return nil, f
	}
	defer p.rest(ctx)
	args := []string{"--sandbox", addr}
	if !now.IsZero() {
		args = append(args, "--now", now.Format(time.RFC3339))
	}
	out := console.New(h.config.Log.With("connector", p.id, "sandbox", true), h.config.Clock, &console.Secrets{})
	s := &Sandbox{
		child: h.child(p, args, nil, out),
		ended: make(chan struct{}),
	}
	s.child.Attend()
	if f := h.keep(p, s, out); f != nil {
		return nil, f
	}
	if err := s.ready(ctx, h.config.Timing.Start); err != nil {
		s.Stop()
		f := fault.New(CodeSandbox, "the sandbox of %s did not start", p.id).Because(err).Unapplied().Classed(fault.Config)
		if words := out.LastWords(); words != "" {
			f = f.Hinted("its last words were: %s", words)
		}
		return nil, f
	}
	return s, nil
}

// keep starts the sandbox's process and sees to its end.
func (h *Host) keep(p *plugin, s *Sandbox, out *console.Console) *fault.Fault {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return closedFault()
	}
	p.mu.Lock()
	p.running++
	p.mu.Unlock()
	if err := s.child.Start(nil); err != nil {
		p.ended()
		return fault.Wrap(err, CodeSandbox, "the sandbox of %s cannot be executed", p.id).Unapplied().Classed(fault.Config)
	}
	h.sandboxes[s] = struct{}{}
	h.work.Go(func() {
		defer close(s.ended)
		_ = s.child.Wait()
		out.Close()
		h.mu.Lock()
		delete(h.sandboxes, s)
		h.mu.Unlock()
		p.ended()
	})
	return nil
}

// ready reads the address that the process prints when it answers.
func (s *Sandbox) ready(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer context.AfterFunc(ctx, s.kill)()
	stdout := bufio.NewReader(s.child.Stdout())
	line, err := stdout.ReadBytes('\n')
	if err != nil {
		return err
	}
	var ready struct {
		URL string `json:"url"`
	}
	if err := json.Unmarshal(line, &ready); err != nil {
		return err
	}
	s.URL = ready.URL
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	return nil
}

func (s *Sandbox) kill() { _ = s.child.Kill() }

// Ended gives a channel that closes when the sandbox has ended.
func (s *Sandbox) Ended() <-chan struct{} { return s.ended }

// Stop ends the sandbox and returns when it is gone. Stopping twice is legal.
func (s *Sandbox) Stop() {
	s.kill()
	<-s.ended
}

// environment is what every process gets. A connector keeps next to nothing and passes
// pages on, so that cleaning up as often as Go does by itself is most of its work; the
// limit holds all the same.
func (h *Host) environment() []string {
	return append([]string{"GOMEMLIMIT=" + strconv.FormatInt(h.config.Memory, 10), "GOGC=400"}, h.config.Environment...)
}
