package app_test

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/item"
)

// The flows of the template, and which stock-outs the first one reads: three days late.
const (
	trackingFlow = "wangdiantong-stockout-tracking"
	rawFlow      = "tracking-to-wangdiantong-raw-trade"
	sentFrom     = "2026-02-27 00:00:00"
	sentUntil    = "2026-03-02 12:00:00"
)

// shippedOrder is an order that a stock-out sent: what has to arrive as a raw order.
type shippedOrder struct {
	stockout item.Value
	key, tid string
	lines    []item.Value
	// several says that the stock-out sent more orders; signed that the parcel has arrived.
	several, signed bool
	carrier         string
}

// shipped gives what stock-outs of these shops sent, an entry for each of their orders.
func (b *seeded) shipped(shops ...string) (stockouts int, orders []shippedOrder) {
	b.t.Helper()
	for _, s := range b.objects("wangdiantong", "stockout") {
		modified, status := s.Field("modified").Text(), s.Field("status").Text()
		if modified < sentFrom || modified > sentUntil || status != "95" && status != "110" || !slices.Contains(shops, s.Field("shop_no").Text()) {
			continue
		}
		stockouts++
		no := s.Field("logistics_no").Text()
		n, err := strconv.Atoi(no[2:]) // 78 and 12 digits
		b.must(err)
		tids := strings.Split(s.Field("src_tids").Text(), ",")
		for _, tid := range tids {
			o := shippedOrder{stockout: s, tid: tid, key: s.Field("stockout_no").Text() + "-" + tid, several: len(tids) > 1, signed: n%5 == 4, carrier: s.Field("logistics_code").Text()}
			for line := range s.Field("details_list").Elements() {
				if line.Field("src_tid").Text() == tid {
					o.lines = append(o.lines, line)
				}
			}
			if len(o.lines) > 0 {
				orders = append(orders, o)
			}
		}
	}
	return stockouts, orders
}

// pushed compares a raw order of 旺店通 with the order that was sent, and gives what both are worth.
func (b *seeded) pushed(o shippedOrder, got item.Value) (sent, kept *big.Rat) {
	b.t.Helper()
	status := map[bool]string{true: "70", false: "50"}[o.signed]
	area := strings.Fields(o.stockout.Field("receiver_area").Text())
	for field, want := range map[string]string{
		"trade_status": status, "receiver_province": area[0], "receiver_city": area[1], "receiver_district": area[2],
		"receiver_name": o.stockout.Field("receiver_name").Text(), "receiver_mobile": o.stockout.Field("receiver_mobile").Text(),
		"buyer_nick": o.stockout.Field("nick_name").Text(), "warehouse_no": o.stockout.Field("warehouse_no").Text(), "trade_time": o.stockout.Field("trade_time").Text(),
	} {
		if got.Field(field).Text() != want || want == "" {
			b.t.Errorf("order %s has %s %q, want %q", o.tid, field, got.Field(field).Text(), want)
		}
	}
	lines := slices.Collect(got.Field("order_list").Elements())
	if len(lines) != len(o.lines) {
		b.t.Fatalf("order %s has %d lines, %d arrived", o.tid, len(o.lines), len(lines))
	}
	sent, kept = new(big.Rat), exact(b.t, got.Field("paid"))
	for i, line := range o.lines {
		is := lines[i]
		num, price := exact(b.t, is.Field("num")), exact(b.t, is.Field("price"))
		worth := new(big.Rat).Mul(num, price)
		worth.Sub(worth, exact(b.t, is.Field("share_discount")))
		if is.Field("oid").Text() != line.Field("src_oid").Text() || is.Field("spec_no").Text() != line.Field("spec_no").Text() || is.Field("status").Text() != status ||
			num.Cmp(exact(b.t, line.Field("num"))) != 0 || price.Cmp(exact(b.t, line.Field("sell_price"))) != 0 || worth.Cmp(exact(b.t, line.Field("share_amount"))) != 0 {
			b.t.Errorf("line %d of %s is %s, sent was %s", i+1, o.tid, is.Raw(), line.Raw())
		}
		sent.Add(sent, exact(b.t, line.Field("share_amount")))
	}
	if sent.Cmp(kept) != 0 || !o.several && exact(b.t, o.stockout.Field("paid")).Cmp(kept) != 0 {
		b.t.Errorf("order %s was paid with %s, arrived with %s", o.tid, sent.FloatString(4), kept.FloatString(4))
	}
	return sent, kept
}

