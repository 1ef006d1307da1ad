package main

import (
	"fmt"
	"testing"

	"github.com/karezflow/karez/plugins/http/sandbox"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
)

// TestConformance is what every connector has to pass.
func TestConformance(t *testing.T) { // not parallel: the suite looks for goroutines
	r := newRig(t)
	reading := func(name, operation, more string) connectortest.Query {
		return connectortest.Query{
			Name: name, Operation: operation, Size: 20, Rows: 57,
			Params: func(connector.PageRef) []byte {
				return []byte(`{"path":"/v1/orders","rows":"data"` + more + `}`)
			},
			Malformed: []byte(`{"path":"/v1/orders","rows":"data","colour":"red"}`),
		}
	}
	window := `,"updated_from":"2024-01-01T00:00:00Z","updated_to":"2024-05-01T04:00:00Z"`
	lose := func(t connectortest.T) {
		t.Helper()
		r.inject(`{"path":"/v1/orders","kind":"lost_answer","times":1}`)
	}
	failing := func(t connectortest.T) {
		t.Helper()
		r.set(`{"failAfter":1}`)
	}
	row := func(n int) ([]byte, string) {
		number := fmt.Sprintf("NEW-%04d", n)
		return []byte(order(number)), number
	}
	count := func(t connectortest.T, key string) int {
		t.Helper()
		return r.count(key)
	}
	ids := `"idPath":"id","numberPath":"number"`
	writing := func(name, operation, params string, lost func(connectortest.T)) connectortest.Write {
		return connectortest.Write{Name: name, Operation: operation, Params: []byte(params), Row: row, LoseAnswer: lost, Count: count}
	}
	connectortest.Exercise(t, connectortest.Harness{
		Manifest: []byte(manifestYAML), Host: r.host,
		Open: func(t connectortest.T) connector.Session {
			t.Helper()
			return r.open(nil)
		},
		OpenBad: func(t connectortest.T) connector.Session {
			t.Helper()
			return r.open(map[string]any{"token": "not-the-token"})
		},
		Secrets: []string{sandbox.Token, "not-the-token"},
		Wait:    r.clock.Pass,
		Queries: []connectortest.Query{
			reading("pages", readPages, `,"totalPath":"total","morePath":"has_more"`),
			reading("pages without a total", readPages, ``),
			reading("offset", readOffset, `,"totalPath":"total"`),
			reading("cursor", readCursor, ``),
			reading("link", readCursor, `,"cursorFrom":"link"`),
			{Name: "changed pages", Operation: changesPages, Size: 20, Rows: 57, Params: func(connector.PageRef) []byte {
				return []byte(`{"path":"/v1/orders","rows":"data","totalPath":"total"` + window + `}`)
			}},
			{Name: "changed offset", Operation: changesOffset, Size: 20, Rows: 57, Params: func(connector.PageRef) []byte {
				return []byte(`{"path":"/v1/orders","rows":"data"` + window + `}`)
			}},
			{Name: "changed cursor", Operation: changesCursor, Size: 20, Rows: 57, Params: func(connector.PageRef) []byte {
				return []byte(`{"path":"/v1/orders","rows":"data"` + window + `}`)
			}},
			{Name: "once", Operation: readOnce, Size: 100, Rows: 57, Params: func(connector.PageRef) []byte {
				return []byte(`{"path":"/v1/orders","rows":"data","limit":100}`)
			}},
			{Name: "changed once", Operation: changesOnce, Size: 100, Rows: 57, Params: func(connector.PageRef) []byte {
				return []byte(`{"path":"/v1/orders","rows":"data","limit":100` + window + `}`)
			}},
		},
		Writes: []connectortest.Write{
			writing("keyed, answer lost", writeKeyed, `{"path":"/v1/orders",`+ids+`}`, lose),
			writing("keyed, failing behind the work", writeKeyed, `{"path":"/v1/orders",`+ids+`}`, failing),
			writing("repeatable, answer lost", writeRepeated, `{"path":"/v1/orders/{number}",`+ids+`}`, lose),
			writing("repeatable, failing behind the work", writeRepeated, `{"path":"/v1/orders/{key}",`+ids+`}`, failing),
			writing("checked, answer lost", writeChecked, `{"path":"/v1/orders","probePath":"/v1/orders/{key}",`+ids+`}`, lose),
			writing("checked by a list", writeChecked, `{"path":"/v1/orders","probePath":"/v1/orders?number={key}","probeObject":"data",`+ids+`}`, failing),
			writing("not to be repeated", writeUnchecked, `{"path":"/v1/orders",`+ids+`}`, lose),
		},
	})
}
