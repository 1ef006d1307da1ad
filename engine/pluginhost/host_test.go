//go:build linux

package pluginhost_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/protocol"
	"github.com/karezflow/karez/sdk/protocol/peer"
)

func TestListTellsWhyAConnectorCannotBeUsed(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *pluginhost.Config) {
		c.Timing.Start = 3 * time.Second
		c.Pinned = map[string]string{"swapped": strings.Repeat("0", 64), "absent@2.0.0": "x"}
	})
	for _, mode := range []string{"garbage", "exit", "silent", "future", "bad-manifest"} {
		install(t, r.dir, mode, trailer{Mode: mode})
	}
	install(t, r.dir, "good", trailer{Version: "1.2.0"})
	install(t, r.dir, "good@1.10.0", trailer{Version: "1.10.0"})
	install(t, r.dir, "good@1.2.0", trailer{Version: "1.2.0"})
	install(t, r.dir, "other-name", trailer{ID: "real-name"})
	install(t, r.dir, "versioned@1.0.0", trailer{Version: "1.1.0"})
	install(t, r.dir, "swapped", trailer{})
	for name, mode := range map[string]os.FileMode{"plain": 0o600, "README.md": 0o700, ".hidden": 0o700, "text": 0o700} {
		if err := os.WriteFile(filepath.Join(r.dir, name), []byte("words"), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(r.dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	list, err := r.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := `absent 2.0.0 plugin.missing
bad-manifest  manifest.syntax
exit  plugin.start_failed
future  plugin.protocol_version
garbage  plugin.no_handshake
good 1.10.0 ok
good 1.2.0 ok
good 1.2.0 plugin.duplicate
other-name  plugin.identity
plain  plugin.not_executable
silent  plugin.start_failed
swapped  plugin.checksum
text  plugin.start_failed
versioned 1.0.0 plugin.identity
`
	var got strings.Builder
	for _, in := range list {
		code := "ok"
		if in.Fault != nil {
			code = in.Fault.Code
		}
		fmt.Fprintf(&got, "%s %s %s\n", in.ID, in.Version, code)
		if code == "ok" && (in.Manifest == nil || in.Manifest.ID != in.ID || len(in.SHA256) != 64) {
			t.Errorf("%s is incomplete: %+v", in.ID, in)
		}
	}
	if got.String() != want {
		t.Errorf("List =\n%s\nwant\n%s", got.String(), want)
	}
	for _, in := range list {
		if in.ID == "exit" && (!strings.Contains(in.Fault.Message, "exit status 1") || !strings.Contains(in.Fault.Hint, "no licence file")) {
			t.Errorf("the reason lacks the status or the last words: %+v", in.Fault)
		}
	}
	// The others hurt nobody, and processes that were started for a look are gone.
	if got := ask(t, r.session(t, "good"), "echo"); got != "echo" {
		t.Errorf("echo = %q", got)
	}
}

// What is slow or broken holds up nobody who asks for another connector.
func TestAManifestStartsItsConnectorOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *pluginhost.Config) { c.Timing.Start = time.Hour })
	install(t, r.dir, "slow", trailer{Mode: "silent"})
	install(t, r.dir, "good", trailer{Version: "1.2.0"})
	install(t, r.dir, "good@1.10.0", trailer{Version: "1.10.0"})
	install(t, r.dir, "good@2.0.0", trailer{Version: "2.0.0", Mode: "exit"})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for range 2 { // a failure is not tried again at once
		for _, tt := range []struct{ id, want, version, code string }{
			{"good", "1.2", "1.2.0", ""},
			{"good", "", "1.10.0", ""},
			{"good", "1", "1.10.0", ""},
			{"good", "2", "", "plugin.start_failed"},
			{"good", "3", "", "plugin.missing"},
			{"none", "", "", "plugin.missing"},
		} {
			m, err := r.Manifest(ctx, tt.id, tt.want)
			if fault.CodeOf(err) != tt.code || (m == nil) != (tt.code != "") || m != nil && (m.ID != tt.id || m.Version != tt.version) {
				t.Errorf("%s %q: %v, %v", tt.id, tt.want, m, err)
			}
		}
	}
	r.close(t) // after it there are no more events
	close(r.events)
	// A process's version is known by its manifest, or before by its file's name.
	starts := map[string]int{}
	for e := range r.events {
		if e.Kind == pluginhost.Started || e.Kind == pluginhost.StartFailed {
			starts[e.Connector+" "+e.Version]++
		}
	}
	if diff := cmp.Diff(map[string]int{"good ": 1, "good 1.10.0": 1, "good 2.0.0": 1}, starts); diff != "" {
		t.Errorf("started (-want +got):\n%s", diff)
	}
	if _, err := r.Manifest(t.Context(), "good", ""); fault.CodeOf(err) != pluginhost.CodeClosed {
		t.Errorf("after the end: %v", err)
	}
	r = newRig(t, nil)
	install(t, r.dir, "slow", trailer{Mode: "silent"})
	late, end := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer end()
	if _, err := r.Manifest(late, "slow", ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("given up: %v", err)
	}
}

