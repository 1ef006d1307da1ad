package value_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
)

func TestMappingProblems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, rows string
		want       []string
	}{
		{"not a list", `{"a":1}`, []string{"mapping.not_a_list fields"}},
		{"a list of other things", `[1]`, []string{"mapping.not_a_list fields"}},
		{"no field", `[{"value":"x"}]`, []string{"mapping.field_missing fields[0].field"}},
		{"an unknown member", `[{"field":"a","vlaue":"x"}]`, []string{"mapping.unknown_member fields[0].vlaue"}},
		{
			"members of the wrong type", `[{"field":"a","type":1,"required":"x","omitEmpty":2,"extra":"y","format":{}}]`,
			[]string{"mapping.wrong_type fields[0].extra", "mapping.wrong_type fields[0].format", "mapping.wrong_type fields[0].omitEmpty", "mapping.wrong_type fields[0].required", "mapping.wrong_type fields[0].type"},
		},
		{"twice the same", `[{"field":"a","value":"x"},{"field":"b","value":"x"},{"field":"a","value":"y"}]`, []string{"mapping.duplicate_field fields[2].field"}},
		{
			"syntax", `[{"field":"a","value":"{{x"},{"field":"b","type":"array","value":"items","children":[{"field":"c","value":"ok"},{"field":"d","value":"{{x|y}}"}]}]`,
			[]string{"value.syntax fields[0].value", "value.syntax fields[1].children[1].value"},
		},
		{
			"other forms", `[{"field":"a","value":"_function nothing(1)"},{"field":"b","value":"_findCollection find a from b"},{"field":"c","value":"_findCollection find a from b where c=1"},
				{"field":"d","value":"{{x}}","table":"shops","onMiss":"wait","direction":"back","onMany":"all"},{"field":"e","value":"{{x}}","table":"shops"},{"field":"f","table":7}]`,
			[]string{
				"function.unknown fields[0].value", "value.syntax fields[1].value", "value.lookup_misplaced fields[2].value",
				"mapping.unknown_word fields[3].direction", "mapping.unknown_word fields[3].onMany", "mapping.unknown_word fields[3].onMiss",
				"value.table_misplaced fields[4].table", "mapping.wrong_type fields[5].table",
			},
		},
		{"an unknown type", `[{"field":"a","type":"text","value":"x"}]`, []string{"mapping.unknown_type fields[0].type"}},
		{"an unknown format", `[{"field":"a","format":"dat","value":"x"}]`, []string{"mapping.unknown_format fields[0].format"}},
		{"a format that writes no dates", `[{"field":"a","type":"date","format":"round","value":"{{x}}"}]`, []string{"value.not_a_date_format fields[0].format"}},
		{"an unknown parser", `[{"field":"a","value":"x","parser":{"name":"Odd"}}]`, []string{"mapping.unknown_parser fields[0].parser"}},
		{
			"a parser of the wrong type", `[{"field":"a","value":"x","parser":"ConvertJson"},{"field":"b","value":"x","parser":{"name":"ConvertJson","params":5}}]`,
			[]string{"mapping.wrong_type fields[0].parser", "mapping.wrong_type fields[1].parser"},
		},
		{"a parser without its names", `[{"field":"a","value":"x","parser":{"name":"ConvertObjectParser"}}]`, []string{"mapping.parser_params fields[0].parser"}},
		{"children of a scalar", `[{"field":"a","type":"int","children":[{"field":"b","value":"1"}]}]`, []string{"mapping.unexpected_children fields[0].children"}},
		{"an object with a value", `[{"field":"a","type":"object","value":"{{x}}","children":[{"field":"b","value":"1"}]}]`, []string{"mapping.unexpected_value fields[0].value"}},
		{
			"a constant that doesn't fit", `[{"field":"a","type":"int","value":"x"},{"field":"b","type":"date","value":"soon"},{"field":"c","type":"bool","value":2},{"field":"d","type":"json","value":"x"}]`,
			[]string{"value.not_a_number fields[0].value", "value.not_a_date fields[1].value", "value.not_a_bool fields[2].value", "value.not_json fields[3].value"},
		},
		{"placeholders in a JSON value", `[{"field":"a","value":["{{x}}"]}]`, []string{"mapping.value_not_text fields[0].value"}},
		{
			"a template that would become JSON", `[{"field":"a","type":"object","value":"{\"a\":\"{{x}}\"}"},{"field":"b","type":"json","value":"[{{x}},{{y}}]"}]`,
			[]string{"mapping.template_not_text fields[0].value", "mapping.template_not_text fields[1].value"},
		},
		{
			"a source array that is none", `[{"field":"a","type":"array","value":"{{x}}{{y}}","children":[{"field":"b","value":"1"}]},{"field":"c","type":"array","value":"[1]","children":[{"field":"b","value":"1"}]},{"field":"d","type":"array","value":"a..b","children":[{"field":"b","value":"1"}]},{"field":"e","type":"array","value":"_function x","children":[{"field":"b","value":"1"}]},{"field":"f","type":"array","value":"{{x|date}}","children":[{"field":"b","value":"1"}]}]`,
			[]string{"value.syntax fields[0].value", "value.syntax fields[1].value", "value.syntax fields[2].value", "value.syntax fields[3].value", "value.syntax fields[4].value"},
		},
		{
			"extra lines", `[{"field":"a","type":"array","value":"items","children":[{"field":"b","value":"1"}],"extra":[{"when":[[{"field":"x","logic":"is"}]],"children":[{"field":"b","value":"{{"}],"odd":1},{"when":[],"children":[{"field":"b","type":"z"}]}]}]`,
			[]string{"conditions.unknown_logic fields[0].extra[0].when[0][0].logic", "value.syntax fields[0].extra[0].children[0].value", "mapping.unknown_member fields[0].extra[0].odd", "mapping.unknown_type fields[0].extra[1].children[0].type"},
		},
		{"extra lines of a scalar", `[{"field":"a","type":"string","value":"x","extra":[{"children":[]}]}]`, []string{"mapping.unexpected_children fields[0].children"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, faults := value.CompileMapping([]byte(tt.rows), nil, value.Options{})
			if diff := cmp.Diff(tt.want, problems(faults)); diff != "" {
				t.Error(diff)
			}
			for _, f := range faults {
				if f.Class != fault.Config || f.Message == "" {
					t.Errorf("%v has class %q", f, f.Class)
				}
			}
			if m == nil {
				t.Error("there is no mapping")
			}
		})
	}
}

