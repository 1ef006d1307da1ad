package intake_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/intake"
	"github.com/karezflow/karez/engine/intake/catalog"
	"github.com/karezflow/karez/engine/intake/draft"
	"github.com/karezflow/karez/engine/intake/scheme"
	"github.com/karezflow/karez/sdk/manifest"
)

var update = flag.Bool("update", false, "write the golden files")

// parsed are the manifests of the shipped connectors.
var parsed = sync.OnceValues(func() (all catalog.Catalogue, err error) {
	files, err := filepath.Glob("../../plugins/*/manifest.yaml")
	if err != nil || len(files) < 10 {
		return nil, fmt.Errorf("%d manifests: %w", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		m, err := manifest.Parse(text)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
})

func connectors(t tester) catalog.Catalogue {
	t.Helper()
	all, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// tester is what fails: a test, or one run of a property.
type tester interface {
	Helper()
	Fatal(args ...any)
}

func read(t tester, text string, answers draft.Answers) *draft.Draft {
	t.Helper()
	r, err := intake.Read([]byte(text), intake.Auto, connectors(t), answers)
	if err != nil {
		t.Fatal(err)
	}
	return r.Drafts[0]
}

// told writes what became of a text: the count, the choices and the lines that were not plainly understood.
func told(d *draft.Draft) string {
	var out strings.Builder
	fmt.Fprintf(&out, "rows understood: %d of %d\n", d.Read, d.Rows)
	for _, q := range d.Questions {
		fmt.Fprintf(&out, "%s: %+v sure %t", q.Role, q.Chosen, q.Sure)
		for _, c := range q.Candidates[:min(3, len(q.Candidates))] {
			fmt.Fprintf(&out, " | %s %s %d (%d/%d)", c.Connector, c.Operation, c.Score, c.Fields, c.Of)
		}
		out.WriteString("\n")
	}
	for _, s := range d.Slots {
		fmt.Fprintf(&out, "slot: %+v\n", s)
	}
	for _, l := range d.Lines {
		if !l.Fate.Row() || l.Fate == scheme.Understood && l.Why == nil {
			continue
		}
		why := ""
		if l.Why != nil {
			why = l.Why.Message
		}
		fmt.Fprintf(&out, "%s: %s%s → %s: %s\n", l.Fate, l.Path, strings.TrimSpace(l.Text), l.Where, why)
	}
	return out.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Error(d)
	}
}

// TestPublishedTables reads the tables of five published schemes as they stand.
func TestPublishedTables(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"000", "001", "002", "003", "004"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			d := read(t, string(text), draft.Answers{})
			golden(t, name+".report.golden", told(d))
			pretty, err := json.MarshalIndent(json.RawMessage(d.Document.JSON()), "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".flow.golden", string(pretty)+"\n")
		})
	}
}

// TestAnyTextIsAccountedFor: whatever is pasted, each of its lines is in the report, once and in order.
func TestAnyTextIsAccountedFor(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{
		"聚水潭接口明细", "- 调用接口:refund.single.query", "接口名称:退货", "请求参数", "响应参数", "字段 | 字段名称 | 类型 | 配置值 |", "字段名称类型", "接口字段名称预设值",
		"shop_id | 店铺编号 | string | |", "page_size | | int | -5", "FEntity.SubHeadEntity.FormId | x | string | A |", "modified_end | | string | soon", "status订单状态string", "x", "|", "| | |",
		"primaryWriteback.id", "primaryWriteback.callBackStrategy.strategyId方案", "金蝶云星空接口明细", "API:batchSave", "FormId业务对象表单Id", "{{", "_findCollection find", "\t", "\u3000", "目标平台:每刻", "string",
	})
	line := rapid.OneOf(piece, rapid.String(), rapid.Custom(func(t *rapid.T) string { return piece.Draw(t, "a") + piece.Draw(t, "b") }))
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(line, 0, 40).Draw(t, "lines"), "\n")
		r, err := intake.Read([]byte(text), intake.Table, connectors(t), draft.Answers{})
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n")
		got := r.Drafts[0].Lines
		if len(got) != len(lines) {
			t.Fatalf("%d lines, %d told", len(lines), len(got))
		}
		for i, l := range got {
			if l.Line != i+1 || l.Text != strings.TrimSuffix(lines[i], "\r") || l.Fate == "" || l.Fate == scheme.NotUnderstood && l.Why == nil {
				t.Fatalf("line %d %q is told as %+v", i+1, lines[i], l)
			}
		}
		if _, err := flow.Parse(r.Drafts[0].Document.JSON()); err != nil {
			t.Fatalf("the draft can't be read again: %v", err)
		}
	})
}

