package oncestore_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/once"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/oncestore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

const now = ledger.Millis(1_760_000_000_000)

// keep remembers an order at a time; fails is what its work ends with.
func keep(t *testing.T, db *store.DB, workspace ledger.ID, o once.Order, at ledger.Millis, fails error) error {
	t.Helper()
	return db.Write(t.Context(), func(tx *gorm.DB) error {
		return errors.Join(oncestore.Remember(tx, workspace, o, at), fails)
	})
}

// An order is known by its key in its workspace, byte for byte, where what it did was stored.
func TestAKeyIsThereWithWhatItsOrderDid(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		longest := strings.Repeat("键", once.MaxKey/3)
		for _, o := range []once.Order{{Key: "a", Object: 7, Asked: -1}, {Key: "A", Object: 8, Asked: 1 << 62}, {Key: longest, Object: 1}} {
			if err := keep(t, db, 1, o, now, nil); err != nil {
				t.Fatal(err)
			}
			if got, err := oncestore.New(db).Order(t.Context(), 1, o.Key); err != nil || got != o {
				t.Errorf("%+v, %v, want %+v", got, err, o)
			}
		}
		undone := errors.New("its work failed")
		if err := keep(t, db, 1, once.Order{Key: "b", Object: 7}, now, undone); !errors.Is(err, undone) {
			t.Error(err)
		}
		if err := keep(t, db, 1, once.Order{Object: 7}, now, nil); err != nil {
			t.Error(err)
		}
		for _, unknown := range []struct {
			workspace ledger.ID
			key       string
		}{{1, "b"}, {2, "a"}, {1, ""}, {1, "ä"}} {
			if got, err := oncestore.New(db).Order(t.Context(), unknown.workspace, unknown.key); !errors.Is(err, ledger.ErrNotFound) {
				t.Errorf("%+v: %+v, %v", unknown, got, err)
			}
		}
	})
}

// Of orders with one key that are carried out at the same time one is.
func TestOneOfManyIsCarriedOut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		var all sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			all.Go(func() { errs[i] = keep(t, db, 1, once.Order{Key: "k", Object: ledger.ID(1 + i)}, now, nil) })
		}
		all.Wait()
		done := ledger.ID(0)
		for i, err := range errs {
			if err == nil {
				if done != 0 {
					t.Errorf("%d and %d were carried out", done, i+1)
				}
				done = ledger.ID(i + 1)
			}
		}
		if got, err := oncestore.New(db).Order(t.Context(), 1, "k"); err != nil || got.Object != done {
			t.Errorf("%+v, %v, want %d", got, err, done)
		}
	})
}

// Keys are known for a week, and go with the next order of their workspace.
func TestOldKeysGo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		const week = ledger.Millis(7 * 24 * time.Hour / time.Millisecond)
		for key, at := range map[string]ledger.Millis{"old": now - week - 1, "young": now - week} {
			for workspace := range ledger.ID(2) {
				if err := keep(t, db, 1+workspace, once.Order{Key: key, Object: 7}, at, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := keep(t, db, 1, once.Order{Key: "new", Object: 7}, now, nil); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			workspace ledger.ID
			key       string
			there     bool
		}{{1, "old", false}, {1, "young", true}, {1, "new", true}, {2, "old", true}} {
			if _, err := oncestore.New(db).Order(t.Context(), tt.workspace, tt.key); (err == nil) != tt.there {
				t.Errorf("%s of %d: %v", tt.key, tt.workspace, err)
			}
		}
	})
}
