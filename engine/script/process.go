package script

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/fault"
)

const (
	// startLimit is how long a worker may take to answer hello.
	startLimit = 20 * time.Second
	// stopLimit is how long an idle worker may take to leave.
	stopLimit = 2 * time.Second
	// maxLastWords is how much of a dying worker's standard error is kept.
	maxLastWords = 4 << 10
)

// process is one worker. It belongs to one call at a time; only kill may come
// from elsewhere.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	words  *lastWords
	buffer []byte
	frame  frame
	known  map[string]bool // scripts it was sent
	calls  int
	idle   *time.Timer

	mu     sync.Mutex
	waited bool
}

// death is why a worker is gone.
type death struct {
	late   bool   // it was killed because a call took too long
	reused bool   // it had answered calls before
	words  string // the beginning of its standard error
	state  string
}

// launcher starts processes on one thread that lives as long as the pool: the
// death signal of a child is tied to the thread that started it.
type launcher struct {
	jobs chan launch
	done chan struct{}
}

type launch struct {
	cmd *exec.Cmd
	err chan error
}

func newLauncher() *launcher {
	l := &launcher{jobs: make(chan launch), done: make(chan struct{})}
	go func() {
		defer close(l.done)
		runtime.LockOSThread()
		for job := range l.jobs {
			job.err <- job.cmd.Start()
		}
	}()
	return l
}

func (l *launcher) start(cmd *exec.Cmd) error {
	job := launch{cmd: cmd, err: make(chan error, 1)}
	l.jobs <- job
	return <-job.err
}

// close must not be called while a start is under way.
func (l *launcher) close() {
	close(l.jobs)
	<-l.done
}

// spawn starts a worker and gives it its limits.
func spawn(ctx context.Context, l *launcher, command []string, limits hello) (*process, ready, error) {
	cmd := exec.Command(command[0], command[1:]...) //nolint:gosec,noctx // our own binary; ctx ends the call, not the worker
	cmd.Env = []string{}
	cmd.Dir = "/"
	cmd.WaitDelay = stopLimit
	separate(cmd)
	p := &process{cmd: cmd, words: &lastWords{}, known: map[string]bool{}}
	cmd.Stderr = p.words
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, ready{}, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, ready{}, err
	}
	p.in, p.out = in, bufio.NewReaderSize(out, 64<<10)
	if err := l.start(cmd); err != nil {
		return nil, ready{}, err
	}
	var greeted ready
	gone, err := p.exchange(ctx, startLimit, limits.frame(), func(answer fields) (err error) {
		greeted, err = readReady(answer)
		return err
	})
	if err != nil {
		if gone.words != "" || gone.state != "" {
			err = errors.Join(err, errors.New(gone.state+" "+firstLine(gone.words)))
		}
		return nil, ready{}, err
	}
	return p, greeted, nil
}

// exchange sends a frame and reads the answer. When it fails the worker is gone.
func (p *process) exchange(ctx context.Context, limit time.Duration, f frame, read func(fields) error) (death, error) {
	timer := time.AfterFunc(limit, p.kill)
	stop := context.AfterFunc(ctx, p.kill)
	err := f.send(p.in)
	if err == nil {
		var answer fields
		if answer, p.buffer, err = receive(p.out, p.buffer); err == nil {
			err = read(answer)
		}
	}
	// A worker that answered while it was being killed is as dead as any.
	late, cancelled := !timer.Stop(), !stop()
	if err == nil && !late && !cancelled {
		return death{}, nil
	}
	p.kill()
	state := p.wait()
	switch {
	case cancelled:
		err = context.Cause(ctx)
	case late:
		err = context.DeadlineExceeded
	}
	return death{late: late, reused: p.calls > 1, words: p.words.String(), state: state}, err
}

// kill ends the process group at once. It is safe at any time.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	// Once it was waited for, its number may be another process's.
	if !p.waited {
		killGroup(p.cmd)
	}
}

// wait reaps the process, which must have been killed.
func (p *process) wait() string {
	p.mu.Lock()
	p.waited = true
	p.mu.Unlock()
	_ = p.in.Close() // the other end is gone
	if err := p.cmd.Wait(); err != nil {
		return err.Error()
	}
	return p.cmd.ProcessState.String()
}

// leave lets an idle worker end by itself.
func (p *process) leave() {
	_ = p.in.Close() // this is the sign to leave
	timer := time.AfterFunc(stopLimit, p.kill)
	_, _ = io.Copy(io.Discard, p.out) // ends when the worker does
	timer.Stop()
	p.wait()
}

// fault blames the worker's death on a document.
func (d death) fault(kill time.Duration) *fault.Fault {
	switch {
	case d.late, strings.Contains(d.words, "SIGXCPU"):
		return fault.New("script.timeout", "the script ran longer than %s and was stopped", kill).
			Hinted("Look for a loop without end, a regular expression with a back-reference, or very large arrays and texts.").
			Classed(fault.Data)
	case strings.Contains(d.words, "out of memory"), strings.Contains(d.words, "cannot allocate memory"):
		return fault.New("script.memory", "the script used more memory than it may").
			Hinted("Look for arrays or texts that grow without end.").Classed(fault.Data)
	default:
		return fault.New("script.crashed", "the script's process died on this document").
			Hinted("Deeply nested source text made by the script itself is a known cause.").Classed(fault.Data)
	}
}

// lastWords keeps the beginning of what is written to it.
type lastWords struct {
	mu   sync.Mutex
	text []byte
}

// Write never fails.
func (w *lastWords) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if room := maxLastWords - len(w.text); room > 0 {
		w.text = append(w.text, p[:min(room, len(p))]...)
	}
	return len(p), nil
}

func (w *lastWords) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.text)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
