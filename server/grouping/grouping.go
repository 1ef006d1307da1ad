// Package grouping has groups closed whose time has come, and takes documents out of
// them when a person says so.
//
// It may import server/loop, engine/barrier, engine/closing, engine/ledger, its rules and sdk/fault only: never
// a database, HTTP or another service. Any number of processes may do it at once.
package grouping

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/closing"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/server/loop"
)

// Hints carries wake-ups for work rows. Losing all of them loses nothing.
type Hints interface {
	// Publish wakes workers up for rows of a priority.
	Publish(ctx context.Context, priority int, work []ledger.ID) error
}

// Config wires a Service.
type Config struct {
	Closer *closing.Closer
	Store  barrier.Ejector
	Hints  Hints
	Clock  func() time.Time
	Log    *slog.Logger
	// Every is how often it looks for groups to be closed. Default 500 ms.
	Every time.Duration
}

// Service closes groups.
type Service struct {
	Config

	loop loop.Loop
}

// New makes a Service with the defaults filled in.
func New(c Config) *Service {
	if c.Every == 0 {
		c.Every = 500 * time.Millisecond
	}
	return &Service{Config: c}
}

// Start closes groups until Stop. What an earlier process left open is closed as well.
func (s *Service) Start(ctx context.Context) {
	s.loop.Start(ctx, s.Every, s.Log, "groups could not be closed; it is tried again", s.Tick)
}

// Stop ends the loop and waits for it. Stopping twice or before Start is legal.
func (s *Service) Stop() { s.loop.Stop() }

// Tick closes what can be closed now and announces the bills.
func (s *Service) Tick(ctx context.Context) error {
	work, err := s.Closer.Sweep(ctx)
	for priority, ids := range work {
		s.announce(ctx, priority, ids)
	}
	return err
}

func (s *Service) announce(ctx context.Context, priority int, ids []ledger.ID) {
	if len(ids) == 0 || s.Hints == nil {
		return
	}
	if err := s.Hints.Publish(ctx, priority, ids); err != nil {
		s.Log.WarnContext(ctx, "work was not announced; the sweeper will find it", "error", err)
	}
}

// tries is how often a bill is composed anew that changes at the same time.
const tries = 3

// Eject takes a document out of the bills that it is in, which are composed anew
// without it; what it has to see, and when, is filled in here. Its error is
// barrier.CanEject's, "document.changed", or ledger.ErrNotFound.
func (s *Service) Eject(ctx context.Context, e barrier.Ejecting) error {
	for range tries {
		doc, groups, err := s.Store.Grouped(ctx, e.Workspace, e.Document)
		if err != nil {
			return err
		}
		e.Seen, e.Now = doc.Sight(), ledger.At(s.Clock())
		if f := barrier.CanEject(doc, groups, e.Now); f != nil {
			return f
		}
		if e.Remade, err = s.remade(ctx, groups, e.Document); err != nil {
			return err
		}
		due, err := s.Store.Eject(ctx, e)
		if errors.Is(err, ledger.ErrFenced) {
			continue
		}
		s.announce(ctx, ledger.Urgent, due)
		return err
	}
	return rules.Changed()
}

// remade composes groups without a document.
func (s *Service) remade(ctx context.Context, groups []barrier.Group, document ledger.ID) ([]barrier.Remade, error) {
	out := make([]barrier.Remade, len(groups))
	for i, g := range groups {
		out[i] = barrier.Remade{Group: g.Head.Document, Seq: g.Head.Seq}
		if g.Head.State.Collects() {
			continue
		}
		var err error
		if out[i].Bill, err = s.Closer.Without(ctx, g, document); err != nil {
			return nil, err
		}
	}
	return out, nil
}
