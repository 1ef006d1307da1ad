// Package enginetest is what tests of the engine share: minimal node types, a
// source and a target in memory that behave like vendors, and flows over both.
//
// It may import engine/flow, engine/plan, engine/ledger and the sdk; nothing but tests imports it.
package enginetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
)

// Types are minimal stand-ins for the product's node types.
func Types() flow.Types {
	return flow.NewTypes(
		pullType("window", node.Window, nil, setting("span", field.PlainDuration), setting("lag", field.PlainDuration), setting("lookBack", field.PlainDuration),
			setting("granularity", field.PlainDuration), setting("zone", field.PlainText)),
		pullType("paginate", node.Paginate, requests("in"), setting("pageSize", field.PlainInt), setting("maxPages", field.PlainInt), setting("strategy", field.PlainText), setting("direction", field.PlainText),
			setting("keyField", field.PlainText)),
		sourceType(),
		transform{declared("filter", setting("conditions", field.Conditions)), filter},
		transform{declared("map", setting("fields", field.Mapping)), mapping},
		transform{declared("break", setting("class", field.PlainText)), broken},
		transform{declared("spread"), spread},
		transform{ways(), way},
		transform{declared("lines", setting("path", field.PlainText), setting("when", field.Conditions)), lines},
		sinkType("target", node.Target, documents("done"), setting("operation", field.Operation), setting("key", field.Value), setting("rows", field.PlainInt),
			setting("onConflict", field.PlainText), setting("onRevised", field.PlainText), setting("lastStep", field.PlainText), setting("params", field.Params)),
		sinkType("writeback", node.Writeback, nil, setting("store", field.Params), setting("to", field.FlowRef),
			field.Setting{Key: "document", Kind: field.Mapping, Whole: true, Title: field.Text{ZH: "document"}}, setting("operation", field.Operation), setting("fields", field.Mapping)),
		sinkType("notify", node.Notify, nil, setting("title", field.Value), setting("text", field.Value), setting("to", field.Value), setting("when", field.PlainText), setting("every", field.PlainDuration)),
		inletType(),
		webhookType(),
		sinkType("respond", node.Respond, nil, setting("status", field.PlainInt), setting("body", field.Mapping)),
		sinkType("discard", node.Discard, nil),
	)
}

func setting(key string, kind field.Kind) field.Setting {
	return field.Setting{Key: key, Kind: kind, Title: field.Text{ZH: key}}
}

func requests(name string) []node.Port { return []node.Port{{Name: name, Traffic: node.Requests}} }

func documents(names ...string) []node.Port {
	ports := make([]node.Port, len(names))
	for i, n := range names {
		ports[i] = node.Port{Name: n, Traffic: node.Documents}
	}
	return ports
}

type plain node.Declaration

// Declaration implements node.Type.
func (p plain) Declaration() node.Declaration { return node.Declaration(p) }

func pullType(name string, role node.Role, in []node.Port, settings ...field.Setting) node.Type {
	return plain{Type: name, TypeVersion: 1, Kind: node.Pull, Role: role, Inputs: in, Outputs: requests("out"), Settings: settings}
}

func sourceType() node.Type {
	return plain{
		Type: "source", TypeVersion: 1, Kind: node.Pull, Role: node.Source, Inputs: requests("in"), Outputs: documents("out"), Connection: true,
		Settings: []field.Setting{
			setting("operation", field.Operation), setting("key", field.Value), setting("number", field.Value), setting("modified", field.Value),
			setting("startFrom", field.PlainTime), setting("onSeen", field.PlainText), setting("params", field.Params), setting("keep", field.Conditions),
			{Key: "fields", Kind: field.List, Title: field.Text{ZH: "fields"}, Items: []field.Setting{setting("field", field.PlainText), setting("type", field.PlainText)}},
			{Key: "sweep", Kind: field.GroupOf, Title: field.Text{ZH: "sweep"}, Items: []field.Setting{
				{Key: "schedule", Kind: field.PlainText, Title: field.Text{ZH: "schedule"}},
				{Key: "lookBack", Kind: field.PlainDuration, Title: field.Text{ZH: "lookBack"}},
				{Key: "params", Kind: field.Params, Title: field.Text{ZH: "params"}},
			}},
			{Key: "explode", Kind: field.GroupOf, Title: field.Text{ZH: "explode"}, Items: []field.Setting{
				setting("path", field.PlainText), setting("key", field.Value), setting("prefix", field.PlainText), setting("index", field.PlainText),
			}},
			{Key: "regroup", Kind: field.GroupOf, Title: field.Text{ZH: "regroup"}, Items: []field.Setting{
				{Key: "by", Kind: field.List, Title: field.Text{ZH: "by"}},
				{Key: "lines", Kind: field.GroupOf, Title: field.Text{ZH: "lines"}, Items: []field.Setting{
					setting("into", field.PlainText), {Key: "fields", Kind: field.List, Title: field.Text{ZH: "fields"}}, setting("rest", field.PlainBool),
				}},
			}},
		},
	}
}

