package walk

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// apply applies a transform to a batch, and again to those that asked for look-ups
// until nobody asks any more.
func (w *Walk) apply(ctx context.Context, step *plan.Step, batch []item.Item) ([]node.Result, error) {
	for i := range batch {
		batch[i].Answers = w.Answers
	}
	results, err := step.Apply(ctx, batch)
	for round := 0; err == nil && len(results) == len(batch); round++ {
		asking, needs := wanting(results)
		if len(asking) == 0 {
			break
		}
		refused, err := w.look(ctx, needs, round)
		if err != nil {
			return nil, &BrokenError{err}
		}
		if asking = w.answerable(asking, results, refused); len(asking) == 0 {
			break
		}
		again := make([]item.Item, len(asking))
		for n, i := range asking {
			again[n] = batch[i]
		}
		answered, err := step.Apply(ctx, again)
		if err != nil || len(answered) != len(again) {
			return answered, err
		}
		for n, i := range asking {
			results[i] = answered[n]
		}
	}
	return results, err
}

// answerable leaves out the inputs one of whose look-ups could not be answered, all of
// them where all were refused; that is their result.
func (w *Walk) answerable(asking []int, results []node.Result, refused *fault.Fault) []int {
	return slices.DeleteFunc(asking, func(i int) bool {
		f := cmp.Or(refused, w.refusal(results[i].Needs))
		if f != nil {
			results[i] = node.Result{Fault: f}
		}
		return f != nil
	})
}

// refusal is why one of the look-ups has no answer, nil where all have one.
func (w *Walk) refusal(needs []item.Lookup) *fault.Fault {
	for _, l := range needs {
		if f := w.refused[l.Key()]; f != nil {
			return f
		}
	}
	return nil
}

// wanting gives the inputs that ask for look-ups, and all that they ask for.
func wanting(results []node.Result) (asking []int, needs []item.Lookup) {
	for i := range results {
		if len(results[i].Needs) > 0 {
			asking, needs = append(asking, i), append(needs, results[i].Needs...)
		}
	}
	return asking, needs
}

// Evaluate calls do until it needs no look-up that was not answered. Missing are those
// that found nothing where something is needed.
func (w *Walk) Evaluate(ctx context.Context, do func() error) (missing []item.Lookup, err error) {
	for round := 0; ; round++ {
		err := do()
		open, ok := errors.AsType[*node.UnansweredError](err)
		if !ok {
			return nil, err
		}
		if len(open.Needs) == 0 {
			return open.Missing, nil
		}
		refused, err := w.look(ctx, open.Needs, round)
		if err != nil {
			return nil, &BrokenError{err}
		}
		if refused == nil {
			refused = w.refusal(open.Needs)
		}
		if refused != nil {
			return nil, refused
		}
	}
}

// BrokenError is an error that is nobody's fault among the documents.
type BrokenError struct{ error }

// Unwrap gives what broke.
func (b *BrokenError) Unwrap() error { return b.error }

// look has look-ups answered, for all documents of the walk. Refused is a fault of
// those who asked.
func (w *Walk) look(ctx context.Context, needs []item.Lookup, round int) (refused *fault.Fault, err error) {
	if round == lookup.MostRounds {
		return lookup.Endless(), nil
	}
	asked := needs[:0:0]
	seen := map[string]bool{}
	for _, l := range needs {
		if key := l.Key(); !seen[key] {
			seen[key] = true
			asked = append(asked, l)
		}
	}
	found, err := w.side.LookUp(ctx, asked)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if errors.As(err, &refused) {
		return refused, nil
	}
	if err != nil {
		return nil, err
	}
	for key, f := range found {
		if f.Fault != nil {
			w.refused[key] = f.Fault
			continue
		}
		delete(w.refused, key)
		w.Answers[key], w.waits[key] = f.Values, f.Wait
	}
	return nil, nil //nolint:nilnil // nobody is refused and nothing broke
}

// park notes that a record waits for what its look-ups did not find.
func (w *Walk) park(step *plan.Step, t Token, missing []item.Lookup) {
	f := notFound(missing)
	w.side.Failed(step, f)
	doc := &w.Docs[t.Doc]
	doc.Unplaced = true
	doc.Mark(ledger.Unmapped, ledger.ProblemOf(f, step.NodeID), 0)
	for _, l := range missing {
		doc.waits = append(doc.waits, w.waits[l.Key()])
	}
}

// notFound says what is missing.
func notFound(missing []item.Lookup) *fault.Fault {
	if len(missing) == 1 {
		return value.Nothing(missing[0])
	}
	const most = 5
	var samples []string
	seen := map[string]bool{}
	for _, l := range missing {
		if key := l.Key(); !seen[key] {
			seen[key] = true
			samples = append(samples, value.Nothing(l).Args["sample"])
		}
	}
	if len(samples) == 1 {
		return value.Nothing(missing[0])
	}
	n := len(samples)
	listed := strings.Join(samples[:min(n, most)], ", ")
	if n > most {
		listed += ", …"
	}
	return fault.New("lookup.values_missing", "%s values are missing in code tables or other documents: %s", strconv.Itoa(n), listed).
		Arg("sample", listed).Classed(fault.Data).Hinted("fill them in: what waits for them goes on by itself when all are there")
}

// evaluated evaluates something of a record, with its look-ups. Where that fails for
// the record itself it is told to gone, or parked, and ok is false.
func (w *Walk) evaluated(ctx context.Context, step *plan.Step, t Token, gone func(*plan.Step, Token, *fault.Fault), do func() error) (ok bool, err error) {
	missing, err := w.Evaluate(ctx, do)
	broken, isBroken := errors.AsType[*BrokenError](err)
	switch {
	case isBroken:
		return false, broken.error
	case err != nil:
		gone(step, t, fault.From(err))
		return false, nil
	case len(missing) > 0:
		w.park(step, t, missing)
		return false, nil
	default:
		return true, nil
	}
}
