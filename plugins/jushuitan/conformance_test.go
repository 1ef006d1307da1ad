package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/jushuitan/sandbox"
	"github.com/karezflow/karez/sdk/conformance"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/item"
)

// TestConformance is what every connector has to pass.
func TestConformance(t *testing.T) { // not parallel: the suite looks for goroutines
	b := newBench(t, fast())
	connectortest.Exercise(t, connectortest.Harness{
		Manifest: []byte(manifestYAML),
		Open: func(t connectortest.T) connector.Session {
			t.Helper()
			return b.open()
		},
		OpenBad: func(t connectortest.T) connector.Session {
			t.Helper()
			good := b.secrets
			defer func() { b.secrets = good }()
			b.secrets = map[string]string{"appSecret": "not-the-secret"}
			return b.open()
		},
		Secrets: []string{sandbox.AppSecret, "not-the-secret"},
		Wait:    b.clock.Pass,
		Expire:  func(connectortest.T) { b.set(`{"expireTokens":true}`) },
		Queries: []connectortest.Query{
			b.ranged("refund.single.query", 10, 7*day, "refund"),
			b.ranged("orders.single.query", 10, 7*day, "order"),
			b.ranged("orders.out.simple.query", 10, 7*day, "stockout"),
			b.ranged("aftersale.received.query", 10, 7*day, "receipt"),
			b.ranged("purchasein.query", 10, 7*day, "purchasein"),
			b.ranged("other.inout.query", 5, 7*day, "other"),
			// Rows that change while pages are read forward hide others; the engine reads twice.
			b.ranged("inventory.query", 20, 7*day, ""),
			b.ranged("sku.query", 20, 7*day, "sku"),
			b.ranged("supplier.query", 5, day, "supplier"),
			b.whole("shops.query", 2), b.whole("wms.partner.query", 1), b.whole("logisticscompany.query", 3),
		},
		Writes: []connectortest.Write{
			b.uploads("jushuitan.orders.upload", connector.Create, "order", "so_id", "C", orderRow),
			b.uploads("jushuitan.orders.upload", connector.Update, "order", "so_id", "U", orderRow),
			b.uploads("aftersale.upload", connector.Create, "refund", "outer_as_id", "C", b.refundRow),
			b.uploads("aftersale.upload", connector.Update, "refund", "outer_as_id", "U", b.refundRow),
			b.uploads("jushuitan.otherinout.upload", connector.Create, "other", "so_id", "C", otherRow),
		},
	})
}

// total asks how many rows a query has; some tell none and are counted.
func (b *bench) total(operation, params string) int {
	b.t.Helper()
	s, n := b.open(), 0
	for number := 1; ; number++ {
		page, err := s.Query(b.t.Context(), connector.QueryRequest{
			Operation: operation, Params: fmt.Appendf(nil, `{%s"page_index":%d,"page_size":50}`, params, number), Page: connector.PageRef{Number: number, Size: 50},
		})
		if err != nil {
			b.t.Fatal(operation, err)
		}
		n += len(rows(b.t, page))
		if !page.More {
			return n
		}
	}
}

// ranged is a query that selects by time; an object of the type is changed to shift its rows.
func (b *bench) ranged(operation string, size int, length time.Duration, shifts string) connectortest.Query {
	b.t.Helper()
	window := func(from, to time.Time) string {
		return `"modified_begin":"` + from.In(shanghai()).Format(time.DateTime) + `","modified_end":"` + to.In(shanghai()).Format(time.DateTime) + `",`
	}
	params := func(page connector.PageRef, from, to time.Time) []byte {
		return fmt.Appendf(nil, `{%s"page_index":%d,"page_size":%d}`, window(from, to), page.Number, page.Size)
	}
	from, to := start().Add(-length), start()
	q := connectortest.Query{
		Operation: operation, Size: size, Rows: b.total(operation, window(from, to)),
		Params:    func(page connector.PageRef) []byte { return params(page, from, to) },
		Range:     &conformance.Range{From: from, To: to, Params: params},
		Malformed: fmt.Appendf(nil, `{%s"page_index":1,"page_size":501}`, window(from, to)),
	}
	if shifts != "" {
		q.Shift = func(connectortest.T) {
			b.clock.Pass(time.Second)
			b.set(`{"touch":"` + shifts + `"}`)
		}
	}
	return q
}

