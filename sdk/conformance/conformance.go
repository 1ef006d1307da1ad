// Package conformance is what the engine relies on in a connector, tried out against the
// connector and its vendor's sandbox, behaviour by behaviour. An author runs it in an
// ordinary test with connectortest, or from outside with `karez plugin test`, whatever
// language the connector is written in.
//
// It may import the standard library and the sdk besides sdk/protocol.
package conformance

import (
	"context"
	"slices"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
)

// Harness is a connector under test and its vendor.
type Harness struct {
	// Manifest is the connector's, as YAML, or Declared the same once it was read. Required.
	Manifest []byte
	Declared *manifest.Manifest
	// Open opens a session with credentials that the vendor accepts; the suite
	// closes it. Everything else it starts is ended by t's cleanup. Required.
	Open func(t T) connector.Session
	// OpenBad opens one with credentials that the vendor refuses. Required.
	OpenBad func(t T) connector.Session
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
	Stall func(t T) <-chan struct{}
	// Expire has the vendor forget the tokens that it gave. Nil where it gives none.
	Expire func(t T)
	// Wait lets time pass at the vendor: a sandbox with a clock of its own moves
	// it. It sleeps by default.
	Wait func(d time.Duration)
	// Prompt is how long a cancelled call may take to end. 2 s by default.
	Prompt time.Duration
	// Leaks, called before a session is opened, gives what tells after its end what is left of it.
	// Nil where nothing can tell.
	Leaks func() (left func() error)
	// Nodes are those that the plugin brings, and Code is their code.
	Nodes []Transform
	Code  func(t T) node.Code
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
	// Range is given for queries that select by time.
	Range *Range
	// Shift changes a matching row at the vendor, for good. Nil where nothing can.
	Shift func(t T)
}

func (q *Query) name() string {
	if q.Name != "" {
		return q.Name
	}
	return q.Operation
}

// Write is a write operation in one mode, or an action in its mode update.
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
	LoseAnswer func(t T)
	// Count tells, past the connector, how many objects with this key the vendor
	// holds. Nil where nothing can tell.
	Count func(t T, key string) int
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

// T is where a behaviour reports, a *testing.T for example. Fatal and Fatalf end the
// behaviour.
type T interface {
	Helper()
	Context() context.Context
	Cleanup(end func())
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// Exercise has every behaviour that the engine relies on tried by run, one after the other.
func Exercise(h Harness, run func(name string, check func(t T))) {
	m, err := h.Declared, error(nil)
	if m == nil {
		m, err = manifest.Parse(h.Manifest)
	}
	run("manifest parses", func(t T) {
		if err != nil {
			t.Errorf("the manifest cannot be used: %v", err)
		}
	})
	if err != nil {
		return
	}
	x := &exam{Harness: h, manifest: m}
	x.defaults()
	if len(m.Nodes) > 0 {
		run("every node is tried", x.nodes)
		run("what the examples of nodes show is so", x.examples)
		for i := range h.Nodes {
			for _, b := range x.ofNode(&h.Nodes[i]) {
				run(b.name, b.check)
			}
		}
	}
	if m.NodesOnly() {
		return
	}
	list := append([]behaviour{{"every kind of operation is tried", x.coverage}}, x.ofSessions()...)
	for i := range h.Queries {
		list = append(list, x.ofQuery(&h.Queries[i])...)
	}
	for i := range h.Writes {
		list = append(list, x.ofWrite(&h.Writes[i])...)
	}
	list = append(list, behaviour{"no secret in log or trace", x.quiet})
	if h.Leaks != nil {
		list = append(list, behaviour{"nothing is left of a session", x.leaks})
	}
	for _, b := range list {
		run(b.name, b.check)
	}
}

// behaviour is one thing that the engine relies on; check reports what the
// connector does otherwise.
type behaviour struct {
	name  string
	check func(t T)
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

// open gives a session that is closed at the end of the behaviour. Its first call may teach it
// something, the vendor's time for example, and fail for that: the engine makes it again.
func (x *exam) open(t T) connector.Session {
	t.Helper()
	s := x.Open(t)
	_, _ = s.Check(t.Context())
	t.Cleanup(func() { _ = s.Close(context.WithoutCancel(t.Context())) })
	return s
}

// coverage asks for a trial of what the manifest declares.
func (x *exam) coverage(t T) {
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
		if x.declared(t, w.Operation, manifest.Write, manifest.Action) && x.modeOf(&w) == nil {
			t.Errorf("the manifest does not offer %s in mode %s", w.Operation, w.mode())
		}
	}
}

func (x *exam) declared(t T, operation string, kinds ...manifest.OperationKind) bool {
	t.Helper()
	o, ok := x.manifest.Operation(operation)
	if !ok || !slices.Contains(kinds, o.Kind) {
		t.Errorf("the harness tries %s, which the manifest does not declare with kind %s", operation, kinds[0])
		return false
	}
	return true
}

// modeOf gives the declared behaviour of a write, or nil.
func (x *exam) modeOf(w *Write) *manifest.Mode {
	o, ok := x.manifest.Operation(w.Operation)
	if !ok || o.Writing == nil {
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
func (x *exam) leaks(t T) {
	t.Helper()
	left := x.Leaks()
	x.whole(&scope{T: t})
	if err := left(); err != nil {
		t.Errorf("something is left after Close: %v", err)
	}
}

// whole uses a session from its opening to its end.
func (x *exam) whole(t *scope) {
	defer t.end()
	s := x.open(t)
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
}

// scope ends what was begun in it before its T does.
type scope struct {
	T

	ends []func()
}

// Cleanup implements T.
func (s *scope) Cleanup(end func()) { s.ends = append(s.ends, end) }

func (s *scope) end() {
	for _, end := range slices.Backward(s.ends) {
		end()
	}
}
