package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/deploy/chaos/checker"
	"github.com/karezflow/karez/deploy/chaos/scene"
	"github.com/karezflow/karez/deploy/chaos/truth"
	"github.com/karezflow/karez/deploy/chaos/world"
	"github.com/karezflow/karez/engine/failpoint"
)

// crash is one case of the enumeration: an engine that dies at a place, once.
type crash struct {
	point   string
	class   truth.Class
	dialect string
	mysql   bool
}

func (c crash) String() string {
	store := "sqlite"
	if c.mysql {
		store = "mysql"
	}
	return fmt.Sprintf("%s %s %s %s", c.point, c.class, c.dialect, store)
}

// probing reports whether only a look-up passes the point, which class B alone makes.
func probing(point string) bool { return strings.HasSuffix(point, "_probe") }

// reading reports whether the point lies before anything is written, so that the class
// of the target makes no difference to it.
func reading(point string) bool {
	return slices.Contains([]string{"before_fetch", "after_fetch", "after_page", "after_window", "after_pulling"}, point)
}

// crashes lists the cases. Unless all are asked for, a reading point is tried with one
// class only, and dialects take turns.
func crashes(seed uint64, mysql, all bool) []crash {
	var list []crash
	turn := int(seed % 4)
	for _, point := range slices.Concat(failpoint.List(), failpoint.Errands()) {
		for i, class := range truth.Classes() {
			if probing(point) && class != truth.B || reading(point) && !all && i != turn {
				continue
			}
			list = append(list, crash{point, class, world.Dialects()[turn], mysql})
			turn = (turn + 1) % 4
		}
	}
	return list
}

// result is what a case came to.
type result struct {
	Name     string            `json:"name"`
	Seconds  float64           `json:"seconds"`
	Findings []checker.Finding `json:"findings,omitempty"`
	Error    string            `json:"error,omitempty"`

	figures checker.Figures
}

func (r result) failed() bool { return len(r.Findings) > 0 || r.Error != "" }

// documents is how many a case has: two pages.
const documents = 50

// crash plays one case.
func (h *harness) crash(ctx context.Context, no int, c crash) result {
	store := func(s *scene.Config) {
		if c.mysql {
			s.Server = h.db
		}
	}
	return h.playIn(ctx, fmt.Sprintf("crash%d", no), c.String(), store, func(ctx context.Context, s *scene.Scene) error {
		lane := s.Add(c.dialect, c.class, documents)
		if probing(c.point) {
			lane.Target.Lose(2)
		}
		if err := s.Begin(ctx, "KAREZ_FAILPOINT="+c.point+":1"); err != nil {
			return err
		}
		s.Drive(ctx)
		return died(ctx, s, 40*time.Second)
	})
}

// errPassed says that an engine did not die where it was to.
var errPassed = errors.New("the engine never came to the place where it was to die")

// died waits until the first engine was killed.
func died(ctx context.Context, s *scene.Scene, within time.Duration) error {
	e := s.Engines[0]
	select {
	case <-e.Ended():
		if !e.Killed() {
			return fmt.Errorf("the engine ended by itself: %s", e.Log())
		}
		return nil
	case <-time.After(within):
		return errPassed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// playIn sets a scene, lets something happen in it, lets it come to rest and checks it.
func (h *harness) playIn(ctx context.Context, id, name string, adjust func(*scene.Config), happen func(context.Context, *scene.Scene) error) (r result) {
	began := h.clock()
	r = result{Name: name, figures: checker.NewFigures()}
	defer func() { r.Seconds = h.clock().Sub(began).Seconds() }()
	s, err := h.open(ctx, id, adjust)
	if err != nil {
		r.Error = err.Error()
		return r
	}
	err = happen(ctx, s)
	if err == nil {
		r.figures, r.Findings, err = s.Settle(ctx)
	}
	if err != nil {
		r.Error = err.Error()
	}
	return h.closed(ctx, s, r)
}

// closed closes a scene, whose folder stays where the case failed.
func (h *harness) closed(ctx context.Context, s *scene.Scene, r result) result {
	if err := s.Close(ctx); err != nil && r.Error == "" {
		r.Error = err.Error()
	}
	if r.failed() {
		for _, e := range s.Engines {
			if log := e.Log(); log != "" {
				_ = os.WriteFile(filepath.Join(s.Dir, "engine.log"), []byte(log), 0o600) // a help for people, no more
			}
		}
		return r
	}
	_ = os.RemoveAll(s.Dir) // the scratch folder as a whole goes at the end
	return r
}

// open makes a scene with a folder of its own.
func (h *harness) open(ctx context.Context, id string, adjust func(*scene.Config)) (*scene.Scene, error) {
	dir := filepath.Join(h.scratch, id)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	c := scene.Config{
		Program: h.program, Plugins: h.plugins, Dir: dir, Seed: h.seed, Clock: h.clock, History: h.history.tag(id),
		Name: fmt.Sprintf("chaos_%d_%s", os.Getpid(), strings.ToLower(id)), Patience: 90 * time.Second,
	}
	adjust(&c)
	return scene.Open(ctx, c)
}

// all runs jobs, so many at a time, and gives their results in order.
func (h *harness) all(jobs []func() result) []result {
	results := make([]result, len(jobs))
	room := make(chan struct{}, h.parallel)
	var group sync.WaitGroup
	for i, job := range jobs {
		room <- struct{}{}
		group.Go(func() {
			defer func() { <-room }()
			results[i] = job()
			h.say("%-9s %5.1fs  %s%s", verdict(results[i]), results[i].Seconds, results[i].Name, why(results[i]))
		})
	}
	group.Wait()
	return results
}

func verdict(r result) string {
	if r.failed() {
		return "FAILED"
	}
	return "ok"
}

// why gives the first reasons of a failure.
func why(r result) string {
	if !r.failed() {
		return ""
	}
	text := ""
	if r.Error != "" {
		text = "\n    " + r.Error
	}
	for i, f := range r.Findings {
		if i == 5 {
			return text + fmt.Sprintf("\n    and %d more", len(r.Findings)-i)
		}
		text += "\n    " + f.String()
	}
	return text
}
