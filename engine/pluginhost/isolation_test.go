//go:build linux

package pluginhost_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/protocol/peer"
)

// askWith runs an operation with a parameter and gives its answer.
func askWith(t *testing.T, s connector.Session, operation, with string) string {
	t.Helper()
	page, err := s.Query(t.Context(), connector.QueryRequest{Operation: operation, Params: []byte(with)})
	if err != nil {
		t.Fatal(err)
	}
	return first(t, page)
}

// speaker is a system that says what it heard; it gives its address.
func speaker(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			heard := make([]byte, 100)
			n, _ := conn.Read(heard)
			_, _ = fmt.Fprintf(conn, "heard %s", heard[:n])
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return listener.Addr().String()
}

// isolation gives what the host says of a connector.
func (r *rig) isolation(t *testing.T, id string) pluginhost.Isolation {
	t.Helper()
	list, err := r.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(list, func(in pluginhost.Installed) bool { return in.ID == id })
	if at < 0 {
		t.Fatalf("%s is not listed", id)
	}
	return list[at].Isolation
}

// full skips a test where the kernel can't confine, and fails it where it can and nobody did.
func full(t *testing.T, r *rig) {
	t.Helper()
	is := r.isolation(t, "bad")
	if is.Level == pluginhost.LevelFull {
		return
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION); errno != 0 {
		t.Skipf("this kernel does not confine: %+v", is.Missing)
	}
	t.Fatalf("isolation = %+v", is)
}

