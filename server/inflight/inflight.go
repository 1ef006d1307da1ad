// Package inflight keeps the calls of a connection that are under way at a time below a
// bound, in this process: many calls that a system answers slowly, or not at all, are neither
// piled up on it nor held here in memory.
//
// A call needs a place, and then its turn under the vendor's limits. One that waits for its
// turn longer than a moment gives its place to those whose turn comes sooner, and needs one again
// when its turn has come; if it has to wait too long for that, the turn has gone by and it takes
// another one, so that a vendor never sees more calls in a time than its limits allow.
//
// Who waits for a place comes by the priority of flows, high, normal and low by six, three and
// one turns of ten, and the flows of a priority take turns. Calls whose turn has come are before
// them, and so are those of people.
//
// It may import engine/turn and the sdk: never a database, HTTP or another service.
package inflight

import (
	"context"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/turn"
	"github.com/karezflow/karez/sdk/fault"
)

// Default is the bound of a connection whose connector declares none.
const Default = 8

const (
	// patience is how long a call keeps its place while it waits for its turn.
	patience = 20 * time.Millisecond
	// fresh is how long a turn is good for. Windows are by 100 ms longer than the vendor's at
	// least, of which this is a half.
	fresh = 50 * time.Millisecond
)

// Gates are those of all connections in this process. They outlive sessions.
type Gates struct {
	clock func() time.Time

	mu    sync.Mutex
	gates map[string]*Gate
}

// New makes Gates.
func New(clock func() time.Time) *Gates { return &Gates{clock: clock, gates: map[string]*Gate{}} }

// Gate gives the gate of a name, which lets so many calls through at a time from now on; 0
// is Default.
func (s *Gates) Gate(name string, most int) *Gate {
	if most <= 0 {
		most = Default
	}
	s.mu.Lock()
	g := s.gates[name]
	if g == nil {
		g = &Gate{clock: s.clock}
		s.gates[name] = g
	}
	s.mu.Unlock()
	g.mu.Lock()
	g.most = most
	g.admit()
	g.mu.Unlock()
	return g
}

// Gate lets calls of one connection through. A nil Gate lets all through.
type Gate struct {
	clock func() time.Time

	mu    sync.Mutex
	most  int
	taken int
	queue queue
}

// Pass waits for a place and for the turn of a call, and gives what ends it. A wait that is
// given up has counted nowhere but where a turn was had in vain, and its fault says that the
// call was not made and may be made later.
func (g *Gate) Pass(ctx context.Context, take func(context.Context) error) (leave func(), err error) {
	if g == nil {
		return func() {}, take(ctx)
	}
	first := turn.Of(ctx).Flow == 0
	if err := g.place(ctx, first); err != nil {
		return nil, err
	}
	for lends := true; ; lends = false {
		back := func() bool { return true }
		if lends {
			back = g.lend()
		}
		err := take(ctx)
		held := back()
		if err != nil {
			if held {
				g.leave()
			}
			return nil, err
		}
		if held {
			return g.leave, nil
		}
		due := g.clock()
		if err := g.place(ctx, true); err != nil {
			return nil, err
		}
		if g.clock().Sub(due) <= fresh {
			return g.leave, nil
		}
	}
}

// lend gives a place to others where its owner waits for its turn for long. What it returns
// ends that, and tells whether the place is still the owner's.
func (g *Gate) lend() (back func() bool) {
	var mu sync.Mutex
	over, lent := false, false
	timer := time.AfterFunc(patience, func() {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			lent = true
			g.leave()
		}
	})
	return func() bool {
		timer.Stop()
		mu.Lock()
		defer mu.Unlock()
		over = true
		return !lent
	}
}

// place waits for a place. first is before all that do not say so.
func (g *Gate) place(ctx context.Context, first bool) error {
	if ctx.Err() != nil {
		return notSent(context.Cause(ctx))
	}
	g.mu.Lock()
	if g.taken < g.most && g.queue.n == 0 {
		g.taken++
		g.mu.Unlock()
		return nil
	}
	w := g.queue.push(turn.Of(ctx), first)
	g.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.queue.drop(w) { // it got one meanwhile
		g.taken--
		g.admit()
	}
	return notSent(context.Cause(ctx))
}

func (g *Gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.taken--
	g.admit()
}

// admit gives free places to calls that wait. The gate is locked.
func (g *Gate) admit() {
	for g.taken < g.most && g.queue.n > 0 {
		g.taken++
		close(g.queue.pop().ready)
	}
}

func notSent(err error) error {
	return fault.Wrap(err, "connection.not_sent", "the call was given up while waiting for others of its connection to end").Classed(fault.Transient).Unapplied()
}
