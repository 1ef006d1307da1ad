package script

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
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
	if auditArch == 0 {
		return errors.ErrUnsupported
	}
	denied := append([]uint32{
		unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4,
		unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_SENDMMSG,
		unix.SYS_EXECVE, unix.SYS_EXECVEAT, unix.SYS_KILL, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV,
		unix.SYS_PIDFD_OPEN, unix.SYS_PIDFD_GETFD,
		unix.SYS_OPENAT, unix.SYS_OPENAT2, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_MKDIRAT, unix.SYS_MKNODAT, unix.SYS_UNLINKAT,
		unix.SYS_LINKAT, unix.SYS_SYMLINKAT, unix.SYS_RENAMEAT2, unix.SYS_TRUNCATE, unix.SYS_FCHMODAT, unix.SYS_FCHOWNAT,
		unix.SYS_CHDIR, unix.SYS_CHROOT, unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_UNSHARE, unix.SYS_SETNS,
		unix.SYS_BPF, unix.SYS_IO_URING_SETUP, unix.SYS_MEMFD_CREATE, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD,
		unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_KEYCTL,
	}, oldSystemCalls()...)
	return install(filter(denied))
}

// filter is a program for the kernel: refuse another architecture's calls and
// the denied ones, allow the rest.
func filter(denied []uint32) []unix.SockFilter {
	const (
		load   = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		atOver = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
		answer = unix.BPF_RET | unix.BPF_K
		// the 32-bit flavour of amd64 numbers its calls from here
		foreign = 0x40000000
		refuse  = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	)
	program := []unix.SockFilter{
		{Code: load, K: 4}, // the architecture
		{Code: equal, K: auditArch, Jt: 1},
		{Code: answer, K: refuse},
		{Code: load, K: 0}, // the number of the call
		{Code: atOver, K: foreign, Jf: 1},
		{Code: answer, K: refuse},
	}
	for _, number := range denied {
		program = append(program, unix.SockFilter{Code: equal, K: number, Jf: 1}, unix.SockFilter{Code: answer, K: refuse})
	}
	return append(program, unix.SockFilter{Code: answer, K: unix.SECCOMP_RET_ALLOW})
}

func install(program []unix.SockFilter) error {
	// The kernel wants "no new privileges" on the installing thread and then gives
	// it to all others together with the filter.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	list := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]} //nolint:gosec // some 130
	stray, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&list))) //nolint:gosec // the kernel's interface
	runtime.KeepAlive(program)
	switch {
	case errno != 0:
		return errno
	case stray != 0:
		return fmt.Errorf("thread %d has a filter of its own", stray)
	}
	return nil
}
