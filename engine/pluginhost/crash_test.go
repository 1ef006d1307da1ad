//go:build linux

package pluginhost_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/protocol/peer"
)

func TestACrashDuringACall(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	install(t, r.dir, "bad", trailer{Mode: "writer"})
	install(t, r.dir, "good", trailer{})
	bad, good := r.session(t, "bad"), r.session(t, "good")
	goodPID := askNumber(t, good, "pid")
	for _, operation := range []string{"exit", "crash"} {
		pid := askNumber(t, bad, "pid")
		f := fails(t, t.Context(), bad, operation)
		if f.Code != peer.CodeCrashed || f.Class != fault.Transient || f.NotApplied {
			t.Errorf("%s = %+v", operation, f)
		}
		e := r.await(t, pluginhost.Crashed, "bad")
		if e.PID != pid || e.Version != "1.0.0" || e.Reason == nil {
			t.Errorf("event = %+v", e)
		}
		if operation == "crash" && (!strings.Contains(e.Reason.Hint, "all is lost, token ***") || strings.Contains(e.Reason.Hint, "T0P-secret")) {
			t.Errorf("the reason lacks the last words, or shows the secret: %+v", e.Reason)
		}
		// Past the wait that follows a second crash.
		r.clock.Pass(time.Minute)
		replaced(t, bad, pid)
	}
	// A write that met the end may have been applied.
	_, err := bad.(connector.Writer).Write(t.Context(), connector.Batch{Operation: "exit", Keys: []string{"k"}})
	if f := fault.From(err); f.Code != peer.CodeCrashed || f.NotApplied {
		t.Errorf("Write = %+v", f)
	}
	kept(t, good, goodPID)
}

func TestEveryCallInAKilledProcessFails(t *testing.T) {
	t.Parallel()
	r, s, pid := running(t, nil, trailer{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, err := s.Query(t.Context(), connector.QueryRequest{Operation: "wait"})
			if f := fault.From(err); f.Code != peer.CodeCrashed {
				t.Errorf("Query = %+v", f)
			}
		})
	}
	for range 8 {
		if line := <-r.hosts.lines; line != "waiting" {
			t.Errorf("line = %q", line)
		}
	}
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	replaced(t, s, pid)
	if e := r.await(t, pluginhost.Crashed, "one"); e.PID != pid {
		t.Errorf("event = %+v", e)
	}
}

func TestACrashBetweenCalls(t *testing.T) {
	t.Parallel()
	r, s, pid := running(t, nil, trailer{})
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	r.await(t, pluginhost.Crashed, "one")
	replaced(t, s, pid)
}

// F22: a connector that ends at each start is paused, told of, and tried again.
func TestACrashLoopIsPaused(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *pluginhost.Config) {
		c.Restart = pluginhost.Restart{First: time.Second, Most: 10 * time.Second, Crashes: 3, Within: time.Hour, Pause: 10 * time.Minute}
	})
	install(t, r.dir, "exit", trailer{Mode: "exit"})
	attempt := func() *fault.Fault {
		_, err := r.Session(t.Context(), "exit", "", connector.Account{})
		return fault.From(err)
	}
	for range 2 {
		if f := attempt(); f.Code != "plugin.start_failed" || !f.NotApplied {
			t.Fatalf("attempt = %+v", f)
		}
		r.await(t, pluginhost.StartFailed, "exit")
	}
	f := attempt()
	if f.Code != pluginhost.CodePaused || f.Class != fault.Transient || !f.NotApplied || f.RetryAfter <= 0 || f.RetryAfter > 2*time.Second {
		t.Errorf("after two crashes = %+v, want a short wait", f)
	}
	r.clock.Pass(f.RetryAfter)
	_ = attempt()
	if e := r.await(t, pluginhost.Paused, "exit"); e.Reason == nil || e.Reason.RetryAfter != 10*time.Minute {
		t.Errorf("event = %+v", e)
	}
	r.clock.Pass(9 * time.Minute)
	if f := attempt(); f.Code != pluginhost.CodePaused || f.RetryAfter != time.Minute {
		t.Errorf("during the pause = %+v", f)
	}
	list, err := r.List(t.Context())
	if err != nil || list[0].Fault == nil || list[0].Fault.Code != "plugin.start_failed" {
		t.Errorf("List = %+v, %v, want the reason of the crashes", list, err)
	}
	r.clock.Pass(time.Minute)
	if f := attempt(); f.Code != "plugin.start_failed" {
		t.Errorf("after the pause = %+v, want another attempt", f)
	}
}

// A connector that worked before and does not start again passes by itself, maybe.
func TestARestartThatFailsIsTransient(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	install(t, r.dir, "one", trailer{Mode: "exit-later"})
	s := r.session(t, "one")
	_ = fails(t, t.Context(), s, "exit")
	f := fails(t, t.Context(), s, "echo")
	if f.Code != "plugin.start_failed" || f.Class != fault.Transient || !f.NotApplied {
		t.Errorf("restart = %+v", f)
	}
	list, err := r.List(t.Context())
	if err != nil || list[0].Manifest == nil || list[0].Fault == nil || list[0].Fault.Code != pluginhost.CodePaused {
		t.Errorf("List = %+v, %v, want it paused", list, err)
	}
}

// F18: the call ends with its deadline; the process that works on is replaced once
// its other calls are done, and killed.
func TestACallThatNeverEnds(t *testing.T) {
	t.Parallel()
	r, s, pid := running(t, func(c *pluginhost.Config) {
		c.Timing.Overdue = 50 * time.Millisecond
		c.Timing.Health = 100 * time.Millisecond
	}, trailer{Mode: "writer"})
	finish := r.occupy(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	f := fails(t, ctx, s, "hang")
	if f.Code != peer.CodeTimeout || f.Class != fault.Transient || f.NotApplied || !errors.Is(f, context.DeadlineExceeded) {
		t.Errorf("hang = %+v", f)
	}
	r.await(t, pluginhost.Replaced, "one")
	replaced(t, s, pid)
	if !lives(pid) {
		t.Error("the process was ended under its other call")
	}
	finish()
	if e := r.await(t, pluginhost.Stopped, "one"); e.PID != pid || lives(pid) {
		t.Errorf("event = %+v, the process lives: %v", e, lives(pid))
	}
}

// A call that ends with its context is no reason to replace anything.
func TestACancelledCallLeavesTheProcess(t *testing.T) {
	t.Parallel()
	_, s, pid := running(t, func(c *pluginhost.Config) {
		c.Timing.Overdue = 20 * time.Millisecond
		c.Timing.Health = 20 * time.Millisecond
	}, trailer{})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_ = fails(t, ctx, s, "wait")
	flag := filepath.Join(ask(t, s, "cwd"), "go-on")
	time.AfterFunc(200*time.Millisecond, func() { _ = os.WriteFile(flag, nil, 0o600) })
	if _, err := s.Query(t.Context(), connector.QueryRequest{Operation: "until", Params: []byte(flag)}); err != nil {
		t.Fatal(err)
	}
	kept(t, s, pid)
}

func TestAFrozenProcessIsKilled(t *testing.T) {
	t.Parallel()
	r, s, pid := running(t, func(c *pluginhost.Config) {
		c.Timing.Health = 50 * time.Millisecond
		c.Timing.Answer = 500 * time.Millisecond
	}, trailer{})
	f := fails(t, t.Context(), s, "stop")
	if f.Code != peer.CodeCrashed || f.NotApplied {
		t.Errorf("a call in a frozen process = %+v", f)
	}
	if e := r.await(t, pluginhost.Crashed, "one"); e.PID != pid || e.Reason.Code != peer.CodeTimeout {
		t.Errorf("event = %+v", e)
	}
	replaced(t, s, pid)
}

// F20: what a process prints costs neither memory nor log. Not parallel: the memory
// of others would be counted.
func TestAFloodOfOutput(t *testing.T) {
	r := newRig(t, nil)
	install(t, r.dir, "one", trailer{})
	s := r.session(t, "one")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if got := ask(t, s, "flood"); got != "flood" {
		t.Errorf("flood = %q", got)
	}
	r.close(t)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("the engine grew by %d bytes", grown)
	}
	log := r.log.String()
	if lines := strings.Count(log, "the same line again"); lines == 0 || lines > 300 {
		t.Errorf("%d lines were logged", lines)
	}
	if !strings.Contains(log, "lines were dropped") || !strings.Contains(log, "cut=true") || len(log) > 1<<20 {
		t.Errorf("the log of %d bytes tells nothing of what is missing", len(log))
	}
}

