package connectionstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/connectionstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

// canary is a secret that may be in no table.
const canary = "c4n4ry-s3cr3t"

// workers is how many go at a thing at once.
const workers = 8

func TestConnections(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		t.Helper()
		db := storetest.Migrated(t, address)
		s := connectionstore.New(db)
		for name, test := range map[string]func(*testing.T, *connectionstore.Store){
			"stored and replaced":                 stored,
			"stored by many at once":              storedTogether,
			"a state that is swapped":             swapped,
			"the first state, many at once":       firstTogether,
			"counted by many at once":             countedTogether,
			"one lease for many":                  oneLease,
			"one refresher for many":              oneRefresher,
			"a lease that ran out":                lateLease,
			"states of several connections apart": apart,
		} {
			t.Run(name, func(t *testing.T) { test(t, s) })
		}
		t.Run("no secret in any table", func(t *testing.T) { noSecret(t, db, s, address) })
	})
}

func put(t *testing.T, s *connectionstore.Store, c connection.Connection) connection.Connection {
	t.Helper()
	out, err := s.PutConnection(t.Context(), c, 7)
	if err != nil || out.ID == 0 {
		t.Fatalf("connection %d, %v", out.ID, err)
	}
	return out
}

func stored(t *testing.T, s *connectionstore.Store) {
	t.Helper()
	c := connection.Connection{
		Workspace: 1, Name: "金蝶", Connector: "kingdee-k3cloud", Version: "1.2", Settings: []byte(`{"url":"https://erp.example/单"}`),
		Secrets: connection.Secrets{"password": canary},
	}
	first := put(t, s, c)
	if first.Secrets["password"] != canary {
		t.Error("the caller's secrets were taken away")
	}
	got, err := s.Connection(t.Context(), 1, "金蝶")
	if err != nil || got.ID != first.ID || got.Workspace != 1 || got.Name != c.Name || got.Connector != c.Connector || got.Version != c.Version || string(got.Settings) != string(c.Settings) || len(got.Secrets) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	c.Connector, c.Version, c.Settings = "depot", "", []byte(`{}`)
	if again := put(t, s, c); again.ID != first.ID {
		t.Errorf("replaced as %d, before %d", again.ID, first.ID)
	}
	if got, err := s.Connection(t.Context(), 1, "金蝶"); err != nil || got.Connector != "depot" || got.Version != "" || string(got.Settings) != "{}" {
		t.Errorf("%+v, %v", got, err)
	}
	c.Workspace = 2
	if other := put(t, s, c); other.ID == first.ID {
		t.Error("two workspaces share a connection")
	}
	for workspace, name := range map[ledger.ID]string{1: "金碟", 3: "金蝶"} {
		if got, err := s.Connection(t.Context(), workspace, name); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%d/%s: %+v, %v", workspace, name, got, err)
		}
	}
}

func storedTogether(t *testing.T, s *connectionstore.Store) {
	t.Helper()
	ids := make([]ledger.ID, workers)
	storetest.Together(workers, func(i int) {
		c, err := s.PutConnection(t.Context(), connection.Connection{Workspace: 1, Name: "together", Connector: fmt.Sprint("c", i), Settings: []byte("{}")}, 1)
		if err != nil {
			t.Error(err)
		}
		ids[i] = c.ID
	})
	got, err := s.Connection(t.Context(), 1, "together")
	for i, id := range ids {
		if err != nil || id != got.ID {
			t.Errorf("worker %d stored %d, the connection is %d, %v", i, id, got.ID, err)
		}
	}
}

// fresh gives an id that no state has.
func fresh(t *testing.T, s *connectionstore.Store) ledger.ID {
	t.Helper()
	return put(t, s, connection.Connection{Workspace: 1, Name: t.Name(), Connector: "depot", Settings: []byte("{}")}).ID
}

// swap stores a state and tells whether it was let.
func swap(t *testing.T, s *connectionstore.Store, id ledger.ID, old int64, value string, lease, now ledger.Millis) bool {
	t.Helper()
	ok, err := s.SwapConnectorState(t.Context(), id, old, connection.State{Sealed: []byte(value), Version: old + 1, LeaseUntil: lease}, now)
	if err != nil {
		t.Error(err)
	}
	return ok
}

