// Package connectortest is the conformance suite of connectors: what the engine
// relies on, tried out against the connector and its vendor's sandbox. A connector
// that passes may be shipped; its author runs it in an ordinary test, in process or
// over a real process that protocol.Dial started.
//
// It may import the standard library, go-cmp, goleak and the sdk besides
// sdk/protocol. Nothing that runs in production imports it.
package connectortest

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/manifest"
)

// Harness is a connector under test and its vendor.
type Harness struct {
	// Manifest is the connector's, as YAML. Required.
	Manifest []byte
	// Open opens a session with credentials that the vendor accepts; the suite
	// closes it. Everything else it starts is ended by t's cleanup. Required.
	Open func(t *testing.T) connector.Session
	// OpenBad opens one with credentials that the vendor refuses. Required.
	OpenBad func(t *testing.T) connector.Session
	// Secrets are the secrets in all these credentials, and whatever the vendor
	// gives for them. None may show in an error, a log line or a trace.
	Secrets []string
	// Host is the one that Open and OpenBad hand to the sessions, if they use this
	// package's; then its lines and traces are searched for secrets.
	Host *Host

	// Queries are tried one by one. At least one is required where the manifest
	// declares a query.
	Queries []Query
	// Writes are tried one by one. At least one is required where the manifest
	// declares a write.
	Writes []Write

	// Stall makes the vendor hold its answers until t's cleanup. What it gives
	// receives a value when a call is held. Without it only calls that were
	// cancelled before they began are tried.
	Stall func(t *testing.T) <-chan struct{}
	// Wait lets time pass at the vendor: a sandbox with a clock of its own moves
	// it. It sleeps by default.
	Wait func(d time.Duration)
	// Prompt is how long a cancelled call may take to end. 2 s by default.
	Prompt time.Duration
	// Leaks are goroutines that are not the connector's. None by default.
	Leaks []goleak.Option
}

// Query is a query operation whose matching rows stay the same during the test.
type Query struct {
	// Name tells queries of one operation apart; the operation's name by default.
	Name      string
	Operation string
	// Params gives the request's parameters for a page, page parameters included.
	Params func(page connector.PageRef) []byte
	// Size is the page size to ask for, and Rows how many rows match. There should
	// be more rows than fit on two pages.
	Size, Rows int
	// Malformed are parameters that the vendor, or the connector, refuses. Nil where
	// there are none such.
	Malformed []byte
}

func (q *Query) name() string {
	if q.Name != "" {
		return q.Name
	}
	return q.Operation
}

// Write is a write operation in one mode.
type Write struct {
	// Name tells writes of one operation apart; operation and mode by default.
	Name      string
	Operation string
	// Form is the value of the operation's form parameter, where it has one.
	Form string
	// Mode is connector.Create by default.
	Mode connector.Mode
	// Params are the request's parameters besides the rows.
	Params []byte
	// Row makes the n-th row and its target key, for any n from 0. Another n is
	// another object that the vendor accepts.
	Row func(n int) (row []byte, key string)
	// BadRow makes one that the vendor refuses. Nil where there are none such.
	BadRow func(n int) (row []byte, key string)
	// LoseAnswer makes the vendor carry out the next write and lose the answer. Nil
	// leaves out the trial of the declared class, which fails the suite where the
	// manifest promises more than class D.
	LoseAnswer func(t *testing.T)
	// Count tells, past the connector, how many objects with this key the vendor
	// holds. Nil where nothing can tell.
	Count func(t *testing.T, key string) int
}

func (w *Write) name() string {
	if w.Name != "" {
		return w.Name
	}
	return w.Operation + " " + string(w.mode())
}

func (w *Write) mode() connector.Mode {
	if w.Mode == "" {
		return connector.Create
	}
	return w.Mode
}

