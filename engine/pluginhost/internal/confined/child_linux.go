package confined

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

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

// Start starts the process.
func (c *Child) Start(env []string) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	c.lifeline = write
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
		err = c.cmd.Start()
	}
	if err != nil {
		c.started <- err
		return
	}
	pid := c.cmd.Process.Pid
	_ = unix.Prlimit(pid, unix.RLIMIT_CORE, &unix.Rlimit{}, nil)
	c.mu.Lock()
	c.pid, c.number = pid, pid
	c.mu.Unlock()
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
