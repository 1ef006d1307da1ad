package execution

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/server/execution/notice"
)

// Queue is where hints come from. The handler reports whether the hint is done with.
type Queue interface {
	Hints
	// Subscribe calls handle for every hint until the context ends, at most workers at a time.
	Subscribe(ctx context.Context, workers int, handle func(context.Context, ledger.ID) bool) error
}

// Sweeper finds work that nobody holds.
type Sweeper interface {
	Due(ctx context.Context, now ledger.Millis, limit int) ([]ledger.Work, error)
}

// WorkersConfig wires Workers.
type WorkersConfig struct {
	Worker  *push.Worker
	Queue   Queue
	Sweeper Sweeper
	Clock   func() time.Time
	Log     *slog.Logger
	// Events is told after every row that was walked; nil announces nothing.
	Events *notice.Events
	// Count is how many work rows are walked at a time. Default 2.
	Count int
	// Sweep is how often due work is looked for. Default 1 s.
	Sweep time.Duration
	// Drain is how long Stop lets walks come to their end before it cuts them. Default 15 s.
	Drain time.Duration
}

// Workers walk work as it is announced, and sweep for what was not.
type Workers struct {
	WorkersConfig

	// cancel ends the taking of work, cut the walks that are under way.
	cancel, cut context.CancelFunc
	group       sync.WaitGroup
}

// NewWorkers gives Workers with the defaults filled in.
func NewWorkers(c WorkersConfig) *Workers {
	if c.Count == 0 {
		c.Count = 2
	}
	if c.Sweep == 0 {
		c.Sweep = time.Second
	}
	if c.Drain == 0 {
		c.Drain = 15 * time.Second
	}
	return &Workers{WorkersConfig: c}
}

// Start begins to work until Stop. The end of the context ends the taking of work: a
// walk that is under way goes on, because what a target answers must be heard.
func (w *Workers) Start(ctx context.Context) {
	walks, cut := context.WithCancel(context.WithoutCancel(ctx))
	ctx, w.cancel = context.WithCancel(ctx)
	w.cut = cut
	w.group.Go(func() {
		walk := func(_ context.Context, id ledger.ID) bool { return w.handle(walks, id) }
		if err := w.Queue.Subscribe(ctx, w.Count, walk); err != nil && ctx.Err() == nil {
			w.Log.ErrorContext(ctx, "the queue of work is gone; only the sweeper works on", "error", err)
		}
	})
	w.group.Go(func() { w.sweep(ctx) })
}

// Stop ends the workers and waits for what they hold, which it cuts where it takes
// longer than Drain. Stopping twice or before Start is legal.
func (w *Workers) Stop() {
	if w.cancel == nil {
		return
	}
	w.cancel()
	overdue := time.AfterFunc(w.Drain, w.cut)
	w.group.Wait()
	overdue.Stop()
	w.cut()
}

// handle walks one work row. A failure of ours puts the row back, so the hint is done with either way.
func (w *Workers) handle(ctx context.Context, id ledger.ID) bool {
	done, err := w.Worker.Handle(ctx, id)
	if err != nil && ctx.Err() == nil {
		w.Log.ErrorContext(ctx, "work failed and is tried again", "work", id, "error", err)
	}
	w.announce(ctx, done.Priority, done.Work)
	for priority, work := range done.Handed {
		w.announce(ctx, priority, work)
	}
	w.Events.Progress(ctx, done.Run)
	return true
}

func (w *Workers) announce(ctx context.Context, priority int, work []ledger.ID) {
	if len(work) == 0 {
		return
	}
	if err := w.Queue.Publish(ctx, priority, work); err != nil {
		w.Log.WarnContext(ctx, "work was not announced; the sweeper will find it", "error", err)
	}
}

// sweep announces due work that nobody holds: hints that were lost, leases that
// ran out, retries whose time has come.
func (w *Workers) sweep(ctx context.Context) {
	ticker := time.NewTicker(w.Sweep)
	defer ticker.Stop()
	for {
		due, err := w.Sweeper.Due(ctx, ledger.At(w.Clock()), 100)
		if err != nil && ctx.Err() == nil {
			w.Log.ErrorContext(ctx, "due work could not be listed", "error", err)
		}
		for len(due) > 0 { // they are in the order of their priorities
			var ids []ledger.ID
			priority := due[0].Priority
			for len(due) > 0 && due[0].Priority == priority {
				ids, due = append(ids, due[0].ID), due[1:]
			}
			w.announce(ctx, priority, ids)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
