package app_test

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"

	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/store/storetest"
)

// shop is a business in a MariaDB and a real Tryton that its documents go to and come back from.
type shop struct {
	*world
	db      *sql.DB
	address *url.URL
	tryton  *url.URL
	// front stands before Tryton and counts what it is asked.
	front *counting
	// own begins the codes of this test's records: Tryton keeps those of others.
	own string
}

// counting passes calls on and counts them by method.
type counting struct {
	mu    sync.Mutex
	calls map[string]int
}

// writes counts the calls since the last count that change something.
func (c *counting) writes() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for method, times := range c.calls {
		for _, end := range []string{".create", ".write", ".delete", ".quote", ".confirm", ".process"} {
			if strings.HasSuffix(method, end) {
				n += times
			}
		}
	}
	clear(c.calls)
	return n
}

func newShop(t *testing.T) *shop {
	t.Helper()
	address := os.Getenv("KAREZ_TEST_TRYTON")
	if os.Getenv("KAREZ_TEST_LONG") == "" || address == "" {
		t.Skip("a long test, of a real Tryton: `make test-long` starts one and names it in KAREZ_TEST_TRYTON")
	}
	s := &shop{world: &world{t: t, data: t.TempDir()}, front: &counting{calls: map[string]int{}}, own: fmt.Sprintf("A%d", time.Now().UnixNano()/1e6)}
	var err error
	s.tryton, err = url.Parse(address)
	s.must(err)
	s.address, err = url.Parse(storetest.MySQL(t))
	s.must(err)
	password, _ := s.address.User.Password()
	s.db, err = sql.Open("mysql", fmt.Sprintf("%s:%s@tcp(%s)%s?multiStatements=true", s.address.User.Username(), password, s.address.Host, s.address.Path))
	s.must(err)
	t.Cleanup(func() { _ = s.db.Close() })
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: s.tryton.Scheme, Host: s.tryton.Host})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.front.mu.Lock()
		s.front.calls[item.Of(body).Field("method").Text()]++
		s.front.mu.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	trytonPassword, _ := s.tryton.User.Password()
	s.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "DB_PASSWORD=" + password,
		"TRYTON_ADDRESS=" + front.URL, "TRYTON_PASSWORD=" + trytonPassword,
	}
	return s
}

func (s *shop) sql(statements string) {
	s.t.Helper()
	_, err := s.db.ExecContext(s.t.Context(), statements)
	s.must(err)
}

// texts gives the one row of a query as texts.
func (s *shop) texts(query string) string {
	s.t.Helper()
	rows, err := s.db.QueryContext(s.t.Context(), query)
	s.must(err)
	defer func() { _ = rows.Close() }() // read to its end below
	var out []string
	for rows.Next() {
		columns, err := rows.Columns()
		s.must(err)
		cells := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		s.must(rows.Scan(into...))
		texts := make([]string, len(cells))
		for i, cell := range cells {
			texts[i] = cell.String
		}
		out = append(out, strings.Join(texts, " "))
	}
	s.must(rows.Err())
	return strings.Join(out, "\n")
}

// The business: 30 customers, 12 products, 40 orders of one to four lines. Nothing in it is
// of a real one.
const (
	customers, goods, bought = 30, 12, 40
	business                 = `
CREATE TABLE customers (id BIGINT PRIMARY KEY, code VARCHAR(40) NOT NULL UNIQUE, name VARCHAR(200) NOT NULL, street VARCHAR(200), city VARCHAR(100), updated_at DATETIME NOT NULL);
CREATE TABLE goods (id BIGINT PRIMARY KEY, code VARCHAR(40) NOT NULL UNIQUE, name VARCHAR(200) NOT NULL, price DECIMAL(18,4) NOT NULL, updated_at DATETIME NOT NULL);
CREATE TABLE orders (id BIGINT PRIMARY KEY, no VARCHAR(40) NOT NULL UNIQUE, customer_id BIGINT NOT NULL, ordered_on DATE NOT NULL, updated_at DATETIME NOT NULL);
CREATE TABLE order_lines (order_id BIGINT, line INT, goods_id BIGINT NOT NULL, quantity INT NOT NULL, price DECIMAL(18,4) NOT NULL, PRIMARY KEY (order_id, line));
CREATE TABLE erp_sales (reference VARCHAR(40) PRIMARY KEY, number VARCHAR(40), customer VARCHAR(40), customer_name VARCHAR(200), sold_on DATE, state VARCHAR(20), total DECIMAL(18,2), lines_count INT);
CREATE TABLE erp_sale_lines (id BIGINT PRIMARY KEY, reference VARCHAR(40), product VARCHAR(40), quantity DECIMAL(18,4), price DECIMAL(18,4), amount DECIMAL(18,2));`
)