// is fails unless a state is as expected.
func is(t *testing.T, s *connectionstore.Store, id ledger.ID, value string, version int64, lease ledger.Millis) {
	t.Helper()
	got, err := s.ConnectorState(t.Context(), id)
	if err != nil || string(got.Sealed) != value || got.Version != version || got.LeaseUntil != lease {
		t.Errorf("%q at version %d, leased until %d, %v; want %q, %d, %d", got.Sealed, got.Version, got.LeaseUntil, err, value, version, lease)
	}
}

func swapped(t *testing.T, s *connectionstore.Store) {
	t.Helper()
	id := fresh(t, s)
	is(t, s, id, "", 0, 0)
	if swap(t, s, id, 3, "x", 0, 10) {
		t.Error("a state that is not there was swapped")
	}
	bytesOfAllKinds := "\x00\xff'\\\"单" + strings.Repeat("z", 70000)
	if !swap(t, s, id, 0, bytesOfAllKinds, 0, 10) {
		t.Fatal("the first state was refused")
	}
	is(t, s, id, bytesOfAllKinds, 1, 0)
	for _, old := range []int64{0, 2, -1} {
		if swap(t, s, id, old, "x", 0, 10) {
			t.Errorf("version 1 was swapped by somebody who saw %d", old)
		}
	}
	if !swap(t, s, id, 1, "", 99, 10) {
		t.Error("the newest version was refused")
	}
	is(t, s, id, "", 2, 99)
	if swap(t, s, id, 2, "x", 200, 98) {
		t.Error("a lease was taken while another one holds")
	}
	if !swap(t, s, id, 2, "new", 0, 98) {
		t.Error("the holder could not store")
	}
	is(t, s, id, "new", 3, 0)
}

func apart(t *testing.T, s *connectionstore.Store) {
	t.Helper()
	one := fresh(t, s)
	two := put(t, s, connection.Connection{Workspace: 2, Name: t.Name(), Connector: "depot", Settings: []byte("{}")}).ID
	swap(t, s, one, 0, "one", 50, 10)
	if !swap(t, s, two, 0, "two", 60, 10) {
		t.Error("a lease of another connection was in the way")
	}
	is(t, s, one, "one", 1, 50)
	is(t, s, two, "two", 1, 60)
}

// firstTogether stores the first state of a connection by all workers at once. On
// a server there is no row yet that could be locked.
func firstTogether(t *testing.T, s *connectionstore.Store) {
	t.Helper()
	for round := range 5 {
		id := put(t, s, connection.Connection{Workspace: 1, Name: fmt.Sprint("first", round), Connector: "depot", Settings: []byte("{}")}).ID
		won := make([]bool, workers)
		storetest.Together(workers, func(i int) { won[i] = swap(t, s, id, 0, fmt.Sprint(i), 50, 10) })
		winner := -1
		for i, ok := range won {
			if ok && winner >= 0 {
				t.Fatalf("round %d: both %d and %d hold the lease", round, winner, i)
			} else if ok {
				winner = i
			}
		}
		is(t, s, id, fmt.Sprint(winner), 1, 50)
	}
}

func countedTogether(t *testing.T, s *connectionstore.Store) {
	t.Helper()
	id := fresh(t, s)
	const each = 6
	storetest.Together(workers, func(int) {
		for done := 0; done < each && !t.Failed(); {
			now, err := s.ConnectorState(t.Context(), id)
			if err != nil {
				t.Error(err)
				return
			}
			if swap(t, s, id, now.Version, string(now.Sealed)+"+", 0, 10) {
				done++
			}
		}
	})
	is(t, s, id, strings.Repeat("+", workers*each), workers*each, 0)
}

