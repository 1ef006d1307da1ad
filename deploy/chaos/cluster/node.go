package cluster

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Part is something that engines stand on and that can break down by itself.
type Part interface {
	// Break ends the part as a power cut would. With forget it also loses what it need not keep.
	Break(ctx context.Context, forget bool) error
	// Mend starts it again and waits until it answers.
	Mend(ctx context.Context) error
}

// Nats is a NATS server in a process of its own.
type Nats struct {
	program, dir, port string

	mu  sync.Mutex
	cmd *exec.Cmd
}

// PID is its process, 0 when it does not run.
func (n *Nats) PID() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cmd == nil {
		return 0
	}
	return n.cmd.Process.Pid
}

// StartNats starts the program of deploy/natsnode on a free port of loopback.
func StartNats(ctx context.Context, program, dir string) (*Nats, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	n := &Nats{program: program, dir: dir, port: port}
	return n, n.Mend(ctx)
}

// freePort gives a port of loopback on which nobody listens. It is none of those that
// the system gives to outgoing connections: whoever is restarted finds it free again.
func freePort(ctx context.Context) (string, error) {
	var errs []error
	for range 50 {
		port := strconv.Itoa(20000 + rand.IntN(12000)) //nolint:gosec // guards nothing
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:"+port)
		if err == nil {
			return port, listener.Close()
		}
		errs = append(errs, err)
	}
	return "", errors.Join(errs...)
}

// URL is where engines find it.
func (n *Nats) URL() string { return "nats://127.0.0.1:" + n.port }

// Mend implements Part.
func (n *Nats) Mend(context.Context) error {
	cmd := exec.Command(n.program, "--dir", n.dir, "--port", n.port) //nolint:gosec,noctx // it is to outlive contexts; Break ends it
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	n.mu.Lock()
	n.cmd = cmd
	n.mu.Unlock()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return fmt.Errorf("the NATS server does not start: %w", err)
	}
	return nil
}

// Break implements Part.
func (n *Nats) Break(_ context.Context, forget bool) error {
	n.mu.Lock()
	cmd := n.cmd
	n.cmd = nil
	n.mu.Unlock()
	if cmd == nil {
		return nil
	}
	_ = cmd.Process.Kill() // it may be gone already
	_ = cmd.Wait()
	if !forget {
		return nil
	}
	// The folder itself may be where a disk is mounted.
	entries, err := os.ReadDir(n.dir)
	for _, one := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(n.dir, one.Name())))
	}
	return err
}

// MariaDB is the server of a folder of deploy/mariadb.sh, which was started for the
// harness alone.
type MariaDB struct {
	Script, Dir string

	port string
}

// Start makes a server in the folder on a free port and gives its address.
func (m *MariaDB) Start(ctx context.Context) (string, error) {
	port, err := freePort(ctx)
	if err != nil {
		return "", err
	}
	m.port = port
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, m.Script, "start", m.Dir, port) //nolint:gosec // the caller's own script
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("the database does not start: %w: %s", err, &said)
	}
	return strings.TrimSpace(string(out)), nil
}

// Break implements Part. What is committed is never lost.
func (m *MariaDB) Break(ctx context.Context, _ bool) error {
	kill, err := m.Killer()
	if err != nil {
		return err
	}
	return kill(ctx)
}

// Killer looks which process the server is, and gives what kills it and waits for its end.
func (m *MariaDB) Killer() (func(context.Context) error, error) {
	text, err := os.ReadFile(filepath.Join(m.Dir, "mariadbd.pid"))
	if err != nil {
		return nil, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
		for syscall.Kill(pid, 0) == nil && !dead(pid) {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(10 * time.Millisecond):
			}
		}
		return nil
	}, nil
}

// dead reports whether a process has ended and only waits to be buried.
func dead(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	_, rest, _ := strings.Cut(string(stat), ") ")
	return err != nil || strings.HasPrefix(rest, "Z")
}

// Mend implements Part. The port is the one that the server was started on: the file that has
// it may be lost with the power.
func (m *MariaDB) Mend(ctx context.Context) error {
	port := m.port
	if port == "" {
		text, err := os.ReadFile(filepath.Join(m.Dir, "port"))
		if err != nil {
			return err
		}
		port = strings.TrimSpace(string(text))
	}
	out, err := exec.CommandContext(ctx, m.Script, "start", m.Dir, port).CombinedOutput() //nolint:gosec // the caller's own script
	if err != nil {
		return fmt.Errorf("the database does not start: %w: %s", err, out)
	}
	return nil
}
