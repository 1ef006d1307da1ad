package format_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

func TestCast(t *testing.T) {
	t.Parallel()
	tests := []struct {
		to          field.Type
		value, want string
	}{
		{"", `1.10`, `1.10`},
		{"", `""`, ``},
		{field.String, `"a\"b"`, `"a\"b"`},
		{field.String, `12345678901234567.89`, `"12345678901234567.89"`},
		{field.String, `1E400`, `"1E400"`},
		{field.String, `false`, `"false"`},
		{field.String, `{"a":"b"}`, `"{\"a\":\"b\"}"`},
		{field.String, `null`, ``},
		{field.Int, `"21"`, `21`},
		{field.Int, `21`, `21`},
		{field.Int, `" 0021 "`, `21`},
		{field.Int, `"+5"`, `5`},
		{field.Int, `"-0"`, `-0`},
		{field.Int, `98765432109876543210`, `98765432109876543210`},
		{field.Int, `"5.00"`, `5`},
		{field.Int, `2.0`, `2`},
		{field.Int, `1e3`, `1000`},
		{field.Int, `true`, `1`},
		{field.Int, `false`, `0`},
		{field.Int, `""`, ``},
		{field.Int, `1.5`, `value.not_an_integer`},
		{field.Int, `"5 pcs"`, `value.not_a_number`},
		{field.Int, `1e9999`, `value.number_out_of_range`},
		{field.Int, `[]`, `value.not_a_number`},
		{field.Decimal, `"12.50"`, `12.50`},
		{field.Decimal, `12.50`, `12.50`},
		{field.Decimal, `1E400`, `1E400`},
		{field.Decimal, `".5"`, `0.5`},
		{field.Decimal, `"5."`, `5`},
		{field.Decimal, `"-007.10"`, `-7.10`},
		{field.Decimal, `"1,000"`, `value.not_a_number`},
		{field.Decimal, `true`, `value.not_a_number`},
		{field.Decimal, `"0x1F"`, `value.not_a_number`},
		{field.Decimal, `"NaN"`, `value.not_a_number`},
		{field.Bool, `"false"`, `false`},
		{field.Bool, `"TRUE"`, `true`},
		{field.Bool, `1`, `true`},
		{field.Bool, `"0"`, `false`},
		{field.Bool, `"是"`, `true`},
		{field.Bool, `"N"`, `false`},
		{field.Bool, `true`, `true`},
		{field.Bool, `"maybe"`, `value.not_a_bool`},
		{field.Bool, `2`, `value.not_a_bool`},
		{field.Date, `"2026-11-21 10:00:00"`, `"2026-11-21"`},
		{field.Datetime, `"2026-11-21"`, `"2026-11-21 00:00:00"`},
		{field.Datetime, `1795228200`, `"2026-11-21 10:30:00"`},
		{field.Date, `"0000-00-00"`, ``},
		{field.Date, `"soon"`, `value.not_a_date`},
		{field.Array, `[1, 2]`, `[1, 2]`},
		{field.Array, `"[1, {\"a\":2}]"`, `[1, {"a":2}]`},
		{field.Array, `"a,b"`, `value.not_an_array`},
		{field.Array, `{"a":1}`, `value.not_an_array`},
		{field.Array, `"[1"`, `value.not_an_array`},
		{field.Object, `{"a": 1}`, `{"a": 1}`},
		{field.Object, `"{\"a\": 1}"`, `{"a": 1}`},
		{field.Object, `5`, `value.not_an_object`},
		{field.JSON, `"{\"a\":[1.10]}"`, `{"a":[1.10]}`},
		{field.JSON, `"5"`, `5`},
		{field.JSON, `{"a":1}`, `{"a":1}`},
		{field.JSON, `true`, `true`},
		{field.JSON, `"plain"`, `value.not_json`},
	}
	for _, tt := range tests {
		t.Run(string(tt.to)+" "+tt.value, func(t *testing.T) {
			t.Parallel()
			out, err := format.Cast([]byte("x"), item.Of([]byte(tt.value)), tt.to, format.Format{}, env(t))
			got := strings.TrimPrefix(string(out), "x")
			if err != nil {
				if got != "" {
					t.Errorf("a failed cast leaves %s behind", got)
				}
				got = fault.CodeOf(err)
			}
			if got != tt.want {
				t.Errorf("gives %s (%v), want %s", got, err, tt.want)
			}
		})
	}
}

func TestCastWithLayout(t *testing.T) {
	t.Parallel()
	for layout, want := range map[string]string{"unixMs": "1795228200000", "iso": `"2026-11-21T10:30:00"`, "shortDate": `"11-21"`} {
		got, err := format.Cast(nil, item.Of([]byte(`"2026-11-21 10:30:00"`)), field.Datetime, parse(t, layout), env(t))
		if err != nil || string(got) != want {
			t.Errorf("%s gives %s, %v", layout, got, err)
		}
	}
}

func TestTypeOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]field.Type{"": "", "int": field.Int, "float": field.Decimal, "double": field.Decimal, "json": field.JSON} {
		if got, err := format.TypeOf(name); got != want || err != nil {
			t.Errorf("%q is %q, %v", name, got, err)
		}
	}
	if _, err := format.TypeOf("String"); err == nil || err.Code != "mapping.unknown_type" {
		t.Errorf("an unknown type gives %v", err)
	}
}

func TestParsers(t *testing.T) {
	t.Parallel()
	number := &field.Parser{Name: "ConvertObjectParser", Params: []string{"FNumber"}}
	two := &field.Parser{Name: "ConvertTwoStageObjectParser", Params: []string{"value", "phone"}}
	tests := []struct {
		name        string
		parser      *field.Parser
		value, want string
	}{
		{"none", nil, `"100"`, `"100"`},
		{"an object", number, `"100"`, `{"FNumber":"100"}`},
		{"a number stays one", number, `100`, `{"FNumber":100}`},
		{"already an object", number, `{"FNumber":"A"}`, `{"FNumber":"A"}`},
		{"several", number, `["A","B"]`, `[{"FNumber":"A"},{"FNumber":"B"}]`},
		{"nothing", number, `""`, ``},
		{"a value with quotes", number, `"a\"},{\"b"`, `{"FNumber":"a\"},{\"b"}`},
		{"two stages", two, `"000"`, `{"value":{"phone":"000"}}`},
		{"two stages of an object", two, `{"value":1}`, `{"value":1}`},
		{"text to list", &field.Parser{Name: "StringToArray", Params: []string{","}}, `"A,B c,\"D"`, `["A","B c","\"D"]`},
		{"text to list by default", &field.Parser{Name: "StringToArray"}, `"A,B"`, `["A","B"]`},
		{"text to list by another mark", &field.Parser{Name: "StringToArray", Params: []string{"|"}}, `"A|B"`, `["A","B"]`},
		{"a number to list", &field.Parser{Name: "StringToArray"}, `12`, `["12"]`},
		{"already a list", &field.Parser{Name: "StringToArray"}, `[1]`, `[1]`},
		{"list to text", &field.Parser{Name: "ArrayToString", Params: []string{"|"}}, `["P1","P2",3]`, `"P1|P2|3"`},
		{"already text", &field.Parser{Name: "ArrayToString"}, `"P1,P2"`, `"P1,P2"`},
		{
			"pairs", &field.Parser{Name: "ConvertJson"}, `{"1033":"a","2052":{"b":1},"x":2,"007":3}`,
			`[{"Key":1033,"Value":"a"},{"Key":2052,"Value":{"b":1}},{"Key":"x","Value":2},{"Key":"007","Value":3}]`,
		},
		{"pairs from text", &field.Parser{Name: "ConvertJson"}, `"{\n\"a\":\r\n1}"`, `[{"Key":"a","Value":1}]`},
		{"pairs from a list", &field.Parser{Name: "ConvertJson"}, `[{"Key":1}]`, `[{"Key":1}]`},
		{"no pairs", &field.Parser{Name: "ConvertJson"}, `"abc"`, `value.not_an_object`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, f := format.ParserOf(tt.parser)
			if f != nil {
				t.Fatal(f)
			}
			out, err := p.Append(nil, item.Of([]byte(tt.value)))
			got := string(out)
			if err != nil {
				got = fault.CodeOf(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParsersRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		parser field.Parser
		code   string
	}{
		{field.Parser{Name: "K3WiseHeiHuCustomParser"}, "mapping.unknown_parser"},
		{field.Parser{Name: "ConvertObjectParser"}, "mapping.parser_params"},
		{field.Parser{Name: "ConvertTwoStageObjectParser", Params: []string{"value"}}, "mapping.parser_params"},
		{field.Parser{Name: "ConvertTwoStageObjectParser", Params: []string{"", "phone"}}, "mapping.parser_params"},
	} {
		if _, f := format.ParserOf(&tt.parser); f == nil || f.Code != tt.code {
			t.Errorf("%v gives %v, want %s", tt.parser, f, tt.code)
		}
	}
}

func TestCastsBeforeParser(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		parser string
		to     field.Type
		want   bool
	}{
		{"ConvertObjectParser", field.String, true},
		{"ConvertObjectParser", field.Object, false},
		{"ArrayToString", field.String, false},
		{"StringToArray", field.Array, false},
		{"", field.Array, true},
		{"", field.String, true},
	} {
		p, f := format.ParserOf(&field.Parser{Name: tt.parser, Params: []string{"x"}})
		if f != nil {
			t.Fatal(f)
		}
		if got := p.Casts(tt.to); got != tt.want {
			t.Errorf("%q casts to %s: %v", tt.parser, tt.to, got)
		}
	}
}