// TestAnyJSONIsADraft: a scheme that is broken anywhere becomes a draft with its faults told.
func TestAnyJSONIsADraft(t *testing.T) {
	t.Parallel()
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		leaves := []*rapid.Generator[any]{
			rapid.Just[any](nil), rapid.Just[any](true), rapid.Map(rapid.Int(), func(i int) any { return i }), rapid.Map(rapid.String(), func(s string) any { return s }),
			rapid.SampledFrom([]any{"QUERY", "EXECUTE", "ExecuteBillQuery", "batchSave", "FEntity", "{{a}}", "refund.single.query"}),
		}
		if depth == 0 {
			return rapid.OneOf(leaves...)
		}
		names := rapid.SampledFrom([]string{
			"api", "type", "request", "otherRequest", "response", "field", "value", "children", "parser", "condition", "beatFlat", "groupCalculate",
			"omissionRemedy", "pagination", "operation", "source", "target", "id", "idCheck", "rows", "pageSize", "takeOverRequest", "calculate",
		})
		return rapid.OneOf(append(leaves,
			rapid.Map(rapid.SliceOfN(value(depth-1), 0, 4), func(l []any) any { return l }),
			rapid.Map(rapid.MapOfN(names, value(depth-1), 0, 6), func(m map[string]any) any { return m }))...)
	}
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(value(4).Draw(t, "scheme"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := intake.Read(text, intake.Qeasy, connectors(t), draft.Answers{})
		if err != nil {
			t.Fatal(err)
		}
		d := r.Drafts[0]
		seen := map[string]bool{}
		for _, l := range d.Lines {
			if seen[l.Path] || l.Fate == scheme.NotUnderstood && l.Why == nil {
				t.Fatalf("%s is told as %+v", text, l)
			}
			seen[l.Path] = true
		}
		if _, err := flow.Parse(d.Document.JSON()); err != nil || len(d.Lines) == 0 {
			t.Fatalf("%s: %d lines, %v", text, len(d.Lines), err)
		}
	})
}

// TestScheme reads a scheme of the published shape with all settings that there are.
func TestScheme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "qeasy.json"))
	if err != nil {
		t.Fatal(err)
	}
	d := read(t, string(text), draft.Answers{})
	golden(t, "qeasy.report.golden", told(d))
	pretty, err := json.MarshalIndent(json.RawMessage(d.Document.JSON()), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "qeasy.flow.golden", string(pretty)+"\n")
	for _, broken := range []string{"{", `{"api":`, "[]", "{}", `{"source": 3}`, `[{"api":"nothing"},{"api":"nothing"},{"api":"nothing"}]`} {
		if d := read(t, broken, draft.Answers{}); len(d.Lines) == 0 || d.Read == d.Rows {
			t.Errorf("%s is told as %+v", broken, d.Lines)
		}
	}
}

// TestManyOtherFlows: each flow that is looked into has an alias of its own.
func TestManyOtherFlows(t *testing.T) {
	t.Parallel()
	text := "金蝶云星空接口明细\n- API:batchSave\n请求参数\n接口字段名称预设值\nFormId业务对象表单IdSAL_RETURNSTOCK\n"
	for i := range 30 {
		text += fmt.Sprintf("FNote%d备注_findCollection find A from c2b5e68c-1b80-398b-bec8-59612f54e8%02d where B={{c}}\n", i, i)
	}
	if d := read(t, text, draft.Answers{}); len(d.Document.Spec.Uses) != 30 {
		t.Errorf("%d aliases: %+v", len(d.Document.Spec.Uses), d.Document.Spec.Uses)
	}
}

// TestConditionsOfSchemes: one that can't be taken as it is, is told.
func TestConditionsOfSchemes(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]string{
		`[[{"field":"status","logic":"eq","value":"C"}]]`: "understood ",
		`[]`: "understood ",
		`[{"field":"status","logic":"eq","value":"C"}]`:                         "not_understood intake.condition_group",
		`[[{"field":"a","logic":"eq"}],{"field":"b","logic":"eq","value":"C"}]`: "not_understood intake.condition_group",
		`[[{"field":"status","logic":"eq","value":"C","strictMode":false}]]`:    "inferred intake.strict_mode",
		`[[{"field":"status","logic":"eq","value":"C","strictMode":true}]]`:     "understood ",
	} {
		d := read(t, `{"api":"refund.single.query","type":"QUERY","request":[],"condition":`+condition+`}`, draft.Answers{})
		got := ""
		for _, l := range d.Lines {
			if strings.Contains(l.Path, "condition") {
				got = string(l.Fate) + " "
				if l.Why != nil {
					got += l.Why.Code
				}
			}
		}
		if got != want {
			t.Errorf("%s is told as %q, want %q", condition, got, want)
		}
	}
}

