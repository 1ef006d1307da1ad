package script_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/script"
)

// workers lists the children of this process that are workers of p's command.
func workers(t *testing.T, marker string) []int {
	t.Helper()
	var pids []int
	entries, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		line, err := os.ReadFile(entry)
		if err != nil || !strings.HasSuffix(string(line), "script-worker\x00") || !strings.HasPrefix(string(line), marker+"\x00") {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(entry)))
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// ownCommand gives a command whose processes can be told from other tests'.
func ownCommand(t *testing.T) []string {
	t.Helper()
	self, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "karez")
	if err := os.Symlink(self, link); err != nil {
		t.Fatal(err)
	}
	return []string{link, "script-worker"}
}

func TestWorkersAreLockedIn(t *testing.T) {
	t.Parallel()

	var log bytes.Buffer
	command := ownCommand(t)
	p := newPool(t, func(c *script.Config) { c.Command, c.Log = command, slog.New(slog.NewTextHandler(&log, nil)) })
	compile(t, p, "function transform(doc) {}")
	pids := workers(t, command[0])
	if len(pids) != 1 {
		t.Fatalf("%d workers", len(pids))
	}
	dir := "/proc/" + strconv.Itoa(pids[0])
	if environ, err := os.ReadFile(dir + "/environ"); err != nil || len(environ) != 0 {
		t.Errorf("environment %q, %v", environ, err)
	}
	if group, err := syscall.Getpgid(pids[0]); err != nil || group != pids[0] {
		t.Errorf("process group %d, %v", group, err)
	}
	if cwd, err := os.Readlink(dir + "/cwd"); err != nil || cwd != "/" {
		t.Errorf("working directory %s, %v", cwd, err)
	}
	threads, err := filepath.Glob(dir + "/task/*/status")
	if err != nil || len(threads) == 0 {
		t.Fatalf("no threads: %v", err)
	}
	for _, thread := range threads {
		status, err := os.ReadFile(thread)
		if err != nil {
			continue // threads come and go
		}
		if !strings.Contains(string(status), "NoNewPrivs:\t1\n") || !strings.Contains(string(status), "Seccomp:\t2\n") {
			t.Errorf("%s is not locked in", thread)
		}
	}
	limits, err := os.ReadFile(dir + "/limits")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Max open files            16 ", "Max core file size        0 ", "Max file size             0 "} {
		if !strings.Contains(string(limits), want) {
			t.Errorf("limits miss %q", want)
		}
	}
	for _, resource := range []string{"Max address space         unlimited", "Max cpu time              unlimited"} {
		if strings.Contains(string(limits), resource) {
			t.Errorf("limits have %q", resource)
		}
	}
	if strings.Contains(log.String(), "without some protections") {
		t.Error(log.String())
	}
}

func TestRecycleAndIdle(t *testing.T) {
	t.Parallel()

	command := ownCommand(t)
	p := newPool(t, func(c *script.Config) { c.Command, c.Recycle = command, 3 })
	s := compile(t, p, "function transform(doc) { return doc }") // the first call
	first := workers(t, command[0])
	run(t, s, numbered(1))
	if again := workers(t, command[0]); !cmp.Equal(first, again) {
		t.Errorf("worker %v was replaced by %v too early", first, again)
	}
	run(t, s, numbered(1))
	run(t, s, numbered(1))
	// The old worker may still be on its way out.
	second := slices.DeleteFunc(workers(t, command[0]), func(pid int) bool { return pid == first[0] })
	if len(second) != 1 {
		t.Errorf("worker %v was not replaced: %v", first, second)
	}

	brief := ownCommand(t)
	q := newPool(t, func(c *script.Config) { c.Command, c.Idle = brief, time.Millisecond })
	compile(t, q, "function transform(doc) {}")
	for len(workers(t, brief[0])) > 0 {
		runtime.Gosched() // until it has left; the test's own time limit is the bound
	}
	compile(t, q, "function transform(doc) {}")
}

// A worker that something else killed while it was idle is nobody's fault.
func TestWorkerKilledWhileIdle(t *testing.T) {
	t.Parallel()

	command := ownCommand(t)
	p := newPool(t, func(c *script.Config) { c.Command = command })
	s := compile(t, p, "function transform(doc) { return doc }")
	for _, batch := range []int{1, 3} {
		for _, pid := range workers(t, command[0]) {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
		for i, res := range run(t, s, numbered(batch)) {
			if res.Fault != nil {
				t.Errorf("document %d of %d: %v", i, batch, res.Fault)
			}
		}
	}
}

// probe goes through what a worker goes through and then tries what none needs.
func probe() int {
	if missing, err := script.LockIn(256 << 20); err != nil || len(missing) > 0 {
		fmt.Fprintln(os.Stderr, "lock in:", missing, err)
		return 1
	}
	attempts := map[string]func() error{
		"read a file":   func() error { _, err := os.ReadFile("/etc/passwd"); return err },
		"write a file":  func() error { return os.WriteFile("/tmp/karez-probe", nil, 0o600) },
		"remove a file": func() error { return os.Remove("/tmp/karez-probe") },
		"connect": func() error {
			c, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", "127.0.0.1:9")
			if err == nil {
				_ = c.Close()
			}
			return err
		},
		"start a program": func() error { return syscall.Exec("/bin/true", nil, nil) },
		"send a signal":   func() error { return syscall.Kill(os.Getppid(), 0) },
	}
	for name, try := range attempts {
		if err := try(); err == nil || !strings.Contains(err.Error(), "operation not permitted") {
			fmt.Fprintln(os.Stderr, name+":", err)
			return 1
		}
	}
	return 0
}

func TestLockedInProcessesCanDoNothing(t *testing.T) {
	t.Parallel()

	out, err := exec.CommandContext(t.Context(), os.Args[0], "probe").CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// parent runs a script that never ends in a worker that would not be killed for an hour.
func parent() int {
	p := script.NewPool(script.Config{Command: []string{os.Args[2], "script-worker"}, Wall: time.Hour, Kill: 2 * time.Hour})
	s, err := p.Compile(context.Background(), `function transform(doc) { for (;;) {} }`)
	if err != nil {
		return 1
	}
	_, _ = os.Stdout.WriteString("running\n")
	_, _ = s.Run(context.Background(), items(`{}`))
	return 0
}

func TestWorkersDieWithTheirParent(t *testing.T) {
	t.Parallel()

	command := ownCommand(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "parent", command[0])
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("running\n"))); err != nil {
		t.Fatal(err)
	}
	if n := len(workers(t, command[0])); n != 1 {
		t.Fatalf("%d workers", n)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	for len(workers(t, command[0])) > 0 {
		runtime.Gosched() // until it is gone; the test's own time limit is the bound
	}
}
