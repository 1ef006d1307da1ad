package account_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/account"
	"github.com/karezflow/karez/server/store/accountstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

const password = "correct horse battery"

// cheap is a cost for tests, which hash often.
func cheap() account.Cost { return account.Cost{MemoryKiB: 64, Passes: 1, Threads: 1} }

// dice are the same random numbers in every test.
type dice struct {
	mu   sync.Mutex
	from *rand.ChaCha8
}

func (d *dice) Read(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.from.Read(p)
}

// store counts writes and fails where asked to.
type store struct {
	*accountstore.Store

	touched atomic.Int32
	fails   atomic.Bool
}

var errDown = errors.New("the database is down")

func (s *store) fail() error {
	if s.fails.Load() {
		return errDown
	}
	return nil
}

func (s *store) TouchSession(ctx context.Context, hash string, now ledger.Millis) error {
	s.touched.Add(1)
	return errors.Join(s.fail(), s.Store.TouchSession(ctx, hash, now))
}

func (s *store) TouchToken(ctx context.Context, id ledger.ID, old, now ledger.Millis) error {
	s.touched.Add(1)
	return errors.Join(s.fail(), s.Store.TouchToken(ctx, id, old, now))
}

func (s *store) AnyUser(ctx context.Context) (bool, error) {
	found, err := s.Store.AnyUser(ctx)
	return found, errors.Join(s.fail(), err)
}

// stores gives a bench's database with another password for everybody.
func stores(b *bench, password string) account.Store { return otherPassword{b.store, password} }

type otherPassword struct {
	*store
	password string
}

func (o otherPassword) UserByKey(ctx context.Context, key string) (account.User, error) {
	u, err := o.store.UserByKey(ctx, key)
	u.Password = o.password
	return u, err
}

func (s *store) UserByKey(ctx context.Context, key string) (account.User, error) {
	u, err := s.Store.UserByKey(ctx, key)
	return u, errors.Join(s.fail(), err)
}

type bench struct {
	*account.Service

	t     *testing.T
	store *store
	clock *clocktest.Clock
}

// newBench makes a service over an empty database.
func newBench(t *testing.T) *bench {
	t.Helper()
	db := storetest.Migrated(t, storetest.SQLite(t))
	b := &bench{t: t, store: &store{Store: accountstore.New(db)}, clock: clocktest.New(time.UnixMilli(1_760_000_000_000))}
	var err error
	b.Service, err = account.New(account.Config{Store: b.store, Clock: b.clock.Now, Random: &dice{from: rand.NewChaCha8([32]byte{1})}, Cost: cheap()})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// inhabited makes a service with an administrator named Ada, and gives her session.
func inhabited(t *testing.T) (*bench, account.Entry) {
	t.Helper()
	b := newBench(t)
	token, err := b.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	entry, err := b.Setup(t.Context(), token, "Ada", password, "en")
	if err != nil {
		t.Fatal(err)
	}
	return b, entry
}

// as gives a context in which somebody with a role calls.
func (b *bench) as(workspace ledger.ID, role access.Role) context.Context {
	return access.With(b.t.Context(), access.Principal{Workspace: workspace, Role: role})
}

func (b *bench) admin() context.Context { return b.as(1, access.Admin) }

// is fails unless err has a code.
func is(t *testing.T, what string, err error, code string) {
	t.Helper()
	if got := fault.CodeOf(err); got != code || (err == nil) != (code == "") {
		t.Errorf("%s: %v, want %q", what, err, code)
	}
}
