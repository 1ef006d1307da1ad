package product_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/engine/script"
	"github.com/karezflow/karez/nodes"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// The test binary is its own script worker, as the product's binary is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "script-worker" {
		os.Exit(script.RunWorker(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// workers compile scripts for plans as the product does.
type workers struct{ *script.Pool }

func (w workers) Compile(ctx context.Context, source string, params []byte, zone string) (node.Script, error) {
	s, err := w.Pool.Compile(ctx, source)
	if err != nil {
		return nil, err
	}
	return s.With(script.Env{Params: params, Zone: zone}), nil
}

func newWorkers(t *testing.T) workers {
	t.Helper()
	p := script.NewPool(script.Config{Command: []string{os.Args[0], "script-worker"}, Size: 1, Wall: 10 * time.Second, Kill: 20 * time.Second, Memory: 4 << 30})
	t.Cleanup(p.Close)
	return workers{p}
}

const scripted = `
apiVersion: karez/v1
kind: Flow
metadata: {id: scripted, title: Scripted}
spec:
  uses: {banks: {flow: bankflow}}
  params: [{key: org, default: "100"}]
  nodes:
    - {id: orders, type: source, connection: shop, settings: {operation: orders, startFrom: "2026-01-01 00:00:00", number: "{{no}}"}}
    - id: code
      type: script
      settings:
        lookups:
          - {name: shop, in: table, table: shops}
          - {name: bank, from: banks, source: rows, where: ["no", lines.kind], find: org, onMiss: empty}
        code: |
          function transform(doc, ctx) {
            ctx.vars.shop = ctx.lookup("shop", doc.shop)
            ctx.vars.bank = ctx.lookup("bank", {no: doc.bank, "lines.kind": ctx.vars.shop})
            ctx.vars.seen = [ctx.key, ctx.number, ctx.date.format(ctx.window.to), ctx.params.org].join()
            return doc
          }
    - {id: bill, type: map, settings: {fields: [{field: "no", value: "{{no}}"}, {field: amount, value: "{{amount}}"}, {field: note, value: "{{vars.shop}}/{{vars.bank}}/{{vars.seen}}"}]}}
    - {id: erp, type: target, connection: erp, settings: {operation: bills, key: "{{no}}", params: [{field: form, value: F1}]}}
  edges: [{from: orders, to: code}, {from: code, to: bill}, {from: bill, to: erp}]
`

// found answers look-ups by their first value and counts the rounds.
type found struct {
	values map[string]string
	rounds int
}

// Answer implements push.Lookups.
func (f *found) Answer(_ context.Context, _ ledger.ID, asked []item.Lookup) (map[string]lookup.Found, error) {
	f.rounds++
	all := map[string]lookup.Found{}
	for _, l := range asked {
		answer := lookup.Found{}
		if v, ok := f.values[l.Table+l.From+l.Where[0].Value]; ok {
			answer.Values = []item.Value{item.Of([]byte(v))}
		}
		all[l.Key()] = answer
	}
	return all, nil
}

// A script asks the engine, hands variables to later nodes and knows its document.
func TestAScriptInAFlow(t *testing.T) {
	t.Parallel()
	docs, err := flow.Parse([]byte(scripted))
	if err != nil {
		t.Fatal(err)
	}
	opts := enginetest.Options(t)
	opts.Types, opts.Scripts = flow.NewTypes(nodes.All()...), newWorkers(t)
	compiled, problems := compile.Flow(t.Context(), docs[0], opts)
	if compiled == nil {
		t.Fatalf("the flow has problems: %+v", problems)
	}
	if diff := cmp.Diff([]plan.Lookup{{Flow: "bankflow", Source: "rows", Paths: []string{"lines.kind", "no", "org"}}}, compiled.Lookups); diff != "" {
		t.Error(diff)
	}
	walk := func(body string) (rows, code string, rounds int) {
		t.Helper()
		answers := &found{values: map[string]string{"shopsS1": `"east"`, "bankflow.rows6222": `"north"`}}
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		seen, err := push.DryRun(t.Context(), push.Dry{
			Plan: compiled, Node: "orders", Body: []byte(body), Key: "k1", Number: "N1", From: at, To: at, Clock: func() time.Time { return at }, Lookups: answers,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range seen.Calls {
			rows += string(call.Batch.Rows)
		}
		for _, v := range seen.Visits {
			if v.Fault != nil {
				code += v.NodeID + " " + v.Fault.Code
			}
		}
		return rows, code, answers.rounds
	}
	rows, code, rounds := walk(`{"id":"1","no":"N1","shop":"S1","bank":6222,"amount":12345678901234567.89}`)
	if want := `[{"no":"N1","amount":12345678901234567.89,"note":"east/north/k1,N1,2026-01-02 11:04:05,100"}]`; rows != want || code != "" || rounds != 2 {
		t.Errorf("written %s, %s, in %d rounds", rows, code, rounds)
	}
	if rows, code, _ := walk(`{"id":"1","no":"N1","shop":"S9","bank":1}`); rows != "" || code != "code lookup.code_missing" {
		t.Errorf("written %s, %s", rows, code)
	}
	if rows, code, _ := walk(`{"id":"1","no":"N1","shop":"S1","bank":1,"amount":1}`); rows != `[{"no":"N1","amount":1,"note":"east//k1,N1,2026-01-02 11:04:05,100"}]` || code != "" {
		t.Errorf("written %s, %s", rows, code)
	}
}
