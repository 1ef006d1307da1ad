package scene

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/deploy/chaos/checker"
	"github.com/karezflow/karez/deploy/chaos/cluster"
	"github.com/karezflow/karez/deploy/chaos/truth"
)

// Drive starts a run of every lane that has none which is not over. An engine that can't
// be asked at the moment is asked another time.
func (s *Scene) Drive(ctx context.Context) {
	for _, l := range s.Lanes {
		run, err := s.Engine().LastRun(ctx, l.Flow)
		if err == nil && (run == nil || over(run.State)) {
			_, _ = s.trigger(ctx, l) // as above
		}
	}
}

// trigger starts a run and remembers that the engine promised it.
func (s *Scene) trigger(ctx context.Context, l *Lane) (string, error) {
	id, err := s.Engine().Trigger(ctx, l.Flow)
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.promised[l] = append(s.promised[l], id)
	}
	return id, err
}

// forgotten finds runs that were promised and are gone.
func (s *Scene) forgotten(l *Lane, runs []truth.Run) (findings []checker.Finding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range s.promised[l] {
		if !slices.ContainsFunc(runs, func(r truth.Run) bool { return r.ID == id }) {
			findings = append(findings, checker.Finding{Invariant: checker.Lost, Lane: l.Name, Text: "the engine promised run " + id + " and knows nothing of it"})
		}
	}
	return findings
}

func over(state string) bool { return state == "done" || state == "failed" || state == "cancelled" }

// Sample checks the counts of every lane's latest run as they are at this moment.
func (s *Scene) Sample(ctx context.Context) (runs int, findings []checker.Finding) {
	for _, l := range s.Lanes {
		if run, err := s.Engine().LastRun(ctx, l.Flow); err == nil && run != nil {
			runs++
			findings = append(findings, checker.Balanced(l.Name, *run)...)
		}
	}
	return runs, findings
}

// look is how long a person waits before deciding: whatever was on its way has arrived.
const look = 3 * time.Second

// Decide does what a person would do about documents that wait for a decision: look into
// the target, and let go of what is there, send what is not. What the engine does not
// answer to is decided another time.
func (s *Scene) Decide(ctx context.Context) {
	for _, l := range s.Lanes {
		waiting, err := s.Engine().Documents(ctx, l.Flow, "needs_decision")
		if err != nil {
			continue
		}
		for _, d := range waiting {
			s.decide(ctx, l, d)
		}
	}
}

func (s *Scene) decide(ctx context.Context, l *Lane, d truth.Seen) {
	s.mu.Lock()
	first, known := s.asked[d.ID]
	if !known {
		first = s.Clock()
		s.asked[d.ID] = first
	}
	s.mu.Unlock()
	if s.Clock().Sub(first) < look {
		return
	}
	decision := truth.Decision{Key: d.Key, Held: l.Target.Holds(d.Key) > 0, Code: d.Code, Action: "skip"}
	path, body := "/skip", object{"note": "it is there"}
	if !decision.Held {
		decision.Action, path = "resend", "/resend"
		body = object{"node": "out", "decided": true}
	}
	err := s.Engine().Do(ctx, http.MethodPost, "/documents/"+d.ID+path, body, nil)
	s.note(l.Name, "person", decision.Action, outcomeOf(err), decision)
	if outcomeOf(err) == "fail" {
		return
	}
	s.mu.Lock()
	delete(s.asked, d.ID)
	s.mu.Unlock()
	l.mu.Lock()
	l.decisions = append(l.decisions, decision)
	l.mu.Unlock()
}

// outcomeOf tells what is known of an order: a refusal did nothing, whereas behind a
// failure of the engine's own it may stand.
func outcomeOf(err error) string {
	var refused *cluster.RefusalError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &refused) && refused.Status < http.StatusInternalServerError:
		return "fail"
	default:
		return "unknown"
	}
}

// Truth gives a lane's ledgers with the decisions about it.
func (l *Lane) Truth() truth.Lane {
	t := l.Lane.Truth()
	l.mu.Lock()
	defer l.mu.Unlock()
	t.Revises, t.Decisions = l.Revises, slices.Clone(l.decisions)
	return t
}

// Check compares everything as it is now.
func (s *Scene) Check(ctx context.Context) (checker.Figures, []checker.Finding, error) {
	figures := checker.NewFigures()
	var findings []checker.Finding
	for _, l := range s.Lanes {
		documents, err := s.Engine().Documents(ctx, l.Flow, "")
		if err != nil {
			return figures, nil, err
		}
		runs, err := s.Engine().Runs(ctx, l.Flow)
		if err != nil {
			return figures, nil, err
		}
		f, found := checker.Check(l.Truth(), truth.Engine{Documents: documents, Runs: runs})
		figures.Add(f)
		findings = append(append(findings, found...), s.forgotten(l, runs)...)
	}
	return figures, findings, nil
}

