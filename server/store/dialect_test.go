package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/storetest"
)

func leases() store.Table {
	return store.Table{Name: "lock_lease", Key: "name", Columns: []string{"name", "owner", "fence"}}
}

// rows makes the numbered rows of the lease table between two numbers.
func rows(from, to int, owner string, fence int64) [][]any {
	var out [][]any
	for i := from; i <= to; i++ {
		out = append(out, []any{fmt.Sprintf("row %03d", i), owner, fence})
	}
	return out
}

type lease struct {
	name, owner string
	fence       int64
}

func scanLease(r *sql.Rows) (lease, error) {
	var l lease
	return l, r.Scan(&l.name, &l.owner, &l.fence)
}

func TestRowsAreWritten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		d := db.Dialect()
		// More rows than one statement takes, at edges of its size.
		write(t, db, func(tx *gorm.DB) error { return d.Insert(tx, leases(), rows(1, 201, "a", 1)) })
		write(t, db, func(tx *gorm.DB) error { return d.Insert(tx, leases(), nil) })
		write(t, db, func(tx *gorm.DB) error { return d.Put(tx, leases(), rows(101, 300, "b", 5)) })
		write(t, db, func(tx *gorm.DB) error { return d.Add(tx, leases(), "fence", rows(300, 301, "c", 10)) })
		if err := db.Write(t.Context(), func(tx *gorm.DB) error { return d.Insert(tx, leases(), rows(300, 400, "d", 1)) }); err == nil {
			t.Error("rows were inserted twice")
		}
		found, err := store.Scan(db.Read(t.Context()), scanLease, "SELECT name, owner, fence FROM lock_lease WHERE fence > ? ORDER BY name", 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) != 301 {
			t.Fatalf("%d rows", len(found))
		}
		for i, l := range found {
			want := lease{fmt.Sprintf("row %03d", i+1), "b", 5}
			switch {
			case i+1 <= 100:
				want.owner, want.fence = "a", 1
			case i+1 == 300:
				want.fence = 15 // added, its owner left alone
			case i+1 == 301:
				want.owner, want.fence = "c", 10
			}
			if l != want {
				t.Errorf("%v, want %v", l, want)
			}
		}
		one := errors.New("unreadable")
		if _, err := store.Scan(db.Read(t.Context()), func(*sql.Rows) (int, error) { return 0, one }, "SELECT 1"); !errors.Is(err, one) {
			t.Errorf("a row that can't be read: %v", err)
		}
		if _, err := store.Scan(db.Read(t.Context()), scanLease, "SELECT nothing FROM nowhere"); err == nil {
			t.Error("a wrong query gives no error")
		}
		snapshot(t, db)
	})
}

// snapshot proves that the reads of a transaction see one moment.
func snapshot(t *testing.T, db *store.DB) {
	t.Helper()
	count := func(tx *gorm.DB) (n int) {
		if err := tx.Raw("SELECT COUNT(*) FROM lock_lease").Scan(&n).Error; err != nil {
			t.Error(err)
		}
		return n
	}
	err := db.Read(t.Context()).Transaction(func(tx *gorm.DB) error {
		before := count(tx)
		write(t, db, func(tx *gorm.DB) error { return db.Dialect().Insert(tx, leases(), rows(900, 900, "z", 1)) })
		if after := count(tx); after != before {
			t.Errorf("%d rows, and %d in the same transaction", before, after)
		}
		return nil
	}, &sql.TxOptions{ReadOnly: true, Isolation: db.Dialect().Snapshot()})
	if err != nil {
		t.Error(err)
	}
	if n := count(db.Read(t.Context())); n != 302 {
		t.Errorf("%d rows afterwards", n)
	}
}

func TestChunks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 1700).Draw(t, "values")
		values := make([]int, n)
		for i := range values {
			values[i] = i
		}
		var seen []int
		err := store.Chunks(values, func(part []int) error {
			if len(part) == 0 || len(part) > 500 {
				t.Fatalf("%d values at a time", len(part))
			}
			seen = append(seen, part...)
			return nil
		})
		if err != nil || fmt.Sprint(seen) != fmt.Sprint(values) {
			t.Fatalf("%d values of %d, %v", len(seen), n, err)
		}
		in := store.In(n + 1)
		if strings.Count(in, "?") != n+1 || strings.Count(in, ",") != n || in[0] != '(' || in[len(in)-1] != ')' {
			t.Fatalf("%q", in)
		}
	})
	calls := 0
	if err := store.Chunks(make([]int, 1200), func([]int) error { calls++; return errOwn }); !errors.Is(err, errOwn) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
	if args := store.Args([]any{"a"}, 1, 2); fmt.Sprint(args) != "[a 1 2]" {
		t.Error(args)
	}
}

func TestOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		if err := db.Write(t.Context(), func(tx *gorm.DB) error { return db.Dialect().Insert(tx, leases(), rows(1, 3, "a", 7)) }); err != nil {
			t.Fatal(err)
		}
		const from = " FROM lock_lease ORDER BY name DESC"
		if name, err := store.One(store.Scan(db.Read(t.Context()), store.Column[string], "SELECT name"+from)); err != nil || name != "row 003" {
			t.Errorf("%q, %v", name, err)
		}
		if fence, err := store.One(store.Scan(db.Read(t.Context()), store.Column[int64], "SELECT fence"+from)); err != nil || fence != 7 {
			t.Errorf("%d, %v", fence, err)
		}
		if name, err := store.One(store.Scan(db.Read(t.Context()), store.Column[string], "SELECT name FROM lock_lease WHERE fence = 8")); !errors.Is(err, ledger.ErrNotFound) || name != "" {
			t.Errorf("nothing is found as %q, %v", name, err)
		}
		if _, err := store.One(store.Scan(db.Read(t.Context()), store.Column[int64], "SELECT name"+from)); err == nil || errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("a text read as a number: %v", err)
		}
	})
}
