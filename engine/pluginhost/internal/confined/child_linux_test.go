package confined_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/karezflow/karez/engine/pluginhost/internal/confined"
	"github.com/karezflow/karez/engine/pluginhost/internal/jail"
	"github.com/karezflow/karez/engine/sysfilter"
	"github.com/karezflow/karez/sdk/leaktest"
)

// roleKey makes this test binary play the confined process.
const roleKey = "KAREZ_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleKey) {
	case "":
		leaktest.Main(m)
	case "exit 3":
		os.Exit(3)
	case "family", "family that leaves":
		// A child in the group and one that escaped from it; both hold the output
		// and ignore what can be ignored.
		for _, role := range []string{"sleep", "escape"} {
			cmd := exec.Command(os.Args[0])
			cmd.Env = []string{roleKey + "=sleep"}
			cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
			if role == "escape" {
				cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			}
			if err := cmd.Start(); err != nil {
				panic(err)
			}
			_, _ = fmt.Fprintln(os.Stdout, cmd.Process.Pid)
		}
		if os.Getenv(roleKey) == "family" {
			time.Sleep(time.Hour)
		}
	case "sleep":
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		time.Sleep(time.Hour)
	case "old kernel":
		oldKernel()
	case "env":
		_, _ = fmt.Fprint(os.Stdout, strings.Join(os.Environ(), "\n"))
	}
}

func role(t *testing.T, role string, stderr io.Writer) *confined.Child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return confined.New(self, t.TempDir(), nil, []string{roleKey + "=" + role}, stderr)
}

func TestExitStatus(t *testing.T) {
	t.Parallel()
	c := role(t, "exit 3", io.Discard)
	if err := c.Kill(); err != nil || c.PID() != 0 {
		t.Errorf("before the start: Kill = %v, PID = %d", err, c.PID())
	}
	if err := c.Start(nil); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(c.Stdout()); len(rest) != 0 || err != nil {
		t.Errorf("output = %q, %v", rest, err)
	}
	var exit *exec.ExitError
	if err := c.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("Wait = %v", err)
	}
	if err := c.Kill(); err != nil {
		t.Errorf("Kill after the end = %v", err)
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	c := role(t, "env", io.Discard)
	if err := c.Start([]string{"GIVEN=at the start"}); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(c.Stdout())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if want := roleKey + "=env\nGIVEN=at the start\nKAREZ_LIFELINE=3"; string(text) != want {
		t.Errorf("environment = %q, want %q", text, want)
	}
}

func TestFilesThatCannotRun(t *testing.T) {
	t.Parallel()
	text := t.TempDir() + "/text"
	// A fork elsewhere must not inherit the file while it is open for writing.
	syscall.ForkLock.RLock()
	err := os.WriteFile(text, []byte("words"), 0o700)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{text: syscall.ENOEXEC, text + "-missing": os.ErrNotExist} {
		c := confined.New(path, t.TempDir(), nil, nil, io.Discard)
		if err := c.Start(nil); !errors.Is(err, want) {
			t.Errorf("Start(%s) = %v, want %v", path, err, want)
		}
	}
}

// The end of the process, by itself or by force, is the end of its group and of its
// output, though a child escaped and holds that.
func TestTheEndOfAFamily(t *testing.T) {
	t.Parallel()
	for _, family := range []string{"family", "family that leaves"} {
		t.Run(family, func(t *testing.T) {
			t.Parallel()
			endOfAFamily(t, family)
		})
	}
}

func endOfAFamily(t *testing.T, family string) {
	t.Helper()
	c := role(t, family, io.Discard)
	if err := c.Start(nil); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(c.Stdout())
	var pids [2]int
	for i := range pids {
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if pids[i], err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
			t.Fatal(err)
		}
	}
	sleeper, err := unix.PidfdOpen(pids[0], 0)
	if err != nil && !errors.Is(err, unix.ESRCH) {
		t.Fatal(err)
	}
	watched := err == nil
	defer func() { _ = unix.Kill(pids[1], unix.SIGKILL) }()
	var wg sync.WaitGroup
	if family == "family" {
		if confined.Gone(c.PID()) {
			t.Error("the process is gone before its end")
		}
		for range 4 {
			wg.Go(func() { _ = c.Kill() })
		}
	}
	_ = c.Wait()
	wg.Wait()
	if _, err := io.ReadAll(out); err != nil {
		t.Errorf("the output ends with %v", err)
	}
	if !confined.Gone(c.PID()) {
		t.Error("the process was not waited for")
	}
	if !watched {
		// It was gone before anyone looked.
		return
	}
	defer func() { _ = unix.Close(sleeper) }()
	if n, err := unix.Poll([]unix.PollFd{{Fd: int32(sleeper), Events: unix.POLLIN}}, 10_000); n != 1 || err != nil {
		t.Errorf("the child in the group lives (%v)", err)
	}
}

// oldKernel is an engine on a kernel that offers no landlock: it tells what confines a
// process there, and what comes of one that has to be confined.
func oldKernel() {
	if err := sysfilter.Install([]sysfilter.Call{{Number: unix.SYS_LANDLOCK_CREATE_RULESET, Errno: unix.ENOSYS}}, true); err != nil {
		panic(err)
	}
	for _, required := range []bool{false, true} {
		c := confined.New(os.Args[0], os.TempDir(), nil, []string{roleKey + "=exit 3"}, io.Discard)
		c.Jail(jail.Spec{Read: []string{os.Args[0]}, Net: jail.NetNone, Open: 64, Required: required})
		err := c.Start(nil)
		if err == nil {
			_, _ = io.Copy(io.Discard, c.Stdout())
			err = c.Wait()
		}
		_, _ = fmt.Println(c.Report().Missing, err)
	}
}

// What can't be confined is told, and not started where it has to be confined.
func TestAnOldKernel(t *testing.T) {
	t.Parallel()
	c := role(t, "old kernel", os.Stderr)
	if err := c.Start(nil); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(c.Stdout())
	if err != nil || c.Wait() != nil {
		t.Fatal(err)
	}
	const missing = "[{files landlock: function not implemented}]"
	if want := missing + " exit status 3\n" + missing + " this system does not let a connector be confined as is required: files (landlock: function not implemented)\n"; string(text) != want {
		t.Errorf("it tells\n%s\nwant\n%s", text, want)
	}
}

func TestAJail(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := role(t, "exit 3", io.Discard)
	c.Jail(jail.Spec{Read: []string{self}, Net: jail.NetNone, Open: 64})
	if err := c.Start(nil); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, c.Stdout())
	var exit *exec.ExitError
	if err := c.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("Wait = %v", err)
	}
	if r := c.Report(); len(r.InForce)+len(r.Missing) != 7 {
		t.Errorf("report = %+v", r)
	}
	for path, want := range map[string]error{self + "-missing": os.ErrNotExist} {
		c := confined.New(path, t.TempDir(), nil, nil, io.Discard)
		c.Jail(jail.Spec{Read: []string{path}, Net: jail.NetNone, Open: 64})
		if err := c.Start(nil); !errors.Is(err, want) || c.PID() != 0 {
			t.Errorf("Start(%s) = %v with the number %d, want %v", path, err, c.PID(), want)
		}
	}
}

func TestExecutable(t *testing.T) {
	t.Parallel()
	for mode, want := range map[os.FileMode]bool{0o700: true, 0o755: true, 0o001: true, 0o644: false, 0o400: false} {
		path := t.TempDir() + "/file"
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := confined.Executable(path, info); got != want {
			t.Errorf("Executable of mode %v = %v", mode, got)
		}
	}
}
