package conformance

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/connector"
)

// Host is a connector.Host in memory, for connectors' tests: its state keeps the
// rules of the engine's, and what sessions log and trace can be looked at.
type Host struct {
	clock func() time.Time

	mu     sync.Mutex
	now    connector.Snapshot
	leased time.Time
	lines  []string
	traces []connector.Exchange
}

// NewHost makes a Host; leases run by clock.
func NewHost(clock func() time.Time) *Host { return &Host{clock: clock} }

// State is the host itself.
func (h *Host) State() connector.State { return h }

// Get gives the stored value.
func (h *Host) Get(ctx context.Context) (connector.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return connector.Snapshot{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.snapshot(), nil
}

// CompareAndSwap stores a value as connector.State says.
func (h *Host) CompareAndSwap(ctx context.Context, old connector.Snapshot, value []byte, lease time.Duration) (connector.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return connector.Snapshot{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	// Who took the lease got a snapshot that is not leased; everyone else sees one that is.
	if old.Version != h.now.Version || old.Leased && h.clock().Before(h.leased) {
		return connector.Snapshot{}, connector.ErrStateConflict
	}
	h.now = connector.Snapshot{Value: bytes.Clone(value), Version: h.now.Version + 1}
	h.leased = time.Time{}
	if lease > 0 {
		h.leased = h.clock().Add(lease)
	}
	given := h.snapshot()
	given.Leased = false
	return given, nil
}

func (h *Host) snapshot() connector.Snapshot {
	return connector.Snapshot{Value: bytes.Clone(h.now.Value), Version: h.now.Version, Leased: h.clock().Before(h.leased)}
}

// Log keeps a line.
func (h *Host) Log(_ context.Context, level connector.Level, message string, attrs map[string]string) {
	words := []string{string(level), message}
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		words = append(words, name+"="+attrs[name])
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, strings.Join(words, " "))
}

// Trace keeps an exchange.
func (h *Host) Trace(_ context.Context, exchange connector.Exchange) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.traces = append(h.traces, exchange)
}

// Said gives the lines ("level message name=value") and the exchanges so far.
func (h *Host) Said() (lines []string, traces []connector.Exchange) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.lines), slices.Clone(h.traces)
}

var (
	_ connector.Host  = (*Host)(nil)
	_ connector.State = (*Host)(nil)
)
