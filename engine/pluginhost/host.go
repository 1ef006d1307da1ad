// Package pluginhost runs connectors: it finds their executables, runs a verified
// copy of each as a confined process, one for each connector version, starts it
// when it is called, watches it, starts it again after a crash, and hands out
// sessions that survive all that. A connector that fails is listed with the
// reason and hurts nobody else.
//
// It may import the sdk, golang.org/x/sys, golang.org/x/time and backoff. It never
// imports the server, the nodes, a database or go-plugin itself (sdk/protocol does).
package pluginhost

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/pluginhost/internal/copies"
	"github.com/karezflow/karez/engine/pluginhost/internal/nohost"
	"github.com/karezflow/karez/engine/pluginhost/internal/restart"
	"github.com/karezflow/karez/engine/pluginhost/internal/timing"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// Config says where the connectors are and how they are run. Fields with a default
// may be left zero.
type Config struct {
	// Dir holds the executables, each named by its connector's id, or by id@version
	// where versions live side by side, and folders named so with the definitions of
	// declarative connectors (see sdk/declarative). Others are ignored.
	Dir string
	// Interpreter is the program that serves declarative connectors; the one of the name
	// "declarative" in Dir by default.
	Interpreter string
	// Pinned gives the SHA-256 in hex that an executable must have, by file name.
	// One that differs, or that is pinned and absent, is listed with the reason.
	// Executables without an entry run as they are. Empty by default.
	Pinned map[string]string
	// Packages gives the programs that were installed as packages, besides those of Dir. It
	// is asked at every look at the folder, so it has to be quick. Where it fails, what it
	// gave before goes on.
	Packages func(ctx context.Context) ([]Program, error)
	// Work is where a private folder for copies is made. The system's temporary
	// folder by default; it must allow execution.
	Work string
	// Clock tells the time. The real time by default.
	Clock func() time.Time
	// Log takes what happens to the processes and what they print. Dropped by default.
	Log *slog.Logger
	// HostFor gives what a connection's session may use of the engine. Without it
	// sessions have no state and what they log is dropped.
	HostFor func(connectionID string) connector.Host
	// OnEvent is told what happens to the processes, for metrics and alerts. It
	// must not block and must not call the Host.
	OnEvent func(Event)
	// Environment is all that a process gets as its environment ("KEY=value"),
	// besides GOMEMLIMIT and the variables of the handshake. Empty by default.
	Environment []string
	// Memory is the soft limit of a process's memory in bytes. 64 MiB by default.
	Memory int64
	// MemoryMax is what a process may take of memory in bytes before it is killed. 512 MiB by default.
	MemoryMax int64
	// Confinement says whether processes are confined. Confined by default.
	Confinement Confinement
	// Timing is how long things may take.
	Timing Timing
	// Restart is when a process that crashed is started again.
	Restart Restart
}

// Timing is how long things may take.
type Timing = timing.Rule

// Restart is when a process that crashed is started again.
type Restart = restart.Rule

// EventKind says what happened to a process.
type EventKind string

// The kinds of events.
const (
	// Started follows a successful start.
	Started EventKind = "started"
	// StartFailed and Crashed carry the reason; Paused follows one of them when the
	// connector is not started again for a while.
	StartFailed EventKind = "start_failed"
	Crashed     EventKind = "crashed"
	Paused      EventKind = "paused"
	// Replaced means that the process gets no new calls and is let finish.
	Replaced EventKind = "replaced"
	// Stopped means that it is gone as intended.
	Stopped EventKind = "stopped"
)

// Event is something that happened to a process.
type Event struct {
	Kind               EventKind
	Connector, Version string
	// PID is the process's number, 0 where there was none.
	PID int
	// Reason is set where something went wrong.
	Reason *fault.Fault
}

// Installed is an executable, or a declarative connector, and what is known of it.
type Installed struct {
	// ID and Version are those of the manifest, or of the file's name where the
	// manifest could not be read.
	ID, Version string
	// Manifest is nil where it could not be read; Fault tells why. A connector that
	// is paused after crashes has both.
	Manifest *manifest.Manifest
	Fault    *fault.Fault
	// SHA256 is the sum of the copy that is executed, in hex; "" where there is none.
	SHA256 string
	// Packaged is true of a package, Active of the one that serves whoever asks for no
	// version that it is not.
	Packaged, Active bool
	// Isolation is what confines its process; it is zero of one that was never started.
	Isolation Isolation
}

// Host runs the connectors of one folder. It is safe for concurrent use.
type Host struct {
	config Config
	// work counts what runs beside the callers.
	work sync.WaitGroup
	// closing closes when Close begins.
	closing chan struct{}

	scanning sync.Mutex

	mu      sync.Mutex
	store   *copies.Store
	plugins map[string]*plugin
	// generation counts the changes of plugins.
	generation uint64
	sandboxes  map[*Sandbox]struct{}
	closed     bool
}

// New makes a Host. It starts nothing and reads nothing yet. The caller closes it.
func New(config Config) *Host {
	config.Interpreter = cmp.Or(config.Interpreter, copies.Interpreter(config.Dir))
	config.Timing.Defaults()
	config.Restart.Defaults()
	if config.Clock == nil {
		config.Clock = time.Now //nolint:forbidigo // the default clock
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.HostFor == nil {
		config.HostFor = func(string) connector.Host { return nohost.Host{} }
	}
	if config.Packages == nil {
		config.Packages = func(context.Context) ([]Program, error) { return nil, nil }
	}
	if config.OnEvent == nil {
		config.OnEvent = func(Event) {}
	}
	if config.Memory <= 0 {
		config.Memory = 64 << 20
	}
	if config.MemoryMax <= 0 {
		config.MemoryMax = 512 << 20
	}
	config.Confinement = cmp.Or(config.Confinement, Confined)
	return &Host{config: config, closing: make(chan struct{}), plugins: map[string]*plugin{}, sandboxes: map[*Sandbox]struct{}{}}
}

// Close lets running calls finish for as long as Timing.Drain and ctx allow, ends
// every process and what it started, and removes the copies. Calls that come later
// fail with "connector.closed". Closing twice is legal.
func (h *Host) Close(ctx context.Context) {
	h.mu.Lock()
	if !h.closed {
		close(h.closing)
	}
	h.closed = true
	plugins, store, sandboxes := h.plugins, h.store, slices.Collect(maps.Keys(h.sandboxes))
	h.plugins = map[string]*plugin{}
	h.mu.Unlock()
	for _, s := range sandboxes {
		s.Stop()
	}
	for _, p := range plugins {
		p.retire(ctx)
	}
	h.work.Wait()
	if store != nil {
		store.Remove()
	}
}

func (h *Host) tell(e Event) {
	log := h.config.Log.With("connector", e.Connector, "version", e.Version, "pid", e.PID)
	if e.Reason != nil {
		log.Warn("connector process "+string(e.Kind), "reason", e.Reason.Error())
	} else {
		log.Info("connector process " + string(e.Kind))
	}
	h.config.OnEvent(e)
}

// untilClosed gives a context that ends when Close begins.
func (h *Host) untilClosed() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		select {
		case <-h.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func closedFault() *fault.Fault {
	return fault.New(CodeClosed, "the engine is stopping").Unapplied().Classed(fault.Transient)
}