// TestStockoutsOf003 reads stock-outs of 旺店通, looks up at 快递100 where their parcels are,
// hands each order on to a second flow and pushes it there, by the shipped template. Parcels
// of a carrier that is not in the code table wait for it, and orders of a shop to which the
// vendor lets nobody push are refused; neither holds the others up.
func TestStockoutsOf003(t *testing.T) {
	t.Parallel()
	b := bring(t, "wangdiantong-stockout-to-wangdiantong-trade", `startFrom: "2026-01-01 00:00:00"`, `startFrom: "`+sentFrom+`"`,
		"settings: {pageSize: 100}", "settings: {pageSize: 10}", `type: string, default: ""}`, `type: string, default: "S001,S002,S007"}`)
	b.connect()
	carriers := map[string]string{"ZTO": "zhongtong", "SF": "shunfeng", "YTO": "yuantong", "JD": "jd"}
	table := b.table("快递100公司", pairs(carriers)...)
	b.publish()
	b.ask("POST", "/flows/"+b.flows[rawFlow]+"/enable", struct{}{}, &ignored{})
	stockouts, orders := b.shipped("S001", "S002", "S007")

	expect := func(waiting bool) {
		t.Helper()
		raw := map[string]item.Value{}
		for _, r := range b.objects("wangdiantong", "raw_trade") {
			raw[r.Field("tid").Text()] = r
		}
		told, handed := b.all(trackingFlow), b.all(rawFlow)
		arrived, refused, unmapped, signed := 0, 0, 0, 0
		sent, kept := new(big.Rat), new(big.Rat)
		for _, o := range orders {
			from, d := told[o.stockout.Field("stockout_id").Text()], handed[o.key]
			got, there := raw[o.tid]
			switch {
			case waiting && carriers[o.carrier] == "":
				if unmapped++; from.State != "unmapped" || d.ID != "" || there {
					t.Errorf("%s is %+v, and %+v of it were handed on", o.key, from, d)
				}
			case o.stockout.Field("shop_no").Text() == "S002":
				if refused++; d.State != "rejected" || there {
					t.Errorf("%s of a shop that takes no orders is %+v", o.key, d)
				}
			case d.State != "delivered" || !there:
				t.Errorf("%s is %s (%s %s), there: %t", o.key, d.State, d.Code, d.Message, there)
			default:
				arrived++
				if o.signed {
					signed++
				}
				a, b := b.pushed(o, got)
				sent.Add(sent, a)
				kept.Add(kept, b)
			}
		}
		if len(told) != stockouts || len(raw) != arrived || len(handed) != arrived+refused || sent.Cmp(kept) != 0 ||
			arrived == 0 || refused == 0 || signed == 0 || signed == arrived || waiting != (unmapped > 0) {
			t.Errorf("%d of %d stock-outs were read, %d orders arrived of %d, %d were handed on, %d are refused, %d wait, %d are signed for; %s against %s",
				len(told), stockouts, len(raw), arrived, len(handed), refused, unmapped, signed, sent.FloatString(4), kept.FloatString(4))
		}
		t.Logf("%d stock-outs with %d orders: %d arrived (%d signed for), %d refused, %d wait; worth %s", stockouts, len(orders), arrived, signed, refused, unmapped, kept.FloatString(4))
	}
	settled := func() bool {
		left := 0
		for _, flow := range []string{trackingFlow, rawFlow} {
			for _, state := range []string{"waiting", "claimed", "held", "retry_at"} {
				left += b.in(flow, state)
			}
		}
		return left == 0
	}

	if run := b.start(b.flows[trackingFlow]); !run.Balanced || run.Counts["accepted"] != stockouts {
		t.Errorf("%d stock-outs are there, the run is %+v", stockouts, run)
	}
	b.eventually("all orders go", settled)
	expect(true)

	carriers["EMS"] = "ems"
	b.translate(table, "EMS", "ems")
	b.eventually("the parcels of the carrier go", func() bool { return b.in(trackingFlow, "unmapped") == 0 && settled() })
	expect(false)

	pushes, asked := b.calls("wangdiantong", "trade_push"), b.calls("kuaidi100", "query")
	if again := b.start(b.flows[trackingFlow]); !again.Balanced || again.Counts["accepted"] != 0 {
		t.Errorf("the second run is %+v", again)
	}
	if p, a := b.calls("wangdiantong", "trade_push"), b.calls("kuaidi100", "query"); p != pushes || a != asked {
		t.Errorf("the second run pushed %d times and asked for %d parcels", p-pushes, a-asked)
	}
	expect(false)
}
