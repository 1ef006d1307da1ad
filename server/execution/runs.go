package execution

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

// Manual is the trigger of runs that a person or the API starts.
const Manual = "manual"

// Flow is what running needs to know of a flow.
type Flow struct {
	ID, Workspace   ledger.ID
	PublicID, Title string
	Enabled, Paused bool
	// Published is the newest version, 0 when there is none.
	Published ledger.ID
}

// Open is a run that is not finished.
type Open struct {
	ledger.Run

	// FlowID is the flow's public id, "" when the flow was deleted.
	FlowID string
	// Paused says that the run or its flow rests.
	Paused bool
	// Unsettled is how many documents wait, are claimed or are held.
	Unsettled int
}

// View is a run as people see it.
type View struct {
	ledger.Run

	// FlowID and FlowTitle are "" when the flow was deleted; VersionNo counts its
	// versions from 1.
	FlowID, FlowTitle string
	VersionNo         int
	// FlowPaused says that the flow rests, PausedBy who let the run itself rest, "" for nobody.
	FlowPaused bool
	PausedBy   string
	Counts     ledger.Counts
	// Nodes has the traffic of nodes by id and slot. Lists leave it out.
	Nodes map[string]map[string]int
	// Problems are why documents stand still, the largest group first. Only Get and
	// final snapshots have them.
	Problems []ledger.ProblemGroup
}

// Pulling reports whether the run still reads its sources.
func (v View) Pulling() bool { return v.State == ledger.RunRunning && !v.PullingEnded }

// Paused reports whether nothing more is taken up for the run.
func (v View) Paused() bool {
	return v.State <= ledger.RunRunning && (v.FlowPaused || v.PausedBy != "")
}

// Runs is what is known of runs beyond the ledger.
type Runs interface {
	// Flow gives a flow by its public id; ledger.ErrNotFound.
	Flow(ctx context.Context, workspace ledger.ID, publicID string) (Flow, error)
	// Unfinished gives the runs of all workspaces that are not finished, by fire time and id.
	Unfinished(ctx context.Context) ([]Open, error)
	// List gives runs without nodes and problems, the latest fire time first.
	List(ctx context.Context, q Query) ([]View, error)
	// View gives a run with its counts and nodes, all of one moment; ledger.ErrNotFound.
	View(ctx context.Context, id ledger.ID) (View, error)
}

// Query selects runs of a workspace.
type Query struct {
	Workspace ledger.ID
	// Flow is 0 for all flows, States empty for all states.
	Flow   ledger.ID
	States []ledger.RunState
	// BeforeFire and BeforeID are those of the last run that was seen, 0 for the beginning.
	BeforeFire ledger.Millis
	BeforeID   ledger.ID
	Limit      int
}

// Problems tells why documents of a run stand still.
type Problems interface {
	// ProblemGroups gives the groups of a run, the largest first.
	ProblemGroups(ctx context.Context, run ledger.ID) ([]ledger.ProblemGroup, error)
}

// Trigger puts a run of a flow's published version into the queue and gives its
// id; the same firing again is the same run. Flows that rest are not run ("flow.paused"),
// those that are not enabled by
// Manual only ("flow.disabled"), flows without a published version not at all
// ("flow.not_published"). The zero fireAt is now.
func (s *Service) Trigger(ctx context.Context, flow, trigger string, fireAt time.Time) (ledger.ID, error) {
	f, err := s.runnable(ctx, flow, trigger)
	if err != nil {
		return 0, err
	}
	at := ledger.At(fireAt)
	if at == 0 {
		at = s.now()
	}
	run, created, err := s.Store.OpenRun(ctx, ledger.Run{
		Workspace: f.Workspace, Flow: f.ID, Version: f.Published, Trigger: trigger, FireAt: at, State: ledger.RunQueued, TraceID: newTrace(),
	}, s.now())
	if err != nil {
		return 0, err
	}
	if created {
		s.Events.Run(ctx, run, f.PublicID)
	}
	return run.ID, nil
}

// runnable gives a flow that the caller may run and that can be run so.
func (s *Service) runnable(ctx context.Context, publicID, trigger string) (Flow, error) {
	p, err := access.Here(ctx, access.Operate)
	if err != nil {
		return Flow{}, err
	}
	f, err := s.flow(ctx, p.Workspace, publicID)
	if err != nil {
		return Flow{}, err
	}
	if err := access.Authorize(ctx, access.Operate, f.Workspace); err != nil {
		return Flow{}, err
	}
	switch {
	case f.Published == 0:
		return f, fault.New("flow.not_published", "the flow was never published").Classed(fault.Config).Hinted("publish it, then run it")
	case f.Paused:
		return f, fault.New("flow.paused", "the flow is paused").Classed(fault.Config).Hinted("resume it, then run it")
	case !f.Enabled && trigger != Manual && trigger != Numbers:
		return f, fault.New("flow.disabled", "the flow is not enabled").Classed(fault.Config).Hinted("enable it, or start it by hand")
	}
	return f, nil
}

