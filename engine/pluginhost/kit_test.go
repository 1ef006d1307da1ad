//go:build linux

package pluginhost_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
)

// binaryKey names the built test connector for a process that plays an engine.
const binaryKey = "KAREZ_TEST_BINARY"

var binary string

func TestMain(m *testing.M) {
	if binary = os.Getenv(binaryKey); binary != "" {
		playEngine()
		return
	}
	dir, err := os.MkdirTemp("", "kzbuild")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "testplugin")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", binary, "./internal/testplugin")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		panic(string(out))
	}
	leaktest.Main(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// trailer is what the test connector is told to be.
type trailer struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Mode    string `json:"mode"`
	// Hosts are what it declares of its network: by default its connections' address.
	Hosts []string `json:"hosts,omitzero"`
}

// undeclared are the hosts of a connector that declares nothing.
func undeclared() []string { return []string{"?"} }

// install puts a test connector into dir under the name file, in one step.
func install(t *testing.T, dir, file string, is trailer) string {
	t.Helper()
	if is.ID == "" {
		is.ID, _, _ = strings.Cut(file, "@")
	}
	if is.Version == "" {
		is.Version = "1.0.0"
	}
	switch {
	case is.Hosts == nil:
		is.Hosts = []string{"{address}"}
	case slices.Equal(is.Hosts, undeclared()):
		is.Hosts = nil
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	line, err := json.Marshal(is)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, file)
	content = append(append(content, "\n#karez:"...), line...)
	if err := os.WriteFile(path+".new.tmp", content, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new.tmp", path); err != nil {
		t.Fatal(err)
	}
	return path
}

// rig is a host under test and what it did.
type rig struct {
	*pluginhost.Host
	dir, work string
	clock     *clocktest.Clock
	log       *logs
	events    chan pluginhost.Event
	hosts     *hosts
}

func newRig(t *testing.T, change func(*pluginhost.Config)) *rig {
	t.Helper()
	r := &rig{
		dir: t.TempDir(), work: t.TempDir(), clock: clocktest.New(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)),
		log: &logs{}, events: make(chan pluginhost.Event, 1000), hosts: &hosts{lines: make(chan string, 1000)},
	}
	config := pluginhost.Config{
		Dir: r.dir, Work: r.work, Clock: r.clock.Now, Log: slog.New(slog.NewTextHandler(r.log, nil)),
		HostFor: r.hosts.of, OnEvent: func(e pluginhost.Event) { r.events <- e },
		Timing: pluginhost.Timing{Health: time.Hour, Overdue: time.Hour},
	}
	if change != nil {
		change(&config)
	}
	r.Host = pluginhost.New(config)
	t.Cleanup(func() { r.close(t) })
	return r
}

// close ends the host and looks for what it left.
func (r *rig) close(t *testing.T) {
	t.Helper()
	r.Close(context.Background())
	if left, err := os.ReadDir(r.work); err != nil || len(left) != 0 {
		t.Errorf("left in the working folder: %v, %v", left, err)
	}
}

// session opens a session of the connector id.
func (r *rig) session(t *testing.T, id string) connector.Session {
	t.Helper()
	return r.sessionOf(t, id, "")
}