// stock fills the business.
func (s *shop) stock() {
	s.t.Helper()
	s.sql(business)
	var all strings.Builder
	for n := 1; n <= customers; n++ {
		fmt.Fprintf(&all, "INSERT INTO customers VALUES (%d, '%sC%03d', '示例客户 %d “有限”公司', '示例路 %d 号', '样城', '2026-01-05 10:%02d:00');\n", n, s.own, n, n, n, n)
	}
	for n := 1; n <= goods; n++ {
		fmt.Fprintf(&all, "INSERT INTO goods VALUES (%d, '%sP%03d', '示例商品 %d', %d.%04d, '2026-01-05 11:%02d:00');\n", n, s.own, n, n, n*7, n*1237%10000, n)
	}
	for n := 1; n <= bought; n++ {
		fmt.Fprintf(&all, "INSERT INTO orders VALUES (%d, '%sS%03d', %d, '2026-02-%02d', '2026-02-%02d 09:00:00');\n", n, s.own, n, n%customers+1, n%28+1, n%28+1)
		for line := 1; line <= n%4+1; line++ {
			quantity, price := n%9+line, (n+line)*10000+(n*331+line*17)%10000
			for quantity*price%100 == 50 { // halves of a cent are rounded to even by Tryton, and up by MariaDB
				price++
			}
			fmt.Fprintf(&all, "INSERT INTO order_lines VALUES (%d, %d, %d, %d, %d.%04d);\n", n, line, (n+line)%goods+1, quantity, price/10000, price%10000)
		}
	}
	s.sql(all.String())
}

const toTryton = `
apiVersion: karez/v1
kind: Flow
metadata: {id: %s, name: %s, title: %s}
spec:
%s  connections:
    shop: {connector: sql, settings: {driver: mysql, host: 127.0.0.1, port: %s, database: %s, user: %s, security: none, reach: local, timeZone: Asia/Shanghai}, secrets: {password: env:DB_PASSWORD}}
    erp: {connector: tryton, settings: {address: env:TRYTON_ADDRESS, database: %s, user: %s}, secrets: {password: env:TRYTON_PASSWORD}}
  nodes:
    - {id: span, type: window, settings: {lag: %s, lookBack: 10m}}
%s`

// The flows' ids.
const (
	partiesID  = "5b0f6a52-7a2e-4f6e-9d0c-2f6f1c1a0101"
	productsID = "5b0f6a52-7a2e-4f6e-9d0c-2f6f1c1a0102"
	salesID    = "5b0f6a52-7a2e-4f6e-9d0c-2f6f1c1a0103"
	backID     = "5b0f6a52-7a2e-4f6e-9d0c-2f6f1c1a0104"
	linesID    = "5b0f6a52-7a2e-4f6e-9d0c-2f6f1c1a0105"
)

const parties = `    - {id: rows, type: source, connection: shop, settings: {operation: table.changes, key: "{{id}}", number: "{{code}}", modified: "{{updated_at}}", startFrom: "2026-01-01 00:00:00", onSeen: revise, params: [{field: table, value: customers}, {field: column, value: updated_at}]}}
    - id: party
      type: map
      settings:
        fields:
          - {field: code, value: "{{code}}"}
          - {field: name, value: "{{name}}"}
          - field: addresses
            type: array
            children:
              - {field: street, value: "{{street}}"}
              - {field: city, value: "{{city}}"}
    - {id: tryton, type: target, connection: erp, settings: {operation: party.save, key: "{{code}}", onRevised: update}}
  edges: [{from: span, to: rows}, {from: rows, to: party}, {from: party, to: tryton}]
`