// Whatever a connector does, the engine and another connector go on, and it is over in time.
func TestABadConnectorHurtsNobodyElse(t *testing.T) {
	t.Parallel()
	const most = 128 << 20
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("the engine's"), 0o600); err != nil {
		t.Fatal(err)
	}
	elsewhere := speaker(t)
	dies := func(code string) func(*testing.T, *rig, connector.Session, string) {
		return func(t *testing.T, r *rig, s connector.Session, operation string) {
			t.Helper()
			f := fails(t, t.Context(), s, operation)
			if f.Code != peer.CodeCrashed || f.Class != fault.Transient {
				t.Errorf("%s = %+v", operation, f)
			}
			if e := r.await(t, pluginhost.Crashed, "bad"); e.Reason == nil || e.Reason.Code != code {
				t.Errorf("%s: event = %+v, want %s; %s", operation, e, code, r.log)
			}
		}
	}
	says := func(with string, words ...string) func(*testing.T, *rig, connector.Session, string) {
		return func(t *testing.T, _ *rig, s connector.Session, operation string) {
			t.Helper()
			got := askWith(t, s, operation, with)
			for _, word := range words {
				if !strings.Contains(got, word) {
					t.Errorf("%s %s = %q, want %q", operation, with, got, word)
				}
			}
		}
	}
	for name, c := range map[string]struct {
		operation string
		does      func(*testing.T, *rig, connector.Session, string)
	}{
		"eats memory":           {"eat", dies(pluginhost.CodeMemory)},
		"takes threads":         {"threads", dies(pluginhost.CodeThreads)},
		"breaks the connection": {"scribble", dies(peer.CodeCrashed)},
		"hangs": {"hang", func(t *testing.T, r *rig, s connector.Session, operation string) {
			t.Helper()
			pid := askNumber(t, s, "pid")
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if f := fails(t, ctx, s, operation); f.Code != peer.CodeTimeout {
				t.Errorf("hang = %+v", f)
			}
			r.await(t, pluginhost.Replaced, "bad")
			replaced(t, s, pid)
		}},
		"floods its log": {"flood", func(t *testing.T, r *rig, s connector.Session, operation string) {
			t.Helper()
			_ = ask(t, s, operation)
			if log := r.log.String(); len(log) > 1<<20 {
				t.Errorf("the log has %d bytes", len(log))
			}
		}},
		"returns garbage": {"junk", func(t *testing.T, _ *rig, s connector.Session, operation string) {
			t.Helper()
			// Whoever asked for the page refuses it (engine/pull); here it does no harm.
			page, err := s.Query(t.Context(), connector.QueryRequest{Operation: operation})
			if err == nil && json.Valid(page.Rows) {
				t.Errorf("garbage came as %q", page.Rows)
			}
		}},
		"starts others": {"fork", func(t *testing.T, r *rig, s connector.Session, operation string) {
			t.Helper()
			full(t, r)
			if f := fails(t, t.Context(), s, operation); !strings.Contains(f.Error(), "operation not permitted") {
				t.Errorf("fork = %+v", f)
			}
		}},
		"leaves its group":         {"leave", says("", "operation not permitted, operation not permitted")},
		"signals the engine":       {"kill", says(strconv.Itoa(os.Getpid()), "operation not permitted")},
		"looks into the engine":    {"trace", says("", "operation not permitted")},
		"reads its environment":    {"read", says(fmt.Sprintf("/proc/%d/environ", os.Getpid()), "permission denied")},
		"reads others' files":      {"read", says(outside, "permission denied")},
		"writes others' files":     {"write", says(outside, "permission denied")},
		"writes beside them":       {"write", says(outside+"-too", "permission denied")},
		"writes into its program":  {"write", says("../bad", "permission denied")},
		"uses its own folder":      {"write", says("mine", "done")},
		"dials by itself":          {"dial", says(elsewhere, "operation not permitted")},
		"has bounds on its memory": {"limits", says("", "512 0 268435456")},
		"calls whom it does not declare": {"gate", func(t *testing.T, r *rig, s connector.Session, operation string) {
			t.Helper()
			_, err := s.Query(t.Context(), connector.QueryRequest{Operation: operation, Params: []byte(elsewhere)})
			if f := fault.From(err); f.Code != "outbound.undeclared" || f.Class != fault.Config || !f.NotApplied {
				t.Errorf("gate = %+v", f)
			}
			if !strings.Contains(r.log.String(), "the connector wanted to reach 127.0.0.1") {
				t.Error("nobody was told")
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			r := newRig(t, func(c *pluginhost.Config) {
				c.MemoryMax = most
				c.Timing = pluginhost.Timing{Health: time.Hour, Overdue: 100 * time.Millisecond, Drain: time.Second}
			})
			install(t, r.dir, "bad", trailer{})
			install(t, r.dir, "good", trailer{})
			bad, good := r.session(t, "bad"), r.session(t, "good")
			pid := askNumber(t, good, "pid")
			full(t, r)
			c.does(t, r, bad, c.operation)
			kept(t, good, pid)
			// It serves again, too.
			r.clock.Pass(time.Minute)
			if got := ask(t, bad, "echo"); got != "echo" {
				t.Errorf("afterwards it answers %q", got)
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// A connector reaches what its connections' settings name, through the gate.
func TestTheGateLetsDeclaredHostsThrough(t *testing.T) {
	t.Parallel()
	at := speaker(t)
	r := newRig(t, nil)
	install(t, r.dir, "bad", trailer{})
	s, err := r.Session(t.Context(), "bad", "", connector.Account{ID: "c1", Settings: []byte(`{"address":"http://` + at + `/api"}`)})
	if err != nil {
		t.Fatal(err)
	}
	full(t, r)
	if got := askWith(t, s, "gate", at); got != "heard hello" {
		t.Errorf("the system says %q", got)
	}
	// Another port of the same machine was not named.
	_, err = s.Query(t.Context(), connector.QueryRequest{Operation: "gate", Params: []byte(speaker(t))})
	if f := fault.From(err); f.Code != "outbound.undeclared" {
		t.Errorf("another port = %+v", f)
	}
}

// One that declares nothing has the network, and is shown as that.
func TestUndeclaredHostsAreShown(t *testing.T) {
	t.Parallel()
	at := speaker(t)
	r := newRig(t, nil)
	install(t, r.dir, "bad", trailer{Hosts: undeclared()})
	s := r.session(t, "bad")
	if got := askWith(t, s, "dial", at); got != "done" {
		t.Errorf("dial = %q", got)
	}
	is := r.isolation(t, "bad")
	if is.Level == pluginhost.LevelFull || len(is.Missing) == 0 || is.Missing[len(is.Missing)-1].Part != "network" {
		t.Errorf("isolation = %+v", is)
	}
	if log := r.log.String(); strings.Count(log, "a connector is not confined in all parts") != 1 {
		t.Errorf("the log tells otherwise than once: %s", log)
	}
	strict := newRig(t, func(c *pluginhost.Config) { c.Confinement = pluginhost.Required })
	install(t, strict.dir, "bad", trailer{Hosts: undeclared()})
	list, err := strict.List(t.Context())
	if err != nil || list[0].Fault == nil || list[0].Fault.Code != pluginhost.CodeNotIsolated {
		t.Errorf("where it is required: %+v, %v", list, err)
	}
}

// Nothing that a connector ignores keeps it alive after its engine.
func TestAConfinedConnectorDiesWithItsEngine(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	install(t, r.dir, "bad", trailer{Mode: "immortal"})
	full(t, r)
	engine, pids := startEngine(t, r.dir, "bad", pluginhost.Confined, "pid")
	if len(pids) != 1 || !lives(pids[0]) {
		t.Fatalf("processes = %v", pids)
	}
	if err := engine.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = engine.Wait()
	awaitEnd(t, pids[0])
}

func TestUnconfined(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *pluginhost.Config) { c.Confinement = pluginhost.Unconfined })
	install(t, r.dir, "bad", trailer{})
	s := r.session(t, "bad")
	if got := askWith(t, s, "dial", speaker(t)); got != "done" {
		t.Errorf("dial = %q", got)
	}
	if is := r.isolation(t, "bad"); is.Level != pluginhost.LevelNone {
		t.Errorf("isolation = %+v", is)
	}
}