func oneLease(t *testing.T, s *connectionstore.Store) {
	t.Helper()
	id := fresh(t, s)
	swap(t, s, id, 0, "token", 0, 10)
	for round := range int64(5) {
		version := 1 + 2*round
		var won atomic.Int32
		storetest.Together(workers, func(int) {
			if swap(t, s, id, version, "token", 50, 10) {
				won.Add(1)
			}
		})
		if won.Load() != 1 {
			t.Fatalf("round %d: %d hold the lease", round, won.Load())
		}
		swap(t, s, id, version+1, "token", 0, 20)
	}
}

func lateLease(t *testing.T, s *connectionstore.Store) {
	t.Helper()
	id := fresh(t, s)
	swap(t, s, id, 0, "old", 50, 10)
	if swap(t, s, id, 1, "x", 90, 49) {
		t.Error("the lease was taken before its end")
	}
	if !swap(t, s, id, 1, "old", 90, 50) {
		t.Error("the lease was not to be had at its end")
	}
	if swap(t, s, id, 1, "late", 0, 60) {
		t.Error("who lost the lease stored all the same")
	}
	is(t, s, id, "old", 2, 90)
}

func newHost(t *testing.T, s *connectionstore.Store, id ledger.ID) *connection.Host {
	t.Helper()
	seal, err := connection.NewSeal(bytes.Repeat([]byte{3}, connection.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return connection.NewHost(s, seal, time.Now, slog.New(slog.DiscardHandler), fmt.Sprint(id))
}

// oneRefresher lets many sessions need a new token at once, as processes of a
// connector do: the vendor may be asked once, for the old token dies then.
func oneRefresher(t *testing.T, s *connectionstore.Store) {
	t.Helper()
	id := fresh(t, s)
	var refreshed atomic.Int32
	storetest.Together(workers, func(int) {
		value, err := connector.Shared(t.Context(), newHost(t, s, id).State(), time.Minute,
			func(value []byte) bool { return string(value) == canary },
			func(context.Context, []byte) ([]byte, error) {
				refreshed.Add(1)
				return []byte(canary), nil
			},
			func(context.Context) error { return t.Context().Err() })
		if err != nil || string(value) != canary {
			t.Errorf("%q, %v", value, err)
		}
	})
	if n := refreshed.Load(); n != 1 {
		t.Errorf("refreshed %d times", n)
	}
}

// noSecret looks for the canary, which the other tests have given as a secret and
// as a state, in every column of every table and in the files.
func noSecret(t *testing.T, db *store.DB, s *connectionstore.Store, address string) {
	t.Helper()
	for range 2 { // inserted and replaced
		put(t, s, connection.Connection{Workspace: 1, Name: "last", Connector: "depot", Settings: []byte(`{"a":"findable"}`), Secrets: connection.Secrets{"key": canary}})
	}
	state := newHost(t, s, fresh(t, s)).State()
	if _, err := state.CompareAndSwap(t.Context(), connector.Snapshot{}, []byte(canary), 0); err != nil {
		t.Fatal(err)
	}
	query := "SELECT name FROM sqlite_schema WHERE type = 'table'"
	if db.Dialect() == store.MySQL {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
	}
	var tables []string
	if err := db.Read(t.Context()).Raw(query).Scan(&tables).Error; err != nil || len(tables) < 20 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	var all []byte
	for _, table := range tables {
		all = append(all, dump(t, db, table)...)
	}
	if path, embedded := strings.CutPrefix(address, "sqlite:"); embedded {
		for _, file := range []string{path, path + "-wal"} {
			part, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, part...)
		}
	}
	if !bytes.Contains(all, []byte("findable")) {
		t.Fatal("the search finds nothing at all")
	}
	if at := bytes.Index(all, []byte(canary)); at >= 0 {
		t.Errorf("the secret is stored: %q", all[max(0, at-60):min(len(all), at+60)])
	}
}

// dump gives every value of a table.
func dump(t *testing.T, db *store.DB, table string) []byte {
	t.Helper()
	rows, err := db.Read(t.Context()).Raw("SELECT * FROM " + table).Rows()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new([]byte)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			out = append(append(out, *v.(*[]byte)...), '\n')
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
