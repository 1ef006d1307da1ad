package database_test

import (
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/karezflow/karez/deploy/ledgerspike/database"
	"github.com/karezflow/karez/deploy/ledgerspike/databasetest"
)

// ddl makes the table that the tests write to.
var ddl = map[string][]string{
	"sqlite": {"CREATE TABLE thing (id INTEGER NOT NULL PRIMARY KEY, colour TEXT NOT NULL, n INTEGER NOT NULL) STRICT"},
	"mysql":  {"CREATE TABLE thing (id BIGINT NOT NULL PRIMARY KEY, colour VARCHAR(20) NOT NULL, n BIGINT NOT NULL)"},
}

// things is a row for each value of n.
func things() database.Bulk {
	return database.Bulk{Table: "thing", Shared: []string{"colour"}, Each: []string{"id", "n"}}
}

func config(t *testing.T, db string) database.Config {
	t.Helper()
	return database.Config{DB: db, Dir: t.TempDir(), Suffix: "_unit", DDL: ddl, Checkpoint: 4000, Cache: 8, PageSize: 4096}
}

func open(t *testing.T, c database.Config) *database.DB {
	t.Helper()
	d, err := database.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	closed(t, d)
	return d
}

func session(t *testing.T, d *database.DB, prepare bool) *database.Session {
	t.Helper()
	s, err := d.Session(t.Context(), prepare)
	if err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	return s
}

