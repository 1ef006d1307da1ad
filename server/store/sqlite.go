package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	_ "modernc.org/sqlite" // the driver named "sqlite"; pure Go

	"github.com/karezflow/karez/sdk/fault"
)

// minSQLite is the first version without the WAL-reset race.
const minSQLite = "3.51.3"

// openSQLite opens a file with one writing connection and a few that read. A lock
// file keeps a second process out.
func openSQLite(ctx context.Context, c Config, path string) (*DB, error) {
	lock, err := lockFile(ctx, path+".lock", cmp.Or(c.LockWait, lockWait), c.Log)
	if err != nil {
		return nil, err
	}
	write, err := openWriter(ctx, path)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	handle, err := sqliteHandle(path, readers, readCache)
	if err != nil {
		return nil, errors.Join(err, write.close(), lock.Close())
	}
	read, err := sqliteGorm(handle, gormConfig())
	if err != nil {
		return nil, errors.Join(err, handle.Close(), write.close(), lock.Close())
	}
	db := &DB{read: read, dialect: SQLite, clock: c.Clock, log: c.Log}
	db.close = func() error { return errors.Join(handle.Close(), write.close(), lock.Close()) }
	var version string
	if err := read.WithContext(ctx).Raw("SELECT sqlite_version()").Scan(&version).Error; err != nil {
		return nil, errors.Join(openFailed(err), db.close())
	}
	if older(version, minSQLite) {
		return nil, errors.Join(fault.New("store.sqlite_too_old", "SQLite %s is older than %s", version, minSQLite).Classed(fault.Config), db.close())
	}
	if err := checkFile(ctx, read, path); err != nil {
		return nil, errors.Join(err, db.close())
	}
	db.write = newGroupWriter(write)
	db.ids = newAllocator(db)
	return db, nil
}

// How many connections read, and the pages that a connection keeps, in KiB. Those of one
// that reads are soon out of date: whoever writes keeps what is written to again.
const (
	readers    = 4
	readCache  = 8_000
	writeCache = 32_000
)

// sqliteHandle opens connections that wait for each other, write ahead and sync every commit.
func sqliteHandle(path string, connections, cacheKiB int) (*sql.DB, error) {
	query := url.Values{"_pragma": {
		"busy_timeout(30000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(OFF)", "temp_store(MEMORY)",
		fmt.Sprintf("cache_size(-%d)", cacheKiB), "wal_autocheckpoint(4000)",
	}}
	handle, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+query.Encode())
	if err != nil {
		return nil, openFailed(err)
	}
	handle.SetMaxOpenConns(connections)
	handle.SetMaxIdleConns(connections) // a connection that is made anew has lost its cache and its statements
	handle.SetConnMaxIdleTime(0)
	return handle, nil
}

func sqliteGorm(conn gorm.ConnPool, config *gorm.Config) (*gorm.DB, error) {
	db, err := gorm.Open(sqlite.Dialector{DriverName: "sqlite", Conn: conn}, config)
	if err != nil {
		return nil, openFailed(err)
	}
	return db, nil
}

// sqliteWriter is the connection that writes.
type sqliteWriter struct {
	*statements

	handle *sql.DB
	db     *gorm.DB
}

func openWriter(ctx context.Context, path string) (*sqliteWriter, error) {
	handle, err := sqliteHandle(path, 1, writeCache)
	if err != nil {
		return nil, err
	}
	conn, err := handle.Conn(ctx)
	if err != nil {
		return nil, errors.Join(openFailed(err), handle.Close())
	}
	w := &sqliteWriter{newStatements(conn), handle, nil}
	settings := gormConfig()
	settings.PrepareStmt = false // which the connection does itself
	if w.db, err = sqliteGorm(w.statements, settings); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *sqliteWriter) close() error { return errors.Join(w.statements.close(), w.handle.Close()) }

const (
	lockWait  = 10 * time.Second
	lockPause = 50 * time.Millisecond
	// lockSilence is how long is waited without a word.
	lockSilence = time.Second
)

