package examine

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

// Result is what became of one behaviour.
type Result struct {
	Name     string   `json:"name"`
	OK       bool     `json:"ok"`
	Problems []string `json:"problems,omitempty"`
	// Took is in seconds.
	Took float64 `json:"took"`
}

// reporter implements conformance.T for one behaviour.
type reporter struct {
	ctx context.Context //nolint:containedctx // a behaviour's, which Context gives

	mu       sync.Mutex
	problems []string
	ends     []func()
}

// try carries a behaviour out and gives what it found.
func try(ctx context.Context, name string, check func(*reporter), clock func() time.Time) Result {
	began := clock()
	ctx, cancel := context.WithCancel(ctx)
	r := &reporter{ctx: ctx}
	done := make(chan struct{})
	go func() { // Fatal ends the goroutine
		defer close(done)
		defer r.finish()
		check(r)
	}()
	<-done
	cancel()
	return Result{Name: name, OK: len(r.problems) == 0, Problems: r.problems, Took: clock().Sub(began).Seconds()}
}

// finish ends what the behaviour began, the last first. A panic is a problem like others.
func (r *reporter) finish() {
	if p := recover(); p != nil {
		r.Errorf("the behaviour panics: %v\n%s", p, debug.Stack())
	}
	for _, end := range slices.Backward(r.ends) {
		end()
	}
}

func (r *reporter) note(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problems = append(r.problems, strings.TrimSpace(text))
}

// Helper implements conformance.T.
func (*reporter) Helper() {}

// Context implements conformance.T.
func (r *reporter) Context() context.Context { return r.ctx }

// Cleanup implements conformance.T.
func (r *reporter) Cleanup(end func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ends = append(r.ends, end)
}

// Error implements conformance.T.
func (r *reporter) Error(args ...any) { r.note(fmt.Sprintln(args...)) }

// Errorf implements conformance.T.
func (r *reporter) Errorf(format string, args ...any) { r.note(fmt.Sprintf(format, args...)) }

// Fatal implements conformance.T.
func (r *reporter) Fatal(args ...any) {
	r.Error(args...)
	runtime.Goexit()
}

// Fatalf implements conformance.T.
func (r *reporter) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}
