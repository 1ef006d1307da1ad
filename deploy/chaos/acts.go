package main

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/karezflow/karez/deploy/chaos/cluster"
	"github.com/karezflow/karez/deploy/chaos/nemesis"
	"github.com/karezflow/karez/deploy/chaos/proxy"
	"github.com/karezflow/karez/deploy/chaos/scene"
	"github.com/karezflow/karez/deploy/chaos/world"
	"github.com/karezflow/karez/engine/failpoint"
)

// pass is a proxy that does nothing.
var pass = proxy.Spell{Mode: proxy.Pass} //nolint:gochecknoglobals // a constant of a struct type

// kinds are the faults of a soak. Those of the database need one that engines reach
// over the network.
func kinds(mysql, nats bool) []nemesis.Kind {
	const ms = time.Millisecond
	list := []nemesis.Kind{
		{Name: "kill", Weight: 6, Most: 1500 * ms},
		{Name: "kill while starting", Weight: 2, Most: 400 * ms},
		{Name: "kill at a crash point", Weight: 4},
		{Name: "stop", Weight: 2},
		{Name: "pause", Weight: 3, Least: 1500 * ms, Most: 4000 * ms},
		{Name: "kill connectors", Weight: 4},
		{Name: "source down", Weight: 2, Least: 500 * ms, Most: 3000 * ms},
		{Name: "target down", Weight: 2, Least: 500 * ms, Most: 3000 * ms},
		{Name: "source clock jumps", Weight: 1},
	}
	for _, mode := range proxy.Modes() {
		list = append(list, nemesis.Kind{Name: "network " + string(mode), Weight: 2, Least: 300 * ms, Most: 3000 * ms})
		if mysql && mode != proxy.CutAfter {
			list = append(list, nemesis.Kind{Name: "database " + string(mode), Weight: 2, Least: 300 * ms, Most: 2000 * ms})
		}
	}
	if mysql {
		list = append(list, nemesis.Kind{Name: "kill the database", Weight: 2, Most: 1000 * ms})
	}
	if nats {
		list = append(list, nemesis.Kind{Name: "kill the queue", Weight: 2, Most: 2000 * ms}, nemesis.Kind{Name: "forget the queue", Weight: 2, Most: 2000 * ms})
	}
	return list
}

// acts carry the faults out in a scene.
func (h *harness) acts(s *scene.Scene) map[string]nemesis.Act {
	acts := map[string]nemesis.Act{
		"kill":                  h.kill(s),
		"kill while starting":   h.killStarting(s),
		"kill at a crash point": h.killAtPoint(s),
		"stop": func(ctx context.Context, f nemesis.Fault, over func()) error {
			e := victim(s, f)
			e.Stop()
			over()
			return start(ctx, s, e)
		},
		"pause": func(ctx context.Context, f nemesis.Fault, over func()) error {
			e := victim(s, f)
			e.Pause()
			pause(ctx, f.For)
			e.Resume()
			over()
			return nil
		},
		"kill connectors": func(_ context.Context, f nemesis.Fault, over func()) error {
			victim(s, f).KillConnectors("chaos-system")
			over()
			return nil
		},
		"source down": down(s, func(l *scene.Lane) (up func()) {
			was := l.Source.Fail(world.SourceFaults{Refused: 1})
			return func() { l.Source.Fail(was) }
		}),
		"target down": down(s, func(l *scene.Lane) (up func()) {
			was := l.Target.Fail(world.TargetFaults{Refused: 1})
			return func() { l.Target.Fail(was) }
		}),
		"source clock jumps": func(_ context.Context, f nemesis.Fault, over func()) error {
			s.Lanes[f.Draw%len(s.Lanes)].Source.Jump(time.Duration(f.Draw%5-2) * time.Second)
			over()
			return nil
		},
	}
	if s.Nats != nil {
		acts["kill the queue"], acts["forget the queue"] = breaks(s.Nats, false), breaks(s.Nats, true)
	}
	if h.mariadb != "" && s.DBProxy != nil {
		acts["kill the database"] = breaks(&cluster.MariaDB{Script: databaseScript, Dir: h.mariadb}, false)
	}
	for _, mode := range proxy.Modes() {
		acts["network "+string(mode)] = spell(s.Proxy, mode)
		if s.DBProxy != nil {
			acts["database "+string(mode)] = spell(s.DBProxy, mode)
		}
	}
	maps.Copy(acts, disks(s))
	return acts
}

