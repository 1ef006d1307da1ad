package limit

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/karezflow/karez/sdk/manifest"
)

// assumed is the rule of a bucket without rules whose vendor asked for fewer calls.
func assumed() manifest.Limit {
	return manifest.Limit{Calls: 10, Per: manifest.Duration(time.Second)}
}

// askTime bounds one question to the database.
const askTime = 10 * time.Second

// serve asks the database for calls as long as some wait.
func (b *Bucket) serve(ctx context.Context) {
	for {
		q, wait, over := b.next()
		switch {
		case over:
			return
		case wait > 0:
			if !b.sleep(wait) {
				return
			}
			continue
		}
		var r reply
		base := b.room.Clock()
		bounded, cancel := context.WithTimeout(ctx, max(askTime, 2*b.life()))
		err := b.room.change(bounded, b.name, func(now int64, s *state) { r = s.take(now, q) })
		cancel()
		b.got(ctx, q, r, base, err)
	}
}

// sleep waits; false when the room is closed.
func (b *Bucket) sleep(wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-b.wake:
	case <-b.room.closed:
		b.mu.Lock()
		b.asking = false
		b.mu.Unlock()
		return false
	}
	return true
}

// next makes the next question, or tells how long there is nothing to ask, or that
// nobody waits any more.
func (b *Bucket) next() (q ask, wait time.Duration, over bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.room.Clock()
	b.dispatch(now)
	want := map[slot]bool{}
	first := time.Time{}
	for _, slot := range b.queue.slots(b.queue.n) {
		if until := b.empty[slot]; !now.Before(until) {
			want[slot] = true
		} else if first.IsZero() || until.Before(first) {
			first = until
		}
	}
	q = ask{owner: b.owner, rules: b.rules, life: millis(b.life()), waiting: b.queue.flows(), extra: b.extra(now)}
	if len(want) == 0 && (b.queue.n > 0 || len(q.extra) == 0) {
		b.asking = b.queue.n > 0
		return q, first.Sub(now), !b.asking
	}
	if len(q.rules) == 0 {
		q.rules = []manifest.Limit{assumed()}
	}
	b.no++
	q.lease = b.no
	q.want = slices.DeleteFunc(b.queue.slots(b.queue.n), func(slot slot) bool { return !want[slot] })
	q.want = q.want[:min(len(q.want), most)]
	b.leases = slices.DeleteFunc(b.leases, func(l *lease) bool {
		over := l.over(now)
		if over {
			b.learn(l)
			q.settle = append(q.settle, settled{l.no, l.uses})
		}
		return over
	})
	return q, 0, false
}

// over says that nothing of a lease can be used any more.
func (l *lease) over(now time.Time) bool {
	for _, n := range l.left {
		if n > 0 && now.Before(l.until) {
			return false
		}
	}
	return true
}

// extra is what to ask for in advance.
func (b *Bucket) extra(now time.Time) map[slot]int {
	if !b.sliced || b.seen.level(0) < whole && b.seen.Level > 0 {
		return nil
	}
	extra := map[slot]int{}
	for slot, n := range b.wish {
		left := 0
		for _, l := range b.leases {
			if now.Before(l.until) {
				left += l.left[slot]
			}
		}
		if 2*left < n && !now.Before(b.empty[slot]) {
			extra[slot] = n
		}
	}
	return extra
}

// learn fits what is asked for at a time to what was used of a lease: twice as much
// where it was used up, as much as was used where it was not.
func (b *Bucket) learn(l *lease) {
	if !b.sliced {
		return
	}
	for slot, got := range l.got {
		left := l.left[slot]
		switch {
		case left == 0:
			b.wish[slot] = max(b.wish[slot], 2*got)
		case got-left < b.wish[slot]/2:
			b.wish[slot] = got - left
		}
		if b.wish[slot] == 0 {
			delete(b.wish, slot)
		}
	}
}

// got takes in what was granted.
func (b *Bucket) got(ctx context.Context, q ask, r reply, base time.Time, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.room.Clock()
	if err != nil {
		b.room.Log.ErrorContext(ctx, "calls wait because their limit can't be looked up", "error", err)
		for _, slot := range q.want {
			b.empty[slot] = now.Add(again)
		}
		for slot := range q.extra {
			b.empty[slot] = now.Add(again)
		}
		return
	}
	b.trip, b.queue.all = now.Sub(base), r.waiting
	b.seen, b.looked = pace{}, now
	if r.pace.level(r.now) < whole {
		b.seen = r.pace
	}
	for slot, wait := range r.wait {
		b.empty[slot] = now.Add(time.Duration(wait) * time.Millisecond)
	}
	for slot := range q.extra {
		if r.granted[slot] == 0 && r.wait[slot] == 0 { // others wait, or all is given out
			b.empty[slot] = now.Add(nudge * time.Millisecond)
		}
	}
	if len(r.granted) > 0 {
		b.leases = append(b.leases, &lease{
			no: q.lease, base: base, until: base.Add(time.Duration(q.life) * time.Millisecond), now: r.now, left: r.granted, got: maps.Clone(r.granted),
		})
	}
	b.dispatch(now)
}

// Refused notes that the vendor asked for fewer calls when a call was made: it is told
// to all processes before the caller goes on. wait is what the vendor asked for, 0 where
// it named none.
func (b *Bucket) Refused(ctx context.Context, t Turn, wait time.Duration, code string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
	defer cancel()
	var known pace
	var clock int64
	ago := millis(b.room.Clock().Sub(t.local))
	err := b.room.change(ctx, b.name, func(now int64, s *state) {
		now = s.move(now)
		passed := t.at
		if passed == 0 {
			passed = now - ago
		}
		s.Pace.refuse(now, passed, millis(wait), code, millis(b.shortest))
		known, clock = s.Pace, now
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.room.Clock()
	if err != nil {
		b.room.Log.ErrorContext(ctx, "that a vendor asked for fewer calls could not be told to all", "error", err)
		known = pace{Level: whole / 2}
	}
	b.seen = known
	for _, l := range b.leases { // what was granted before is not used any more
		l.until = now
	}
	clear(b.wish)
	if pause := time.Duration(known.Until-clock) * time.Millisecond; pause > 0 {
		for slot, until := range b.empty {
			if until.Before(now.Add(pause)) {
				b.empty[slot] = now.Add(pause)
			}
		}
	}
}
