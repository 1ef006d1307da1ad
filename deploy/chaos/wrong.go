package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/karezflow/karez/deploy/chaos/checker"
	"github.com/karezflow/karez/deploy/chaos/scene"
	"github.com/karezflow/karez/deploy/chaos/truth"
	"github.com/karezflow/karez/deploy/chaos/world"
	"github.com/karezflow/karez/engine/failpoint"
)

// trap is a situation in which a wrong engine breaks a promise and a right one does not.
type trap struct {
	wrong   string
	breaks  checker.Invariant
	class   truth.Class
	dialect string
	// env is for both engines: it makes the situation.
	env []string
	// happen goes on when the lane is made and the engine serves.
	happen func(context.Context, *scene.Scene, *scene.Lane) error
}

func traps() []trap {
	return []trap{
		{wrong: failpoint.AckFirst, breaks: checker.Lost, class: truth.A, dialect: world.Offsets, env: []string{"KAREZ_FAILPOINT=after_window:1"}, happen: dies},
		{wrong: failpoint.CursorMax, breaks: checker.Lost, class: truth.A, dialect: world.Keyset, happen: comesLate},
		{wrong: failpoint.BlindResend, breaks: checker.Duplicate, class: truth.D, dialect: world.Offsets, happen: losesAnswers},
		{wrong: failpoint.BatchDone, breaks: checker.State, class: truth.B, dialect: world.Rows, happen: begins},
		{wrong: failpoint.FloatAmounts, breaks: checker.Amount, class: truth.C, dialect: world.Pages, happen: begins},
		{wrong: failpoint.ForwardPaging, breaks: checker.Lost, class: truth.B, dialect: world.Pages, happen: shifts},
		{
			wrong: failpoint.LateResult, breaks: checker.Duplicate, class: truth.D, dialect: world.Rows,
			env: []string{"KAREZ_FAILPOINT=before_intent:1:4s", "KAREZ_WRONG=" + failpoint.NoRenewal}, happen: wakesLate,
		},
		{wrong: failpoint.HintOnly, breaks: checker.Unsettled, class: truth.A, dialect: world.Keyset, env: []string{"KAREZ_FAILPOINT=after_page:1"}, happen: dies},
	}
}

// begins starts a run.
func begins(ctx context.Context, s *scene.Scene, _ *scene.Lane) error {
	s.Drive(ctx)
	return nil
}

// wakesLate waits until the worker that was held up went on.
func wakesLate(ctx context.Context, s *scene.Scene, _ *scene.Lane) error {
	s.Drive(ctx)
	pause(ctx, 6*time.Second)
	return nil
}

// dies waits for the engine's death in the run.
func dies(ctx context.Context, s *scene.Scene, _ *scene.Lane) error {
	s.Drive(ctx)
	return died(ctx, s, 40*time.Second)
}

// losesAnswers has the answers of the first two calls lost behind their commit.
func losesAnswers(ctx context.Context, s *scene.Scene, l *scene.Lane) error {
	l.Target.Lose(2)
	s.Drive(ctx)
	return nil
}

// shifts changes a row of the first page as soon as that is read: those behind it move up.
func shifts(ctx context.Context, s *scene.Scene, l *scene.Lane) error {
	docs := l.Truth().Documents
	l.Source.AfterPage(func() { l.Source.Modify(docs[len(docs)-1].Key) })
	s.Drive(ctx)
	return nil
}

// errStill says that what was to happen first did not.
var errStill = errors.New("the first document was not delivered in time")

// comesLate commits documents at the source that say they changed before the newest one
// that was read.
func comesLate(ctx context.Context, s *scene.Scene, l *scene.Lane) error {
	key := l.Source.Insert(truth.Good, 2*time.Second)
	fresh, _ := l.Source.Document(key)
	deadline := s.Clock().Add(30 * time.Second)
	for l.Target.Holds(key) == 0 {
		s.Drive(ctx)
		if !pause(ctx, 100*time.Millisecond) || s.Clock().After(deadline) {
			return errStill
		}
	}
	for range 3 {
		l.Source.Insert(truth.Good, l.Source.Now().Sub(time.Unix(fresh.Last().Modified-2, 0)))
	}
	return nil
}

// pause waits; false when the context ended.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// spring plays a trap with the wrong engine, or with the right one.
func (h *harness) spring(ctx context.Context, id string, t trap, wrong bool) result {
	name := "right engine beside " + t.wrong
	if wrong {
		name = "wrong engine " + t.wrong
	}
	patience := time.Minute
	if wrong {
		patience = 12 * time.Second
	}
	adjust := func(c *scene.Config) { c.Patience = patience }
	return h.playIn(ctx, id, name, adjust, func(ctx context.Context, s *scene.Scene) error {
		lane := s.Add(t.dialect, t.class, documents)
		env := slices.Clone(t.env)
		if wrong {
			s.Lasting = []string{"KAREZ_WRONG=" + t.wrong + "," + failpoint.NoRenewal}
			if t.wrong != failpoint.LateResult {
				s.Lasting = []string{"KAREZ_WRONG=" + t.wrong}
			}
			env = slices.DeleteFunc(env, func(e string) bool { return e == "KAREZ_WRONG="+failpoint.NoRenewal })
		}
		if err := s.Begin(ctx, env...); err != nil {
			return err
		}
		return t.happen(ctx, s, lane)
	})
}

// mutant is what became of a wrong engine.
type mutant struct {
	Name   string            `json:"name"`
	Breaks checker.Invariant `json:"breaks"`
	Caught bool              `json:"caught"`
	// Control is what the right engine came to in the same situation.
	Control result `json:"control"`
	Wrong   result `json:"wrong"`
}

// mutants lays every trap, for the right engine as well.
func (h *harness) mutants(ctx context.Context) []mutant {
	list := make([]mutant, len(traps()))
	var jobs []func() result
	for i, t := range traps() {
		list[i] = mutant{Name: t.wrong, Breaks: t.breaks}
		jobs = append(jobs,
			func() result { return h.spring(ctx, "right"+t.wrong, t, false) },
			func() result { return h.judge(h.spring(ctx, "wrong"+t.wrong, t, true), t) },
		)
	}
	results := h.all(jobs)
	for i := range list {
		list[i].Control, list[i].Wrong = results[2*i], results[2*i+1]
		list[i].Caught = !list[i].Wrong.failed()
	}
	return list
}

// judge turns what a wrong engine came to around: it failed where it was not caught.
func (h *harness) judge(r result, t trap) result {
	caught := slices.ContainsFunc(r.Findings, func(f checker.Finding) bool { return f.Invariant == t.breaks })
	if !caught {
		r.Error = "the wrong engine was not caught: " + r.Error
		return r
	}
	r.Findings, r.Error = nil, ""
	return r
}