func (r *rig) sessionOf(t *testing.T, id, version string) connector.Session {
	t.Helper()
	s, err := r.Session(t.Context(), id, version, connector.Account{ID: "c1", Secrets: map[string]string{"token": "T0P-secret"}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// await waits for an event of this kind and connector ("" is any).
func (r *rig) await(t *testing.T, kind pluginhost.EventKind, id string) pluginhost.Event {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case e := <-r.events:
			if e.Kind == kind && (id == "" || e.Connector == id) {
				return e
			}
		case <-deadline:
			t.Fatalf("no event %s of %s came; log:\n%s", kind, id, r.log)
		}
	}
}

// ask runs one of the test connector's operations and gives its answer.
func ask(t *testing.T, s connector.Session, operation string) string {
	t.Helper()
	page, err := s.Query(t.Context(), connector.QueryRequest{Operation: operation})
	if err != nil {
		t.Fatal(err)
	}
	return first(t, page)
}

func first(t *testing.T, page connector.Page) string {
	t.Helper()
	var rows []string
	if err := json.Unmarshal(page.Rows, &rows); err != nil || len(rows) != 1 {
		t.Fatalf("page %q: %v", page.Rows, err)
	}
	return rows[0]
}

func askNumber(t *testing.T, s connector.Session, operation string) int {
	t.Helper()
	n, err := strconv.Atoi(ask(t, s, operation))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// running gives a rig with one test connector, a session of it and its process.
func running(t *testing.T, change func(*pluginhost.Config), is trailer) (r *rig, s connector.Session, pid int) {
	t.Helper()
	r = newRig(t, change)
	install(t, r.dir, "one", is)
	s = r.session(t, "one")
	return r, s, askNumber(t, s, "pid")
}

// replaced fails when the process pid still answers, kept when another one does.
func replaced(t *testing.T, s connector.Session, pid int) {
	t.Helper()
	if askNumber(t, s, "pid") == pid {
		t.Error("the same process answers")
	}
}

func kept(t *testing.T, s connector.Session, pid int) {
	t.Helper()
	if askNumber(t, s, "pid") != pid {
		t.Error("another process answers")
	}
}

// occupy starts a call that lasts until finish, which checks its answer.
func (r *rig) occupy(t *testing.T, s connector.Session) (finish func()) {
	t.Helper()
	flag := filepath.Join(ask(t, s, "cwd"), "go-on")
	answer := make(chan string, 1)
	go func() {
		page, err := s.Query(t.Context(), connector.QueryRequest{Operation: "until", Params: []byte(flag)})
		answer <- fmt.Sprint(string(page.Rows), " ", err)
	}()
	if line := <-r.hosts.lines; line != "waiting" {
		t.Fatalf("line = %q", line)
	}
	return func() {
		t.Helper()
		if err := os.WriteFile(flag, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := <-answer; got != `["done"] <nil>` {
			t.Errorf("the running call gave %s", got)
		}
	}
}

// fails runs an operation that must fail, and gives the fault.
func fails(t *testing.T, ctx context.Context, s connector.Session, operation string) *fault.Fault {
	t.Helper()
	page, err := s.Query(ctx, connector.QueryRequest{Operation: operation})
	if err == nil {
		t.Fatalf("%s gave %s", operation, page.Rows)
	}
	return fault.From(err)
}

// lives reports whether a process runs; one that ended and was not waited for does not.
func lives(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z") && !strings.HasPrefix(after, "X")
}

// awaitEnd waits for the end of any process.
func awaitEnd(t *testing.T, pid int) {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		if lives(pid) {
			t.Fatal(err)
		}
		return
	}
	defer func() { _ = unix.Close(fd) }()
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 20_000)
		if err == unix.EINTR {
			continue
		}
		if n == 0 || err != nil {
			t.Fatalf("the process %d lives on (%v)", pid, err)
		}
		return
	}
}

// logs keeps what was logged.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// hosts gives each connection a host that keeps its lines.
type hosts struct{ lines chan string }

func (h *hosts) of(connection string) connector.Host { return &host{h, connection} }

type host struct {
	all *hosts
	id  string
}

func (h *host) State() connector.State { return h }

func (h *host) Get(context.Context) (connector.Snapshot, error) {
	return connector.Snapshot{Value: []byte("state of " + h.id)}, nil
}

func (h *host) CompareAndSwap(context.Context, connector.Snapshot, []byte, time.Duration) (connector.Snapshot, error) {
	return connector.Snapshot{}, connector.ErrStateConflict
}

func (h *host) Log(_ context.Context, _ connector.Level, message string, _ map[string]string) {
	h.all.lines <- message
}

func (h *host) Trace(context.Context, connector.Exchange) {}

// playEngine is an engine that prints what it started and then waits to be killed.
func playEngine() {
	h := pluginhost.New(pluginhost.Config{Dir: os.Args[1], Work: os.Args[3], Confinement: pluginhost.Confinement(os.Args[4])})
	s, err := h.Session(context.Background(), os.Args[2], "", connector.Account{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, operation := range os.Args[5:] {
		page, err := s.Query(context.Background(), connector.QueryRequest{Operation: operation})
		fmt.Println(string(page.Rows), err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// startEngine starts this binary as an engine, and gives the numbers with which the
// connector answers operations.
func startEngine(t *testing.T, dir, id string, confinement pluginhost.Confinement, operations ...string) (engine *exec.Cmd, pids []int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Folders of sockets are made in the working folder where its path is short.
	work, err := os.MkdirTemp("", "kz") //nolint:usetesting // t.TempDir's paths are long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(work) })
	engine = exec.CommandContext(t.Context(), self, append([]string{dir, id, work, string(confinement)}, operations...)...)
	engine.Env = append(os.Environ(), binaryKey+"="+binary)
	stdin, err := engine.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stdin.Close() })
	stdout, err := engine.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := engine.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for len(pids) < len(operations) && lines.Scan() {
		var pid int
		if _, err := fmt.Sscanf(lines.Text(), `["%d"] <nil>`, &pid); err != nil {
			t.Fatalf("the engine says %q", lines.Text())
		}
		pids = append(pids, pid)
	}
	return engine, pids
}
