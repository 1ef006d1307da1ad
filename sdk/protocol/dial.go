package protocol

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/node"
)

// Codes of executables that cannot be used.
const (
	// CodeStartFailed means that the process could not be started, or ended or kept
	// silent before it was ready.
	CodeStartFailed = "plugin.start_failed"
	// CodeNoHandshake means that the process printed something else than its handshake.
	CodeNoHandshake = "plugin.no_handshake"
	// CodeProtocolVersion means that the executable speaks no version of the
	// protocol that this engine speaks.
	CodeProtocolVersion = "plugin.protocol_version"
)

// Config says which process to dial and how.
type Config struct {
	// Child is the process, not started yet.
	Child Child
	// StartTimeout is how long the process may take until it can be called. 10 s by default.
	StartTimeout time.Duration
	// SocketDir is where a folder for the process's sockets is made, open to this
	// user only. The system's temporary folder by default; a long path does not work.
	SocketDir string
	// Output takes what the process's code prints once it serves. It is dropped by default.
	Output io.Writer
}

// Process is a connector's process that can be called.
type Process struct {
	// Connector is the connector in the process.
	Connector connector.Connector
	// Transforms is the code of the nodes that the plugin brings, nil where it brings none.
	Transforms node.Code
	// Capabilities are what the process announced besides what its sessions can do.
	Capabilities []string

	child    *childRunner
	stop     chan struct{}
	stopOnce sync.Once
	gone     chan struct{}
}

// Dial starts the process and makes the handshake. ctx bounds the start only. The
// caller stops the process in the end; it needs nothing else when it ends by
// itself. A failure is a fault with one of the codes above, Config by class where
// the executable has to be replaced, and leaves no process behind.
func Dial(ctx context.Context, config Config) (*Process, error) {
	if config.StartTimeout <= 0 {
		config.StartTimeout = 10 * time.Second
	}
	if config.Output == nil {
		config.Output = io.Discard
	}
	dir, err := socketDir(config.SocketDir)
	if err != nil {
		return nil, err
	}
	child := newChildRunner(config.Child)
	client := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig:  handshakeConfig(),
		VersionedPlugins: pluginSets(nil, nil, nil, nil),
		RunnerFunc:       child.prepare,
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		// The time limit below covers the handshake too; go-plugin's only has to be longer.
		StartTimeout:     config.StartTimeout + time.Minute,
		SkipHostEnv:      true,
		SyncStdout:       config.Output,
		SyncStderr:       config.Output,
		Logger:           hclog.NewNullLogger(),
		GRPCDialOptions:  dialOptions(),
		UnixSocketConfig: &goplugin.UnixSocketConfig{TempDir: dir},
	})
	p := &Process{child: child, stop: make(chan struct{}), gone: make(chan struct{})}
	starting, cancel := context.WithTimeout(ctx, config.StartTimeout)
	defer cancel()
	unwatch := context.AfterFunc(starting, func() { _ = child.Kill(ctx) })
	served, err := shake(client)
	inTime := unwatch()
	if err == nil && inTime {
		p.Connector, p.Transforms, p.Capabilities = served, served.Transforms(), served.Capabilities()
		go p.release(client, dir)
		return p, nil
	}
	p.stopOnce.Do(func() { close(p.stop) })
	_ = child.Kill(ctx)
	p.release(client, dir)
	if ended := ctx.Err(); ended != nil {
		return nil, fault.New(CodeStartFailed, "the start of the connector was given up").Because(ended).Unapplied().Classed(fault.Transient)
	}
	if !inTime {
		err = fault.New(CodeStartFailed, "the connector was not ready within %s", config.StartTimeout).Classed(fault.Config)
	}
	return nil, startFault(child, err).Because(err).Unapplied()
}

// socketDir makes a folder for one process's sockets. A socket's path has to fit
// into 104 bytes on every system, of which go-plugin's names take up to 40.
func socketDir(parent string) (string, error) {
	dir, err := os.MkdirTemp(parent, "karez")
	if err != nil {
		return "", fault.Wrap(err, CodeStartFailed, "no folder for the sockets of a connector").Unapplied().Classed(fault.Transient)
	}
	if len(dir)+40 > 104 {
		_ = os.Remove(dir)
		return "", fault.New(CodeStartFailed, "the path %s is too long for the sockets of a connector", dir).Unapplied().Classed(fault.Config)
	}
	return dir, nil
}

