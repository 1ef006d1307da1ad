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
	keys := map[string]bool{}
	for _, l := range []item.Lookup{asked(table, "1"), asked(table, "2"), asked(back, "1"), asked(rows, "1"), asked(table, "1")} {
		keys[l.Key()] = true
	}
	if len(keys) != 4 {
		t.Errorf("four look-ups have %d keys", len(keys))
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
