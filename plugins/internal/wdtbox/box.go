// Package wdtbox simulates 旺店通's enterprise edition behind its interfaces: orders,
// stock-outs and base data that are the same for the same seed and start, the queries and
// pushes over them, and the vendor's own refusals, in words of our own. Signatures and
// envelopes are those of the sandboxes that serve it. It knows nothing of the connectors, so
// that a mistake there is not repeated here.
//
// It may import the standard library and sdk/sandboxkit only.
package wdtbox

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/karezflow/karez/sdk/sandboxkit"
)

// The invented account that every sandbox knows.
const (
	Sid       = "karezsandbox"
	AppKey    = "karezsandbox-ot"
	AppSecret = "karezsandboxsecret0001" // works in a sandbox only
)

// Route says which way a caller comes.
type Route int

// The routes. Direct hides orders of the Taobao and Pinduoduo families and the receivers of
// all shops but the own ones; Qimen has the Taobao family and hides all receivers.
const (
	Direct Route = iota
	Qimen
)

// Box is the simulated system. It is safe for concurrent use.
type Box struct {
	clock   sandboxkit.Clock
	start   time.Time
	initial Options
	tables  tables

	mu         sync.Mutex
	o          Options
	shops      []*doc
	warehouses []*doc
	carriers   []*doc
	goods      []*doc
	trades     []*doc
	stockouts  []*doc
	others     []*doc
	raw        []*rawTrade
	next       int64
	minute     time.Time
	made       int
	refusals   map[string]int
	writes     map[string]int
}

// doc is what queries select by, with the fields and lines that they answer with.
type doc struct {
	id       int64
	no       string
	status   int
	kind     int
	shop     string
	platform int
	house    string
	order    string
	outer    string
	tracking string
	name     string
	tids     []string
	codes    []string
	modified time.Time
	sent     time.Time
	deleted  bool
	values   map[string]string
	lines    []map[string]string
}

// New makes a sandbox whose data lies in the 30 days before the clock's present time.
func New(clock sandboxkit.Clock, o Options) *Box {
	b := &Box{clock: clock, start: clock().In(shanghai()).Truncate(time.Second), initial: o, tables: newTables()}
	b.Reset()
	return b
}

// Reset implements sandboxkit.Vendor: data, counters and settings are as after New.
func (b *Box) Reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.o = b.initial
	b.next = 900_000_001
	b.trades, b.stockouts, b.others, b.raw = nil, nil, nil, nil
	b.minute, b.made = time.Time{}, 0
	b.refusals, b.writes = map[string]int{}, map[string]int{}
	b.generate()
}

// State implements sandboxkit.Vendor.
func (b *Box) State() map[string]any {
	b.mu.Lock()
	defer b.mu.Unlock()
	return map[string]any{
		"objects": map[string]int{
			"trade": len(b.trades), "stockout": len(b.stockouts), "other_stockout": len(b.others), "raw_trade": len(b.raw),
			"goods": len(b.goods), "shop": len(b.shops), "warehouse": len(b.warehouses), "logistics": len(b.carriers),
		},
		"start": b.start.Format(time.RFC3339), "refusals": maps.Clone(b.refusals), "writeCalls": maps.Clone(b.writes), "settings": b.o,
	}
}

// Objects implements sandboxkit.Vendor, whatever a route hides.
func (b *Box) Objects(kind string) ([]json.RawMessage, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []*doc
	var table table
	switch kind {
	case "trade":
		list, table = b.trades, b.tables.trade
	case "stockout":
		list, table = b.stockouts, b.tables.stockout
	case "other_stockout":
		list, table = b.others, b.tables.other
	case "goods":
		list, table = b.goods, b.tables.goods
	case "shop":
		list, table = b.shops, b.tables.shop
	case "warehouse":
		list, table = b.warehouses, b.tables.warehouse
	case "logistics":
		list, table = b.carriers, b.tables.carrier
	case "raw_trade":
		objects := make([]json.RawMessage, len(b.raw))
		for i, r := range b.raw {
			objects[i] = r.body
		}
		return objects, true
	default:
		return nil, false
	}
	objects := make([]json.RawMessage, len(list))
	for i, d := range list {
		objects[i] = table.row(nil, d)
	}
	return objects, true
}

// Settings gives the options of the moment, for the sandboxes that serve the box.
func (b *Box) Settings() Options {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.o
}

// Refuse counts a refusal.
func (b *Box) Refuse(code int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refusals[strconv.Itoa(code)]++
}

// Admit counts a call, or refuses it where the minute has had all of its calls. A minute
// begins with the first call in it, which is an assumption.
func (b *Box) Admit() *Refusal {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock()
	if now.Sub(b.minute) >= time.Minute {
		b.minute, b.made = now, 0
	}
	if b.o.PerMinute > 0 && b.made >= b.o.PerMinute {
		return refuse(b.o.Codes.Rate, "一分钟内的调用次数已用完，请稍后再试")
	}
	b.made++
	return nil
}

// Call answers an interface, named as in the direct edition without its ending: the members
// of the envelope behind code and message, each with a comma before it.
func (b *Box) Call(route Route, name string, params map[string]string) ([]byte, *Refusal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	call := &call{Box: b, route: route, params: params}
	known, run := call.find(name)
	if run == nil {
		return nil, refuse(b.o.Codes.Permission, "没有接口 %s 的权限", name)
	}
	if b.o.StrictParams {
		for given := range params {
			if !slices.Contains(known, given) {
				return nil, refuse(b.o.Codes.Input, "接口没有参数 %s", given)
			}
		}
	}
	return run()
}

// call is one call of an interface.
type call struct {
	*Box
	route  Route
	params map[string]string
}

// find gives the parameters of an interface and what it does.
func (c *call) find(name string) ([]string, func() ([]byte, *Refusal)) {
	switch name {
	case "trade_query":
		return tradeParams(), c.queryTrades
	case "stockout_order_query_trade":
		return stockoutParams(), c.queryStockouts
	case "stockout_order_query":
		return otherParams(), c.queryOthers
	case "goods_query":
		return goodsParams(), c.queryGoods
	case "shop":
		return []string{"shop_no", "platform", "is_disabled", "page_no", "page_size"}, c.queryShops
	case "warehouse_query":
		return []string{"warehouse_no", "type", "warehouse_type", "sub_type", "is_disabled", "page_no", "page_size"}, c.queryWarehouses
	case "logistics":
		return []string{"logistics_no", "logistics_name"}, c.queryCarriers
	case "trade_push":
		return []string{"shop_no", "switch", "trade_list"}, c.pushTrades
	case "stockout_order_push":
		return []string{"stockout_info"}, c.pushStockout
	default:
		return nil, nil
	}
}

func (b *Box) now() time.Time { return b.clock().In(shanghai()).Truncate(time.Second) }

func (b *Box) id() int64 {
	b.next++
	return b.next
}

// shanghai is the zone of the vendor's times.
func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }
