package protocol_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	goplugin "github.com/hashicorp/go-plugin"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/protocol"
	"github.com/karezflow/karez/sdk/protocol/peer"
)

// roleKey makes this test binary play a connector's executable.
const roleKey = "KAREZ_TEST_ROLE"

func TestMain(m *testing.M) {
	role := os.Getenv(roleKey)
	if role == "" {
		leaktest.Main(m)
		return
	}
	if play, ok := roles()[role]; ok {
		play()
		return
	}
	protocol.Main(protocol.Program{Connector: program{}, Sandbox: sandbox})
}

// roles are executables that are no good connectors.
func roles() map[string]func() {
	handshake := func(version string) {
		fmt.Printf("1|%s|unix|/nowhere/socket|grpc\n", version)
		time.Sleep(time.Minute)
	}
	return map[string]func(){
		"garbage":     func() { fmt.Println("usage: something else entirely"); time.Sleep(time.Minute) },
		"endless":     func() { endless(os.Stdout) },
		"exit":        func() { _, _ = os.Stderr.WriteString("no licence\n"); os.Exit(3) },
		"silent":      func() { time.Sleep(time.Minute) },
		"future":      func() { handshake("7") },
		"no-listener": func() { handshake("1") },
		"immortal": func() {
			signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
			protocol.Serve(program{})
			time.Sleep(time.Minute)
		},
	}
}

func endless(w io.Writer) {
	block := bytes.Repeat([]byte("x"), 1<<16)
	for {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

// program is a connector of a few words.
type program struct{}

func (program) Manifest() []byte { return []byte("id: words\nversion: 1.0.0\n") }

func (program) Open(_ context.Context, a connector.Account, h connector.Host) (connector.Session, error) {
	return &words{account: a, host: h}, nil
}

type words struct {
	account connector.Account
	host    connector.Host
}

func (w *words) Check(ctx context.Context) (connector.Health, error) {
	now, err := w.host.State().Get(ctx)
	return connector.Health{Account: w.account.ID + "/" + string(now.Value)}, err
}

func (w *words) Query(ctx context.Context, q connector.QueryRequest) (connector.Page, error) {
	switch q.Operation {
	case "print":
		_, _ = os.Stdout.WriteString("printed to standard output\n")
		_, _ = os.Stderr.WriteString("printed to standard error\n")
	case "exit":
		os.Exit(4)
	case "wait":
		<-ctx.Done()
		return connector.Page{}, ctx.Err()
	case "rows":
		return connector.Page{Rows: manyRows(q.Page.Size), Total: -1}, nil
	case "env":
		rows, err := json.Marshal(os.Environ())
		return connector.Page{Rows: rows}, err
	}
	return connector.Page{Rows: []byte(`["` + q.Operation + `"]`), Total: 1}, nil
}

// manyRows gives a page of rows of 2 KB.
func manyRows(n int) []byte {
	row := []byte(`{"text":"` + strings.Repeat("x", 2000) + `"},`)
	page := append([]byte("["), bytes.Repeat(row, n)...)
	page[len(page)-1] = ']'
	return page
}

func (w *words) Close(context.Context) error { return nil }

func sandbox(clock func() time.Time) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, clock().UTC().Format(time.RFC3339))
	})
}

// host gives a fixed state.
type host struct{}

func (host) State() connector.State { return host{} }
func (host) Get(context.Context) (connector.Snapshot, error) {
	return connector.Snapshot{Value: []byte("stored")}, nil
}

func (host) CompareAndSwap(context.Context, connector.Snapshot, []byte, time.Duration) (connector.Snapshot, error) {
	return connector.Snapshot{}, connector.ErrStateConflict
}
func (host) Log(context.Context, connector.Level, string, map[string]string) {}
func (host) Trace(context.Context, connector.Exchange)                       {}

// self gives this binary in a role.
func self(tb testing.TB, role string) protocol.Child {
	tb.Helper()
	path, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	return protocol.Command(path, nil, []string{roleKey + "=" + role}, io.Discard)
}

func dial(t *testing.T, config protocol.Config) *protocol.Process {
	t.Helper()
	p, err := protocol.Dial(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop(context.Background()) })
	return p
}

