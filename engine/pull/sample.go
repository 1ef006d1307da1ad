package pull

import (
	"context"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/fault"
)

const (
	// mostLooks bounds how many windows a sample looks into, and mostPages how many
	// pages of one it reads.
	mostLooks = 7
	mostPages = 5
	// firstLook is how far back a sample looks first; each look goes twice as far.
	firstLook = 24 * time.Hour
)

// Sampled is a little of a source's recent past.
type Sampled struct {
	// Records are what the ledger would store, regrouped where the source says so.
	Records []ledger.Incoming
	// Dropped is how many records the source's conditions let go on the way.
	Dropped int
	// Request is the request of the window's first page, and Total what the vendor
	// told of the window: -1 where it does not tell.
	Request []byte
	Total   int
	// From and To are the ends of the window.
	From, To time.Time
}

// Sample asks the source for its newest records, at most so many, and stores
// nothing. Where the newest window is empty it looks further back, and gives the
// newest window where all are. job needs a Workspace, a Source, a Session and Params only;
// the Puller needs no Store. Its error is a *fault.Fault: the vendor's, or
// "source.not_started" where the source is to be read from a later time on only.
func (p *Puller) Sample(ctx context.Context, job Job, most int) (Sampled, error) {
	now, err := p.sourceTime(ctx, job)
	if err != nil {
		return Sampled{}, err
	}
	windows := Recent(job.Source.Window, now)
	if len(windows) == 0 {
		return Sampled{}, fault.New("source.not_started", "the first pull begins at %s, and the source's time is %s",
			job.Source.Window.StartFrom.Format(time.DateTime), now.In(job.Source.Window.StartFrom.Location()).Format(time.DateTime)).
			At("startFrom").Classed(fault.Config).Hinted("let it begin at an earlier time")
	}
	var newest Sampled
	for i, w := range windows {
		got, err := p.look(ctx, job, w, most)
		if err != nil || len(got.Records) > 0 {
			return got, err
		}
		if i == 0 {
			newest = got
		}
	}
	return newest, nil
}

// SampleNumbers asks the source for the documents with these numbers, at most so many,
// whatever their time, and stores nothing. It is otherwise like Sample; its error may also be
// "source.by_number_not_offered".
func (p *Puller) SampleNumbers(ctx context.Context, job Job, numbers []string, most int) (Sampled, error) {
	if f := job.Source.NoNumbers(); f != nil {
		return Sampled{}, f
	}
	now, err := p.sourceTime(ctx, job)
	if err != nil {
		return Sampled{}, err
	}
	all := Sampled{Total: -1}
	for part := range slices.Chunk(numbers, job.Source.Operation.ByNumber.Max) {
		w := recent(now, now)
		w.Kind = ledger.ByNumbers
		s := aside(p, job, w)
		s.numbers, s.found = part, map[string]bool{}
		got, err := p.read(ctx, s, w, most-len(all.Records))
		if err != nil {
			return Sampled{}, err
		}
		all.Records, all.Dropped = append(all.Records, got.Records...), all.Dropped+got.Dropped
		if all.Request == nil {
			all.Request = got.Request
		}
		if len(all.Records) >= most {
			break
		}
	}
	return all, nil
}

// Recent gives windows of a source's recent past, the newest first; none where
// the source is to be read from a later time on only. A source that takes no range
// has one.
func Recent(w plan.Window, sourceNow time.Time) []ledger.Window {
	to := w.End(sourceNow)
	if !w.Ranged {
		return []ledger.Window{recent(to, to)}
	}
	var windows []ledger.Window
	for back := firstLook; len(windows) < mostLooks && to.After(w.StartFrom); back *= 2 {
		if w.Span > 0 {
			back = min(back, w.Span)
		}
		from := to.Add(-back)
		if from.Before(w.StartFrom) {
			from = w.StartFrom
		}
		windows = append(windows, recent(from, to))
		to = from
	}
	return windows
}

func recent(from, to time.Time) ledger.Window {
	return ledger.Window{Kind: ledger.Live, From: ledger.At(from), To: ledger.At(to), Attempt: 1}
}

// look reads the first pages of a window until they hold enough records.
func (p *Puller) look(ctx context.Context, job Job, w ledger.Window, most int) (Sampled, error) {
	return p.read(ctx, aside(p, job, w), w, most)
}

func (p *Puller) read(ctx context.Context, s *sink, w ledger.Window, most int) (Sampled, error) {
	got := Sampled{From: w.From.Time(), To: w.To.Time()}
	ref := s.ref(0)
	for at := range mostPages {
		next, err := s.fetch(ctx, w, ref)
		if err != nil {
			return Sampled{}, err
		}
		if at == 0 {
			got.Request, got.Total = next.params, next.Total
		}
		var last bool
		if ref, last, err = s.after(next, at); err != nil {
			return Sampled{}, err
		}
		docs, dropped, ordered := s.documents(next, last)
		if !ordered {
			return Sampled{}, s.unordered()
		}
		got.Records, got.Dropped = append(got.Records, docs...), got.Dropped+dropped
		if last || len(got.Records) >= most {
			break
		}
	}
	got.Records = got.Records[:max(0, min(most, len(got.Records)))]
	return got, nil
}

// Identify gives a record as the ledger would store it, had it come by the
// window; false where the source's conditions drop it. job needs a Source and Params only.
func Identify(job Job, w ledger.Window, body []byte) (ledger.Incoming, bool) {
	return aside(nil, job, w).incoming(body, 0, 0)
}

// aside is a sink beside the ledger: it commits nothing.
func aside(p *Puller, job Job, w ledger.Window) *sink {
	return newSink(&reader{Puller: p, job: job, stream: ledger.Stream{NodeID: job.Source.NodeID}, end: w.To.Time()}, w)
}

// Peeked is what the first page of a range tells.
type Peeked struct {
	// Rows are those of the page, Total is the vendor's number of all, -1 where it does
	// not tell; More says that there are other pages.
	Rows, Total int
	More        bool
	// Took is how long the call took.
	Took time.Duration
}

// Peek asks for the first page of a range and stores nothing. job needs a Workspace, a
// Source, a Session and Params only.
func (p *Puller) Peek(ctx context.Context, job Job, from, to time.Time) (Peeked, error) {
	w := recent(from, to)
	s := aside(p, job, w)
	began := p.Clock()
	got, err := s.fetch(ctx, w, s.ref(0))
	if err != nil {
		return Peeked{}, err
	}
	_, last, err := s.after(got, 0)
	if err != nil {
		return Peeked{}, err
	}
	return Peeked{Rows: len(got.rows), Total: got.Total, More: !last, Took: p.Clock().Sub(began)}, nil
}

// SourceTime gives the source's time; ours stands in where it tells none.
func (p *Puller) SourceTime(ctx context.Context, job Job) (time.Time, error) {
	return p.sourceTime(ctx, job)
}
