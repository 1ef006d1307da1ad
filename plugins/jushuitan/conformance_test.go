package main

import (
	"fmt"
	"testing"

	"github.com/karezflow/karez/plugins/jushuitan/sandbox"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
)

// TestConformance is what every connector has to pass.
func TestConformance(t *testing.T) { // not parallel: the suite looks for goroutines
	b := newBench(t, fast())
	window := span(6*day, 0)
	paged := func(page connector.PageRef) []byte {
		return fmt.Appendf(nil, `{%s,"page_index":%d,"page_size":%d}`, window, page.Number, page.Size)
	}
	total := func(operation string) int {
		page, err := b.open().Query(t.Context(), connector.QueryRequest{
			Operation: operation, Params: paged(connector.PageRef{Number: 1, Size: 1}), Page: connector.PageRef{Number: 1, Size: 1},
		})
		if err != nil || page.Total < 30 {
			t.Fatalf("%s has %d rows in the window: %v", operation, page.Total, err)
		}
		return page.Total
	}
	connectortest.Exercise(t, connectortest.Harness{
		Manifest: []byte(manifestYAML),
		Open: func(t *testing.T) connector.Session {
			t.Helper()
			return b.open()
		},
		OpenBad: func(t *testing.T) connector.Session {
			t.Helper()
			good := b.secrets
			defer func() { b.secrets = good }()
			b.secrets = map[string]string{"appSecret": "not-the-secret"}
			return b.open()
		},
		Secrets: []string{sandbox.AppSecret, "not-the-secret"},
		Wait:    b.clock.Pass,
		Queries: []connectortest.Query{
			{
				Operation: "refund.single.query", Size: 20, Rows: total("refund.single.query"), Params: paged,
				Malformed: fmt.Appendf(nil, `{%s,"page_index":1,"page_size":51}`, window),
			},
			{
				Operation: "orders.single.query", Size: 20, Rows: total("orders.single.query"), Params: paged,
				Malformed: []byte(`{"page_index":1,"page_size":10}`),
			},
		},
	})
}
