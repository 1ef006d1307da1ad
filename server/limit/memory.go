package limit

import (
	"context"
	"sync"
	"time"
)

// Memory keeps buckets in memory: for one process that has no database for them.
type Memory struct {
	clock func() time.Time

	mu     sync.Mutex
	states map[string][]byte
}

// NewMemory makes a Memory whose database's clock is the given one.
func NewMemory(clock func() time.Time) *Memory {
	return &Memory{clock: clock, states: map[string][]byte{}}
}

// Change implements Store.
func (m *Memory) Change(ctx context.Context, name string, change func(now int64, state []byte) ([]byte, error)) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	next, err := change(m.clock().UnixMilli(), m.states[name])
	if err == nil {
		m.states[name] = next
	}
	return err
}

// State implements Store.
func (m *Memory) State(_ context.Context, name string) (int64, []byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.clock().UnixMilli(), m.states[name], nil
}
