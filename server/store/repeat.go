package store

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	// maxRepeats is how often a transaction is carried out at most.
	maxRepeats = 10
	// firstRest is about how long a transaction rests that met another one, doubled each time up to mostRest.
	firstRest, mostRest = 2 * time.Millisecond, 200 * time.Millisecond
	// mostMeeting is how long a transaction is repeated: one that waits for a lock takes seconds each time.
	mostMeeting = 20 * time.Second
)

// repeats says when a transaction that met others is carried out again.
type repeats struct {
	began time.Time
	clock func() time.Time
	// random gives a number in [0, n).
	random func(n int64) int64
	tries  int
}

func newRepeats(clock func() time.Time) *repeats {
	return &repeats{began: clock(), clock: clock, random: rand.Int64N}
}

// next gives the rest before the next try, and false when there is to be none. Those that
// met rest differently, or they would meet again: between half and one and a half of what
// doubles. What another one has inserted is there already, so that nothing is waited for.
func (r *repeats) next(duplicate bool) (rest time.Duration, more bool) {
	r.tries++
	switch {
	case r.tries >= maxRepeats, r.clock().Sub(r.began) >= mostMeeting:
		return 0, false
	case duplicate:
		return 0, true
	}
	rest = min(firstRest<<(r.tries-1), mostRest)
	return rest/2 + time.Duration(r.random(int64(rest))), true
}

// pause waits; false when the context ended before.
func pause(ctx context.Context, rest time.Duration) bool {
	if rest == 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
