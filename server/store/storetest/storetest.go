// Package storetest gives tests a database: a fresh one of each dialect, migrated
// or empty, that is gone after the test.
//
// It may import the testing package and server/store; nothing but tests imports it.
package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/server/store"
)

// Variable names the environment variable that holds the address of a MySQL server,
// mysql://USER:PASSWORD@HOST:PORT/NAME, whose user may create databases.
const Variable = "KAREZ_TEST_MYSQL"

// Lasting names the goroutine that gorm's cache of prepared statements keeps for the
// life of the process; it is no leak.
const Lasting = "gorm.io/gorm/internal/lru.NewLRU[...].func1"

// Each runs a test on a fresh, migrated database of every dialect.
func Each(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	EachURL(t, func(t *testing.T, address string) {
		t.Helper()
		test(t, Migrated(t, address))
	})
}

// EachURL runs a test with the address of an empty database of every dialect.
func EachURL(t *testing.T, test func(t *testing.T, address string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, SQLite(t))
	})
	t.Run("mysql", func(t *testing.T) {
		t.Parallel()
		test(t, MySQL(t))
	})
}

// SQLite gives the address of an empty database in a folder of the test.
func SQLite(t *testing.T) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "karez.db")
}

// MySQL makes an empty database on the server of Variable, drops it after the
// test, and gives its address.
func MySQL(t *testing.T) string {
	t.Helper()
	server, err := url.Parse(Server(t))
	if err != nil {
		t.Fatalf("%s is not an address", Variable)
	}
	suffix := make([]byte, 6)
	_, _ = rand.Read(suffix) // never fails
	name := "karez_" + hex.EncodeToString(suffix)
	on(t, server.String(), "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
	t.Cleanup(func() { on(t, server.String(), "DROP DATABASE "+name) })
	server.Path = "/" + name
	return server.String()
}

// Server gives the address of the server itself.
func Server(t *testing.T) string {
	t.Helper()
	address := os.Getenv(Variable)
	if address == "" {
		t.Fatalf("%s names no MySQL server: `make test` starts one, and so does deploy/mariadb.sh", Variable)
	}
	return address
}

// Together runs f n times at once.
func Together(n int, f func(i int)) {
	gate := make(chan struct{})
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() {
			<-gate
			f(i)
		})
	}
	close(gate)
	running.Wait()
}

// on carries out one statement on a connection of its own.
func on(t *testing.T, address, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute) // a test's own context is over in its clean-up
	defer cancel()
	db, err := store.Open(ctx, config(address))
	if err != nil {
		t.Fatal(err)
	}
	err = db.Read(ctx).Exec(statement).Error
	if closing := db.Close(); err != nil || closing != nil {
		t.Fatal(statement, err, closing)
	}
}

// Open opens a database and closes it after the test.
func Open(t *testing.T, address string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), config(address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Migrated opens a database, brings its schema up to date and closes it after the test.
// An empty one is filled with what migrating another one left behind.
func Migrated(t *testing.T, address string) *store.DB {
	t.Helper()
	fresh := fill(t, address)
	db := Open(t, address)
	if fresh {
		return db
	}
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

func config(address string) store.Config {
	return store.Config{URL: address, Clock: time.Now, Log: slog.New(slog.DiscardHandler)} //nolint:forbidigo // nothing that is tested here depends on the time
}