func TestPathOption(t *testing.T) {
	t.Parallel()
	opts := value.Options{Path: "spec.nodes[2].settings.fields"}
	_, faults := value.CompileMapping([]byte(`[{"field":"a","value":"{{"}]`), nil, opts)
	_, more := value.CompileParams([]byte(`[{"field":"a","value":"{{"}]`), nil, opts)
	_, most := value.CompileConditions([]byte(`[[{"field":"a"}]]`), opts)
	want := []string{
		"value.syntax spec.nodes[2].settings.fields[0].value", "value.syntax spec.nodes[2].settings.fields[0].value",
		"conditions.unknown_logic spec.nodes[2].settings.fields[0][0].logic",
	}
	if diff := cmp.Diff(want, append(append(problems(faults), problems(more)...), problems(most)...)); diff != "" {
		t.Error(diff)
	}
}

// returnStock is a part of the declaration of a sales return.
func returnStock() []field.Field {
	number := &field.Parser{Name: "ConvertObjectParser", Params: []string{"FNumber"}}
	return []field.Field{
		{Name: "FBillTypeID", Type: field.String, Parser: number, Default: "XSTHD01_SYS"},
		{Name: "FBillNo", Title: field.Text{ZH: "单据编号"}, Required: true},
		{Name: "FSaleOrgId", Parser: number},
		{Name: "FDate", Type: field.Date, Required: true},
		{Name: "FStockNumber", Path: "FStock.FNumber"},
		{Name: "FStockName", Path: "FStock.FName"},
		{Name: "FEntity", Children: []field.Field{
			{Name: "FMaterialId", Parser: number, Required: true},
			{Name: "FRealQty", Type: field.Decimal},
			{Name: "FOwnerTypeId", Default: "BD_OwnerOrg"},
		}},
		{Name: "SubHeadEntity", Type: field.Object, Children: []field.Field{{Name: "FSettleOrgId", Parser: number, Default: "100"}}},
		{Name: "FormId", Group: field.Other, Required: true, Default: "SAL_RETURNSTOCK"},
		{Name: "SubSystemId", Group: field.Other},
		{Name: "IsAutoSubmitAndAudit", Type: field.Bool, Group: field.Other, Default: "false"},
	}
}

