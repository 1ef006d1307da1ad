package limit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/turn"
	"github.com/karezflow/karez/sdk/manifest"
)

// Bucket lets calls through in one process.
type Bucket struct {
	room  *Room
	name  string
	owner string
	rules []manifest.Limit
	// perOperation says that operations are counted apart; spared that a rule keeps calls for urgent
	// ones; sliced that calls are granted in advance.
	perOperation, spared, sliced bool
	shortest                     time.Duration
	// wake interrupts the wait of whoever asks.
	wake chan struct{}

	mu     sync.Mutex
	queue  queue
	leases []*lease
	no     int64
	asking bool
	// empty are slots that nothing is to be had of before a time.
	empty map[slot]time.Time
	// wish is how many calls of a slot are asked for at a time.
	wish map[slot]int
	// trip is how long asking took the last time.
	trip time.Duration
	// seen is what is known of the pace, looked at a while ago.
	seen   pace
	looked time.Time
}

// lease is calls that may be made until a time.
type lease struct {
	no int64
	// base is the moment before the lease was asked for, now what the database's clock showed
	// not before it.
	base, until time.Time
	now         int64
	left        map[slot]int
	got         map[slot]int
	uses        []use
}

// Turn is the right to make one call now.
type Turn struct {
	// at is the database's time of the turn at the latest, 0 where there is no rule; local is
	// that of this process.
	at    int64
	local time.Time
}

const (
	// slices are given where every rule lets through so many calls a second, over no longer than a minute.
	sliceRate, slicePer = 10, time.Minute
	// most is how many calls are asked for at a time.
	most = 64
	// lookEvery is how often a bucket without rules looks whether the vendor asked for fewer calls.
	lookEvery = 2 * time.Second
	// again is the wait after a failure of the store.
	again = time.Second
)

func newBucket(r *Room, k bucketKey, rules []manifest.Limit) *Bucket {
	b := &Bucket{
		room: r, name: k.name, owner: r.Owner + "/" + k.rules, rules: slices.Clone(rules), sliced: len(rules) > 0, wake: make(chan struct{}, 1),
		empty: map[slot]time.Time{}, wish: map[slot]int{},
	}
	for _, l := range rules {
		b.perOperation = b.perOperation || l.PerOperation
		b.spared = b.spared || ruleOf(l).spared() > 0
		b.sliced = b.sliced && l.Per.Std() <= slicePer && int64(l.Calls)*int64(time.Second) >= sliceRate*int64(l.Per)
		if b.shortest == 0 || l.Per.Std() < b.shortest {
			b.shortest = l.Per.Std()
		}
	}
	return b
}

// rulesName names rules shortly.
func rulesName(rules []manifest.Limit) string {
	sum := sha256.Sum256(fmt.Append(nil, rules))
	return hex.EncodeToString(sum[:4])
}

// life is how long a lease may be used: shortly, since it counts to its end where nobody
// tells better, but not shorter than it takes to ask. What is granted for calls that wait
// is used at once.
func (b *Bucket) life() time.Duration {
	life := 50 * time.Millisecond
	if b.sliced {
		life = min(max(b.shortest/2, life), 500*time.Millisecond)
	}
	return max(life, 4*b.trip)
}

// slot tells what a call of an operation and a band counts as.
func (b *Bucket) slot(operation string, band int) slot {
	if !b.perOperation {
		operation = ""
	}
	return slot{operation, b.spared && band == 0}
}

