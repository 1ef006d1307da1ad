// Package process starts programs and tells what they and all their descendants used:
// processor time and memory. It reads /proc of Linux.
//
// It may import the standard library only.
package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// tick is the unit of /proc's processor times on Linux, whatever the kernel's own is.
const tick = 10 * time.Millisecond

// Tree is a program that runs, with its descendants.
type Tree struct {
	cmd       *exec.Cmd
	out, errs *Output
	// ended is closed when the program is gone; err is why, then.
	ended chan struct{}
	err   error

	mu     sync.Mutex
	peak   int
	course []Sample
}

// Sample is the memory of all processes at a moment.
type Sample struct {
	After time.Duration
	KiB   int
}

// Start starts a program and looks at its memory from time to time.
func Start(ctx context.Context, clock func() time.Time, look time.Duration, env []string, name string, args ...string) (*Tree, error) {
	t := &Tree{cmd: exec.CommandContext(ctx, name, args...), out: newOutput(), errs: newOutput(), ended: make(chan struct{})} //nolint:gosec // the caller names the program
	t.cmd.Env, t.cmd.Stdout, t.cmd.Stderr = append(os.Environ(), env...), t.out, t.errs
	t.cmd.Cancel = func() error { return t.cmd.Process.Signal(os.Interrupt) }
	t.cmd.WaitDelay = 20 * time.Second
	if err := t.cmd.Start(); err != nil {
		return nil, err
	}
	started := clock()
	go func() {
		t.err = t.cmd.Wait()
		close(t.ended)
	}()
	go func() {
		ticker := time.NewTicker(look)
		defer ticker.Stop()
		for {
			select {
			case <-t.ended:
				return
			case <-ticker.C:
				t.look(clock().Sub(started))
			}
		}
	}()
	return t, nil
}

func (t *Tree) look(after time.Duration) {
	sum := 0
	for _, p := range tree(t.cmd.Process.Pid) {
		sum += memory(p.pid)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.peak = max(t.peak, sum)
	t.course = append(t.course, Sample{after, sum})
}

// Out gives what the program wrote so far.
func (t *Tree) Out() []byte { return t.out.Bytes() }

// Line waits for the first line that the program writes.
func (t *Tree) Line(ctx context.Context) ([]byte, error) { return t.out.line(ctx, t.ended) }

// Interrupt asks the program to end.
func (t *Tree) Interrupt() error { return t.cmd.Process.Signal(os.Interrupt) }

// Wait waits for the program's end. Its error has what the program wrote.
func (t *Tree) Wait() error {
	<-t.ended
	if t.err != nil {
		return fmt.Errorf("%s: %w\n%s%s", filepath.Base(t.cmd.Path), t.err, t.out.Bytes(), t.errs.Bytes())
	}
	return nil
}

// CPU gives the processor time that the tree has used so far.
func (t *Tree) CPU() (used time.Duration) {
	for _, p := range tree(t.cmd.Process.Pid) {
		used += p.used
	}
	return used
}

// Total gives the processor time of the program that ended and of all it waited for.
func (t *Tree) Total() time.Duration {
	return t.cmd.ProcessState.UserTime() + t.cmd.ProcessState.SystemTime()
}

// Memory gives the most memory of all processes together, in KiB, and its course.
func (t *Tree) Memory() (peak int, course []Sample) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.peak, t.course
}

type process struct {
	pid  int
	used time.Duration
}

// tree lists a process and its descendants.
func tree(root int) []process {
	children := map[int][]process{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is good
	var found []process
	for _, file := range stats {
		text, err := os.ReadFile(file) //nolint:gosec // of this system
		if err != nil {
			continue // it ended meanwhile
		}
		pid, parent, used := parse(string(text))
		if pid == root {
			found = append(found, process{pid, used})
		}
		children[parent] = append(children[parent], process{pid, used})
	}
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i].pid]...)
	}
	return found
}

// parse reads a line of proc(5): pid, the name in brackets, state, parent, and from the
// 14th field on the ticks of the process and of the children that it waited for.
func parse(stat string) (pid, parent int, used time.Duration) {
	name := strings.LastIndexByte(stat, ')')
	if name < 0 {
		return 0, 0, 0
	}
	pid, _ = strconv.Atoi(stat[:strings.IndexByte(stat, ' ')])
	fields := strings.Fields(stat[name+1:])
	if len(fields) < 15 {
		return 0, 0, 0
	}
	parent, _ = strconv.Atoi(fields[1])
	for _, text := range fields[11:15] {
		n, _ := strconv.Atoi(text)
		used += time.Duration(n) * tick
	}
	return pid, parent, used
}

// memory gives the proportional set size of a process in KiB: pages that several
// processes share count once over all of them.
func memory(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			return n
		}
	}
	return 0
}
