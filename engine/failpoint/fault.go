//go:build fault

// Package failpoint names the places where tests end the process, so that
// recovery from a crash at each of them can be proved, and the ways in which a
// test can make the engine wrong, so that tests can be proved to see it.
//
// It may import the standard library only.
package failpoint

import (
	"context"
	"encoding/json"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// passed counts the passes of the armed place.
var passed atomic.Int64 //nolint:gochecknoglobals // exists only in binaries built to be killed

// Hit kills the process, as a power cut would, when KAREZ_FAILPOINT is the name
// and, where it is "name:n", at the n-th pass. "name:n:4s" holds that pass up for
// four seconds instead, and only whoever passes.
func Hit(name string) {
	armed, rest, _ := strings.Cut(os.Getenv("KAREZ_FAILPOINT"), ":")
	if armed != name {
		return
	}
	nth, wait, stalls := strings.Cut(rest, ":")
	n, err := strconv.ParseInt(nth, 10, 64)
	if err != nil {
		n = 1
	}
	if passed.Add(1) != n {
		return
	}
	if long, err := time.ParseDuration(wait); stalls && err == nil {
		time.Sleep(long)
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// Wrong reports whether this process is to be wrong in a way of Wrongs: KAREZ_WRONG
// names one or several, with commas between.
func Wrong(name string) bool {
	for one := range strings.SplitSeq(os.Getenv("KAREZ_WRONG"), ",") {
		if one == name {
			return true
		}
	}
	return false
}

// Bend gives a body as an engine would send it that takes numbers for floats, where
// this process is to be such a one.
func Bend(body []byte) []byte {
	if !Wrong(FloatAmounts) {
		return body
	}
	var loose any
	if json.Unmarshal(body, &loose) != nil {
		return body
	}
	bent, err := json.Marshal(loose)
	if err != nil {
		return body
	}
	return bent
}

// offset is how far this process's clock is off, in nanoseconds.
var offset atomic.Int64 //nolint:gochecknoglobals // exists only in binaries that tests make wrong

// Time gives the time as a process takes it whose clock is off by what Attend was told, in
// whole seconds. What the process counts since its start goes on as it does when a
// machine's clock is set, which no method of Time can say: the seconds of the time of day
// stand from bit 30 on in the first word of a Time that has both.
func Time(now time.Time) time.Time {
	if off := offset.Load() / int64(time.Second); off != 0 {
		*(*uint64)(unsafe.Pointer(&now)) += uint64(off) << 30 //nolint:gosec // exists only in binaries that tests make wrong
	}
	return now
}

// Attend does, until the context ends, what a test asks of a process that runs: the file
// that KAREZ_GOROUTINES names is told how many goroutines there are, and the one that
// KAREZ_CLOCK names says how far the clock is off, like "-1h".
func Attend(ctx context.Context) {
	gauge, clock := os.Getenv("KAREZ_GOROUTINES"), os.Getenv("KAREZ_CLOCK")
	if gauge == "" && clock == "" {
		return
	}
	look := func() {
		if gauge != "" {
			_ = os.WriteFile(gauge, []byte(strconv.Itoa(runtime.NumGoroutine())), 0o600) // told again soon
		}
		text, err := os.ReadFile(clock)
		if long, bad := time.ParseDuration(strings.TrimSpace(string(text))); err == nil && bad == nil {
			offset.Store(int64(long))
		}
	}
	look()
	go func() {
		ticker := time.NewTicker(100 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				look()
			}
		}
	}()
}