// whole is a query that needs no condition.
func (b *bench) whole(operation string, size int) connectortest.Query {
	b.t.Helper()
	return connectortest.Query{
		Operation: operation, Size: size, Rows: b.total(operation, ""), Malformed: []byte(`{"page_index":1,"page_size":101}`),
		Params: func(page connector.PageRef) []byte {
			return fmt.Appendf(nil, `{"page_index":%d,"page_size":%d}`, page.Number, page.Size)
		},
	}
}

// uploads is a write; row makes a document of a number and remark, without lines where it is bad.
func (b *bench) uploads(operation string, mode connector.Mode, kind, number, prefix string, row func(number, remark string, bad bool) (body, key string)) connectortest.Write {
	made := func(n int, bad bool) ([]byte, string) {
		name := fmt.Sprintf("%s%d", prefix, n)
		if mode == connector.Update {
			before, key := row(name, "before", false)
			writer, _ := b.open().(connector.Writer)
			if _, err := writer.Write(b.t.Context(), connector.Batch{Operation: operation, Mode: connector.Create, Rows: []byte("[" + before + "]"), Keys: []string{key}}); err != nil {
				b.t.Fatal(err)
			}
		}
		body, key := row(name, "now", bad)
		return []byte(body), key
	}
	to, _ := uploadOf(operation)
	return connectortest.Write{
		Operation: operation, Mode: mode,
		Row:        func(n int) ([]byte, string) { return made(n, false) },
		BadRow:     func(n int) ([]byte, string) { return made(n, true) },
		LoseAnswer: func(connectortest.T) { b.inject(`{"kind":"lost_answer","path":"` + to.path + `","times":1}`) },
		Count: func(_ connectortest.T, key string) int {
			objects, _ := b.vendor.Objects(kind)
			n := 0
			for _, o := range objects {
				if own := item.Of(o).Field(number).Text(); own == key[strings.Index(key, "/")+1:] {
					n++
				}
			}
			return n
		},
	}
}

func orderRow(number, remark string, bad bool) (body, key string) {
	items := fmt.Sprintf(`{"sku_id":"SKU-0001","outer_oi_id":"%s-1","name":"测试商品001号","qty":2,"price":1.10,"amount":2.20}`, number)
	if bad {
		items = ""
	}
	return fmt.Sprintf(`{"shop_id":10004,"so_id":%q,"order_date":"2024-05-01 09:00:00","shop_status":"WAIT_SELLER_SEND_GOODS",
		"pay_amount":12345678901234567.89,"remark":%q,"items":[%s]}`, number, remark, items), "10004/" + number
}

func (b *bench) refundRow(number, remark string, bad bool) (body, key string) {
	objects, _ := b.vendor.Objects("order")
	order := item.Of(objects[0])
	so := order.Field("so_id").Text()
	if bad {
		so = "SO-NOT-THERE"
	}
	shop := order.Field("shop_id").Text()
	return fmt.Sprintf(`{"shop_id":%s,"outer_as_id":%q,"so_id":%q,"type":"普通退货","shop_status":"WAIT_BUYER_RETURN_GOODS","good_status":"BUYER_RECEIVED",
		"l_id":%q,"refund":2.20,"items":[{"sku_id":"SKU-0001","qty":2,"amount":2.20,"type":"退货"}]}`, shop, number, so, remark), shop + "/" + number
}

func otherRow(number, remark string, _ bool) (body, key string) {
	return fmt.Sprintf(`{"external_id":%q,"type":"out","is_confirm":true,"remark":%q,"items":[{"sku_id":"SKU-0001","qty":2,"sale_price":1.10},{"sku_id":"SKU-0002","qty":1}]}`, number, remark), number
}
