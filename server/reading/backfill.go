package reading

import (
	"context"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// Estimate is what reading a range is likely to cost.
type Estimate struct {
	From, To time.Time
	// Windows is into how many the range is cut; Sampled of them were asked for.
	Windows, Sampled int
	// Calls is how many there are likely to be. AtLeast says that there may be more: the
	// source does not tell how much there is.
	Calls   int
	AtLeast bool
	// Documents is how many rows are likely to come, -1 where nobody knows.
	Documents int
	// Takes is how long that is likely to last.
	Takes time.Duration
	// Hole is a time that neither this range nor the windows read so far cover: from Hole
	// to Until. Both are the zero time where there is none.
	Hole, Until time.Time
}

// samples is how many windows an estimate asks for.
const samples = 5

// Estimate tells what reading a range of the past costs. It asks the source for a few
// pages and stores nothing.
func (s *Service) Estimate(ctx context.Context, flowID, node string, from, to time.Time) (Estimate, error) {
	of, err := s.of(ctx, flowID, node)
	if err != nil {
		return Estimate{}, err
	}
	job, err := s.job(ctx, of)
	if err != nil {
		return Estimate{}, err
	}
	if from, to, err = s.bounds(ctx, job, from, to); err != nil {
		return Estimate{}, err
	}
	e, err := s.estimate(ctx, job, from, to)
	if err != nil {
		return e, err
	}
	stream, err := s.Store.OpenStream(ctx, of.Workspace, of.ID, node)
	if err != nil {
		return e, err
	}
	covered, err := s.Store.Coverage(ctx, stream.ID)
	if err != nil {
		return e, err
	}
	e.Hole, e.Until = hole(of.source.Window, covered, to)
	return e, nil
}

// hole gives what lies between a range that ends at to and what is read without it.
func hole(w plan.Window, covered Coverage, to time.Time) (from, until time.Time) {
	begins := w.StartFrom
	if covered.From != 0 {
		begins = covered.From.Time()
	}
	if !to.Before(begins) {
		return time.Time{}, time.Time{}
	}
	return to, begins
}

// bounds checks a range and cuts off what the source has not told for good yet.
func (s *Service) bounds(ctx context.Context, job pull.Job, from, to time.Time) (time.Time, time.Time, error) {
	now, err := s.Puller.SourceTime(ctx, job)
	if err != nil {
		return from, to, err
	}
	if end := job.Source.Window.End(now); to.After(end) {
		to = end
	}
	switch {
	case from.IsZero():
		return from, to, fault.New("backfill.from_missing", "where does the range begin?").At("from").Classed(fault.Data)
	case !from.Before(to):
		return from, to, fault.New("backfill.range_empty", "the range ends before it begins: it may end at %s at the latest", job.Source.Window.End(now).UTC().Format(time.RFC3339)).
			At("to").Classed(fault.Data).Hinted("choose an end behind the beginning, and a beginning in the past")
	}
	return from, to, nil
}

// estimate asks for the first pages of a few windows.
func (s *Service) estimate(ctx context.Context, job pull.Job, from, to time.Time) (Estimate, error) {
	window := job.Source.Window
	e := Estimate{From: from, To: to, Windows: window.Slices(from, to)}
	var took time.Duration
	calls, rows, known := 0, 0, true
	for _, begin := range chosen(from, to, min(samples, e.Windows)) {
		got, err := s.Puller.Peek(ctx, job, begin, window.Slice(begin, to))
		if err != nil {
			return e, err
		}
		e.Sampled++
		took += got.Took
		pages := 1
		switch size := job.Source.Page.Size; {
		case got.Total >= 0 && size > 0:
			pages = max(1, (got.Total+size-1)/size)
			rows += got.Total
		case got.More:
			pages, known, e.AtLeast = 2, false, true
		default:
			rows += got.Rows
		}
		if pages > 1 {
			pages++ // a page is read once more, to see whether anything moved
		}
		calls += pages
	}
	e.Calls = (calls*e.Windows + e.Sampled - 1) / e.Sampled
	e.Documents = -1
	if known {
		e.Documents = rows * e.Windows / e.Sampled
	}
	m, err := s.Connections.Manifest(ctx, job.Workspace, job.Source.Connection)
	if err != nil {
		return e, err
	}
	e.Takes = max(time.Duration(e.Calls)*(took/time.Duration(e.Sampled)), slowest(m.Limits, e.Calls))
	return e, nil
}

// chosen gives where n windows begin that lie evenly in a range.
func chosen(from, to time.Time, n int) []time.Time {
	step := to.Sub(from) / time.Duration(n)
	out := make([]time.Time, n)
	for i := range out {
		out[i] = from.Add(time.Duration(i) * step)
	}
	return slices.Compact(out)
}

// slowest gives how long so many calls last by the vendor's limits.
func slowest(limits []manifest.Limit, calls int) time.Duration {
	var most time.Duration
	for _, l := range limits {
		if l.Calls > 0 {
			most = max(most, time.Duration(calls/l.Calls)*l.Per.Std()+time.Duration(calls%l.Calls)*l.Per.Std()/time.Duration(l.Calls))
		}
	}
	return most
}

// Backfill begins to read a range of the past and gives the run.
func (s *Service) Backfill(ctx context.Context, flowID, node string, from, to time.Time) (ledger.ID, error) {
	of, err := s.of(ctx, flowID, node)
	if err != nil {
		return 0, err
	}
	job, err := s.job(ctx, of)
	if err != nil {
		return 0, err
	}
	if from, to, err = s.bounds(ctx, job, from, to); err != nil {
		return 0, err
	}
	past, err := s.Store.Past(ctx, of.ID, node, listed)
	if err != nil {
		return 0, err
	}
	if slices.ContainsFunc(past, func(p Past) bool {
		return p.Reading.Kind == ledger.Backfill && p.State <= ledger.RunRunning && !p.PullingEnded
	}) {
		return 0, fault.New("backfill.running", "a range of this source's past is being read already").Classed(fault.Config).
			Hinted("wait for its end, or cancel it")
	}
	order := ledger.Reading{Kind: ledger.Backfill, Node: node, From: ledger.At(from), To: ledger.At(to)}
	return s.Runs.Backfill(ctx, flowID, order.Trigger(), order)
}
