package connection

import (
	"cmp"
	"context"
	"crypto/sha256"
	"slices"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// window remembers the last calls, so that at most as many pass in any span of
// time, wherever it begins.
type window struct {
	calls int
	per   time.Duration
	// last are the moments of the last calls; the oldest is at next once there are calls of them.
	last []time.Time
	next int
}

// wait tells how long the next call has to wait.
func (w *window) wait(now time.Time) time.Duration {
	if len(w.last) < w.calls {
		return 0
	}
	return w.last[w.next].Add(w.per).Sub(now)
}

// pass remembers a call.
func (w *window) pass(now time.Time) {
	if len(w.last) < w.calls {
		w.last = append(w.last, now)
		return
	}
	w.last[w.next] = now
	w.next = (w.next + 1) % w.calls
}

// margin widens a vendor's window: its counter sees calls later than we send them.
const margin = 1.05

// quota counts the calls of everybody whom the vendor counts together.
type quota struct {
	mu sync.Mutex
	// rules are those of every session so far: versions of a connector may differ in them.
	rules   []manifest.Limit
	windows map[counted]*window
}

// counted is what one window counts; operation is "" where a rule counts all together.
type counted struct {
	rule      manifest.Limit
	operation string
}

// window gives the window of a rule. The caller holds the lock.
func (q *quota) window(rule manifest.Limit, operation string) *window {
	k := counted{rule: rule}
	if rule.PerOperation {
		k.operation = operation
	}
	if q.windows[k] == nil {
		q.windows[k] = &window{calls: rule.Calls, per: time.Duration(float64(rule.Per.Std()) * margin)}
	}
	return q.windows[k]
}

// quotaKey says who is counted together: all connections of a connector with the
// same value of the manifest's limit key, or else one connection. The value, which
// may be secret, is kept as its sum.
type quotaKey struct {
	connector  string
	value      [sha256.Size]byte
	connection key
}

// quota gives what counts the calls of a connection.
func (s *Service) quota(connector string, of key, m *manifest.Manifest, settings []byte, secrets Secrets) *quota {
	k := quotaKey{connector: connector, connection: of}
	value := cmp.Or(secrets[m.LimitKey], item.Of(settings).Field(m.LimitKey).Text())
	if m.LimitKey != "" && value != "" {
		k = quotaKey{connector: connector, value: sha256.Sum256([]byte(value))}
	}
	s.mu.Lock()
	q := s.quotas[k]
	if q == nil {
		q = &quota{windows: map[counted]*window{}}
		s.quotas[k] = q
	}
	s.mu.Unlock()
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, rule := range m.Limits {
		if !slices.Contains(q.rules, rule) {
			q.rules = append(q.rules, rule)
		}
	}
	return q
}

// limits keeps a session's calls below the vendor's limits.
type limits struct {
	connector.Session
	*troubles

	rules []manifest.Limit
	quota *quota
	clock func() time.Time
}

// limit wraps a session so that it keeps the manifest's limits, counting with all
// others of its quota, and remembers its troubles. The wrapper offers writing, probing
// and discovering exactly where the session does.
func limit(session connector.Session, rules []manifest.Limit, shared *quota, troubles *troubles) connector.Session {
	l := &limits{Session: session, troubles: troubles, rules: rules, quota: shared, clock: troubles.clock}
	writer, writes := session.(connector.Writer)
	prober, probes := session.(connector.Prober)
	discoverer, discovers := session.(connector.Discoverer)
	w, p, d := limitedWriter{l, writer}, limitedProber{l, prober}, limitedDiscoverer{l, discoverer}
	switch {
	case writes && probes && discovers:
		return struct {
			*limits
			limitedWriter
			limitedProber
			limitedDiscoverer
		}{l, w, p, d}
	case writes && probes:
		return struct {
			*limits
			limitedWriter
			limitedProber
		}{l, w, p}
	case writes && discovers:
		return struct {
			*limits
			limitedWriter
			limitedDiscoverer
		}{l, w, d}
	case probes && discovers:
		return struct {
			*limits
			limitedProber
			limitedDiscoverer
		}{l, p, d}
	case writes:
		return struct {
			*limits
			limitedWriter
		}{l, w}
	case probes:
		return struct {
			*limits
			limitedProber
		}{l, p}
	case discovers:
		return struct {
			*limits
			limitedDiscoverer
		}{l, d}
	default:
		return l
	}
}

// pass waits until every rule lets a call through, and counts it in all of them
// at that moment. A wait that is given up has counted nowhere, and its fault says that
// the call was not made and may be made later: a deadline that a turn did not come
// within says nothing about the call.
func (l *limits) pass(ctx context.Context, operation string) error {
	for {
		if ctx.Err() != nil {
			return notSent(context.Cause(ctx))
		}
		wait := l.take(operation)
		if wait <= 0 {
			return nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
		case <-timer.C:
		}
	}
}

// take counts a call if it may be made now; otherwise it tells how long to wait.
func (l *limits) take(operation string) time.Duration {
	q := l.quota
	q.mu.Lock()
	defer q.mu.Unlock()
	now := l.clock()
	var wait time.Duration
	for _, rule := range l.rules {
		wait = max(wait, q.window(rule, operation).wait(now))
	}
	if wait > 0 {
		return wait
	}
	for _, rule := range q.rules {
		q.window(rule, operation).pass(now)
	}
	return 0
}

// Check implements connector.Session.
func (l *limits) Check(ctx context.Context) (connector.Health, error) {
	if err := l.pass(ctx, ""); err != nil {
		return connector.Health{}, err
	}
	return l.Session.Check(ctx)
}

// Query implements connector.Session.
func (l *limits) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	if err := l.pass(ctx, req.Operation); err != nil {
		return connector.Page{}, err
	}
	return l.Session.Query(ctx, req)
}

type limitedWriter struct {
	limits *limits
	writer connector.Writer
}

// Write implements connector.Writer.
func (l limitedWriter) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	if err := l.limits.pass(ctx, batch.Operation); err != nil {
		return connector.Answers{}, err
	}
	answers, err := l.writer.Write(ctx, batch)
	l.limits.wrote(batch.Operation, batch.Params, err)
	return answers, err
}

type limitedProber struct {
	limits *limits
	prober connector.Prober
}

// Probe implements connector.Prober.
func (l limitedProber) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	if err := l.limits.pass(ctx, req.Operation); err != nil {
		return nil, err
	}
	return l.prober.Probe(ctx, req)
}

type limitedDiscoverer struct {
	limits     *limits
	discoverer connector.Discoverer
}

// Discover implements connector.Discoverer.
func (l limitedDiscoverer) Discover(ctx context.Context, operation, form string) (request, response []byte, err error) {
	if err := l.limits.pass(ctx, operation); err != nil {
		return nil, nil, err
	}
	return l.discoverer.Discover(ctx, operation, form)
}
