package item_test

import (
	"testing"

	"github.com/karezflow/karez/sdk/item"
)

func TestKeysOfLookups(t *testing.T) {
	t.Parallel()
	table := item.Lookup{Table: "shops"}
	back := item.Lookup{Table: "shops", Reverse: true}
	rows := item.Lookup{From: "f.rows", Find: "org"}
	asked := func(l item.Lookup, values ...string) item.Lookup {
		for _, v := range values {
			l.Where = append(l.Where, item.Equal{Path: "no", Value: v})
		}
		return l
	}
	if asked(table, "1").Key() != asked(table, "1").Key() || asked(table, "1").Key() == asked(table, "2").Key() || asked(table, "1").Key() == asked(back, "1").Key() {
		t.Error("keys do not tell look-ups apart")
	}
	kinds := []item.Lookup{table, back, rows, {Table: "shop"}, {From: "f.rows", Find: "or"}, {Connection: "erp", Operation: "q", Params: "{}"}}
	for i, l := range kinds {
		for n, other := range kinds {
			for _, key := range []string{asked(other, "1").Key(), asked(other, "r", "").Key(), other.Key()} {
				if asks := asked(l, "9").Asks(key); asks != (i == n) {
					t.Errorf("%+v asks %q: %v", l, key, asks)
				}
			}
		}
	}
}
