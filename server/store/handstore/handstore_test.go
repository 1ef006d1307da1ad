package handstore_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/engine/runtest/handtest"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/flowstore"
	"github.com/karezflow/karez/server/store/handstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	// A database is slow under chaos: it is short unless asked for.
	if os.Getenv("KAREZ_TEST_LONG") == "" && os.Getenv("RAPID_CHECKS") == "" {
		if err := flag.Set("rapid.checks", "6"); err != nil {
			panic(err)
		}
	}
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

// whole is the ledger with the sides that people act on.
type whole struct {
	*ledgerstore.Store
	runtest.Repairer

	flows   *flowstore.Store
	lineage *handstore.Store
	db      *store.DB
}

var _ handtest.Store = whole{}

// CreateFlow implements handtest.Store.
func (w whole) CreateFlow(ctx context.Context, workspace ledger.ID) (ledger.ID, string, error) {
	public := uuid.NewString()
	id, err := w.flows.PutFlow(ctx, workspace, public, draft.Contents{Document: []byte("{}")}, 1)
	return id, public, err
}

// Publish implements handtest.Store.
func (w whole) Publish(ctx context.Context, workspace, flow ledger.ID) (ledger.ID, error) {
	v, err := w.flows.PutVersion(ctx, workspace, flow, draft.Publication{Document: fmt.Appendf(nil, `{"kind":%q}`, uuid.NewString())}, 1)
	return v.ID, err
}

// SetEnabled implements handtest.Store.
func (w whole) SetEnabled(ctx context.Context, flow ledger.ID, on bool, now ledger.Millis) error {
	return w.flows.SetEnabled(ctx, flow, on, now)
}

// HandedFrom implements handtest.Store.
func (w whole) HandedFrom(ctx context.Context, document ledger.ID) ([]ledger.HandedOver, error) {
	return w.lineage.From(w.db.Read(ctx), document)
}

// HandedTo implements handtest.Store.
func (w whole) HandedTo(ctx context.Context, document ledger.ID) ([]ledger.HandedOver, error) {
	return w.lineage.To(w.db.Read(ctx), document)
}

func TestHandsOver(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		handtest.Exercise(t, whole{ledgerstore.New(db), documentstore.New(db), flowstore.New(db), handstore.New(db, nil), db})
	})
}
