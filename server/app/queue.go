package app

import (
	"context"
	"sync"

	"github.com/karezflow/karez/engine/ledger"
)

type queue struct{ hints chan ledger.ID }

func openQueue(context.Context) (*queue, error) { return &queue{make(chan ledger.ID, 10000)}, nil }

func (q *queue) Publish(_ context.Context, work []ledger.ID) error {
	for _, id := range work {
		select {
		case q.hints <- id:
		default:
		}
	}
	return nil
}

func (q *queue) Subscribe(ctx context.Context, workers int, handle func(context.Context, ledger.ID) bool) error {
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case id := <-q.hints:
					handle(ctx, id)
				}
			}
		})
	}
	group.Wait()
	return nil
}

func (q *queue) Close() error { return nil }
