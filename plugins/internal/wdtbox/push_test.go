package wdtbox_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/karezflow/karez/plugins/internal/wdtbox"
)

// order is an order to push, with one text in it replaced.
func order(tid, old, by string) string {
	return strings.Replace(fmt.Sprintf(`{"tid":%[1]q,"trade_status":30,"delivery_term":1,"pay_time":"2024-05-01 10:01:00","buyer_nick":"buyer-%[1]s",
		"receiver_name":"张样","receiver_province":"浙江省","receiver_city":"杭州市","receiver_district":"西湖区","receiver_address":"示范街1号",
		"receiver_mobile":"13800000001","post_amount":"8.0000","cod_amount":"0","ext_cod_fee":"0","other_amount":"0","paid":"198",
		"order_list":[{"oid":"%[1]s-1","num":"2.0000","price":"100.0000","status":30,"refund_status":0,"goods_id":"G002","spec_no":"SKU-0005",
		"goods_name":"测试","adjust_amount":"0","discount":"0","share_discount":"10.0000"}]}`, tid), old, by, 1)
}

func list(orders ...string) string { return "trade_list=[" + strings.Join(orders, ",") + "]" }

func TestOrdersArePushedAndChanged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if got := b.ask(wdtbox.Direct, "trade_push", "shop_no=S001", list(order("A", "", ""), order("B", "", ""))); got.New != 2 || got.Changed != 0 {
		t.Fatalf("%+v", got)
	}
	if got := b.ask(wdtbox.Direct, "trade_push", "shop_no=S001", list(order("A", `:30,"del`, `:70,"del`), order("C", "", ""))); got.New != 1 || got.Changed != 1 {
		t.Errorf("%+v", got)
	}
	raw, _ := b.box.Objects("raw_trade")
	if len(raw) != 3 || !strings.Contains(string(raw[0]), `"trade_status":70`) {
		t.Errorf("%d: %s", len(raw), raw)
	}
	made := b.ask(wdtbox.Direct, "trade_query", "src_tid=A").Trades
	if len(made) != 1 || made[0]["shop_no"] != "S001" || made[0]["paid"] != "198" {
		t.Errorf("the ERP's own order: %v", made)
	}
}

func TestOrdersThatAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one := list(order("A", "", ""))
	for params, code := range map[string]int{
		"shop_no=S999": 1, "shop_no=S006": 1, "shop_no=S002": 1, "shop_no=S005": 1,
	} {
		b.refused(code, "trade_push", params, one)
	}
	for name, tt := range map[string]struct {
		list string
		code int
	}{
		"no list":              {"trade_list={}", 100},
		"not JSON":             {"trade_list=[{", 100},
		"an empty list":        {"trade_list=[]", 99},
		"no number":            {list(order("A", `"tid":"A"`, `"tid":""`)), 99},
		"a missing field":      {list(order("A", `"receiver_city":"杭州市",`, ``)), 99},
		"a strange status":     {list(order("A", `"trade_status":30`, `"trade_status":31`)), 99},
		"a strange term":       {list(order("A", `"delivery_term":1`, `"delivery_term":4`)), 99},
		"codes of places":      {list(order("A", `浙江省`, `330000`)), 99},
		"no lines":             {list(order("A", `"order_list":[`, `"lines":[`)), 99},
		"a line without price": {list(order("A", `"price":"100.0000",`, ``)), 99},
		"a price of words":     {list(order("A", `"price":"100.0000"`, `"price":"1/3"`)), 99},
		"a paid amount":        {list(order("A", `"paid":"198"`, `"paid":"198.01"`)), 99},
		"cash without amount":  {list(order("A", `"delivery_term":1`, `"delivery_term":2`)), 99},
		"a refund in between":  {list(order("A", `"refund_status":0`, `"refund_status":5`)), 99},
	} {
		_, no := b.try(wdtbox.Direct, "trade_push", "shop_no=S001", tt.list)
		if no == nil || no.Code != tt.code {
			t.Errorf("%s: %+v, want %d", name, no, tt.code)
		}
	}
	many := make([]string, 51)
	same := make([]string, 31)
	for i := range many {
		many[i] = order(fmt.Sprintf("M%d", i), "", "")
	}
	for i := range same {
		same[i] = order(fmt.Sprintf("S%d", i), fmt.Sprintf("buyer-S%d", i), "one buyer")
	}
	b.refused(99, "trade_push", "shop_no=S001", list(many...))
	b.refused(99, "trade_push", "shop_no=S001", list(same...))
	b.ask(wdtbox.Direct, "trade_push", "shop_no=S001", list(many[:50]...))
	b.ask(wdtbox.Direct, "trade_push", "shop_no=S001", list(same[:30]...))
	// A line belongs to one order.
	b.refused(99, "trade_push", "shop_no=S001", list(order("X", `"oid":"X-1"`, `"oid":"M0-1"`)))
	// A lax push does not compare amounts.
	b.ask(wdtbox.Direct, "trade_push", "shop_no=S001", "switch=0", list(order("L", `"paid":"198"`, `"paid":"1"`)))
}

func TestABadOrderAmongOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	mixed := list(order("A", "", ""), order("B", `"paid":"198"`, `"paid":"1"`))
	b.refused(99, "trade_push", "shop_no=S001", mixed)
	if raw, _ := b.box.Objects("raw_trade"); len(raw) != 0 {
		t.Errorf("%d of a refused push are there", len(raw))
	}
	b.set("partial", "true")
	if got := b.ask(wdtbox.Direct, "trade_push", "shop_no=S001", mixed); got.New != 1 {
		t.Errorf("%+v", got)
	}
}

func TestQuantitiesAndPricesAreFrozen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.ask(wdtbox.Direct, "trade_push", "shop_no=S001", list(order("A", "", "")))
	dearer := list(strings.Replace(order("A", `"price":"100.0000"`, `"price":"101.0000"`), `"paid":"198"`, `"paid":"200"`, 1))
	b.ask(wdtbox.Direct, "trade_push", "shop_no=S001", dearer)
	b.set("frozen", `"refuse"`)
	b.refused(99, "trade_push", "shop_no=S001", dearer)
	b.ask(wdtbox.Direct, "trade_push", "shop_no=S001", list(order("A", "", "")))
}

const info = `stockout_info={"outer_no":"X1","warehouse_no":"CK001","is_check":0,"detail_list":[{"spec_no":"SKU-0005","num":"2"}]}`

func TestStockoutsWaitOrAreBooked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for outer, tt := range map[string]struct {
		more   string
		status float64
	}{
		"X1": {``, 50}, "X2": {`"is_check":1,`, 110}, "X3": {`"is_submit":0,`, 48},
	} {
		pushed := b.ask(wdtbox.Direct, "stockout_order_push", strings.Replace(strings.Replace(info, "X1", outer, 1), `"is_check":0,`, tt.more, 1))
		got := b.ask(wdtbox.Direct, "stockout_order_query", "outer_no="+outer).Outs
		if len(got) != 1 || got[0]["order_no"] != pushed.No || got[0]["status"] != tt.status || got[0]["goods_count"] != "2.0000" {
			t.Errorf("%s: %v", outer, got)
		}
	}
	b.refused(1, "stockout_order_push", info)
	b.set("duplicate", `"same"`)
	if again := b.ask(wdtbox.Direct, "stockout_order_push", info); again.No == "" {
		t.Errorf("%+v", again)
	}
	b.set("outerNoSearch", "false")
	b.refused(2900, "stockout_order_query", "outer_no=X1")
	b.refused(100, "stockout_order_push", "stockout_info=[]")
	b.refused(100, "stockout_order_push", `stockout_info={"outer_no":"X9","detail_list":7}`)
}