// F21: an answer over the cap is refused with its size; the process lives on.
func TestAHugeAnswer(t *testing.T) {
	t.Parallel()
	_, s, pid := running(t, nil, trailer{})
	f := fails(t, t.Context(), s, "huge")
	if f.Code != peer.CodeMessageTooLarge || f.Args["bytes"] == "" {
		t.Errorf("huge = %+v", f)
	}
	kept(t, s, pid)
}

// F24: a connector that starts others and ignores signals leaves nothing behind, though
// nothing confines it but its group.
func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	pidsOf := func(t *testing.T, s connector.Session) []int {
		t.Helper()
		return []int{askNumber(t, s, "pid"), askNumber(t, s, "fork")}
	}
	ends := map[string]func(*testing.T, *rig) []int{
		"close": func(t *testing.T, r *rig) []int {
			t.Helper()
			pids := pidsOf(t, r.session(t, "immortal"))
			r.close(t)
			return pids
		},
		"crash": func(t *testing.T, r *rig) []int {
			t.Helper()
			s := r.session(t, "immortal")
			pids := pidsOf(t, s)
			_ = fails(t, t.Context(), s, "exit")
			return pids
		},
		"engine killed": func(t *testing.T, r *rig) []int {
			t.Helper()
			engine, pids := startEngine(t, r.dir, "immortal", pluginhost.Unconfined, "pid", "fork")
			for _, pid := range pids {
				if !lives(pid) {
					t.Errorf("the process %d ended too early", pid)
				}
			}
			if err := engine.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = engine.Wait()
			return pids
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(c *pluginhost.Config) { c.Confinement = pluginhost.Unconfined })
			install(t, r.dir, "immortal", trailer{Mode: "immortal"})
			pids := end(t, r)
			if len(pids) != 2 {
				t.Fatalf("processes = %v", pids)
			}
			for _, pid := range pids {
				awaitEnd(t, pid)
			}
		})
	}
}

func TestAnUpgradeDrains(t *testing.T) {
	t.Parallel()
	r, s, pid := running(t, nil, trailer{Version: "1.0.0"})
	home := ask(t, s, "cwd")
	finish := r.occupy(t, s)
	install(t, r.dir, "one", trailer{Version: "1.1.0", Mode: "writer"})
	list, err := r.List(t.Context())
	if err != nil || len(list) != 1 || list[0].Version != "1.1.0" {
		t.Fatalf("List = %+v, %v", list, err)
	}
	if health, err := s.Check(t.Context()); err != nil || health.Account != "c1@1.1.0" {
		t.Errorf("a call after the upgrade is served by %q, %v", health.Account, err)
	}
	if !lives(pid) {
		t.Error("the old process was ended under its call")
	}
	finish()
	if line := <-r.hosts.lines; line != "closed" {
		t.Errorf("the old session was not closed: %q", line)
	}
	awaitEnd(t, pid)
	r.close(t)
	if _, err := os.Stat(home); !os.IsNotExist(err) {
		t.Errorf("the old copy is still there: %v", err)
	}
}

