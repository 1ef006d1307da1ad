package main

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-jdy/sandbox"
	"github.com/karezflow/karez/sdk/conformance"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
)

const (
	aRow   = `{"billno":%q,"billdate":"2026-03-05","customerid_id":"1520000000000000001","custom_field__4__2obgp309axx5_number":"P1","material_entity":[{"materialid_id":"SKU-0001","stockid_id":"CK001","unit_id":"1520000000000000201","qty":2,"taxprice":12345678901234567.89,"is_free":false}]}`
	aRowV2 = `{"bill_no":%q,"bill_date":"2026-03-05","customer_id":"1520000000000000001","material_entity":[{"material_id":"1520000000000001001","stock_id":"1520000000000000101","unit_id":"1520000000000000201","qty":2,"tax_price":12345678901234567.89,"is_free":false}]}`
)

// TestConformance is what every connector has to pass, with either way in.
func TestConformance(t *testing.T) { // not parallel: the suite looks for goroutines
	for way, suite := range map[string]func(*bench) ([]connectortest.Query, []connectortest.Write){"login": firstGeneration, "gateway": secondGeneration} {
		t.Run(way, func(t *testing.T) {
			b := newBench(t, way)
			queries, writes := suite(b)
			connectortest.Exercise(t, connectortest.Harness{
				Manifest: manifestYAML, Host: b.host, Wait: b.clock.Pass, Queries: queries, Writes: writes,
				Secrets: []string{sandbox.ClientSecret, sandbox.Password, sandbox.AppSecret, "not-the-secret"},
				Open:    func(connectortest.T) connector.Session { return b.open() },
				OpenBad: func(connectortest.T) connector.Session {
					bad := *b
					bad.host = connectortest.NewHost(b.clock.Now)
					bad.given = maps.Clone(b.given)
					bad.given["clientSecret"] = "not-the-secret"
					return bad.open()
				},
				Expire: func(connectortest.T) { b.set("expireTokens", "true") },
			})
		})
	}
}

// ranged is a query by time over all its rows.
func (b *bench) ranged(operation, format string, rows int) connectortest.Query {
	of := func(page connector.PageRef, from, to time.Time) []byte {
		return fmt.Appendf(nil, format, from.UnixMilli(), to.UnixMilli(), page.Number, page.Size)
	}
	from, to := start().Add(-21*24*time.Hour), start()
	return connectortest.Query{
		Operation: operation, Size: 50, Rows: rows, Range: &conformance.Range{From: from, To: to, Params: of},
		Params:    func(page connector.PageRef) []byte { return of(page, from, to) },
		Malformed: of(connector.PageRef{Number: 1, Size: 50}, to, from),
	}
}

func (b *bench) touches(q connectortest.Query) connectortest.Query {
	q.Shift = func(connectortest.T) { b.set("touch", `"XSDD00000001"`) }
	return q
}

func (b *bench) saves(operation, format, path string) []connectortest.Write {
	lose := func(connectortest.T) { b.inject(`{"path":"` + path + `","kind":"lost_answer","times":1}`) }
	count := func(_ connectortest.T, number string) int { return len(b.stored(number)) }
	return []connectortest.Write{
		{
			Operation: operation, LoseAnswer: lose, Count: count,
			Row: func(n int) ([]byte, string) {
				number := fmt.Sprintf("N%03d", n)
				return fmt.Appendf(nil, format, number), number
			},
		},
		{
			Operation: operation, Mode: connector.Update, LoseAnswer: lose, Count: count,
			Row: func(n int) ([]byte, string) {
				number := fmt.Sprintf("U%03d", n)
				answer, err := b.write(operation, fmt.Sprintf(format, number))
				if err != nil || answer.Outcome != connector.Done {
					b.t.Fatalf("%+v %v", answer, err)
				}
				return fmt.Appendf(nil, `{"id":%q,"remark":"changed",%s`, answer.ID, fmt.Sprintf(format, number)[1:]), number
			},
		},
	}
}

func firstGeneration(b *bench) ([]connectortest.Query, []connectortest.Write) {
	const format = `{"starttime":%d,"endtime":%d,"page":%d,"pagesize":%d}`
	return []connectortest.Query{
		b.touches(b.ranged(listOrders, format, 230)),
		b.ranged("jdy/basedata/material_list", format, 400),
		{
			Operation: oneOrder, Size: 1, Rows: 1, Malformed: []byte(`{}`),
			Params: func(connector.PageRef) []byte { return []byte(`{"number":"XSDD00000002"}`) },
		},
	}, b.saves(saveOrder, aRow, "sal_order_save")
}

func secondGeneration(b *bench) ([]connectortest.Query, []connectortest.Write) {
	const format = `{"modify_start_time":%d,"modify_end_time":%d,"page":%d,"page_size":%d}`
	const older = `{"starttime":%d,"endtime":%d,"page":%d,"pagesize":%d}`
	return []connectortest.Query{
		b.touches(b.ranged(listOrdersV2, format, 230)),
		b.ranged("jdy/v2/bd/material", format, 400),
		b.ranged(listOrders, older, 230),
	}, append(b.saves(saveOrderV2, aRowV2, "/jdy/v2/scm/sal_order"), b.saves(saveOrder, aRow, "sal_order_save")[0])
}
