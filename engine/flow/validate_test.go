package flow_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/nodetest"
)

// TestTheExampleHasNoProblems holds for the flow that the documentation shows.
func TestTheExampleHasNoProblems(t *testing.T) {
	t.Parallel()
	d := one(t, string(read(t, "refund.yaml")))
	if found := flow.Validate(d, types(), flow.Options{}); len(found) != 0 {
		t.Errorf("problems: %v", problems(found))
	}
}

// TestEveryProblemIsListed pins codes, paths, words and order for a draft in
// which nearly everything is wrong at once.
func TestEveryProblemIsListed(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"broken.yaml", "unreadable.yaml"} {
		d := one(t, string(read(t, file)))
		nodetest.Golden(t, "testdata/"+file+".problems.golden", flow.Validate(d, types(), flow.Options{}))
	}
}

// good has every structure that a flow may have.
const good = `
apiVersion: karez/v1
kind: Flow
metadata: {title: T}
spec:
  settings: {priority: low, timezone: Asia/Shanghai, concurrency: 64}
  triggers: [{schedule: "*/10 * * * *"}, {after: [banks]}, {manual: true}]
  params: [{key: orgCode, type: string, default: "100"}]
  uses: {banks: {flow: f1}}
  connectors: {jushuitan: "1.2"}
  operations: {"q#F": {}}
  nodes:
    - {id: span, type: window}
    - {id: pages, type: paginate}
    - {id: src, type: source, connection: jst, settings: {operation: q, key: "{{id}}"}}
    - {id: only, type: filter, settings: {conditions: [[{field: a, logic: eq, value: 1}]]}}
    - {id: bill, type: map, settings: {fields: [{field: a, value: b}]}}
    - {id: out, type: target, connection: k3, settings: {operation: w}}
    - {id: back, type: writeback, settings: {store: [{field: id, value: "{{Id}}"}]}}
    - {id: bin, type: discard}
  edges: [{from: span, to: pages}, {from: pages, to: src}, {from: src, to: only}, {from: only, to: bill}, {from: only.false, to: bin}, {from: bill, to: out.in}, {from: out.done, to: back}, {from: out.error, to: bin}]
  tests: [{name: t1, node: bill, input: {a: 1}, expect: {outputs: []}}, {name: t2, node: only, input: {}, expect: {fault: {code: x}}}]
  layout: {}
`

