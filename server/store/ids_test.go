package store_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/storetest"
)

// span is a number of ids in a row.
type span struct{ first, end ledger.ID }

// take reserves ids of several sizes by several takers at once and gives the spans.
func take(t *testing.T, databases ...*store.DB) []span {
	t.Helper()
	var mu sync.Mutex
	var all []span
	storetest.Together(4*len(databases), func(i int) {
		db, last := databases[i%len(databases)], ledger.ID(0)
		for turn := range 60 {
			n := 1 + (i*7+turn*13)%90
			if turn == 30 {
				n = store.BlockSize + 1 // more than a block holds
			}
			first, err := db.NextIDs(t.Context(), n)
			if err != nil {
				t.Error(err)
				return
			}
			if first <= last {
				t.Errorf("taker %d got %d after %d", i, first, last)
			}
			last = first
			mu.Lock()
			all = append(all, span{first, first + ledger.ID(n)})
			mu.Unlock()
		}
	})
	return all
}

// apart proves that no id was given twice and gives the highest.
func apart(t *testing.T, all []span) ledger.ID {
	t.Helper()
	slices.SortFunc(all, func(a, b span) int { return int(a.first - b.first) })
	if all[0].first < 1 {
		t.Errorf("id %d is not positive", all[0].first)
	}
	for i := 1; i < len(all); i++ {
		if all[i].first < all[i-1].end {
			t.Fatalf("ids %v and %v overlap", all[i-1], all[i])
		}
	}
	return all[len(all)-1].end - 1
}

func TestIDs(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		t.Helper()
		first := storetest.Migrated(t, address)
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := first.NextIDs(over, 1); err == nil {
			t.Error("ids for a caller that has given up")
		}
		all := take(t, first)
		highest := apart(t, all)
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		again := []*store.DB{storetest.Open(t, address)}
		if again[0].Dialect() == store.MySQL {
			again = append(again, storetest.Open(t, address)) // another process
		}
		later := take(t, again...)
		for _, s := range later {
			if s.first <= highest {
				t.Fatalf("id %d was given before reopening, and %d after", highest, s.first)
			}
		}
		apart(t, append(all, later...))
	})
}
