package product_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/catalog"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/market"
	"github.com/karezflow/karez/server/store/connectionstore"
	"github.com/karezflow/karez/server/store/marketstore"
)

// has gives connectors as installed that a house has no programs of.
type has []catalog.Connector

// Connectors implements market.Connectors.
func (c has) Connectors(context.Context) ([]catalog.Connector, error) { return c, nil }

// A copy is there whole: its flow is a stopped draft with its origin, its code tables are
// found by it, and a second copy overwrites nothing.
func TestACopyOfATemplate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := h.as(1, access.Editor)
	shipped, err := market.Shipped()
	h.must(err)
	n := 0
	service := market.New(market.Config{
		Templates: shipped, Store: marketstore.New(h.e.DB), Connections: h.e.Connections, Tables: h.e.Codes, Flows: h.e.Drafts,
		Connectors: has{{ID: "wangdiantong-qimen", Version: "0.1.0"}, {ID: "kingdee-jdy", Version: "1.0.0"}},
		NewID:      func() string { n++; return fmt.Sprint("copied-", n) }, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	for name, connector := range map[string]string{"奇门": "wangdiantong-qimen", "星辰": "kingdee-jdy"} {
		_, err := connectionstore.New(h.e.DB).PutConnection(ctx, connection.Connection{Workspace: 1, Name: name, Connector: connector, Settings: []byte("{}")}, 1)
		h.must(err)
	}
	const id = "wangdiantong-order-to-kingdee-jdy-order"
	wish := market.Wish{Connections: map[string]string{"qimen": "奇门", "jdy": "星辰"}}
	made, err := service.Copy(ctx, id, wish)
	h.must(err)
	f, err := h.e.Drafts.Get(ctx, made.Flows[0].ID)
	h.must(err)
	if f.Enabled || f.Published != 0 || !strings.Contains(string(f.Document), `"template":"`+id+`"`) {
		t.Errorf("%+v", f)
	}
	for _, p := range f.Problems {
		if strings.Contains(p.Code, "table") {
			t.Errorf("the flow misses a code table: %s at %s", p.Code, p.Path)
		}
	}
	tables, err := h.e.Codes.List(ctx)
	h.must(err)
	used := 0
	for _, table := range tables {
		if len(table.UsedBy) == 1 && table.UsedBy[0].ID == f.PublicID {
			used++
		}
	}
	if used != 3 {
		t.Errorf("%d tables are the copy's", used)
	}
	if _, err := service.Copy(ctx, id, wish); fault.CodeOf(err) != "template.table_exists" {
		t.Errorf("a second copy: %v", err)
	}
	wish.Tables = map[string]market.TableChoice{"星辰客户": {Reuse: true}, "星辰仓库": {Reuse: true}, "星辰单位": {Reuse: true}}
	again, err := service.Copy(ctx, id, wish)
	h.must(err)
	if again.Flows[0].ID == f.PublicID {
		t.Error("the second copy is the first")
	}
}
