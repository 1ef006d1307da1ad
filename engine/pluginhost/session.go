package pluginhost

import (
	"context"
	"sync"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/protocol/peer"
)

// Session opens a connection's session in the process of a connector, which is
// started if need be. version is exact or a beginning ("1.2" is the newest 1.2.x,
// "" the newest of all); the folder is looked at anew.
//
// The session survives its process: after a crash, an exchange of the file or an idle
// stop the next call opens it again. It stays with the version that it began with while
// that is installed, whatever is installed or made active beside. It implements those of Writer, Prober and Discoverer
// that the connector's session implements. The class of a fault that has none is
// set by the manifest's rules. A call that could not be made because no process
// serves the connector is marked Unapplied and Transient, whatever the reason: it was
// served before, and nothing is wrong with what was to be sent. One that met the end of
// its process is "connector.crashed", Transient and not Unapplied.
func (h *Host) Session(ctx context.Context, connectorID, version string, account connector.Account) (connector.Session, error) {
	if f := h.scan(ctx); f != nil {
		return nil, f
	}
	s := &session{host: h, id: connectorID, version: version, account: account, opening: make(chan struct{}, 1)}
	use, f := s.use(ctx)
	if f != nil {
		return nil, f
	}
	defer use.instance.leave()
	return peer.Narrow(s, peer.Capabilities(use.session)), nil
}

// session is a connection's session in whatever process serves the connector.
type session struct {
	host        *Host
	id, version string
	account     connector.Account
	// opening holds a token while one caller opens the session.
	opening chan struct{}

	mu     sync.Mutex
	now    *opened
	closed bool
	// exact is the version that served first, "" before.
	exact string
}

// opened is the session in one process.
type opened struct {
	instance *instance
	session  connector.Session
	manifest *manifest.Manifest
}

// use gives the session in a live process, with a call entered there: the caller
// leaves it.
func (s *session) use(ctx context.Context) (*opened, *fault.Fault) {
	p, f := s.find(ctx)
	if f != nil {
		return nil, f
	}
	i, f := p.acquire(ctx)
	if f != nil {
		return nil, f
	}
	select {
	case s.opening <- struct{}{}:
		defer func() { <-s.opening }()
	case <-ctx.Done():
		i.leave()
		return nil, givenUp(ctx)
	}
	s.mu.Lock()
	now, closed := s.now, s.closed
	s.mu.Unlock()
	if closed {
		i.leave()
		return nil, fault.New(CodeClosed, "the session is closed").Unapplied().Classed(fault.Internal)
	}
	if now != nil && now.instance == i {
		return now, nil
	}
	session, err := i.open(ctx, s.account)
	if err != nil {
		f := i.settle(p.known(), "", err)
		i.leave()
		return nil, f.Unapplied()
	}
	now = &opened{instance: i, session: session, manifest: p.known()}
	s.mu.Lock()
	s.now, s.exact = now, now.manifest.Version
	s.mu.Unlock()
	return now, nil
}

// find gives the plugin that serves the session: the version that it began with for as
// long as that is installed, so that what is under way is not served by two.
func (s *session) find(ctx context.Context) (*plugin, *fault.Fault) {
	s.mu.Lock()
	exact := s.exact
	s.mu.Unlock()
	if exact != "" {
		p, f := s.host.find(ctx, s.id, exact)
		if f == nil || f.Code != CodeMissing {
			return p, f
		}
	}
	return s.host.find(ctx, s.id, s.version)
}

// settle makes of a failed call what the engine acts on.
func (i *instance) settle(m *manifest.Manifest, operation string, err error) *fault.Fault {
	f := i.secrets.Redact(fault.From(err))
	switch f.Code {
	case peer.CodeCrashed:
		i.broke()
	case peer.CodeTimeout, peer.CodeCancelled:
		i.abandoned()
	}
	return m.Classify(operation, f)
}

// call runs work on the session in a live process.
func call[R any](ctx context.Context, s *session, operation string, work func(connector.Session) (R, error)) (R, error) {
	var none R
	use, f := s.use(ctx)
	if f != nil {
		return none, unserved(f)
	}
	defer use.instance.leave()
	result, err := work(use.session)
	if err != nil {
		return none, use.instance.settle(use.manifest, operation, err)
	}
	return result, nil
}

// unserved is the fault of a call for which there is no process at present.
func unserved(f *fault.Fault) *fault.Fault {
	if f.Class == fault.Rate || f.Class == fault.Auth {
		return f.Unapplied()
	}
	return f.Unapplied().Classed(fault.Transient)
}

// Check asks the session in the live process.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	return call(ctx, s, "", func(there connector.Session) (connector.Health, error) { return there.Check(ctx) })
}

// Query asks the session in the live process.
func (s *session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	return call(ctx, s, req.Operation, func(there connector.Session) (connector.Page, error) { return there.Query(ctx, req) })
}

// Write asks the session in the live process, which may have lost the ability by an upgrade.
func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	return call(ctx, s, batch.Operation, func(there connector.Session) (connector.Answers, error) {
		writer, ok := there.(connector.Writer)
		if !ok {
			return connector.Answers{}, noLonger("Write")
		}
		return writer.Write(ctx, batch)
	})
}

// Probe asks the session in the live process, which may have lost the ability by an upgrade.
func (s *session) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	return call(ctx, s, req.Operation, func(there connector.Session) ([]connector.Found, error) {
		prober, ok := there.(connector.Prober)
		if !ok {
			return nil, noLonger("Probe")
		}
		return prober.Probe(ctx, req)
	})
}

// Discover asks the session in the live process, which may have lost the ability by an upgrade.
func (s *session) Discover(ctx context.Context, operation, form string) (request, response []byte, err error) {
	found, err := call(ctx, s, operation, func(there connector.Session) ([2][]byte, error) {
		discoverer, ok := there.(connector.Discoverer)
		if !ok {
			return [2][]byte{}, noLonger("Discover")
		}
		request, response, err := discoverer.Discover(ctx, operation, form)
		return [2][]byte{request, response}, err
	})
	return found[0], found[1], err
}

// noLonger is the fault of a connector whose new version lost an ability.
func noLonger(what string) *fault.Fault {
	return fault.New(peer.CodeUnsupported, "the installed version of the connector does not offer %s", what).Unapplied().Classed(fault.Config)
}

// Close closes the session in its process, if that still runs.
func (s *session) Close(ctx context.Context) error {
	s.mu.Lock()
	now := s.now
	s.now, s.closed = nil, true
	s.mu.Unlock()
	if now == nil {
		return nil
	}
	if err := now.instance.close(ctx, now.session); err != nil {
		return now.instance.settle(now.manifest, "", err)
	}
	return nil
}

var _ peer.Full = (*session)(nil)
