package installstore_test

import (
	"log/slog"
	"testing"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/installstore"
	"github.com/karezflow/karez/server/store/storetest"
)

// Whoever comes first says which key it is, and all others hear it.
func TestTheKeyIsTheFirstOnes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := installstore.New(db, slog.New(slog.DiscardHandler))
		const many = 8
		prints := make([]string, many)
		storetest.Together(many, func(i int) {
			var err error
			if prints[i], err = s.KeyPrint(t.Context(), string(rune('a'+i))); err != nil {
				t.Error(err)
			}
		})
		for _, one := range prints {
			if one == "" || one != prints[0] {
				t.Errorf("%q", prints)
			}
		}
	})
}

// One that is alone keeps all others out, and those that know of each other keep it out.
func TestWhoMayBePresent(t *testing.T) {
	t.Parallel()
	address := storetest.MySQL(t)
	first := storetest.Migrated(t, address)
	stores := []*installstore.Store{installstore.New(first, slog.New(slog.DiscardHandler))}
	for range 2 {
		stores = append(stores, installstore.New(storetest.Open(t, address), slog.New(slog.DiscardHandler)))
	}
	attend := func(i int, alone bool) *installstore.Presence {
		t.Helper()
		p, err := stores[i].Attend(t.Context(), alone)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	refused := func(i int, alone bool) {
		t.Helper()
		if p, err := stores[i].Attend(t.Context(), alone); fault.CodeOf(err) != "serve.not_alone" || fault.From(err).Hint == "" {
			t.Errorf("%v, %v", p, err)
		}
	}
	end := func(all ...*installstore.Presence) {
		t.Helper()
		for _, p := range all {
			if err := p.End(); err != nil {
				t.Error(err)
			}
		}
	}
	alone := attend(0, true)
	refused(1, true)
	refused(2, false)
	end(alone)
	one, two := attend(0, false), attend(1, false)
	refused(2, true)
	end(one)
	refused(2, true)
	end(two)
	end(attend(2, true))
	if p, err := installstore.New(storetest.Migrated(t, storetest.SQLite(t)), nil).Attend(t.Context(), true); p != nil || err != nil {
		t.Errorf("on SQLite: %v, %v", p, err)
	}
}
