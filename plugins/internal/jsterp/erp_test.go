package jsterp_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/jsterp"
	"github.com/karezflow/karez/plugins/internal/jsttable"
)

// start is when every ERP begins: 2024-05-01 12:00:00 in Shanghai.
func start() time.Time { return time.Date(2024, 5, 1, 12, 0, 0, 0, time.FixedZone("", 8*60*60)) }

const week = `"modified_begin":"2024-04-24 12:00:00","modified_end":"2024-05-01 12:00:00"`

func rules() jsterp.Rules {
	return jsterp.Rules{StartTSAlone: true, DuplicateExternal: "refuse", UploadRows: 50}
}

// bench is an ERP with its clock.
type bench struct {
	*jsterp.ERP
	t   *testing.T
	now time.Time
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, now: start()}
	b.ERP = jsterp.New(func() time.Time { return b.now }, start(), 1, 0)
	return b
}

func (b *bench) rows(name, biz string) []map[string]any {
	b.t.Helper()
	answer, no := b.Query(name, []byte(biz), 0, rules())
	if no != nil {
		b.t.Fatalf("%s %s: %s", name, biz, no.Message)
	}
	var page map[string]any
	decoder := json.NewDecoder(strings.NewReader("{" + string(answer.Members("rows")) + "}"))
	decoder.UseNumber()
	if err := decoder.Decode(&page); err != nil {
		b.t.Fatal(err)
	}
	var rows []map[string]any
	list, _ := page["rows"].([]any)
	for _, e := range list {
		row, _ := e.(map[string]any)
		rows = append(rows, row)
	}
	return rows
}

func (b *bench) upload(name, biz string) string {
	b.t.Helper()
	data, no := b.Upload(name, []byte(biz), rules())
	if no != nil {
		b.t.Fatalf("%s: %s", name, no.Message)
	}
	return string(data)
}

func TestObjectsAreJSONAndTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	one, two := newBench(t), newBench(t)
	for _, kind := range jsterp.Kinds() {
		objects, ok := one.Objects(kind)
		again, _ := two.Objects(kind)
		if !ok || len(objects) == 0 || !slices.EqualFunc(objects, again, func(a, b json.RawMessage) bool { return string(a) == string(b) }) {
			t.Errorf("%s: %d objects, the same again: %d", kind, len(objects), len(again))
		}
		for _, o := range objects {
			if !json.Valid(o) {
				t.Errorf("%s: %s", kind, o)
			}
		}
		if one.Sizes()[kind] != len(objects) {
			t.Errorf("%s: %v", kind, one.Sizes())
		}
	}
	if _, ok := one.Objects("invoice"); ok {
		t.Error("there are no invoices")
	}
}

