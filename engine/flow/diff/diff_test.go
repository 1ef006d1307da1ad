package diff_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/flow/diff"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// typed is a node type that only declares.
type typed node.Declaration

func (d typed) Declaration() node.Declaration { return node.Declaration(d) }

func types() flow.Types {
	named := func(zh, en string) field.Text { return field.Text{ZH: zh, EN: en} }
	of := func(name, title string, outputs []string, settings ...field.Setting) node.Type {
		d := typed{Type: name, TypeVersion: 1, Title: named(title, name), Kind: node.Transform, Settings: settings}
		for _, out := range outputs {
			d.Outputs = append(d.Outputs, node.Port{Name: out})
		}
		return d
	}
	out := []string{"out"}
	return flow.NewTypes(
		of("paginate", "分页", out, field.Setting{Key: "pageSize", Kind: field.PlainInt, Title: named("每页条数", "Page size")}),
		of("source", "源查询", out,
			field.Setting{Key: "operation", Kind: field.Operation},
			field.Setting{Key: "onSeen", Kind: field.PlainChoice, Title: named("单据再次出现且有变化", ""), Options: []field.Option{
				{Value: "skip", Title: named("跳过", "Skip what was delivered")}, {Value: "revise", Title: named("新版", "Take it as a new revision")},
			}},
			field.Setting{Key: "params", Kind: field.Params, Title: named("请求参数", "")},
			field.KnownFields(field.Text{})),
		of("filter", "过滤", []string{"true", "false"}, field.Setting{Key: "conditions", Kind: field.Conditions, Title: named("条件", "")}),
		of("script", "脚本", out, field.Setting{Key: "code", Kind: field.Script, Title: named("代码", "")}),
		of("map", "字段映射", out, field.Setting{Key: "fields", Kind: field.Mapping, Title: named("字段", "")}),
		of("target", "写入目标", []string{"done"}),
		of("discard", "空操作·只采集", nil),
		of("notify", "通知", nil),
	)
}

const before = `
apiVersion: karez/v1
kind: Flow
metadata: {name: returns, title: 退货, labels: {industry: 电商}}
spec:
  settings: {concurrency: 4}
  triggers: [{schedule: "*/10 * * * *"}, {manual: true}]
  params: [{key: org, title: 组织, default: "100"}, {key: stock, default: "1"}]
  uses: {banks: {flow: f-1, title: 银行账户}}
  connectors: {jushuitan: "1.2"}
  nodes:
    - {id: pages, type: paginate, settings: {pageSize: 50}}
    - id: refunds
      type: source
      connection: jst
      settings:
        operation: refund.single.query
        onSeen: skip
        params: [{field: from, value: "{{LAST_SYNC_TIME|datetime}}"}, {field: status, value: Confirmed}]
        fields: [{field: o_id, title: 单号}, {field: shop_id, type: string}]
    - {id: confirmed, type: filter, settings: {conditions: [[{field: status, logic: eq, value: Confirmed}]]}}
    - {id: work, type: script, settings: {code: "export default function (doc) {\n  const a = 1;\n  const b = 2;\n  return doc;\n}\n"}}
    - id: bill
      type: map
      title: 退货单
      settings:
        fields:
          - {field: FBillNo, title: 单据编号, value: "{{o_id}}"}
          - {field: FDate, value: "{{confirm_date}}"}
          - {field: FNote, value: "{{remark}}"}
          - field: FEntity
            type: array
            value: items
            children: [{field: FMaterialId, value: "{{items.sku_id}}"}, {field: FRealQty, value: "{{items.r_qty}}"}]
    - {id: k3, type: target, connection: k3, settings: {operation: batchSave, key: "{{FBillNo}}", rows: 20}}
    - {id: gone, type: discard}
  edges:
    - {from: pages, to: refunds}
    - {from: refunds, to: confirmed}
    - {from: confirmed, to: work}
    - {from: work, to: bill}
    - {from: bill, to: k3}
    - {from: confirmed.false, to: gone}
  tests: [{name: one, node: bill, input: {a: 1}, expect: {outputs: []}}]
  layout: {pages: [1, 2]}
`

