package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/storetest"
)

// embedded opens a SQLite database with one small table and no schema.
func embedded(t *testing.T) *store.DB {
	t.Helper()
	db := storetest.Open(t, storetest.SQLite(t))
	write(t, db, func(tx *gorm.DB) error { return tx.Exec("CREATE TABLE mark (n INTEGER PRIMARY KEY)").Error })
	return db
}

func write(t *testing.T, db *store.DB, change func(tx *gorm.DB) error) {
	t.Helper()
	if err := db.Write(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}

func mark(n int) func(*gorm.DB) error {
	return func(tx *gorm.DB) error { return tx.Exec("INSERT INTO mark (n) VALUES (?)", n).Error }
}

// marks gives what is committed.
func marks(t *testing.T, db *store.DB) map[int]bool {
	t.Helper()
	var found []int
	if err := db.Read(t.Context()).Raw("SELECT n FROM mark").Scan(&found).Error; err != nil {
		t.Fatal(err)
	}
	set := map[int]bool{}
	for _, n := range found {
		set[n] = true
	}
	return set
}

var errOwn = errors.New("the change's own failure")

func TestAFailingChangeTakesNoOtherWithIt(t *testing.T) {
	t.Parallel()
	db := embedded(t)
	over, cancel := context.WithCancelCause(t.Context())
	cancel(errOwn)
	change := func(do func(*gorm.DB) error) store.Change { return store.Change{Ctx: t.Context(), Do: do} }
	errs := store.CommitTogether(db,
		change(mark(1)),
		change(func(tx *gorm.DB) error { return errors.Join(mark(2)(tx), mark(3)(tx), errOwn) }),
		change(mark(4)),
		change(mark(4)), // violates the key
		change(func(tx *gorm.DB) error { return tx.Exec("INSERT INTO nowhere VALUES (1)").Error }),
		store.Change{Ctx: over, Do: mark(5)},
		change(mark(6)),
	)
	for i, failed := range []bool{false, true, false, true, true, true, false} {
		if (errs[i] != nil) != failed {
			t.Errorf("change %d: %v", i, errs[i])
		}
	}
	if !errors.Is(errs[1], errOwn) || !errors.Is(errs[5], errOwn) {
		t.Errorf("what the callers are told: %v, %v", errs[1], errs[5])
	}
	if got := fmt.Sprint(marks(t, db)); got != fmt.Sprint(map[int]bool{1: true, 4: true, 6: true}) {
		t.Errorf("committed: %s", got)
	}
}

// Where the commit itself fails nobody is told that his change is safe.
func TestAFailingCommitFailsEveryChange(t *testing.T) {
	t.Parallel()
	db := embedded(t)
	change := func(do func(*gorm.DB) error) store.Change { return store.Change{Ctx: t.Context(), Do: do} }
	errs := store.CommitTogether(db,
		change(mark(1)),
		change(func(tx *gorm.DB) error { return tx.Exec("ROLLBACK").Error }), // as SQLite itself does when the disk is full
		change(mark(2)),
	)
	for i, err := range errs {
		if f := fault.From(err); f == nil || f.Code != "store.write_failed" || f.Class != fault.Transient {
			t.Errorf("change %d: %v", i, err)
		}
	}
	if got := marks(t, db); len(got) != 0 {
		t.Errorf("committed: %v", got)
	}
	// The connection is not left within a transaction.
	write(t, db, mark(7))
	if got := marks(t, db); !got[7] || len(got) != 1 {
		t.Errorf("committed: %v", got)
	}
}

func TestGroupsAreBounded(t *testing.T) {
	t.Parallel()
	for jobs, want := range map[int]int{1: 1, 10: 10, 64: 64, 65: 64, 200: 64} {
		if got := store.Gather(jobs); got != want {
			t.Errorf("%d of %d jobs in a group, want %d", got, jobs, want)
		}
	}
}

func TestManyWriters(t *testing.T) {
	t.Parallel()
	db := embedded(t)
	const writers, each = 32, 8
	storetest.Together(writers, func(w int) {
		for i := range each {
			n := w*each + i
			err := db.Write(t.Context(), func(tx *gorm.DB) error {
				if err := mark(n)(tx); err != nil {
					return err
				}
				if n%5 == 0 {
					return fmt.Errorf("%d: %w", n, errOwn)
				}
				return nil
			})
			switch {
			case n%5 == 0 && (!errors.Is(err, errOwn) || err.Error() != fmt.Sprintf("%d: %v", n, errOwn)):
				t.Errorf("writer %d is told %v", n, err)
			case n%5 != 0 && err != nil:
				t.Errorf("writer %d: %v", n, err)
			}
			// A change that is reported committed can be read at once.
			if n%5 != 0 && !marks(t, db)[n] {
				t.Errorf("%d was committed and can't be read", n)
			}
		}
	})
	got := marks(t, db)
	for n := range writers * each {
		if got[n] != (n%5 != 0) {
			t.Errorf("%d is committed: %t", n, got[n])
		}
	}
}

// gate is a change that lasts until it is opened.
type gate struct{ began, open chan struct{} }

func newGate() gate { return gate{make(chan struct{}), make(chan struct{})} }

func (g gate) change(tx *gorm.DB) error {
	close(g.began)
	<-g.open
	return mark(0)(tx)
}

func TestGivenUpBeforeItsTurn(t *testing.T) {
	t.Parallel()
	db := embedded(t)
	g := newGate()
	first := make(chan error, 1)
	go func() { first <- db.Write(t.Context(), g.change) }()
	<-g.began
	ctx, cancel := context.WithCancelCause(t.Context())
	second := make(chan error, 1)
	go func() { second <- db.Write(ctx, mark(1)) }()
	cancel(errOwn)
	if err := <-second; !errors.Is(err, errOwn) {
		t.Errorf("the second is told %v", err)
	}
	close(g.open)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if got := marks(t, db); !got[0] || got[1] {
		t.Errorf("committed: %v", got)
	}
}

// Closing refuses those who wait and waits for the change that has begun.
func TestCloseWhileWritersWait(t *testing.T) {
	t.Parallel()
	path := storetest.SQLite(t)
	db, err := store.Open(t.Context(), config(path))
	if err != nil {
		t.Fatal(err)
	}
	write(t, db, func(tx *gorm.DB) error { return tx.Exec("CREATE TABLE mark (n INTEGER PRIMARY KEY)").Error })
	g := newGate()
	var refused sync.Once
	closed := make(chan struct{})
	const writers = 16
	storetest.Together(writers+2, func(i int) {
		switch i {
		case 0:
			if err := db.Write(t.Context(), g.change); err != nil {
				t.Errorf("the change that was being carried out is told %v", err)
			}
		case writers + 1:
			<-g.began
			if err := db.Close(); err != nil {
				t.Errorf("closing: %v", err)
			}
			close(closed)
		default:
			<-g.began
			if err := db.Write(t.Context(), mark(i)); fault.CodeOf(err) != "store.closed" {
				t.Errorf("writer %d is told %v", i, err)
			}
			refused.Do(func() {
				select {
				case <-closed:
					t.Error("closed while a change was being carried out")
				case <-time.After(50 * time.Millisecond):
				}
				close(g.open)
			})
		}
	})
	if got := marks(t, storetest.Open(t, path)); !got[0] || len(got) != 1 {
		t.Errorf("committed: %v", got)
	}
}
