// Package loop does something over and over in the background until it is stopped.
//
// It may import the standard library only.
package loop

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Loop runs in the background between Start and Stop. The zero Loop is ready to start.
type Loop struct {
	cancel context.CancelFunc
	group  sync.WaitGroup
}

// Start calls tick now and then every so often until Stop or the end of ctx. What goes
// wrong is logged as trouble, and tried again the next time.
func (l *Loop) Start(ctx context.Context, every time.Duration, log *slog.Logger, trouble string, tick func(context.Context) error) {
	ctx, l.cancel = context.WithCancel(ctx)
	l.group.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			if err := tick(ctx); err != nil && ctx.Err() == nil {
				log.ErrorContext(ctx, trouble, "error", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
}

// Stop ends the loop and waits for it. Stopping twice or before Start is legal.
func (l *Loop) Stop() {
	if l.cancel != nil {
		l.cancel()
	}
	l.group.Wait()
}

// Pause waits for d or for woken, which may be nil; false when the context ended.
func Pause(ctx context.Context, d time.Duration, woken <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-woken:
	}
	return true
}

// Wake leaves word for one who pauses, or will.
func Wake(woken chan<- struct{}) {
	select {
	case woken <- struct{}{}:
	default:
	}
}
