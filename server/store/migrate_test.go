package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/storetest"
)

// tables gives the tables of a database, the migration tool's own left out.
func tables(t *testing.T, db *store.DB) []string {
	t.Helper()
	query := "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if db.Dialect() == store.MySQL {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
	}
	var found []string
	if err := db.Read(t.Context()).Raw(query).Scan(&found).Error; err != nil {
		t.Fatal(err)
	}
	found = slices.DeleteFunc(found, func(name string) bool { return strings.HasPrefix(name, "goose_") })
	slices.Sort(found)
	return found
}

func applied(t *testing.T, db *store.DB) int {
	t.Helper()
	var n int
	if err := db.Read(t.Context()).Raw("SELECT COUNT(*) FROM goose_db_version WHERE version_id > 0").Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

func version(t *testing.T, db *store.DB) int64 {
	t.Helper()
	v, err := db.SchemaVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		t.Helper()
		db := storetest.Open(t, address)
		if v := version(t, db); v != 0 {
			t.Errorf("an empty database has schema %d", v)
		}
		provider, err := store.Provider(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		files := provider.ListSources()
		newest := files[len(files)-1].Version
		var full []string
		for turn := range 2 {
			if err := db.Migrate(t.Context()); err != nil {
				t.Fatalf("time %d: %v", turn, err)
			}
			if v := version(t, db); v != newest || applied(t, db) != len(files) {
				t.Errorf("time %d: schema %d, want %d; %d migrations of %d", turn, v, newest, applied(t, db), len(files))
			}
			full = tables(t, db)
		}
		if _, err := provider.DownTo(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		if left := tables(t, db); len(left) != 0 {
			t.Errorf("going down leaves %v", left)
		}
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if again := tables(t, db); !slices.Equal(again, full) || len(full) < 20 {
			t.Errorf("up again: %v, before: %v", again, full)
		}

		// A program that is older than the schema touches nothing.
		write(t, db, func(tx *gorm.DB) error {
			if err := tx.Exec("DELETE FROM goose_db_version WHERE version_id = ?", newest).Error; err != nil {
				return err
			}
			return tx.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)").Error
		})
		if f := fault.From(db.Migrate(t.Context())); f == nil || f.Code != "store.schema_newer" || f.Class != fault.Config || f.Hint == "" {
			t.Errorf("a newer schema: %v", f)
		}
		if v := version(t, db); v != 9999 || applied(t, db) != len(files) {
			t.Errorf("schema %d, %d migrations: the newer schema was changed", v, applied(t, db))
		}
	})
}

func TestMigrationThatFails(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.SQLite(t))
	write(t, db, func(tx *gorm.DB) error { return tx.Exec("CREATE TABLE flow (mine INTEGER)").Error })
	for range 2 { // trying again fails alike: nothing of the migration stayed
		if f := fault.From(db.Migrate(t.Context())); f == nil || f.Code != "store.migration_failed" || f.Class != fault.Config || f.Hint == "" {
			t.Errorf("%v", f)
		}
		if left := tables(t, db); !slices.Equal(left, []string{"flow"}) {
			t.Errorf("half of a migration stayed: %v", left)
		}
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Migrate(over); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}

// Four programs start at once on an empty database.
func TestOneMigrates(t *testing.T) {
	t.Parallel()
	address := storetest.MySQL(t)
	programs := []*store.DB{storetest.Open(t, address), storetest.Open(t, address), storetest.Open(t, address), storetest.Open(t, address)}
	storetest.Together(len(programs), func(i int) {
		if err := programs[i].Migrate(t.Context()); err != nil {
			t.Errorf("program %d: %v", i, err)
		}
	})
	provider, err := store.Provider(t.Context(), programs[0])
	if err != nil {
		t.Fatal(err)
	}
	if n := applied(t, programs[0]); n != len(provider.ListSources()) {
		t.Errorf("%d migrations were applied", n)
	}

	// While somebody migrates the others wait, and can be stopped.
	db := programs[0]
	holding := make(chan struct{})
	done := make(chan error, 1)
	release := make(chan struct{})
	go func() {
		done <- db.Write(t.Context(), func(tx *gorm.DB) error { // a transaction keeps one connection
			err := tx.Exec("DO GET_LOCK(" + store.MigrationLock + ", 10)").Error
			close(holding)
			<-release
			return errors.Join(err, tx.Exec("DO RELEASE_LOCK("+store.MigrationLock+")").Error)
		})
	}()
	<-holding
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if f := fault.From(programs[1].Migrate(ctx)); f == nil || f.Code != "store.migration_locked" || f.Class != fault.Transient {
		t.Errorf("while another one migrates: %v", f)
	}
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := programs[1].Migrate(t.Context()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
