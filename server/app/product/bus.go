package product

import (
	"context"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/bus"
)

// queue gives the execution service the bus: a hint names a work row.
type queue struct{ bus bus.Bus }

// Publish implements execution.Hints.
func (q queue) Publish(ctx context.Context, priority int, work []ledger.ID) error {
	hints := make([]bus.Hint, len(work))
	for i, id := range work {
		hints[i] = bus.Hint{Work: int64(id), Priority: priority}
	}
	return q.bus.Publish(ctx, hints)
}

// Subscribe implements execution.Queue.
func (q queue) Subscribe(ctx context.Context, workers int, handle func(context.Context, ledger.ID) bool) error {
	return q.bus.Subscribe(ctx, workers, func(ctx context.Context, hint bus.Hint) bool {
		return handle(ctx, ledger.ID(hint.Work))
	})
}
