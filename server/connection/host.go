package connection

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
)

// Host is what the engine offers the sessions of one connection.
type Host struct {
	store      States
	seal       *Seal
	connection ledger.ID
	clock      func() time.Time
	log        *slog.Logger
}

// NewHost makes the host side of a connection; id is the account's ID. One that
// is not a stored connection's, as when a connection is tried before it is saved,
// has a state of its own that ends with the host.
func NewHost(store States, seal *Seal, clock func() time.Time, log *slog.Logger, id string) *Host {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 {
		n, store = 0, &memory{}
	}
	return &Host{store: store, seal: seal, connection: ledger.ID(n), clock: clock, log: log.With("connection", id)}
}

// memory is the state of one host.
type memory struct {
	mu    sync.Mutex
	state State
}

// ConnectorState implements States.
func (m *memory) ConnectorState(context.Context, ledger.ID) (State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state, nil
}

// SwapConnectorState implements States.
func (m *memory) SwapConnectorState(_ context.Context, _ ledger.ID, old int64, next State, now ledger.Millis) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state.Version != old || m.state.LeaseUntil > now && next.LeaseUntil > 0 {
		return false, nil
	}
	m.state = next
	return true, nil
}

// State gives the connection's durable state.
func (h *Host) State() connector.State { return h }

// Get gives the state, opened.
func (h *Host) Get(ctx context.Context) (connector.Snapshot, error) {
	stored, err := h.store.ConnectorState(ctx, h.connection)
	if err != nil {
		return connector.Snapshot{}, err
	}
	snapshot := connector.Snapshot{Version: stored.Version, Leased: stored.LeaseUntil > ledger.At(h.clock())}
	if len(stored.Sealed) > 0 {
		if snapshot.Value, err = h.seal.Open(h.label(), stored.Sealed); err != nil {
			return connector.Snapshot{}, err
		}
	}
	return snapshot, nil
}

// CompareAndSwap stores a new state if nobody else did meanwhile.
func (h *Host) CompareAndSwap(ctx context.Context, old connector.Snapshot, value []byte, lease time.Duration) (connector.Snapshot, error) {
	if old.Leased { // the snapshot of a caller who was to wait for another
		return connector.Snapshot{}, connector.ErrStateConflict
	}
	now := ledger.At(h.clock())
	next := State{Sealed: h.seal.Close(h.label(), value), Version: old.Version + 1}
	if lease > 0 {
		next.LeaseUntil = now.Add(lease)
	}
	swapped, err := h.store.SwapConnectorState(ctx, h.connection, old.Version, next, now)
	if err != nil {
		return connector.Snapshot{}, err
	}
	if !swapped {
		return connector.Snapshot{}, connector.ErrStateConflict
	}
	return connector.Snapshot{Value: value, Version: next.Version}, nil
}

func (h *Host) label() string { return "connector_state/" + strconv.FormatInt(int64(h.connection), 10) }

// Log writes a line of the connector.
func (h *Host) Log(ctx context.Context, level connector.Level, message string, attrs map[string]string) {
	levels := map[connector.Level]slog.Level{
		connector.Debug: slog.LevelDebug, connector.Info: slog.LevelInfo, connector.Warn: slog.LevelWarn, connector.Error: slog.LevelError,
	}
	args := make([]any, 0, 2*len(attrs))
	for k, v := range attrs {
		args = append(args, k, v)
	}
	h.log.Log(ctx, levels[level], message, args...)
}

// Trace records an exchange with the vendor.
func (h *Host) Trace(ctx context.Context, e connector.Exchange) {
	h.log.DebugContext(ctx, "exchange", "method", e.Method, "url", e.URL, "status", e.Status, "took", e.Took,
		"request", clip(e.RequestBody), "response", clip(e.ResponseBody))
}

// clip keeps a debug line readable.
func clip(body []byte) string {
	const most = 2000
	if len(body) > most {
		return string(body[:most]) + "…"
	}
	return string(body)
}

var _ connector.Host = (*Host)(nil)
