package execution

import (
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/failpoint"
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
	// Count is how many work rows are walked at a time. Default 4: a row waits for the
	// database and the target half of its time.
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
	// slots bound how many rows are walked at a time, whoever told of them.
	slots chan struct{}
	// told are the rows that this process announced a moment ago.
	told map[offer]time.Time
}

// offer is a row that may be claimed. Who claims it in between makes another one of it.
type offer struct {
	work     ledger.ID
	attempts int
}

// tellAgain is when a row is announced again that nobody claimed since.
const tellAgain = 5 * time.Second

// NewWorkers gives Workers with the defaults filled in.
func NewWorkers(c WorkersConfig) *Workers {
	if c.Count == 0 {
		c.Count = 4
	}
	if c.Sweep == 0 {
		c.Sweep = time.Second
	}
	if c.Drain == 0 {
		c.Drain = 15 * time.Second
	}
	return &Workers{WorkersConfig: c, slots: make(chan struct{}, c.Count), told: map[offer]time.Time{}}
}

// Start begins to work until Stop. The end of the context ends the taking of work: a
// walk that is under way goes on, because what a target answers must be heard.
func (w *Workers) Start(ctx context.Context) {
	walks, cut := context.WithCancel(context.WithoutCancel(ctx))
	ctx, w.cancel = context.WithCancel(ctx)
	w.cut = cut
	w.group.Go(func() {
		walk := func(ctx context.Context, id ledger.ID) bool { return w.slot(ctx) && w.handle(walks, id) }
		if err := w.Queue.Subscribe(ctx, w.Count, walk); err != nil && ctx.Err() == nil {
			w.Log.ErrorContext(ctx, "the queue of work is gone; only the sweeper works on", "error", err)
		}
	})
	w.group.Go(func() { w.sweep(ctx, walks) })
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

// slot waits until there is room for a walk; handle gives it back.
func (w *Workers) slot(ctx context.Context) bool {
	select {
	case w.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// handle walks one work row. A failure of ours puts the row back, so the hint is done with either way.
func (w *Workers) handle(ctx context.Context, id ledger.ID) bool {
	defer func() { <-w.slots }()
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

func (w *Workers) announce(ctx context.Context, priority int, work []ledger.ID) bool {
	if len(work) == 0 {
		return true
	}
	err := w.Queue.Publish(ctx, priority, work)
	if err != nil && ctx.Err() == nil {
		w.Log.WarnContext(ctx, "work was not announced; the sweeper will find it", "error", err)
	}
	return err == nil
}

// sweep looks for due work that nobody holds: hints that were lost, leases that
// ran out, retries whose time has come.
func (w *Workers) sweep(ctx, walks context.Context) {
	if failpoint.Wrong(failpoint.HintOnly) {
		return
	}
	ticker := time.NewTicker(w.Sweep)
	defer ticker.Stop()
	for ctx.Err() == nil {
		more, err := w.round(ctx, walks)
		if err != nil && ctx.Err() == nil {
			w.Log.ErrorContext(ctx, "due work could not be listed", "error", err)
		}
		if more {
			continue
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// sweepSize is how many due rows are looked at in a round.
const sweepSize = 100

// round announces due work. Where that fails the rows are walked here: without hints all
// goes on, only less evenly. It reports whether more is to be walked so at once.
func (w *Workers) round(ctx, walks context.Context) (more bool, err error) {
	now := w.Clock()
	due, err := w.Sweeper.Due(ctx, ledger.At(now), sweepSize)
	if err != nil {
		return false, err
	}
	maps.DeleteFunc(w.told, func(_ offer, at time.Time) bool { return now.Sub(at) >= tellAgain })
	full := len(due) == sweepSize
	for len(due) > 0 { // they are in the order of their priorities
		priority := due[0].Priority
		var fresh, all []ledger.ID
		for len(due) > 0 && due[0].Priority == priority {
			one := offer{due[0].ID, due[0].Attempts}
			if _, known := w.told[one]; !known {
				fresh, w.told[one] = append(fresh, one.work), now
			}
			all, due = append(all, one.work), due[1:]
		}
		if w.announce(ctx, priority, fresh) {
			continue
		}
		more = full
		clear(w.told)
		w.walk(ctx, walks, all)
	}
	return more, nil
}

// walk walks rows of one priority here, and waits until all have begun. Other processes may do so with the same
// rows: each begins elsewhere.
func (w *Workers) walk(ctx, walks context.Context, work []ledger.ID) {
	rand.Shuffle(len(work), func(i, j int) { work[i], work[j] = work[j], work[i] }) //nolint:gosec // guards nothing
	for _, id := range work {
		if !w.slot(ctx) {
			return
		}
		w.group.Go(func() { w.handle(walks, id) })
	}
}
