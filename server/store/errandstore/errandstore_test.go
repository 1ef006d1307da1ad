package errandstore_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/karezflow/karez/engine/errand/errandtest"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/errandstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) { leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting)) }

// whole is the ledger with the side that people act on.
type whole struct {
	*ledgerstore.Store
	worldtest.Repairer
}

// The behaviour that every store of errands shows.
func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		errandtest.Exercise(t, whole{ledgerstore.New(db), documentstore.New(db)}, errandstore.New(db))
	})
}