func inletType() node.Type {
	return plain{
		Type: "inlet", TypeVersion: 1, Kind: node.Pull, Role: node.Inlet, Outputs: documents("out"),
		Settings: []field.Setting{
			setting("key", field.Value), setting("number", field.Value), setting("modified", field.Value), setting("onSeen", field.PlainText),
			setting("from", field.FlowRef), setting("source", field.PlainText),
			{Key: "states", Kind: field.List, Title: field.Text{ZH: "states"}},
			setting("startFrom", field.PlainTime), setting("conditions", field.Conditions),
		},
	}
}

func webhookType() node.Type {
	return plain{
		Type: "webhook", TypeVersion: 1, Kind: node.Pull, Role: node.Webhook, Outputs: documents("out"),
		Settings: []field.Setting{
			setting("key", field.Value), setting("onSeen", field.PlainText), setting("auth", field.PlainText), setting("records", field.PlainText),
			setting("answer", field.PlainText), setting("wait", field.PlainInt),
		},
	}
}

func sinkType(name string, role node.Role, out []node.Port, settings ...field.Setting) node.Type {
	p := plain{
		Type: name, TypeVersion: 1, Kind: node.Sink, Role: role, Inputs: documents("in"), Outputs: out, Connection: role != node.Discard && role != node.Respond, Settings: settings,
	}
	if role == node.Writeback {
		p.ConnectionWith = "operation"
	}
	return p
}

func declared(name string, settings ...field.Setting) node.Declaration {
	out := documents("out")
	if name == "filter" {
		out = documents("true", "false")
	}
	return node.Declaration{Type: name, TypeVersion: 1, Kind: node.Transform, Inputs: documents("in"), Outputs: out, Settings: settings}
}

type transform struct {
	declaration node.Declaration
	make        func(node.Settings) node.TransformFunc
}

// Declaration implements node.Type.
func (t transform) Declaration() node.Declaration { return t.declaration }

// New implements node.Transformer.
func (t transform) New(s node.Settings) (node.TransformFunc, error) { return t.make(s), nil }

// each applies do to every document of a batch.
func each(do func(item.Item) node.Result) node.TransformFunc {
	return func(_ context.Context, batch []item.Item) ([]node.Result, error) {
		results := make([]node.Result, len(batch))
		for i, in := range batch {
			results[i] = do(in)
		}
		return results, nil
	}
}

func filter(s node.Settings) node.TransformFunc {
	return each(func(in item.Item) node.Result {
		ok, err := s.Conditions("conditions").Match(in)
		if err != nil {
			return node.Failed(err)
		}
		port := "false"
		if ok {
			port = "true"
		}
		return node.Result{Outputs: []node.Output{{Port: port, Item: in}}}
	})
}

func mapping(s node.Settings) node.TransformFunc {
	return each(func(in item.Item) node.Result {
		out, err := s.Mapping("fields").Map(nil, in)
		if err != nil {
			return node.Failed(err)
		}
		return node.Result{Outputs: []node.Output{{Item: in.With(out)}}}
	})
}

// broken fails every document that says so.
func broken(s node.Settings) node.TransformFunc {
	var settings struct {
		Class fault.Class `json:"class"`
	}
	_ = s.Decode(&settings) // a test's own settings
	return each(func(in item.Item) node.Result {
		if item.Of(in.Raw).Field("bad").Blank() {
			return node.Result{Outputs: []node.Output{{Item: in}}}
		}
		return node.Result{Fault: fault.New("test.bad", "the document says that it is bad").Classed(settings.Class)}
	})
}

// spread makes a record of each line.
func spread(node.Settings) node.TransformFunc {
	return each(func(in item.Item) node.Result {
		var out node.Result
		for line := range item.Of(in.Raw).Field("lines").Elements() {
			out.Outputs = append(out.Outputs, node.Output{Item: in.With(line.Raw())})
		}
		return out
	})
}

