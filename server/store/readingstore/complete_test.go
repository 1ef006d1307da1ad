package readingstore_test

import (
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/runtest/readtest"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

// TestReadingIsComplete lets a source move while it is read, and the reader die, over the
// databases; that is slower than in memory, so fewer times.
func TestReadingIsComplete(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		most := 40
		if strings.HasPrefix(address, "mysql") {
			most = 12
		}
		db := storetest.Migrated(t, address)
		readtest.Check(t, whole{ledgerstore.New(db), documentstore.New(db)}, readtest.Reader{}, most)
	})
}