func parse(t testing.TB, text string) *flow.Document {
	t.Helper()
	docs, err := flow.Parse([]byte(text))
	if err != nil || len(docs) != 1 {
		t.Fatalf("%d documents, %v", len(docs), err)
	}
	return docs[0]
}

// edited replaces texts, which must be there.
func edited(t testing.TB, edits ...string) *flow.Document {
	t.Helper()
	text := before
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(text, edits[i]) {
			t.Fatalf("there is no %q", edits[i])
		}
		text = strings.Replace(text, edits[i], edits[i+1], 1)
	}
	return parse(t, text)
}

func declared(_ *flow.Document, n *flow.Node, setting string) []field.Field {
	if n.Type != "map" || setting != "fields" {
		return nil
	}
	return []field.Field{{Name: "FDate", Title: field.Text{ZH: "日期", EN: "Date"}}, {Name: "FEntity", Children: []field.Field{{Name: "FRealQty", Title: field.Text{ZH: "实退数量"}}}}}
}

func of(a, b *flow.Document) diff.Diff {
	return diff.Of(a, b, diff.Options{Types: types(), Fields: declared})
}

// lines writes a diff as people could read it.
func lines(d diff.Diff) []string {
	var out []string
	said := func(s *diff.Said) string {
		if s == nil {
			return "nothing"
		}
		if s.Title.EN != "" {
			return s.Text + " (" + s.Title.EN + ")"
		}
		return s.Text
	}
	change := func(of string, c diff.Change) {
		var titles []string
		for _, t := range c.Titles {
			titles = append(titles, t.ZH)
		}
		line := fmt.Sprintf("%s %s %s %s", of, c.Kind, c.Part, c.Path)
		if len(titles) > 0 {
			line += " [" + strings.Join(titles, "/") + "]"
		}
		if c.Name != "" {
			line += " “" + c.Name + "”"
		}
		if c.Member != "" {
			line += " ." + c.Member
		}
		if c.Hunks == nil {
			line += ": " + said(c.Before) + " → " + said(c.After)
		}
		for _, h := range c.Hunks {
			line += fmt.Sprintf("\n  @ %d %d", h.Before, h.After)
			for _, l := range h.Lines {
				line += "\n  " + map[diff.Kind]string{diff.Same: " ", diff.Added: "+", diff.Removed: "-"}[l.Kind] + l.Text
			}
		}
		out = append(out, line)
	}
	for _, n := range d.Nodes {
		out = append(out, strings.TrimSpace(fmt.Sprintf("node %s %s %s %s %s", n.Kind, n.ID, n.Was, n.TypeTitle.ZH, n.Title)))
		for _, c := range n.Changes {
			change("  ", c)
		}
	}
	for _, w := range d.Wires {
		out = append(out, strings.TrimSpace(fmt.Sprintf("wire %s %s → %s (%s → %s)", w.Kind, w.From, w.To, w.WasFrom, w.WasTo)))
	}
	for _, c := range d.Flow {
		change("flow", c)
	}
	for _, c := range d.Tests {
		change("test", c)
	}
	if d.Layout {
		out = append(out, "layout")
	}
	return out
}

