package sysfilter

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Call is a system call that is refused.
type Call struct {
	Number uint32
	// Errno is the answer, EPERM where it is zero.
	Errno unix.Errno
	// Only and Never, where either is set, say which values of the argument Arg (from 0, its
	// lower 32 bits, those of Mask where that is set) are let through: none but Only, any
	// but Never.
	Arg         int
	Mask        uint32
	Only, Never []uint32
}

// Calls refuses system calls whatever their arguments.
func Calls(numbers ...uint32) []Call {
	list := make([]Call, len(numbers))
	for i, number := range numbers {
		list[i].Number = number
	}
	return list
}

// The instructions of the kernel's filters.
const (
	load    = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	and     = unix.BPF_ALU | unix.BPF_AND | unix.BPF_K
	equal   = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	atLeast = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
	jump    = unix.BPF_JMP | unix.BPF_JA
	answer  = unix.BPF_RET | unix.BPF_K
	// foreign is from where the 32-bit flavour of amd64 numbers its calls.
	foreign = 0x40000000
	// Where the number, the architecture and the first argument stand.
	numberAt, archAt, argsAt = 0, 4, 16
)

func refuse(errno unix.Errno) uint32 {
	if errno == 0 {
		errno = unix.EPERM
	}
	return unix.SECCOMP_RET_ERRNO | uint32(errno)
}

// program is the filter: refuse another architecture's calls and the denied ones, allow the rest.
func program(denied []Call) []unix.SockFilter {
	p := []unix.SockFilter{
		{Code: load, K: archAt},
		{Code: equal, K: auditArch, Jt: 1},
		{Code: answer, K: refuse(0)},
		{Code: load, K: numberAt},
		{Code: atLeast, K: foreign, Jf: 1},
		{Code: answer, K: refuse(0)},
	}
	for _, c := range denied {
		block := c.block()
		p = append(p, unix.SockFilter{Code: equal, K: c.Number, Jt: 1}, unix.SockFilter{Code: jump, K: uint32(len(block))}) //nolint:gosec // a few
		p = append(p, block...)
	}
	return append(p, unix.SockFilter{Code: answer, K: unix.SECCOMP_RET_ALLOW})
}

// block is what is done about the call once it is known to be this one.
func (c Call) block() []unix.SockFilter {
	no, yes := unix.SockFilter{Code: answer, K: refuse(c.Errno)}, unix.SockFilter{Code: answer, K: unix.SECCOMP_RET_ALLOW}
	if c.Only == nil && c.Never == nil {
		return []unix.SockFilter{no}
	}
	b := []unix.SockFilter{{Code: load, K: uint32(argsAt + 8*c.Arg)}} //nolint:gosec // below six
	if c.Mask != 0 {
		b = append(b, unix.SockFilter{Code: and, K: c.Mask})
	}
	for _, value := range c.Only {
		b = append(b, unix.SockFilter{Code: equal, K: value, Jf: 1}, yes)
	}
	for _, value := range c.Never {
		b = append(b, unix.SockFilter{Code: equal, K: value, Jf: 1}, no)
	}
	if c.Only != nil {
		return append(b, no)
	}
	return append(b, yes)
}

// Install refuses the calls from now on, in every thread of the process or in the calling
// one only, which the caller has locked, and in all that they start. It sets "no new
// privileges" too, which the kernel asks for. It fails with errors.ErrUnsupported where
// the architecture is not known here.
func Install(denied []Call, everyThread bool) error {
	if auditArch == 0 {
		return errors.ErrUnsupported
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	filter := program(denied)
	list := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]} //nolint:gosec // a few hundred
	var flags uintptr
	if everyThread {
		flags = unix.SECCOMP_FILTER_FLAG_TSYNC
	}
	stray, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags,
		uintptr(unsafe.Pointer(&list))) //nolint:gosec // the kernel's interface
	runtime.KeepAlive(filter)
	switch {
	case errno != 0:
		return errno
	case stray != 0:
		return fmt.Errorf("thread %d has a filter of its own", stray)
	}
	return nil
}