func open(t *testing.T, c connector.Connector) connector.Session {
	t.Helper()
	s, err := c.Open(t.Context(), connector.Account{ID: "c1"}, host{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAProcessServesItsConnector(t *testing.T) {
	t.Parallel()
	p := dial(t, protocol.Config{Child: self(t, "good")})
	if got := string(p.Connector.Manifest()); got != string(program{}.Manifest()) {
		t.Errorf("manifest = %q", got)
	}
	s := open(t, p.Connector)
	if caps := peer.Capabilities(s); caps != nil {
		t.Errorf("capabilities = %v, want none", caps)
	}
	health, err := s.Check(t.Context())
	if err != nil || health.Account != "c1/stored" {
		t.Errorf("Check = %+v, %v", health, err)
	}
	page, err := s.Query(t.Context(), connector.QueryRequest{Operation: "x"})
	if err != nil || string(page.Rows) != `["x"]` {
		t.Errorf("Query = %+v, %v", page, err)
	}
	if overdue, err := p.Ping(t.Context()); overdue != 0 || err != nil {
		t.Errorf("Ping = %v, %v", overdue, err)
	}
	if !p.Alive() {
		t.Error("the process is not alive")
	}
	p.Stop(t.Context())
	p.Stop(t.Context())
	if p.Alive() {
		t.Error("the process is alive after Stop")
	}
	<-p.Ended()
	_, err = s.Query(t.Context(), connector.QueryRequest{})
	if f := fault.From(err); f.Code != peer.CodeCrashed || f.Class != fault.Transient || f.NotApplied {
		t.Errorf("a call after the end = %+v", f)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Errorf("Close after the end = %v", err)
	}
}

// What the engine's own environment holds is nobody's business.
func TestAProcessSeesNoEnvironmentOfTheEngine(t *testing.T) {
	t.Setenv("KAREZ_TEST_CANARY", "visible")
	p := dial(t, protocol.Config{Child: self(t, "good")})
	page, err := open(t, p.Connector).Query(t.Context(), connector.QueryRequest{Operation: "env"})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(page.Rows, []byte("CANARY")) || bytes.Contains(page.Rows, []byte("PATH=")) {
		t.Errorf("the environment leaked: %s", page.Rows)
	}
}

func TestAProcessThatEndsDuringACall(t *testing.T) {
	t.Parallel()
	p := dial(t, protocol.Config{Child: self(t, "good")})
	_, err := open(t, p.Connector).Query(t.Context(), connector.QueryRequest{Operation: "exit"})
	if f := fault.From(err); f.Code != peer.CodeCrashed || f.NotApplied {
		t.Errorf("Query = %+v", f)
	}
	<-p.Ended()
	p.Stop(t.Context())
}

func TestWhatAProcessPrintsReachesOutput(t *testing.T) {
	t.Parallel()
	seen := newWatch("printed to standard output", "printed to standard error")
	p := dial(t, protocol.Config{Child: self(t, "good"), Output: seen})
	if _, err := open(t, p.Connector).Query(t.Context(), connector.QueryRequest{Operation: "print"}); err != nil {
		t.Fatal(err)
	}
	<-seen.done
}

// watch is a writer that tells when it has seen all of its texts.
type watch struct {
	mu   sync.Mutex
	want []string
	text strings.Builder
	once sync.Once
	done chan struct{}
}

func newWatch(want ...string) *watch { return &watch{want: want, done: make(chan struct{})} }

func (w *watch) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(p)
	for _, want := range w.want {
		if !strings.Contains(w.text.String(), want) {
			return len(p), nil
		}
	}
	w.once.Do(func() { close(w.done) })
	return len(p), nil
}

func TestExecutablesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ code, text string }{
		"garbage":     {protocol.CodeNoHandshake, `"usage: something else entirely"`},
		"endless":     {protocol.CodeNoHandshake, `"xxxx`},
		"exit":        {protocol.CodeStartFailed, "exit status 3"},
		"silent":      {protocol.CodeStartFailed, "not ready within"},
		"future":      {protocol.CodeProtocolVersion, "version 7"},
		"no-listener": {protocol.CodeStartFailed, "failed the handshake"},
	}
	for role, want := range cases {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			timeout := 10 * time.Second
			if role == "silent" {
				timeout = 300 * time.Millisecond
			}
			dir := shortDir(t)
			_, err := protocol.Dial(t.Context(), protocol.Config{Child: self(t, role), StartTimeout: timeout, SocketDir: dir})
			f := fault.From(err)
			if f.Code != want.code || !strings.Contains(f.Message, want.text) || f.Class != fault.Config || !f.NotApplied {
				t.Errorf("Dial = %+v, want %s with %q", f, want.code, want.text)
			}
			if left, _ := os.ReadDir(dir); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// shortDir gives a folder whose path leaves room for a socket's.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kz") //nolint:usetesting // t.TempDir's paths are too long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func TestAFolderTooDeepForSockets(t *testing.T) {
	t.Parallel()
	deep := t.TempDir() + "/" + strings.Repeat("deep", 20)
	if err := os.Mkdir(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := protocol.Dial(t.Context(), protocol.Config{Child: self(t, "good"), SocketDir: deep})
	if f := fault.From(err); f.Code != protocol.CodeStartFailed || !strings.Contains(f.Message, "too long") {
		t.Errorf("Dial = %+v", f)
	}
	if left, _ := os.ReadDir(deep); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAFileThatCannotBeExecuted(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/text"
	// A fork elsewhere must not inherit the file while it is open for writing.
	syscall.ForkLock.RLock()
	err := os.WriteFile(path, []byte("just words"), 0o700)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path, path + "-missing"} {
		_, err := protocol.Dial(t.Context(), protocol.Config{Child: protocol.Command(path, nil, nil, nil)})
		if f := fault.From(err); f.Code != protocol.CodeStartFailed || f.Class != fault.Config || !f.NotApplied {
			t.Errorf("Dial(%s) = %+v", path, f)
		}
	}
}

func TestAStartThatIsGivenUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := protocol.Dial(ctx, protocol.Config{Child: self(t, "silent")})
	if f := fault.From(err); f.Code != protocol.CodeStartFailed || f.Class != fault.Transient || !strings.Contains(f.Message, "given up") {
		t.Errorf("Dial = %+v", f)
	}
}

// stopNow stops a process with little patience.
func stopNow(t *testing.T, p *protocol.Process) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	p.Stop(ctx)
	if p.Alive() {
		t.Error("the process lives")
	}
}

