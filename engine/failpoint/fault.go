//go:build fault

// Package failpoint names the places where tests end the process, so that
// recovery from a crash at each of them can be proved.
//
// It may import the standard library only.
package failpoint

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// passed counts the passes of the armed place.
var passed atomic.Int64 //nolint:gochecknoglobals // exists only in binaries built to be killed

// Hit kills the process, as a power cut would, when KAREZ_FAILPOINT is the name
// and, where it is "name:n", at the n-th pass.
func Hit(name string) {
	armed, nth, _ := strings.Cut(os.Getenv("KAREZ_FAILPOINT"), ":")
	if armed != name {
		return
	}
	n, err := strconv.ParseInt(nth, 10, 64)
	if err != nil {
		n = 1
	}
	if passed.Add(1) == n {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}