// remote is a connector behind any version of the protocol.
type remote interface {
	connector.Connector
	Capabilities() []string
	Transforms() node.Code
	Ping(ctx context.Context) (overdue time.Duration, err error)
}

func shake(client *goplugin.Client) (remote, error) {
	conn, err := client.Client()
	if err != nil {
		return nil, err
	}
	raw, err := conn.Dispense(setName)
	if err != nil {
		return nil, err
	}
	served, ok := raw.(remote)
	if !ok {
		return nil, fmt.Errorf("unexpected connector %T", raw)
	}
	return served, nil
}

// release gives back what the process holds here, when it has ended or is to end.
func (p *Process) release(client *goplugin.Client, dir string) {
	defer close(p.gone)
	select {
	case <-p.child.ended:
	case <-p.stop:
	}
	client.Kill()
	p.child.await()
	_ = os.RemoveAll(dir)
}

// PID gives the process's number.
func (p *Process) PID() int { return p.child.child.PID() }

// Ended gives a channel that closes when the process has ended.
func (p *Process) Ended() <-chan struct{} { return p.child.ended }

// Alive reports whether the process runs.
func (p *Process) Alive() bool {
	select {
	case <-p.child.ended:
		return false
	default:
		return true
	}
}

// Ping proves that the process answers. overdue is for how long its code has been
// working on a call that nobody waits for any more.
func (p *Process) Ping(ctx context.Context) (overdue time.Duration, err error) {
	return p.Connector.(remote).Ping(ctx) //nolint:forcetypeassert // set by Dial
}

// Stop asks the process to end, kills it and what it started when ctx ends or after
// a moment, and returns when it is gone. Stopping twice is legal.
func (p *Process) Stop(ctx context.Context) {
	p.stopOnce.Do(func() { close(p.stop) })
	select {
	case <-p.gone:
		return
	case <-ctx.Done():
		_ = p.child.Kill(context.WithoutCancel(ctx))
	}
	<-p.gone
}

// startFault says why a start failed, from what the process did rather than from
// the texts of go-plugin. err is the failure where the process shows none.
func startFault(child *childRunner, err error) *fault.Fault {
	line, whole, ended := child.printed()
	version, shaken := handshakeVersion(line)
	versions := versionTexts()
	switch {
	case child.startErr != nil:
		return fault.Wrap(child.startErr, CodeStartFailed, "the connector cannot be executed").Classed(startClass(child.startErr))
	case line != "" && !shaken && (whole || ended):
		return fault.New(CodeNoHandshake, "the executable printed %q instead of its handshake", clip(line)).
			Hinted("a connector prints nothing to standard output before it serves; is this file a connector for this machine?").
			Classed(fault.Config)
	case shaken && !slices.Contains(versions, version):
		return fault.New(CodeProtocolVersion, "the connector speaks version %s of the protocol, this engine speaks %s", version, strings.Join(versions, ", ")).
			Hinted("update the connector or the engine").Arg("version", version).Classed(fault.Config)
	case ended:
		return fault.New(CodeStartFailed, "the connector ended before it was ready (%s)", child.exit()).Classed(fault.Config)
	}
	if fault.CodeOf(err) == CodeStartFailed {
		return fault.From(err)
	}
	return fault.Wrap(err, CodeStartFailed, "the connector started and then failed the handshake").Classed(fault.Config)
}

// startClass tells a machine that is short of something from a file that cannot run.
func startClass(err error) fault.Class {
	for _, short := range []error{syscall.EAGAIN, syscall.ENOMEM, syscall.EMFILE, syscall.ENFILE, syscall.ETXTBSY} {
		if errors.Is(err, short) {
			return fault.Transient
		}
	}
	return fault.Config
}

var _ runner.Runner = (*childRunner)(nil)
