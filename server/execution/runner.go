package execution

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/execution/notice"
	"github.com/karezflow/karez/server/execution/seats"
	"github.com/karezflow/karez/server/loop"
)

// RunnerConfig sets how a Runner works.
type RunnerConfig struct {
	Service *Service
	// Count is how many flows are read at a time. Default 16.
	Count int
	// Sweep is how often runs are looked for without a notice. Default 1 s.
	Sweep time.Duration
	// Grace is how long a page may take to come in after a wish to stop. Default 5 s.
	Grace time.Duration
}

// Runner reads the sources of queued runs, one run of a flow at a time, goes on
// with runs whose process is gone, and closes runs that are settled. Any number of
// processes may have one.
type Runner struct {
	RunnerConfig

	cancel context.CancelFunc
	group  sync.WaitGroup
	woken  chan struct{}

	// seats decide which flows are read.
	seats *seats.Seats

	mu       sync.Mutex
	reads    map[ledger.ID]*reading // by flow
	open     []Open                 // as they were listed the last time
	stopping bool
}

// turnTime is how long a flow is read at least before it makes way for one that waits.
const turnTime = 30 * time.Second

// sweepGap is the least time between two sweeps, however many notices there are.
const sweepGap = 100 * time.Millisecond

// NewRunner gives a Runner with the defaults filled in.
func NewRunner(c RunnerConfig) *Runner {
	if c.Count == 0 {
		c.Count = 16
	}
	if c.Sweep == 0 {
		c.Sweep = time.Second
	}
	if c.Grace == 0 {
		c.Grace = 5 * time.Second
	}
	clock := func() time.Time { return c.Service.Clock() }
	return &Runner{RunnerConfig: c, seats: seats.New(c.Count, clock), woken: make(chan struct{}, 1), reads: map[ledger.ID]*reading{}}
}

// Start begins to work until Stop.
func (r *Runner) Start(ctx context.Context) {
	ctx, r.cancel = context.WithCancel(ctx)
	r.Service.Events.Listen(ctx, notice.AllWorkspaces, func(_ string, data []byte) {
		var e notice.Event
		if json.Unmarshal(data, &e) == nil && e.Type == notice.RunEvent {
			loop.Wake(r.woken)
		}
	})
	r.Service.Events.Listen(ctx, notice.AllRuns, func(string, []byte) { loop.Wake(r.woken) })
	r.group.Go(func() {
		for ctx.Err() == nil {
			if err := r.sweep(ctx); err != nil && ctx.Err() == nil {
				r.Service.Log.ErrorContext(ctx, "runs could not be looked at; they are tried again", "error", err)
			}
			if !loop.Pause(ctx, sweepGap, nil) || !loop.Pause(ctx, r.Sweep-sweepGap, r.woken) {
				return
			}
		}
	})
}

// Stop lets every page that is being read come in, within the grace, and waits.
// The runs stay open: another process, or the next one, goes on with them.
// Stopping twice or before Start is legal.
func (r *Runner) Stop() {
	r.mu.Lock()
	r.stopping = true
	for _, at := range r.reads {
		at.stop(errStopping, r.Grace)
	}
	r.mu.Unlock()
	// Ending the loop's context would cut off the pages: they end by themselves first.
	r.waitReads()
	if r.cancel != nil {
		r.cancel()
	}
	r.group.Wait()
}

func (r *Runner) waitReads() {
	for {
		r.mu.Lock()
		var one *reading
		for _, at := range r.reads {
			one = at
		}
		r.mu.Unlock()
		if one == nil {
			return
		}
		<-one.done
	}
}

