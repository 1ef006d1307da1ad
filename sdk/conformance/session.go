package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

func (x *exam) ofSessions() []behaviour {
	list := []behaviour{
		{"check accepts good credentials", x.good},
		{"check refuses bad credentials", x.bad},
		{"closing twice is legal", x.closing},
		{"an unknown operation is coded", x.unknown},
		{"a cancelled call ends", x.cancelled},
		{"calls are safe at the same time", x.together},
	}
	if x.Expire != nil {
		list = append(list, behaviour{"an expired token is renewed by one of many", x.expired})
	}
	return list
}

func (x *exam) good(t T) {
	t.Helper()
	before := time.Now() //nolint:forbidigo // only a clock that was never set is looked for
	health, err := x.open(t).Check(t.Context())
	if err != nil {
		t.Fatalf("Check: %v", x.fault(t, err))
	}
	if at := health.SourceTime; !at.IsZero() && at.Year() < 2000 {
		t.Errorf("the vendor's clock says %v at %v", at, before)
	}
	x.clean(t, "Health.Account", health.Account)
}

func (x *exam) bad(t T) {
	t.Helper()
	s := x.OpenBad(t)
	t.Cleanup(func() { _ = s.Close(context.WithoutCancel(t.Context())) })
	_, err := s.Check(t.Context())
	if err == nil {
		t.Fatal("Check accepts credentials that the vendor refuses")
	}
	f := x.manifest.Classify("", x.fault(t, err))
	if f.Class != fault.Auth && f.Class != fault.Config {
		t.Errorf("the refusal %s has the class %q, which the engine would retry; want auth or config from the connector or the manifest's rules", f.Code, f.Class)
	}
}

func (x *exam) closing(t T) {
	t.Helper()
	s := x.Open(t)
	for i := range 2 {
		if err := s.Close(t.Context()); err != nil {
			t.Errorf("Close number %d: %v", i+1, x.fault(t, err))
		}
	}
}

func (x *exam) unknown(t T) {
	t.Helper()
	const operation = "no.such.operation"
	s := x.open(t)
	_, err := s.Query(t.Context(), connector.QueryRequest{Operation: operation, Params: []byte("{}"), Page: connector.PageRef{Number: 1, Size: 1}})
	_ = x.refused(t, "Query", err)
	if w, ok := s.(connector.Writer); ok {
		_, err := w.Write(t.Context(), connector.Batch{
			Operation: operation, Mode: connector.Create, Params: []byte("{}"), Rows: []byte("[{}]"), Keys: []string{""},
		})
		if f := x.refused(t, "Write", err); f != nil && !f.NotApplied {
			t.Error("Write of an unknown operation is not marked Unapplied, so the engine takes its rows for unknown")
		}
	}
	if p, ok := s.(connector.Prober); ok {
		_, err := p.Probe(t.Context(), connector.ProbeRequest{Operation: operation, Params: []byte("{}"), Keys: []string{"k"}})
		_ = x.refused(t, "Probe", err)
	}
	if d, ok := s.(connector.Discoverer); ok {
		_, _, err := d.Discover(t.Context(), operation, "")
		_ = x.refused(t, "Discover", err)
	}
}

// refused wants a fault.
func (x *exam) refused(t T, what string, err error) *fault.Fault {
	t.Helper()
	if err == nil {
		t.Errorf("%s succeeded", what)
		return nil
	}
	return x.fault(t, err)
}

// fault looks at an error: it has to be a coded fault without a secret.
func (x *exam) fault(t T, err error) *fault.Fault {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) {
		t.Errorf("%T is not a *fault.Fault", err)
		x.clean(t, "the error", err.Error())
		return fault.From(err)
	}
	if f.Code == "" || !strings.Contains(f.Code, ".") || f.Code == "internal.unexpected" || f.Message == "" {
		t.Errorf("the fault is not coded: %q %q", f.Code, f.Message)
	}
	x.clean(t, "the fault "+f.Code, fmt.Sprintf("%s %s %s %s %v", err.Error(), f.Message, f.Path, f.Hint, f.Args))
	for cause := errors.Unwrap(error(f)); cause != nil; cause = errors.Unwrap(cause) {
		x.clean(t, "the cause of "+f.Code, cause.Error())
	}
	return f
}

// clean wants no secret in text, and does not show one itself.
func (x *exam) clean(t T, where, text string) {
	t.Helper()
	for i, secret := range x.Secrets {
		if secret != "" && strings.Contains(text, secret) {
			t.Errorf("%s shows secret number %d of the harness", where, i)
		}
	}
}

