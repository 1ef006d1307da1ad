// Package pull reads sources: it splits time into windows, pages through each,
// detects pages that shift, and commits every page with its documents before it
// asks for the next.
//
// It may import engine/ledger, engine/lookup, engine/plan, engine/value and the sdk: never a
// database, a connector process or another side of the engine.
package pull

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Config sets how a Puller works.
type Config struct {
	Store Store
	Clock Clock
	Log   *slog.Logger
	// Lookups answer what requests look up; nil finds nothing.
	Lookups lookup.Answerer
	// Attempts is how often an unstable window is read before it is split. Default 3.
	Attempts int
	// Tries and FirstWait bound the retries of one page request. Default 6 and 500 ms, doubling.
	Tries     int
	FirstWait time.Duration
	// CallTimeout bounds one vendor call. Default 60 s.
	CallTimeout time.Duration
	// Heard is told of every page request when it ended; it must not wait. It may be nil.
	Heard func(Asked)
}

// Puller reads sources. It keeps nothing between runs.
type Puller struct{ Config }

// New gives a Puller with the defaults filled in.
func New(c Config) *Puller {
	if c.Attempts == 0 {
		c.Attempts = 3
	}
	if c.Tries == 0 {
		c.Tries = 6
	}
	if c.FirstWait == 0 {
		c.FirstWait = 500 * time.Millisecond
	}
	if c.CallTimeout == 0 {
		c.CallTimeout = time.Minute
	}
	if c.Lookups == nil {
		c.Lookups = lookup.Nothing{}
	}
	return &Puller{c}
}

// Job is one source of one run.
type Job struct {
	Workspace, Flow, Run, Version, Connection ledger.ID
	Source                                    *plan.Source
	Session                                   connector.Session
	// Params are the flow's parameters, a JSON object.
	Params item.Value
	// FlowID, RunID and TraceID are the public names.
	FlowID, RunID, TraceID string
	Priority               int
	// Report is told after every commit; it may be nil.
	Report func(Progress)
	// Yield is asked between windows whether to stop there; nil never does.
	Yield func(context.Context) (bool, error)
}

// yielded is ErrYielded where the job is asked to stop.
func (j Job) yielded(ctx context.Context) error {
	if j.Yield == nil {
		return nil
	}
	stop, err := j.Yield(ctx)
	if err == nil && stop {
		err = ErrYielded
	}
	return err
}

// Progress is what a commit did.
type Progress struct {
	Page ledger.PageResult
	// Rows is how many records were pulled: documents, where the source regroups rows.
	Rows int
	// Released is work that became claimable when a window was done.
	Released []ledger.ID
	// Done and End tell how far the cursor is on its way.
	Done, End time.Time
}

// Parted is a Session whose records come in parts, such as files. Each part is read
// as a window of its own; Check's time grows from part to part.
type Parted interface {
	// Done says that all that was read of the part is stored for good. It reports
	// whether there is another one; its error, a *fault.Fault, ends the run.
	Done(ctx context.Context) (more bool, err error)
}

// Run reads everything that is due: first windows that were interrupted, then
// new ones up to the source's clock less the lag. Its error is a *fault.Fault
// that says why pulling could not finish, ErrYielded, or Yield's; what was committed
// before stays.
func (p *Puller) Run(ctx context.Context, job Job) error {
	parted, inParts := job.Session.(Parted)
	for {
		if err := takenOver(p.run(ctx, job, inParts)); err != nil || !inParts {
			return err
		}
		if more, err := parted.Done(ctx); err != nil || !more {
			return err
		}
	}
}

// takenOver says what it means that a window is read by somebody else.
func takenOver(err error) error {
	if errors.Is(err, ledger.ErrFenced) {
		return fault.New("window.taken_over", "another run reads this source now and goes on from here").Because(err).Classed(fault.Transient)
	}
	return err
}

// begin opens the stream and asks for the source's time. What a pull by numbers that
// was cut off held back is let go of first: nobody goes on with it.
func (p *Puller) begin(ctx context.Context, job Job) (*reader, error) {
	stream, err := p.Store.OpenStream(ctx, job.Workspace, job.Flow, job.Source.NodeID)
	if err != nil {
		return nil, err
	}
	now, err := p.clock(ctx, job, stream)
	if err != nil {
		return nil, err
	}
	r := &reader{Puller: p, job: job, stream: stream, kind: ledger.Live, sourceNow: now, end: job.Source.Window.End(now)}
	if err := r.letGo(ctx, 0); err != nil {
		return nil, err
	}
	return r, p.LetGo(ctx, job.Workspace, job.Flow, job.Source.NodeID)
}

func (p *Puller) run(ctx context.Context, job Job, inParts bool) error {
	r, err := p.begin(ctx, job)
	if err != nil {
		return err
	}
	open, err := p.Store.OpenWindows(ctx, r.stream.ID, ledger.Live)
	if err != nil {
		return err
	}
	for _, w := range open {
		w, err := p.Store.RestartWindow(ctx, w, job.Run, p.now())
		if err != nil {
			return err
		}
		// Of what lies before startFrom nothing is wanted, should it have been set later meanwhile.
		if end := w.To.Time(); job.Source.Window.Ranged && !end.After(job.Source.Window.StartFrom) {
			err = r.finish(ctx, w)
		} else {
			err = r.read(ctx, w)
		}
		if err != nil {
			return err
		}
	}
	if inParts && len(open) > 0 {
		return nil // the part was read by the window that was interrupted
	}
	return r.advance(ctx)
}

