package script

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"

	"github.com/karezflow/karez/engine/sysfilter"
)

const (
	maxOpenFiles = 16
	// maxStack is far beyond what a script of 64 KiB needs to be parsed. Go's own
	// limit of 1 GB would let a nested source take all memory first.
	maxStack = 64 << 20
	// garbagePercent lets some 20 MB of dead interpreters gather: what lives is a few
	// MB only, and collecting them more often takes a fifth of the processor time.
	garbagePercent = 400
	// threads that run Go code; more would only cost memory.
	threads = 2
)

// lockIn bounds the process and gives up what a script has no need for. It
// reports the protections this system does not have.
func lockIn(h hello) (missing []string, err error) {
	runtime.GOMAXPROCS(threads)
	debug.SetMaxStack(maxStack)
	debug.SetGCPercent(garbagePercent)
	debug.SetMemoryLimit(h.memory * 3 / 4)

	size, err := addressSpace()
	if err != nil {
		return nil, err
	}
	// Go reserves far more address space than it uses, by an amount that depends on
	// the binary, so the limit is what the process has now and its allowance.
	for resource, limit := range map[int]uint64{
		unix.RLIMIT_AS:     size + uint64(h.memory), //nolint:gosec // positive
		unix.RLIMIT_NOFILE: maxOpenFiles,
		unix.RLIMIT_CORE:   0,
		unix.RLIMIT_FSIZE:  0,
	} {
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
			return nil, fmt.Errorf("resource limit %d: %w", resource, err)
		}
	}
	if err := denySystemCalls(); err != nil {
		missing = append(missing, "system call filter: "+err.Error())
	}
	return missing, nil
}

func addressSpace() (uint64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	var pages uint64
	if _, err := fmt.Sscan(string(text), &pages); err != nil {
		return 0, err
	}
	return pages * uint64(os.Getpagesize()), nil //nolint:gosec // positive
}

// allowProcessorTime lets the process use processor time for one more call. It
// ends a worker whose parent can no longer do so.
func allowProcessorTime(kill time.Duration) {
	var used unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &used) != nil {
		return
	}
	seconds := uint64(used.Utime.Sec+used.Stime.Sec) + threads*uint64(kill/time.Second+1) + 2 //nolint:gosec // positive
	// Raising a soft limit below an unlimited hard one cannot fail.
	_ = unix.Setrlimit(unix.RLIMIT_CPU, &unix.Rlimit{Cur: seconds, Max: unix.RLIM_INFINITY})
}

// denySystemCalls makes files, network, other programs and other processes
// answer "not permitted", in every thread and for good.
func denySystemCalls() error {
	return sysfilter.Install(sysfilter.Calls(append([]uint32{
		unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4,
		unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_SENDMMSG,
		unix.SYS_EXECVE, unix.SYS_EXECVEAT, unix.SYS_KILL, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV,
		unix.SYS_PIDFD_OPEN, unix.SYS_PIDFD_GETFD,
		unix.SYS_OPENAT, unix.SYS_OPENAT2, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_MKDIRAT, unix.SYS_MKNODAT, unix.SYS_UNLINKAT,
		unix.SYS_LINKAT, unix.SYS_SYMLINKAT, unix.SYS_RENAMEAT2, unix.SYS_TRUNCATE, unix.SYS_FCHMODAT, unix.SYS_FCHOWNAT,
		unix.SYS_CHDIR, unix.SYS_CHROOT, unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_UNSHARE, unix.SYS_SETNS,
		unix.SYS_BPF, unix.SYS_IO_URING_SETUP, unix.SYS_MEMFD_CREATE, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD,
		unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_KEYCTL,
	}, oldSystemCalls()...)...), true)
}
