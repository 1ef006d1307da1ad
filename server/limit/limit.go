// Package limit keeps calls below the limits of vendors. A bucket is whatever the vendor
// counts together; all flows and all processes that call share it. What was granted
// stands in one row of the database, and a process takes leases from it: one call at a
// time where the limit is small or over a long time, a slice for many calls where it is
// large. In any span of a rule's length, over all processes, no more calls are let
// through than the rule allows:
//
//   - A lease says when its last call is made at the latest, and counts as of then until its
//     owner reports when its calls were made. Leases are given one after the other, so whichever
//     calls share a span, the lease that was given last among them was given while all others
//     counted.
//   - The clock is the database's. A process measures from the moment before it asked, by its
//     own steady clock, so what it believes to be the time is never behind the database's;
//     processes' clocks are compared with nothing. A database clock that was set back makes what
//     was granted count as granted now. One that is set forward by hours may let one window
//     through twice: clocks of databases are to be steered, not set.
//   - Windows are five hundredths longer than declared: a vendor's counter sees calls later.
//
// Calls that wait are let through by the priority of their flows, high, normal and low by six,
// three and one turns of ten, and the flows of a priority take turns. Between processes that
// wait for one bucket, calls are granted by shares: each band's weight is shared by all flows
// that wait in it, and a process gets what its flows have together. A rule over ten seconds or
// more keeps a fifth of its calls for flows of high priority while there are any, so that those
// need not wait for a window that others used up.
//
// When a vendor asks for fewer calls the bucket pauses and is halved for all, and comes back by
// a tenth of what is declared at each step.
//
// It may import engine/turn and the sdk: never a database, HTTP or another service.
package limit

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// Store keeps the state of buckets.
type Store interface {
	// Change runs change on the state of a bucket, nil at first, while nobody else does in any
	// process, and stores what it gives. now is the database's time in milliseconds, read not
	// before the call. A change may be run again, with a newer state.
	Change(ctx context.Context, name string, change func(now int64, state []byte) ([]byte, error)) error
	// State gives the state of a bucket and the database's time.
	State(ctx context.Context, name string) (now int64, state []byte, err error)
}

// Config wires a Room.
type Config struct {
	Store Store
	// Owner names this process among all.
	Owner string
	// Clock must be steady: its differences are what counts.
	Clock func() time.Time
	Log   *slog.Logger
}

// Room has the buckets of this process. It is safe for concurrent use.
type Room struct {
	Config

	mu      sync.Mutex
	buckets map[bucketKey]*Bucket
	closed  chan struct{}
	once    sync.Once
	group   sync.WaitGroup
}

// bucketKey is a bucket under the rules of one version of a connector.
type bucketKey struct{ name, rules string }

// New makes a Room.
func New(c Config) *Room {
	return &Room{Config: c, buckets: map[bucketKey]*Bucket{}, closed: make(chan struct{})}
}

// Bucket gives the bucket of a name under rules. Buckets of one name count together,
// each by its own rules.
func (r *Room) Bucket(name string, rules []manifest.Limit) *Bucket {
	k := bucketKey{name, rulesName(rules)}
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.buckets[k]
	if b == nil {
		b = newBucket(r, k, rules)
		r.buckets[k] = b
	}
	return b
}

// Close ends what goes on in the background and waits for it. Calls that wait are not
// let through any more; they end with their contexts.
func (r *Room) Close() {
	r.once.Do(func() {
		r.mu.Lock()
		close(r.closed)
		r.mu.Unlock()
	})
	r.group.Wait()
}

// run does something in the background, and nothing once the room is closed.
func (r *Room) run(do func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.closed:
		return false
	default:
		r.group.Go(do)
		return true
	}
}

// change carries out a change of a bucket's state.
func (r *Room) change(ctx context.Context, name string, do func(now int64, s *state)) error {
	return r.Store.Change(ctx, name, func(now int64, data []byte) ([]byte, error) {
		s, err := decode(data)
		if err != nil {
			r.Log.ErrorContext(ctx, "what was granted under a limit is unreadable; it is counted from now on", "error", err)
			s = &state{}
		}
		do(now, s)
		return s.encode()
	})
}

// notSent marks a call that was given up before it left: a deadline that a turn did
// not come within says nothing about the call.
func notSent(err error) error {
	return fault.Wrap(err, "connection.not_sent", "the call was given up while waiting for its turn").Classed(fault.Transient).Unapplied()
}