// quiet looks through what the sessions told their host in all behaviours before.
func (x *exam) quiet(t T) {
	t.Helper()
	if x.Host == nil {
		return
	}
	lines, traces := x.Host.Said()
	for _, line := range lines {
		x.clean(t, "a log line", line)
	}
	for _, e := range traces {
		x.clean(t, "the trace of "+e.Method, e.URL+" "+string(e.RequestBody)+" "+string(e.ResponseBody))
	}
}

// cancelled tries calls whose context is over, and calls that the vendor holds.
func (x *exam) cancelled(t T) {
	t.Helper()
	s := x.open(t)
	// What is held below are the calls, not a login before them, which the next call waits for.
	if _, err := s.Check(t.Context()); err != nil {
		t.Fatalf("Check: %v", x.fault(t, err))
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range x.calls(s) {
		x.prompt(t, c.name+" with a cancelled context", func() error { return c.run(over) })
	}
	if x.Stall == nil {
		return
	}
	held := x.Stall(t)
	for _, c := range x.calls(s) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.run(ctx) }()
		select {
		case <-held:
		case err := <-ended:
			cancel()
			t.Errorf("%s ended with %v though the vendor holds its answers", c.name, err)
			continue
		}
		cancel()
		x.prompt(t, c.name+" cancelled while the vendor thinks", func() error { return <-ended })
	}
}

type namedCall struct {
	name string
	run  func(context.Context) error
}

// calls are reading calls of a session.
func (x *exam) calls(s connector.Session) []namedCall {
	list := []namedCall{{"Check", func(ctx context.Context) error {
		_, err := s.Check(ctx)
		return err
	}}}
	for i := range x.Queries {
		q := &x.Queries[i]
		list = append(list, namedCall{"Query " + q.name(), func(ctx context.Context) error {
			page := x.firstPage(q)
			_, err := s.Query(ctx, connector.QueryRequest{Operation: q.Operation, Params: q.Params(page), Page: page})
			return err
		}})
	}
	return list
}

// prompt wants a coded error within the time that a cancelled call has.
func (x *exam) prompt(t T, what string, run func() error) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- run() }()
	limit := time.NewTimer(x.Prompt)
	defer limit.Stop()
	select {
	case err := <-ended:
		if f := x.refused(t, what, err); f != nil && !errors.Is(err, context.Canceled) && f.Class != "" && f.Class != fault.Transient {
			t.Errorf("%s has the class %s, want a transient fault or one that wraps the context's error", what, f.Class)
		}
	case <-limit.C:
		t.Errorf("%s has not ended after %s", what, x.Prompt)
	}
}

// together makes the same calls alone and then all at once; under the race
// detector it finds what the calls share without care.
func (x *exam) together(t T) {
	t.Helper()
	s := x.open(t)
	alone := make([][]byte, len(x.Queries))
	for i := range x.Queries {
		page, err := x.page(t, s, &x.Queries[i], x.firstPage(&x.Queries[i]))
		if err != nil {
			t.Fatalf("Query %s: %v", x.Queries[i].name(), err)
		}
		alone[i] = page.Rows
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := s.Check(t.Context()); err != nil {
				t.Errorf("Check: %v", x.fault(t, err))
			}
			for i := range x.Queries {
				page, err := x.page(t, s, &x.Queries[i], x.firstPage(&x.Queries[i]))
				if err == nil && !bytes.Equal(page.Rows, alone[i]) {
					t.Errorf("Query %s gives other rows than alone", x.Queries[i].name())
				}
			}
		})
	}
	wg.Wait()
}

// renewal is how often the state of a connection changes where its token is renewed
// once: when the lease is taken, and when the new token is stored.
const renewal = 2

// expired has many calls of two sessions meet an expired token at once. The engine makes a
// call again that failed for a reason that passes by itself.
func (x *exam) expired(t T) {
	t.Helper()
	sessions := []connector.Session{x.open(t), x.open(t)}
	for _, s := range sessions {
		if _, err := s.Check(t.Context()); err != nil {
			t.Fatalf("Check: %v", x.fault(t, err))
		}
	}
	before := x.version(t)
	x.Expire(t)
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			s := sessions[n%len(sessions)]
			_, err := s.Check(t.Context())
			if fault.ClassOf(err) == fault.Transient {
				_, err = s.Check(t.Context())
			}
			if err != nil {
				t.Errorf("Check with an expired token: %v", x.fault(t, err))
			}
		})
	}
	wg.Wait()
	if changes := x.version(t) - before; changes > renewal {
		t.Errorf("the state changed %d times for one expired token: more than one call renewed it", changes)
	}
}

// version is that of the connection's state, as far as it is known.
func (x *exam) version(t T) int64 {
	if x.Host == nil {
		return 0
	}
	now, err := x.Host.Get(t.Context())
	if err != nil {
		t.Errorf("the state: %v", err)
	}
	return now.Version
}
