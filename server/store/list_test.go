package store_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
)

func TestListsOfIDs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOf(rapid.Custom(func(t *rapid.T) ledger.ID { return ledger.ID(rapid.Int64Min(1).Draw(t, "id")) })).Draw(t, "ids")
		out, err := store.ReadIDs(store.ListIDs(in))
		if err != nil || !slices.Equal(in, out) {
			t.Fatalf("%v became %v, %v", in, out, err)
		}
	})
	for _, text := range []string{"1;2", "1,x", "9223372036854775808"} {
		if ids, err := store.ReadIDs(text); err == nil {
			t.Errorf("%q was read as %v", text, ids)
		}
	}
}