// ways declares a node whose settings name its outputs.
func ways() node.Declaration {
	port := setting(node.PortName, field.PlainText)
	port.Required = true
	cases := field.Setting{Key: "cases", Kind: field.List, Title: field.Text{ZH: "cases"}, Items: []field.Setting{
		port, setting(node.PortTitle, field.PlainText), setting("when", field.Conditions),
	}}
	return node.Declaration{
		Type: "ways", TypeVersion: 1, Kind: node.Transform, Inputs: documents("in"), Outputs: documents("else"), OutputsFrom: "cases", Settings: []field.Setting{cases},
	}
}

// way sends a document every way whose conditions hold.
func way(s node.Settings) node.TransformFunc {
	var settings struct {
		Cases []struct {
			Port string `json:"port"`
		} `json:"cases"`
	}
	_ = s.Decode(&settings) // a test's own settings
	return each(func(in item.Item) node.Result {
		var out node.Result
		for i, c := range settings.Cases {
			ok, err := s.Conditions(fmt.Sprintf("cases[%d].when", i)).Match(in)
			if err != nil {
				return node.Result{Fault: fault.From(err)}
			}
			if ok {
				out.Outputs = append(out.Outputs, node.Output{Port: c.Port, Item: in, Route: c.Port})
			}
		}
		if len(out.Outputs) == 0 {
			out.Outputs = []node.Output{{Item: in}}
		}
		return out
	})
}

// lines makes a record of each line of a list that passes.
func lines(s node.Settings) node.TransformFunc {
	var settings struct {
		Path string `json:"path"`
	}
	_ = s.Decode(&settings) // a test's own settings
	return each(func(in item.Item) node.Result {
		var out node.Result
		for line := range item.Of(in.Raw).Path(settings.Path).Elements() {
			ok, err := s.Conditions("when").MatchLine(in, settings.Path, line)
			if err != nil {
				return node.Result{Fault: fault.From(err)}
			}
			if ok {
				out.Outputs = append(out.Outputs, node.Output{Item: in.With(line.Raw())})
			}
		}
		return out
	})
}

// System is the manifest of the stand-in vendor: a windowed, paged query, a write
// whose objects can be looked up, and one that knows no key.
const System = `
id: acme
version: 1.0.0
title: {zh: 样例系统, en: Acme}
timeZone: Asia/Shanghai
settings: []
rules:
  - {class: duplicate, codes: ["dup"]}
  - {class: business_wait, codes: ["missing"], wait: 5m}
  - {class: rate, codes: ["busy"], wait: 3s}
operations:
  - name: orders
    kind: query
    title: {zh: 订单查询}
    object: order
    request:
      - {field: from, title: {zh: 起}, group: other}
      - {field: to, title: {zh: 止}, group: other}
      - {field: page, title: {zh: 页}, type: int, group: other}
      - {field: size, title: {zh: 每页}, type: int, group: other}
      - {field: nos, title: {zh: 单号}, type: array, group: other}
    byNumber: {param: nos, max: 20}
    key: "{{id}}"
    number: "{{no}}"
    modified: "{{modified}}"
    window: {from: from, to: to, format: datetime, span: 24h, granularity: 1s, lag: 1m, lookBack: 10m}
    paging: {strategy: page, number: page, size: size, first: 1, defaultSize: 10, maxSize: 100, total: true, direction: backward}
  - name: lists
    kind: query
    title: {zh: 清单查询}
    object: list
    request:
      - {field: from, title: {zh: 起}, group: other}
      - {field: to, title: {zh: 止}, group: other}
      - {field: page, title: {zh: 页}, type: int, group: other}
      - {field: size, title: {zh: 每页}, type: int, group: other}
    key: "{{id}}"
    window: {from: from, to: to, format: datetime, span: 24h, granularity: 1s, lag: 1m, lookBack: 10m}
    paging: {strategy: page, number: page, size: size, first: 1, defaultSize: 10, maxSize: 100, total: true}
  - name: bills
    kind: write
    title: {zh: 单据新增}
    object: bill
    request:
      - {field: no, title: {zh: 单号}, required: true}
      - {field: amount, title: {zh: 金额}, type: decimal}
      - {field: note, title: {zh: 备注}}
      - {field: id, title: {zh: 内码}}
      - {field: items, title: {zh: 明细}, type: array, children: [{field: sku, title: {zh: 清单}, baseData: List}]}
      - {field: form, title: {zh: 表单}, group: other}
    writing:
      rowsKey: rows
      maxRows: 50
      defaultRows: 5
      key: "{{no}}"
      create: {class: B, probe: true, readLag: 2s, compare: [no, amount]}
      update: {class: C, idField: id}
      answers: perRow
      batch: perRow
      onRevised: decide
      steps: [{operation: submit, id: id, number: no}, {operation: audit, number: no}]
  - name: submit
    kind: action
    title: {zh: 提交}
    object: bill
    rules: [{class: duplicate, codes: [submitted, audited]}]
    request: &action
      - {field: no, title: {zh: 单号}}
      - {field: id, title: {zh: 内码}}
      - {field: form, title: {zh: 表单}, group: other}
    writing: &acting
      maxRows: 1
      defaultRows: 1
      key: "{{no}}"
      update: {class: C}
      answers: perRow
      batch: perRow
      onRevised: ignore
  - name: audit
    kind: action
    title: {zh: 审核}
    object: bill
    rules: [{class: duplicate, codes: [audited]}]
    request: *action
    writing: *acting
  - name: slips
    kind: write
    title: {zh: 凭单新增}
    object: slip
    request:
      - {field: no, title: {zh: 单号}, required: true}
      - {field: amount, title: {zh: 金额}, type: decimal}
      - {field: note, title: {zh: 备注}}
      - {field: form, title: {zh: 表单}, group: other}
    writing:
      rowsKey: rows
      maxRows: 50
      defaultRows: 5
      create: {class: D}
      answers: perRow
      batch: perRow
      onRevised: decide
`

