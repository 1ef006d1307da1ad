package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/karezflow/karez/deploy/chaos/checker"
	"github.com/karezflow/karez/deploy/chaos/gauge"
	"github.com/karezflow/karez/deploy/chaos/nemesis"
	"github.com/karezflow/karez/deploy/chaos/scene"
	"github.com/karezflow/karez/deploy/chaos/truth"
	"github.com/karezflow/karez/deploy/chaos/world"
)

// soak is a long scene in which things go wrong by chance.
type soak struct {
	Name string `json:"name"`
	// mysql has the ledger in the database server, which engines share.
	mysql   bool
	engines int
	// roles has one engine serve and the others work; several always have a NATS server between them.
	roles bool
	// documents are there at the beginning, feed come by and by, in all lanes together.
	documents, feed int
	// faults is how many things go wrong, gap how long at most lies between two.
	faults int
	gap    time.Duration
	kinds  []nemesis.Kind
	// lost is how often an answer is lost; rough adds the other faults of calls.
	lost  float64
	rough bool
	// all has all documents come, however long they take.
	all bool
	// disks puts what is stored on disks that can be full and lose power.
	disks bool
	// rolling begins with engines of an older build, which are then stopped for the newer
	// one and back, so that both serve on one database most of the time.
	rolling bool
	// measured reads what the processes take, which is not to grow.
	measured bool
	limit    time.Duration
}

// soaked is what became of a soak.
type soaked struct {
	result

	Faults map[string]*nemesis.Record `json:"faults"`
	// Samples is how often the counts of a run were checked on the way.
	Samples int `json:"samples"`
	// Trends is how what the processes took went over the time.
	Trends []gauge.Trend `json:"trends,omitempty"`

	sampled []checker.Finding
}

// play lives through a soak.
func (h *harness) soak(ctx context.Context, spec soak) soaked {
	got := soaked{Faults: map[string]*nemesis.Record{}}
	adjust := func(c *scene.Config) {
		c.Proxied, c.Engines, c.Patience = true, spec.engines, 2*time.Minute
		if spec.mysql {
			c.Server, c.Between = h.db, true
		}
		if spec.rolling {
			c.Older = h.older
		}
		c.Disks, c.DatabaseScript = spec.disks, databaseScript
		if spec.engines > 1 {
			c.NatsProgram, c.Split = h.nats, spec.roles
		}
	}
	got.result = h.playIn(ctx, spec.Name, "soak "+spec.Name, adjust, func(ctx context.Context, s *scene.Scene) error {
		return h.live(ctx, spec, s, &got)
	})
	got.Findings = append(got.Findings, got.sampled...)
	for kind, r := range got.Faults {
		if r.Stuck > 0 {
			got.Findings = append(got.Findings, checker.Finding{
				Invariant: checker.Unsettled, Text: fmt.Sprintf("after %d of %d faults of kind %s nothing got done for %s", r.Stuck, r.Count, kind, recoverable),
			})
		}
	}
	for _, t := range got.Trends {
		if t.Leaks() {
			got.Findings = append(got.Findings, checker.Finding{Invariant: checker.Growth, Text: t.String()})
		}
	}
	return got
}

// databaseScript starts a database server, from the folder of the repository.
const databaseScript = "deploy/mariadb.sh"

// recoverable is how long it may take until something gets done again.
const recoverable = 60 * time.Second

// live has everything happen at once.
func (h *harness) live(ctx context.Context, spec soak, s *scene.Scene, got *soaked) error {
	for i, class := range truth.Classes() {
		lane := s.Add(world.Dialects()[(i+int(h.seed%4))%4], class, spec.documents/4)
		lane.Source.Skew(time.Duration(i-1) * 2 * time.Minute)
		spec.trouble(lane)
	}
	if err := s.Begin(ctx); err != nil {
		return err
	}
	living, die := context.WithTimeout(ctx, spec.limit)
	defer die()
	var group sync.WaitGroup
	group.Go(func() { h.feed(living, spec, s) })
	group.Go(func() { h.tend(living, s, got) })
	if spec.measured {
		group.Go(func() { h.measure(living, s, got) })
	}
	stage := nemesis.Stage{
		Clock: h.clock, Acts: h.acts(s), Watch: s.World.Watch, Progress: s.World.Progress, Most: recoverable,
		Told: func(f nemesis.Fault, phase string, err error) {
			detail := map[string]any{"for": f.For.String(), "draw": f.Draw}
			if err != nil {
				phase, detail["error"] = "fail", err.Error()
			}
			h.history.tag(spec.Name)(world.Event{At: h.clock(), Process: "nemesis", Op: f.Kind, Type: phase, Detail: detail})
		},
	}
	records, err := stage.Run(living, nemesis.Plan(h.seed, spec.faults, spec.gap/10, spec.gap, spec.kinds))
	got.Faults = records
	die()
	group.Wait()
	h.calm(s)
	return err
}

