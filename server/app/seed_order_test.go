package app_test

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/item"
)

// ordersFrom is where the reading of orders begins: 旺店通 takes 60 calls a minute, and an hour each.
const ordersFrom = "2026-03-05 04:00:00"

// soldOrder is an order of 旺店通 as it has to arrive in 星辰.
type soldOrder struct {
	trade item.Value
	// sent is whether it has to arrive at all; short whether 星辰 lacks one of its products.
	sent, short bool
}

// readable gives the orders that are to be read, by their numbers: those of the time that the
// flow reads, and older ones that are named, one of more digits than a float holds and those of
// products that 星辰 lacks. Orders of 拼多多 never come this way.
func (b *seeded) readable(from string) (orders map[string]soldOrder, named []string) {
	b.t.Helper()
	known := map[string]bool{}
	for _, m := range b.objects("kingdee-jdy", "bd_material") {
		known[m.Field("number").Text()] = true
	}
	orders = map[string]soldOrder{}
	for _, trade := range b.objects("wangdiantong-qimen", "trade") {
		if trade.Field("platform_id").Text() == "24" {
			continue
		}
		o := soldOrder{trade: trade, sent: slices.Contains([]string{"95", "110"}, trade.Field("trade_status").Text())}
		long := false
		for line := range trade.Field("goods_list").Elements() {
			o.short = o.short || !known[line.Field("spec_no").Text()]
			long = long || line.Field("share_price").Text() == "12345678901234567.8900"
		}
		no := trade.Field("trade_no").Text()
		if trade.Field("modified").Text() < from && o.sent && (o.short || long) {
			named = append(named, no)
		} else if trade.Field("modified").Text() < from {
			continue
		}
		orders[no] = o
	}
	return orders, named
}

// arrived compares an order in 星辰 with the one of 旺店通, and gives what both are worth.
func (b *seeded) arrived(o soldOrder, got item.Value, customers, houses map[string]string) (sold, kept *big.Rat) {
	b.t.Helper()
	no := o.trade.Field("trade_no").Text()
	day, _, _ := strings.Cut(o.trade.Field("trade_time").Text(), " ")
	if got.Field("billdate").Text() != day || got.Field("customerid_id").Text() != customers[o.trade.Field("shop_no").Text()] {
		b.t.Errorf("the head of %s is %s", no, got.Raw())
	}
	sold, kept = new(big.Rat), new(big.Rat)
	lines := slices.Collect(o.trade.Field("goods_list").Elements())
	arrived := slices.Collect(got.Field("material_entity").Elements())
	if len(lines) != len(arrived) {
		b.t.Fatalf("%s has %d lines, %d arrived", no, len(lines), len(arrived))
	}
	for i, line := range lines {
		is := arrived[i]
		qty, price := exact(b.t, line.Field("actual_num")), exact(b.t, line.Field("share_price"))
		gotQty, gotPrice := exact(b.t, is.Field("qty")), exact(b.t, is.Field("taxprice"))
		if is.Field("materialid_number").Text() != line.Field("spec_no").Text() || is.Field("stockid_id").Text() != houses[o.trade.Field("warehouse_no").Text()] ||
			is.Field("unit_id").Text() != "1520000000000000201" || qty.Cmp(gotQty) != 0 || price.Cmp(gotPrice) != 0 ||
			is.Field("is_free").Text() != map[string]string{"0": "false", "1": "true"}[line.Field("gift_type").Text()] {
			b.t.Errorf("line %d of %s is %s, sold was %s", i+1, no, is.Raw(), line.Raw())
		}
		sold.Add(sold, new(big.Rat).Mul(qty, price))
		kept.Add(kept, new(big.Rat).Mul(gotQty, gotPrice))
	}
	return sold, kept
}

