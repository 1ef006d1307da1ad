package protocol

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin/runner"
)

// maxLine bounds what is kept of a line that should be a handshake.
const maxLine = 4 << 10

// Child is a process that Dial starts and watches. An engine brings its own, which
// confines the process; Command is the plain one.
type Child interface {
	// Start starts the process with these variables besides its own.
	Start(env []string) error
	// Stdout is the process's standard output. It ends when the process has ended,
	// even if something the process started still holds it.
	Stdout() io.Reader
	// Wait returns when the process has ended, with its exit status as an error.
	// It is called once, after Start.
	Wait() error
	// Kill ends the process and what it started, at once. It is legal before the
	// start and after the end.
	Kill() error
	// PID is the process's number, 0 before the start.
	PID() int
}

// Command gives the plain Child for tests and tools: path run with args and exactly
// the variables env, its standard error copied to stderr.
func Command(path string, args, env []string, stderr io.Writer) Child {
	cmd := exec.Command(path, args...) //nolint:gosec,noctx // running it is the point; Kill ends it
	cmd.Env = append([]string{}, env...)
	cmd.Stderr = stderr
	cmd.WaitDelay = time.Second
	ownGroup(cmd)
	return &command{cmd: cmd}
}

type command struct {
	cmd *exec.Cmd
	out *io.PipeReader

	mu    sync.Mutex
	ended bool
}

// Start starts the process.
func (c *command) Start(env []string) error {
	c.cmd.Env = append(c.cmd.Env, env...)
	out, in := io.Pipe()
	c.out, c.cmd.Stdout = out, in
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cmd.Start()
}

// Stdout is copied from the process until it has ended.
func (c *command) Stdout() io.Reader { return c.out }

// Wait waits for the process and ends what it left behind in its group.
func (c *command) Wait() error {
	err := c.cmd.Wait()
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	// What the process left behind in its group would outlive it.
	_ = killGroup(c.cmd.Process)
	_ = c.cmd.Stdout.(io.Closer).Close() //nolint:forcetypeassert // set by Start
	return err
}

// Kill ends the process and its group.
func (c *command) Kill() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd.Process == nil || c.ended {
		return nil
	}
	return killGroup(c.cmd.Process)
}

// PID is the process's number.
func (c *command) PID() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd.Process == nil {
		return 0
	}
	return c.cmd.Process.Pid
}

// childRunner shows a Child to go-plugin.
type childRunner struct {
	child Child
	env   []string
	line  firstLine

	startErr error
	// ended closes when the process has ended; exitErr is set before.
	ended   chan struct{}
	exitErr error

	mu      sync.Mutex
	started bool
	killed  bool
	// endedFirst is set when the process had ended before it was killed.
	endedFirst bool
}

func newChildRunner(child Child) *childRunner {
	return &childRunner{child: child, ended: make(chan struct{})}
}

// prepare is go-plugin's RunnerFunc: it names the variables of the handshake.
func (c *childRunner) prepare(_ hclog.Logger, cmd *exec.Cmd, _ string) (runner.Runner, error) {
	c.env = slices.Clone(cmd.Env)
	return c, nil
}

// Start starts the process unless it was killed before.
func (c *childRunner) Start(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.killed {
		return errors.New("stopped before it was started")
	}
	if c.startErr = c.child.Start(c.env); c.startErr != nil {
		return c.startErr
	}
	c.started = true
	c.line.from = c.child.Stdout()
	go func() {
		c.exitErr = c.child.Wait()
		close(c.ended)
	}()
	return nil
}

// Wait waits for the end of the process.
func (c *childRunner) Wait(context.Context) error {
	<-c.ended
	return c.exitErr
}

// Kill ends the process.
func (c *childRunner) Kill(context.Context) error {
	c.mu.Lock()
	if !c.killed {
		// The output ends with the process, and go-plugin acts on that end.
		_, _, c.endedFirst = c.line.get()
	}
	c.killed = true
	c.mu.Unlock()
	return c.child.Kill()
}

// await waits for the end of the process if it was started.
func (c *childRunner) await() {
	c.mu.Lock()
	started := c.started
	c.mu.Unlock()
	if started {
		<-c.ended
	}
}

// Stdout gives the handshake and nothing after it.
func (c *childRunner) Stdout() io.ReadCloser { return io.NopCloser(&c.line) }

// Stderr is empty: the Child deals with the process's standard error.
func (c *childRunner) Stderr() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }

// Name names the process in go-plugin's log, which is discarded.
func (c *childRunner) Name() string { return "connector" }

// ID gives the process's number as go-plugin wants it.
func (c *childRunner) ID() string { return strconv.Itoa(c.child.PID()) }

// Diagnose adds nothing: startFault explains failures.
func (c *childRunner) Diagnose(context.Context) string { return "" }

// PluginToHost gives the address as it is.
func (c *childRunner) PluginToHost(network, addr string) (string, string, error) {
	return network, addr, nil
}

// HostToPlugin gives the address as it is.
func (c *childRunner) HostToPlugin(network, addr string) (string, string, error) {
	return network, addr, nil
}

// printed gives what the process printed first, whether that is a whole line, and
// whether it ended by itself after it.
func (c *childRunner) printed() (line string, whole, ended bool) {
	c.mu.Lock()
	ended = c.endedFirst
	c.mu.Unlock()
	line, whole, _ = c.line.get()
	return line, whole, ended
}

// exit tells how the process ended.
func (c *childRunner) exit() string {
	select {
	case <-c.ended:
	default:
		return "still running"
	}
	if c.exitErr == nil {
		return "exit status 0"
	}
	return c.exitErr.Error()
}

// firstLine passes the first line of from on, at most maxLine of it, and swallows
// the rest: go-plugin reads lines without end into memory, and stops reading at
// one that is too long, which would block the process.
type firstLine struct {
	from io.Reader

	mu    sync.Mutex
	line  []byte
	whole bool
	ended bool
}

func (f *firstLine) Read(p []byte) (int, error) {
	if _, whole, _ := f.get(); whole {
		_, _ = io.Copy(io.Discard, f.from)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.ended = true
		return 0, io.EOF
	}
	n, err := f.from.Read(p)
	f.mu.Lock()
	defer f.mu.Unlock()
	end := bytes.IndexByte(p[:n], '\n')
	switch {
	case end >= 0:
		n, f.whole = end+1, true
	case len(f.line)+n >= maxLine && n > 0:
		p[n-1], f.whole = '\n', true
	}
	f.line = append(f.line, p[:n]...)
	f.ended = err != nil
	return n, err
}

func (f *firstLine) get() (line string, whole, ended bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.TrimSpace(string(f.line)), f.whole, f.ended
}

// handshakeVersion gives the protocol version in a handshake, or false if line is
// none: core version, protocol version, network, address, kind of connection.
func handshakeVersion(line string) (version string, ok bool) {
	parts := strings.Split(line, "|")
	if len(parts) < 5 {
		return "", false
	}
	for _, number := range parts[:2] {
		if _, err := strconv.Atoi(number); err != nil {
			return "", false
		}
	}
	return parts[1], true
}

func versionTexts() []string {
	_, _, versions := Handshake()
	list := make([]string, len(versions))
	for i, v := range versions {
		list[i] = strconv.Itoa(v)
	}
	return list
}

// clip shortens a foreign line for a message.
func clip(line string) string {
	const most = 80
	if len(line) <= most {
		return line
	}
	return line[:most] + "…"
}
