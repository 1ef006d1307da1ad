package ledgerstore_test

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	// A database under the race detector is slow: chaos is short unless asked for.
	if os.Getenv("KAREZ_TEST_LONG") == "" && os.Getenv("RAPID_CHECKS") == "" {
		if err := flag.Set("rapid.checks", "4"); err != nil {
			panic(err)
		}
	}
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

// whole is the ledger with the side that people act on.
type whole struct {
	*ledgerstore.Store
	runtest.Repairer
}

// The behaviour that every ledger shows.
func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		shared := whole{ledgerstore.New(db), documentstore.New(db)}
		runtest.Exercise(t, func(*testing.T) runtest.Store { return shared })
	})
}