func TestListEndsWhatItStarted(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	install(t, r.dir, "one", trailer{})
	if _, err := r.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	started := r.await(t, pluginhost.Started, "one")
	if stopped := r.await(t, pluginhost.Stopped, "one"); stopped.PID != started.PID || stopped.Version != "1.0.0" {
		t.Errorf("stopped %+v, started %+v", stopped, started)
	}
	// A second look starts nothing.
	if _, err := r.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case e := <-r.events:
		t.Errorf("another look did %+v", e)
	default:
	}
}

func TestListFails(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *pluginhost.Config) { c.Dir = "/nowhere/at/all" })
	if _, err := r.List(t.Context()); fault.CodeOf(err) != pluginhost.CodeUnreadable {
		t.Errorf("List = %v", err)
	}
	r = newRig(t, nil)
	install(t, r.dir, "slow", trailer{Mode: "silent"})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.List(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("List = %v", err)
	}
}

func TestSessionsShareAProcessPerVersion(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	install(t, r.dir, "jst", trailer{Version: "1.2.9"})
	install(t, r.dir, "jst@1.2.10", trailer{Version: "1.2.10"})
	install(t, r.dir, "jst@2.0.0-rc1", trailer{Version: "2.0.0-rc1"})
	install(t, r.dir, "jst@2.0.0", trailer{Version: "2.0.0"})
	cases := map[string]string{"": "2.0.0", "1": "1.2.10", "1.2": "1.2.10", "1.2.9": "1.2.9", "2.0.0-rc1": "2.0.0-rc1"}
	pids := map[string]int{}
	for version, want := range cases {
		s := r.sessionOf(t, "jst", version)
		health, err := s.Check(t.Context())
		if err != nil || health.Account != "c1@"+want {
			t.Errorf("version %q is served by %q, %v; want %s", version, health.Account, err, want)
		}
		pid := askNumber(t, s, "pid")
		if known, ok := pids[want]; ok && known != pid {
			t.Errorf("version %s runs twice", want)
		}
		pids[want] = pid
	}
	if len(pids) != 4 {
		t.Errorf("processes = %v, want one for each version", pids)
	}
	for _, version := range []string{"1.3", "1.2.1", "3"} {
		_, err := r.Session(t.Context(), "jst", version, connector.Account{})
		if f := fault.From(err); f.Code != pluginhost.CodeMissing || f.Class != fault.Config || !f.NotApplied {
			t.Errorf("version %s = %+v", version, f)
		}
	}
	if _, err := r.Session(t.Context(), "nobody", "", connector.Account{}); fault.CodeOf(err) != pluginhost.CodeMissing {
		t.Errorf("an unknown connector = %v", err)
	}
}

