package pull

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// Wanted is what a person chose of a source: documents by their numbers, or a range of time.
type Wanted struct {
	Numbers  []string
	From, To time.Time
}

// Gathered is what a page brought.
type Gathered struct {
	Records []ledger.Incoming
	// Dropped is how many records the source's conditions let go.
	Dropped int
	Window  ledger.Window
}

// Gather reads what is wanted page by page and stores nothing: no cursor moves and
// nothing enters a ledger. take says whether to read on. A range longer than the source
// gives at a time is read in parts, so that a document may come twice. job needs a
// Workspace, a Source, a Session and Params only. Its error is a *fault.Fault as that of
// Run or Numbers, or take's.
func (p *Puller) Gather(ctx context.Context, job Job, wanted Wanted, take func(Gathered) (bool, error)) error {
	if len(wanted.Numbers) > 0 {
		return p.gatherNumbers(ctx, job, wanted.Numbers, take)
	}
	if !job.Source.Window.Ranged {
		_, err := p.gather(ctx, job, recent(wanted.From, wanted.To), nil, take)
		return err
	}
	for at, more := wanted.From, true; more && at.Before(wanted.To); {
		to := job.Source.Window.Slice(at, wanted.To)
		var err error
		if more, err = p.gather(ctx, job, recent(at, to), nil, take); err != nil {
			return err
		}
		at = to
	}
	return nil
}

func (p *Puller) gatherNumbers(ctx context.Context, job Job, numbers []string, take func(Gathered) (bool, error)) error {
	if f := job.Source.NoNumbers(); f != nil {
		return f
	}
	now, err := p.sourceTime(ctx, job)
	if err != nil {
		return err
	}
	w := recent(now, now)
	w.Kind = ledger.ByNumbers
	for some := range slices.Chunk(numbers, job.Source.Operation.ByNumber.Max) {
		more, err := p.gather(ctx, job, w, some, take)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// gather reads a window, in halves where the source gives fewer rows than it has.
func (p *Puller) gather(ctx context.Context, job Job, w ledger.Window, numbers []string, take func(Gathered) (bool, error)) (bool, error) {
	more, err := p.gatherPages(ctx, job, w, numbers, take)
	much, ok := errors.AsType[*tooManyError](err)
	if !ok {
		return more, err
	}
	middle, ok := job.Source.Window.Middle(w.From.Time(), w.To.Time())
	if !ok || numbers != nil {
		return false, much.cause
	}
	first, second := w, w
	first.To, second.From = ledger.At(middle), ledger.At(middle)
	if more, err = p.gather(ctx, job, first, nil, take); err != nil || !more {
		return more, err
	}
	return p.gather(ctx, job, second, nil, take)
}

func (p *Puller) gatherPages(ctx context.Context, job Job, w ledger.Window, numbers []string, take func(Gathered) (bool, error)) (bool, error) {
	s := aside(p, job, w)
	s.kind, s.numbers = w.Kind, numbers
	ref := s.ref(0)
	for at := 0; ; at++ {
		if err := s.guard(at + 1); err != nil {
			return false, err
		}
		next, err := s.fetch(ctx, w, ref)
		if err != nil {
			return false, err
		}
		if s.seen(next) {
			return false, fault.New("paging.repeated", "the source gave the same page twice").Classed(fault.Transient).
				Hinted("try again; if it stays so, check the paginate node and the connector's manifest")
		}
		var last bool
		if ref, last, err = s.after(next, at); err != nil {
			return false, err
		}
		docs, dropped, ordered := s.documents(next, last)
		if !ordered {
			return false, s.unordered()
		}
		if more, err := take(Gathered{docs, dropped, w}); err != nil || !more || last {
			return more, err
		}
	}
}