func (p *Puller) now() ledger.Millis { return ledger.At(p.Clock()) }

// reader reads the windows of one job.
type reader struct {
	*Puller
	job    Job
	stream ledger.Stream
	// kind is that of the windows it reads.
	kind ledger.WindowKind
	// sourceNow is the source's time, end where the last window of this run ends.
	sourceNow, end time.Time
	// numbers are what a pull by numbers asks for; nil in a pull by time. found are
	// the numbers of the documents that came.
	numbers []string
	found   map[string]bool
	// answers are those to the look-ups of the requests so far.
	answers item.Answers
}

// advance opens and reads new windows until the cursor is at the end.
func (r *reader) advance(ctx context.Context) error {
	var watermark ledger.Millis
	for turn := 0; ; turn++ {
		stream, err := r.Store.OpenStream(ctx, r.job.Workspace, r.job.Flow, r.job.Source.NodeID)
		if err != nil {
			return err
		}
		// Endless reading of one window would look like work.
		if turn > 0 && stream.Watermark <= watermark {
			return fault.New("window.cursor_stuck", "a window was read and the next one would begin at %s as before", watermark.Time().Format(time.RFC3339)).
				Classed(fault.Internal).Hinted("check span, look-back and granularity of the window node, and startFrom of the source")
		}
		watermark = stream.Watermark
		from, to, more := r.job.Source.Window.Next(watermark.Time(), r.end)
		if failpoint.Wrong(failpoint.CursorMax) {
			from = max(ledger.At(from), watermark).Time()
		}
		if !more {
			return nil
		}
		if turn > 0 {
			if err := r.job.yielded(ctx); err != nil {
				return err
			}
		}
		if err := r.open(ctx, watermark, ledger.At(from), ledger.At(to)); err != nil {
			return err
		}
	}
}

// open reads a new window. Where it begins behind the cursor, because startFrom
// was set later, what lies between counts as read: nothing of it is wanted.
func (r *reader) open(ctx context.Context, watermark, from, to ledger.Millis) error {
	if watermark != 0 && from > watermark {
		gap, err := r.start(ctx, watermark, from)
		if err == nil {
			err = r.finish(ctx, gap)
		}
		if err != nil {
			return err
		}
	}
	w, err := r.start(ctx, from, to)
	if err != nil {
		return err
	}
	return r.read(ctx, w)
}

func (r *reader) start(ctx context.Context, from, to ledger.Millis) (ledger.Window, error) {
	return r.Store.StartWindow(ctx, ledger.Window{Stream: r.stream.ID, Run: r.job.Run, Kind: r.kind, From: from, To: to}, r.now())
}

// read reads one window until its pages are stable, and splits it when they never are.
func (r *reader) read(ctx context.Context, w ledger.Window) error {
	for attempt := 1; ; attempt++ {
		finding, err := r.pages(ctx, w)
		if much, ok := errors.AsType[*tooManyError](err); ok {
			return r.split(ctx, w, findingTooMany, much.cause)
		}
		if err != nil {
			return err
		}
		if finding == "" {
			return r.finish(ctx, w)
		}
		r.Log.InfoContext(ctx, "window is read again", "finding", finding, "stream", r.stream.NodeID,
			"from", w.From.Time(), "to", w.To.Time(), "attempt", w.Attempt)
		if attempt >= r.Attempts && finding == findingUnordered {
			return r.unordered() // which half a window does not mend
		}
		if attempt >= r.Attempts {
			return r.split(ctx, w, finding, nil)
		}
		if w, err = r.Store.RestartWindow(ctx, w, r.job.Run, r.now()); err != nil {
			return err
		}
	}
}

func (r *reader) finish(ctx context.Context, w ledger.Window) error {
	released, err := r.Store.FinishWindow(ctx, w, r.now())
	if err != nil {
		return err
	}
	failpoint.Hit("after_window")
	r.report(Progress{Released: released, Done: w.To.Time(), End: r.end})
	return nil
}

// split reads the halves of a window; cause is what the source said of it, nil where it
// said nothing.
func (r *reader) split(ctx context.Context, w ledger.Window, finding string, cause error) error {
	middle, ok := r.job.Source.Window.Middle(w.From.Time(), w.To.Time())
	switch {
	case ok:
	case finding == findingTooMany && (w.Kind == ledger.ByNumbers || !r.job.Source.Window.Ranged):
		return cause // it is no matter of the range
	case finding == findingTooMany:
		return fault.New("window.unsplittable", "the source does not give the rows from %s to %s (%s) and the window cannot be split further",
			w.From.Time().Format(time.RFC3339), w.To.Time().Format(time.RFC3339), finding).
			Classed(fault.Config).Because(cause).Hinted("let the request select less, for example by shop or state, in several sources")
	default:
		return fault.New("window.unsplittable", "the pages from %s to %s changed at every reading (%s) and the window cannot be split further",
			w.From.Time().Format(time.RFC3339), w.To.Time().Format(time.RFC3339), finding).
			Classed(fault.Transient).Hinted("run again later, or give the window a larger lag")
	}
	parts, err := r.Store.SplitWindow(ctx, w, ledger.At(middle), r.now())
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := r.read(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) report(progress Progress) {
	if r.job.Report != nil {
		r.job.Report(progress)
	}
}