func TestStopEndsAProcessThatWillNot(t *testing.T) {
	t.Parallel()
	p := dial(t, protocol.Config{Child: self(t, "immortal")})
	stopNow(t, p)
}

func TestStopEndsAFrozenProcess(t *testing.T) {
	t.Parallel()
	p := dial(t, protocol.Config{Child: self(t, "good")})
	if err := syscall.Kill(p.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	// The signal takes effect a little later than it is sent.
	for err := error(nil); fault.CodeOf(err) != peer.CodeTimeout; {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err = p.Ping(ctx)
		cancel()
	}
	stopNow(t, p)
}

// Both ends in one process, over go-plugin's own connection and broker.
func TestInProcess(t *testing.T) {
	t.Parallel()
	sets := protocol.PluginSets(program{}, nil, time.Now, io.Discard)
	for version, set := range sets {
		client, server := goplugin.TestPluginGRPCConn(t, false, set)
		raw, err := client.Dispense("connector")
		if err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		s := open(t, raw.(connector.Connector))
		if health, err := s.Check(t.Context()); err != nil || health.Account != "c1/stored" {
			t.Errorf("version %d: Check = %+v, %v", version, health, err)
		}
		server.Stop() // first: closing the client would ask it to stop at the same time
		_ = client.Close()
		protocol.HangUp(set)
	}
}

func TestHandshakeNamesItsVersions(t *testing.T) {
	t.Parallel()
	key, value, versions := protocol.Handshake()
	if key == "" || value == "" || len(versions) != len(protocol.PluginSets(nil, nil, nil, nil)) {
		t.Errorf("Handshake = %q, %q, %v", key, value, versions)
	}
}
