package ledgerstore_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	// gorm's cache of prepared statements keeps a goroutine for the life of the process.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("gorm.io/gorm/internal/lru.NewLRU[...].func1"))
}

// The behaviour that every ledger shows.
func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		shared := ledgerstore.New(db)
		runtest.Exercise(t, func(*testing.T) runtest.Store { return shared })
	})
}
