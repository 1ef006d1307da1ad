package execution

import (
	"context"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/loop"
)

const (
	// inFlight is how many documents of a run wait for their targets before its sources are read on.
	inFlight = 4000
	// glance is how often is looked whether they have become fewer, standstill how long they may
	// not become fewer before another page is read all the same: what stands still for a person
	// must not keep a flow from reading.
	glance, standstill = 50 * time.Millisecond, 2 * time.Minute
)

// Behind reports whether the sources of a run wait for its targets.
func (v View) Behind() bool {
	return v.Pulling() && !v.Paused() && afoot(v.Counts) >= inFlight
}

// afoot counts the documents that are on their way to their targets.
func afoot(counts ledger.Counts) int {
	return counts[ledger.SlotOf(ledger.Waiting)] + counts[ledger.SlotClaimed]
}

// brake keeps one source from running away from the targets: what is read and not yet
// written is bounded, whatever the source gives.
type brake struct {
	service *Service
	run     ledger.ID
	// known is how many documents were on their way when it was last looked, and those read since.
	known int
}

// after is told how many documents a page brought, and returns when the next may be
// read. The end of the context ends the wait.
func (b *brake) after(ctx context.Context, rows int) {
	b.known += rows
	fewest, at := -1, b.service.Clock()
	for b.known >= b.service.InFlight && ctx.Err() == nil {
		_, counts, err := b.service.Store.Run(ctx, b.run)
		if err != nil {
			return // whoever reads on meets what is wrong
		}
		b.known = afoot(counts)
		switch now := b.service.Clock(); {
		case b.known < b.service.InFlight:
			return
		case fewest < 0 || b.known < fewest:
			fewest, at = b.known, now
		case now.Sub(at) >= standstill:
			return
		}
		loop.Pause(ctx, glance, nil)
	}
}