// sweep closes what is settled, stops what was cancelled and begins what can begin.
func (r *Runner) sweep(ctx context.Context) error {
	open, err := r.Service.Runs.Unfinished(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.open = open
	r.mu.Unlock()
	var errs []error
	var flows []ledger.ID
	for _, run := range open {
		if !run.PullingEnded {
			if !slices.Contains(flows, run.Flow) {
				flows = append(flows, run.Flow)
			}
			continue
		}
		read, err := r.stillRead(ctx, run.Run)
		if err == nil && !read && run.Unsettled == 0 && !gathers(run.Run, r.Service.now()) {
			err = r.finish(ctx, run)
		}
		errs = append(errs, err)
	}
	for _, flow := range flows {
		if run, rests := r.turn(flow); !rests {
			next, _ := r.seats.Offer(r.Service.seat(ctx, run))
			r.begin(ctx, next)
		}
	}
	return errors.Join(errs...)
}

// gathering is how long a run of handed or posted documents stays open at least, so that what
// comes in quick succession is one run and not many.
const gathering = 10 * time.Second

func gathers(run ledger.Run, now ledger.Millis) bool {
	return (run.Trigger == ledger.InletTrigger || run.Trigger == ledger.WebhookTrigger) && now < run.Started.Add(gathering)
}

// finish closes a run that is settled.
func (r *Runner) finish(ctx context.Context, open Open) error {
	done, err := r.Service.Store.FinishRun(ctx, open.ID, r.Service.now())
	if done && err == nil {
		open.State = open.Outcome()
		r.Service.Events.Run(ctx, open.Run, open.FlowID)
	}
	return err
}

// stillRead reports whether a page of a run may still come in although a person
// cancelled it; if it is read here, it is told to stop.
func (r *Runner) stillRead(ctx context.Context, run ledger.Run) (bool, error) {
	if run.Code != ledger.CodeCancelled {
		return false, nil
	}
	r.mu.Lock()
	at := r.reads[run.Flow]
	if at != nil && at.run == run.ID {
		at.stop(errCancelled, r.Grace)
	}
	here := at != nil && (at.run == run.ID || at.run == 0)
	r.mu.Unlock()
	if at != nil || r.Service.Leases == nil {
		return here, nil
	}
	// Whoever has the right to read the flow closes the run.
	return r.Service.Leases.Live(ctx, flowLease(run.Flow), r.Service.now())
}

// turn gives the run whose turn it is of a flow, and reports whether it was paused, or is over;
// whoever reads it here is told to stop. A paused run holds up those behind it: a flow is read
// run by run.
func (r *Runner) turn(flow ledger.ID) (run ledger.Run, rests bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	paused := map[ledger.ID]bool{}
	var runs []ledger.Run
	for _, run := range r.open {
		if run.Flow == flow {
			paused[run.ID], runs = run.Paused, append(runs, run.Run)
		}
	}
	run, ok := turnOf(runs)
	if at := r.reads[flow]; at != nil && paused[run.ID] {
		at.stop(errPaused, r.Grace)
	}
	return run, !ok || paused[run.ID]
}

// begin reads the flows that have seats, and after each those that have its seat then.
func (r *Runner) begin(ctx context.Context, next []seats.Seat) {
	for _, seat := range next {
		if _, rests := r.turn(seat.Flow); rests {
			r.begin(ctx, r.seats.Leave(seat))
			continue
		}
		r.mu.Lock()
		if !r.stopping {
			at := &reading{seat: seat, began: r.Service.Clock(), done: make(chan struct{})}
			r.reads[seat.Flow] = at
			r.group.Go(func() { r.sit(ctx, at) })
		}
		r.mu.Unlock()
	}
}

// sit reads a flow that has a seat.
func (r *Runner) sit(ctx context.Context, at *reading) {
	more, err := r.flow(ctx, at)
	if err != nil && ctx.Err() == nil {
		r.Service.Log.ErrorContext(ctx, "a run could not be read; it is tried again", "flow", at.seat.Flow, "error", err)
	}
	r.mu.Lock()
	delete(r.reads, at.seat.Flow)
	r.mu.Unlock()
	close(at.done)
	r.begin(ctx, r.seats.Leave(at.seat))
	if more {
		loop.Wake(r.woken)
	}
}

// name gives the public name of a flow that is open.
func (r *Runner) name(flow ledger.ID) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := slices.IndexFunc(r.open, func(run Open) bool { return run.Flow == flow })
	if at < 0 {
		return ""
	}
	return r.open[at].FlowID
}

