package main

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/conformance"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
)

// TestConformance is what every connector has to pass, at a real Tryton.
func TestConformance(t *testing.T) { // not parallel: the suite looks for goroutines
	t.Run("real server", func(t *testing.T) { conform(t, newRig(t)) })
}

func conform(t *testing.T, r *rig) {
	t.Helper()
	var parties, products, sales []string
	for n := range 47 {
		parties = append(parties, fmt.Sprintf(`{"code":"%sC%02d","name":"客户 %d","addresses":[{"street":"一路 %d 号","city":"上海"}]}`, r.own, n, n, n))
	}
	ids := r.done(connector.Create, "party.save", `{}`, parties...)
	for n := range 25 {
		products = append(products, product(fmt.Sprintf("%sP%02d", r.own, n)))
	}
	r.done(connector.Create, "product.save", `{}`, products...)
	for n := range 23 {
		sales = append(sales, r.sale(fmt.Sprintf("%sS%02d", r.own, n), n))
	}
	r.done(connector.Create, "sale.save", `{}`, sales...)
	middle := time.Now().UTC().Truncate(time.Second)
	for time.Now().Before(middle.Add(1100 * time.Millisecond)) { // what is changed next is so a second later
		r.rows("party.query", `{"numbers":["nothing"]}`, 1)
	}
	for i, id := range ids[:20] {
		r.done(connector.Update, "party.save", `{}`, fmt.Sprintf(`{"id":%s,"name":"改名 %d"}`, id, i))
	}
	from, to := middle.Add(-time.Minute), middle.Add(time.Minute)
	query := func(operation, own, field string, rows int) connectortest.Query {
		params := func(_ connector.PageRef, from, to time.Time) []byte {
			return fmt.Appendf(nil, `{"domain":[[%q,"like","%s%s%%"]],"from":%q,"to":%q}`, field, r.own, own, from.UTC().Format(time.DateTime), to.UTC().Format(time.DateTime))
		}
		return connectortest.Query{
			Operation: operation, Size: 10, Rows: rows, Malformed: []byte(`{"from":"yesterday","to":"2026-01-01 00:00:00"}`),
			Params: func(at connector.PageRef) []byte { return params(at, from, to) },
		}
	}
	changed := query("party.query", "C", "code", 47)
	changed.Range = &conformance.Range{From: middle.Add(-time.Minute), To: middle.Add(time.Minute), Params: func(_ connector.PageRef, from, to time.Time) []byte {
		return fmt.Appendf(nil, `{"domain":[["code","like","%sC%%"]],"from":%q,"to":%q}`, r.own, from.UTC().Format(time.DateTime), to.UTC().Format(time.DateTime))
	}}
	changed.Shift = func(t connectortest.T) {
		t.Helper()
		r.done(connector.Update, "party.save", `{}`, fmt.Sprintf(`{"id":%s,"name":"又改名"}`, ids[40]))
	}
	record := connectortest.Query{
		Operation: "record.query", Size: 20, Rows: 47, Malformed: []byte(`{"model":"party.nothing"}`),
		Params: func(connector.PageRef) []byte {
			return fmt.Appendf(nil, `{"model":"party.address","fields":"street,city,party.code","domain":[["party.code","like","%sC%%"]]}`, r.own)
		},
	}
	lose := func(method string) func(connectortest.T) {
		return func(connectortest.T) { r.server.loses(method) }
	}
	count := func(operation, field string) func(connectortest.T, string) int {
		return func(_ connectortest.T, key string) int {
			rows, _ := r.rows(operation, fmt.Sprintf(`{%q:%q,"fields":"rec_name"}`, field, key), 10)
			return len(rows)
		}
	}
	write := func(operation, field string, row func(key string, n int) string, bad func(key string) string) connectortest.Write {
		key := func(n int) string { return fmt.Sprintf("%s%sW%04d", r.own, operation[:2], n) }
		return connectortest.Write{
			Operation: operation, LoseAnswer: lose(".create"), Count: count(operation[:len(operation)-5]+".query", field),
			Row:    func(n int) ([]byte, string) { return []byte(row(key(n), n)), key(n) },
			BadRow: func(n int) ([]byte, string) { return []byte(bad(key(n))), key(n) },
		}
	}
	rename := connectortest.Write{
		Operation: "party.save", Mode: connector.Update, LoseAnswer: lose(".write"),
		Row: func(n int) ([]byte, string) {
			code := fmt.Sprintf("%sU%04d", r.own, n)
			id := r.done(connector.Create, "party.save", `{}`, fmt.Sprintf(`{"code":%q,"name":"旧"}`, code))[0]
			return fmt.Appendf(nil, `{"id":%s,"code":%q,"name":"新 %d"}`, id, code, n), code
		},
	}
	connectortest.Exercise(t, connectortest.Harness{
		Manifest: manifestYAML, Host: r.host, Wait: func(time.Duration) {},
		Open: func(t connectortest.T) connector.Session {
			t.Helper()
			return r.openWith(r.password, r.host)
		},
		OpenBad: func(t connectortest.T) connector.Session {
			t.Helper()
			// Tryton takes no log-ins of a user for a while after some that failed: not of ours.
			other := *r
			other.settings = maps.Clone(r.settings)
			other.settings["user"] = "somebody" + r.own
			return other.openWith("not-the-password", connectortest.NewHost(r.clock.Now))
		},
		Secrets: []string{r.password, "not-the-password"},
		Stall:   r.server.stall, Expire: func(t connectortest.T) { t.Helper(); r.server.expire(t, r.settings["database"].(string)) },
		Queries: []connectortest.Query{changed, query("product.query", "P", "code", 25), query("sale.query", "S", "reference", 23), record},
		Writes: []connectortest.Write{
			write("party.save", "code", func(key string, n int) string { return fmt.Sprintf(`{"code":%q,"name":"伙伴 %d"}`, key, n) },
				func(key string) string { return fmt.Sprintf(`{"code":"%sC00","name":%q}`, r.own, key) }),
			rename,
			write("product.save", "code", func(key string, _ int) string { return product(key) },
				func(key string) string {
					return fmt.Sprintf(`{"code":%q,"name":"无单位","default_uom":{"symbol":"没有"},"list_price":1}`, key)
				}),
			write("sale.save", "reference", r.sale, func(key string) string {
				return fmt.Sprintf(`{"reference":%q,"party":{"code":"nobody"},"lines":[]}`, key)
			}),
		},
	})
}

// product is a row of a product that can be sold.
func product(code string) string {
	return fmt.Sprintf(`{"code":%q,"name":"商品 %s","type":"goods","default_uom":{"symbol":"u"},"list_price":19.9000,"salable":true,"sale_uom":{"symbol":"u"},"account_category":{"name":"Goods"}}`, code, code)
}

// sale is a row of a sale to one of the rig's parties.
func (r *rig) sale(reference string, n int) string {
	return fmt.Sprintf(`{"reference":%q,"party":{"code":"%sC%02d"},"sale_date":"2026-03-01","lines":[`+
		`{"product":{"code":"%sP01"},"quantity":2,"unit":{"symbol":"u"},"unit_price":10.0050},`+
		`{"product":{"code":"%sP02"},"quantity":%d,"unit":{"symbol":"u"},"unit_price":3.33}]}`, reference, r.own, n%47, r.own, r.own, n%7+1)
}
