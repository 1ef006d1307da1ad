package scene

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
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
			_, _ = s.Engine().Trigger(ctx, l.Flow) // as above
		}
	}
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
	switch {
	case d.Code == "delivery.revised": // whoever changes it in the target lets go of it here
	case !decision.Held:
		decision.Action, path = "resend", "/resend"
		body = object{"node": "out", "decided": true}
	}
	err := s.Engine().Do(ctx, http.MethodPost, "/documents/"+d.ID+path, body, nil)
	s.note(l.Name, "person", decision.Action, outcomeOf(err), decision)
	var refused *cluster.Refusal
	if errors.As(err, &refused) {
		return
	}
	s.mu.Lock()
	delete(s.asked, d.ID)
	s.mu.Unlock()
	l.mu.Lock()
	l.decisions = append(l.decisions, decision)
	l.mu.Unlock()
}

func outcomeOf(err error) string {
	var refused *cluster.Refusal
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &refused):
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
		findings = append(findings, found...)
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
	began := s.Clock()
	final := map[*Lane]string{}
	var atRest time.Time
	ticker := time.NewTicker(250 * time.Millisecond)
	defer ticker.Stop()
	for {
		if err := s.revive(ctx); err != nil {
			return checker.NewFigures(), nil, err
		}
		// The last change is behind the source's lag by then.
		rest := s.Clock().Sub(began) > 2500*time.Millisecond && s.resting(ctx, final)
		s.Decide(ctx)
		late := s.Clock().Sub(began) > s.Patience
		if rest || late {
			if atRest.IsZero() {
				atRest = s.Clock()
			}
			figures, findings, err := s.Check(ctx)
			pending := slices.ContainsFunc(findings, passes)
			if err == nil && (late || !pending || s.Clock().Sub(atRest) > trailing) {
				if late && !rest {
					findings = append(findings, checker.Finding{Invariant: checker.Unsettled, Text: fmt.Sprintf("not at rest after %s: %s", s.Patience, s.restless(ctx, final))})
				}
				return figures, findings, nil
			}
			if late && s.Clock().Sub(began) > s.Patience+30*time.Second {
				return figures, findings, err
			}
		} else {
			atRest = time.Time{}
		}
		select {
		case <-ctx.Done():
			return checker.NewFigures(), nil, ctx.Err()
		case <-ticker.C:
		}
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
			if err := s.Start(ctx, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// resting reports whether every lane has had its final run and nothing of it moves.
func (s *Scene) resting(ctx context.Context, final map[*Lane]string) bool {
	rest := true
	for _, l := range s.Lanes {
		rest = s.laneRests(ctx, l, final) && rest
	}
	return rest
}

func (s *Scene) laneRests(ctx context.Context, l *Lane, final map[*Lane]string) bool {
	last, err := s.Engine().LastRun(ctx, l.Flow)
	if err != nil {
		return false
	}
	switch {
	case last != nil && !over(last.State):
		return false
	case last == nil || final[l] != last.ID || last.State != "done":
		id, err := s.Engine().Trigger(ctx, l.Flow)
		if err == nil {
			final[l] = id
		}
		return false
	}
	states, err := s.Engine().States(ctx, l.Flow)
	moving := states["waiting"] + states["claimed"] + states["held"] + states["retry_at"] + states["needs_decision"]
	return err == nil && moving == 0
}

// restless says what of each lane does not rest.
func (s *Scene) restless(ctx context.Context, final map[*Lane]string) string {
	text := ""
	for _, l := range s.Lanes {
		last, err := s.Engine().LastRun(ctx, l.Flow)
		states, _ := s.Engine().States(ctx, l.Flow) // what can't be told is left out
		text += fmt.Sprintf("%s: final run %q, last %+v, %v, states %v; ", l.Name, final[l], last, err, states)
	}
	return text
}
