package product_test

import (
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/nodes"
)

// parted sends large orders on line by line and others whole, to one target.
const parted = `
apiVersion: karez/v1
kind: Flow
metadata: {id: parted, title: Parted}
spec:
  nodes:
    - id: orders
      type: source
      connection: shop
      settings:
        operation: lists
        startFrom: "2026-01-01 00:00:00"
        key: "{{id}}"
        fields: [{field: ext, type: json}]
    - {id: sound, type: filter, settings: {lines: {path: lines, when: [[{field: lines.qty, logic: gt, value: "0"}]]}}}
    - id: ways
      type: switch
      settings:
        cases:
          - {port: large, title: 大额, when: [[{field: amount, logic: gt, value: "100"}]]}
          - {port: gift, when: [[{field: ext.kind, logic: eq, value: gift}]]}
    - {id: each, type: flatten, settings: {paths: [{path: lines, prefix: line_, index: row}]}}
    - {id: both, type: merge}
    - {id: bill, type: map, settings: {fields: [{field: "no", value: "{{id}}-{{row}}"}, {field: amount, value: "{{amount}}"}, {field: note, value: "{{line_sku}}{{ext.kind}}"}]}}
    - {id: erp, type: target, connection: erp, settings: {operation: bills, params: [{field: form, value: F1}]}}
    - {id: aside, type: discard}
  edges:
    - {from: orders, to: sound}
    - {from: sound, to: ways}
    - {from: ways.large, to: each}
    - {from: each, to: both}
    - {from: ways, to: both}
    - {from: ways.gift, to: aside}
    - {from: both, to: bill}
    - {from: bill, to: erp}
`

// The product's own nodes do together, compiled as every flow is, what each does by itself.
func TestNodesTogether(t *testing.T) {
	t.Parallel()
	docs, err := flow.Parse([]byte(parted))
	if err != nil {
		t.Fatal(err)
	}
	opts := enginetest.Options(t)
	opts.Types = flow.NewTypes(nodes.All()...)
	compiled, problems := compile.Flow(t.Context(), docs[0], opts)
	if compiled == nil {
		t.Fatalf("the flow has problems: %+v", problems)
	}
	for body, want := range map[string]string{
		`{"id":"a","amount":1000.10,"lines":[{"sku":"A","qty":1},{"sku":"B","qty":-1},{"sku":"C","qty":2}]}`: `[{"no":"a-1","amount":1000.10,"note":"A"},{"no":"a-2","amount":1000.10,"note":"C"}]`,
		`{"id":"b","amount":99.90,"lines":[{"sku":"A","qty":1}]}`:                                            `[{"no":"b-","amount":99.90}]`,
		`{"id":"c","amount":99.90,"ext":"{\"kind\":\"sale\"}"}`:                                              `[{"no":"c-","amount":99.90,"note":"sale"}]`,
		`{"id":"d","amount":1,"ext":"{\"kind\":\"gift\"}"}`:                                                  "",
		`{"id":"e","amount":1000,"lines":[{"sku":"A","qty":0}]}`:                                             "",
		`{"id":"f","amount":1000,"ext":"{\"kind\":\"gift\"}","lines":[]}`:                                    "",
	} {
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		seen, err := push.DryRun(t.Context(), push.Dry{Plan: compiled, Node: "orders", Body: []byte(body), Key: "k", From: at, To: at, Clock: func() time.Time { return at }})
		if err != nil {
			t.Fatal(err)
		}
		rows := ""
		for _, call := range seen.Calls {
			rows += string(call.Batch.Rows)
		}
		if rows != want {
			t.Errorf("%s: %s is written, want %s", body, rows, want)
		}
		for _, v := range seen.Visits {
			if v.Fault != nil {
				t.Errorf("%s fails at %s: %v", body, v.NodeID, v.Fault)
			}
		}
	}
}
