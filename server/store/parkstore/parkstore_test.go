package parkstore_test

import (
	"context"
	"database/sql"
	"flag"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/parktest"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/lookupstore"
	"github.com/karezflow/karez/server/store/parkstore"
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

// whole is the ledger with the side that people act on and code tables of its own.
type whole struct {
	*ledgerstore.Store
	*repairs
	*lookups

	db   *store.DB
	park *parkstore.Store
}

type (
	repairs = documentstore.Store
	lookups = lookupstore.Store
)

func open(db *store.DB) whole {
	return whole{ledgerstore.New(db), documentstore.New(db), lookupstore.New(db), db, parkstore.New(db)}
}

func (s whole) CreateTable(ctx context.Context, workspace ledger.ID, name string) (ledger.ID, error) {
	id, err := s.NextIDs(ctx, 1)
	if err != nil {
		return 0, err
	}
	return id, s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO code_table (id,workspace_id,name,updated_at) VALUES (?,?,?,1)", id, workspace, name).Error
	})
}

func (s whole) Fill(ctx context.Context, table ledger.ID, rows map[string]string, now ledger.Millis) (work []ledger.ID, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("UPDATE code_table SET version = version + 1, updated_at = ? WHERE id = ?", now, table).Error; err != nil {
			return err
		}
		var sources, targets []string
		for source, target := range rows {
			sources, targets = append(sources, source), append(targets, target)
			if err := tx.Exec("REPLACE INTO code_row (table_id,source,target,updated_at) VALUES (?,?,?,?)", table, source, target, now).Error; err != nil {
				return err
			}
		}
		var err error
		work, err = s.park.ReleaseCodes(tx, table, sources, targets, now)
		return err
	})
	return work, err
}

func (s whole) Waits(ctx context.Context, document ledger.ID) ([]ledger.WaitKey, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (ledger.WaitKey, error) {
		var k ledger.WaitKey
		var kind string
		err := rows.Scan(&kind, &k.Ref, &k.Value)
		k.Kind = map[string]ledger.WaitKind{"code": ledger.CodeWait, "stream": ledger.StreamWait}[kind]
		return k, err
	}, "SELECT kind, ref_id, value FROM wait WHERE document_id = ? ORDER BY kind, ref_id, value", document)
}

func (s whole) PublishFlow(ctx context.Context, workspace, flow ledger.ID, publicID string) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("INSERT INTO flow (id,workspace_id,public_id,name,draft,updated_at) VALUES (?,?,?,?,'{}',1)", flow, workspace, publicID, publicID).Error; err != nil {
			return err
		}
		return tx.Exec("INSERT INTO flow_version (id,workspace_id,flow_id,version_no,document,created_at) VALUES (?,?,?,1,'{}',1)", flow, workspace, flow).Error
	})
}

// The behaviour of every store that parks.
func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) { parktest.Exercise(t, open(db)) })
}

// TestTenThousand fills 299 of 300 codes that 10,000 documents wait for: that takes
// long, so it is smaller unless asked for.
func TestTenThousand(t *testing.T) {
	t.Parallel()
	documents := 600
	if os.Getenv("KAREZ_TEST_LONG") != "" {
		documents = 10_000
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		took := parktest.Many(t, open(db), 300, documents, time.Now)
		t.Logf("%d documents released in %s", documents, took)
	})
}
