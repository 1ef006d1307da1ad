// Package pausing lets runs and flows rest: no further page is read for them and no
// further document of them is taken up, while what is under way comes to its end. Which
// wish is granted in which state of a run is a table here.
//
// It may import server/access, engine/ledger and sdk/fault: never a database, HTTP or
// another service.
package pausing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

// Kind is what rests.
type Kind string

// The kinds.
const (
	Run  Kind = "run"
	Flow Kind = "flow"
)

// Pause is who let something rest, since when and why.
type Pause struct {
	Workspace ledger.ID
	Kind      Kind
	// Ref is a run's id or a flow's.
	Ref         ledger.ID
	Actor, Note string
	At          ledger.Millis
}

// Standing is where a run is for a wish: its state, whether it has read everything, and
// whether it rests.
type Standing struct {
	State        ledger.RunState
	PullingEnded bool
	Paused       bool
}

// Wish is what a person wants of a run.
type Wish int8

// The wishes.
const (
	ToPause Wish = iota + 1
	ToResume
	ToCancel
)

// After gives where a run is after a wish. A wish that is fulfilled already is no fault; a
// run that is over refuses every one, and one that has read everything can't be cancelled.
// A run that is cancelled does not rest any longer: what it accepted goes on.
func (s Standing) After(w Wish) (Standing, *fault.Fault) {
	if s.State > ledger.RunRunning || s.State < ledger.RunQueued {
		return s, fault.New("run.ended", "the run is over").Classed(fault.Config)
	}
	switch w {
	case ToPause:
		s.Paused = true
	case ToResume:
		s.Paused = false
	default:
		if s.PullingEnded {
			return s, fault.New("run.pulling_ended", "the run has read everything already").Classed(fault.Config).
				Hinted("its documents go on; skip those that should not")
		}
		s.Paused, s.PullingEnded = false, true
		if s.State == ledger.RunQueued {
			s.State = ledger.RunCancelled
		}
	}
	return s, nil
}

// Store keeps what rests.
type Store interface {
	// Move carries out Standing.After for a run of a workspace and gives the run with its
	// flow's public id; changed says whether it rested before and does not now, or the other
	// way round. ledger.ErrNotFound, or the fault of After.
	Move(ctx context.Context, p Pause, wish Wish) (run ledger.Run, flow string, changed bool, err error)
	// Rest lets a flow rest or, with on false, go on; it gives whether that changed anything.
	// ledger.ErrNotFound.
	Rest(ctx context.Context, p Pause, publicID string, on bool) (changed bool, err error)
	// Resting gives the flows of a workspace that rest, by public id.
	Resting(ctx context.Context, workspace ledger.ID) (map[string]Pause, error)
}

// Events announces what happens.
type Events interface {
	// Run announces that a run is worth a look.
	Run(ctx context.Context, run ledger.Run, flow string)
	// Flow announces a change of a flow.
	Flow(ctx context.Context, workspace ledger.ID, flow, change string)
}

// Config wires a Service.
type Config struct {
	Store  Store
	Events Events
	Clock  func() time.Time
	Log    *slog.Logger
}

// Service lets runs and flows rest. Its faults: "auth.…", "object.missing", "run.ended".
type Service struct{ Config }

// New makes a Service.
func New(c Config) *Service { return &Service{c} }

// PauseRun lets a run rest: the page at hand comes in, the documents at hand are written,
// nothing more is taken up until the run is resumed. It holds up the flow's later runs too.
func (s *Service) PauseRun(ctx context.Context, id ledger.ID, note string) error {
	return s.run(ctx, id, note, ToPause)
}

// ResumeRun lets a run go on where it stopped.
func (s *Service) ResumeRun(ctx context.Context, id ledger.ID) error {
	return s.run(ctx, id, "", ToResume)
}

func (s *Service) run(ctx context.Context, id ledger.ID, note string, wish Wish) error {
	p, err := s.pause(ctx, Run, id, note)
	if err != nil {
		return err
	}
	run, flow, changed, err := s.Store.Move(ctx, p, wish)
	if errors.Is(err, ledger.ErrNotFound) {
		return access.Missing()
	}
	if err != nil || !changed {
		return err
	}
	s.Log.InfoContext(ctx, "a person paused or resumed a run", "run", id, "paused", wish == ToPause, "by", p.Actor)
	s.Events.Run(ctx, run, flow)
	return nil
}

// PauseFlow lets a flow rest: all of its runs do, and while it rests its triggers open no
// run. When it is resumed each trigger whose time came meanwhile fires once.
func (s *Service) PauseFlow(ctx context.Context, publicID, note string) error {
	return s.flow(ctx, publicID, note, true)
}

// ResumeFlow lets a flow go on.
func (s *Service) ResumeFlow(ctx context.Context, publicID string) error {
	return s.flow(ctx, publicID, "", false)
}

func (s *Service) flow(ctx context.Context, publicID, note string, on bool) error {
	p, err := s.pause(ctx, Flow, 0, note)
	if err != nil {
		return err
	}
	changed, err := s.Store.Rest(ctx, p, publicID, on)
	if errors.Is(err, ledger.ErrNotFound) {
		return access.Missing()
	}
	if err != nil || !changed {
		return err
	}
	change := "resumed"
	if on {
		change = "paused"
	}
	s.Log.InfoContext(ctx, "a person paused or resumed a flow", "flow", publicID, "change", change, "by", p.Actor)
	s.Events.Flow(ctx, p.Workspace, publicID, change)
	return nil
}

// Resting gives the flows of the caller's workspace that rest, by public id.
func (s *Service) Resting(ctx context.Context) (map[string]Pause, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return nil, err
	}
	return s.Store.Resting(ctx, p.Workspace)
}

func (s *Service) pause(ctx context.Context, kind Kind, ref ledger.ID, note string) (Pause, error) {
	p, err := access.Here(ctx, access.Operate)
	return Pause{
		Workspace: p.Workspace, Kind: kind, Ref: ref, Actor: cmp.Or(p.Name, fmt.Sprint("user ", p.User)), Note: strings.TrimSpace(note), At: ledger.At(s.Clock()),
	}, err
}
