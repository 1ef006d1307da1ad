package sysfilter_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/karezflow/karez/engine/sysfilter"
)

// roleKey makes this test binary install a filter and try it.
const roleKey = "KAREZ_TEST_ROLE"

func TestMain(m *testing.M) {
	if os.Getenv(roleKey) == "" {
		os.Exit(m.Run())
	}
	err := sysfilter.Install(append(sysfilter.Calls(unix.SYS_GETPPID, unix.SYS_CHROOT),
		sysfilter.Call{Number: unix.SYS_UNAME, Errno: unix.ENOSYS},
		sysfilter.Call{Number: unix.SYS_SOCKET, Arg: 0, Only: []uint32{unix.AF_UNIX, unix.AF_INET6}},
		sysfilter.Call{Number: unix.SYS_GETPRIORITY, Arg: 0, Never: []uint32{unix.PRIO_USER}},
		sysfilter.Call{Number: unix.SYS_DUP3, Arg: 2, Mask: unix.O_CLOEXEC, Only: []uint32{unix.O_CLOEXEC}},
	), true)
	fmt.Println(err)
	socket := func(family int) error {
		fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
		if err == nil {
			_ = unix.Close(fd)
		}
		return err
	}
	priority := func(of int) error { _, err := unix.Getpriority(of, 0); return err }
	// The filter is that of every thread.
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- unix.Chroot("/")
	}()
	fmt.Println(<-done, unix.Uname(&unix.Utsname{}), socket(unix.AF_UNIX), socket(unix.AF_INET))
	fmt.Println(priority(unix.PRIO_PROCESS), priority(unix.PRIO_USER), unix.Dup3(1, 50, unix.O_CLOEXEC), unix.Dup3(1, 51, 0))
	_, _, errno := unix.RawSyscall(unix.SYS_GETPPID, 0, 0, 0)
	fmt.Println(errno, os.Getpid() > 0)
}

func TestAFilter(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = []string{roleKey + "=filtered"}
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	first, rest, _ := strings.Cut(string(text), "\n")
	if first == errors.ErrUnsupported.Error() {
		t.Skip(first)
	}
	const no = "operation not permitted"
	if want := no + " function not implemented <nil> " + no + "\n<nil> " + no + " <nil> " + no + "\n" + no + " true\n"; first != "<nil>" || rest != want {
		t.Errorf("it tells\n%s\nwant\n%s", text, want)
	}
}
