package execution

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/engine/turn"
	"github.com/karezflow/karez/server/execution/notice"
	"github.com/karezflow/karez/server/execution/seats"
	"github.com/karezflow/karez/server/loop"
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

// Shares tell what flows may have of the workers.
type Shares interface {
	// Of gives the share of a flow. It is asked for every piece of work, so it remembers.
	Of(ctx context.Context, flow ledger.ID) seats.Share
	// Flow gives the flow of a work row; false when it is not known.
	Flow(ctx context.Context, work ledger.ID) (ledger.ID, bool)
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
	// Shares tell what flows may have; nil sets no bounds.
	Shares Shares
	// Count is how many work rows are walked at a time, those of one flow as many as its
	// share is. Default 16.
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
	// seats decide which rows are walked, whoever told of them.
	seats *seats.Seats
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
		c.Count = 16
	}
	if c.Sweep == 0 {
		c.Sweep = time.Second
	}
	if c.Drain == 0 {
		c.Drain = 15 * time.Second
	}
	return &Workers{WorkersConfig: c, seats: seats.New(c.Count, c.Clock), told: map[offer]time.Time{}}
}

// Start begins to work until Stop. The end of the context ends the taking of work: a
// walk that is under way goes on, because what a target answers must be heard.
func (w *Workers) Start(ctx context.Context) {
	walks, cut := context.WithCancel(context.WithoutCancel(ctx))
	ctx, w.cancel = context.WithCancel(ctx)
	w.cut = cut
	w.group.Go(func() {
		walk := func(ctx context.Context, id ledger.ID) bool {
			of := turn.Of(ctx)
			w.offer(ctx, walks, seats.Row{Work: id, Flow: ledger.ID(of.Flow), Priority: of.Priority})
			return true
		}
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

// offer tells of a row. If its turn has come it is walked, and what of other rows has a seat
// with it; else it waits here.
func (w *Workers) offer(ctx, walks context.Context, row seats.Row) {
	if failpoint.Wrong(failpoint.NoRenewal) {
		w.handle(walks, row.Work)
		return
	}
	share := seats.Share{}
	if w.Shares != nil {
		if row.Flow == 0 {
			flow, known := w.Shares.Flow(ctx, row.Work)
			if !known {
				return // the sweeper finds it where it is there
			}
			row.Flow = flow
		}
		share = w.Shares.Of(ctx, row.Flow)
	}
	next, _ := w.seats.Offer(row, share)
	var own *seats.Seat
	for _, seat := range next {
		if seat.Work == row.Work {
			own = &seat
			continue
		}
		w.begin(ctx, walks, seat)
	}
	if own != nil {
		w.walk(ctx, walks, *own)
	}
}

// begin walks a row that has a seat in the background.
func (w *Workers) begin(ctx, walks context.Context, seat seats.Seat) {
	w.group.Go(func() { w.walk(ctx, walks, seat) })
}

// walk walks a row that has a seat, and begins what has one when it is free again. After the
// end of ctx no more is taken.
func (w *Workers) walk(ctx, walks context.Context, seat seats.Seat) {
	if ctx.Err() != nil {
		return
	}
	var next []seats.Seat
	if w.handle(walks, seat.Work) {
		var wait time.Duration
		next, wait = w.seats.Crowded(seat)
		w.group.Go(func() {
			if loop.Pause(ctx, wait, nil) {
				for _, seat := range w.seats.Next() {
					w.begin(ctx, walks, seat)
				}
			}
		})
	} else {
		next = w.seats.Leave(seat)
	}
	for _, seat := range next {
		w.begin(ctx, walks, seat)
	}
}

// handle walks one work row. A failure of ours puts the row back. It reports whether the row
// was not to be had because its flow has all that it may have.
func (w *Workers) handle(ctx context.Context, id ledger.ID) (crowded bool) {
	done, err := w.Worker.Handle(ctx, id)
	if err != nil && ctx.Err() == nil {
		w.Log.ErrorContext(ctx, "work failed and is tried again", "work", id, "error", err)
	}
	w.announce(ofFlow(ctx, done.Flow), done.Priority, done.Work)
	for priority, work := range done.Handed {
		w.announce(ctx, priority, work)
	}
	w.Events.Progress(ctx, done.Run)
	return done.Crowded
}

// ofFlow lets those who are told of work know whose it is.
func ofFlow(ctx context.Context, flow ledger.ID) context.Context {
	return turn.With(ctx, turn.Caller{Flow: int64(flow)})
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
			loop.Pause(ctx, sweepGap, nil)
			continue
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// sweepSize is how many due rows are looked at in a round, but at least one of every flow.
const sweepSize = 100

// round announces due work. Where that fails the rows are walked here: without hints all
// goes on, only less evenly. It reports whether more can be found at once: there was as much
// as a round looks at, and some of it was new.
func (w *Workers) round(ctx, walks context.Context) (more bool, err error) {
	now := w.Clock()
	due, err := w.Sweeper.Due(ctx, ledger.At(now), sweepSize)
	if err != nil {
		return false, err
	}
	maps.DeleteFunc(w.told, func(_ offer, at time.Time) bool { return now.Sub(at) >= tellAgain })
	full := 2*len(due) > sweepSize // what flows can't share evenly is left out
	slices.SortStableFunc(due, func(a, b ledger.Work) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Flow, b.Flow))
	})
	for len(due) > 0 {
		first := due[0]
		var fresh []ledger.ID
		var all []seats.Row
		for len(due) > 0 && due[0].Priority == first.Priority && due[0].Flow == first.Flow {
			one := offer{due[0].ID, due[0].Attempts}
			if _, known := w.told[one]; !known {
				fresh, w.told[one] = append(fresh, one.work), now
			}
			all, due = append(all, seats.Row{Work: one.work, Flow: first.Flow, Priority: first.Priority}), due[1:]
		}
		told := w.announce(ofFlow(ctx, first.Flow), first.Priority, fresh)
		more = more || full && (!told || len(fresh) > 0)
		if told {
			continue
		}
		clear(w.told)
		// Other processes may do so with the same rows: each begins elsewhere.
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] }) //nolint:gosec // guards nothing
		for _, row := range all {
			w.group.Go(func() { w.offer(ctx, walks, row) })
		}
	}
	return more, nil
}