const products = `    - {id: rows, type: source, connection: shop, settings: {operation: table.changes, key: "{{id}}", number: "{{code}}", modified: "{{updated_at}}", startFrom: "2026-01-01 00:00:00", onSeen: revise, params: [{field: table, value: goods}, {field: column, value: updated_at}]}}
    - id: product
      type: map
      settings:
        fields:
          - {field: code, value: "{{code}}"}
          - {field: name, value: "{{name}}"}
          - {field: type, value: goods}
          - {field: default_uom, value: u}
          - {field: list_price, value: "{{price}}"}
          - {field: salable, value: "true"}
          - {field: sale_uom, value: u}
          - {field: account_category, value: Goods}
    - {id: tryton, type: target, connection: erp, settings: {operation: product.save, key: "{{code}}", onRevised: update}}
  edges: [{from: span, to: rows}, {from: rows, to: product}, {from: product, to: tryton}]
`

// sales looks the codes up that the other flows read: the rows have the shop's own ids only.
const sales = `    - id: rows
      type: source
      connection: shop
      settings:
        operation: query.changes
        key: "{{id}}"
        number: "{{no}}"
        modified: "{{updated_at}}"
        startFrom: "2026-01-01 00:00:00"
        regroup: {by: [updated_at, id, no, customer_id, ordered_on], lines: {into: lines, rest: true}}
        params:
          - {field: sql, value: "SELECT o.updated_at, o.id, o.no, o.customer_id, o.ordered_on, l.line, l.goods_id, l.quantity, l.price FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.updated_at >= :from AND o.updated_at <= :to"}
          - {field: orderBy, value: "updated_at, id, line"}
    - id: sale
      type: map
      settings:
        fields:
          - {field: reference, value: "{{no}}"}
          - {field: party, value: "_findCollection find code from parties where id={{customer_id}}", onMiss: park}
          - {field: sale_date, value: "{{ordered_on}}"}
          - field: lines
            type: array
            value: lines
            children:
              - {field: product, value: "_findCollection find code from products where id={{lines.goods_id}}", onMiss: park}
              - {field: quantity, value: "{{lines.quantity}}"}
              - {field: unit, value: u}
              - {field: unit_price, value: "{{lines.price}}"}
    - {id: tryton, type: target, connection: erp, settings: {operation: sale.save, key: "{{reference}}", rows: 10, lastStep: sale.process}}
  edges: [{from: span, to: rows}, {from: rows, to: sale}, {from: sale, to: tryton}]
`

const back = `    - {id: rows, type: source, connection: erp, settings: {operation: sale.query, startFrom: "%s", onSeen: revise, params: [{field: domain, value: '[["reference","like","%s%%"]]'}]}}
    - id: row
      type: map
      settings:
        fields:
          - {field: reference, value: "{{reference}}"}
          - {field: number, value: "{{number}}"}
          - {field: customer, value: "{{party.code}}"}
          - {field: customer_name, value: "{{party.name}}"}
          - {field: sold_on, value: "{{sale_date}}"}
          - {field: state, value: "{{state}}"}
          - {field: total, value: "{{total_amount}}"}
    - {id: table, type: target, connection: shop, settings: {operation: row.upsert, key: "{{reference}}", onRevised: update, params: [{field: table, value: erp_sales}]}}
  edges: [{from: span, to: rows}, {from: rows, to: row}, {from: row, to: table}]
`

const backLines = `    - {id: rows, type: source, connection: erp, settings: {operation: record.query, startFrom: "%s", onSeen: revise, params: [{field: model, value: sale.line}, {field: fields, value: "sale.reference,product.code,quantity,unit_price,amount"}, {field: domain, value: '[["sale.reference","like","%s%%"]]'}]}}
    - id: row
      type: map
      settings:
        fields:
          - {field: id, value: "{{id}}"}
          - {field: reference, value: "{{sale.reference}}"}
          - {field: product, value: "{{product.code}}"}
          - {field: quantity, value: "{{quantity}}"}
          - {field: price, value: "{{unit_price}}"}
          - {field: amount, value: "{{amount}}"}
    - {id: table, type: target, connection: shop, settings: {operation: row.upsert, key: "{{id}}", onRevised: update, params: [{field: table, value: erp_sale_lines}]}}
  edges: [{from: span, to: rows}, {from: rows, to: row}, {from: row, to: table}]
`

