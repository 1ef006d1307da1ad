package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/wdtbox"
	"github.com/karezflow/karez/sdk/conformance"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
)

const day = 24 * time.Hour

// TestConformance is what every connector has to pass. There are no tokens that could expire.
// Rows of pages by time of change shift when one changes, so that the manifest has them read a
// second time; those by time of sending do not.
func TestConformance(t *testing.T) { // not parallel: the suite looks for goroutines
	b := newBench(t, fast())
	b.set(`{"strictParams":true}`)
	query := func(name, operation string, size int, from, to time.Duration, more, malformed string) connectortest.Query {
		q := connectortest.Query{Name: name, Operation: operation, Size: size, Malformed: []byte(malformed)}
		q.Range = &conformance.Range{From: start().Add(-from), To: start().Add(-to), Params: func(page connector.PageRef, from, to time.Time) []byte {
			return within(page, from, to, more)
		}}
		q.Params = func(page connector.PageRef) []byte { return q.Range.Params(page, q.Range.From, q.Range.To) }
		q.Rows = b.total(operation, q.Params(connector.PageRef{Size: 1}))
		return q
	}
	sent := query("stock-outs by time of sending", "stockout_order_query_trade", 100, 30*day, 0, `,"is_by_modified":0`, `{"page_no":0}`)
	sent.Shift = func(t connectortest.T) {
		t.Helper()
		stockouts, _ := b.vendor.Objects("stockout")
		var row struct {
			No string `json:"stockout_no"`
		}
		if err := json.Unmarshal(stockouts[len(stockouts)/2], &row); err != nil {
			t.Fatal(err)
		}
		b.set(`{"touch":"` + row.No + `"}`)
	}
	base := func(operation string, size int, malformed string) connectortest.Query {
		q := connectortest.Query{Operation: operation, Size: size}
		q.Params = func(page connector.PageRef) []byte {
			raw, err := json.Marshal(map[string]int{"page_no": page.Number, "page_size": page.Size})
			if err != nil {
				t.Error(err)
			}
			return raw
		}
		if malformed != "" {
			q.Malformed = []byte(malformed)
		}
		q.Rows = b.total(operation, []byte(`{"page_no":0,"page_size":100}`))
		return q
	}
	carriers := connectortest.Query{Operation: "logistics", Size: 100, Rows: 5, Params: func(connector.PageRef) []byte { return []byte(`{}`) }}
	tooLarge := `{"page_no":0,"page_size":101}`
	connectortest.Exercise(t, connectortest.Harness{
		Manifest: []byte(manifestYAML), Host: b.host, Wait: b.clock.Pass, Stall: b.calls.Stall,
		Secrets: []string{wdtbox.AppSecret, "not-the-secret"},
		Open: func(t connectortest.T) connector.Session {
			t.Helper()
			return b.open(nil)
		},
		OpenBad: func(t connectortest.T) connector.Session {
			t.Helper()
			return b.open(map[string]string{"appSecret": "not-the-secret"})
		},
		Queries: []connectortest.Query{
			query("", "trade_query", 20, time.Hour, 0, "", `{"page_no":0}`),
			query("stock-outs by time of change", "stockout_order_query_trade", 100, 30*day, 0, `,"is_by_modified":1`, `{"start_time":"2024-04-01","end_time":"2024-04-02"}`),
			sent,
			query("", "stockout_order_query", 8, 30*day, 0, "", `{"order_type":7}`),
			query("", "goods_query", 20, 30*day, 0, "", `{"barcode":"1"}`),
			base("shop", 2, tooLarge),
			base("warehouse_query", 4, tooLarge),
			carriers,
		},
		Writes: []connectortest.Write{
			{
				Operation: "trade_push", Params: []byte(`{"shop_no":"S001","switch":1}`), Row: order,
				BadRow:     func(n int) ([]byte, string) { return []byte(`{"tid":"bad"}`), "bad" },
				LoseAnswer: func(connectortest.T) { b.lose("trade_push") },
				Count:      func(_ connectortest.T, tid string) int { return b.count("raw_trade", "tid", tid) },
			},
			{
				Operation: "trade_push", Mode: connector.Update, Params: []byte(`{"shop_no":"S001","switch":1}`), Row: order,
				LoseAnswer: func(connectortest.T) { b.lose("trade_push") },
				Count:      func(_ connectortest.T, tid string) int { return b.count("raw_trade", "tid", tid) },
			},
			{
				Operation: "stockout_order_push", Row: func(n int) ([]byte, string) { return stockout(n, "") },
				LoseAnswer: func(connectortest.T) { b.lose("stockout_order_push") },
				Count:      func(_ connectortest.T, outer string) int { return b.count("other_stockout", "outer_no", outer) },
			},
		},
	})
}

// total asks the sandbox itself how many rows match.
func (b *bench) total(operation string, params []byte) int {
	b.t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(params, &fields); err != nil {
		b.t.Fatal(err)
	}
	texts := map[string]string{}
	for name, value := range fields {
		text, err := json.Marshal(value)
		if err != nil {
			b.t.Fatal(err)
		}
		if json.Unmarshal(text, new(string)) == nil {
			texts[name], _ = value.(string)
		} else {
			texts[name] = string(text)
		}
	}
	body, no := b.vendor.Call(wdtbox.Direct, operation, texts)
	if no != nil {
		b.t.Fatalf("%s: %+v", operation, no)
	}
	var answer struct {
		Total int `json:"total_count"`
	}
	if err := json.Unmarshal(append([]byte(`{"code":0`), append(body, '}')...), &answer); err != nil {
		b.t.Fatalf("%v in %.300s", err, body)
	}
	b.t.Logf("%s: %d rows", operation, answer.Total)
	return answer.Total
}
