package app_test

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/item"
)

// billed compares a sales delivery of 金蝶 with the stock-out that was sent, and gives what both are worth.
func (b *seeded) billed(s, bill item.Value, codes map[string]string) (sent, kept *big.Rat) {
	b.t.Helper()
	no := s.Field("stockout_no").Text()
	for path, want := range map[string]string{
		"FDate": s.Field("consign_time").Text()[:10], "FCustomerID.FNumber": codes[s.Field("shop_no").Text()], "FCarriageNO": s.Field("logistics_no").Text(),
		"FThirdBillNo": s.Field("src_tids").Text(), "FNote": "旺店通订单 " + s.Field("src_order_no").Text(),
	} {
		if got := bill.Path(path).Text(); got != want || want == "" {
			b.t.Errorf("the bill of %s has %s %q, want %q", no, path, got, want)
		}
	}
	sent, kept = new(big.Rat), new(big.Rat)
	lines, entries := slices.Collect(s.Field("details_list").Elements()), slices.Collect(bill.Field("FEntity").Elements())
	if len(lines) != len(entries) {
		b.t.Errorf("stock-out %s has %d lines, its bill %d", no, len(lines), len(entries))
		return sent, kept
	}
	for i, line := range lines {
		is, material := entries[i], line.Field("spec_no").Text()
		if code := codes[material]; code != "" {
			material = code
		}
		qty, price, share := exact(b.t, is.Field("FRealQty")), exact(b.t, is.Field("FTaxPrice")), exact(b.t, line.Field("share_amount"))
		amount := new(big.Rat).Mul(qty, price)
		// Prices have six decimals, and amounts two.
		if off := new(big.Rat).Sub(amount, share); is.Path("FMaterialID.FNumber").Text() != material || is.Path("FStockID.FNumber").Text() != codes[s.Field("warehouse_no").Text()] ||
			is.Field("FIsFree").Text() != "false" || qty.Cmp(exact(b.t, line.Field("num"))) != 0 || off.Abs(off).Cmp(big.NewRat(1, 200)) >= 0 {
			b.t.Errorf("line %d of %s is %s, want %s", i, no, is.Raw(), line.Raw())
		}
		sent.Add(sent, share)
		kept.Add(kept, amount)
	}
	return sent, kept
}

// TestStockoutsBecomeDeliveries moves stock-outs of 旺店通 to 金蝶 by the template, as a copy of it
// does. The answers to two saves are lost: each bill stands there once all the same, with the money
// of its stock-out, and a stock-out that is changed later makes no second one.
func TestStockoutsBecomeDeliveries(t *testing.T) {
	t.Parallel()
	const name = "wangdiantong-stockout-to-kingdee-outstock"
	b := bring(t, name)
	b.connect()
	row := catalogue()[name]
	codes := map[string]string{}
	for _, of := range row.tables {
		for i := 0; i < len(of); i += 2 {
			codes[of[i]] = of[i+1]
		}
	}
	id := b.begin(name, row)
	b.control(b.boxes["kingdee-k3cloud"]+"/_sandbox/faults", `{"faults":[{"path":"BatchSave","kind":"lost_answer","times":2}]}`)
	before, asked := len(b.objects("kingdee-k3cloud", "SAL_OUTSTOCK")), b.calls("kingdee-k3cloud", "ExecuteBillQuery")
	if run := b.start(id); !run.Balanced || run.Counts["accepted"] == 0 {
		t.Fatalf("%+v", run)
	}
	b.eventually("all are written", func() bool {
		return b.in(name, "delivered") > 0 && b.in(name, "delivered")+b.in(name, "filtered") == len(b.all(name))
	})

	if n := b.calls("kingdee-k3cloud", "ExecuteBillQuery"); n < asked+2 {
		t.Errorf("bills were looked up %d times after two lost answers", n-asked)
	}

	bills := map[string]item.Value{}
	for _, o := range b.objects("kingdee-k3cloud", "SAL_OUTSTOCK") {
		no := o.Field("FBillNo").Text()
		if _, twice := bills[no]; twice {
			t.Errorf("there are two bills %s", no)
		}
		bills[no] = o
	}
	sent, kept, made, last := new(big.Rat), new(big.Rat), 0, ""
	for _, s := range b.objects("wangdiantong", "stockout") {
		read := s.Field("modified").Text() >= sentFrom && slices.Contains(strings.Fields("S001 S002 S005 S007"), s.Field("shop_no").Text())
		want := read && slices.Contains(strings.Fields("95 105 110"), s.Field("status").Text())
		bill, there := bills["WDT"+s.Field("stockout_no").Text()]
		if there != want {
			t.Errorf("stock-out %s of %s (%s) stands in 金蝶: %t", s.Field("stockout_no").Text(), s.Field("shop_no").Text(), s.Field("status").Text(), there)
		}
		if there && want {
			a, c := b.billed(s, bill, codes)
			sent.Add(sent, a)
			kept.Add(kept, c)
			made++
			last = s.Field("stockout_no").Text()
		}
	}
	if made == 0 || len(bills) != before+made || sent.FloatString(2) != kept.FloatString(2) {
		t.Errorf("%d stock-outs were sent, %d bills were made; worth %s, kept %s", made, len(bills)-before, sent.FloatString(2), kept.FloatString(2))
	}
	t.Logf("%d bills, worth %s", made, kept.FloatString(2))

	b.control(b.boxes["wangdiantong"]+"/_sandbox/faults", `{"set":{"touch":"`+last+`"}}`)
	if again := b.start(id); !again.Balanced {
		t.Errorf("%+v", again)
	}
	if n := len(b.objects("kingdee-k3cloud", "SAL_OUTSTOCK")); n != len(bills) {
		t.Errorf("%d bills, %d before", n, len(bills))
	}
}
