package confined

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/karezflow/karez/engine/pluginhost/internal/jail"
	"github.com/karezflow/karez/sdk/protocol"
)

// Child is a confined process: a group of its own that is killed as a whole, no way
// to gain privileges, no core dump with secrets in it, and no life after the
// engine's, however that ends.
type Child struct {
	cmd *exec.Cmd
	out *io.PipeReader
	// started carries the result of the start, ended the exit status.
	started, ended chan error
	// lifeline is the engine's end of a pipe whose other end the process holds.
	lifeline *os.File
	attends  bool
	// spec is how the process is jailed, nil for not at all; report is what came of it.
	spec   *jail.Spec
	report jail.Report

	mu sync.Mutex
	// pid is set while the group can be killed by it.
	pid, number int
}

// New gives a process that runs path with args in the folder home with exactly the
// variables env, its standard error copied to stderr and its input empty.
func New(path, home string, args, env []string, stderr io.Writer) *Child {
	cmd := exec.Command(path, args...) //nolint:gosec,noctx // the caller verified it; Kill ends it
	cmd.Dir = home
	cmd.Env = append([]string{}, env...)
	// Something that escaped from the group may hold the output; it is not waited for.
	cmd.WaitDelay = time.Second
	cmd.Stderr = stderr
	// The signal comes when the thread that started the process ends, which with an
	// engine that is killed is at once. SIGKILL would leave the process no moment to
	// end what it started itself; the lifeline is there for one that ignores this.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	return &Child{cmd: cmd, started: make(chan error, 1), ended: make(chan error, 1)}
}

// Attend gives the process an input that ends when the engine ends, instead of an
// empty one. It is called before Start.
func (c *Child) Attend() { c.attends = true }

// Jails says that this system can confine a process.
const Jails = true

// Jail has the process confined by s before its program begins; it may change the folder of
// its sockets besides. It is called before Start.
func (c *Child) Jail(s jail.Spec) { c.spec = &s }

// Report tells, after Start, what confines the process.
func (c *Child) Report() jail.Report { return c.report }

// Start starts the process.
func (c *Child) Start(env []string) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	c.lifeline = write
	if c.spec != nil {
		for _, v := range env {
			if dir, ok := strings.CutPrefix(v, socketsKey); ok {
				c.spec.Write = append(c.spec.Write, dir)
			}
		}
	}
	c.cmd.ExtraFiles = []*os.File{read}
	if c.attends {
		c.cmd.Stdin = read
	}
	c.cmd.Env = append(append(c.cmd.Env, env...), protocol.LifelineKey+"=3")
	out, in := io.Pipe()
	c.out, c.cmd.Stdout = out, in
	go c.live(in)
	err = <-c.started
	_ = read.Close()
	return err
}

// live is the process's life. It keeps its thread, on which the signal at the
// parent's death and the renunciation of privileges depend, and the thread ends
// with it.
func (c *Child) live(stdout io.Closer) {
	runtime.LockOSThread()
	defer func() {
		_ = c.lifeline.Close()
		_ = stdout.Close()
	}()
	err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	if err == nil {
		err = c.begin()
	}
	if err != nil {
		c.started <- err
		return
	}
	pid := c.cmd.Process.Pid
	c.started <- nil

	// Until the process is waited for its number is not given to another one, and
	// neither is its group's: what it left behind can be killed safely.
	for errors.Is(unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil), unix.EINTR) {
	}
	_ = c.Kill()
	c.mu.Lock()
	c.pid = 0
	c.mu.Unlock()
	c.ended <- c.cmd.Wait()
}

// begin starts the program, in its jail if it has one. Where there can be none, and it is not
// required, the program starts without.
func (c *Child) begin() error {
	if c.spec == nil {
		c.report = jail.Report{InForce: without()}
		return c.launch()
	}
	plain := *c.cmd
	err := c.beginJailed()
	var none *noJailError
	if !errors.As(err, &none) || c.spec.Required {
		return err
	}
	c.cmd = &plain
	c.report = jail.Report{InForce: without()}
	for _, part := range []jail.Part{jail.Privileges, jail.Limits, jail.Files, jail.Processes, jail.Network} {
		c.report.Missing = append(c.report.Missing, jail.Missing{Part: part, Reason: none.Error()})
	}
	return c.launch()
}

// without are the parts that every process here has.
func without() []jail.Part { return []jail.Part{jail.Group, jail.Environment} }

// noJailError tells that this system lets nothing be jailed.
type noJailError struct{ error }

func (e *noJailError) Unwrap() error { return e.error }

// beginJailed starts what becomes the program, and waits until it has or could not.
func (c *Child) beginJailed() error {
	plain := c.cmd
	jailed, err := jail.Command(*c.spec, append([]string{plain.Path}, plain.Args[1:]...))
	if err != nil {
		return err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = read.Close() }()
	jailed.Dir, jailed.Env, jailed.Stdin, jailed.Stdout, jailed.Stderr = plain.Dir, plain.Env, plain.Stdin, plain.Stdout, plain.Stderr
	jailed.WaitDelay, jailed.SysProcAttr = plain.WaitDelay, plain.SysProcAttr
	jailed.ExtraFiles = append(append([]*os.File{}, plain.ExtraFiles...), write)
	c.cmd = jailed
	err = c.launch()
	_ = write.Close()
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		return &noJailError{err}
	}
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(read)
	for err == nil && lines.Scan() {
		var r jail.Report
		if err = json.Unmarshal(lines.Bytes(), &r); err == nil && r.Errno == 0 {
			c.report = r
		} else if err == nil {
			err = &os.PathError{Op: "exec", Path: plain.Path, Err: unix.Errno(r.Errno)}
		}
	}
	switch {
	case err != nil:
	case c.report.Refused:
		err = &NotJailedError{Missing: c.report.Missing}
	case c.report.InForce == nil:
		err = &noJailError{errors.New("what confines a connector did not start")}
	default:
		return nil
	}
	_ = c.Kill()
	c.mu.Lock()
	c.pid, c.number = 0, 0
	c.mu.Unlock()
	_ = c.cmd.Wait()
	return err
}

// launch starts the command and notes its number.
func (c *Child) launch() error {
	if err := c.cmd.Start(); err != nil {
		return err
	}
	pid := c.cmd.Process.Pid
	_ = unix.Prlimit(pid, unix.RLIMIT_CORE, &unix.Rlimit{}, nil)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pid, c.number = pid, pid
	return nil
}

// Stdout is the process's standard output.
func (c *Child) Stdout() io.Reader { return c.out }

// Wait returns when the process and its group are gone.
func (c *Child) Wait() error { return <-c.ended }

// Kill ends the process and its group at once.
func (c *Child) Kill() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pid == 0 {
		return nil
	}
	if err := unix.Kill(-c.pid, unix.SIGKILL); !errors.Is(err, unix.ESRCH) {
		return err
	}
	return nil
}

// PID is the process's number.
func (c *Child) PID() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.number
}

// Gone reports whether no process has this number.
func Gone(pid int) bool { return errors.Is(unix.Kill(pid, 0), unix.ESRCH) }

// Executable reports whether the file may be executed.
func Executable(_ string, info os.FileInfo) bool { return info.Mode().Perm()&0o111 != 0 }

var _ protocol.Child = (*Child)(nil)