// TestRules are single rows and what becomes of them.
func TestRules(t *testing.T) {
	t.Parallel()
	const source = "聚水潭接口明细\n- 调用接口:refund.single.query\n请求参数\n字段 | 字段名称 | 类型 | 配置值 |\n"
	const target = "金蝶云星空接口明细\n- API:batchSave\n- NAME:写入空操作\n请求参数\n接口字段名称预设值\nFormId业务对象表单IdSAL_RETURNSTOCK\n"
	for name, c := range map[string]struct {
		text, where, code string
		fate              scheme.Fate
		flow              string
	}{
		"a constant end moves on":        {source + "modified_end | x | string | 2021-05-28 00:00:00 |", "source.params.modified_end", "intake.window_end", scheme.Understood, `{{WINDOW_END|datetime}}`},
		"a constant start is the first":  {source + "modified_begin | x | string | 2021-05-01 |", "source.params.modified_begin", "intake.window_start", scheme.Understood, `"startFrom":"2021-05-01 00:00:00"`},
		"the blank form":                 {source + "modified_begin | x | string | {{LAST_SYNC_TIME dateTime}} |", "source.params.modified_begin", "", scheme.Understood, `{{LAST_SYNC_TIME|dateTime}}`},
		"a bar in a placeholder":         {source + "modified_begin | x | string | {{LAST_SYNC_TIME|datetime}} |", "source.params.modified_begin", "", scheme.Understood, `{{LAST_SYNC_TIME|datetime}}`},
		"a constant page":                {source + "page_index | x | string | 1 |", "pages", "intake.page_number", scheme.Understood, `"type":"paginate","settings":{}`},
		"a constant size":                {source + "page_size | x | string | 30 |", "pages.pageSize", "intake.page_size", scheme.Understood, `{"pageSize":30}`},
		"a size beyond the most":         {source + "page_size | x | string | 500 |", "pages.pageSize", "intake.page_too_large", scheme.Understood, `{"pageSize":50}`},
		"a size that is none":            {source + "page_size | x | string | many |", "", "intake.not_a_number", scheme.NotUnderstood, `"type":"paginate","settings":{}`},
		"an unknown parameter is kept":   {source + "brand | x | string | A |", "source.params.brand", "intake.unknown_kept", scheme.Inferred, `{"field":"brand","value":"A"}`},
		"an unknown one without value":   {source + "brand | x | string | |", "", "intake.unknown_parameter", scheme.NotUnderstood, `"operation":"refund.single.query"`},
		"no name of a field":             {source + "单价 | x | string | |", "", "intake.no_field", scheme.NotUnderstood, `"operation":"refund.single.query"`},
		"a row at another path":          {target + "FEntity.SubHeadEntity.FSettleOrgId结算组织100", "bill.fields.SubHeadEntity.FSettleOrgId", "intake.moved", scheme.Moved, `"field":"SubHeadEntity","type":"object","children":[{"field":"FSettleOrgId","value":"100"}]`},
		"the technical name wins":        {target + "Operation执行的操作Save", "target.params.Operation", "", scheme.Understood, `"operation":"batchSave"`},
		"another flow gets an alias":     {target + "FHeadNote备注_findCollection find A from c2b5e68c-1b80-398b-bec8-59612f54e804 where B={{c}}", "bill.fields.FHeadNote", "", scheme.Understood, `_findCollection find A from find where B={{c}}`},
		"a table that nothing announces": {"| a | b | c |\n| shop_id | x | y |", "", "intake.no_header", scheme.NotUnderstood, `"nodes":[]`},
		"nothing to do":                  {"金蝶云星空接口明细\n- 接口名称:写入空操作\n请求参数\n字段 | 名称 | 类型 | 描述\nA | x | string |", "", "", scheme.Understood, `"type":"discard"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := read(t, c.text, draft.Answers{})
			last, code := d.Lines[len(d.Lines)-1], ""
			if last.Why != nil {
				code = last.Why.Code
			}
			if last.Fate != c.fate || last.Where != c.where || code != c.code {
				t.Errorf("%s at %q because of %q", last.Fate, last.Where, code)
			}
			if doc := string(d.Document.JSON()); !strings.Contains(doc, c.flow) {
				t.Errorf("%s is not in %s", c.flow, doc)
			}
		})
	}
}

// TestAnswers: what a person said goes before what was guessed.
func TestAnswers(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "003.txt"))
	if err != nil {
		t.Fatal(err)
	}
	d := read(t, string(text), draft.Answers{
		Source: &catalog.Choice{Connector: "wangdiantong", Operation: "stockout_order_query_trade"}, StartFrom: "2026-01-01 00:00:00", Title: "T",
		Connections: map[scheme.Role]string{scheme.Source: "a", scheme.Target: "b"},
	})
	doc := string(d.Document.JSON())
	for _, want := range []string{`"operation":"stockout_order_query_trade"`, `"startFrom":"2026-01-01 00:00:00"`, `"connection":"a"`, `"connection":"b"`, `"title":"T"`} {
		if !strings.Contains(doc, want) {
			t.Errorf("%s is not in %s", want, doc)
		}
	}
	for _, s := range d.Slots {
		if !s.Filled {
			t.Errorf("%+v", s)
		}
	}
}