func TestWhatDiffers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		edits []string
		want  []string
	}{
		"nothing":                 {},
		"another way to write it": {edits: []string{"{from: bill, to: k3}", "{to: k3, from: bill.out}", "{operation: batchSave, key: \"{{FBillNo}}\", rows: 20}", "{rows: 20, key: \"{{FBillNo}}\", operation: batchSave}", "concurrency: 4", "timezone: Asia/Shanghai", "{id: gone, type: discard}", "{id: gone, type: discard, typeVersion: 1, settings: {}}"}},
		"layout":                  {edits: []string{"[1, 2]", "[3, 4]"}, want: []string{"layout"}},
		"a setting":               {edits: []string{"pageSize: 50", "pageSize: 20"}, want: []string{"node changed pages  分页", "   changed int pageSize [每页条数]: 50 → 20"}},
		"a choice":                {edits: []string{"onSeen: skip", "onSeen: revise"}, want: []string{"node changed refunds  源查询", "   changed choice onSeen [单据再次出现且有变化]: skip (Skip what was delivered) → revise (Take it as a new revision)"}},
		"conditions":              {edits: []string{"value: Confirmed}]]", "value: Closed}]]"}, want: []string{"node changed confirmed  过滤", `   changed conditions conditions [条件]: [[{"field":"status","logic":"eq","value":"Confirmed"}]] (status equals Confirmed) → [[{"field":"status","logic":"eq","value":"Closed"}]] (status equals Closed)`}}, //nolint:dupword // the kind and the key are called the same
		"request parameters":      {edits: []string{", {field: status, value: Confirmed}]", ", {field: size, value: \"5\"}]"}, want: []string{"node changed refunds  源查询", "   added params params.size [请求参数]: nothing → 5", "   removed params params.status [请求参数]: Confirmed → nothing"}},
		"rows of a list":          {edits: []string{"{field: shop_id, type: string}", "{field: shop_id, type: int}"}, want: []string{"node changed refunds  源查询", "   changed choice fields.shop_id.type [响应字段/类型]: string (Text) → int (Whole number)"}},
		"a mapping row": {edits: []string{"{field: FDate, value: \"{{confirm_date}}\"}", "{field: FDate, value: \"{{modified}}\", type: date}"}, want: []string{
			"node changed bill  字段映射 退货单", "   changed mapping fields.FDate [字段/日期] .value: {{confirm_date}} → {{modified}}", "   changed mapping fields.FDate [字段/日期] .type: nothing → date",
		}},
		"a nested row":    {edits: []string{"{{items.r_qty}}", "{{items.qty}}"}, want: []string{"node changed bill  字段映射 退货单", "   changed mapping fields.FEntity.FRealQty [字段/实退数量] .value: {{items.r_qty}} → {{items.qty}}"}},
		"rows that came":  {edits: []string{"children: [", "children: [{field: FFree, value: \"1\"}, "}, want: []string{"node changed bill  字段映射 退货单", "   added mapping fields.FEntity.FFree [字段]: nothing → 1"}},
		"rows that moved": {edits: []string{"          - {field: FNote, value: \"{{remark}}\"}\n", "", "          - {field: FBillNo,", "          - {field: FNote, value: \"{{remark}}\"}\n          - {field: FBillNo,"}, want: []string{"node changed bill  字段映射 退货单", "   moved mapping fields.FNote [字段]: 3 → 1"}},
		"a list that went": {edits: []string{"          - field: FEntity\n            type: array\n            value: items\n            children: [{field: FMaterialId, value: \"{{items.sku_id}}\"}, {field: FRealQty, value: \"{{items.r_qty}}\"}]\n", ""}, want: []string{
			"node changed bill  字段映射 退货单", "   removed mapping fields.FEntity [字段]: items → nothing", "   removed mapping fields.FEntity.FMaterialId [字段]: {{items.sku_id}} → nothing", "   removed mapping fields.FEntity.FRealQty [字段/实退数量]: {{items.r_qty}} → nothing",
		}},
		"a script":             {edits: []string{"const b = 2;", "const b = 3;\\n  const c = 4;"}, want: []string{"node changed work  脚本", "   changed script code [代码]\n  @ 1 1\n   export default function (doc) {\n     const a = 1;\n  -  const b = 2;\n  +  const b = 3;\n  +  const c = 4;\n     return doc;\n   }"}},
		"a title":              {edits: []string{"title: 退货单", "title: 退货入库"}, want: []string{"node changed bill  字段映射 退货入库", "   changed title : 退货单 → 退货入库"}},
		"a connection":         {edits: []string{"connection: k3", "connection: k3-new"}, want: []string{"node changed k3  写入目标", "   changed connection : k3 → k3-new"}},
		"another id":           {edits: []string{"{id: gone, type", "{id: away, type", "to: gone", "to: away"}, want: []string{"node changed away gone 空操作·只采集"}},
		"a node that came":     {edits: []string{"{id: gone, type: discard}", "{id: gone, type: discard}\n    - {id: more, type: discard}", "{from: bill, to: k3}", "{from: bill, to: k3}\n    - {from: bill.error, to: more}"}, want: []string{"node added more  空操作·只采集", "wire added bill.error → more ( → )"}},
		"a node that went":     {edits: []string{"    - {id: gone, type: discard}\n", "", "    - {from: confirmed.false, to: gone}\n", ""}, want: []string{"node removed gone  空操作·只采集", "wire removed confirmed.false → gone ( → )"}},
		"a wire moved":         {edits: []string{"{from: work, to: bill}", "{from: work.error, to: bill}"}, want: []string{"wire moved work.error → bill (work → bill)"}},
		"a schedule":           {edits: []string{"*/10 * * * *", "0 2 * * *"}, want: []string{"flow changed trigger 1: */10 * * * * (Every 10 minutes) → 0 2 * * * (Every day at 02:00)"}},
		"a trigger that came":  {edits: []string{"{manual: true}", "{manual: true}, {after: [banks]}"}, want: []string{"flow added trigger 3: nothing → banks (After these flows have finished successfully: 银行账户)"}},
		"no trigger":           {edits: []string{"{schedule: \"*/10 * * * *\"}, ", ""}, want: []string{"flow removed trigger : */10 * * * * (Every 10 minutes) → nothing"}},
		"parameters":           {edits: []string{`default: "100"`, `default: "200"`, `{key: stock, default: "1"}`, `{key: shop, default: "7"}`}, want: []string{"flow changed param org “组织” .default: 100 → 200", "flow added param shop: nothing → 7", "flow removed param stock: 1 → nothing"}},
		"another flow":         {edits: []string{"flow: f-1", "flow: f-2"}, want: []string{"flow changed use banks “银行账户” .flow: f-1 → f-2"}},
		"a pin":                {edits: []string{`jushuitan: "1.2"`, `jushuitan: "1.3"`}, want: []string{"flow changed pin jushuitan: 1.2 → 1.3"}},
		"names and pace":       {edits: []string{"title: 退货,", "title: 退款,", "industry: 电商", "industry: 零售", "concurrency: 4", "priority: high, concurrency: 8"}, want: []string{"flow changed meta title: 退货 → 退款", "flow changed meta labels.industry: 电商 → 零售", "flow changed flowSetting priority: normal → high", "flow changed flowSetting concurrency: 4 → 8"}},
		"a test":               {edits: []string{"input: {a: 1}", "input: {a: 2}"}, want: []string{"test changed test one “bill” .input: {\"a\":1} → {\"a\":2}"}},
		"a type":               {edits: []string{"{id: gone, type: discard}", "{id: gone, type: notify}"}, want: []string{"node changed gone  通知", "   changed type : discard → notify"}},
		"what nobody declared": {edits: []string{"{pageSize: 50}", "{pageSize: 50, extra: {deep: [1, 2]}}"}, want: []string{"node changed pages  分页", "   added other extra: nothing → {\"deep\":[1,2]}"}},
		"a derived operation":  {edits: []string{"  nodes:\n", "  operations: {mine: {base: query}}\n  nodes:\n"}, want: []string{"flow added derived mine: nothing → {\"base\":\"query\"}"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := of(parse(t, before), edited(t, tt.edits...))
			if diff := cmp.Diff(tt.want, lines(d)); diff != "" {
				t.Errorf("wanted (-), got (+):\n%s", diff)
			}
			quiet := len(tt.want) == 0 || tt.want[0] == "layout" || strings.HasPrefix(tt.want[0], "test")
			if d.Same() != quiet {
				t.Errorf("does the same: %t", d.Same())
			}
			// The way back has as many differences.
			if back := of(edited(t, tt.edits...), parse(t, before)); len(lines(back)) != len(lines(d)) {
				t.Errorf("the way back: %s", strings.Join(lines(back), "\n"))
			}
		})
	}
}

