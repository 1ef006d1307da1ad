package scene

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/karezflow/karez/deploy/chaos/cluster"
	"github.com/karezflow/karez/deploy/chaos/disk"
	"github.com/karezflow/karez/deploy/chaos/gauge"
)

// How large the disks are, in megabytes: what a scene stores, a few times over.
const (
	dataDisk = 384
	dbDisk   = 1536
	natsDisk = 32
)

// disks makes what the scene's parts store on, and starts the database server that
// stands on one.
func (s *Scene) disks(ctx context.Context) error {
	if !s.Disks || !disk.Possible() {
		return nil
	}
	var err error
	if s.NatsProgram != "" {
		if s.NatsDisk, err = s.disk(ctx, "nats", natsDisk); err != nil {
			return err
		}
	}
	if s.Server == "" {
		s.DataDisk, err = s.disk(ctx, "engine1", dataDisk)
		return err
	}
	if s.DBDisk, err = s.disk(ctx, "db", dbDisk); err != nil {
		return err
	}
	s.MariaDB = &cluster.MariaDB{Script: s.DatabaseScript, Dir: filepath.Join(s.Dir, "db", "server")}
	if s.Server, err = s.MariaDB.Start(ctx); err != nil {
		return err
	}
	// What was just installed is on the disk before the power is ever lost.
	return s.DBDisk.Flush()
}

// disk makes one and mounts it where a part's folder is.
func (s *Scene) disk(ctx context.Context, name string, megabytes int64) (*disk.Disk, error) {
	return disk.Make(ctx, filepath.Join(s.Dir, name+".disk"), filepath.Join(s.Dir, name), megabytes)
}

// offDisks ends what stands on disks, and the disks.
func (s *Scene) offDisks(ctx context.Context) error {
	var errs []error
	for _, d := range []*disk.Disk{s.DataDisk, s.DBDisk, s.NatsDisk} {
		if d != nil {
			errs = append(errs, d.Thaw())
		}
	}
	if s.MariaDB != nil {
		errs = append(errs, s.MariaDB.Break(ctx, false))
	}
	for _, d := range []*disk.Disk{s.DataDisk, s.DBDisk, s.NatsDisk} {
		if d != nil {
			errs = append(errs, d.Close(ctx))
		}
	}
	return errors.Join(errs...)
}

// dataDir is the folder of an engine, below the root of a disk, which is not empty.
func (s *Scene) dataDir(n int) string {
	return filepath.Join(s.Dir, fmt.Sprintf("engine%d", n+1), "data")
}

// Processes gives what is to be measured: the engines, what they started, and NATS.
func (s *Scene) Processes() []gauge.Process {
	var list []gauge.Process
	for i, e := range s.Engines {
		name := fmt.Sprintf("engine %d", i+1)
		pid, others := e.PIDs()
		if pid == 0 {
			continue
		}
		list = append(list, gauge.Process{Name: name, PID: pid, Goroutines: e.Goroutines()})
		for pid, comm := range others {
			list = append(list, gauge.Process{Name: name + "'s " + comm, PID: pid})
		}
	}
	if s.Nats != nil {
		if pid := s.Nats.PID(); pid != 0 {
			list = append(list, gauge.Process{Name: "nats", PID: pid})
		}
	}
	return list
}