// catalogue gives every connection the stand-in vendor's manifest.
type catalogue struct{ manifest *manifest.Manifest }

// Manifest implements compile.Catalogue.
func (c catalogue) Manifest(name string) (*manifest.Manifest, error) {
	if name == "missing" {
		return nil, fault.New("connection.unknown", "there is no connection named %s", name).Classed(fault.Config)
	}
	return c.manifest, nil
}

// Options compiles against the stand-ins.
func Options(t *testing.T) compile.Options {
	t.Helper()
	m, err := manifest.Parse([]byte(System)) // each has its own: some tests change it
	if err != nil {
		t.Fatal(err)
	}
	return compile.Options{Types: Types(), Catalogue: catalogue{m}}
}

// Compile gives the plan of a flow in YAML and fails the test where a problem blocks.
func Compile(t *testing.T, yaml string) *plan.Plan {
	t.Helper()
	docs, err := flow.Parse([]byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	p, problems := compile.Flow(t.Context(), docs[0], Options(t))
	if p == nil {
		t.Fatalf("the flow has problems: %+v", problems)
	}
	return p
}

// Lines gives the edits that make of Job a flow whose orders become a bill for each line.
func Lines() []string {
	return []string{
		"    - {id: check,", "    - {id: lines, type: spread}\n    - {id: check,",
		"{from: live, to: check}", "{from: live, to: lines}\n    - {from: lines, to: check}",
	}
}

// Job is the flow that most tests run: orders that are not void become bills.
const Job = `
apiVersion: karez/v1
kind: Flow
metadata: {id: job, name: job, title: Job}
spec:
  nodes:
    - {id: span, type: window, settings: {lag: 1m, lookBack: 10m}}
    - {id: pages, type: paginate, settings: {pageSize: 10}}
    - {id: orders, type: source, connection: shop, settings: {operation: orders, startFrom: "2026-01-01 00:00:00"}}
    - {id: live, type: filter, settings: {conditions: [[{field: state, logic: neq, value: void}]]}}
    - {id: check, type: break, settings: {class: data}}
    - {id: bill, type: map, settings: {fields: [{field: "no", value: "{{no}}"}, {field: amount, value: "{{amount}}"}, {field: note, value: "{{note}}"}]}}
    - {id: erp, type: target, connection: erp, settings: {operation: bills, params: [{field: form, value: F1}]}}
    - {id: mark, type: writeback, settings: {store: [{field: id, value: "{{Id}}"}, {field: "no", value: "{{Number}}"}, {field: order, value: "{{id}}"}]}}
  edges:
    - {from: span, to: pages}
    - {from: pages, to: orders}
    - {from: orders, to: live}
    - {from: live, to: check}
    - {from: check, to: bill}
    - {from: bill, to: erp}
    - {from: erp, to: mark}
`
