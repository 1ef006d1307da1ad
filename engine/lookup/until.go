package lookup

import (
	"context"
	"errors"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// MostRounds bounds how often one evaluation may ask: look-ups that depend on each
// other need a round each.
const MostRounds = 12

// Answerer answers look-ups of a workspace; see Resolver.Answer.
type Answerer interface {
	Answer(ctx context.Context, workspace ledger.ID, asked []item.Lookup) (map[string]Found, error)
}

// Nothing finds nothing.
type Nothing struct{}

// Answer implements Answerer.
func (Nothing) Answer(_ context.Context, _ ledger.ID, asked []item.Lookup) (map[string]Found, error) {
	found := make(map[string]Found, len(asked))
	for _, l := range asked {
		found[l.Key()] = Found{}
	}
	return found, nil
}

// Endless is the fault of an evaluation that asks for more after all rounds.
func Endless() *fault.Fault {
	return fault.New("lookup.endless", "the look-ups ask for more after %d rounds", MostRounds).Classed(fault.Data).
		Hinted("look-ups inside each other are answered one after the other: use fewer")
}

// Until evaluates something that nothing else is evaluated with: it calls do until no
// look-up of it is unanswered, and puts what is found into answers, from which do is to
// read. Missing are the look-ups without which it can't be. Its error is do's, or that
// of the answers.
func Until(ctx context.Context, by Answerer, workspace ledger.ID, answers item.Answers, do func() error) (missing []item.Lookup, err error) {
	for range MostRounds {
		err := do()
		open, ok := errors.AsType[*node.UnansweredError](err)
		if !ok {
			return nil, err
		}
		if len(open.Needs) == 0 {
			return open.Missing, nil
		}
		found, err := by.Answer(ctx, workspace, open.Needs)
		if err != nil {
			return nil, err
		}
		for key, f := range found {
			if f.Fault != nil {
				return nil, f.Fault
			}
			answers[key] = f.Values
		}
	}
	return nil, Endless()
}
