package v1

import (
	"context"
	"sync"
	"time"
)

// running knows the calls that connector code is working on, so that the engine
// can tell a process whose code ignores its contexts from a healthy one.
type running struct {
	clock func() time.Time

	mu    sync.Mutex
	calls map[*runningCall]struct{}
}

type runningCall struct {
	// ended is when the call's context ended; zero while it lives.
	ended time.Time
}

// begin notes a call; the caller runs what it gives when the code has returned.
func (r *running) begin(ctx context.Context) (end func()) {
	call := &runningCall{}
	r.mu.Lock()
	r.calls[call] = struct{}{}
	r.mu.Unlock()
	stop := context.AfterFunc(ctx, func() {
		now := r.clock()
		r.mu.Lock()
		defer r.mu.Unlock()
		call.ended = now
	})
	return func() {
		stop()
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.calls, call)
	}
}

// overdue is for how long the oldest abandoned call has gone on.
func (r *running) overdue() time.Duration {
	now := r.clock()
	r.mu.Lock()
	defer r.mu.Unlock()
	var longest time.Duration
	for call := range r.calls {
		if !call.ended.IsZero() {
			longest = max(longest, now.Sub(call.ended))
		}
	}
	return longest
}