// The saved form: lists are never null.
func TestAsJSON(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(of(parse(t, before), parse(t, before)))
	if err != nil || string(text) != `{"nodes":[],"wires":[],"flow":[],"tests":[],"layout":false}` {
		t.Errorf("%s %v", text, err)
	}
	text, err = json.MarshalIndent(of(parse(t, before), edited(t, "{id: gone, type: discard}", "{id: more, type: notify}", "{{items.r_qty}}", "{{items.qty}}", "*/10", "*/5")), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const file = "testdata/diff.json"
	if os.Getenv("KAREZ_UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, append(text, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(text)+"\n"); diff != "" {
		t.Error(diff)
	}
}

// joined ends every line.
func joined(lines []string) string {
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(l + "\n")
	}
	return text.String()
}

// Applied to the lines before, hunks give the lines after.
func TestLines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "", "{"}), 0, 40)
		a, b := text.Draw(t, "before"), text.Draw(t, "after")
		var got []string
		at := 0
		for _, h := range diff.Lines(joined(a), joined(b)) {
			got = append(got, a[at:h.Before-1]...)
			at = h.Before - 1
			if len(got) != h.After-1 {
				t.Fatalf("a hunk begins at line %d, not %d", h.After, len(got)+1)
			}
			for _, l := range h.Lines {
				if l.Kind != diff.Added {
					if a[at] != l.Text {
						t.Fatalf("line %d is %q, not %q", at+1, a[at], l.Text)
					}
					at++
				}
				if l.Kind != diff.Removed {
					got = append(got, l.Text)
				}
			}
		}
		if got = append(got, a[at:]...); joined(got) != joined(b) {
			t.Fatalf("%q became %q", b, got)
		}
	})
}