// runFlow runs one flow of the shop.
func (s *shop) runFlow(id, name, title, uses, lag, nodes string) outcome {
	s.t.Helper()
	s.flow = filepath.Join(s.t.TempDir(), name+".yaml")
	text := fmt.Sprintf(toTryton, id, name, title, uses, s.address.Port(), strings.Trim(s.address.Path, "/"), s.address.User.Username(),
		strings.Trim(s.tryton.Path, "/"), s.tryton.User.Username(), lag, nodes)
	s.must(os.WriteFile(s.flow, []byte(text), 0o600))
	got, err := s.run()
	s.must(err)
	if got.State != "done" || !got.Balanced || cmp.Or(got.Counts["rejected"], got.Counts["retry_at"], got.Counts["unmapped"], got.Counts["needs_decision"]) != 0 {
		s.t.Fatalf("%s: %+v", name, got)
	}
	s.t.Logf("%-9s %v", name, counted(got.Counts))
	return got
}

// counted are the counts that are not zero.
func counted(counts map[string]int) string {
	some := map[string]int{}
	for name, n := range counts {
		if n != 0 {
			some[name] = n
		}
	}
	text, _ := json.Marshal(some)
	return string(text)
}

// all runs all flows, one after the other, and gives what each delivered.
func (s *shop) all(started string) [5]int {
	s.t.Helper()
	return [5]int{
		s.runFlow(partiesID, "parties", "客户 → Tryton", "", "2m", parties).Counts["delivered"],
		s.runFlow(productsID, "products", "商品 → Tryton", "", "2m", products).Counts["delivered"],
		s.runFlow(salesID, "sales", "订单 → Tryton", "  uses: {parties: {flow: "+partiesID+"}, products: {flow: "+productsID+"}}\n", "2m", sales).Counts["delivered"],
		s.runFlow(backID, "back", "Tryton 销售单 → 数据库", "", "0s", fmt.Sprintf(back, started, s.own)).Counts["delivered"],
		s.runFlow(linesID, "lines", "Tryton 销售明细 → 数据库", "", "0s", fmt.Sprintf(backLines, started, s.own)).Counts["delivered"],
	}
}

// erp asks Tryton itself, past the connector, for records of this test.
func (s *shop) erp(model, domain, fields string) (rows []item.Value) {
	s.t.Helper()
	password, _ := s.tryton.User.Password()
	client, base := &http.Client{}, "http://"+s.tryton.Host+s.tryton.Path+"/"
	defer client.CloseIdleConnections()
	body := fmt.Sprintf(`{"id":1,"method":"model.%s.search_read","params":[%s,0,null,[["id","ASC"]],%s,{}]}`, model, domain, fields)
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base, strings.NewReader(body))
	s.must(err)
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth(s.tryton.User.Username(), password)
	res, err := client.Do(req)
	s.must(err)
	defer func() { _ = res.Body.Close() }() // read to its end below
	answer, err := io.ReadAll(res.Body)
	s.must(err)
	result := item.Of(answer).Field("result")
	if result.Kind() != item.Array {
		s.t.Fatalf("%s: %.300s", model, answer)
	}
	for row := range result.Elements() {
		rows = append(rows, row)
	}
	return rows
}