// TestValidate breaks the good flow in one place a case.
func TestValidate(t *testing.T) {
	t.Parallel()
	const edges = "edges: ["
	cases := []struct {
		name, old, broken string
		want              []string
	}{
		{"all is well", "", "", nil},

		// head
		{"another version", "karez/v1", "karez/v9", []string{"flow.api_version at apiVersion"}},
		{"no version", "apiVersion: karez/v1\n", "", []string{"flow.api_version at apiVersion"}},
		{"another kind", "kind: Flow", "kind: Flaw", []string{"flow.kind at kind"}},
		{"no title", "{title: T}", "{title: ' '}", []string{"flow.title_missing at metadata.title"}},
		{"a name instead of a title", "{title: T}", "{name: t}", nil},
		{"an unknown member", "kind: Flow", "kind: Flow\nowner: me", []string{"flow.unknown_member at owner"}},
		{"an unknown member of spec", "  layout: {}", "  layout: {}\n  graph: {}", []string{"flow.unknown_member at spec.graph"}},
		{"a layout that is no object", "layout: {}", "layout: [1]", []string{"flow.wrong_type at spec.layout"}},

		// settings
		{"no priority", "priority: low", "priority: urgent", []string{"flow.priority at spec.settings.priority"}},
		{"no zone", "Asia/Shanghai", "Asia/Atlantis", []string{"flow.timezone at spec.settings.timezone"}},
		{"the server's zone", "Asia/Shanghai", "Local", []string{"flow.timezone at spec.settings.timezone"}},
		{"too much at once", "concurrency: 64", "concurrency: 65", []string{"flow.concurrency at spec.settings.concurrency"}},
		{"less than nothing", "concurrency: 64", "concurrency: -1", []string{"flow.concurrency at spec.settings.concurrency"}},
		{"no number", "concurrency: 64", "concurrency: lots", []string{"flow.wrong_type at spec.settings.concurrency"}},
		{"a fraction", "concurrency: 64", "concurrency: 1.5", []string{"flow.wrong_type at spec.settings.concurrency"}},

		// triggers
		{"a schedule with seconds", "*/10 * * * *", "0 */10 * * * *", []string{"trigger.schedule at spec.triggers[0].schedule"}},
		{"no schedule", "*/10 * * * *", "often", []string{"trigger.schedule at spec.triggers[0].schedule"}},
		{"minute 61", "*/10 * * * *", "61 * * * *", []string{"trigger.schedule at spec.triggers[0].schedule"}},
		{"a step of nothing", "*/10 * * * *", "*/0 * * * *", []string{"trigger.schedule at spec.triggers[0].schedule"}},
		{"a tag", "*/10 * * * *", "@hourly", nil},
		{"every second", "*/10 * * * *", "@everysecond", []string{"trigger.schedule at spec.triggers[0].schedule"}},
		{"names of days", "*/10 * * * *", "0 8-20 * * MON-FRI", nil},
		{"two in one", "{manual: true}", "{manual: true, after: [banks]}", []string{"trigger.ambiguous at spec.triggers[2]"}},
		{"none in one", "{manual: true}", "{manual: false}", []string{"trigger.ambiguous at spec.triggers[2]"}},
		{"an unknown alias", "after: [banks]", "after: [banks, shops]", []string{"flow.unknown_alias at spec.triggers[1].after[1]"}},
		{"an alias that is no text", "after: [banks]", "after: [banks, 7]", []string{"flow.wrong_type at spec.triggers[1].after[1]"}},

		// params
		{"a bad key", "key: orgCode", "key: org-code", []string{"param.key at spec.params[0].key"}},
		{"no key", "key: orgCode, ", "", []string{"param.key at spec.params[0].key"}},
		{"no type", "type: string", "type: float", []string{"param.type at spec.params[0].type"}},
		{"a whole number", `type: string, default: "100"`, "type: int, default: 100", nil},
		{"no whole number", `type: string, default: "100"`, "type: int, default: 1.5", []string{"param.default at spec.params[0].default"}},
		{"a decimal", `type: string, default: "100"`, "type: decimal, default: '0.10'", nil},
		{"no decimal", `type: string, default: "100"`, "type: decimal, default: ten", []string{"param.default at spec.params[0].default"}},
		{"yes", `type: string, default: "100"`, "type: bool, default: true", nil},
		{"no yes or no", `type: string, default: "100"`, "type: bool, default: 2", []string{"param.default at spec.params[0].default"}},
		{"a date", `type: string, default: "100"`, "type: date, default: 2024-05-01", nil},
		{"no date", `type: string, default: "100"`, "type: date, default: May", []string{"param.default at spec.params[0].default"}},
		{"a time", `type: string, default: "100"`, "type: datetime, default: 2024-05-01 08:00:00", nil},
		{"no time", `type: string, default: "100"`, "type: datetime, default: noon", []string{"param.default at spec.params[0].default"}},
		{"a list as default", `default: "100"`, "default: [1]", []string{"param.default at spec.params[0].default"}},
		{"twice", "params: [", "params: [{key: orgCode}, ", []string{"param.duplicate at spec.params[1].key"}},

		// uses, connectors, operations
		{"a bad alias", "uses: {banks: {flow: f1}", "uses: {banks: {flow: f1}, b-2: {flow: f2}", []string{"flow.alias at spec.uses.b-2"}},
		{"an open alias", "{flow: f1}", "{title: 银行}", []string{"flow.alias_unbound at spec.uses.banks.flow"}},
		{"an alias that is a text", "{flow: f1}", "f1", []string{"flow.wrong_type at spec.uses.banks"}},
		{"no version pin", `jushuitan: "1.2"`, `jushuitan: newest`, []string{"flow.version at spec.connectors.jushuitan"}},
		{"a version that is a number", `jushuitan: "1.2"`, `jushuitan: 1.2`, []string{"flow.wrong_type at spec.connectors.jushuitan"}},
		{"an operation that is a text", `"q#F": {}`, `"q#F": q`, []string{"flow.wrong_type at spec.operations.q#F"}},

		// nodes
		{"a bad id", "{id: bin,", "{id: Bin,", []string{"node.id at spec.nodes[7].id", "~node.unreachable at spec.nodes[7]", "edge.dangling at spec.edges[4].to", "edge.dangling at spec.edges[7].to"}},
		{"no id", "{id: bin, type", "{type", []string{"node.id at spec.nodes[7].id", "edge.dangling at spec.edges[4].to", "edge.dangling at spec.edges[7].to"}},
		{"an id with a dot", "{id: span,", "{id: s.pan,", []string{"node.id at spec.nodes[0].id", "~node.unreachable at spec.nodes[0]", "edge.dangling at spec.edges[0].from"}},
		{"the same id", "{id: bin,", "{id: back,", []string{"node.id_repeated at spec.nodes[7].id", "edge.dangling at spec.edges[4].to", "edge.dangling at spec.edges[7].to"}},
		{"an unknown type", "type: discard", "type: bucket", []string{"node.unknown_type at spec.nodes[7].type"}},
		{"no type", "{id: bin, type: discard}", "{id: bin}", []string{"node.unknown_type at spec.nodes[7].type"}},
		{"a type that is no text", "type: discard", "type: 7", []string{"flow.wrong_type at spec.nodes[7].type"}},
		{"an unknown member of a node", "type: discard", "type: discard, colour: red", []string{"flow.unknown_member at spec.nodes[7].colour"}},
		{"a node that is a text", "{id: bin, type: discard}", "bin", []string{
			"flow.wrong_type at spec.nodes[7]", "edge.dangling at spec.edges[4].to", "edge.dangling at spec.edges[7].to",
		}},
		{"no connection", "type: source, connection: jst", "type: source", []string{"node.connection_missing at spec.nodes[2].connection"}},
		{"a connection nobody wants", "type: map,", "type: map, connection: jst,", []string{"node.connection_unused at spec.nodes[4].connection"}},
		{"a version of the future", "type: map,", "type: map, typeVersion: 2,", []string{"node.version_unknown at spec.nodes[4].typeVersion"}},
		{"a negative version", "type: map,", "type: map, typeVersion: -1,", []string{"node.version_unknown at spec.nodes[4].typeVersion"}},

		// settings of nodes
		{"a missing setting", "operation: q, ", "", []string{"setting.required at spec.nodes[2].settings.operation"}},
		{"no settings at all", ", settings: {operation: w}", "", []string{"setting.required at spec.nodes[5].settings.operation"}},
		{"settings that are a list", "settings: {operation: w}", "settings: [w]", []string{"flow.wrong_type at spec.nodes[5].settings"}},
		{"an unknown setting", "operation: w", "operation: w, speed: 9", []string{"setting.unknown at spec.nodes[5].settings.speed"}},
		{"a setting of the wrong type", "operation: w", "operation: w, rows: few", []string{"setting.wrong_type at spec.nodes[5].settings.rows"}},
		{"conditions that are no list", "conditions: [[{field: a, logic: eq, value: 1}]]", "conditions: a", []string{"setting.wrong_type at spec.nodes[3].settings.conditions"}},
		{"a type's own rule", "type: discard}", "type: discard}\n    - {id: p, type: picky, settings: {n: odd}}", []string{
			"picky.odd at spec.nodes[8].settings.n", "~node.unreachable at spec.nodes[8]",
		}},
		{"a type's own rule waits for settings that fit", "type: discard}", "type: discard}\n    - {id: p, type: picky, settings: {n: odd, m: 1}}", []string{
			"setting.unknown at spec.nodes[8].settings.m", "~node.unreachable at spec.nodes[8]",
		}},

		// edges
		{"an edge to nowhere", "to: back", "to: front", []string{"~node.unreachable at spec.nodes[6]", "writeback.no_target at spec.nodes[6]", "edge.dangling at spec.edges[6].to"}},
		{"an edge without ends", edges, edges + "{}, ", []string{"edge.dangling at spec.edges[0].from", "edge.dangling at spec.edges[0].to"}},
		{"an end that is no text", edges, edges + "{from: 1, to: bin}, ", []string{"flow.wrong_type at spec.edges[0].from"}},
		{"an unknown output", "only.false", "only.maybe", []string{"edge.unknown_port at spec.edges[4].from"}},
		{"an unknown input", "out.in", "out.side", []string{"edge.unknown_port at spec.edges[5].to"}},
		{"a node without input", edges, edges + "{from: src, to: span}, ", []string{"flow.cycle at spec.edges[0]", "edge.no_port at spec.edges[0].to"}},
		{"a node without output", edges, edges + "{from: back.done, to: bin}, ", []string{"edge.unknown_port at spec.edges[0].from"}},
		{"pull nodes have no error port", edges, edges + "{from: span.error, to: bin}, ", []string{"pull.shared at spec.nodes[0]", "edge.unknown_port at spec.edges[0].from"}},
		{"a source has one", edges, edges + "{from: src.error, to: bin}, ", nil},
		{"requests into documents", "{from: pages, to: src}", "{from: pages, to: bill}", []string{"~node.unreachable at spec.nodes[0]", "~node.unreachable at spec.nodes[1]", "edge.port_mismatch at spec.edges[1]"}},
		{"to itself", edges, edges + "{from: bill, to: bill}, ", []string{"edge.self at spec.edges[0]"}},
		{"twice", edges, edges + "{from: bill.out, to: out}, ", []string{"edge.duplicate at spec.edges[6]"}},
		{"two ports to one node", edges, edges + "{from: only.false, to: bill}, ", nil},
		{"a circle", edges, edges + "{from: bill, to: only}, ", []string{"flow.cycle at spec.edges[0]"}},

		// the whole
		{"no source", "type: source, connection: jst, settings: {operation: q, key: \"{{id}}\"}", "type: lookup", []string{
			"flow.no_source at spec.nodes", "~node.unreachable at spec.nodes[0]", "~node.unreachable at spec.nodes[1]", "~node.unreachable at spec.nodes[2]",
			"~node.unreachable at spec.nodes[3]", "~node.unreachable at spec.nodes[4]", "~node.unreachable at spec.nodes[5]",
			"~node.unreachable at spec.nodes[6]", "~node.unreachable at spec.nodes[7]", "edge.port_mismatch at spec.edges[1]",
		}},
		{"a window for two", "edges: [", "edges: [{from: span, to: src}, ", []string{"pull.shared at spec.nodes[0]", "pull.joined at spec.nodes[2]"}},
		{"two windows", "    - {id: span, type: window}", "    - {id: span, type: window}\n    - {id: w2, type: window}", []string{"~node.unreachable at spec.nodes[1]"}},
		{"two paginates in a row", "{from: pages, to: src}", "{from: pages, to: p2}, {from: p2, to: src}", []string{
			"~node.unreachable at spec.nodes[0]", "~node.unreachable at spec.nodes[1]", "edge.dangling at spec.edges[1].to", "edge.dangling at spec.edges[2].from",
		}},
		{"a way that ends nowhere", "{from: only.false, to: bin}, ", "", nil},
		{"a dead end", "{from: bill, to: out.in}, ", "", []string{
			"~node.dead_end at spec.nodes[4]", "~node.unreachable at spec.nodes[5]", "~node.unreachable at spec.nodes[6]",
		}},
		{"a writeback without a target", "{from: out.done, to: back}", "{from: bill, to: back}", []string{"writeback.no_target at spec.nodes[6]"}},

		// tests: nothing about them blocks
		{"the same test twice", "name: t2", "name: t1", []string{"~test.name_repeated at spec.tests[1].name"}},
		{"a test without a name", "name: t2, ", "", []string{"~test.name_missing at spec.tests[1].name"}},
		{"a test of nobody", "node: only", "node: gone", []string{"~test.node at spec.tests[1].node"}},
		{"a test of a source", "node: only", "node: src", []string{"~test.node at spec.tests[1].node"}},
		{"a test without input", "input: {}, ", "", []string{"~test.part_missing at spec.tests[1].input"}},
		{"a test that expects a list", "expect: {fault: {code: x}}", "expect: []", []string{"~test.part_missing at spec.tests[1].expect"}},
		{"a test that is no object", "{name: t2, node: only, input: {}, expect: {fault: {code: x}}}", "5", []string{"flow.wrong_type at spec.tests[1]"}},
		{"connections in the flow", "  layout: {}", "  connections: {jst: {connector: j}}", []string{"flow.inline_connection at spec.connections.jst"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(good, c.old) {
				t.Fatalf("the good flow does not hold %q", c.old)
			}
			d := one(t, strings.Replace(good, c.old, c.broken, 1))
			before := string(d.JSON())
			found := flow.Validate(d, types(), flow.Options{})
			if diff := cmp.Diff(c.want, problems(found)); diff != "" {
				t.Errorf("problems differ (-want +got):\n%s", diff)
			}
			if string(d.JSON()) != before {
				t.Error("the document was changed")
			}
		})
	}
}