// closed closes a thing after the test.
func closed(t *testing.T, c io.Closer) {
	t.Helper()
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// eachSession runs test with every database and both ways of sending, one after
// the other, with rows 1 to 3 in the table.
func eachSession(t *testing.T, test func(t *testing.T, s *database.Session)) {
	t.Helper()
	for _, db := range databasetest.All(t) {
		for send, prepare := range map[string]bool{"prepared": true, "text": false} {
			kind, _, _ := strings.Cut(db, ":")
			t.Run(kind+" "+send, func(t *testing.T) {
				s := session(t, open(t, config(t, db)), prepare)
				if err := s.InsertMany(t.Context(), things(), []any{"green"}, []any{1, 10, 2, 20, 3, 30}); err != nil {
					t.Fatal(err)
				}
				test(t, s)
			})
		}
	}
}

func read(t *testing.T, s *database.Session) map[int]string {
	t.Helper()
	out := map[int]string{}
	err := s.Each(t.Context(), func(r *sql.Rows) error {
		var id int
		var colour string
		err := r.Scan(&id, &colour)
		out[id] = colour
		return err
	}, "SELECT id, colour FROM thing WHERE id IN ("+database.Marks(3)+")", 1, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestManyRowsInOneStatement(t *testing.T) { //nolint:tparallel // on MariaDB the subtests share a database name
	t.Parallel()
	eachSession(t, func(t *testing.T, s *database.Session) {
		if diff := cmp.Diff(map[int]string{1: "green", 2: "green", 3: "green"}, read(t, s)); diff != "" {
			t.Error(diff)
		}
		// The same number of rows again, so that the kept text serves.
		if err := s.InsertMany(t.Context(), things(), []any{"blue"}, []any{4, 40, 5, 50, 6, 60}); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Number(t.Context(), "SELECT SUM(n) FROM thing WHERE colour = 'blue'"); err != nil || n != 150 {
			t.Errorf("sum %d, %v", n, err)
		}
		whole := database.Bulk{Table: "thing", Each: []string{"id", "colour", "n"}}
		if err := s.Upsert(t.Context(), whole, "id", []any{3, "red", 7, 7, "red", 8}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[int]string{1: "green", 2: "green", 3: "red"}, read(t, s)); diff != "" {
			t.Error(diff)
		}
		if n, err := s.Number(t.Context(), "SELECT SUM(n) FROM thing WHERE colour = 'red'"); err != nil || n != 15 {
			t.Errorf("sum %d, %v", n, err)
		}
	})
}

// TestRowsFound: what finds too few or too many rows is an error that shows the
// statement, and so is what can't be asked at all.
func TestRowsFound(t *testing.T) { //nolint:tparallel // on MariaDB the subtests share a database name
	t.Parallel()
	eachSession(t, func(t *testing.T, s *database.Session) {
		const update = "UPDATE thing SET colour = ? WHERE n > ?"
		if err := s.Must(t.Context(), 2, update, "green", 15); err != nil {
			t.Errorf("rows that are found but stay as they are: %v", err)
		}
		for _, want := range []int{0, 1, 3} {
			if err := s.Must(t.Context(), want, update, "blue", 15); err == nil || !strings.Contains(err.Error(), "2 rows in place of") {
				t.Errorf("want %d rows: %v", want, err)
			}
		}
		if _, err := s.Exec(t.Context(), "UPDATE nowhere SET n = 1"); err == nil || !strings.Contains(err.Error(), "in UPDATE nowhere") {
			t.Errorf("a table that doesn't exist: %v", err)
		}
		if err := s.Each(t.Context(), func(*sql.Rows) error { return nil }, "SELECT n FROM nowhere"); err == nil || !strings.Contains(err.Error(), "in SELECT n FROM nowhere") {
			t.Errorf("a table that doesn't exist: %v", err)
		}
		if _, err := s.Number(t.Context(), "SELECT n FROM thing WHERE id = 99"); !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("a number that isn't there: %v", err)
		}
		seen, stop := 0, errors.New("enough")
		err := s.Each(t.Context(), func(*sql.Rows) error { seen++; return stop }, "SELECT id FROM thing")
		if !errors.Is(err, stop) || seen != 1 {
			t.Errorf("%d rows read, %v", seen, err)
		}
	})
}

func TestAtomically(t *testing.T) { //nolint:tparallel // on MariaDB the subtests share a database name
	t.Parallel()
	eachSession(t, func(t *testing.T, s *database.Session) {
		paint := func(colour string, then error) error {
			return s.Atomically(t.Context(), func() error {
				if err := s.Must(t.Context(), 1, "UPDATE thing SET colour = ? WHERE id = 1", colour); err != nil {
					return err
				}
				return then
			})
		}
		if err := paint("red", nil); err != nil {
			t.Fatal(err)
		}
		broken := errors.New("broken")
		if err := paint("blue", broken); !errors.Is(err, broken) {
			t.Errorf("the error became %v", err)
		}
		if got := read(t, s)[1]; got != "red" {
			t.Errorf("committed red, rolled back blue: it is %s", got)
		}
		if n := s.Repeats(); n != 0 {
			t.Errorf("%d repeats without a deadlock", n)
		}
	})
}

// TestDeadlockIsRunAgain has two transactions lock two rows crosswise: MariaDB
// gives one of them up, and both must have been carried out in the end.
func TestDeadlockIsRunAgain(t *testing.T) {
	t.Parallel()
	for _, db := range databasetest.All(t) {
		if db == "sqlite" { // has one writer
			continue
		}
		d := open(t, config(t, db))
		a, b := session(t, d, true), session(t, d, true)
		if err := a.InsertMany(t.Context(), things(), []any{"green"}, []any{1, 0, 2, 0}); err != nil {
			t.Fatal(err)
		}
		locked := map[int]chan struct{}{1: make(chan struct{}), 2: make(chan struct{})}
		var g errgroup.Group
		for mine, s := range map[int]*database.Session{1: a, 2: b} {
			g.Go(func() error {
				first := true
				return s.Atomically(t.Context(), func() error {
					const add = "UPDATE thing SET n = n + 1 WHERE id = ?"
					if err := s.Must(t.Context(), 1, add, mine); err != nil {
						return err
					}
					if first {
						first = false
						close(locked[mine])
						<-locked[3-mine]
					}
					return s.Must(t.Context(), 1, add, 3-mine)
				})
			})
		}
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
		if n, err := a.Number(t.Context(), "SELECT SUM(n) FROM thing"); err != nil || n != 4 {
			t.Errorf("%d updates in place of 4, %v", n, err)
		}
		if n := a.Repeats() + b.Repeats(); n != 1 {
			t.Errorf("%d repeats in place of 1", n)
		}
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{"postgres://u:p@h/d", "mysql://h/d", "::"} {
		if _, err := database.Open(t.Context(), config(t, dsn)); err == nil || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
	for _, db := range databasetest.All(t) {
		c := config(t, db)
		d, err := database.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := d.SQLite(), db == "sqlite"; got != want {
			t.Errorf("%s is SQLite: %t", d.Dialect(), got)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		c.DDL = map[string][]string{d.Dialect(): {"DROP TABLE nowhere"}}
		if _, err := database.Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), "in DROP TABLE nowhere") {
			t.Errorf("%s: a statement that fails: %v", d.Dialect(), err)
		}
		if left, err := os.ReadDir(c.Dir); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}

func TestMeter(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_000_000, 0)
	for _, db := range databasetest.All(t) {
		d := open(t, config(t, db))
		m, err := d.Meter(t.Context(), func() time.Time { return at })
		if err != nil {
			t.Fatal(err)
		}
		r, err := m.Read()
		if err != nil {
			t.Fatal(err)
		}
		if !r.At.Equal(at) || r.Client <= 0 || r.Size <= 0 || (r.Server > 0) == d.SQLite() {
			t.Errorf("%s: %+v", d.Dialect(), r)
		}
	}
}

func TestMeterReadsTheServersStat(t *testing.T) {
	t.Parallel()
	stat := filepath.Join(t.TempDir(), "stat")
	for text, want := range map[string]time.Duration{
		"77 (maria) db) S 1 1 1 0 -1 4194560 10 0 0 0 120 30 0 0 20 0 9 0 1": 1500 * time.Millisecond,
		"77 (mariadbd) S 1 1 1": -1,
		"77 (mariadbd) S 1 1 1 0 -1 4194560 10 0 0 0 many 30 0 0 20 0 9 0 1": -1,
	} {
		if err := os.WriteFile(stat, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := database.ProcessCPU(stat); (err != nil) != (want < 0) || err == nil && got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	if _, err := database.ProcessCPU(stat + "x"); err == nil {
		t.Error("a missing file gave a time")
	}
}

func TestStatementTexts(t *testing.T) {
	t.Parallel()
	if got, want := database.Marks(3), "?,?,?"; got != want {
		t.Errorf("%q in place of %q", got, want)
	}
	if got, want := database.Tuples(2, 3), "(?,?),(?,?),(?,?)"; got != want {
		t.Errorf("%q in place of %q", got, want)
	}
}
