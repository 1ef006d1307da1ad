// Package cluster starts, stops, kills and asks the processes under test: engines as
// they are released, and what they stand on. It touches only processes that it
// started, by their ids.
//
// It may import deploy/chaos/truth, the MySQL driver and the standard library only.
package cluster

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Setting says how an engine is started.
type Setting struct {
	// Program is the engine's binary, Plugins its folder of connectors, Data its data
	// folder, Database its address, "" for SQLite in the folder.
	Program, Plugins, Data, Database string
	// Notes begins the names of files in which the process and the harness tell each
	// other things, outside of Data.
	Notes string
	// Lease is how long a claim holds.
	Lease time.Duration
	// Args are further arguments of serve.
	Args []string
}

// Engine is one engine process, which may be started again after its end.
type Engine struct {
	Setting
	*Client

	mu     sync.Mutex
	cmd    *exec.Cmd
	ended  chan struct{}
	killed bool
	token  string
	log    *tail
}

// NewEngine prepares an engine without starting it.
func NewEngine(s Setting) *Engine { return &Engine{Setting: s, Client: newClient(), log: &tail{}} }

// ready is what an engine prints when it serves.
type ready struct {
	URL   string `json:"url"`
	Token string `json:"setup_token"`
}

// Start starts the process with variables added to its environment and waits until it
// serves. An engine that ends before that is ErrEnded, one that runs already ErrRuns.
func (e *Engine) Start(ctx context.Context, env ...string) error {
	if e.Running() {
		return ErrRuns
	}
	args := append([]string{"serve", "--json", "--data", e.Data, "--plugins", e.Plugins, "--listen", "127.0.0.1:0", "--lease", e.Lease.String()}, e.Args...)
	if e.Database != "" {
		args = append(args, "--db", e.Database)
	}
	cmd := exec.Command(e.Program, args...) //nolint:gosec,noctx // it is to outlive contexts; Kill and Stop end it
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + e.Data, "TMPDIR=" + os.Getenv("TMPDIR"),
		"KAREZ_GOROUTINES=" + e.Goroutines(), "KAREZ_CLOCK=" + e.clock(),
	}, env...)
	cmd.Stderr = e.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	e.mu.Lock()
	e.cmd, e.ended, e.killed = cmd, ended, false
	e.mu.Unlock()
	lines := make(chan string, 1)
	go func() {
		reader := bufio.NewReader(out)
		if line, err := reader.ReadString('\n'); err == nil {
			lines <- line
		}
		_, _ = io.Copy(io.Discard, reader) // whatever else it says
		_ = cmd.Wait()                     // by whatever code
		e.mu.Lock()
		e.killed = cmd.ProcessState != nil && !cmd.ProcessState.Exited()
		e.mu.Unlock()
		close(ended)
	}()
	select {
	case line := <-lines:
		var at ready
		if err := json.Unmarshal([]byte(line), &at); err != nil {
			return fmt.Errorf("the engine said %q: %w", line, err)
		}
		e.at(at.URL)
		if at.Token != "" {
			e.token = at.Token
		}
		return nil
	case <-ended:
		return fmt.Errorf("%w: %s", ErrEnded, e.log)
	case <-ctx.Done():
		e.Kill()
		return ctx.Err()
	}
}

// What keeps an engine from serving.
var (
	ErrEnded = errors.New("the engine ended before it served")
	ErrRuns  = errors.New("the engine runs already")
)

// Ended is closed when the process has ended; it is nil before the first start.
func (e *Engine) Ended() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ended
}

// Killed reports whether a signal ended the process.
func (e *Engine) Killed() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.killed
}

// Running reports whether the process runs.
func (e *Engine) Running() bool {
	ended := e.Ended()
	if ended == nil {
		return false
	}
	select {
	case <-ended:
		return false
	default:
		return true
	}
}

// Log gives the end of what the engine wrote to its standard error.
func (e *Engine) Log() string { return e.log.String() }

// signal sends a signal to the process, if it runs.
func (e *Engine) signal(s syscall.Signal) {
	e.mu.Lock()
	cmd := e.cmd
	e.mu.Unlock()
	if cmd != nil && e.Running() {
		_ = cmd.Process.Signal(s) // it may have gone this moment
	}
}

// Kill ends the process as a power cut would and waits for its end.
func (e *Engine) Kill() {
	e.signal(syscall.SIGKILL)
	e.wait()
}

// Stop asks the process to end and waits for it; one that does not is killed.
func (e *Engine) Stop() {
	e.signal(syscall.SIGCONT)
	e.signal(syscall.SIGTERM)
	if ended := e.Ended(); ended != nil {
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			e.Kill()
		}
	}
}

func (e *Engine) wait() {
	if ended := e.Ended(); ended != nil {
		<-ended
	}
}

// Pause stops the process in its tracks, Resume lets it go on.
func (e *Engine) Pause() { e.signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (e *Engine) Resume() { e.signal(syscall.SIGCONT) }

// KillConnectors ends the engine's connector processes and gives how many there were.
func (e *Engine) KillConnectors(name string) int {
	e.mu.Lock()
	cmd := e.cmd
	e.mu.Unlock()
	if cmd == nil || !e.Running() {
		return 0
	}
	n := 0
	for _, pid := range children(cmd.Process.Pid, name) {
		if syscall.Kill(pid, syscall.SIGKILL) == nil {
			n++
		}
	}
	return n
}

// Goroutines is the file in which the process tells how many goroutines it has.
func (e *Engine) Goroutines() string { return e.Notes + ".goroutines" }

func (e *Engine) clock() string { return e.Notes + ".clock" }

// SetClock has the process's clock be off by so much, from now on and when it is started again.
func (e *Engine) SetClock(off time.Duration) error {
	return os.WriteFile(e.clock(), []byte(off.String()), 0o600)
}

// PIDs gives the process and those that it started, by name; none when it does not run.
func (e *Engine) PIDs() (engine int, others map[int]string) {
	e.mu.Lock()
	cmd := e.cmd
	e.mu.Unlock()
	if cmd == nil || !e.Running() {
		return 0, nil
	}
	return cmd.Process.Pid, offspring(cmd.Process.Pid)
}

// children gives the processes of a name that a process started.
func children(parent int, name string) []int {
	var pids []int
	for pid, comm := range offspring(parent) {
		if strings.HasPrefix(comm, name[:min(len(name), 8)]) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// offspring gives the processes that a process started, by name.
func offspring(parent int) map[int]string {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil
	}
	pids := map[int]string{}
	for _, path := range stats {
		stat, err := os.ReadFile(path) //nolint:gosec // a file of the process table
		if err != nil {
			continue // it has gone
		}
		head, rest, ok := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		id, comm, named := strings.Cut(head, " (")
		if !ok || !named || len(fields) < 2 || fields[1] != strconv.Itoa(parent) {
			continue
		}
		if pid, err := strconv.Atoi(id); err == nil {
			pids[pid] = comm
		}
	}
	return pids
}

// Share gives another engine the key that this one's secrets are sealed with.
func (e *Engine) Share(other *Engine) error {
	key, err := os.ReadFile(filepath.Join(e.Data, "secret.key"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(other.Data, 0o700); err != nil {
		return err
	}
	other.bearer = e.bearer
	return os.WriteFile(filepath.Join(other.Data, "secret.key"), key, 0o600) //nolint:gosec // folders of the harness's own
}

// tail keeps the end of a log.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - 8<<10; over > 0 {
		t.text = slices.Delete(t.text, 0, over)
	}
	return len(p), nil
}

// String gives what is kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
