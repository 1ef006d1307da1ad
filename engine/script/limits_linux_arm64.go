package script

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_AARCH64

// oldSystemCalls are forms of denied calls that newer architectures left out.
func oldSystemCalls() []uint32 { return []uint32{unix.SYS_RENAMEAT} }