// flow gives a flow of the caller's workspace.
func (s *Service) flow(ctx context.Context, workspace ledger.ID, publicID string) (Flow, error) {
	f, err := s.Runs.Flow(ctx, workspace, publicID)
	if errors.Is(err, ledger.ErrNotFound) {
		return f, access.Missing()
	}
	return f, err
}

// newTrace gives a name under which all traces of a run are found.
func newTrace() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// Filter selects runs.
type Filter struct {
	// Flow is a flow's public id, "" for all.
	Flow string
	// States are names of states, none for all.
	States []string
	// After is the Next of the page before.
	After string
	// Limit is how many runs are given, at most 200. Default 50.
	Limit int
}

// Page is a part of a list.
type Page struct {
	Items []View
	// Next is the After of the next page, "" when this is the last.
	Next string
}

// List gives runs of the caller's workspace, the latest first.
func (s *Service) List(ctx context.Context, f Filter) (Page, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return Page{}, err
	}
	q := Query{Workspace: p.Workspace, Limit: min(cmp.Or(max(f.Limit, 0), 50), 200)}
	if q.States, err = states(f.States); err != nil {
		return Page{}, err
	}
	if q.BeforeFire, q.BeforeID, err = position(f.After); err != nil {
		return Page{}, err
	}
	if f.Flow != "" {
		of, err := s.flow(ctx, p.Workspace, f.Flow)
		if err != nil {
			return Page{}, err
		}
		q.Flow = of.ID
	}
	limit := q.Limit
	q.Limit++ // one more tells whether there is a next page
	items, err := s.Runs.List(ctx, q)
	if err != nil || len(items) <= limit {
		return Page{Items: items}, err
	}
	last := items[limit-1]
	return Page{Items: items[:limit], Next: strconv.FormatInt(int64(last.FireAt), 10) + "-" + idText(last.ID)}, nil
}

// position reads what List wrote into Next.
func position(text string) (ledger.Millis, ledger.ID, error) {
	if text == "" {
		return 0, 0, nil
	}
	fire, id, _ := strings.Cut(text, "-")
	at, err := strconv.ParseInt(fire, 10, 64)
	if err == nil {
		var last int64
		if last, err = strconv.ParseInt(id, 10, 64); err == nil {
			return ledger.Millis(at), ledger.ID(last), nil
		}
	}
	return 0, 0, fault.New("list.after_invalid", "the list can't go on from there").At("after").Classed(fault.Data).
		Hinted("take the next of the page before as it is")
}

// states reads names of states.
func states(names []string) ([]ledger.RunState, error) {
	var out []ledger.RunState
	for _, name := range names {
		state := ledger.RunQueued
		for state <= ledger.RunCancelled && state.String() != name {
			state++
		}
		if state > ledger.RunCancelled {
			return nil, fault.New("run.state_unknown", "%s is not a state of a run", name).At("state").Classed(fault.Data).
				Hinted("the states are queued, running, done, failed and cancelled")
		}
		out = append(out, state)
	}
	return out, nil
}

// Get gives a run with everything that is known of it.
func (s *Service) Get(ctx context.Context, id ledger.ID) (View, error) {
	view, err := s.seen(ctx, access.Read, id)
	if err != nil {
		return View{}, err
	}
	view.Problems, err = s.Problems.ProblemGroups(ctx, id)
	return view, err
}

// seen gives a run if the caller may do the action to it.
func (s *Service) seen(ctx context.Context, action access.Action, id ledger.ID) (View, error) {
	if _, err := access.Here(ctx, action); err != nil {
		return View{}, err
	}
	view, err := s.Runs.View(ctx, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return View{}, access.Missing()
	}
	if err != nil {
		return View{}, err
	}
	return view, access.Authorize(ctx, action, view.Workspace)
}

// Cancel stops a run: one that waits for its turn ends at once, one that reads
// stops after the page it is at. What was accepted goes on to its targets; the run
// is cancelled when that is settled. A run that has read everything can't be
// cancelled ("run.pulling_ended"), and neither can one that is over ("run.ended").
func (s *Service) Cancel(ctx context.Context, id ledger.ID) error {
	view, err := s.seen(ctx, access.Operate, id)
	if err != nil {
		return err
	}
	p, err := access.Of(ctx)
	if err != nil {
		return err
	}
	run, cancelled, err := s.Store.CancelRun(ctx, id, cmp.Or(p.Name, "the program"), s.now())
	switch {
	case err != nil:
		return err
	case cancelled:
		s.Events.Run(ctx, run, view.FlowID)
		return nil
	case run.Code == ledger.CodeCancelled:
		return nil // a second wish is the first one
	case run.State > ledger.RunRunning:
		return fault.New("run.ended", "the run is over").Classed(fault.Config)
	default:
		return fault.New("run.pulling_ended", "the run has read everything already").Classed(fault.Config).
			Hinted("its documents go on; skip those that should not")
	}
}

func idText(id ledger.ID) string { return strconv.FormatInt(int64(id), 10) }