// Exercise runs every behaviour that the engine relies on as a subtest, one after
// the other. The test that calls it must not be parallel: goroutines of others
// would be taken for leaks.
func Exercise(t *testing.T, h Harness) {
	t.Helper()
	m, err := manifest.Parse(h.Manifest)
	t.Run("manifest parses", func(t *testing.T) {
		if err != nil {
			t.Errorf("the manifest cannot be used: %v", err)
		}
	})
	if err != nil {
		return
	}
	x := &exam{Harness: h, manifest: m}
	x.defaults()
	list := append([]behaviour{{"every kind of operation is tried", x.coverage}}, x.ofSessions()...)
	for i := range h.Queries {
		list = append(list, x.ofQuery(&h.Queries[i])...)
	}
	for i := range h.Writes {
		list = append(list, x.ofWrite(&h.Writes[i])...)
	}
	list = append(list, behaviour{"no secret in log or trace", x.quiet}, behaviour{"no goroutine is left", x.leaks})
	for _, b := range list {
		t.Run(b.name, b.check)
	}
}

// behaviour is one thing that the engine relies on; check reports what the
// connector does otherwise.
type behaviour struct {
	name  string
	check func(t *testing.T)
}

// exam is the harness with what the behaviours share.
type exam struct {
	Harness
	manifest *manifest.Manifest
	// rows counts the rows made so far, so that each is another object.
	rows int
}

func (x *exam) defaults() {
	if x.Wait == nil {
		x.Wait = time.Sleep
	}
	if x.Prompt <= 0 {
		x.Prompt = 2 * time.Second
	}
}

// open gives a session that is closed at the end of the behaviour.
func (x *exam) open(t *testing.T) connector.Session {
	t.Helper()
	s := x.Open(t)
	t.Cleanup(func() { _ = s.Close(context.WithoutCancel(t.Context())) })
	return s
}

// coverage asks for a trial of what the manifest declares.
func (x *exam) coverage(t *testing.T) {
	t.Helper()
	tried := map[manifest.OperationKind]bool{manifest.Query: len(x.Queries) > 0, manifest.Write: len(x.Writes) > 0}
	for i := range x.manifest.Operations {
		o := &x.manifest.Operations[i]
		if done, wanted := tried[o.Kind]; wanted && !done {
			t.Errorf("the manifest declares operations such as %s, and the harness tries none of kind %s", o.Name, o.Kind)
			tried[o.Kind] = true
		}
	}
	for _, q := range x.Queries {
		x.declared(t, q.Operation, manifest.Query)
	}
	for _, w := range x.Writes {
		if x.declared(t, w.Operation, manifest.Write) && x.modeOf(&w) == nil {
			t.Errorf("the manifest does not offer %s in mode %s", w.Operation, w.mode())
		}
	}
}

func (x *exam) declared(t *testing.T, operation string, kind manifest.OperationKind) bool {
	t.Helper()
	o, ok := x.manifest.Operation(operation)
	if !ok || o.Kind != kind {
		t.Errorf("the harness tries %s, which the manifest does not declare with kind %s", operation, kind)
		return false
	}
	return true
}

// modeOf gives the declared behaviour of a write, or nil.
func (x *exam) modeOf(w *Write) *manifest.Mode {
	o, ok := x.manifest.Operation(w.Operation)
	if !ok || o.Kind != manifest.Write {
		return nil
	}
	if w.Form != "" {
		o = o.For(w.Form)
	}
	if w.mode() == connector.Update {
		return o.Writing.Update
	}
	return o.Writing.Create
}

// leaks tries a session from its opening to its end.
func (x *exam) leaks(t *testing.T) {
	t.Helper()
	ignored := append([]goleak.Option{goleak.IgnoreCurrent()}, x.Leaks...)
	t.Run("session", func(t *testing.T) {
		s := x.Open(t)
		if _, err := s.Check(t.Context()); err != nil {
			t.Errorf("Check: %v", x.fault(t, err))
		}
		for i := range x.Queries {
			if _, err := x.page(t, s, &x.Queries[i], x.firstPage(&x.Queries[i])); err != nil {
				t.Errorf("Query: %v", err)
			}
		}
		if err := s.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", x.fault(t, err))
		}
	})
	if err := goleak.Find(ignored...); err != nil {
		t.Errorf("goroutines are left after Close: %v", err)
	}
}