// down has a fake refuse everything for a while.
func down(s *scene.Scene, refuse func(*scene.Lane) (up func())) nemesis.Act {
	return func(ctx context.Context, f nemesis.Fault, over func()) error {
		up := refuse(s.Lanes[f.Draw%len(s.Lanes)])
		pause(ctx, f.For)
		up()
		over()
		return nil
	}
}

// breaks has a part that engines stand on break down for a while.
func breaks(part cluster.Part, forget bool) nemesis.Act {
	return func(ctx context.Context, f nemesis.Fault, over func()) error {
		if err := part.Break(ctx, forget); err != nil {
			return err
		}
		pause(ctx, f.For)
		err := part.Mend(context.WithoutCancel(ctx)) // whoever comes next needs it
		over()
		return err
	}
}

// victim gives the engine that a fault falls on.
func victim(s *scene.Scene, f nemesis.Fault) *cluster.Engine { return s.Engines[f.Draw%len(s.Engines)] }

// start starts an engine in bounded time.
func start(ctx context.Context, s *scene.Scene, e *cluster.Engine, env ...string) error {
	bounded, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err := s.Start(bounded, e, env...)
	if errors.Is(err, cluster.ErrEnded) && e.Killed() {
		return nil // it died of its crash point before it served
	}
	return err
}

func (h *harness) kill(s *scene.Scene) nemesis.Act {
	return func(ctx context.Context, f nemesis.Fault, over func()) error {
		pause(ctx, f.For)
		e := victim(s, f)
		e.Kill()
		over()
		return start(ctx, s, e)
	}
}

// killStarting kills an engine that is on its way up.
func (h *harness) killStarting(s *scene.Scene) nemesis.Act {
	return func(ctx context.Context, f nemesis.Fault, over func()) error {
		e := victim(s, f)
		e.Kill()
		begun, cancel := context.WithTimeout(ctx, f.For+time.Millisecond)
		_ = s.Start(begun, e) // killed on its way, or killed here
		cancel()
		e.Kill()
		over()
		return start(ctx, s, e)
	}
}

// killAtPoint starts an engine that dies at some crash point at some pass.
func (h *harness) killAtPoint(s *scene.Scene) nemesis.Act {
	points := append(failpoint.List(), failpoint.Errands()...)
	return func(ctx context.Context, f nemesis.Fault, over func()) error {
		e := victim(s, f)
		e.Kill()
		arm := "KAREZ_FAILPOINT=" + points[f.Draw%len(points)] + ":" + []string{"1", "2", "5", "11"}[f.Draw/64%4]
		if err := start(ctx, s, e, arm); err != nil {
			return err
		}
		select {
		case <-e.Ended():
		case <-time.After(6 * time.Second): // it never came there
		case <-ctx.Done():
		}
		e.Kill()
		over()
		return start(ctx, s, e)
	}
}

// spell makes a network bad for a while.
func spell(p *proxy.Proxy, mode proxy.Mode) nemesis.Act {
	return func(ctx context.Context, f nemesis.Fault, over func()) error {
		wait := time.Duration(5+f.Draw%200) * time.Millisecond
		if mode == proxy.Trickle {
			wait = time.Duration(1+f.Draw%8) * time.Millisecond
		}
		p.Cast(proxy.Spell{Mode: mode, Wait: wait, Bytes: f.Draw % 4000})
		pause(ctx, f.For)
		p.Cast(pass)
		over()
		return nil
	}
}