func TestARemovedConnectorIsMissing(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	path := install(t, r.dir, "one", trailer{})
	s := r.session(t, "one")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if list, err := r.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("List = %+v, %v", list, err)
	}
	// The open session waits for it; who opens a new one is told that it is not there.
	if f := fails(t, t.Context(), s, "echo"); f.Code != pluginhost.CodeMissing || !f.NotApplied || f.Class != fault.Transient {
		t.Errorf("a call = %+v", f)
	}
	_, err := r.Session(t.Context(), "one", "", connector.Account{})
	if f := fault.From(err); f.Code != pluginhost.CodeMissing || f.Class != fault.Config {
		t.Errorf("a new session = %+v", f)
	}
	install(t, r.dir, "one", trailer{})
	if list, err := r.List(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("List = %+v, %v", list, err)
	}
	if got := ask(t, s, "echo"); got != "echo" {
		t.Errorf("once it is there again the session answers %q", got)
	}
}

// TestAConnectorThatMayNotRunIsWaitedFor: after an upgrade its file lacks the permission.
func TestAConnectorThatMayNotRunIsWaitedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	install(t, r.dir, "one", trailer{Version: "1.0.0"})
	s := r.session(t, "one")
	path := install(t, r.dir, "one", trailer{Version: "1.1.0"})
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f := fails(t, t.Context(), s, "echo"); f.Code != pluginhost.CodeNotExecutable || !f.NotApplied || f.Class != fault.Transient {
		t.Errorf("a call = %+v", f)
	}
}

func TestAnIdleProcessRests(t *testing.T) {
	t.Parallel()
	r, s, pid := running(t, func(c *pluginhost.Config) {
		c.Timing.Health = 10 * time.Millisecond
		c.Timing.Idle = 5 * time.Minute
	}, trailer{})
	r.clock.Pass(4 * time.Minute)
	kept(t, s, pid)
	r.clock.Pass(5 * time.Minute)
	if e := r.await(t, pluginhost.Stopped, "one"); e.PID != pid || e.Reason != nil {
		t.Errorf("event = %+v", e)
	}
	replaced(t, s, pid)
}

func TestCloseLetsCallsFinish(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	install(t, r.dir, "one", trailer{})
	s := r.session(t, "one")
	finish := r.occupy(t, s)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		r.Close(context.Background())
	}()
	r.await(t, pluginhost.Replaced, "one")
	if f := fails(t, t.Context(), s, "echo"); f.Code != pluginhost.CodeClosed || !f.NotApplied {
		t.Errorf("a call while closing = %+v", f)
	}
	if _, err := r.Session(t.Context(), "one", "", connector.Account{}); fault.CodeOf(err) != pluginhost.CodeClosed {
		t.Errorf("a session while closing = %v", err)
	}
	if _, err := r.List(t.Context()); fault.CodeOf(err) != pluginhost.CodeClosed {
		t.Errorf("a list while closing = %v", err)
	}
	select {
	case <-closed:
		t.Error("Close did not wait for the call")
	default:
	}
	finish()
	<-closed
}

func TestCloseWithoutPatience(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	install(t, r.dir, "one", trailer{})
	install(t, r.dir, "slow", trailer{Mode: "silent"})
	s := r.session(t, "one")
	failed := make(chan *fault.Fault, 2)
	go func() {
		_, err := s.Query(t.Context(), connector.QueryRequest{Operation: "hang"})
		failed <- fault.From(err)
	}()
	<-r.hosts.lines
	go func() {
		_, err := r.Session(t.Context(), "slow", "", connector.Account{})
		failed <- fault.From(err)
	}()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.Close(ctx)
	for range 2 {
		if f := <-failed; f.Class != fault.Transient {
			t.Errorf("a call under Close = %+v", f)
		}
	}
}

// A caller who gives up during a start leaves the start to the others.
func TestAStartGivenUpByOne(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *pluginhost.Config) { c.Timing.Start = time.Second })
	install(t, r.dir, "slow", trailer{Mode: "silent"})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := r.Session(ctx, "slow", "", connector.Account{})
	if f := fault.From(err); f.Code != peer.CodeTimeout || !f.NotApplied {
		t.Errorf("Session = %+v", f)
	}
	if e := r.await(t, pluginhost.StartFailed, "slow"); !strings.Contains(e.Reason.Message, "not ready within 1s") {
		t.Errorf("event = %+v", e)
	}
}
