package ledgerstore_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerstore"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	shared := open(t, "sqlite:"+filepath.Join(t.TempDir(), "karez.db"))
	runtest.Exercise(t, func(*testing.T) runtest.Store { return shared })
}

func TestMySQL(t *testing.T) {
	t.Parallel()
	url := os.Getenv("KAREZ_TEST_MYSQL")
	if url == "" {
		t.Fatal("set KAREZ_TEST_MYSQL to a database that may be written, or run make test, which starts one")
	}
	shared := open(t, url)
	runtest.Exercise(t, func(*testing.T) runtest.Store { return shared })
}

func open(t *testing.T, url string) *ledgerstore.Store {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{URL: url, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return ledgerstore.New(db)
}
