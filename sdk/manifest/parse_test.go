package manifest_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
)

// depot is a manifest that uses every part.
func depot(tb testing.TB) string {
	tb.Helper()
	raw, err := os.ReadFile("testdata/depot.yaml")
	if err != nil {
		tb.Fatal(err)
	}
	return string(raw)
}

func parse(tb testing.TB, yaml string) *manifest.Manifest {
	tb.Helper()
	m, err := manifest.Parse([]byte(yaml))
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// faultsOf lists "code at path" of every fault joined in err.
func faultsOf(err error) []string {
	var out []string
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			out = append(out, faultsOf(e)...)
		}
	} else if f, ok := errors.AsType[*fault.Fault](err); ok {
		out = append(out, f.Code+" at "+f.Path)
	} else if err != nil {
		out = append(out, "no fault: "+err.Error())
	}
	return out
}

func TestParseReadsEveryPart(t *testing.T) {
	t.Parallel()
	m := parse(t, depot(t))
	q, _ := m.Operation("order.query")
	w, _ := m.Operation("bill.save")
	if _, ok := m.Operation("nothing"); ok {
		t.Error("an operation that is not declared was found")
	}
	got := []string{
		m.ID, m.Version, m.Title.ZH, m.Title.EN, m.TimeZone, m.LimitKey, m.Icon,
		m.Limits[0].Per.Std().String(), fmt.Sprint(m.Limits[1].PerOperation),
		strings.Join(m.Rules[0].Codes, ","), m.Rules[0].Wait.Std().String(),
		q.Key, q.Window.Format, q.Window.Span.Std().String(), string(q.Paging.Direction), fmt.Sprint(q.Paging.MaxSize), q.ByNumber.Param,
		q.Request[4].Parser.Name, q.Response[1].Children[0].Name,
		w.Form, string(w.Writing.Create.Class), w.Writing.Create.ReadLag.Std().String(), string(w.Forms[0].Request[0].Type),
	}
	want := []string{
		"depot", "1.2.0", "仓库通", "Depot", "Asia/Shanghai", "appKey", "icon.svg",
		"1s", "true", "429,0429", "2s",
		"{{id}}", "datetime", "168h0m0s", "backward", "50", "nos",
		"ArrayToString", "sku",
		"FormId", "B", "3s", "decimal",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parts differ (-want +got):\n%s", diff)
	}
}

func TestParseKeepsCodesAsWritten(t *testing.T) {
	t.Parallel()
	y := strings.Replace(depot(t), `codes: [429, "0429"]`, `codes: [0429, 002005000003016, -5, 1e3, 0x1F, 1.50, 12345678901234567890123, .inf]`, 1)
	want := []string{"0429", "002005000003016", "-5", "1e3", "0x1F", "1.50", "12345678901234567890123", ".inf"}
	if diff := cmp.Diff(want, parse(t, y).Rules[0].Codes); diff != "" {
		t.Errorf("vendor codes are texts (-want +got):\n%s", diff)
	}
}

func TestParseKeepsAVersionAsWritten(t *testing.T) {
	t.Parallel()
	y := strings.Replace(depot(t), "version: 1.2.0", "version: 1.20", 1)
	if got := parse(t, y).Version; got != "1.20" {
		t.Errorf("version is %q, want 1.20", got)
	}
}

func TestParseRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, yaml, code, path, says string }{
		{"nothing", "", "manifest.syntax", "", "exactly one"},
		{"two documents", "id: a\n---\nid: b\n", "manifest.syntax", "", "exactly one"},
		{"a list", "- id: a\n", "manifest.wrong_type", "", "line 1, column 1"},
		{"broken YAML", "id: [a\n", "manifest.syntax", "", "line 1, column 5"},
		{"an unknown key at the top", "id: a\nfoo: 1\n", "manifest.unknown_key", "foo", "line 2, column 1"},
		{"an unknown key deep down", "operations:\n  - name: x\n    request:\n      - {field: a, kind: b}\n", "manifest.unknown_key", "operations[0].request[0].kind", "line 4, column 20"},
		{"a repeated key", "id: a\nid: b\n", "manifest.syntax", "", "line 2, column 1"},
		{"a text for a number", "limits:\n  - {calls: many, per: 1s}\n", "manifest.wrong_type", "limits[0].calls", "line 2, column 13"},
		{"a fraction for a number", "limits:\n  - {calls: 1.5, per: 1s}\n", "manifest.wrong_type", "limits[0].calls", "line 2, column 13"},
		{"no duration", "limits:\n  - {calls: 5, per: daily}\n", "manifest.duration_invalid", "limits[0].per", "daily"},
		{"aliases in anchors", "rules: &r [&a {class: data}, *a]\n", "manifest.too_large", "", "anchor"},
		{"too many aliases", "rules: [&a {class: data}" + strings.Repeat(", *a", 1001) + "]\n", "manifest.too_large", "", "aliases"},
		{"too long", "# " + strings.Repeat("x", manifest.MaxSize), "manifest.too_large", "", "1024 KiB"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := manifest.Parse([]byte(c.yaml))
			f := fault.From(err)
			if f == nil || f.Code != c.code || f.Path != c.path || !strings.Contains(f.Message, c.says) || f.Class != fault.Config {
				t.Errorf("got %v, want %s at %q saying %q", err, c.code, c.path, c.says)
			}
		})
	}
}

func TestParseFollowsAliases(t *testing.T) {
	t.Parallel()
	y := strings.Replace(depot(t), "- {calls: 5, per: 1s}", "- &l {calls: 5, per: 1s}\n  - *l", 1)
	if m := parse(t, y); m.Limits[1].Calls != 5 || len(m.Limits) != 3 {
		t.Errorf("limits are %+v, want the alias followed", m.Limits)
	}
}

