package value_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

func mapping(tb testing.TB, rows string, declared []field.Field) *value.Mapping {
	tb.Helper()
	m, faults := value.CompileMapping([]byte(rows), declared, value.Options{Zone: shanghai(tb)})
	if len(faults) > 0 {
		tb.Fatalf("%s: %v", rows, faults)
	}
	return m
}

func problems(faults []*fault.Fault) []string {
	var out []string
	for _, f := range faults {
		out = append(out, f.Code+" "+f.Path)
	}
	return out
}

const order = `{"o_id":11,"no":"H","price":"9.90","qty":"3.000","flag":"false","when":"2026-11-21 10:30:00","unix":1795228200,"zero":"0000-00-00",
"blank":"","nothing":null,"tags":["a","b"],"none":[],"json":"{\"a\":1.10}","ids":"7,8","shop":{"id":1,"lines":[{"x":1},{"x":2}]},
"items":[{"sku":"A","no":"L1","qty":1,"lots":[{"no":"LA","n":1},{"no":"LB","n":2}]},{"sku":"B","qty":null,"lots":[]},{"sku":"C","no":""}],"one":{"sku":"single"},"freight":"12.00"}`

func TestFields(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, rows, want string }{
		{"no rows", `[]`, `{}`},
		{"constants and values in order", `[{"field":"b","value":"x"},{"field":"a","value":"{{o_id}}"}]`, `{"b":"x","a":11}`},
		{"cast to string", `[{"field":"a","type":"string","value":"{{o_id}}"}]`, `{"a":"11"}`},
		{"cast to int", `[{"field":"a","type":"int","value":"{{qty}}"}]`, `{"a":3}`},
		{"cast to decimal", `[{"field":"a","type":"decimal","value":"{{price}}"}]`, `{"a":9.90}`},
		{"float is another name", `[{"field":"a","type":"float","value":"{{price}}"}]`, `{"a":9.90}`},
		{"cast to bool", `[{"field":"a","type":"bool","value":"{{flag}}"}]`, `{"a":false}`},
		{"cast to date", `[{"field":"a","type":"date","value":"{{when}}"},{"field":"b","type":"date","value":"{{unix}}"}]`, `{"a":"2026-11-21","b":"2026-11-21"}`},
		{"cast to datetime with a format", `[{"field":"a","type":"datetime","format":"unixMs","value":"{{when}}"}]`, `{"a":1795228200000}`},
		{"a format that reads back as no date", `[{"field":"a","type":"date","format":"shortDate","value":"{{when}}"}]`, `{"a":"11-21"}`},
		{"a template is cast", `[{"field":"a","type":"int","value":"{{o_id}}00"}]`, `{"a":1100}`},
		{"a constant is cast", `[{"field":"a","type":"bool","value":"false"},{"field":"b","type":"string","value":"21"},{"field":"c","type":"int","value":"21"}]`, `{"a":false,"b":"21","c":21}`},
		{
			"constants that are no texts", `[{"field":"a","value":false},{"field":"b","value":1.10},{"field":"c","type":"string","value":21},{"field":"d","value":["x"]},{"field":"e","value":null}]`,
			`{"a":false,"b":1.10,"c":"21","d":["x"]}`,
		},
		{"a number that is a date", `[{"field":"a","type":"datetime","value":1795228200}]`, `{"a":"2026-11-21 10:30:00"}`},
		{"a format without a type", `[{"field":"a","format":"date","value":"{{when}}"},{"field":"b","type":"string","format":"round(1)","value":"{{price}}"}]`, `{"a":"2026-11-21","b":"9.9"}`},
		{"empty values are left out", `[{"field":"a","value":"{{blank}}"},{"field":"b","value":"{{nothing}}"},{"field":"c","value":"{{missing}}"},{"field":"d","value":""},{"field":"e"},{"field":"f","type":"date","value":"{{zero}}"},{"field":"g","value":"{{missing}}{{blank}}"},{"field":"z","value":"{{o_id}}"}]`, `{"z":11}`},
		{
			"unless told otherwise", `[{"field":"a","type":"string","value":"{{blank}}","omitEmpty":false},{"field":"b","type":"decimal","value":"{{missing}}","omitEmpty":false},{"field":"c","omitEmpty":false},{"field":"d","type":"array","value":"none2","omitEmpty":false},{"field":"e","type":"object","omitEmpty":false,"children":[{"field":"x","value":"{{missing}}"}]},{"field":"f","type":"string","value":"{{blank}}","omitEmpty":false,"parser":{"name":"ConvertObjectParser","params":"FNumber"}}]`,
			`{"a":"","b":null,"c":"","d":[],"e":{},"f":null}`,
		},
		{"an array without children is copied", `[{"field":"a","type":"array","value":"tags"},{"field":"b","type":"array","value":"{{tags}}"},{"field":"c","value":"{{none}}"}]`, `{"a":["a","b"],"b":["a","b"],"c":[]}`},
		{"a JSON constant", `[{"field":"a","type":"array","value":"[1, 2]"},{"field":"b","type":"object","value":"{\"k\":1.0}"}]`, `{"a":[1, 2],"b":{"k":1.0}}`},
		{"a JSON text is opened", `[{"field":"a","type":"json","value":"{{json}}"},{"field":"b","type":"object","value":"{{json}}"}]`, `{"a":{"a":1.10},"b":{"a":1.10}}`},
		{
			"parsers", `[{"field":"a","type":"string","value":"{{o_id}}","parser":{"name":"ConvertObjectParser","params":"FNumber"}},{"field":"b","value":"{{ids}}","parser":{"name":"StringToArray","params":","}},{"field":"c","type":"array","value":"{{tags}}","parser":{"name":"ArrayToString","params":["|"]}},{"field":"d","value":"{{shop}}","parser":{"name":"ConvertJson"}},{"field":"e","value":"{{no}}","parser":{"name":"ConvertTwoStageObjectParser","params1":"value","params2":"phone"}},{"field":"f","value":"FID,FBillNo","type":"array","parser":{"name":"StringToArray"}}]`,
			`{"a":{"FNumber":"11"},"b":["7","8"],"c":"a|b","d":[{"Key":"id","Value":1},{"Key":"lines","Value":[{"x":1},{"x":2}]}],"e":{"value":{"phone":"H"}},"f":["FID","FBillNo"]}`,
		},
		{"a parser of nothing", `[{"field":"a","value":"{{blank}}","parser":{"name":"ConvertObjectParser","params":"FNumber"}}]`, `{}`},
		{"an object with children", `[{"field":"a","type":"object","children":[{"field":"x","value":"{{o_id}}"},{"field":"y","value":"{{missing}}"}]}]`, `{"a":{"x":11}}`},
		{"an object without a value inside is left out", `[{"field":"a","type":"object","children":[{"field":"y","value":"{{missing}}"}]}]`, `{}`},
		{"children without a type make an object", `[{"field":"a","children":[{"field":"x","value":"1"}]}]`, `{"a":{"x":"1"}}`},
		{"names with quotes and dots", `[{"field":"a\"b","value":"1"},{"field":"x.y","value":"2"}]`, `{"a\"b":"1","x.y":"2"}`},
		{"descriptions are passed over", `[{"field":"a","title":"标题","label":"x","describe":"y","value":"1"}]`, `{"a":"1"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := mapping(t, tt.rows, nil).Append([]byte("x"), &value.Scope{Doc: of(order)})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("x"+tt.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestArrays(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, rows, want string }{
		{
			"a line for each line", `[{"field":"E","type":"array","value":"items","children":[{"field":"s","value":"{{items.sku}}"},{"field":"k","value":"const"}]}]`,
			`{"E":[{"s":"A","k":"const"},{"s":"B","k":"const"},{"s":"C","k":"const"}]}`,
		},
		{"the array in braces", `[{"field":"E","type":"array","value":"{{ items }}","children":[{"field":"s","value":"{{items.sku}}"}]}]`, `{"E":[{"s":"A"},{"s":"B"},{"s":"C"}]}`},
		{
			"own line first, then the header", `[{"field":"E","type":"array","value":"items","children":[{"field":"n","value":"{{no}}"},{"field":"q","value":"{{items.qty}}"},{"field":"o","value":"{{o_id}}"}]}]`,
			`{"E":[{"n":"L1","q":1,"o":11},{"n":"H","o":11},{"o":11}]}`,
		},
		{"an empty line stays a line", `[{"field":"E","type":"array","value":"items","children":[{"field":"n","value":"{{items.no}}"}]}]`, `{"E":[{"n":"L1"},{},{}]}`},
		{
			"nested arrays", `[{"field":"E","type":"array","value":"items","children":[{"field":"s","value":"{{items.sku}}"},{"field":"L","type":"array","value":"items.lots","children":[{"field":"n","value":"{{items.lots.no}}"},{"field":"own","value":"{{no}}"},{"field":"s","value":"{{items.sku}}"},{"field":"lineNo","value":"{{items.no}}"},{"field":"o","value":"{{o_id}}"}]}]}]`,
			`{"E":[{"s":"A","L":[{"n":"LA","own":"LA","s":"A","lineNo":"L1","o":11},{"n":"LB","own":"LB","s":"A","lineNo":"L1","o":11}]},{"s":"B"},{"s":"C"}]}`,
		},
		{
			"nested arrays by the short name", `[{"field":"E","type":"array","value":"items","children":[{"field":"L","type":"array","value":"lots","children":[{"field":"a","value":"{{lots.no}}"},{"field":"b","value":"{{items.lots.n}}"},{"field":"c","value":"{{sku}}"}]}]}]`,
			`{"E":[{"L":[{"a":"LA","b":1,"c":"A"},{"a":"LB","b":2,"c":"A"}]},{},{}]}`,
		},
		{
			"the same array twice", `[{"field":"E","type":"array","value":"items","children":[{"field":"s","value":"{{items.sku}}"}]},{"field":"F","type":"array","value":"items","children":[{"field":"q","value":"{{items.qty}}"}]}]`,
			`{"E":[{"s":"A"},{"s":"B"},{"s":"C"}],"F":[{"q":1},{},{}]}`,
		},
		{
			"an array inside an object", `[{"field":"E","type":"array","value":"shop.lines","children":[{"field":"x","value":"{{shop.lines.x}}"},{"field":"id","value":"{{shop.id}}"}]}]`,
			`{"E":[{"x":1,"id":1},{"x":2,"id":1}]}`,
		},
		{"elements that are no objects", `[{"field":"E","type":"array","value":"tags","children":[{"field":"t","value":"{{tags}}"}]}]`, `{"E":[{"t":"a"},{"t":"b"}]}`},
		{"one line without its list", `[{"field":"E","type":"array","value":"one","children":[{"field":"s","value":"{{one.sku}}"}]}]`, `{"E":[{"s":"single"}]}`},
		{"an array that is missing, null or empty", `[{"field":"E","type":"array","value":"missing","children":[{"field":"s","value":"x"}]},{"field":"F","type":"array","value":"nothing","children":[{"field":"s","value":"x"}]},{"field":"G","type":"array","value":"none","children":[{"field":"s","value":"x"}]},{"field":"H","type":"array","value":"blank","children":[{"field":"s","value":"x"}]}]`, `{}`},
		{"without a source: one line from the document", `[{"field":"E","type":"array","children":[{"field":"o","value":"{{o_id}}"}]}]`, `{"E":[{"o":11}]}`},
		{"without a source and without a value", `[{"field":"E","type":"array","children":[{"field":"o","value":"{{missing}}"}]}]`, `{}`},
		{
			"without a source, inside a line", `[{"field":"E","type":"array","value":"items","children":[{"field":"L","type":"array","children":[{"field":"s","value":"{{items.sku}}"},{"field":"n","value":"{{no}}"}]}]}]`,
			`{"E":[{"L":[{"s":"A","n":"L1"}]},{"L":[{"s":"B","n":"H"}]},{"L":[{"s":"C"}]}]}`,
		},
		{
			"extra lines", `[{"field":"E","type":"array","value":"one","children":[{"field":"s","value":"{{one.sku}}"}],"extra":[{"when":[[{"field":"freight","logic":"gt","value":"0"}]],"children":[{"field":"s","value":"FREIGHT"},{"field":"a","type":"decimal","value":"{{freight}}"}]},{"when":[[{"field":"freight","logic":"gt","value":"12"}]],"children":[{"field":"s","value":"MUCH"}]},{"children":[{"field":"s","value":"always"}]}]}]`,
			`{"E":[{"s":"single"},{"s":"FREIGHT","a":12.00},{"s":"always"}]}`,
		},
		{
			"extra lines alone", `[{"field":"E","type":"array","value":"missing","children":[{"field":"s","value":"x"}],"extra":[{"children":[{"field":"s","value":"{{no}}"}]}]},{"field":"F","type":"array","extra":[{"when":[[{"field":"blank","logic":"notnull"}]],"children":[{"field":"s","value":"x"}]}]}]`,
			`{"E":[{"s":"H"}]}`,
		},
		{
			"extra lines see the line around their array", `[{"field":"E","type":"array","value":"items","children":[{"field":"L","type":"array","value":"items.lots","children":[{"field":"n","value":"{{items.lots.n}}"}],"extra":[{"when":[[{"field":"items.sku","logic":"eq","value":"B"}]],"children":[{"field":"n","value":"{{items.sku}}"}]}]}]}]`,
			`{"E":[{"L":[{"n":1},{"n":2}]},{"L":[{"n":"B"}]},{}]}`,
		},
		{
			"an object inside a line", `[{"field":"E","type":"array","value":"items","children":[{"field":"S","type":"object","children":[{"field":"s","value":"{{items.sku}}"}]}]}]`,
			`{"E":[{"S":{"s":"A"}},{"S":{"s":"B"}},{"S":{"s":"C"}}]}`,
		},
		{
			"a header array seen from a line", `[{"field":"E","type":"array","value":"one","children":[{"field":"L","type":"array","value":"items","children":[{"field":"s","value":"{{items.sku}}"}]}]}]`,
			`{"E":[{"L":[{"s":"A"},{"s":"B"},{"s":"C"}]}]}`,
		},
		{"an element by number", `[{"field":"s","value":"{{items.1.sku}}"},{"field":"E","type":"array","value":"one","children":[{"field":"n","value":"{{items.0.no}}"}]}]`, `{"s":"B","E":[{"n":"L1"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, s := mapping(t, tt.rows, nil), &value.Scope{Doc: of(order)}
			for range 2 { // the second time with everything the first one left in the scope
				got, err := m.Append(nil, s)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, string(got)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestSourceArrays(t *testing.T) {
	t.Parallel()
	m := mapping(t, `[{"field":"E","type":"array","value":"source.lines","children":[{"field":"a","value":"{{source.lines.x}}"},{"field":"b","value":"{{no}}"},{"field":"c","value":"{{source.top}}"}]}]`, nil)
	s := &value.Scope{Doc: of(`{"no":"D"}`), Source: of(`{"lines":[{"x":1},{"x":2,"no":"own"}],"top":9}`)}
	got, err := m.Append(nil, s)
	if want := `{"E":[{"a":1,"b":"D","c":9},{"a":2,"b":"own","c":9}]}`; err != nil || string(got) != want {
		t.Errorf("gives %s, %v; want %s", got, err, want)
	}
}

// A map on the document of one line: the caller's lines come after the mapping's own.
func TestMappingWithinLines(t *testing.T) {
	t.Parallel()
	m := mapping(t, `[{"field":"a","value":"{{items.sku}}"},{"field":"b","value":"{{o_id}}"},{"field":"E","type":"array","value":"items.lots","children":[{"field":"n","value":"{{items.lots.no}}"},{"field":"s","value":"{{sku}}"}]}]`, nil)
	doc := of(order)
	var got []string
	for e := range doc.Field("items").Elements() {
		out, err := m.Append(nil, &value.Scope{Doc: doc, Lines: []value.Line{{Array: "items", Value: e}}})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(out))
	}
	want := []string{
		`{"a":"A","b":11,"E":[{"n":"LA","s":"A"},{"n":"LB","s":"A"}]}`, `{"a":"B","b":11}`, `{"a":"C","b":11}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMappingFaults(t *testing.T) {
	t.Parallel()
	lines := `[{"field":"E","type":"array","value":"items","children":[{"field":"q","type":%q,"value":"{{items.%s}}"}]}]`
	tests := []struct{ name, rows, code, path, sample string }{
		{"a field", `[{"field":"a","type":"int","value":"{{no}}"}]`, "value.not_a_number", "a", `"H"`},
		{"a line's field", fmt.Sprintf(lines, "decimal", "sku"), "value.not_a_number", "E[0].q", `"A"`},
		{"a later line's field", fmt.Sprintf(lines, "int", "lots"), "value.not_a_number", "E[0].q", `[{"no":"LA","n":1},{"no":"LB","n":2}]`},
		{"a format", `[{"field":"o","type":"object","children":[{"field":"d","value":"{{no|date}}"}]}]`, "value.not_a_date", "o.d", `"H"`},
		{"a template", `[{"field":"a","value":"on {{no|date}}"}]`, "value.not_a_date", "a", `"H"`},
		{"a source that is no array", `[{"field":"E","type":"array","value":"no","children":[{"field":"a","value":"1"}]}]`, "value.not_an_array", "E", `"H"`},
		{"a nested source that is no array", `[{"field":"E","type":"array","value":"items","children":[{"field":"L","type":"array","value":"items.sku","children":[{"field":"a","value":"1"}]}]}]`, "value.not_an_array", "E[0].L", `"A"`},
		{"an extra line", `[{"field":"E","type":"array","extra":[{"children":[{"field":"a","type":"int","value":"{{no}}"}]}],"children":[{"field":"b","value":"1"}]}]`, "value.not_a_number", "E[1].a", `"H"`},
		{"a required field", `[{"field":"a","required":true,"value":"{{blank}}"}]`, "mapping.required_empty", "a", ""},
		{"a required line field", `[{"field":"E","type":"array","value":"items","children":[{"field":"q","required":true,"value":"{{items.qty}}"}]}]`, "mapping.required_empty", "E[1].q", ""},
		{"a required array", `[{"field":"E","type":"array","value":"none","required":true,"children":[{"field":"q","value":"1"}]}]`, "mapping.required_empty", "E", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := mapping(t, tt.rows, nil).Append([]byte("kept"), &value.Scope{Doc: of(order)})
			f := fault.From(err)
			if f == nil || string(got) != "kept" {
				t.Fatalf("gives %s, %v", got, err)
			}
			if f.Code != tt.code || f.Path != tt.path || f.Class != fault.Data || f.Args["sample"] != tt.sample {
				t.Errorf("gives %s at %s of %s (%s), want %s at %s of %s", f.Code, f.Path, f.Args["sample"], f.Class, tt.code, tt.path, tt.sample)
			}
		})
	}
}

func TestMapItems(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)
	m := mapping(t, `[{"field":"a","value":"{{x}}"},{"field":"b","value":"{{source.x}}"},{"field":"c","value":"{{vars.v}}"},{"field":"d","value":"{{LAST_SYNC_TIME|datetime}}"},{"field":"e","value":"{{WINDOW_END}}"},{"field":"f","value":"{{FLOW_ID}} {{RUN_ID}}"}]`, nil)
	in := item.Item{
		Raw: []byte(`{"x":1}`), Source: []byte(`{"x":2}`), Vars: []byte(`{"v":3}`),
		Facts: &item.Facts{From: at, To: at.Add(time.Minute), FlowID: "f", RunID: "r"},
	}
	const want = `{"a":1,"b":2,"c":3,"d":"2026-11-21 10:00:00","e":1795226460,"f":"f r"}`
	if got, err := m.Map(nil, in); err != nil || string(got) != want {
		t.Errorf("gives %s, %v; want %s", got, err, want)
	}
	if got, err := m.Map(nil, item.Item{Raw: []byte(`{"x":4}`)}); err != nil || string(got) != `{"a":4,"f":" "}` {
		t.Errorf("a bare item gives %s, %v", got, err)
	}
	done := make(chan error)
	for range 4 {
		go func() {
			var err error
			for range 200 {
				var got []byte
				if got, err = m.Map(nil, in); err == nil && string(got) != want {
					err = fmt.Errorf("gives %s", got)
				}
				if err != nil {
					break
				}
			}
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestSteadyMappingDoesNotAllocate(t *testing.T) {
	m := mapping(t, tradeMapping, nil)
	s := &value.Scope{}
	var dst []byte
	i := 0
	docs := [][]byte{trade(0), trade(1), trade(2)}
	work := func() {
		s.Doc = item.Of(docs[i%3])
		i++
		var err error
		if dst, err = m.Append(dst[:0], s); err != nil {
			t.Fatal(err)
		}
	}
	work()
	if n := testing.AllocsPerRun(100, work); n > 0 {
		t.Errorf("a document allocates %v times", n)
	}
	if !strings.Contains(string(dst), `"FNote":"纯棉短袖 白色 XL"`) {
		t.Errorf("the mapping gives %s", dst)
	}
}
