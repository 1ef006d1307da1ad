package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/outbound"
)

// misbehave does what a connector should not, with the parameter, and tells how that went.
func misbehave(ctx context.Context, what, with string) (connector.Page, error) {
	switch what {
	case "eat":
		eat()
	case "threads":
		for {
			// One that blocks in the kernel keeps its thread.
			go func() { //nolint:gosec // without end is the point
				runtime.LockOSThread()
				_ = syscall.Pause()
			}()
			time.Sleep(500 * time.Microsecond)
		}
	case "read":
		_, err := os.ReadFile(with) //nolint:gosec // what the test says
		return told(err)
	case "write":
		return told(os.WriteFile(with, []byte("mine"), 0o600))
	case "dial":
		conn, err := net.DialTimeout("tcp", with, time.Second) //nolint:noctx // short
		if err == nil {
			_ = conn.Close()
		}
		return told(err)
	case "gate":
		conn, err := outbound.Dialer(outbound.Local)(ctx, "tcp", with)
		if err != nil {
			return connector.Page{}, err
		}
		defer func() { _ = conn.Close() }()
		_, _ = conn.Write([]byte("hello"))
		heard := make([]byte, 100)
		n, err := conn.Read(heard)
		return connector.Page{Rows: mustJSON([]string{string(heard[:n])})}, err
	case "kill":
		pid, _ := strconv.Atoi(with)
		return told(syscall.Kill(pid, 0))
	case "leave":
		_, err := syscall.Setsid()
		_, _, errno := syscall.Syscall(syscall.SYS_SETPGID, 0, uintptr(os.Getppid()), 0)
		return told(fmt.Errorf("%w, %w", err, errno))
	case "trace":
		return told(syscall.PtraceAttach(os.Getppid()))
	case "scribble":
		// Into everything that is open, the engine's connection among it.
		for number := 3; number < 64; number++ {
			_, _ = syscall.Write(number, []byte("\x00\xffnothing that anybody understands"))
		}
		<-ctx.Done()
	case "junk":
		return connector.Page{Rows: []byte("\xff\xfe{[not JSON"), Total: -7}, nil
	case "limits":
		var files, core, size syscall.Rlimit
		_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files)
		_ = syscall.Getrlimit(syscall.RLIMIT_CORE, &core)
		_ = syscall.Getrlimit(syscall.RLIMIT_FSIZE, &size)
		return text(fmt.Sprint(files.Max, core.Max, size.Max)), nil
	}
	return connector.Page{}, ctx.Err()
}

// eat takes memory and uses it, in steps that can be measured, without end.
func eat() {
	type link struct {
		block []byte
		next  *link
	}
	var all *link
	for {
		all = &link{make([]byte, 8<<20), all}
		for i := 0; i < len(all.block); i += 4096 {
			all.block[i] = 1
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func told(err error) (connector.Page, error) {
	if err != nil {
		return text(err.Error()), nil
	}
	return text("done"), nil
}

func mustJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}
