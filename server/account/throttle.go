package account

import (
	"sync"
	"time"
)

// rule is how often somebody may fail to log in.
type rule struct {
	// free failures are followed by no wait; each one after doubles it from a second to longest.
	free    int
	longest time.Duration
}

// The rules: for a name from one client, for all names from one client, and for a
// name from everywhere. The last one holds where clients are forged; its wait is
// short, because it also keeps out the person whose name is tried.
func rules() [3]rule {
	return [3]rule{{5, 15 * time.Minute}, {30, 15 * time.Minute}, {30, time.Minute}}
}

const (
	// forget is how long failures count.
	forget = time.Hour
	// maxTracked bounds the memory that strangers can take.
	maxTracked = 20_000
)

// throttle counts failures to log in. It lives in the memory of one process: a
// restart forgets them, and several processes multiply the allowance.
type throttle struct {
	mu    sync.Mutex
	tries map[trace]*tries
	rules [3]rule
}

// trace is what failures are counted by.
type trace struct {
	rule         int
	name, client string
}

// tries are the failures of one trace.
type tries struct {
	failed int
	// last is when the latest one began.
	last time.Time
}

// attempt is one that was let through.
type attempt [3]trace

func newThrottle() *throttle { return &throttle{tries: map[trace]*tries{}, rules: rules()} }

// begin lets an attempt through, or tells how long to wait. An attempt counts as
// failed until it succeeds, so that many at once get no further than many in a row.
func (t *throttle) begin(name, client string, now time.Time) (attempt, time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := attempt{{0, name, client}, {1, "", client}, {2, name, ""}}
	var wait time.Duration
	for _, key := range a {
		if tried := t.tries[key]; tried != nil {
			wait = max(wait, tried.wait(t.rules[key.rule], now))
		}
	}
	if wait > 0 {
		return a, wait
	}
	for _, key := range a {
		tried := t.tries[key]
		if tried == nil || now.Sub(tried.last) >= forget {
			t.makeRoom(now)
			tried = &tries{}
			t.tries[key] = tried
		}
		tried.failed++
		tried.last = now
	}
	return a, 0
}

// wait tells how long the next attempt has to wait.
func (t *tries) wait(r rule, now time.Time) time.Duration {
	if t.failed < r.free || now.Sub(t.last) >= forget {
		return 0
	}
	wait := r.longest
	if over := t.failed - r.free; over < 20 {
		wait = min(wait, time.Second<<over)
	}
	return t.last.Add(wait).Sub(now)
}

// succeed forgets the failures of a name. Those of the client stay but for this
// one: else an own account would pay for tries on others.
func (t *throttle) succeed(a attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.tries, a[0])
	delete(t.tries, a[2])
	t.back(a[1])
}

// giveUp takes back an attempt of which nobody knows how it would have ended.
func (t *throttle) giveUp(a attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range a {
		t.back(key)
	}
}

func (t *throttle) back(key trace) {
	if tried := t.tries[key]; tried != nil && tried.failed > 0 {
		tried.failed--
	}
}

// makeRoom forgets the older ones where there is too much, many at a time.
func (t *throttle) makeRoom(now time.Time) {
	for age := forget; len(t.tries) >= maxTracked; age /= 2 {
		for key, tried := range t.tries {
			if now.Sub(tried.last) >= age {
				delete(t.tries, key)
			}
		}
	}
}
