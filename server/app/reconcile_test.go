package app_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/server/store/storetest"
)

// The flows of the comparison: one carries orders into bills, the other only reads bills.
const (
	ordersToBills = `
apiVersion: karez/v1
kind: Flow
metadata: {id: 5b0f6a52-7a2e-4f6e-9d0c-2f6f1c1a0501, name: carry, title: 订单 → 应收单}
spec:
  nodes:
    - {id: orders, type: source, connection: shop, settings: {operation: table.rows, key: "{{id}}", number: "{{no}}", params: [{field: table, value: orders}, {field: numberColumn, value: no}]}}
    - {id: wanted, type: filter, settings: {conditions: [[{field: state, logic: neq, value: void}]]}}
    - {id: bill, type: map, settings: {fields: [{field: bill_no, value: "B{{no}}"}, {field: order_no, value: "{{no}}"}, {field: amount, value: "{{amount}}"}, {field: shop, value: "{{shop}}"}]}}
    - {id: bills, type: target, connection: shop, settings: {operation: row.insert, key: "{{bill_no}}", rows: 500, params: [{field: table, value: bills}]}}
  edges: [{from: orders, to: wanted}, {from: wanted.true, to: bill}, {from: bill, to: bills}]
`
	onlyBills = `
apiVersion: karez/v1
kind: Flow
metadata: {id: 5b0f6a52-7a2e-4f6e-9d0c-2f6f1c1a0502, name: look, title: 应收单}
spec:
  nodes:
    - {id: bills, type: source, connection: shop, settings: {operation: table.rows, key: "{{bill_no}}", number: "{{bill_no}}", params: [{field: table, value: bills}]}}
    - {id: none, type: discard}
  edges: [{from: bills, to: none}]
`
)

// compared is a comparison as the interface shows it.
type compared struct {
	ID      string         `json:"id"`
	State   string         `json:"state"`
	Message string         `json:"message"`
	Same    int            `json:"same"`
	Excused int            `json:"excused"`
	Counts  map[string]int `json:"counts"`
	Groups  []struct {
		Values []string `json:"values"`
	} `json:"groups"`
}