// TestMariaDBToTrytonAndBack: customers, goods and orders of a MariaDB become parties,
// products and processed sales of a real Tryton, which are read back into the MariaDB. Both
// sides then have the same numbers and amounts. What ran once writes nothing the second
// time, and a change travels alone.
func TestMariaDBToTrytonAndBack(t *testing.T) {
	t.Parallel()
	turn(t)
	s := newShop(t)
	s.stock()
	started := time.Now().UTC().Add(-time.Minute).Format(time.DateTime)
	lines := s.texts("SELECT COUNT(*) FROM order_lines")
	if got, want := fmt.Sprint(s.all(started)), fmt.Sprintf("[%d %d %d %d %s]", customers, goods, bought, bought, lines); got != want {
		t.Fatalf("delivered are %s, want %s", got, want)
	}
	s.front.writes()
	s.equal()

	before := s.snapshot()
	if got := s.all(started); got != [5]int{} {
		t.Errorf("the second run delivered %v", got)
	}
	if n := s.front.writes(); n != 0 {
		t.Errorf("the second run made %d writing calls to Tryton", n)
	}
	if after := s.snapshot(); after != before {
		t.Errorf("the second run changed something:\n%s\n%s", before, after)
	}

	s.sql("UPDATE customers SET name = '改名的客户', updated_at = UTC_TIMESTAMP() + INTERVAL 8 HOUR - INTERVAL 5 MINUTE WHERE id = 2")
	if got := s.all(started); got[0] != 1 || got[1]+got[2] != 0 {
		t.Errorf("one customer changed, and delivered are %v", got)
	}
	if got := s.erp("party.party", `[["code","=","`+s.own+`C002"]]`, `["name","addresses"]`); got[0].Field("name").Text() != "改名的客户" || len(got) != 1 || got[0].Path("addresses.1").Kind() != item.None {
		t.Errorf("%s", got[0].Raw())
	}
	s.equal()
}

// snapshot is what both sides hold, with the times of the last changes.
func (s *shop) snapshot() string {
	s.t.Helper()
	var out strings.Builder
	for _, model := range []string{"party.party", "product.template", "sale.sale"} {
		field := "code"
		if model == "sale.sale" {
			field = "reference"
		}
		for _, row := range s.erp(model, `[["`+field+`","like","`+s.own+`%"]]`, `["`+field+`","write_date","create_date"]`) {
			out.Write(row.Raw())
		}
	}
	out.WriteString(s.texts("SELECT * FROM erp_sales ORDER BY reference"))
	return out.String()
}

// equal compares the shop with what Tryton has and with what came back.
func (s *shop) equal() {
	s.t.Helper()
	bills := s.erp("sale.sale", `[["reference","like","`+s.own+`%"]]`, `["reference","number","state","total_amount","party.code","lines.quantity","lines.unit_price"]`)
	var there []string
	for _, bill := range bills {
		count := 0
		for range bill.Field("lines.").Elements() {
			count++
		}
		there = append(there, fmt.Sprintf("%s %s %s %d", bill.Field("reference").Text(), bill.Path("party..code").Text(), bill.Path("total_amount.decimal").Text(), count))
		if state := bill.Field("state").Text(); state != "processing" || bill.Field("number").Text() == "" {
			s.t.Errorf("the sale %s is %s and has the number %q", bill.Field("reference").Text(), state, bill.Field("number").Text())
		}
	}
	slices.Sort(there)
	want := s.texts("SELECT o.no, c.code, CAST(SUM(ROUND(l.quantity * l.price, 2)) AS DECIMAL(18,2)), COUNT(*) FROM orders o JOIN customers c ON c.id = o.customer_id JOIN order_lines l ON l.order_id = o.id GROUP BY o.id, o.no, c.code ORDER BY o.no")
	if got := strings.Join(there, "\n"); got != want {
		s.t.Errorf("Tryton has\n%s\nwant\n%s", got, want)
	}
	if got := s.texts("SELECT e.reference, e.customer, e.total, COUNT(l.id) FROM erp_sales e JOIN erp_sale_lines l ON l.reference = e.reference GROUP BY e.reference, e.customer, e.total ORDER BY e.reference"); got != want {
		s.t.Errorf("back came\n%s\nwant\n%s", got, want)
	}
	sums := s.texts("SELECT COUNT(*), SUM(quantity), SUM(quantity * price) FROM order_lines")
	if got := s.texts("SELECT COUNT(*), CAST(SUM(quantity) AS INT), CAST(SUM(quantity * price) AS DECIMAL(40,4)) FROM erp_sale_lines"); got != sums {
		s.t.Errorf("the lines sum up to %s, want %s", got, sums)
	}
	if dates := s.texts("SELECT COUNT(*) FROM orders o JOIN erp_sales e ON e.reference = o.no AND e.sold_on = o.ordered_on"); dates != fmt.Sprint(bought) {
		s.t.Errorf("%s of %d dates are the same", dates, bought)
	}
	s.t.Logf("both sides: %d sales; lines, quantity, amount %s", len(bills), sums)
}
