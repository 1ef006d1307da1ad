package pull

import (
	"context"
	"errors"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Numbers fetches the documents with these numbers, whatever their time, and gives
// the numbers with which the source had none. The cursor stays where it is. A pull
// that was cut off is made again from its beginning: what it stored is unchanged
// then. Its error is a *fault.Fault as that of Run, or "source.by_number_not_offered".
func (p *Puller) Numbers(ctx context.Context, job Job, numbers []string) ([]string, error) {
	missing, err := p.numbers(ctx, job, numbers)
	return missing, takenOver(err)
}

func (p *Puller) numbers(ctx context.Context, job Job, numbers []string) ([]string, error) {
	if f := job.Source.NoNumbers(); f != nil {
		return nil, f
	}
	r, err := p.begin(ctx, job)
	if err != nil {
		return nil, err
	}
	r.found = map[string]bool{}
	for r.numbers = range slices.Chunk(numbers, job.Source.Operation.ByNumber.Max) {
		if err := r.chunk(ctx); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(numbers), func(number string) bool { return r.found[number] }), nil
}

// chunk reads the numbers of one request, page by page, as a window of its own. What
// it held back when it can't be read to its end is let go of at once, for the run
// could not end before.
func (r *reader) chunk(ctx context.Context) error {
	at := ledger.At(r.sourceNow)
	w, err := r.Store.StartWindow(ctx, ledger.Window{Stream: r.stream.ID, Run: r.job.Run, Kind: ledger.ByNumbers, From: at, To: at}, r.now())
	if err != nil {
		return err
	}
	if err = r.read(ctx, w); err == nil {
		return nil
	}
	after := context.WithoutCancel(ctx)
	if left := r.letGo(after, w.ID); left != nil {
		r.Log.WarnContext(after, "what a pull by numbers held back stays so until the source is read again", "stream", r.stream.NodeID, "error", left)
	}
	return err
}

// letGo ends windows of pulls by numbers that were not read to their end, one of them
// or with 0 all. What they held back is withdrawn: nobody knows whether it is whole.
func (r *reader) letGo(ctx context.Context, only ledger.ID) error {
	open, err := r.Store.OpenWindows(ctx, r.stream.ID, ledger.ByNumbers)
	if err != nil {
		return err
	}
	for _, w := range open {
		if only != 0 && w.ID != only {
			continue // somebody who took over reads it
		}
		if err = r.Store.LeaveWindow(ctx, w, r.now()); err != nil {
			return err
		}
	}
	return nil
}

// request builds the parameters of one page. What they look up is asked for once: the
// pages of a window, read once more or not, are asked for alike.
func (r *reader) request(ctx context.Context, w ledger.Window, ref connector.PageRef) (params []byte, err error) {
	if r.answers == nil {
		r.answers = item.Answers{}
	}
	missing, err := lookup.Until(ctx, r.Lookups, r.job.Workspace, r.answers, func() (err error) {
		if r.numbers != nil {
			params, err = r.job.Source.RequestNumbers(r.numbers, w.To.Time(), ref, r.job.Params, r.answers, r.job.FlowID, r.job.RunID)
		} else {
			params, err = r.job.Source.Request(w.From.Time(), w.To.Time(), ref, r.job.Params, r.answers, r.job.FlowID, r.job.RunID)
		}
		return err
	})
	if len(missing) > 0 {
		err = value.Nothing(missing[0])
	}
	if f, ok := errors.AsType[*fault.Fault](err); ok && f.Class == fault.Data && f.Args["sample"] != "" {
		return nil, fault.New("source.lookup_missed", "the request looks something up that is not there: %s", f.Args["sample"]).
			At(f.Path).Classed(fault.Config).Because(f).
			Hinted("fill it in, or run the flow that reads it, and run this one again; a parameter whose onMiss is empty is left out instead")
	}
	return params, err
}

// note remembers by which numbers the scope's document was asked for.
func (r *reader) note(scope *value.Scope) {
	if r.found == nil {
		return
	}
	for _, name := range r.job.Source.Names(scope) {
		r.found[name] = true
	}
}