// TestCheck breaks the good manifest in one place a case.
func TestCheck(t *testing.T) {
	t.Parallel()
	cases := []struct {
		old, broken string
		want        []string
	}{
		{"id: depot", "id: ''", []string{"manifest.required at id"}},
		{"id: depot", "id: My Depot", []string{"manifest.bad_name at id"}},
		{"version: 1.2.0", "version: latest", []string{"manifest.bad_name at version"}},
		{"title: {zh: 仓库通, en: Depot}", "title: {en: Depot}", []string{"manifest.required at title.zh"}},
		{"timeZone: Asia/Shanghai", "timeZone: ''", []string{"manifest.required at timeZone"}},
		{"timeZone: Asia/Shanghai", "timeZone: Asia/Atlantis", []string{"manifest.unknown_zone at timeZone"}},
		{"timeZone: Asia/Shanghai", "timeZone: Asia/Shanghai\ncheckOperation: nothing", []string{"manifest.unknown_operation at checkOperation"}},
		{"limitKey: appKey", "limitKey: shop", []string{"manifest.unknown_field at limitKey"}},
		{"limitKey: appKey", "limitKey: appKey\ntimeZoneKey: shop", []string{"manifest.unknown_field at timeZoneKey"}},
		{"calls: 5,", "calls: 0,", []string{"manifest.out_of_range at limits[0]"}},
		{"concurrency: 4", "concurrency: -1", []string{"manifest.out_of_range at concurrency"}},
		{"concurrency: 4", "concurrency: 257", []string{"manifest.out_of_range at concurrency"}},
		{"concurrency: 4", "concurrency: 256", nil},
		{"per: 1m,", "per: -1m,", []string{"manifest.out_of_range at limits[1]"}},

		{"key: appSecret", "key: appKey", []string{"manifest.duplicate at settings[2].key"}},
		{"key: baseUrl", "key: base-url", []string{"manifest.bad_name at settings[0].key"}},
		{"kind: url, title: {zh: 地址, en: Address}", "kind: url, title: {en: Address}", []string{"manifest.required at settings[0].title.zh"}},
		{"kind: url", "kind: link", []string{"manifest.not_an_option at settings[0].kind", "manifest.not_allowed at settings[0].kind"}},
		{"kind: url", "kind: mapping", []string{"manifest.not_allowed at settings[0].kind"}},
		{"kind: text, secret: true", "kind: url, secret: true", []string{"manifest.not_allowed at settings[2].secret"}},
		{"kind: text, secret: true", "kind: text, secret: true, default: hush", []string{"manifest.not_allowed at settings[2].default"}},
		{"default: key,", "default: card,", []string{"manifest.wrong_type at settings[3].default"}},
		{"{value: user, title: {zh: 用户}}", "{value: key, title: {}}", []string{
			"manifest.duplicate at settings[3].options[1].value", "manifest.required at settings[3].options[1].title.zh",
		}},
		{"key: user, kind: text", "key: user, kind: choice", []string{"manifest.required at settings[4].options"}},
		{"when: {key: login,", "when: {key: logon,", []string{"manifest.unknown_field at settings[4].when.key"}},
		{"min: 0, max: 9", "min: 10, max: 9", []string{"manifest.out_of_range at settings[5].min", "manifest.wrong_type at settings[5].default"}},
		{`default: "3"`, `default: many`, []string{"manifest.wrong_type at settings[5].default"}},
		{"key: user, kind: text", "key: user, kind: int, max: 9, default: \"50\"", []string{"manifest.wrong_type at settings[4].default"}},
		{"key: user, kind: text", "key: user, kind: group", []string{"manifest.required at settings[4].items"}},

		{"{class: auth,", "{class: login,", []string{"manifest.not_an_option at rules[1].class"}},
		{"wait: 2s", "wait: -2s", []string{"manifest.out_of_range at rules[0].wait"}},
		{"库存不足|不存在", "(库存不足", []string{"manifest.bad_regexp at rules[2].message"}},
		{"{class: auth, codes: [40001]}", "{class: auth}", []string{"manifest.unreachable at rules[1]"}},
		{"message: 维护", "message: '['", []string{"manifest.bad_regexp at operations[0].rules[0].message"}},

		{"name: bill.audit", "name: bill.save", []string{"manifest.duplicate at operations[2].name"}},
		{"name: bill.audit", "name: ''", []string{"manifest.required at operations[2].name"}},
		{"name: bill.audit", "name: bill audit", []string{"manifest.bad_name at operations[2].name"}},
		{"kind: action", "kind: act", []string{"manifest.not_an_option at operations[2].kind"}},
		{"kind: action", "kind: write", []string{"manifest.required at operations[2].writing"}},
		{"kind: action", "kind: query", []string{"manifest.required at operations[2].paging"}},
		{"object: order", "object: ''", []string{"manifest.required at operations[0].object"}},
		{"title: {zh: 订单查询, en: Orders}", "title: {}", []string{"manifest.required at operations[0].title.zh"}},
		{"kind: query", "kind: action", []string{
			"manifest.not_allowed at operations[0].window", "manifest.not_allowed at operations[0].paging", "manifest.not_allowed at operations[0].byNumber",
		}},
		{"kind: write", "kind: query", []string{"manifest.required at operations[1].paging", "manifest.not_allowed at operations[1].writing"}},

		{"field: end,", "field: begin,", []string{"manifest.duplicate at operations[0].request[1].field", "manifest.unknown_field at operations[0].window.to"}},
		{"{field: page, title: {zh: 页码}, type: int}", "{title: {zh: 页码}, type: int}", []string{
			"manifest.required at operations[0].request[2].field", "manifest.unknown_field at operations[0].paging.number",
		}},
		{"{zh: 页码}, type: int", "{zh: 页码}, type: float", []string{"manifest.not_an_option at operations[0].request[2].type"}},
		{"{zh: 表单}, group: other", "{zh: 表单}, group: some", []string{"manifest.not_an_option at operations[1].request[0].group"}},
		{"{zh: 表单}, group: other", "{zh: 表单}, group: other, quote: sql", nil},
		{"{zh: 表单}, group: other", "{zh: 表单}, group: other, enum: [{value: A, title: {zh: 甲}}, {value: B, title: {zh: 乙, en: B}}]", nil},
		{"{zh: 表单}, group: other", "{zh: 表单}, group: other, enum: [{value: A, title: {zh: 甲}}, {value: A, title: {en: A}}, {title: {zh: 丙}}]", []string{
			"manifest.duplicate at operations[1].request[0].enum[1].value", "manifest.required at operations[1].request[0].enum[1].title.zh", "manifest.required at operations[1].request[0].enum[2].value",
		}},
		{"{zh: 页码}, type: int", "{zh: 页码}, type: int, enum: [{value: one, title: {zh: 一}}]", []string{"manifest.out_of_range at operations[0].request[2].enum[0].value"}},
		{"{zh: 明细}, type: array", "{zh: 明细}, type: array, enum: [{value: a, title: {zh: 甲}}]", []string{"manifest.not_allowed at operations[0].response[1].enum"}},
		{"{zh: 表单}, group: other", "{zh: 表单}, group: other, quote: double", []string{"manifest.not_an_option at operations[1].request[0].quote"}},
		{"{zh: 明细}, type: array", "{zh: 明细}, type: string", []string{"manifest.not_allowed at operations[0].response[1].children"}},
		{"children: [{field: sku, title: {zh: 商品}}]", "children: [{field: sku, title: {}}]", []string{"manifest.required at operations[0].response[1].children[0].title.zh"}},
		{"name: ArrayToString", "name: Join", []string{"manifest.unknown_parser at operations[0].request[4].parser.name"}},
		{`params: [","]`, "params: []", []string{"manifest.out_of_range at operations[0].request[4].parser.params"}},

		{"from: begin, to: end", "from: begin, to: finish", []string{"manifest.unknown_field at operations[0].window.to"}},
		{"from: begin, to: end", "from: begin", []string{"manifest.required at operations[0].window"}},
		{"from: begin, to: end, format: datetime, ", "", nil},
		{"format: datetime, ", "", []string{"manifest.required at operations[0].window.format"}},
		{"granularity: 1s", "granularity: 0s", []string{"manifest.out_of_range at operations[0].window.granularity"}},
		{"lag: 2m", "lag: -2m", []string{"manifest.out_of_range at operations[0].window.lag"}},
		{"span: 168h", "span: -1h", []string{"manifest.out_of_range at operations[0].window.span"}},
		{"lookBack: 10m", "lookBack: -1m", []string{"manifest.out_of_range at operations[0].window.lookBack"}},

		{"strategy: page", "strategy: pages", []string{"manifest.not_an_option at operations[0].paging.strategy", "manifest.not_allowed at operations[0].paging.direction"}},
		{"strategy: page, direction: backward, number: page", "strategy: page", []string{"manifest.required at operations[0].paging.number"}},
		{"strategy: page, direction: backward", "strategy: offset", []string{"manifest.required at operations[0].paging.offset"}},
		{"strategy: page, direction: backward", "strategy: cursor", []string{"manifest.required at operations[0].paging.token"}},
		{"strategy: page, direction: backward", "strategy: keyset", nil},
		{"strategy: page, direction: backward", "strategy: none", nil},
		{"direction: backward", "direction: sideways", []string{"manifest.not_an_option at operations[0].paging.direction"}},
		{"total: true", "total: false", []string{"manifest.not_allowed at operations[0].paging.direction"}},
		{"first: 1", "first: -1", []string{"manifest.out_of_range at operations[0].paging.first"}},
		{"maxSize: 50", "maxSize: 20", []string{"manifest.out_of_range at operations[0].paging.defaultSize"}},
		{"size: size", "size: rows", []string{"manifest.unknown_field at operations[0].paging.size"}},
		{"param: nos", "param: numbers", []string{"manifest.unknown_field at operations[0].byNumber.param"}},
		{"{param: nos, max: 20}", "{}", []string{"manifest.required at operations[0].byNumber.param", "manifest.out_of_range at operations[0].byNumber.max"}},

		{"form: FormId", "form: Form", []string{"manifest.unknown_field at operations[1].form"}},
		{"    form: FormId\n", "", []string{"manifest.not_allowed at operations[1].forms"}},
		{"id: OUT", "id: IN", []string{"manifest.duplicate at operations[1].forms[1].id"}},
		{"field: Total", "field: Number", []string{"manifest.duplicate at operations[1].forms[0].request[0].field"}},

		{"rowsKey: rows", "rowsKey: ''", []string{"manifest.required at operations[1].writing.rowsKey"}},
		{"maxRows: 100", "maxRows: 10", []string{"manifest.out_of_range at operations[1].writing.defaultRows"}},
		{"echo: number", "echo: code", []string{"manifest.not_an_option at operations[1].writing.create.echo"}},
		{"echo: number", "echo: id", nil},
		{"answers: perRow", "answers: all", []string{"manifest.not_allowed at operations[1].writing.create.echo"}},
		{"answers: perRow", "answers: some", []string{"manifest.not_an_option at operations[1].writing.answers", "manifest.not_allowed at operations[1].writing.create.echo"}},
		{"batch: perRow", "batch: maybe", []string{"manifest.not_an_option at operations[1].writing.batch"}},
		{"onRevised: update", "onRevised: often", []string{"manifest.not_an_option at operations[1].writing.onRevised"}},
		{"      update: {class: C}\n", "", []string{"manifest.not_allowed at operations[1].writing.onRevised"}},
		{"      create: {class: B, probe: true, readLag: 3s, echo: number}\n      update: {class: C}\n", "", []string{
			"manifest.required at operations[1].writing", "manifest.not_allowed at operations[1].writing.onRevised",
		}},
		{"update: {class: C}", "update: {class: E}", []string{"manifest.not_an_option at operations[1].writing.update.class"}},
		{"update: {class: C}", "update: {class: C, preProbe: true}", []string{"manifest.class_unfounded at operations[1].writing.update.preProbe"}},
		{"readLag: 3s", "readLag: -3s", []string{"manifest.out_of_range at operations[1].writing.create.readLag"}},
		{"class: B, probe: true", "class: B", []string{"manifest.class_unfounded at operations[1].writing.create.probe"}},
		{"        compare: [Number, Customer.FNumber]\n", "", []string{"manifest.class_unfounded at operations[1].writing.create.compare"}},
		{"        compare: [Number, Customer.FNumber]\n", "        compare: [Number]\n", []string{"manifest.class_unfounded at operations[1].writing.create.compare"}},
		{"        compare: [Number, Customer.FNumber]\n", "        compare: [Number, Number]\n", []string{"manifest.class_unfounded at operations[1].writing.create.compare"}},
		{"rowsKey: rows\n", "rowsKey: rows\n      key: \"{{Shop}}-{{ Total|round }}\"\n", nil},
		{
			"create: {class: B, probe: true, readLag: 3s, echo: number}", "key: \"{{Shop}}-{{ Total|round }}\"\n      create: {class: D, probe: true, compare: [Total, Shop]}",
			[]string{"manifest.class_unfounded at operations[1].writing.create.compare"},
		},
		{"create: {class: B, probe: true, readLag: 3s, echo: number}", "key: \"{{Shop}}\"\n      create: {class: D, compare: [Shop]}", nil},
		{"class: B, probe: true", "class: B, probe: true, preProbe: true", nil},
		{"        writeKey: \"{{Number}}\"\n        compare: [Number, Total]\n", "        compare: [Number]\n", []string{"manifest.class_unfounded at operations[1].writing.key"}},
		{"rowsKey: rows", "rowsKey: rows\n      key: \"{{Number}}\"", nil},
	}
	good := depot(t)
	for _, c := range cases {
		t.Run(c.old+" → "+c.broken, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(good, c.old) {
				t.Fatalf("the good manifest does not hold %q", c.old)
			}
			_, err := manifest.Parse([]byte(strings.Replace(good, c.old, c.broken, 1)))
			if diff := cmp.Diff(c.want, faultsOf(err)); diff != "" {
				t.Errorf("faults differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPreProbeStandsForCompare(t *testing.T) {
	t.Parallel()
	bare := strings.NewReplacer("        compare: [Number, Total]\n", "", "        compare: [Number, Customer.FNumber]\n", "").Replace(depot(t))
	const at = "manifest.class_unfounded at operations[1].writing.create.compare"
	_, err := manifest.Parse([]byte(bare))
	if diff := cmp.Diff([]string{at, at}, faultsOf(err)); diff != "" {
		t.Errorf("each form lacks compare (-want +got):\n%s", diff)
	}
	parse(t, strings.Replace(bare, "class: B, probe: true", "class: B, probe: true, preProbe: true", 1))
}

// TestAFormThatComparesIsNotLookedUpBefore: what it compares tells whose an object is.
func TestAFormThatComparesIsNotLookedUpBefore(t *testing.T) {
	t.Parallel()
	m := parse(t, strings.NewReplacer("        compare: [Number, Customer.FNumber]\n", "", "class: B, probe: true", "class: B, probe: true, preProbe: true").Replace(depot(t)))
	o, _ := m.Operation("bill.save")
	for form, want := range map[string]bool{"IN": false, "OUT": true, "": true} {
		of := o
		if form != "" {
			of = o.For(form)
		}
		if mode := of.Writing.Create; mode.PreProbe != want || !mode.Probe || (len(mode.Compare) == 0) != want {
			t.Errorf("form %q: %+v", form, mode)
		}
	}
}

func TestCheckListsEveryFault(t *testing.T) {
	t.Parallel()
	faults := (&manifest.Manifest{}).Check()
	var got []string
	for _, f := range faults {
		got = append(got, f.Code+" at "+f.Path)
		if f.Class != fault.Config || f.Message == "" {
			t.Errorf("%v has class %q and message %q", f, f.Class, f.Message)
		}
	}
	want := []string{
		"manifest.required at id", "manifest.required at version", "manifest.required at title.zh",
		"manifest.required at timeZone", "manifest.required at operations",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults differ (-want +got):\n%s", diff)
	}
}

func TestForMergesAForm(t *testing.T) {
	t.Parallel()
	m := parse(t, depot(t))
	o, _ := m.Operation("bill.save")
	before := parse(t, depot(t))
	in, out := o.For("IN"), o.For("OUT")
	names := func(fields []field.Field) (list []string) {
		for _, f := range fields {
			list = append(list, f.Name)
		}
		return list
	}
	if diff := cmp.Diff([]string{"FormId", "Number", "Total"}, names(in.Request)); diff != "" {
		t.Errorf("request of IN (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"FormId", "Number", "Customer"}, names(out.Request)); diff != "" {
		t.Errorf("request of OUT (-want +got):\n%s", diff)
	}
	if in.Key != "" || out.Key != "{{ID}}" || out.Number != "{{Number}}" || out.Modified != "{{Changed}}" {
		t.Errorf("texts are %q and %q, %q, %q", in.Key, out.Key, out.Number, out.Modified)
	}
	if in.Writing.Key != "{{Number}}" || !slices.Equal(in.Writing.Create.Compare, []string{"Number", "Total"}) || !slices.Equal(in.Writing.Update.Compare, []string{"Number", "Total"}) {
		t.Errorf("writing of IN is %+v %+v", in.Writing, in.Writing.Create)
	}
	if faults := in.Check(); len(faults) != 0 {
		t.Errorf("the merged operation has faults: %v", faults)
	}
	for _, form := range []string{"", "UNKNOWN"} {
		if diff := cmp.Diff(o, o.For(form), cmpopts.IgnoreUnexported(manifest.Rule{})); diff != "" {
			t.Errorf("form %q changes the operation (-want +got):\n%s", form, diff)
		}
	}
	if diff := cmp.Diff(before, m, cmpopts.IgnoreUnexported(manifest.Rule{})); diff != "" {
		t.Errorf("merging changed the manifest (-want +got):\n%s", diff)
	}
}

func TestWithDerivesAnOperation(t *testing.T) {
	t.Parallel()
	o, _ := parse(t, depot(t)).Operation("bill.save")
	derived := o.With(manifest.Form{ID: "MOVE", Request: []field.Field{{Name: "To", Title: field.Text{ZH: "调入"}}}})
	derived.Name, derived.Forms = "bill.save#MOVE", nil
	var got []string
	for _, f := range derived.Check() {
		got = append(got, f.Code+" at "+f.Path)
	}
	want := []string{"manifest.class_unfounded at writing.key", "manifest.class_unfounded at writing.create.compare"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a form that brings no key can't be of class B (-want +got):\n%s", diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(depot(f)))
	f.Add([]byte("id: &a [*a]\n"))
	f.Add([]byte("operations: [{name: x, request: [{field: a, children: [{}]}]}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := manifest.Parse(data)
		if (m == nil) == (err == nil) {
			t.Fatalf("got %v and %v", m, err)
		}
		if err != nil && fault.CodeOf(err) == "" {
			t.Fatalf("an error without a code: %v", err)
		}
	})
}
