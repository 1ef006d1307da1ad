package main

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/deploy/chaos/nemesis"
)

// profile says what is proved and how long it may take.
type profile struct {
	limit time.Duration
	// crashes enumerates the crash points; every adds all classes to all points.
	crashes, every bool
	// mutants has wrong engines caught.
	mutants bool
	// soaks are what happens by chance.
	soaks []soak
	// only names the cases of the enumeration that are played.
	only string
}

func profiles() map[string]profile {
	soaks := func(long time.Duration) []soak { return []soak{lite(long), shared(long), apart(long)} }
	return map[string]profile{
		"ci":       {limit: 10 * time.Minute, crashes: true, mutants: true, soaks: soaks(15 * time.Second)},
		"standard": {limit: 20 * time.Minute, crashes: true, every: true, mutants: true, soaks: append(soaks(60*time.Second), append(hard(30*time.Second), rolling(30*time.Second))...)},
		"long": {limit: 75 * time.Minute, crashes: true, every: true, mutants: true, soaks: slices.Concat(
			soaks(15*time.Minute), hard(4*time.Minute), []soak{rolling(4 * time.Minute), killed(), steady(8 * time.Minute)})},
		"kills":   {limit: 30 * time.Minute, soaks: []soak{killed()}},
		"crashes": {limit: 15 * time.Minute, crashes: true, every: true},
		"wrong":   {limit: 5 * time.Minute, mutants: true},
		"hard":    {limit: 10 * time.Minute, soaks: hard(60 * time.Second)},
		"upgrade": {limit: 10 * time.Minute, soaks: []soak{rolling(60 * time.Second)}},
		"clock":   {limit: 10 * time.Minute, soaks: clocks(60 * time.Second)},
		"steady":  {limit: 15 * time.Minute, soaks: []soak{steady(5 * time.Minute)}},
		"soak":    {limit: 10 * time.Minute, soaks: soaks(45 * time.Second)},
	}
}

// perform carries a profile out.
func (h *harness) perform(ctx context.Context, name string, p profile) *report {
	began := h.clock()
	r := newReport(name, h)
	if p.crashes {
		r.crashes(h.enumerate(ctx, p))
	}
	if p.mutants {
		r.mutants(h.mutants(ctx))
	}
	for _, one := range h.soaks(ctx, p) {
		r.soak(one)
	}
	r.Seconds = h.clock().Sub(began).Seconds()
	return r
}

// soaks plays those that can be played here, the ones on SQLite beside the ones on the
// database server: most of their time they wait.
func (h *harness) soaks(ctx context.Context, p profile) []soaked {
	played := make([]*soaked, len(p.soaks))
	var group sync.WaitGroup
	for _, mysql := range []bool{false, true} {
		group.Go(func() {
			for i, spec := range p.soaks {
				has := (!spec.mysql || h.db != "") && (spec.engines == 1 || h.nats != "") && (!spec.rolling || h.older != "")
				if spec.mysql != mysql || !has || !p.crashes && !strings.Contains(spec.Name, p.only) {
					continue
				}
				one := h.soak(ctx, spec)
				h.say("%-9s %5.1fs  %s, %d faults%s", verdict(one.result), one.Seconds, one.Name, one.faults(), why(one.result))
				played[i] = &one
			}
		})
	}
	group.Wait()
	var all []soaked
	for _, one := range played {
		if one != nil {
			all = append(all, *one)
		}
	}
	return all
}

// enumerate dies at every crash point.
func (h *harness) enumerate(ctx context.Context, p profile) []result {
	cases := crashes(h.seed, false, p.every)
	if h.db != "" {
		shared := crashes(h.seed+1, true, p.every)
		for i, c := range shared {
			// What a crash leaves behind there, the stores' own tests kill for, so some will do.
			if p.every || i%5 == int(h.seed%5) { // which is no divisor of classes and dialects
				cases = append(cases, c)
			}
		}
	}
	var jobs []func() result
	for no, c := range cases {
		if strings.Contains(c.String(), p.only) {
			jobs = append(jobs, func() result { return h.crash(ctx, no, c) })
		}
	}
	return h.all(jobs)
}

// lite is a soak of one engine on SQLite.
func lite(long time.Duration) soak {
	return soak{
		Name: "sqlite", engines: 1, documents: 800, feed: int(long.Seconds()) * 30, faults: int(long.Seconds()),
		gap: 1500 * time.Millisecond, kinds: kinds(false, false), lost: 0.05, rough: true, limit: long,
	}
}

// shared is a soak of two engines on one database.
func shared(long time.Duration) soak {
	spec := lite(long)
	spec.Name, spec.mysql, spec.engines, spec.kinds = "mysql", true, 2, kinds(true, false)
	return spec
}

// apart is a soak of one engine that serves and two that work.
func apart(long time.Duration) soak {
	spec := shared(long)
	spec.Name, spec.roles, spec.engines, spec.kinds = "roles", true, 3, kinds(true, true)
	return spec
}

// hard are soaks on disks that fill up, stand still and lose power, with clocks that jump.
func hard(long time.Duration) []soak {
	one, two := lite(long), shared(long)
	one.Name, one.disks, one.kinds = "disk", true, hardware(false)
	two.Name, two.disks, two.kinds = "dbdisk", true, hardware(true)
	return []soak{one, two}
}

// steady is a soak in which no engine dies, so that it shows what they pile up.
func steady(long time.Duration) soak {
	spec := apart(long)
	spec.Name, spec.measured, spec.gap = "steady", true, 3*time.Second
	spec.kinds = kindsOf(kinds(true, true), func(k nemesis.Kind) bool {
		return !strings.HasPrefix(k.Name, "kill") && k.Name != "stop" && k.Name != "pause" && k.Name != "forget the queue"
	})
	return spec
}

// rolling is a soak in which engines of two builds share a database and change places.
func rolling(long time.Duration) soak {
	spec := shared(long)
	spec.Name, spec.rolling = "upgrade", true
	spec.kinds = append(kindsOf(kinds(false, false), func(k nemesis.Kind) bool { return k.Name == "kill" || k.Name == "pause" }),
		nemesis.Kind{Name: "other version", Weight: 20})
	return spec
}

// clocks are soaks in which clocks of engines jump.
func clocks(long time.Duration) []soak {
	one, two := lite(long), shared(long)
	one.Name, one.kinds = "clock", jumps()
	two.Name, two.kinds = "clocks", jumps()
	return []soak{one, two}
}

// killed is two hundred kills at random moments over ten thousand documents, with one
// answer in twenty lost.
func killed() soak {
	return soak{
		Name: "kills", engines: 1, documents: 2000, feed: 8000, faults: 200, gap: 500 * time.Millisecond,
		kinds: kindsOf(kinds(false, false), func(k nemesis.Kind) bool { return k.Name == "kill" }),
		lost:  0.05, all: true, limit: 12 * time.Minute,
	}
}