func TestDeclaredFields(t *testing.T) {
	t.Parallel()
	m := mapping(t, `[{"field":"FStockName","value":"{{wh}}"},{"field":"FSaleOrgId","value":"100"},{"field":"FBillNo","value":"{{o_id}}"},{"field":"FDate","value":"{{confirm_date}}"},
		{"field":"FStockNumber","value":"{{wh_id}}"},
		{"field":"FEntity","value":"items","children":[{"field":"FMaterialId","value":"{{items.sku}}"},{"field":"FRealQty","value":"{{items.qty}}"}]},
		{"field":"FBillTypeID","value":""},{"field":"SubHeadEntity","children":[]}]`, returnStock())
	doc := `{"o_id":77,"confirm_date":"2026-11-21 10:30:00","wh":"主仓","wh_id":3,"items":[{"sku":"A-1","qty":"2.50"},{"sku":5}]}`
	got, err := m.Append(nil, &value.Scope{Doc: of(doc)})
	const want = `{"FStock":{"FName":"主仓","FNumber":"3"},"FSaleOrgId":{"FNumber":"100"},"FBillNo":"77","FDate":"2026-11-21",` +
		`"FEntity":[{"FMaterialId":{"FNumber":"A-1"},"FRealQty":2.50,"FOwnerTypeId":"BD_OwnerOrg"},{"FMaterialId":{"FNumber":"5"},"FOwnerTypeId":"BD_OwnerOrg"}],` +
		`"FBillTypeID":{"FNumber":"XSTHD01_SYS"}}`
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestRowsWinOverDeclarations(t *testing.T) {
	t.Parallel()
	m := mapping(t, `[{"field":"FBillNo","type":"int","value":"{{n}}"},{"field":"FDate","type":"string","value":"{{d}}"},{"field":"FSaleOrgId","value":"7","parser":{"name":"ConvertObjectParser","params":"FId"}},{"field":"FBillTypeID","value":"OTHER"}]`, returnStock())
	got, err := m.Append(nil, &value.Scope{Doc: of(`{"n":"12","d":"soon"}`)})
	if want := `{"FBillNo":12,"FDate":"soon","FSaleOrgId":{"FId":"7"},"FBillTypeID":{"FNumber":"OTHER"}}`; err != nil || string(got) != want {
		t.Errorf("gives %s, %v; want %s", got, err, want)
	}
}

func TestDeclarationProblems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, rows string
		want       []string
	}{
		{
			"required fields are missing", `[{"field":"FEntity","value":"items","children":[{"field":"FRealQty","value":"{{items.qty}}"}]}]`,
			[]string{"mapping.required_missing fields[0].children", "mapping.required_missing fields", "mapping.required_missing fields"},
		},
		{"a required field without a value", `[{"field":"FBillNo","value":""},{"field":"FDate","value":"{{d}}"}]`, []string{"mapping.required_missing fields[0]"}},
		{
			"a required field with a broken value is not missing too", `[{"field":"FBillNo","value":"{{"},{"field":"FDate","value":"{{d}}","odd":1}]`,
			[]string{"value.syntax fields[0].value", "mapping.unknown_member fields[1].odd"},
		},
		{
			"unknown fields", `[{"field":"FBillNo","value":"1"},{"field":"FDate","value":"{{d}}"},{"field":"F_CUSTOM","value":"x"},{"field":"FEntity","value":"items","children":[{"field":"FMaterialId","value":"1"},{"field":"F_X","value":"1"}]}]`,
			[]string{"mapping.unknown_field fields[2].field", "mapping.unknown_field fields[3].children[1].field"},
		},
		{"a request parameter", `[{"field":"FBillNo","value":"1"},{"field":"FDate","value":"{{d}}"},{"field":"FormId","value":"SAL_RETURNSTOCK"}]`, []string{"mapping.unknown_field fields[2].field"}},
		{"children of an unknown field are unknown once", `[{"field":"FBillNo","value":"1"},{"field":"FDate","value":"{{d}}"},{"field":"F_SUB","children":[{"field":"x","value":"1"}]}]`, []string{"mapping.unknown_field fields[2].field"}},
		{
			"two fields at one place", `[{"field":"FBillNo","value":"1"},{"field":"FDate","value":"{{d}}"},{"field":"FStock","value":"x"},{"field":"FStockName","value":"y"}]`,
			[]string{"mapping.unknown_field fields[2].field", "mapping.path_conflict fields[3].field"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, faults := value.CompileMapping([]byte(tt.rows), returnStock(), value.Options{})
			if diff := cmp.Diff(tt.want, problems(faults)); diff != "" {
				t.Error(diff)
			}
			for _, f := range faults {
				if f.Code == "mapping.unknown_field" && f.Args["field"] == "FormId" && f.Hint == "" {
					t.Error("there is no hint where the parameter belongs")
				}
			}
		})
	}
}

