package script

import "golang.org/x/sys/unix"

// oldSystemCalls are forms of denied calls that newer architectures left out.
func oldSystemCalls() []uint32 { return []uint32{unix.SYS_RENAMEAT} }
