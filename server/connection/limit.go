package connection

import (
	"context"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/manifest"
)

// window lets at most calls through in any span of time, however short its edges.
type window struct {
	calls int
	per   time.Duration
	clock func() time.Time

	mu   sync.Mutex
	last []time.Time
	next int
}

// pass waits until a call may be made.
func (w *window) pass(ctx context.Context) error {
	timer := time.NewTimer(w.reserve())
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// reserve books the next call and tells how long to wait for it.
func (w *window) reserve() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.clock()
	at := now
	if len(w.last) < w.calls {
		w.last = append(w.last, at)
		return 0
	}
	if free := w.last[w.next].Add(w.per); free.After(at) {
		at = free
	}
	w.last[w.next] = at
	w.next = (w.next + 1) % w.calls
	return at.Sub(now)
}

// margin widens a vendor's window: its counter sees calls later than we send them.
const margin = 1.05

// limits keeps a session's calls below the vendor's limits.
type limits struct {
	connector.Session

	rules []manifest.Limit
	clock func() time.Time

	mu      sync.Mutex
	windows map[limitKey]*window
}

type limitKey struct {
	rule      int
	operation string
}

// limit wraps a session so that it keeps the manifest's limits. The wrapper
// offers writing and probing exactly where the session does.
func limit(session connector.Session, rules []manifest.Limit, clock func() time.Time) connector.Session {
	if len(rules) == 0 {
		return session
	}
	l := &limits{Session: session, rules: rules, clock: clock, windows: map[limitKey]*window{}}
	writer, writes := session.(connector.Writer)
	prober, probes := session.(connector.Prober)
	switch {
	case writes && probes:
		return struct {
			*limits
			limitedWriter
			limitedProber
		}{l, limitedWriter{l, writer}, limitedProber{l, prober}}
	case writes:
		return struct {
			*limits
			limitedWriter
		}{l, limitedWriter{l, writer}}
	default:
		return l
	}
}

func (l *limits) pass(ctx context.Context, operation string) error {
	for no, rule := range l.rules {
		key := limitKey{rule: no}
		if rule.PerOperation {
			key.operation = operation
		}
		l.mu.Lock()
		w := l.windows[key]
		if w == nil {
			w = &window{calls: rule.Calls, per: time.Duration(float64(rule.Per.Std()) * margin), clock: l.clock}
			l.windows[key] = w
		}
		l.mu.Unlock()
		if err := w.pass(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (l *limits) Check(ctx context.Context) (connector.Health, error) {
	if err := l.pass(ctx, ""); err != nil {
		return connector.Health{}, err
	}
	return l.Session.Check(ctx)
}

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

func (l limitedWriter) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	if err := l.limits.pass(ctx, batch.Operation); err != nil {
		return connector.Answers{}, notSent(err)
	}
	return l.writer.Write(ctx, batch)
}

type limitedProber struct {
	limits *limits
	prober connector.Prober
}

func (l limitedProber) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	if err := l.limits.pass(ctx, req.Operation); err != nil {
		return nil, err
	}
	return l.prober.Probe(ctx, req)
}
