package database

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Meter reads the clock, the CPU time of this process and of a database server
// on the same machine, and the size of the ledger on disk.
type Meter struct {
	now    func() time.Time
	server string   // /proc/PID/stat, or empty
	files  []string // files and folders to add up
}

// Reading is one look at the meter.
type Reading struct {
	At             time.Time
	Client, Server time.Duration // CPU time
	Size           int64         // bytes on disk
}

// procTick is the unit of CPU times in /proc on Linux.
const procTick = 10 * time.Millisecond

// Meter returns one for the ledger, or an error where MariaDB runs elsewhere.
func (d *DB) Meter(ctx context.Context, now func() time.Time) (*Meter, error) {
	m := &Meter{now: now}
	if d.SQLite() {
		m.files = []string{d.path, d.path + "-wal"}
		return m, nil
	}
	var pidFile, dir, name string
	if err := d.db.QueryRowContext(ctx, "SELECT @@pid_file, @@datadir, DATABASE()").Scan(&pidFile, &dir, &name); err != nil {
		return nil, err
	}
	m.files = []string{filepath.Join(dir, name)}
	pid, err := os.ReadFile(pidFile) //nolint:gosec // the database server says where
	if err != nil {
		return nil, err
	}
	m.server = "/proc/" + strings.TrimSpace(string(pid)) + "/stat"
	return m, nil
}

// Read looks at all three.
func (m *Meter) Read() (Reading, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return Reading{}, err
	}
	r := Reading{At: m.now(), Client: time.Duration(u.Utime.Nano() + u.Stime.Nano())}
	var err error
	if m.server != "" {
		if r.Server, err = processCPU(m.server); err != nil {
			return r, err
		}
	}
	for _, root := range m.files {
		err = filepath.WalkDir(root, func(_ string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || e.IsDir() {
				return err
			}
			info, err := e.Info()
			if err == nil {
				r.Size += info.Size()
			}
			return err
		})
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

// processCPU reads user and system time, the 14th and 15th field; the name
// before them may hold spaces and ends with the last bracket.
func processCPU(stat string) (time.Duration, error) {
	text, err := os.ReadFile(stat) //nolint:gosec // a file of /proc
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return 0, errors.New(stat + " has too few fields")
	}
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * procTick, nil
}