// TestOrdersOf002 moves orders of 旺店通 (企业奇门) to 星辰 by the shipped template. Those of
// a shop that is not in the code table wait for it, and those of a product that 星辰 lacks for
// that; they hold nothing up.
func TestOrdersOf002(t *testing.T) {
	t.Parallel()
	const name = "wangdiantong-order-to-kingdee-jdy-order"
	b := bring(t, name, `startFrom: "2026-01-01 00:00:00"`, `startFrom: "`+ordersFrom+`"`, "settings: {pageSize: 100}", "settings: {pageSize: 25}")
	b.connect()
	customers := map[string]string{"S001": "1520000000000000001", "S002": "1520000000000000002", "S003": "1520000000000000003", "S007": "1520000000000000001"}
	table := b.table("星辰客户", pairs(customers)...)
	houses := map[string]string{}
	for i, no := range []string{"CK001", "CK002", "CK003", "CK004", "CK005", "CK006"} {
		houses[no] = []string{"1520000000000000101", "1520000000000000102"}[i%2]
	}
	b.table("星辰仓库", pairs(houses)...)
	b.table("星辰单位", "件", "1520000000000000201")
	b.publish()
	before := len(b.objects("kingdee-jdy", "sal_order"))
	orders, named := b.readable(ordersFrom)

	expect := func(count map[string]int) {
		t.Helper()
		arrived := map[string]item.Value{}
		for _, o := range b.objects("kingdee-jdy", "sal_order") {
			arrived[o.Field("billno").Text()] = o
		}
		told, is := b.all(name), map[string]int{}
		total, kept := new(big.Rat), new(big.Rat)
		made := before
		for no, o := range orders {
			d, read := told[o.trade.Field("trade_id").Text()]
			if !read {
				t.Errorf("order %s was never read", no)
				continue
			}
			want := "delivered"
			switch {
			case !o.sent:
				want = "filtered"
			case customers[o.trade.Field("shop_no").Text()] == "":
				want = "unmapped"
			case o.short:
				want = "retry_at"
			}
			got, there := arrived[no]
			if is[d.State]++; d.State != want || there != (want == "delivered") {
				t.Errorf("order %s is %s (%s %s) and stands in 星辰: %t; want %s", no, d.State, d.Code, d.Message, there, want)
				continue
			}
			if there {
				made++
				a, b := b.arrived(o, got, customers, houses)
				total.Add(total, a)
				kept.Add(kept, b)
			}
		}
		if len(told) != len(orders) || made != len(arrived) || total.Cmp(kept) != 0 || total.Sign() == 0 {
			t.Errorf("%d of %d orders were read, %d stand in 星辰, %d were to; worth %s, kept %s",
				len(told), len(orders), len(arrived), made, total.FloatString(4), kept.FloatString(4))
		}
		for state, n := range count {
			if is[state] == 0 && n > 0 {
				t.Errorf("no order is %s: %v", state, is)
			}
		}
		t.Logf("%d orders, %v, worth %s", len(orders), is, total.FloatString(4))
	}

	run := b.start(b.flows[name])
	if !run.Balanced || run.Counts["accepted"] != len(orders)-len(named) {
		t.Errorf("%d orders are there, the run is %+v", len(orders)-len(named), run)
	}
	if got := b.pull(b.flows[name], named...); got.Counts["accepted"] != len(named) {
		t.Errorf("%q were to be fetched by number: %+v", named, got)
	}
	expect(map[string]int{"delivered": 1, "filtered": 1, "unmapped": 1, "retry_at": 1})

	// The shop is put into the table: its orders go by themselves.
	customers["S005"] = "1520000000000000002"
	b.translate(table, "S005", customers["S005"])
	b.eventually("the orders of the shop go", func() bool { return b.in(name, "unmapped")+b.in(name, "waiting")+b.in(name, "claimed") == 0 })
	expect(map[string]int{"delivered": 1})

	// 星辰 gets the products: their orders go when they are tried again, with all digits.
	for _, number := range []string{"SKU-0401", "SKU-0402"} {
		b.control(b.boxes["kingdee-jdy"]+"/_sandbox/faults", `{"set":{"addMaterial":"`+number+`"}}`)
	}
	for key, d := range b.all(name) {
		if d.State == "retry_at" {
			b.order("/documents/"+d.ID+"/retry", key, struct{}{}, false)
			b.until(d.ID, func(d repaired) bool { return d.State == "delivered" })
		}
	}
	for no, o := range orders {
		o.short = false
		orders[no] = o
	}
	expect(map[string]int{"delivered": 1})

	saves := b.calls("kingdee-jdy", "sal_order_save")
	if again := b.start(b.flows[name]); !again.Balanced || again.Counts["accepted"] != 0 {
		t.Errorf("the second run is %+v", again)
	}
	if n := b.calls("kingdee-jdy", "sal_order_save"); n != saves {
		t.Errorf("the second run wrote %d times", n-saves)
	}
	expect(nil)
}
