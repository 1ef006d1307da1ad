package connection

import (
	"context"
	"strconv"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/inflight"
	"github.com/karezflow/karez/server/trouble"
)

// opened is a session, or one that somebody is opening.
type opened struct {
	id       ledger.ID
	revision int64
	// ready is closed when the rest is set; Service.mu guards it before.
	ready   chan struct{}
	session connector.Session
	// connector, asks and version say which connector serves it, for which version the
	// connection asks, and which it is.
	connector, asks, version string
	err                      error
	// abandoned says that whoever was opening gave up: the failure is theirs alone.
	abandoned bool
}

// Open gives the session of a connection, opening it at first use and after a
// change. Of several callers one opens and the others wait for it; callers of
// other connections don't.
func (s *Service) Open(ctx context.Context, workspace ledger.ID, name string) (ledger.ID, connector.Session, error) {
	k := key{workspace, name}
	for {
		c, err := s.find(ctx, workspace, name)
		if err != nil {
			return 0, nil, err
		}
		o, mine, err := s.claim(k, c)
		if err != nil {
			return c.ID, nil, err
		}
		if mine {
			s.start(ctx, k, o, c)
		}
		if err := o.wait(ctx, mine); err != nil {
			return c.ID, nil, err
		}
		if o.err == nil {
			return o.id, o.session, nil
		}
		if mine || !o.abandoned {
			return c.ID, nil, o.err
		}
	}
}

// wait waits for the session. Whoever opened it themselves has it.
func (o *opened) wait(ctx context.Context, mine bool) error {
	if mine {
		return nil
	}
	select {
	case <-o.ready:
		return nil
	case <-ctx.Done():
		return fault.New("connection.not_opened", "the call was given up while the connection was being opened").
			Classed(fault.Transient).Unapplied().Because(context.Cause(ctx))
	}
}

// claim gives the session of a connection as it is now, or one that the caller has to open.
func (s *Service) claim(k key, c Connection) (o *opened, mine bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, false, closed()
	}
	// A caller who read the connection before a change takes the newer session.
	if o := s.open[k]; o != nil && o.id == c.ID && o.revision >= c.Revision {
		return o, false, nil
	}
	s.retire(k)
	o = &opened{id: c.ID, revision: c.Revision, ready: make(chan struct{}), connector: c.Connector, asks: c.Version}
	s.open[k] = o
	return o, true, nil
}

// start opens a session. It holds no lock while the plugin starts.
func (s *Service) start(ctx context.Context, k key, o *opened, c Connection) {
	defer close(o.ready)
	session, version, err := s.session(ctx, c)
	s.mu.Lock()
	o.version = version
	o.session, o.err, o.abandoned = session, err, err != nil && ctx.Err() != nil
	shut := err == nil && s.closed
	switch {
	case err != nil && s.open[k] == o:
		delete(s.open, k)
	case err == nil && s.open[k] != o && !shut: // changed meanwhile
		s.replaced = append(s.replaced, session)
	}
	if shut {
		o.session, o.err = nil, closed()
	}
	s.mu.Unlock()
	if shut {
		_ = session.Close(context.WithoutCancel(ctx)) // the service's end is told already
	}
}

func closed() error {
	return fault.New("connection.closed", "the connections are closed").Classed(fault.Internal).Unapplied()
}

// session asks the plugin for a session of a connection, and gives its version.
func (s *Service) session(ctx context.Context, c Connection) (opened connector.Session, version string, err error) {
	m, err := s.Plugins.Manifest(ctx, c.Connector, c.Version)
	if err != nil {
		return nil, "", err
	}
	secrets, err := s.secrets(c)
	if err != nil {
		return nil, "", err
	}
	id := ""
	if c.ID > 0 {
		id = strconv.FormatInt(int64(c.ID), 10)
	}
	settings := manifest.WithDefaults(m.Settings, c.Settings)
	session, err := s.Plugins.Session(ctx, c.Connector, c.Version, connector.Account{ID: id, Settings: settings, Secrets: secrets})
	if err != nil {
		return nil, "", err
	}
	return limited(&limits{
		Session: session, Mending: trouble.NewMending(m, s.Clock, s.Log.With("connection", c.Name)), manifest: m,
		gate:   s.gate(c, m),
		bucket: s.Limits.Bucket(s.bucketName(c.Connector, key{c.Workspace, c.Name}, m, settings, secrets), m.Limits),
		line:   s.line(c),
	}), m.Version, nil
}

// Renew lets connections that another version of their connector serves now be opened
// anew by whoever asks next. Calls under way go on with the version that they began with.
func (s *Service) Renew(ctx context.Context) {
	s.mu.Lock()
	sessions := map[key]opened{}
	for k, o := range s.open {
		if o.session != nil {
			sessions[k] = *o
		}
	}
	s.mu.Unlock()
	for k, o := range sessions {
		// A connector that is gone is told by the next call.
		m, err := s.Plugins.Manifest(ctx, o.connector, o.asks)
		if err == nil && m.Version == o.version {
			continue
		}
		s.mu.Lock()
		if now := s.open[k]; now != nil && now.session == o.session {
			s.retire(k)
		}
		s.mu.Unlock()
	}
}

// gate gives what bounds the calls of a connection that are under way. One that is not
// stored makes one call, for the person who tries it.
func (s *Service) gate(c Connection, m *manifest.Manifest) *inflight.Gate {
	if c.ID == 0 {
		return nil
	}
	return s.gates.Gate(strconv.FormatInt(int64(c.ID), 10), m.Concurrency)
}

// retire takes a session out of use; calls may still use it. The caller holds the lock.
func (s *Service) retire(k key) {
	if o := s.open[k]; o != nil && o.session != nil {
		s.replaced = append(s.replaced, o.session)
	}
	delete(s.open, k)
}

// forget lets the next call see a connection as it is stored now.
func (s *Service) forget(k key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.given, k)
	s.retire(k)
}

// Close closes every session and gives the first error. Nothing can be opened afterwards.
func (s *Service) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	sessions := s.replaced
	for _, o := range s.open {
		if o.session != nil {
			sessions = append(sessions, o.session)
		}
	}
	s.replaced = nil
	clear(s.open)
	s.mu.Unlock()
	var first error
	for _, session := range sessions {
		if err := session.Close(ctx); err != nil && first == nil {
			first = err
		}
	}
	return first
}
