package compile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/plan/compile"
)

// taking is a flow that takes documents of others.
const taking = `
apiVersion: karez/v1
kind: Flow
metadata: {id: next, title: Next}
spec:
  params: [{key: prefix, default: N-}]
  uses: {orders: {flow: id-1}, open: {flow: ""}}
  nodes:
    - {id: in, type: inlet, settings: {SETTINGS}}
    - {id: bill, type: map, settings: {fields: [{field: "no", value: "{{no}}"}, {field: amount, value: "{{amount}}"}]}}
    - {id: erp, type: target, connection: erp, settings: {operation: bills, params: [{field: form, value: F1}]}}
  edges: [{from: in, to: bill}, {from: bill, to: erp}]
`

func compileText(t *testing.T, text string, flows compile.Flows) (*plan.Plan, []string) {
	t.Helper()
	docs, err := flow.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	opts := enginetest.Options(t)
	opts.Flows = flows
	p, found := compile.Flow(t.Context(), docs[0], opts)
	var problems []string
	for _, f := range found {
		problems = append(problems, f.Code+" "+f.Path)
	}
	return p, problems
}

func TestInlet(t *testing.T) {
	t.Parallel()
	const at = "spec.nodes[0].settings"
	cases := map[string]struct {
		settings string
		problems []string
		read     *plan.Reading
	}{
		"takes":                          {"", nil, nil},
		"reads":                          {"from: orders", nil, &plan.Reading{Flow: "id-1", Source: "rows", States: []string{"delivered", "collected"}}},
		"reads a node in states":         {"from: orders, source: rows, states: [rejected]", nil, &plan.Reading{Flow: "id-1", Source: "rows", States: []string{"rejected"}}},
		"reads a node behind a dot":      {"from: orders.rows", nil, &plan.Reading{Flow: "id-1", Source: "rows", States: []string{"delivered", "collected"}}},
		"reads from a moment on":         {"from: orders, startFrom: 2026-01-02 00:00:00", nil, &plan.Reading{Flow: "id-1", Source: "rows", States: []string{"delivered", "collected"}, StartFrom: time.Date(2026, 1, 2, 0, 0, 0, 0, enginetest.Zone())}},
		"reads a node that is not there": {"from: orders, source: none", []string{"lookup.source_missing " + at + ".from"}, nil},
		"an alias of nothing":            {"from: nobody", []string{"flow.unknown_alias " + at + ".from", "lookup.flow_missing " + at + ".from"}, nil},
		"conditions about nothing":       {"conditions: [[{field: a, logic: eq, value: b}]]", []string{"setting.required " + at + ".from"}, nil},
		"a key that says nothing":        {`key: "{{}}"`, []string{"value.syntax " + at + ".key"}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(strings.Replace(taking, "SETTINGS", c.settings, 1), `, open: {flow: ""}`, "", 1)
			p, problems := compileText(t, text, others{"id-1": {"rows"}})
			if diff := cmp.Diff(c.problems, problems); diff != "" {
				t.Fatal(diff)
			}
			if len(c.problems) > 0 {
				return
			}
			in := p.Inlet("in")
			if in == nil || p.Inlet("") != in || p.Inlet("bill") != nil || in.Read != nil && in.Read.Conditions != nil {
				t.Fatalf("inlets are %+v", p.Inlets)
			}
			if diff := cmp.Diff(c.read, in.Read); diff != "" {
				t.Error(diff)
			}
			entry, ok := p.Entry("in")
			if !ok || entry.DefaultPort != "out" || len(entry.Next) != 1 || p.Steps[entry.Next[0]].NodeID != "bill" || entry.NodeNo != 1 {
				t.Errorf("documents enter by %+v", entry)
			}
			if _, ok := p.Entry("bill"); ok {
				t.Error("documents enter by the mapping")
			}
		})
	}
}

func TestHandOverProblems(t *testing.T) {
	t.Parallel()
	const at = "spec.nodes[7].settings."
	cases := map[string]struct {
		settings string
		problems []string
	}{
		"all there is":          {"to: one", nil},
		"a node":                {"to: many.in2, document: true", nil},
		"fields":                {`to: one, document: [{field: a, value: "{{primaryWriteback.id}}"}]`, nil},
		"beside what is kept":   {`store: [{field: id, value: "{{Id}}"}], to: one`, nil},
		"a flow nobody knows":   {"to: unknown", nil},
		"an alias of nothing":   {"to: nobody", []string{"flow.unknown_alias " + at + "to"}},
		"a flow that is gone":   {"to: gone", []string{"handover.flow_missing " + at + "to"}},
		"a flow without inlet":  {"to: none", []string{"handover.no_inlet " + at + "to"}},
		"one of several inlets": {"to: many", []string{"handover.inlet_open " + at + "to"}},
		"no such inlet":         {"to: many.x", []string{"handover.inlet_missing " + at + "to"}},
		"a field that fails":    {`to: one, document: [{field: a, value: "{{}}"}]`, []string{"value.syntax " + at + "document[0].value"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			uses := "uses: {one: {flow: id-1}, many: {flow: id-2}, none: {flow: id-3}, gone: {flow: id-9}, unknown: {flow: unknown}}\n  nodes:"
			text := strings.NewReplacer("nodes:", uses, `settings: {store: [{field: id, value: "{{Id}}"}, {field: "no", value: "{{Number}}"}, {field: order, value: "{{id}}"}]}`,
				"settings: {"+c.settings+"}").Replace(enginetest.Job)
			p, problems := compileText(t, text, others{"id-1": {"in"}, "id-2": {"in", "in2"}, "id-3": {"rows"}})
			if diff := cmp.Diff(c.problems, problems); diff != "" {
				t.Fatal(diff)
			}
			if len(c.problems) > 0 {
				return
			}
			var w *plan.Writeback
			for _, s := range p.Steps {
				if s.Writeback != nil {
					w = s.Writeback
				}
			}
			alias, node, _ := strings.Cut(strings.TrimSuffix(strings.Fields(strings.SplitN(c.settings, "to: ", 2)[1])[0], ","), ".")
			if w.Hand == nil || w.Hand.Flow != p.Flow.Spec.Uses[alias].Flow || w.Hand.Node != node {
				t.Errorf("it hands over to %+v", w.Hand)
			}
			if (w.Hand.Document != nil) != strings.Contains(c.settings, "[{field: a") || (w.Store != nil) != strings.Contains(c.settings, "store") {
				t.Errorf("it keeps %v and hands over %v", w.Store, w.Hand.Document)
			}
		})
	}
}