func TestManyFirstCallsStartOneProcess(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	install(t, r.dir, "one", trailer{})
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			s, err := r.Session(t.Context(), "one", "", connector.Account{ID: "c"})
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := s.Query(t.Context(), connector.QueryRequest{Operation: "echo"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	r.await(t, pluginhost.Started, "one")
	select {
	case e := <-r.events:
		t.Errorf("something else happened: %+v", e)
	default:
	}
}

func TestSessionHasTheConnectorsCapabilities(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	install(t, r.dir, "reader", trailer{})
	install(t, r.dir, "writer", trailer{Mode: "writer"})
	if caps := peer.Capabilities(r.session(t, "reader")); len(caps) != 0 {
		t.Errorf("the reader offers %v", caps)
	}
	s := r.session(t, "writer")
	if caps := peer.Capabilities(s); len(caps) != 1 || caps[0] != peer.Writer {
		t.Errorf("the writer offers %v", caps)
	}
	answers, err := s.(connector.Writer).Write(t.Context(), connector.Batch{Keys: []string{"a", "b"}})
	if err != nil || len(answers.Rows) != 2 || answers.Rows[1].ID != "b" {
		t.Errorf("Write = %+v, %v", answers, err)
	}
}

func TestFaultsAreClassedAndClean(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	install(t, r.dir, "one", trailer{})
	s := r.session(t, "one")
	f := fails(t, t.Context(), s, "refuse")
	if f.Code != "vendor.429" || f.Class != fault.Rate || f.RetryAfter != 3*time.Second {
		t.Errorf("fault = %+v, want it classed by the manifest's rule", f)
	}
	if strings.Contains(fmt.Sprintf("%+v", f), "T0P-secret") || !strings.Contains(f.Message, "token ***") || f.Args["token"] != "***" {
		t.Errorf("fault = %+v, want the secret hidden", f)
	}
	ask(t, s, "print")
	r.close(t)
	if log := r.log.String(); strings.Contains(log, "T0P-secret") || !strings.Contains(log, "the token is ***") {
		t.Errorf("log:\n%s", log)
	}
}

func TestSessionsReachTheirOwnHost(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	install(t, r.dir, "one", trailer{})
	for _, id := range []string{"c1", "c2"} {
		s, err := r.Session(t.Context(), "one", "", connector.Account{ID: id})
		if err != nil {
			t.Fatal(err)
		}
		if got := ask(t, s, "state"); got != "state of "+id {
			t.Errorf("connection %s sees %q", id, got)
		}
	}
	bare := newRig(t, func(c *pluginhost.Config) { c.HostFor = nil })
	install(t, bare.dir, "one", trailer{})
	if f := fails(t, t.Context(), bare.session(t, "one"), "state"); f.Code != pluginhost.CodeNoState {
		t.Errorf("state without a host = %+v", f)
	}
}

func TestSessionClose(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	install(t, r.dir, "one", trailer{})
	s, other := r.session(t, "one"), r.session(t, "one")
	for range 2 {
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if line := <-r.hosts.lines; line != "closed" {
		t.Errorf("line = %q", line)
	}
	if f := fails(t, t.Context(), s, "echo"); f.Code != pluginhost.CodeClosed || !f.NotApplied {
		t.Errorf("a call after Close = %+v", f)
	}
	if got := ask(t, other, "echo"); got != "echo" {
		t.Errorf("the other session answers %q", got)
	}
	select {
	case line := <-r.hosts.lines:
		t.Errorf("the session was closed twice: %q", line)
	default:
	}
}

func TestAProcessIsConfined(t *testing.T) {
	t.Setenv("KAREZ_TEST_CANARY", "visible")
	r := newRig(t, func(c *pluginhost.Config) {
		c.Environment = []string{"SSL_CERT_DIR=/etc/ssl/certs"}
		c.Memory = 100 << 20
	})
	install(t, r.dir, "one", trailer{})
	s := r.session(t, "one")
	env := ask(t, s, "env")
	for line := range strings.Lines(env) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch name {
		case "GOMEMLIMIT", "GOGC", "SSL_CERT_DIR", "KAREZ_CONNECTOR", "KAREZ_LIFELINE", "KAREZ_GATE", "TMPDIR":
		default:
			if !strings.HasPrefix(name, "PLUGIN_") {
				t.Errorf("the process sees %s", line)
			}
		}
	}
	if !strings.Contains(env, "GOMEMLIMIT=104857600\n") {
		t.Errorf("no limit of memory in %s", env)
	}
	if got := ask(t, s, "stdin"); got != "0 EOF" {
		t.Errorf("its input gives %s", got)
	}
	pid := askNumber(t, s, "pid")
	if group, err := unix.Getpgid(pid); err != nil || group != pid {
		t.Errorf("its group is %d, %v, not its own %d", group, err, pid)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil || !strings.Contains(string(status), "NoNewPrivs:\t1") {
		t.Errorf("it may gain privileges (%v)", err)
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil || !strings.Contains(strings.Join(strings.Fields(string(limits)), " "), "Max core file size 0 0") {
		t.Errorf("it may dump core (%v)", err)
	}
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil || !strings.HasPrefix(exe, r.work) {
		t.Errorf("it runs %s, %v, not the copy", exe, err)
	}
	for path, want := range map[string]os.FileMode{exe: 0o500, filepath.Dir(exe): 0o700 | os.ModeDir, ask(t, s, "cwd"): 0o700 | os.ModeDir} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s has mode %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
}

// A file that is exchanged after its sum was taken does not run.
func TestTheVerifiedCopyRuns(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	path := install(t, r.dir, "one", trailer{Version: "1.0.0"})
	if _, err := r.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	evil := []byte(strings.Replace(string(content), `"version":"1.0.0"`, `"version":"6.6.6"`, 1))
	if err := os.WriteFile(path, evil, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, before.ModTime(), before.ModTime()); err != nil {
		t.Fatal(err)
	}
	health, err := r.session(t, "one").Check(t.Context())
	if err != nil || health.Account != "c1@1.0.0" {
		t.Errorf("%q runs, %v", health.Account, err)
	}
}

func TestFoldersOfKilledEnginesAreRemoved(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	install(t, r.dir, "one", trailer{})
	// The largest number is never given to a process on Linux.
	left := filepath.Join(r.work, "karez-4194304-123")
	mine := filepath.Join(r.work, fmt.Sprintf("karez-%d-123", os.Getpid()))
	for _, dir := range []string{left, mine} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	r.session(t, "one")
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("the folder of an engine that is gone is still there: %v", err)
	}
	if err := os.Remove(mine); err != nil {
		t.Errorf("the folder of an engine that lives: %v", err)
	}
}

func TestProtocolCodesOfAStart(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	install(t, r.dir, "future", trailer{Mode: "future"})
	for range 2 {
		_, err := r.Session(t.Context(), "future", "", connector.Account{})
		if f := fault.From(err); f.Code != protocol.CodeProtocolVersion || !f.NotApplied || f.Args["version"] != "99" {
			t.Errorf("Session = %+v", f)
		}
	}
	r.await(t, pluginhost.StartFailed, "future")
	select {
	case e := <-r.events:
		t.Errorf("a file that cannot be a connector was started again: %+v", e)
	default:
	}
}
