package product

import (
	"context"
	"path/filepath"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/turn"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/bus"
)

// openBus reaches the server of hints and notices, or starts the one of this process.
func (p *Product) openBus(ctx context.Context) (err error) {
	c := p.Config.Bus
	c.Log = p.Log
	if c.URL == "" {
		c.Dir = filepath.Join(p.Data, "bus")
		if p.Bus, err = bus.OpenNats(ctx, c); err != nil {
			return fault.Wrap(err, "bus.not_started", "the queue of work did not start").Classed(fault.Internal)
		}
		return nil
	}
	c.Patient = true
	if p.Bus, err = bus.OpenNats(ctx, c); err != nil {
		return fault.Wrap(err, "bus.unusable", "the NATS server can't be used").Classed(fault.Config).
			Hinted("check --nats, its user and certificates, and that the server runs with JetStream")
	}
	return nil
}

// queue gives the execution service the bus: a hint names a work row. Whose it is, as far
// as is known, stands in the context.
type queue struct{ bus bus.Bus }

// Publish implements execution.Hints.
func (q queue) Publish(ctx context.Context, priority int, work []ledger.ID) error {
	hints := make([]bus.Hint, len(work))
	for i, id := range work {
		hints[i] = bus.Hint{Work: int64(id), Flow: turn.Of(ctx).Flow, Priority: priority}
	}
	return q.bus.Publish(ctx, hints)
}

// Subscribe implements execution.Queue.
func (q queue) Subscribe(ctx context.Context, workers int, handle func(context.Context, ledger.ID) bool) error {
	return q.bus.Subscribe(ctx, workers, func(ctx context.Context, hint bus.Hint) bool {
		return handle(turn.With(ctx, turn.Caller{Flow: hint.Flow, Priority: hint.Priority}), ledger.ID(hint.Work))
	})
}
