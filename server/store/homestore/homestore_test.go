package homestore_test

import (
	"slices"
	"testing"

	"github.com/karezflow/karez/server/home"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/homestore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMilestonesAreForGoodAndOfOneWorkspace(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		s := homestore.New(db)
		for range 2 {
			if err := s.Reach(t.Context(), 7, home.DryRun); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.Reached(t.Context(), 7); err != nil || !slices.Equal(got, []string{home.DryRun}) {
			t.Errorf("%v, %v", got, err)
		}
		if got, err := s.Reached(t.Context(), 8); err != nil || len(got) != 0 {
			t.Errorf("another workspace has %v, %v", got, err)
		}
	})
}
