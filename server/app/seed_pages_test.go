package app_test

import (
	"math/big"
	"slices"
	"testing"

	"github.com/karezflow/karez/sdk/item"
)

// TestLinesOf001AcrossPages reads the flat lines of deliveries in pages of four, so that most
// bills lie across an edge: each line of each bill still stands once, in its order, in the one
// stock-out that was made of the bill.
func TestLinesOf001AcrossPages(t *testing.T) {
	t.Parallel()
	const name, from, until = "kingdee-outstock-to-wangdiantong-stockout", "2026-03-05 08:00:00", "2026-03-05T11:58:00"
	b := bring(t, name, `startFrom: "2026-01-01 00:00:00"`, `startFrom: "`+from+`"`, "settings: {pageSize: 500}", "settings: {pageSize: 4}")
	b.connect()
	b.publish()

	type delivery struct {
		lines []item.Value
		money *big.Rat
	}
	deliveries, lines, cut := map[string]*delivery{}, 0, 0
	for _, bill := range b.objects("kingdee-k3cloud", "SAL_OUTSTOCK") {
		if at := bill.Field("FApproveDate").Text(); at < "2026-03-05T08:00:00" || at > until {
			continue
		}
		first := lines
		for line := range bill.Field("FEntity").Elements() {
			lines++
			outer := bill.Field("FBillNo").Text() + "-" + line.Path("FStockID.FNumber").Text()
			if deliveries[outer] == nil {
				deliveries[outer] = &delivery{money: new(big.Rat)}
			}
			d := deliveries[outer]
			d.lines = append(d.lines, line)
			d.money.Add(d.money, exact(t, line.Field("FAllAmount")))
		}
		if first/4 != (lines-1)/4 {
			cut++
		}
	}
	if cut < 5 {
		t.Fatalf("only %d of %d bills lie across pages", cut, len(deliveries))
	}

	compare := func() {
		t.Helper()
		made := 0
		for _, out := range b.objects("wangdiantong", "other_stockout") {
			outer := out.Field("outer_no").Text()
			if outer == "" {
				continue
			}
			made++
			d := deliveries[outer]
			if d == nil {
				t.Errorf("%s was made of nothing", outer)
				continue
			}
			same := slices.EqualFunc(slices.Collect(out.Field("details_list").Elements()), d.lines, func(is, was item.Value) bool {
				return is.Field("spec_no").Text() == was.Path("FMaterialID.FNumber").Text() &&
					exact(t, is.Field("num")).Cmp(exact(t, was.Field("FRealQty"))) == 0 && exact(t, is.Field("price")).Cmp(exact(t, was.Field("FTaxPrice"))) == 0
			})
			if !same || exact(t, out.Field("goods_total_amount")).Cmp(d.money) != 0 {
				t.Errorf("%s has %d lines worth %s: %s", outer, len(d.lines), d.money.FloatString(4), out.Raw())
			}
		}
		if made != len(deliveries) {
			t.Errorf("%d stock-outs of %d deliveries", made, len(deliveries))
		}
	}
	if run := b.start(b.flows[name]); !run.Balanced || run.Counts["accepted"] != len(deliveries) || run.Counts["delivered"] != len(deliveries) {
		t.Errorf("%d deliveries with %d lines, %d of them across pages: %+v", len(deliveries), lines, cut, run)
	}
	compare()
	pushes := b.calls("wangdiantong", "stockout_order_push")
	if again := b.start(b.flows[name]); !again.Balanced || again.Counts["accepted"] != 0 || b.calls("wangdiantong", "stockout_order_push") != pushes {
		t.Errorf("the second run is %+v", again)
	}
	compare()
	t.Logf("%d deliveries with %d lines, %d across pages", len(deliveries), lines, cut)
}
