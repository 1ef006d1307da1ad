// Package store opens the database: SQLite embedded, or MySQL 8 / MariaDB. It
// migrates the schema, runs transactions and knows how the two dialects differ.
// What is stored is the business of the packages below it, one for each area.
//
// Only this package and those below it may import gorm or a database driver; it
// may import no service and nothing of the engine but engine/ledger's types.
package store

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/karezflow/karez/sdk/fault"
)

// Config says which database to open.
type Config struct {
	// URL is sqlite:PATH or mysql://USER:PASSWORD@HOST:PORT/NAME.
	URL   string
	Clock func() time.Time
	Log   *slog.Logger
	// LockWait is how long to wait until another process lets go of a SQLite file. 10 s by
	// default: what a process that was killed was just starting may hold on to it for a while
	// where the machine is busy.
	LockWait time.Duration
	// Abandoned is how long a MySQL server keeps a connection that says nothing, and what it
	// locked, in whole seconds. 20 s by default: the locks of a process that stands still, or
	// that the network no longer leads to, keep all others waiting.
	Abandoned time.Duration
}

// DB is an open database.
type DB struct {
	read    *gorm.DB
	write   writer
	dialect Dialect
	clock   func() time.Time
	log     *slog.Logger
	ids     *allocator
	closing sync.Once
	close   func() error
}

// writer carries out transactions that write.
type writer interface {
	// transact runs change in a transaction. A change may be run again after a
	// deadlock, so it must not keep what it did outside the transaction.
	transact(ctx context.Context, change func(tx *gorm.DB) error) error
	// stop refuses further changes and waits for those that are being carried out.
	stop()
}

// Open connects. It refuses versions and settings under which promises can't be kept.
func Open(ctx context.Context, c Config) (*DB, error) {
	scheme, rest, found := strings.Cut(c.URL, ":")
	if !found {
		return nil, badURL()
	}
	switch scheme {
	case "sqlite":
		// Every connection to a database in memory would have one of its own.
		if rest == "" || strings.HasPrefix(rest, ":memory:") {
			return nil, badURL()
		}
		return openSQLite(ctx, c, rest)
	case "mysql":
		return openMySQL(ctx, c)
	default:
		return nil, badURL()
	}
}

func badURL() error {
	return fault.New("store.bad_url", "the database address is not understood").Classed(fault.Config).
		Hinted("write sqlite:PATH or mysql://USER:PASSWORD@HOST:PORT/NAME, with ?tls=true where the server has a certificate")
}

func gormConfig() *gorm.Config {
	return &gorm.Config{
		Logger: logger.Discard, SkipDefaultTransaction: true, DisableAutomaticPing: true,
		// Every statement on the hot path is raw SQL; preparing saves parsing them again.
		PrepareStmt: true,
	}
}

// Read gives a handle for reading.
func (db *DB) Read(ctx context.Context) *gorm.DB { return db.read.WithContext(ctx) }

// Write runs change in a transaction. It may run again after a deadlock: what it
// reports goes into variables that it sets anew each time.
func (db *DB) Write(ctx context.Context, change func(tx *gorm.DB) error) error {
	return db.write.transact(ctx, change)
}

// Ping tells whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	var one int
	if err := db.Read(ctx).Raw("SELECT 1").Scan(&one).Error; err != nil {
		return fault.Wrap(err, "store.unreachable", "the database does not answer").Classed(fault.Transient)
	}
	return nil
}

// Dialect tells how this database writes what the two write differently.
func (db *DB) Dialect() Dialect { return db.dialect }

// Clock gives the time that the store was opened with.
func (db *DB) Clock() func() time.Time { return db.clock }

// Close ends everything. Closing twice is legal; only the first gives an error.
func (db *DB) Close() error {
	var err error
	db.closing.Do(func() {
		db.write.stop()
		err = db.close()
	})
	return err
}

// closed is what a change after Close is told.
func closed() *fault.Fault { return fault.New("store.closed", "the database is closed") }
