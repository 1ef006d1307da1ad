package jail

import "golang.org/x/sys/unix"

// oldForks are forms of denied calls that newer architectures left out.
func oldForks() []uint32 { return []uint32{unix.SYS_FORK, unix.SYS_VFORK, unix.SYS_MKNOD} }
