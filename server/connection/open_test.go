package connection_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/connection"
)

// gate holds those who open the connection with an id until they may go on.
type gate struct {
	id      string
	entered chan struct{}
	// leave ends the opening with an error or nil.
	leave chan error
}

func newGate(id string) *gate {
	return &gate{id: id, entered: make(chan struct{}, 16), leave: make(chan error)}
}

// patience is how long a test waits for what happens at once.
const patience = 10 * time.Second

// await waits until somebody stands at the gate.
func (g *gate) await(t *testing.T) {
	t.Helper()
	select {
	case <-g.entered:
	case <-time.After(patience):
		t.Fatal("nobody opens the connection")
	}
}

// pass lets one go on.
func (g *gate) pass(t *testing.T, err error) {
	t.Helper()
	select {
	case g.leave <- err:
	case <-time.After(patience):
		t.Fatal("nobody stands at the gate")
	}
}

func (g *gate) opening(ctx context.Context, a connector.Account) error {
	if a.ID != g.id {
		return nil
	}
	g.entered <- struct{}{}
	select {
	case err := <-g.leave:
		return err
	case <-ctx.Done():
		return fault.New("connector.given_up", "the call was given up").Classed(fault.Transient)
	}
}

type answer struct {
	session connector.Session
	err     error
}

// open opens the connection main beside the test.
func open(ctx context.Context, s *connection.Service) <-chan answer {
	out := make(chan answer, 1)
	go func() {
		_, session, err := s.Open(ctx, 1, "main")
		out <- answer{session, err}
	}()
	return out
}

// slowly makes a service whose connection main waits at a gate when it is opened.
func slowly(t *testing.T) (*connection.Service, *plugins, *gate) {
	t.Helper()
	installed, g := newPlugins(t), newGate("1001")
	installed.opening = g.opening
	s := newService(t, &database{}, installed)
	put(t, s, change("main", 0))
	put(t, s, change("quick", 0))
	return s, installed, g
}

// While a plugin starts for one connection nothing else waits for it.
func TestOpeningHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	s, installed, g := slowly(t)
	first := open(t.Context(), s)
	g.await(t)
	if _, _, err := s.Open(t.Context(), 1, "quick"); err != nil {
		t.Error(err)
	}
	if _, err := s.List(as(t, 1, access.Viewer)); err != nil {
		t.Error(err)
	}
	put(t, s, change("quick", 1))
	give(t, s, account())
	var waiting []<-chan answer
	for range 5 {
		waiting = append(waiting, open(t.Context(), s))
	}
	// One who gives up does so at once.
	ctx, cancel := context.WithCancel(t.Context())
	impatient := open(ctx, s)
	cancel()
	a := <-impatient
	if is(t, "given up", a.err, "connection.not_opened"); fault.ClassOf(a.err) != fault.Transient || !fault.From(a.err).NotApplied || !errors.Is(a.err, context.Canceled) {
		t.Errorf("%v", a.err)
	}
	g.pass(t, nil)
	session := (<-first).session
	for _, w := range waiting {
		if a := <-w; a.err != nil || a.session != session {
			t.Errorf("a session of their own, %v", a.err)
		}
	}
	if n := len(g.entered); n != 0 || len(installed.sessions) != 2 {
		t.Errorf("opened %d times more", n)
	}
}

// Whoever opens for all gives up: that is not the others' failure.
func TestWaitersTakeOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, installed, g := slowly(t)
		ctx, cancel := context.WithCancel(t.Context())
		first := open(ctx, s)
		g.await(t)
		second, third := open(t.Context(), s), open(t.Context(), s)
		synctest.Wait() // until both wait for the first
		cancel()
		is(t, "the first", (<-first).err, "connector.given_up")
		g.await(t)
		synctest.Wait()
		g.pass(t, nil)
		a, b := <-second, <-third
		if a.err != nil || b.err != nil || a.session != b.session || len(installed.sessions) != 1 {
			t.Errorf("%v, %v, %d sessions", a.err, b.err, len(installed.sessions))
		}
	})
}

// A failure is told to all who wait for it, and not remembered.
func TestAFailureIsShared(t *testing.T) {
	t.Parallel()
	s, _, g := slowly(t)
	first := open(t.Context(), s)
	g.await(t)
	crashed := fault.New("connector.crashed", "the process ended")
	g.pass(t, crashed)
	if a := <-first; !errors.Is(a.err, crashed) {
		t.Errorf("%v", a.err)
	}
	again := open(t.Context(), s)
	g.await(t)
	g.pass(t, nil)
	if a := <-again; a.err != nil {
		t.Error(a.err)
	}
}