// Pass waits until a call may be made. A wait that is given up has counted nowhere,
// and its fault says that the call was not made and may be made later.
func (b *Bucket) Pass(ctx context.Context, operation string) (Turn, error) {
	if ctx.Err() != nil {
		return Turn{}, notSent(context.Cause(ctx))
	}
	caller := turn.Of(ctx)
	band := bandOf(caller.Priority)
	slot := b.slot(operation, band)
	b.mu.Lock()
	now := b.room.Clock()
	if b.free(ctx, now) {
		b.mu.Unlock()
		return Turn{local: now}, nil
	}
	if b.queue.n == 0 {
		if l := b.take(slot, now); l != nil {
			if b.sliced && b.scarce(slot) {
				b.ask(ctx)
			}
			b.mu.Unlock()
			return l.turn(now), nil
		}
	}
	w := &waiter{slot: slot, band: band, flow: caller.Flow, ready: make(chan Turn, 1)}
	b.queue.push(w)
	b.ask(ctx)
	b.mu.Unlock()
	select {
	case t := <-w.ready:
		return t, nil
	case <-ctx.Done():
		b.giveUp(w)
		return Turn{}, notSent(context.Cause(ctx))
	}
}

// free reports whether a bucket without rules lets everything through, and looks from
// time to time whether that is still so. The bucket is locked.
func (b *Bucket) free(ctx context.Context, now time.Time) bool {
	if len(b.rules) > 0 || b.seen.Level != 0 {
		return false
	}
	if now.Sub(b.looked) >= lookEvery {
		b.looked = now
		b.room.run(func() { b.look(context.WithoutCancel(ctx)) })
	}
	return true
}

// look reads how much the vendor bears.
func (b *Bucket) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookEvery)
	defer cancel()
	now, data, err := b.room.Store.State(ctx, b.name)
	if err != nil {
		b.room.Log.WarnContext(ctx, "it is not known whether a vendor asked for fewer calls", "error", err)
		return
	}
	if s, err := decode(data); err == nil && s.Pace.level(now) < whole {
		b.mu.Lock()
		b.seen = s.Pace
		b.mu.Unlock()
	}
}

// take uses one call of a lease. The bucket is locked.
func (b *Bucket) take(slot slot, now time.Time) *lease {
	for _, l := range b.leases {
		if l.left[slot] > 0 && now.Before(l.until) {
			l.left[slot]--
			at := l.at(now)
			if i := len(l.uses) - 1; i >= 0 && l.uses[i].slot == slot && at-l.uses[i].at <= millis(b.shortest)/64 {
				l.uses[i].n, l.uses[i].at = l.uses[i].n+1, at
			} else {
				l.uses = append(l.uses, use{slot, at, 1})
			}
			return l
		}
	}
	return nil
}

// at gives the database's time of a moment at the latest.
func (l *lease) at(now time.Time) int64 { return l.now + millis(now.Sub(l.base)) }

func (l *lease) turn(now time.Time) Turn { return Turn{l.at(now), now} }

// scarce reports whether more than half of what is asked for at a time is used up.
func (b *Bucket) scarce(slot slot) bool {
	left, now := 0, b.room.Clock()
	for _, l := range b.leases {
		if now.Before(l.until) {
			left += l.left[slot]
		}
	}
	return 2*left < b.wish[slot] && !now.Before(b.empty[slot])
}

// giveUp takes a call out that waits, or gives back the turn that it got meanwhile.
func (b *Bucket) giveUp(w *waiter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w.lease == nil {
		b.queue.drop(w)
	} else if l := w.lease; slices.Contains(b.leases, l) {
		l.left[w.slot]++
		if i := slices.IndexFunc(l.uses, func(u use) bool { return u.slot == w.slot && u.n > 0 }); i >= 0 {
			l.uses[i].n--
		}
		b.dispatch(b.room.Clock())
	}
	b.stir()
}

func (b *Bucket) stir() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// dispatch gives turns to calls that wait. The bucket is locked.
func (b *Bucket) dispatch(now time.Time) {
	var l *lease
	for {
		w := b.queue.pop(func(slot slot) bool {
			l = b.take(slot, now)
			return l != nil
		})
		if w == nil {
			return
		}
		w.lease = l
		w.ready <- l.turn(now)
	}
}

// ask sees to it that somebody asks the database. The bucket is locked.
func (b *Bucket) ask(ctx context.Context) {
	if b.asking {
		b.stir()
		return
	}
	ctx = context.WithoutCancel(ctx)
	b.asking = b.room.run(func() { b.serve(ctx) })
}
