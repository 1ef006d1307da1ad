// Package clockwatch notices that this process's clock was put back, and has what was put
// off until a moment of the clock that was wrong come when it was meant to: a machine that
// began with a clock some hours ahead has dated its work there, which would wait for
// hours once the clock is right.
//
// A clock that is put forward needs nothing: what is due is due, and due once.
//
// It may import server/loop, engine/ledger and the standard library only.
package clockwatch

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/loop"
)

// Store moves what is to come.
type Store interface {
	// Earlier has work that is due behind a moment be due earlier by so much, never before
	// now, and gives how many rows that were.
	Earlier(ctx context.Context, now, behind ledger.Millis, by time.Duration) (int64, error)
}

// Config makes a Watch.
type Config struct {
	Store Store
	Clock func() time.Time
	Log   *slog.Logger
}

// Watch looks at the clock in the background.
type Watch struct {
	Config

	loop loop.Loop
	last ledger.Millis
	// back are the times that the clock was put back and that are not done with.
	back []back
}

// back is one time that the clock was put back.
type back struct {
	// from is what the clock said before, at what it said then.
	from, at ledger.Millis
	by       time.Duration
	// passes is how often what waits was moved for it.
	passes int
}

// again is how long after the clock was put back what waits is moved another time: a walk
// that took its time from the wrong clock may record it later. These passes take only what
// is due when a walk can have begun by the wrong clock, or later, so that what is to wait
// for long is all that may come too early.
func again() []time.Duration {
	return []time.Duration{0, 5 * time.Second, 30 * time.Second, 2 * time.Minute}
}

const (
	// every is how often it is looked.
	every = 250 * time.Millisecond
	// slack is how far a clock may be put back without notice: servers of time do that all day.
	slack = 2 * time.Second
	// walk is how long a walk takes at most between taking the time and recording what is due.
	walk = 2 * time.Minute
)

// New makes a Watch.
func New(c Config) *Watch { return &Watch{Config: c} }

// Start looks until Stop.
func (w *Watch) Start(ctx context.Context) {
	w.loop.Start(ctx, every, w.Log, "the clock was put back, and what is to come waits too long", w.look)
}

// Stop ends looking.
func (w *Watch) Stop() { w.loop.Stop() }

// look compares the clock with what it said before. Only the time of day tells: what a
// process counts since its start is not put back.
func (w *Watch) look(ctx context.Context) error {
	now := ledger.At(w.Clock())
	if by := time.Duration(w.last-now) * time.Millisecond; w.last != 0 && by >= slack {
		for i := range w.back { // what was moved for them is moved again
			w.back[i].at, w.back[i].from = w.back[i].at.Add(-by), w.back[i].from.Add(-by)
		}
		w.back = append(w.back, back{from: w.last, at: now, by: by + every})
		w.Log.WarnContext(ctx, "the clock was put back", "by", by.Round(time.Second))
		w.last = now
	}
	w.last = max(w.last, now)
	for i := range w.back {
		if err := w.mend(ctx, now, &w.back[i]); err != nil {
			return err // and tried again at the next look
		}
	}
	w.back = slices.DeleteFunc(w.back, func(b back) bool { return b.passes == len(again()) })
	return nil
}

// mend moves what waits, when it is time to.
func (w *Watch) mend(ctx context.Context, now ledger.Millis, b *back) error {
	if now < b.at.Add(again()[b.passes]) {
		return nil
	}
	behind := now
	if b.passes > 0 {
		if b.from < now { // what the wrong clock said has come
			b.passes++
			return nil
		}
		behind = max(now, b.from.Add(-walk))
	}
	if _, err := w.Store.Earlier(ctx, now, behind, b.by); err != nil {
		return err
	}
	b.passes++
	return nil
}
