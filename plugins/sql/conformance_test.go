package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
)

// TestConformance is what every connector has to pass, on every database.
func TestConformance(t *testing.T) { // not parallel: the suite looks for goroutines
	for dialect, address := range servers(t) {
		t.Run(string(dialect), func(t *testing.T) { conform(t, newRig(t, dialect, address)) })
	}
}

func conform(t *testing.T, r *rig) {
	t.Helper()
	r.table("CREATE TABLE orders (id {serial}, no VARCHAR(40) NOT NULL UNIQUE, amount DECIMAL(18,2) NOT NULL, note TEXT, changed {naive} NOT NULL, version BIGINT NOT NULL)")
	for n := range 57 {
		r.run(fmt.Sprintf("INSERT INTO orders (no, amount, changed, version) VALUES ('N%03d', %d.50, '2024-05-01 %02d:00:00', %d)", n, n, n/5, 1000+n))
	}
	r.table("CREATE TABLE bills (id {serial}, no VARCHAR(40) NOT NULL UNIQUE, amount DECIMAL(18,2) NOT NULL, qty INT NOT NULL)")
	r.table("CREATE TABLE fixed (no VARCHAR(40) PRIMARY KEY, amount DECIMAL(18,2) NOT NULL)")
	reading := func(name, operation, params, malformed string) connectortest.Query {
		q := connectortest.Query{Name: name, Operation: operation, Size: 20, Rows: 57, Params: func(connector.PageRef) []byte { return []byte(params) }}
		if malformed != "" {
			q.Malformed = []byte(malformed)
		}
		return q
	}
	window := `,"from":"2024-01-01 00:00:00","to":"2024-06-01 00:00:00"`
	queries := []connectortest.Query{
		reading("statement", queryAll, `{"sql":"SELECT * FROM orders","orderBy":"id"}`, `{"sql":"SELECT * FROM nothing"}`),
		reading("statement by two", queryAll, `{"sql":"SELECT no, amount, changed AS at FROM orders WHERE no > :low","low":"A","orderBy":["at","no"]}`, `{"sql":"SELECT * FROM orders; SELECT 1"}`),
		reading("changed statement", queryChanges, `{"sql":"SELECT * FROM orders WHERE changed >= :from AND changed <= :to","orderBy":"changed, id"`+window+`}`, `{"sql":"SELECT * FROM orders"`+window+`}`),
		reading("table", tableRows, `{"table":"orders"}`, `{"table":"nothing"}`),
		reading("changed rows", tableChanges, `{"table":"orders","column":"changed"`+window+`}`, `{"table":"orders","column":"nothing"`+window+`}`),
		reading("counted rows", tableChanges, `{"table":"orders","column":"version","columns":"no"`+window+`}`, ``),
		{Operation: listColumns, Size: 100, Rows: 6, Params: func(connector.PageRef) []byte { return []byte(`{"table":"orders"}`) }},
		{Operation: listTables, Size: 100, Rows: 3, Params: func(connector.PageRef) []byte { return []byte(`{}`) }},
	}
	row := func(n int) ([]byte, string) {
		return fmt.Appendf(nil, `{"no":"W%04d","amount":12.50,"qty":%d}`, n, n), fmt.Sprintf("W%04d", n)
	}
	bad := func(n int) ([]byte, string) {
		return fmt.Appendf(nil, `{"no":"W%04d","amount":12.505,"qty":%d}`, n, n), fmt.Sprintf("W%04d", n)
	}
	worse := func(n int) ([]byte, string) {
		return fmt.Appendf(nil, `{"no":"W%04d","amount":null,"qty":%d}`, n, n), fmt.Sprintf("W%04d", n)
	}
	count := func(table string) func(t connectortest.T, key string) int {
		return func(t connectortest.T, key string) int {
			t.Helper()
			return r.number("SELECT COUNT(*) FROM " + table + " WHERE no = '" + key + "'")
		}
	}
	lose := func(connectortest.T) { r.proxy.lose(commit, false) }
	plain := func(n int) ([]byte, string) {
		return fmt.Appendf(nil, `{"no":"F%04d","amount":1}`, n), fmt.Sprintf("F%04d", n)
	}
	there := func(n int) ([]byte, string) {
		r.run(fmt.Sprintf("INSERT INTO fixed (no, amount) VALUES ('U%04d', 0)", n))
		return fmt.Appendf(nil, `{"no":"U%04d","amount":2.25}`, n), fmt.Sprintf("U%04d", n)
	}
	byNo := []byte(`{"table":"bills","keyColumns":"no"}`)
	writes := []connectortest.Write{
		{Name: "insert", Operation: rowInsert, Params: byNo, Row: row, BadRow: bad, LoseAnswer: lose, Count: count("bills")},
		{Name: "insert by the primary key", Operation: rowInsert, Params: []byte(`{"table":"fixed"}`), Row: plain, LoseAnswer: lose, Count: count("fixed")},
		{Name: "upsert", Operation: rowUpsert, Params: byNo, Row: row, BadRow: worse, LoseAnswer: lose, Count: count("bills")},
		{Name: "upsert of what is there", Operation: rowUpsert, Mode: connector.Update, Params: []byte(`{"table":"fixed"}`), Row: there, LoseAnswer: lose, Count: count("fixed")},
		{Name: "update", Operation: rowUpdate, Mode: connector.Update, Params: []byte(`{"table":"fixed"}`), Row: there, LoseAnswer: lose, Count: count("fixed")},
	}
	connectortest.Exercise(t, connectortest.Harness{
		Manifest: []byte(manifestYAML), Host: r.host,
		Open: func(t connectortest.T) connector.Session {
			t.Helper()
			return r.open(nil)
		},
		OpenBad: func(t connectortest.T) connector.Session {
			t.Helper()
			return r.open(map[string]any{"password": "not-the-password"})
		},
		Secrets: []string{r.password, "not-the-password"},
		Queries: queries, Writes: writes, Stall: r.proxy.stall,
	})
	if lines, _ := r.host.Said(); strings.Contains(strings.Join(lines, ""), r.password) {
		t.Error("the password shows")
	}
}