func TestRefusalsOfQueries(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	many := func(n int) string { return `["1"` + strings.Repeat(`,"1"`, n-1) + `]` }
	joined := func(n int) string { return `"1` + strings.Repeat(",1", n-1) + `"` }
	const fine = jsttable.Reason(-1)
	for name, tc := range map[string]struct {
		query, biz string
		want       jsttable.Reason
	}{
		"stock-outs of a week":      {"orders.out.simple", `{` + week + `}`, fine},
		"page of 51":                {"orders.out.simple", `{"page_size":51,` + week + `}`, jsttable.Invalid},
		"neither":                   {"orders.out.simple", `{}`, jsttable.Missing},
		"tracking numbers alone":    {"orders.out.simple", `{"l_ids":["x"]}`, jsttable.Missing},
		"21 tracking numbers":       {"orders.out.simple", `{"l_ids":` + many(21) + `,` + week + `}`, jsttable.Invalid},
		"50 ids":                    {"orders.out.simple", `{"io_ids":` + many(50) + `}`, fine},
		"51 ids":                    {"orders.out.simple", `{"io_ids":` + many(51) + `}`, jsttable.Invalid},
		"receipts by refund":        {"aftersale.received", `{"as_ids":` + many(50) + `}`, fine},
		"31 purchase orders":        {"purchasein", `{"po_ids":` + many(31) + `}`, jsttable.Invalid},
		"statuses as text":          {"purchasein", `{"statuss":"Confirmed",` + week + `}`, jsttable.Value},
		"movements of more weeks":   {"other.inout", `{"modified_begin":"2024-04-01 00:00:00","modified_end":"2024-05-01 00:00:00"}`, jsttable.Invalid},
		"stock of nothing":          {"inventory", `{}`, jsttable.Missing},
		"stock of 100 SKUs":         {"inventory", `{"sku_ids":` + joined(100) + `}`, fine},
		"stock of 101 SKUs":         {"inventory", `{"sku_ids":` + joined(101) + `}`, jsttable.Invalid},
		"stock by version":          {"inventory", `{"ts":1}`, fine},
		"21 SKUs":                   {"sku", `{"sku_ids":` + joined(21) + `}`, jsttable.Invalid},
		"SKUs as a number":          {"sku", `{"sku_ids":7}`, jsttable.Value},
		"all shops":                 {"shops", `{}`, fine},
		"all warehouses":            {"wms.partner", `{}`, fine},
		"all carriers":              {"logisticscompany", `{}`, fine},
		"half a window of carriers": {"logisticscompany", `{"modified_begin":"2024-05-01 00:00:00"}`, jsttable.Missing},
		"suppliers of two days":     {"supplier", `{"modified_begin":"2024-04-29 00:00:00","modified_end":"2024-05-01 00:00:00"}`, jsttable.Invalid},
		"known suppliers of a week": {"supplier", `{"supplier_ids":[200001],` + week + `}`, fine},
		"all suppliers":             {"supplier", `{}`, jsttable.Missing},
		"nothing":                   {"invoice", `{}`, jsttable.Unknown},
	} {
		got := fine
		if _, no := b.Query(tc.query, []byte(tc.biz), 0, rules()); no != nil {
			got = no.Reason
		}
		if got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
	if _, no := b.Query("orders.single", []byte(`{"page_size":51,`+week+`}`), 50, rules()); no == nil || no.Reason != jsttable.Invalid {
		t.Error("a platform may have smaller pages")
	}
}

func TestSelectionsOfDocuments(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if rows := b.rows("purchasein", `{"page_size":50,`+week+`}`); len(rows) == 0 || slices.ContainsFunc(rows, func(r map[string]any) bool { return r["status"] != "Confirmed" }) {
		t.Errorf("%d receipts, and not only those that have come", len(rows))
	}
	waiting := b.rows("purchasein", `{"statuss":["WaitConfirm"],`+week+`}`)
	if len(waiting) == 0 || waiting[0]["io_date"] != "" {
		t.Errorf("%d receipts wait: %v", len(waiting), waiting[:1])
	}
	both := b.rows("purchasein", fmt.Sprintf(`{"statuss":["WaitConfirm","Confirmed"],"po_ids":["%v"]}`, waiting[0]["po_id"]))
	if len(both) != 2 {
		t.Errorf("%d deliveries for one purchase order", len(both))
	}
	if byMove := b.rows("purchasein", `{"date_type":2,"statuss":["WaitConfirm"],`+week+`}`); len(byMove) != 0 {
		t.Errorf("%d that have not come yet were moved this week", len(byMove))
	}
	for _, r := range b.rows("other.inout", `{"types":["其它出库"],`+week+`}`) {
		if r["type"] != "其它出库" {
			t.Errorf("%v", r)
		}
	}
	if rows := b.rows("inventory", `{"sku_ids":"SKU-0001,SKU-0400,SKU-9999"}`); len(rows) != 2 {
		t.Errorf("stock of %d SKUs", len(rows))
	}
	answer, _ := b.Query("inventory", []byte(`{"sku_ids":"SKU-0001"}`), 0, rules())
	if text := string(answer.Members(answer.List)); strings.Contains(text, "data_count") || !strings.Contains(text, `"has_next":false,"inventorys":[{`) {
		t.Errorf("stock tells no totals: %s", text)
	}
	out := b.rows("orders.out.simple", `{`+week+`}`)[0]
	if order := b.rows("orders.single", fmt.Sprintf(`{"o_ids":[%v]}`, out["o_id"])); len(order) != 1 || order[0]["so_id"] != out["so_id"] {
		t.Errorf("the order of %v: %v", out["io_id"], order)
	}
	receipt := b.rows("aftersale.received", `{`+week+`}`)[0]
	if refund := b.rows("refund.single", fmt.Sprintf(`{"as_ids":[%v]}`, receipt["as_id"])); len(refund) != 1 || refund[0]["status"] != "Confirmed" {
		t.Errorf("the refund of %v: %v", receipt["io_id"], refund)
	}
}

func TestUploadsChangeWhatMayChange(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const order = `[{"shop_id":10004,"so_id":"O1","order_date":"2024-05-01 09:00:00","shop_status":"%s","pay_amount":12345678901234567.89,
		"receiver_name":"王小明","receiver_mobile":"13800001234","remark":"%s","items":[{"sku_id":"SKU-0001","outer_oi_id":"1","qty":%d,"amount":2.20}]}]`
	first := b.upload("jushuitan.orders", fmt.Sprintf(order, "WAIT_SELLER_SEND_GOODS", "一", 2))
	b.now = b.now.Add(time.Minute)
	if again := b.upload("jushuitan.orders", fmt.Sprintf(order, "WAIT_BUYER_CONFIRM_GOODS", `控制\u0001符`, 9)); again != first {
		t.Errorf("another answer: %s, %s", first, again)
	}
	rows := b.rows("orders.single", `{"so_ids":["O1"]}`)
	if len(rows) != 1 {
		t.Fatalf("%d orders", len(rows))
	}
	r := rows[0]
	line := fmt.Sprint(r["items"])
	if r["status"] != "Sent" || r["remark"] != "控制\x01符" || r["modified"] != "2024-05-01 12:01:00" || !strings.Contains(line, "qty:2") ||
		r["receiver_name"] != "王****" || r["receiver_mobile"] != "138****1234" || fmt.Sprint(r["pay_amount"]) != "12345678901234567.89" {
		t.Errorf("%v", r)
	}

	const refund = `[{"shop_id":10004,"outer_as_id":"A1","so_id":"O1","type":"普通退货","shop_status":"%s","good_status":"%s","l_id":"%s","refund":2.2,"items":[{"sku_id":"SKU-0001","qty":2,"amount":2.20}]}]`
	b.upload("aftersale", fmt.Sprintf(refund, "WAIT_SELLER_AGREE", "BUYER_RECEIVED", "T1"))
	b.upload("aftersale", fmt.Sprintf(refund, "WAIT_SELLER_CONFIRM_GOODS", "SELLER_RECEIVED", "T2"))
	b.upload("aftersale", fmt.Sprintf(refund, "CLOSED", "SELLER_RECEIVED", "T3"))
	refunds := b.rows("refund.single", `{"so_ids":["O1"]}`)
	if len(refunds) != 1 || refunds[0]["l_id"] != "T2" || refunds[0]["status"] != "Cancelled" || refunds[0]["shop_status"] != "CLOSED" {
		t.Errorf("%v", refunds)
	}

	stock := func() string { return fmt.Sprint(b.rows("inventory", `{"sku_ids":"SKU-0001"}`)[0]["qty"]) }
	before := stock()
	const move = `{"external_id":"M%d","type":"%s","is_confirm":%t,"remark":"r","items":[{"sku_id":"SKU-0001","qty":5}]}`
	b.upload("jushuitan.otherinout", fmt.Sprintf(move, 1, "out", false))
	if stock() != before {
		t.Error("what is not confirmed moves no stock")
	}
	b.upload("jushuitan.otherinout", fmt.Sprintf(move, 2, "out", true))
	less := stock()
	b.upload("jushuitan.otherinout", fmt.Sprintf(move, 3, "in", true))
	if less == before || stock() != before {
		t.Errorf("stock %s, %s, %s", before, less, stock())
	}
	for biz, want := range map[string]jsttable.Reason{
		`{"type":"out","remark":"r","items":[{"sku_id":"SKU-0001","qty":1}]}`:                          jsttable.Missing,
		`{"external_id":"Z","type":"out","remark":"","items":[{"sku_id":"SKU-0001","qty":1}]}`:         jsttable.Missing,
		`{"external_id":"Z","type":"up","remark":"r","items":[{"sku_id":"SKU-0001","qty":1}]}`:         jsttable.Invalid,
		`{"external_id":"Z","type":"in","remark":"r","items":[]}`:                                      jsttable.Missing,
		`{"external_id":"Z","type":"in","remark":"r","items":[{"sku_id":"SKU-0001","qty":0}]}`:         jsttable.Invalid,
		`{"external_id":"Z","type":"in","remark":"r","items":[{"sku_id":"SKU-X","qty":1}]}`:            jsttable.Invalid,
		`{"external_id":"M1","type":"in","remark":"r","items":[{"sku_id":"SKU-0001","qty":1}]}`:        jsttable.Invalid,
		`{"external_id":"Z","type":"in","remark":"r","items":[` + strings.Repeat("{},", 1000) + `{}]}`: jsttable.Invalid,
		`[]`: jsttable.Value,
	} {
		if _, no := b.Upload("jushuitan.otherinout", []byte(biz), rules()); no == nil || no.Reason != want {
			t.Errorf("%.90s: %+v, want %d", biz, no, want)
		}
	}
}

func TestTouchChangesTheOldestOfTheWeek(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.now = b.now.Add(time.Minute)
	for _, kind := range []string{"refund", "order", "stockout", "supplier"} {
		before, _ := b.Objects(kind)
		if !b.Touch(kind) {
			t.Errorf("no %s was touched", kind)
		}
		after, _ := b.Objects(kind)
		changed := 0
		for i := range after {
			if string(after[i]) != string(before[i]) {
				changed++
				if !strings.Contains(string(after[i]), `"modified":"2024-05-01 12:01:00"`) || !json.Valid(after[i]) {
					t.Errorf("%s: %s", kind, after[i])
				}
			}
		}
		if changed != 1 {
			t.Errorf("%s: %d changed", kind, changed)
		}
	}
	if b.Touch("shop") || b.Touch("invoice") {
		t.Error("shops tell no time of change")
	}
}