// TestReconciliation: of very many documents some are missing in the target, doubled or
// altered. All are found and nothing else, and exactly the missing are written again.
func TestReconciliation(t *testing.T) {
	address, err := url.Parse(storetest.MySQL(t))
	if err != nil {
		t.Fatal(err)
	}
	turn(t)
	documents := 2_000
	if os.Getenv("KAREZ_TEST_LONG") != "" {
		documents = 50_000
	}
	port, err := strconv.Atoi(address.Port())
	if err != nil {
		t.Fatal(err)
	}
	password, _ := address.User.Password()
	db, err := sql.Open("mysql", fmt.Sprintf("%s:%s@tcp(%s)%s?multiStatements=true", address.User.Username(), password, address.Host, address.Path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := &world{t: t, data: t.TempDir(), env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}}
	exec := func(statement string, args ...any) int64 {
		t.Helper()
		done, err := db.ExecContext(t.Context(), statement, args...)
		w.must(err)
		n, err := done.RowsAffected()
		w.must(err)
		return n
	}
	exec(`CREATE TABLE orders (id BIGINT PRIMARY KEY, no VARCHAR(40) NOT NULL UNIQUE, state VARCHAR(10) NOT NULL, amount DECIMAL(18,4) NOT NULL, shop VARCHAR(20) NOT NULL);
CREATE TABLE bills (bill_no VARCHAR(40) PRIMARY KEY, order_no VARCHAR(40) NOT NULL, amount DECIMAL(18,4) NOT NULL, shop VARCHAR(20) NOT NULL, made INT NOT NULL AUTO_INCREMENT UNIQUE);
INSERT INTO orders SELECT seq, CONCAT('SO', seq), IF(seq % 20 = 0, 'void', 'paid'), seq / 7, CONCAT('S', seq % 5) FROM seq_1_to_` + fmt.Sprint(documents))
	wanted := documents - documents/20

	s := w.serve()
	s.ask("POST", "/setup", map[string]string{"token": s.token, "name": "amy", "password": "correct horse"}, &ignored{})
	s.ask("POST", "/connections", map[string]any{"name": "shop", "connector": "sql", "secrets": map[string]string{"password": password}, "settings": map[string]any{
		"driver": "mysql", "host": address.Hostname(), "port": port, "database": strings.TrimPrefix(address.Path, "/"), "user": address.User.Username(),
		"security": "none", "reach": "local", "timeZone": "Asia/Shanghai",
	}}, &ignored{})
	ids := map[string]string{}
	for _, text := range []string{ordersToBills, onlyBills} {
		docs, err := flow.Parse([]byte(text))
		w.must(err)
		var made struct {
			ID       string         `json:"id"`
			Problems []flow.Problem `json:"problems"`
		}
		s.ask("POST", "/flows", map[string]any{"document": json.RawMessage(docs[0].JSON())}, &made)
		if flow.Blocking(made.Problems) {
			t.Fatalf("%+v", made.Problems)
		}
		s.ask("POST", "/flows/"+made.ID+"/publish", map[string]string{}, &ignored{})
		ids[docs[0].Metadata.Name] = made.ID
	}
	began := time.Now()
	var run struct{ ID string }
	s.ask("POST", "/flows/"+ids["carry"]+"/runs", nil, &run)
	s.watch(run.ID, "")
	t.Logf("%d of %d orders became bills in %s", wanted, documents, time.Since(began).Round(100*time.Millisecond))

	// Somebody works in the target by hand.
	var gone []string
	for i := range 10 {
		gone = append(gone, fmt.Sprintf("SO%d", 101+i*20))
		if exec("DELETE FROM bills WHERE order_no = ?", gone[i]) != 1 {
			t.Fatal("the bill to lose was not there")
		}
	}
	for i := range 5 {
		exec("INSERT INTO bills (bill_no, order_no, amount, shop) SELECT CONCAT(bill_no, '-2'), order_no, amount, shop FROM bills WHERE bill_no = ?", fmt.Sprintf("BSO%d", 1003+i*20))
	}
	for i := range 7 {
		exec("UPDATE bills SET amount = amount + 0.0001 WHERE bill_no = ?", fmt.Sprintf("BSO%d", 505+i*20))
	}
	exec("INSERT INTO orders VALUES (?, 'NEW', 'paid', 1, 'S1')", documents+1) // read after the run: never in the ledger
	gone = append(gone, "NEW")

	var check struct{ ID string }
	s.ask("POST", "/reconciliations", map[string]any{
		"title": "订单与应收单", "days": 30, "source": map[string]string{"flow": ids["carry"], "node": "orders"}, "target": map[string]string{"flow": ids["look"], "node": "bills"},
		"spec": map[string]any{
			"key":    map[string]string{"title": "单号", "source": "{{no}}", "target": "{{order_no}}"},
			"fields": []map[string]string{{"title": "金额", "source": "{{amount}}", "target": "{{amount}}", "kind": "number"}},
			"sums":   []map[string]string{{"title": "金额", "source": "{{amount}}", "target": "{{amount}}"}},
			"groups": []map[string]string{{"title": "店铺", "source": "{{shop}}", "target": "{{shop}}"}},
		},
	}, &check)
	compare := func() compared {
		t.Helper()
		began := time.Now()
		var c compared
		s.ask("POST", "/reconciliations/"+check.ID+"/runs", nil, &c)
		s.eventually("the comparison is over", func() bool {
			s.ask("GET", "/reconciliation-runs/"+c.ID, nil, &c)
			return c.State != "running"
		})
		if c.State != "done" {
			t.Fatalf("%+v", c)
		}
		t.Logf("compared in %s: %v", time.Since(began).Round(100*time.Millisecond), c.Counts)
		return c
	}
	first := compare()
	want := map[string]int{"missing": 11, "doubled": 5, "different": 7, "extra": 0}
	if fmt.Sprint(first.Counts) != fmt.Sprint(want) {
		t.Fatalf("found %v, want %v", first.Counts, want)
	}
	if first.Excused != documents/20 || first.Same != wanted-22 || len(first.Groups) != 5 {
		t.Errorf("%+v", first)
	}
	var missing struct {
		Items []struct{ Key, Document, State string }
	}
	s.ask("GET", "/reconciliation-runs/"+first.ID+"/findings?kind=missing", nil, &missing)
	var keys []string
	for _, f := range missing.Items {
		keys = append(keys, f.Key)
		if f.Key == "NEW" != (f.Document == "") {
			t.Errorf("%+v", f)
		}
	}
	slices.Sort(gone)
	if !slices.Equal(keys, gone) {
		t.Errorf("missing are %v, want %v", keys, gone)
	}
	var planned map[string]int
	s.ask("GET", "/reconciliation-runs/"+first.ID+"/missing", nil, &planned)
	if fmt.Sprint(planned) != "map[fetch:1 moved:0 restore:10 retry:0]" {
		t.Errorf("%v", planned)
	}

	// What is missing is written, and nothing else.
	var rows, last int
	w.must(db.QueryRowContext(t.Context(), "SELECT COUNT(*), MAX(made) FROM bills").Scan(&rows, &last))
	var repaired struct{ Runs, Jobs []string }
	s.ask("POST", "/reconciliation-runs/"+first.ID+"/repair", nil, &repaired)
	if len(repaired.Runs) != 1 || len(repaired.Jobs) != 1 {
		t.Fatalf("%+v", repaired)
	}
	s.eventually("what was missing is there", func() bool {
		var n int
		w.must(db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM bills WHERE made > ?", last).Scan(&n))
		return n == len(gone)
	})
	var made string
	w.must(db.QueryRowContext(t.Context(), "SELECT GROUP_CONCAT(order_no ORDER BY order_no) FROM bills WHERE made > ?", last).Scan(&made))
	if made != strings.Join(gone, ",") {
		t.Errorf("written are %s, want %v", made, gone)
	}
	if status := s.ask("POST", "/reconciliation-runs/"+first.ID+"/repair", nil, nil); status < 400 {
		t.Errorf("a second order is answered %d", status)
	}
	second := compare()
	want["missing"] = 0
	if fmt.Sprint(second.Counts) != fmt.Sprint(want) {
		t.Errorf("found %v, want %v", second.Counts, want)
	}
	var now int
	w.must(db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM bills").Scan(&now))
	if now != rows+len(gone) {
		t.Errorf("%d bills, want %d", now, rows+len(gone))
	}

	// A system that does not answer holds up neither the person who stops the comparison nor the next one.
	conn, err := db.Conn(t.Context())
	w.must(err)
	_, err = conn.ExecContext(t.Context(), "LOCK TABLES bills WRITE")
	w.must(err)
	var third compared
	s.ask("POST", "/reconciliations/"+check.ID+"/runs", nil, &third)
	for range 2 {
		s.ask("POST", "/reconciliation-runs/"+third.ID+"/cancel", nil, nil)
	}
	s.eventually("the comparison is stopped", func() bool {
		s.ask("GET", "/reconciliation-runs/"+third.ID, nil, &third)
		return third.State == "cancelled"
	})
	_, err = conn.ExecContext(t.Context(), "UNLOCK TABLES")
	w.must(err)
	w.must(conn.Close())
	_ = compare()
	t.Logf("%d documents: 10 lost, 1 never read, 5 doubled, 7 altered: found %v, none else; written again %s", documents, first.Counts, made)
}
