package connection

import (
	"cmp"
	"context"
	"strconv"

	"github.com/karezflow/karez/engine/turn"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/inflight"
	"github.com/karezflow/karez/server/limit"
	"github.com/karezflow/karez/server/trouble"
)

// bucketName names what counts the calls of a connection: all connections of a connector
// with the same value of the manifest's limit key share it, or else it is the connection's
// own. The value, which may be secret, does not show in the name.
func (s *Service) bucketName(connector string, of key, m *manifest.Manifest, settings []byte, secrets Secrets) string {
	value := cmp.Or(secrets[m.LimitKey], item.Of(settings).Field(m.LimitKey).Text())
	counted := "key\x00" + value
	if m.LimitKey == "" || value == "" {
		counted = "connection\x00" + strconv.FormatInt(int64(of.workspace), 10) + "\x00" + of.name
	}
	return connector + "/" + s.Seal.name(counted)
}

// limits keeps a session's calls below the vendor's limits.
type limits struct {
	connector.Session
	*trouble.Mending

	manifest *manifest.Manifest
	gate     *inflight.Gate
	bucket   *limit.Bucket
	line     *trouble.Line
}

// limited wraps a session so that it keeps the limits of its bucket, makes no calls in
// vain, and tells what it hears of both. The wrapper offers writing, probing and discovering exactly where the
// session does.
func limited(l *limits) connector.Session {
	session := l.Session
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

// Held implements deliver.Gate.
func (l *limits) Held(operation string, params []byte) *fault.Fault {
	if f := l.line.Held(); f != nil {
		return f
	}
	return l.Mending.Held(operation, params)
}

// begin waits until a call that is no write may be made: of writes whoever makes them asks
// Held before. A person who asks is not held: they want to know whether the system answers now.
func (l *limits) begin(ctx context.Context, operation string) (limit.Turn, func(), error) {
	asked := turn.Of(ctx).Flow == 0
	return l.pass(ctx, operation, func() *fault.Fault { //nolint:contextcheck // what other processes found belongs to no call
		if asked {
			return nil
		}
		asked = true // whoever may try whether the system answers is asked once
		return l.line.Held()
	})
}

// pass waits for a place among the connection's calls and for the turn of one, unless held
// says when it has a place that it is not to be made. The call is over with leave.
func (l *limits) pass(ctx context.Context, operation string, held func() *fault.Fault) (t limit.Turn, leave func(), err error) {
	leave, err = l.gate.Pass(ctx, func(ctx context.Context) error {
		if f := held(); f != nil {
			return f
		}
		var err error
		t, err = l.bucket.Pass(ctx, operation)
		return err
	})
	return t, leave, err
}

// heard tells what came of a call: whether the system answers, and whether the vendor
// asked for fewer calls.
func (l *limits) heard(ctx context.Context, turn limit.Turn, operation string, err error) {
	f := l.manifest.Classify(operation, fault.From(err))
	l.line.Heard(ctx, f)
	if f != nil && f.Class == fault.Rate {
		l.bucket.Refused(ctx, turn, f.RetryAfter, f.Code)
	}
}

// Check implements connector.Session. What certainly was not carried out and may be now, as
// a call whose timestamp taught the vendor's time, is tried once more, in its turn.
func (l *limits) Check(ctx context.Context) (connector.Health, error) {
	health, err := l.check(ctx)
	if f := fault.From(err); f != nil && f.Class == fault.Transient && f.NotApplied {
		return l.check(ctx)
	}
	return health, err
}

func (l *limits) check(ctx context.Context) (connector.Health, error) {
	turn, leave, err := l.begin(ctx, l.manifest.CheckOperation)
	if err != nil {
		return connector.Health{}, err
	}
	defer leave()
	health, err := l.Session.Check(ctx)
	l.heard(ctx, turn, l.manifest.CheckOperation, err)
	return health, err
}

// Query implements connector.Session.
func (l *limits) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	turn, leave, err := l.begin(ctx, req.Operation)
	if err != nil {
		return connector.Page{}, err
	}
	defer leave()
	page, err := l.Session.Query(ctx, req)
	l.heard(ctx, turn, req.Operation, err)
	return page, err
}

type limitedWriter struct {
	limits *limits
	writer connector.Writer
}

// Write implements connector.Writer.
func (l limitedWriter) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	turn, leave, err := l.limits.pass(ctx, batch.Operation, func() *fault.Fault { return nil })
	if err != nil {
		return connector.Answers{}, err
	}
	defer leave()
	answers, err := l.writer.Write(ctx, batch)
	l.limits.Wrote(batch.Operation, batch.Params, err)
	l.limits.heard(ctx, turn, batch.Operation, cmp.Or(err, rowRefusal(answers, l.limits.tooMany(batch.Operation))))
	return answers, err
}

// tooMany gives the refusal of a row as a rate fault, nil where it is about something else.
func (l *limits) tooMany(operation string) func(connector.Answer) error {
	return func(a connector.Answer) error {
		f := l.manifest.Classify(operation, fault.New(manifest.VendorPrefix+a.Code, "%s", a.Message))
		if f.Class != fault.Rate {
			return nil
		}
		return f
	}
}

// rowRefusal gives what the first row is refused for that the vendor was asked too often for.
func rowRefusal(answers connector.Answers, tooMany func(connector.Answer) error) error {
	for _, a := range answers.Rows {
		if a.Outcome != connector.Rejected {
			continue
		}
		if err := tooMany(a); err != nil {
			return err
		}
	}
	return nil
}

type limitedProber struct {
	limits *limits
	prober connector.Prober
}

// Probe implements connector.Prober.
func (l limitedProber) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	turn, leave, err := l.limits.begin(ctx, req.Operation)
	if err != nil {
		return nil, err
	}
	defer leave()
	found, err := l.prober.Probe(ctx, req)
	l.limits.heard(ctx, turn, req.Operation, err)
	return found, err
}

type limitedDiscoverer struct {
	limits     *limits
	discoverer connector.Discoverer
}

// Discover implements connector.Discoverer.
func (l limitedDiscoverer) Discover(ctx context.Context, operation, form string) (request, response []byte, err error) {
	turn, leave, err := l.limits.begin(ctx, operation)
	if err != nil {
		return nil, nil, err
	}
	defer leave()
	request, response, err = l.discoverer.Discover(ctx, operation, form)
	l.limits.heard(ctx, turn, operation, err)
	return request, response, err
}
