package store_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/storetest"
)

func fill(n int) func(*gorm.DB) error {
	return func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO filled (n, text) VALUES (?, ?)", n, strings.Repeat("x", 2000)).Error
	}
}

func pragma(text string) func(*gorm.DB) error {
	return func(tx *gorm.DB) error { return tx.Exec("PRAGMA " + text).Error }
}

// A full disk fails whole changes with words, leaves what was committed, and what is
// tried again when there is room is written.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	db := embedded(t)
	write(t, db, func(tx *gorm.DB) error {
		return tx.Exec("CREATE TABLE filled (n INTEGER PRIMARY KEY, text TEXT)").Error
	})
	write(t, db, pragma("max_page_count = 40"))
	last := 0
	var full *fault.Fault
	for n := 1; n <= 100 && full == nil; n++ {
		if err := db.Write(t.Context(), func(tx *gorm.DB) error {
			if err := mark(n)(tx); err != nil {
				return err
			}
			return fill(n)(tx)
		}); err != nil {
			full = fault.From(err)
			break
		}
		last = n
	}
	if full == nil || full.Code != "store.full" || full.Class != fault.Transient || full.Hint == "" {
		t.Fatalf("after %d changes: %v", last, full)
	}
	if got := marks(t, db); len(got) != last || got[last+1] {
		t.Errorf("%d of %d changes are left", len(got), last)
	}
	write(t, db, pragma("max_page_count = 4000"))
	write(t, db, fill(last+1))
	write(t, db, mark(last+1))
	if got := marks(t, db); len(got) != last+1 {
		t.Errorf("%d changes", len(got))
	}
}

// Neighbours of a change that finds the disk full are told the same, or are written.
func TestFullDiskOfMany(t *testing.T) {
	t.Parallel()
	db := embedded(t)
	write(t, db, func(tx *gorm.DB) error {
		return tx.Exec("CREATE TABLE filled (n INTEGER PRIMARY KEY, text TEXT)").Error
	})
	write(t, db, pragma("max_page_count = 20"))
	changes := []store.Change{{Ctx: t.Context(), Do: mark(0)}}
	for n := 1; n < 40; n++ {
		changes = append(changes, store.Change{Ctx: t.Context(), Do: fill(n)})
	}
	changes = append(changes, store.Change{Ctx: t.Context(), Do: mark(1)})
	failed := 0
	for i, err := range store.CommitTogether(db, changes...) {
		if err == nil {
			continue
		}
		failed++
		if code := fault.CodeOf(err); code != "store.full" && code != "store.write_failed" {
			t.Errorf("change %d: %v", i, err)
		}
	}
	var left int
	if err := db.Read(t.Context()).Raw("SELECT (SELECT COUNT(*) FROM filled) + (SELECT COUNT(*) FROM mark)").Scan(&left).Error; err != nil {
		t.Fatal(err)
	}
	if failed == 0 || left != len(changes)-failed {
		t.Errorf("%d of %d changes failed and %d are there", failed, len(changes), left)
	}
}

// Where nothing can be written, what is there can still be read.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	db := embedded(t)
	write(t, db, pragma("query_only = ON"))
	if err := db.Write(t.Context(), mark(1)); fault.CodeOf(err) != "store.read_only" {
		t.Errorf("%v", err)
	}
	if got := marks(t, db); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// A file with a damaged page is not worked on; an operator is pointed to the backup.
func TestDamagedFile(t *testing.T) {
	t.Parallel()
	address := storetest.SQLite(t)
	path := strings.TrimPrefix(address, "sqlite:")
	func() {
		db, err := store.Open(t.Context(), store.Config{URL: address, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		write(t, db, func(tx *gorm.DB) error {
			return tx.Exec("CREATE TABLE filled (n INTEGER PRIMARY KEY, text TEXT)").Error
		})
		for n := range 200 {
			write(t, db, fill(n))
		}
		if err := db.CheckPages(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	for _, at := range []int{2*page + 3, 10 * page, 20*page + 1} {
		broken := bytes.Clone(sound)
		copy(broken[at:], bytes.Repeat([]byte{0xff}, 16))
		if err := os.WriteFile(path, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		f := refused(t, address, "store.damaged")
		if !strings.Contains(f.Hint, "backup") || fmt.Sprint(f.Class) != fmt.Sprint(fault.Config) {
			t.Errorf("byte %d: %v %s", at, f.Class, f.Hint)
		}
	}
	if err := os.WriteFile(path, sound, 0o600); err != nil {
		t.Fatal(err)
	}
	storetest.Open(t, address)
}