// flow takes the right to read a flow and reads for the run whose turn it is. It
// gives whether there may be more to read at once.
func (r *Runner) flow(ctx context.Context, at *reading) (bool, error) {
	flow := at.seat.Flow
	held, give, ok, err := r.Service.hold(ctx, flow)
	if err != nil || !ok {
		return false, err
	}
	defer give()
	// What was listed may have changed before the right was taken.
	runs, err := r.Service.Store.OpenRuns(ctx, flow)
	if err != nil {
		return false, err
	}
	run, ok := turnOf(runs)
	if !ok {
		return false, nil
	}
	if run.State == ledger.RunQueued {
		began, err := r.Service.Store.BeginRun(ctx, run.ID, r.Service.now())
		if err != nil || !began {
			return !began, err
		}
		run.State, run.Started = ledger.RunRunning, r.Service.now()
		r.Service.Events.Run(ctx, run, r.name(flow))
	}
	err = r.read(held, run, at)
	return err == nil, err
}

// turnOf gives the run of a flow that is to be read: what changed comes before the past,
// then first one that was being read, then the one that fired first.
func turnOf(runs []ledger.Run) (ledger.Run, bool) {
	runs = slices.DeleteFunc(slices.Clone(runs), func(run ledger.Run) bool { return run.PullingEnded })
	if len(runs) == 0 {
		return ledger.Run{}, false
	}
	return slices.MinFunc(runs, func(a, b ledger.Run) int {
		return cmp.Or(cmp.Compare(a.Turn(), b.Turn()), cmp.Compare(b.State, a.State), cmp.Compare(a.FireAt, b.FireAt), cmp.Compare(a.ID, b.ID))
	}), true
}

// read reads the sources of a run and ends its pull side, unless it is to be
// gone on with.
func (r *Runner) read(ctx context.Context, run ledger.Run, at *reading) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r.mu.Lock()
	at.run, at.cancel = run.ID, cancel
	if r.stopping {
		at.stop(errStopping, r.Grace)
	}
	r.mu.Unlock()
	defer at.over()
	err := r.Service.read(ctx, run, reader{
		committed: func(pull.Progress) { at.committed() },
		wanted:    func() bool { return r.Service.Clock().Sub(at.began) >= turnTime && r.seats.Wanted(at.seat) },
	})
	cause := context.Cause(ctx)
	if errors.Is(err, pull.ErrYielded) {
		return nil
	}
	if errors.Is(cause, errLost) || cause != nil && err != nil {
		if errors.Is(cause, errCancelled) {
			r.Service.letGo(context.WithoutCancel(ctx), run)
		}
		r.Service.Log.InfoContext(ctx, "the reading of a run stops", "run", run.ID, "cause", cause)
		return nil
	}
	if err != nil && r.Service.Passing != nil && r.Service.Passing(err) {
		return err
	}
	failpoint.Hit("after_pulling")
	after := context.WithoutCancel(ctx)
	defer r.Service.letGo(after, run)
	return r.Service.end(after, run.ID, fault.From(err))
}

// reading is the reading of one flow.
type reading struct {
	seat  seats.Seat
	began time.Time
	// done is closed when it is over.
	done chan struct{}
	// run and cancel are set while a run is read. The runner's lock guards them.
	run    ledger.ID
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	wish  error
	timer *time.Timer
}

// stop ends the reading after the page that is being read. The runner is locked.
func (a *reading) stop(why error, grace time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.wish == nil && a.cancel != nil {
		cancel := a.cancel
		a.wish, a.timer = why, time.AfterFunc(grace, func() { cancel(why) })
	}
}

// committed says that a page came in.
func (a *reading) committed() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.wish != nil {
		a.timer.Stop()
		a.cancel(a.wish)
	}
}

// over says that the run is read no longer.
func (a *reading) over() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.timer != nil {
		a.timer.Stop()
	}
}
