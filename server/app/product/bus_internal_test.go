package product

import (
	"context"
	"slices"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/bus"
)

// Where several flows wait, the work of the more urgent one comes first, though the
// other one's was announced before and is not kept waiting until all of it is done.
func TestUrgentWorkComesFirst(t *testing.T) {
	t.Parallel()
	b := bus.NewLocal(bus.Limits{})
	q := queue{b}
	const each = 20
	publish := func(priority int, from ledger.ID) {
		work := make([]ledger.ID, each)
		for i := range work {
			work[i] = from + ledger.ID(i)
		}
		if err := q.Publish(t.Context(), priority, work); err != nil {
			t.Fatal(err)
		}
	}
	publish(ledger.LowPriority, 800)
	publish(ledger.NormalPriority, 500)
	publish(ledger.HighPriority, 200)
	ctx, stop := context.WithCancel(t.Context())
	var order []ledger.ID
	if err := q.Subscribe(ctx, 1, func(_ context.Context, id ledger.ID) bool {
		if order = append(order, id); len(order) == 3*each {
			stop()
		}
		return true
	}); err != nil && ctx.Err() == nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	lastHigh, lastNormal, lastLow := slices.Index(order, 200+each-1), slices.Index(order, 500+each-1), slices.Index(order, 800+each-1)
	if lastHigh >= lastNormal || lastNormal >= lastLow || slices.Index(order, 800) > lastHigh {
		t.Errorf("in the order %v", order)
	}
}
