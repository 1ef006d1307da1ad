package pull

import (
	"context"
	"errors"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/fault"
)

// Readings keep what is read of the past, beside the windows that move the cursor.
type Readings interface {
	// LeaveWindow ends an open window before its end: what it held is withdrawn, and it
	// counts for nothing. ErrFenced as RestartWindow.
	LeaveWindow(ctx context.Context, w ledger.Window, now ledger.Millis) error
	// Abandoned gives the stream's open windows of the past whose run ended reading.
	Abandoned(ctx context.Context, stream ledger.ID) ([]ledger.Window, error)
	// Reached gives where the done windows of a run that reads the past end; 0 where none
	// is done.
	Reached(ctx context.Context, stream, run ledger.ID) (ledger.Millis, error)
	// NoteClock keeps how far the source's clock is ahead of ours.
	NoteClock(ctx context.Context, stream ledger.ID, ahead time.Duration, now ledger.Millis) error
	// ResetCursor puts the cursor of a stream elsewhere; live windows that end behind it
	// are left. ledger.ErrFenced where the cursor has another version, and
	// ledger.ErrWindowOpen while a live window is open.
	ResetCursor(ctx context.Context, r ledger.CursorReset, now ledger.Millis) error
}

// ErrYielded says that a reading stopped between two windows because it was asked to. It
// goes on from there.
var ErrYielded = errors.New("something else is to be read first")

// Range reads a range of the past, or goes on with it where the run did so before: the
// cursor stays where it is. The zero from and to of a sweep are those of the source's
// sweep. The error is that of Run.
func (p *Puller) Range(ctx context.Context, job Job, reading ledger.Reading) error {
	return takenOver(p.span(ctx, job, reading))
}

func (p *Puller) span(ctx context.Context, job Job, reading ledger.Reading) error {
	window := job.Source.Window
	if !window.Ranged {
		return fault.New("reading.not_by_time", "%s does not select by time: every run reads everything", job.Source.Operation.Title.ZH).Classed(fault.Config)
	}
	r, err := p.begin(ctx, job)
	if err != nil {
		return err
	}
	r.kind = reading.Kind
	from, to := reading.From.Time(), reading.To.Time()
	if reading.Kind == ledger.GapSweep {
		from, to = SweepRange(r.job.Source.Window, r.job.Source.Sweep.LookBack, r.stream.Watermark.Time())
		r.job.Source = job.Source.Sweeping()
	}
	r.end = to
	if err := r.resume(ctx); err != nil {
		return err
	}
	reached, err := p.Store.Reached(ctx, r.stream.ID, job.Run)
	if err != nil {
		return err
	}
	if reached != 0 {
		from = reached.Time()
	}
	for first := true; from.Before(to) || first && reached == 0 && from.Equal(to) && !to.IsZero(); first = false {
		if err := r.job.yielded(ctx); err != nil {
			return err
		}
		end := window.Slice(from, to)
		if reading.Kind == ledger.GapSweep && r.job.Source.Sweep.Whole {
			end = to
		}
		if err := r.open(ctx, 0, ledger.At(from), ledger.At(end)); err != nil {
			return err
		}
		from = end
	}
	return nil
}

// resume reads the windows at which the run stopped before.
func (r *reader) resume(ctx context.Context) error {
	open, err := r.Store.OpenWindows(ctx, r.stream.ID, r.kind)
	if err != nil {
		return err
	}
	for _, w := range open {
		if w.Run != r.job.Run {
			continue
		}
		if w, err = r.Store.RestartWindow(ctx, w, r.job.Run, r.now()); err != nil {
			return err
		}
		if err := r.read(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// LetGo ends the windows of the past that were left behind by runs that read no more:
// what they held back is withdrawn, for nobody knows whether it is whole.
func (p *Puller) LetGo(ctx context.Context, workspace, flow ledger.ID, nodeID string) error {
	stream, err := p.Store.OpenStream(ctx, workspace, flow, nodeID)
	if err != nil {
		return err
	}
	left, err := p.Store.Abandoned(ctx, stream.ID)
	if err != nil {
		return err
	}
	for _, w := range left {
		if err := p.Store.LeaveWindow(ctx, w, p.now()); err != nil && !errors.Is(err, ledger.ErrFenced) {
			return err
		}
	}
	return nil
}

// SweepRange gives what a sweep reads: so far back from the cursor, and nothing that the
// cursor has not passed, for that is not missed yet. Both are the zero time where
// nothing was read.
func SweepRange(w plan.Window, back time.Duration, cursor time.Time) (from, to time.Time) {
	if cursor.IsZero() {
		return time.Time{}, time.Time{}
	}
	from = cursor.Add(-back)
	if from.Before(w.StartFrom) {
		from = w.StartFrom
	}
	if from.After(cursor) {
		from = cursor
	}
	return from, cursor
}
