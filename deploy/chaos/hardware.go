package main

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"time"

	"github.com/karezflow/karez/deploy/chaos/disk"
	"github.com/karezflow/karez/deploy/chaos/nemesis"
	"github.com/karezflow/karez/deploy/chaos/scene"
)

// hardware are the faults of what programs stand on: disks, and the clock. Those of a
// database's disk need a server that is the scene's own.
func hardware(mysql bool) []nemesis.Kind {
	const ms = time.Millisecond
	list := []nemesis.Kind{
		{Name: "kill", Weight: 2, Most: 1000 * ms},
		{Name: "kill at a crash point", Weight: 2},
	}
	of := ""
	if mysql {
		of = "database "
		list = append(list, nemesis.Kind{Name: "queue disk full", Weight: 2, Least: 1000 * ms, Most: 3000 * ms})
	}
	return append(list,
		nemesis.Kind{Name: of + "disk full", Weight: 4, Least: 500 * ms, Most: 4000 * ms},
		nemesis.Kind{Name: of + "disk stands still", Weight: 3, Least: 300 * ms, Most: 2500 * ms},
		nemesis.Kind{Name: of + "power loss", Weight: 5, Most: 1000 * ms},
	)
}

// jumps are the faults of clocks. No engine is killed beside them: one that dies before it
// noticed that its clock was put back can't tell what it dated by the wrong one.
func jumps() []nemesis.Kind {
	const ms = time.Millisecond
	return []nemesis.Kind{
		{Name: "target down", Weight: 2, Least: 500 * ms, Most: 2000 * ms},
		{Name: "clock jumps", Weight: 5, Least: 1000 * ms, Most: 4000 * ms},
	}
}

// disks carry out the faults of the disks that a scene has.
func disks(s *scene.Scene) map[string]nemesis.Act {
	acts := map[string]nemesis.Act{"clock jumps": clockJumps(s), "other version": otherVersion(s)}
	first := s.Engines[0]
	if d := s.DataDisk; d != nil {
		acts["disk full"] = full(s, d, nil)
		acts["disk stands still"] = still(d)
		acts["power loss"] = func(ctx context.Context, f nemesis.Fault, over func()) error {
			pause(ctx, f.For)
			if err := dark(ctx, d, func(context.Context) error { first.Kill(); return nil }); err != nil {
				return err
			}
			over()
			return start(ctx, s, first)
		}
	} else if s.Server == "" {
		acts["disk full"] = limited(s)
	}
	if d := s.DBDisk; d != nil {
		acts["database disk full"] = full(s, d, s.MariaDB.Mend)
		acts["database disk stands still"] = still(d)
		acts["database power loss"] = func(ctx context.Context, f nemesis.Fault, over func()) error {
			pause(ctx, f.For)
			kill, err := s.MariaDB.Killer() // what it is called stands on the disk
			if err != nil {
				return err
			}
			err = errors.Join(dark(ctx, d, kill), s.MariaDB.Mend(context.WithoutCancel(ctx)))
			over()
			return err
		}
	}
	if d := s.NatsDisk; d != nil {
		acts["queue disk full"] = func(ctx context.Context, f nemesis.Fault, over func()) error {
			if err := d.Fill(); err != nil {
				return err
			}
			pause(ctx, f.For)
			ctx = context.WithoutCancel(ctx) // whoever comes next needs it
			err := errors.Join(s.Nats.Break(ctx, false), d.Free(), s.Nats.Mend(ctx))
			over()
			return err
		}
	}
	return acts
}

// full leaves no room on a disk for a while. Whoever ends over it is started again, as
// whoever watches over services does: first the part that stands on the disk, if one
// does, then engines.
func full(s *scene.Scene, d *disk.Disk, mend func(context.Context) error) nemesis.Act {
	return func(ctx context.Context, f nemesis.Fault, over func()) error {
		if err := d.Fill(); err != nil {
			return err
		}
		pause(ctx, f.For)
		err := d.Free()
		if mend != nil {
			err = errors.Join(err, mend(context.WithoutCancel(ctx))) // whoever comes next needs it
		}
		over()
		return errors.Join(err, again(ctx, s))
	}
}

// again starts the engines that ended.
func again(ctx context.Context, s *scene.Scene) error {
	for _, e := range s.Engines {
		if !e.Running() && ctx.Err() == nil {
			if err := start(ctx, s, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// limited stands for a full disk where none can be made: no file of the engine may grow.
func limited(s *scene.Scene) nemesis.Act {
	limit := func(ctx context.Context, pid int, bytes string) error {
		return exec.CommandContext(ctx, "prlimit", "--pid", strconv.Itoa(pid), "--fsize="+bytes+":unlimited").Run() //nolint:gosec // a process of the harness's own
	}
	return func(ctx context.Context, f nemesis.Fault, over func()) error {
		e := victim(s, f)
		pid, _ := e.PIDs()
		if pid == 0 {
			return nil
		}
		if err := limit(ctx, pid, "4096"); err != nil {
			return err
		}
		pause(ctx, f.For)
		err := limit(context.WithoutCancel(ctx), pid, "unlimited")
		over()
		return errors.Join(err, again(ctx, s))
	}
}

// still has whoever writes to a disk wait.
func still(d *disk.Disk) nemesis.Act {
	return func(ctx context.Context, f nemesis.Fault, over func()) error {
		if err := d.Freeze(); err != nil {
			return err
		}
		pause(ctx, f.For)
		err := d.Thaw()
		over()
		return err
	}
}

// dark takes the power away from a disk and from who stands on it, and gives it back to the disk.
func dark(ctx context.Context, d *disk.Disk, kill func(context.Context) error) error {
	ctx = context.WithoutCancel(ctx) // whoever comes next needs the disk
	return errors.Join(d.Cut(), kill(ctx), d.Mend(ctx))
}

// clockJumps has an engine's clock be an hour off, and right again.
func clockJumps(s *scene.Scene) nemesis.Act {
	return func(ctx context.Context, f nemesis.Fault, over func()) error {
		e := victim(s, f)
		if err := e.SetClock([]time.Duration{time.Hour, -time.Hour, 5 * time.Minute, -5 * time.Minute}[f.Draw/8%4]); err != nil {
			return err
		}
		pause(ctx, f.For)
		err := e.SetClock(0)
		over()
		pause(ctx, 7*time.Second) // while walks that began by the wrong clock end
		return errors.Join(err, again(ctx, s))
	}
}

// otherVersion has one of the engines be the older build where it was the newer, or the other way round.
func otherVersion(s *scene.Scene) nemesis.Act {
	return func(ctx context.Context, f nemesis.Fault, over func()) error {
		e := victim(s, f)
		e.Stop()
		if e.Program == s.Program {
			e.Program = s.Older
		} else {
			e.Program = s.Program
		}
		over()
		return start(ctx, s, e)
	}
}
