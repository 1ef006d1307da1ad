package groupstore_test

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/karezflow/karez/engine/runtest/grouptest"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/groupstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	if os.Getenv("KAREZ_TEST_LONG") == "" && os.Getenv("RAPID_CHECKS") == "" {
		if err := flag.Set("rapid.checks", "8"); err != nil {
			panic(err)
		}
	}
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

// whole is the ledger with the side that people act on and that makes bills.
type whole struct {
	*ledgerstore.Store
	*repairs
	*groups
}

type (
	repairs = documentstore.Store
	groups  = groupstore.Store
)

// The behaviour that every ledger with groups shows.
func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		grouptest.Exercise(t, whole{ledgerstore.New(db), documentstore.New(db), groupstore.New(db)})
	})
}