// trailing is how long writebacks may take behind their deliveries.
const trailing = 30 * time.Second

// Settle lets everything come to rest: it starts runs until one of each lane, begun when
// the source stood still, has read all there is, decides what is to be decided, and
// gives what the check says then. It restarts an engine that has ended. What is not at
// rest when the patience is over is a finding.
func (s *Scene) Settle(ctx context.Context) (checker.Figures, []checker.Finding, error) {
	st := &settling{Scene: s, began: s.Clock(), final: map[*Lane]string{}}
	ticker := time.NewTicker(250 * time.Millisecond)
	defer ticker.Stop()
	for {
		if err := s.revive(ctx); err != nil {
			return checker.NewFigures(), nil, err
		}
		figures, findings, over, err := st.step(ctx)
		if over {
			return figures, findings, err
		}
		select {
		case <-ctx.Done():
			return checker.NewFigures(), nil, ctx.Err()
		case <-ticker.C:
		}
	}
}

// settling is one Settle.
type settling struct {
	*Scene

	began, rested time.Time
	// final are the runs that began when the sources stood still.
	final map[*Lane]string
}

// still is how long the last change takes to be behind a source's lag.
const still = 2500 * time.Millisecond

// utmost is how many times the patience it may take while something is written all the
// time: a machine that is busy gets through later.
const utmost = 4

// step looks once, and reports whether what it gives is final.
func (st *settling) step(ctx context.Context) (figures checker.Figures, findings []checker.Finding, over bool, err error) {
	waited := st.Clock().Sub(st.began)
	rest := waited > still && st.resting(ctx)
	st.Decide(ctx)
	idle := waited
	if moved := st.World.Moved(); moved.After(st.began) {
		idle = st.Clock().Sub(moved)
	}
	late := idle > st.Patience || waited > utmost*st.Patience
	if !rest && !late {
		st.rested = time.Time{}
		return figures, nil, false, nil
	}
	if st.rested.IsZero() {
		st.rested = st.Clock()
	}
	figures, findings, err = st.Check(ctx)
	switch {
	case err != nil:
		return figures, findings, waited > utmost*st.Patience+trailing, err
	case !rest:
		return figures, append(findings, checker.Finding{
			Invariant: checker.Unsettled, Text: fmt.Sprintf("not at rest after %s: %s", waited.Round(time.Second), st.restless(ctx)),
		}), true, nil
	default:
		return figures, findings, late || st.Clock().Sub(st.rested) > trailing || !slices.ContainsFunc(findings, passes), nil
	}
}

// passes reports whether a finding may pass while calls that trail behind are made.
func passes(f checker.Finding) bool {
	return f.Invariant == checker.Writeback || f.Invariant == checker.Unsettled
}

// revive starts engines that have ended.
func (s *Scene) revive(ctx context.Context) error {
	for _, e := range s.Engines {
		if !e.Running() {
			s.note("", "engine", "ended", "fail", map[string]any{"killed": e.Killed(), "log": e.Log()})
			if err := s.Start(ctx, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// resting reports whether every lane has had its final run and nothing of it moves.
func (st *settling) resting(ctx context.Context) bool {
	rest := true
	for _, l := range st.Lanes {
		rest = st.laneRests(ctx, l) && rest
	}
	return rest
}

func (st *settling) laneRests(ctx context.Context, l *Lane) bool {
	last, err := st.Engine().LastRun(ctx, l.Flow)
	if id := st.final[l]; id != "" {
		last, err = st.Engine().Run(ctx, id) // the latest by the clock is another one where that was ahead
	}
	if err != nil {
		return false
	}
	switch {
	case last != nil && !over(last.State):
		return false
	case last == nil || st.final[l] != last.ID || last.State != "done":
		id, err := st.trigger(ctx, l)
		if err == nil {
			st.final[l] = id
		}
		return false
	}
	states, err := st.Engine().States(ctx, l.Flow)
	moving := states["waiting"] + states["claimed"] + states["held"] + states["retry_at"] + states["needs_decision"]
	return err == nil && moving == 0
}

// restless says what of each lane does not rest.
func (st *settling) restless(ctx context.Context) string {
	var text strings.Builder
	for _, l := range st.Lanes {
		last, err := st.Engine().LastRun(ctx, l.Flow)
		states, _ := st.Engine().States(ctx, l.Flow) // what can't be told is left out
		if last == nil {
			last = &truth.Run{}
		}
		fmt.Fprintf(&text, "%s: final run %q, last %s %s, %v, states %v; ", l.Name, st.final[l], last.ID, last.State, err, states)
	}
	return text.String()
}