// trouble sets what goes wrong with single calls.
func (spec soak) trouble(l *scene.Lane) {
	target, source := world.TargetFaults{Lost: spec.lost}, world.SourceFaults{}
	if spec.rough {
		target = world.TargetFaults{Lost: spec.lost, Hung: 0.003, Cut: 0.01, Refused: 0.03, Partial: 0.02, Unnamed: 0.01, Slow: 0.1, Blind: 0.05}
		source = world.SourceFaults{Refused: 0.03, Hung: 0.003, Cut: 0.02, Repeated: 0.01, Short: 0.01, Lied: 0.01, Moves: 0.1}
	}
	l.Target.Fail(target)
	l.Source.Fail(source)
}

// calm lifts all faults.
func (h *harness) calm(s *scene.Scene) {
	for _, l := range s.Lanes {
		l.Target.Fail(world.TargetFaults{})
		l.Source.Fail(world.SourceFaults{})
	}
	s.Proxy.Cast(pass)
	if s.DBProxy != nil {
		s.DBProxy.Cast(pass)
	}
	for _, e := range s.Engines {
		e.Resume()
	}
}

// most is how many documents may be on their way when further ones come.
const most = 1500

// feed has documents come, some of them late, and others change. What a machine is too
// slow for does not come, unless the soak is one of so many documents.
func (h *harness) feed(ctx context.Context, spec soak, s *scene.Scene) {
	random := rand.New(rand.NewPCG(h.seed, 3)) //nolint:gosec // chance that can be repeated
	const tick = 200 * time.Millisecond
	// All have come when two thirds of the time are over.
	rounds := max(int(spec.limit*2/3/tick), 1)
	n := 0
	behind := func() (sum int) {
		for _, l := range s.Lanes {
			sum += l.Behind()
		}
		return sum
	}
	come := func(to int) {
		if !spec.all && behind() > most {
			return
		}
		for to = min(to, n+most); n < to; n++ {
			late := time.Duration(0)
			if random.IntN(10) == 0 {
				late = time.Duration(random.IntN(6000)) * time.Millisecond
			}
			s.Lanes[n%len(s.Lanes)].Source.Insert(scene.StatusOf(n), late)
		}
	}
	defer func() {
		for spec.all && n < spec.feed {
			come(spec.feed)
		}
	}()
	for round := range rounds {
		if !pause(ctx, tick) {
			break
		}
		come(spec.feed * (round + 1) / rounds)
		if random.IntN(3) == 0 {
			s.Lanes[random.IntN(len(s.Lanes))].Source.ModifyAny()
		}
	}
}

// tend keeps runs going, looks at their counts and decides what a person would.
func (h *harness) tend(ctx context.Context, s *scene.Scene, got *soaked) {
	for pause(ctx, 500*time.Millisecond) {
		s.Drive(ctx)
		samples, findings := s.Sample(ctx)
		got.Samples += samples
		got.sampled = append(got.sampled, findings...)
		s.Decide(ctx)
	}
}

// measure reads what the processes take until the context ends.
func (h *harness) measure(ctx context.Context, s *scene.Scene, got *soaked) {
	var log gauge.Log
	for pause(ctx, time.Second) {
		log.Read(h.clock(), s.Processes())
	}
	got.Trends = log.Trends()
}

// kindsOf gives the kinds that a filter keeps.
func kindsOf(all []nemesis.Kind, keep func(nemesis.Kind) bool) []nemesis.Kind {
	return slices.DeleteFunc(slices.Clone(all), func(k nemesis.Kind) bool { return !keep(k) })
}