// A connection that is changed while it is being opened is opened again, and no session is lost.
func TestChangedWhileOpening(t *testing.T) {
	t.Parallel()
	s, installed, g := slowly(t)
	first := open(t.Context(), s)
	g.await(t)
	c := change("main", 1)
	c.Secrets = connection.Secrets{"apiKey": "new"}
	put(t, s, c)
	second := open(t.Context(), s)
	g.await(t)
	g.pass(t, nil)
	g.pass(t, nil)
	a, b := <-first, <-second
	if a.err != nil || b.err != nil || a.session == b.session {
		t.Fatalf("%v, %v", a.err, b.err)
	}
	_, now, err := s.Open(t.Context(), 1, "main")
	if err != nil || now != b.session {
		t.Errorf("the old session is in use, %v", err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	for i, opened := range installed.sessions {
		if opened.closed != 1 {
			t.Errorf("session %d was closed %d times", i, opened.closed)
		}
	}
}

// Another process changed the connection.
func TestChangedElsewhere(t *testing.T) {
	t.Parallel()
	store, installed := &database{}, newPlugins(t)
	here, there := newService(t, store, installed), newService(t, store, installed)
	put(t, here, change("main", 0))
	opens(t, here, installed, "main")
	c := change("main", 1)
	c.Secrets = connection.Secrets{"apiKey": "new"}
	put(t, there, c)
	if got := opens(t, here, installed, "main")["apiKey"]; got != "new" || len(installed.sessions) != 2 {
		t.Errorf("the session of before the change is in use (%d sessions)", len(installed.sessions))
	}
	opens(t, here, installed, "main")
	if len(installed.sessions) != 2 {
		t.Error("opened without a change")
	}
}

func TestClosedWhileOpening(t *testing.T) {
	t.Parallel()
	s, installed, g := slowly(t)
	first := open(t.Context(), s)
	g.await(t)
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	g.pass(t, nil)
	is(t, "the one that was opening", (<-first).err, "connection.closed")
	if n := installed.sessions[0].closed; n != 1 {
		t.Errorf("its session was closed %d times", n)
	}
	_, _, err := s.Open(t.Context(), 1, "quick")
	is(t, "afterwards", err, "connection.closed")
}

// asked is a session that tells what it was asked for.
type asked struct {
	*session
	health connector.Health
	fails  error
	check  func(context.Context)
}

func (a asked) Check(ctx context.Context) (connector.Health, error) {
	if a.check != nil {
		a.check(ctx)
	}
	return a.health, a.fails
}

func TestCheck(t *testing.T) {
	t.Parallel()
	refusal := fault.New("vendor.40001", "invalid app key").Classed(fault.Auth)
	clock := clocktest.New(time.UnixMilli(1000))
	type result struct {
		OK            bool
		Code, Account string
		Took          time.Duration
	}
	tests := map[string]struct {
		fails  error
		change func(*connection.Change)
		want   result
		// secrets and id are what the plugin is handed; nil where it is not asked.
		secrets connection.Secrets
		id      string
	}{
		"one that is new":     {nil, func(c *connection.Change) { c.Name = "new" }, result{OK: true, Account: "shop 7", Took: 40 * time.Millisecond}, connection.Secrets{"apiKey": "typed"}, ""},
		"without a name yet":  {nil, func(c *connection.Change) { c.Name = "" }, result{OK: true, Account: "shop 7", Took: 40 * time.Millisecond}, connection.Secrets{"apiKey": "typed"}, ""},
		"with other secrets":  {nil, func(*connection.Change) {}, result{OK: true, Account: "shop 7", Took: 40 * time.Millisecond}, connection.Secrets{"apiKey": "typed"}, ""},
		"with the stored one": {nil, func(c *connection.Change) { c.Secrets = nil }, result{OK: true, Account: "shop 7", Took: 40 * time.Millisecond}, connection.Secrets{"apiKey": canary}, "1001"},
		"with a secret more": {
			nil,
			func(c *connection.Change) { c.Secrets = connection.Secrets{"pin": "1"} },
			result{OK: true, Account: "shop 7", Took: 40 * time.Millisecond},
			connection.Secrets{"apiKey": canary, "pin": "1"},
			"",
		},
		"refused by the vendor":   {refusal, func(*connection.Change) {}, result{Code: "vendor.40001", Took: 40 * time.Millisecond}, connection.Secrets{"apiKey": "typed"}, ""},
		"an unexpected failure":   {errors.New("broken"), func(*connection.Change) {}, result{Code: "internal.unexpected", Took: 40 * time.Millisecond}, connection.Secrets{"apiKey": "typed"}, ""},
		"settings that are wrong": {nil, func(c *connection.Change) { c.Settings = nil }, result{Code: "setting.required"}, nil, ""},
		"no such connector":       {nil, func(c *connection.Change) { c.Name, c.Connector = "new", "x" }, result{Code: "plugin.missing"}, nil, ""},
		// The stored secret belongs to another connector and is not shown to this one.
		"another connector under the name": {nil, func(c *connection.Change) { c.Revision, c.Connector, c.Secrets = 0, "x", nil }, result{Code: "plugin.missing"}, nil, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, installed := &database{}, newPlugins(t)
			plain := &session{}
			s := connection.New(connection.Config{Store: store, Plugins: installed, Seal: newSeal(t, 1), Usage: users{}, Clock: clock.Now, Log: slog.New(slog.DiscardHandler)})
			t.Cleanup(func() { _ = s.Close(context.WithoutCancel(t.Context())) })
			put(t, s, change("main", 0))
			own := clocktest.New(time.UnixMilli(1000))
			s.Clock = own.Now
			installed.session = func() connector.Session {
				return asked{plain, connector.Health{Account: "shop 7"}, tt.fails, func(ctx context.Context) {
					if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > time.Minute {
						t.Error("a system that never answers is waited for")
					}
					own.Pass(40 * time.Millisecond)
				}}
			}
			c := change("main", 1)
			c.Secrets = connection.Secrets{"apiKey": "typed"}
			tt.change(&c)
			r, err := s.Check(as(t, 1, access.Editor), c)
			got := result{OK: r.OK, Account: r.Account, Took: r.Took}
			if r.Fault != nil {
				got.Code = r.Fault.Code
				silent(t, name, r.Fault)
			}
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
			if tt.secrets == nil {
				if len(installed.accounts) != 0 {
					t.Error("the system was asked")
				}
				return
			}
			a := installed.accounts[0]
			if diff := cmp.Diff(tt.secrets, connection.Secrets(a.Secrets)); diff != "" || a.ID != tt.id {
				t.Errorf("account %q (-want +got):\n%s", a.ID, diff)
			}
			if plain.closed != 1 {
				t.Errorf("the session was closed %d times", plain.closed)
			}
			if row := store.connections[0]; row.Revision != 1 {
				t.Error("checking changed the stored connection")
			}
		})
	}
}

// The stored secret of one connector's connection is not shown to another connector.
func TestCheckOfAnotherConnector(t *testing.T) {
	t.Parallel()
	store, installed := &database{}, newPlugins(t)
	s := newService(t, store, installed)
	put(t, s, change("main", 0))
	store.connections[0].Connector = "shop"
	c := change("main", 0)
	c.Secrets = nil
	r, err := s.Check(as(t, 1, access.Editor), c)
	if err != nil || r.OK || r.Fault.Code != "setting.required" || len(installed.accounts) != 0 {
		t.Errorf("%+v, %v, asked %d times", r, err, len(installed.accounts))
	}
	c.Revision = 1
	_, err = s.Check(as(t, 1, access.Editor), c)
	is(t, "as a change", err, "connection.connector_fixed")
}

func TestCheckSaved(t *testing.T) {
	t.Parallel()
	store, installed := &database{}, newPlugins(t)
	s := newService(t, store, installed)
	put(t, s, change("main", 0))
	for range 2 {
		if r, err := s.CheckSaved(as(t, 1, access.Operator), "main"); err != nil || !r.OK || r.Account != "depot" {
			t.Errorf("%+v, %v", r, err)
		}
	}
	if len(installed.sessions) != 1 || installed.sessions[0].closed != 0 {
		t.Errorf("%d sessions: the one in use is asked", len(installed.sessions))
	}
	_, err := s.CheckSaved(as(t, 1, access.Operator), "nobody")
	is(t, "unknown", err, "object.missing")
	installed.failing = fault.New("connector.crashed", "the process ended")
	put(t, s, change("main", 1))
	if r, err := s.CheckSaved(as(t, 1, access.Operator), "main"); err != nil || r.OK || r.Fault.Code != "connector.crashed" {
		t.Errorf("%+v, %v", r, err)
	}
}

// Everything at once, for the race detector: the last change is what is open in the end.
func TestChangedAndOpenedByMany(t *testing.T) {
	t.Parallel()
	store, installed := &database{}, newPlugins(t)
	s := newService(t, store, installed)
	put(t, s, change("main", 0))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 20 {
				if _, _, err := s.Open(t.Context(), 1, "main"); err != nil {
					t.Error(err)
				}
			}
		})
		group.Go(func() {
			for range 10 {
				v, err := s.Get(as(t, 1, access.Editor), "main")
				if err != nil {
					t.Error(err)
				}
				c := change("main", v.Revision)
				c.Secrets = connection.Secrets{"apiKey": canary}
				if _, err := s.Put(as(t, 1, access.Editor), c); err != nil && fault.CodeOf(err) != "connection.conflict" {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	_, last, err := s.Open(t.Context(), 1, "main")
	if err != nil {
		t.Fatal(err)
	}
	if _, again, err := s.Open(t.Context(), 1, "main"); err != nil || again != last {
		t.Errorf("opened without a change, %v", err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	for i, opened := range installed.sessions {
		if opened.closed != 1 {
			t.Errorf("session %d was closed %d times", i, opened.closed)
		}
	}
}