// Rows are told apart by their keys: what is not told of stayed as it was and where it was.
func TestRows(t *testing.T) {
	t.Parallel()
	doc := func(keys []string) *flow.Document {
		rows := make([]string, len(keys))
		for i, k := range keys {
			rows[i] = `{"field":"` + k + `","value":"v` + k + `"}`
		}
		return parse(t, `{"apiVersion":"karez/v1","kind":"Flow","metadata":{},"spec":{"nodes":[{"id":"m","type":"map","settings":{"fields":[`+strings.Join(rows, ",")+`]}}],"edges":[]}}`)
	}
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-h]`), 0, 8, rapid.ID[string])
		a, b := keys.Draw(t, "before"), keys.Draw(t, "after")
		d := of(doc(a), doc(b))
		told := map[string]diff.Kind{}
		for _, n := range d.Nodes {
			for _, c := range n.Changes {
				told[strings.TrimPrefix(c.Path, "fields.")] = c.Kind
			}
		}
		var stayA, stayB []string
		for _, k := range a {
			if kind, ok := told[k]; !ok {
				stayA = append(stayA, k)
			} else if slices.Contains(b, k) != (kind == diff.Moved) || !slices.Contains(b, k) && kind != diff.Removed {
				t.Fatalf("%s is %s", k, kind)
			}
		}
		for _, k := range b {
			if kind, ok := told[k]; !ok {
				stayB = append(stayB, k)
			} else if !slices.Contains(a, k) && kind != diff.Added {
				t.Fatalf("%s is %s", k, kind)
			}
		}
		if !slices.Equal(stayA, stayB) {
			t.Fatalf("%v and %v are left", stayA, stayB)
		}
	})
}
