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
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/loop"
)

// Store moves what is to come.
type Store interface {
	// Earlier has work that is due behind now be due earlier by so much, never before
	// now, and gives how many rows that were.
	Earlier(ctx context.Context, now ledger.Millis, by time.Duration) (int64, error)
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
}

const (
	// every is how often it is looked.
	every = time.Second
	// slack is how far a clock may be put back without notice: servers of time do that all day.
	slack = 2 * time.Second
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
	back := time.Duration(w.last-now) * time.Millisecond
	if w.last == 0 || back < slack {
		w.last = max(w.last, now)
		return nil
	}
	moved, err := w.Store.Earlier(ctx, now, back+every)
	if err != nil {
		return err // and looked at again: the last time stays
	}
	w.last = now
	w.Log.WarnContext(ctx, "the clock was put back", "by", back.Round(time.Second), "moved", moved)
	return nil
}