func TestTwoPlacesConflict(t *testing.T) {
	t.Parallel()
	declared := []field.Field{{Name: "a", Path: "x.y"}, {Name: "b", Path: "x.y"}, {Name: "c", Path: "x"}}
	_, faults := value.CompileMapping([]byte(`[{"field":"a","value":"1"},{"field":"b","value":"2"},{"field":"c","value":"3"}]`), declared, value.Options{})
	if diff := cmp.Diff([]string{"mapping.path_conflict fields[1].field", "mapping.path_conflict fields[2].field"}, problems(faults)); diff != "" {
		t.Error(diff)
	}
}

func TestParams(t *testing.T) {
	t.Parallel()
	declared := []field.Field{
		{Name: "modified_begin", Type: field.Datetime, Required: true},
		{Name: "modified_end", Type: field.String, Format: "dateTime", Required: true},
		{Name: "page_index", Type: field.Int, Default: "1"},
		{Name: "page_size", Type: field.String, Default: "50"},
		{Name: "shop_id"},
		{Name: "token", Required: true},
		{Name: "so_ids", Type: field.Array, Parser: &field.Parser{Name: "StringToArray", Params: []string{","}}},
		{Name: "is_offline_shop", Type: field.Bool, Group: field.Other, Default: "false"},
	}
	p, faults := value.CompileParams([]byte(`[{"field":"modified_begin","value":"{{LAST_SYNC_TIME}}"},{"field":"modified_end","value":"{{WINDOW_END}}"},
		{"field":"shop_id","value":""},{"field":"so_ids","value":"{{params.codes}}"},{"field":"page_index","value":"{{PAGINATION_START_PAGE}}"},{"field":"extra","value":"{{x}}"}]`), declared, value.Options{Zone: shanghai(t)})
	if diff := cmp.Diff([]string{"mapping.unknown_field params[5].field"}, problems(faults)); diff != "" {
		t.Error(diff)
	}
	got, err := p.Append(nil, full(t))
	const want = `{"modified_begin":"2026-11-21 10:00:00","modified_end":"2026-11-21 10:30:00","so_ids":["A","B"],"page_index":3,"page_size":"50","is_offline_shop":false}`
	if err != nil || string(got) != want {
		t.Errorf("gives %s, %v; want %s", got, err, want)
	}
	if diff := cmp.Diff([]string{"token"}, p.Missing()); diff != "" {
		t.Error(diff)
	}
}

func TestParamsReadTheDocument(t *testing.T) {
	t.Parallel()
	p, faults := value.CompileParams([]byte(`[{"field":"FormId","value":"SAL_RETURNSTOCK"},{"field":"shop_no","value":"{{shop.no}}"},{"field":"Ids","type":"object","children":[{"field":"n","value":"{{source.n}}"}]},{"field":"list","type":"array","value":"items","children":[{"field":"s","value":"{{items.s}}"}]}]`), nil, value.Options{})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	s := &value.Scope{Doc: of(`{"shop":{"no":"S1"},"items":[{"s":1}]}`), Source: of(`{"n":2}`)}
	got, err := p.Append(nil, s)
	if want := `{"FormId":"SAL_RETURNSTOCK","shop_no":"S1","Ids":{"n":2},"list":[{"s":1}]}`; err != nil || string(got) != want {
		t.Errorf("gives %s, %v; want %s", got, err, want)
	}
}

func TestParamsFault(t *testing.T) {
	t.Parallel()
	p, faults := value.CompileParams([]byte(`[{"field":"from","type":"datetime","value":"{{x}}"}]`), nil, value.Options{})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	_, err := p.Append(nil, &value.Scope{Doc: of(`{"x":"soon"}`)})
	if f := fault.From(err); f.Code != "value.not_a_date" || f.Path != "from" || f.Args["text"] != "{{x}}" {
		t.Errorf("gives %+v", f)
	}
}

func TestZones(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 2, 30, 0, 0, time.UTC)
	for name, want := range map[string]string{"": "2026-11-21 02:30:00", "Asia/Shanghai": "2026-11-21 10:30:00", "America/New_York": "2026-11-20 21:30:00"} {
		opts := value.Options{}
		if name != "" {
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			opts.Zone = zone
		}
		p, err := value.Compile("{{WINDOW_END|datetime}}", opts)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Text(&value.Scope{System: value.System{To: at}}); err != nil || got != want {
			t.Errorf("in %q it is %s, %v; want %s", name, got, err, want)
		}
	}
}