// lockFile takes an exclusive lock that ends with the process.
func lockFile(ctx context.Context, path string, wait time.Duration, log *slog.Logger) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fault.Wrap(err, "data.unwritable", "the data folder can't be made").Classed(fault.Config)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator's own data folder
	if err != nil {
		return nil, fault.Wrap(err, "data.unwritable", "the data folder can't be written").Classed(fault.Config)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	for waited := time.Duration(0); err != nil && waited < wait && ctx.Err() == nil; waited += lockPause {
		if waited == lockSilence {
			log.InfoContext(ctx, "another process works on this data folder; waiting for its end")
		}
		time.Sleep(lockPause)
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		return nil, errors.Join(fault.New("store.in_use", "another process works on this data folder").Classed(fault.Config).
			Hinted("stop it first, or choose another folder with --data"), f.Close())
	}
	return f, nil
}

// older compares dotted versions.
func older(have, want string) bool {
	a, b := numbers(have), numbers(want)
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

func numbers(version string) [3]int {
	var out [3]int
	at := 0
	for _, c := range version {
		switch {
		case c >= '0' && c <= '9':
			out[at] = out[at]*10 + int(c-'0')
		case c == '.' && at < 2:
			at++
		default:
			return out
		}
	}
	return out
}

// groupWriter commits what several goroutines write at a time together, because
// on SQLite the sync of a commit costs more than its statements.
type groupWriter struct {
	to   *sqliteWriter
	jobs chan *job
	// done is closed to end the loop, ended when it has.
	done, ended chan struct{}
}

// maxGroup is the most changes of one commit.
const maxGroup = 64

type job struct {
	ctx    context.Context //nolint:containedctx // lives as long as the call that waits for it
	change func(*gorm.DB) error
	err    error
	ready  chan struct{}
}

func newGroupWriter(to *sqliteWriter) *groupWriter {
	w := &groupWriter{to: to, jobs: make(chan *job), done: make(chan struct{}), ended: make(chan struct{})}
	go w.loop()
	return w
}

func (w *groupWriter) transact(ctx context.Context, change func(*gorm.DB) error) error {
	j := &job{ctx: ctx, change: change, ready: make(chan struct{})}
	select {
	case w.jobs <- j:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-w.done:
		return closed()
	}
	<-j.ready
	return j.err
}

func (w *groupWriter) stop() {
	close(w.done)
	<-w.ended
}

func (w *groupWriter) loop() {
	defer close(w.ended)
	for {
		select {
		case <-w.done:
			return
		case first := <-w.jobs:
			w.commit(w.gather(first))
		}
	}
}

// gather takes what is waiting by now; it never waits for more.
func (w *groupWriter) gather(first *job) []*job {
	group := []*job{first}
	for len(group) < maxGroup {
		select {
		case j := <-w.jobs:
			group = append(group, j)
		default:
			return group
		}
	}
	return group
}

// commit carries a group out in one transaction, each change in a savepoint of
// its own, so that one that fails takes no other with it. A change that is alone needs none.
func (w *groupWriter) commit(group []*job) {
	var live []*job
	for _, j := range group {
		if j.ctx.Err() != nil {
			j.err = context.Cause(j.ctx)
		} else {
			live = append(live, j)
		}
	}
	err := w.carryOut(live)
	for _, j := range group {
		if err != nil && j.err == nil {
			j.err = fault.Wrap(err, "store.write_failed", "the database could not be written").Classed(fault.Transient)
		}
		if f := troubled(j.err); f != nil {
			j.err = f
		}
		close(j.ready)
	}
}

// carryOut makes changes in a transaction. Its error is one of the whole transaction.
func (w *groupWriter) carryOut(group []*job) (err error) {
	if len(group) == 0 {
		return nil
	}
	if _, err := Exec(w.to.db, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	end := "COMMIT"
	if len(group) == 1 {
		if group[0].err = group[0].change(w.to.db); group[0].err != nil {
			end = "ROLLBACK"
		}
	} else {
		for _, j := range group {
			if err = j.carryOut(w.to.db); err != nil {
				break
			}
		}
	}
	if err == nil {
		_, err = Exec(w.to.db, end)
	}
	if err != nil {
		_, _ = Exec(w.to.db, "ROLLBACK") // SQLite may have ended the transaction itself
	}
	return err
}

// carryOut makes the job's change in a savepoint and notes its own failure; the
// error is one of the whole transaction.
func (j *job) carryOut(tx *gorm.DB) error {
	if _, err := Exec(tx, "SAVEPOINT change"); err != nil {
		return err
	}
	if j.err = j.change(tx); j.err != nil {
		if _, err := Exec(tx, "ROLLBACK TO change"); err != nil {
			return err
		}
	}
	_, err := Exec(tx, "RELEASE change")
	return err
}
