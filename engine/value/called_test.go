package value_test

import (
	"testing"
	"time"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func TestFunctionsInAMapping(t *testing.T) {
	t.Parallel()
	m := mapping(t, `[
		{"field":"total","type":"decimal","value":"_function ROUND(SUM({{items.amount}}),2)"},
		{"field":"since","value":"_function FROM_UNIXTIME({{LAST_SYNC_TIME}}-600,'%Y-%m-%d %H:%i:%s')"},
		{"field":"day","value":"_function LEFT('{{created|date}}',7)"},
		{"field":"org","value":"_function CASE '{{org}}' WHEN '100' THEN 'A' ELSE '' END"},
		{"field":"none","value":"_function NULL"},
		{"field":"rate","value":"_function {{params.rate}}*{{items.0.qty}}"},
		{"field":"lines","type":"array","value":"items","children":[
			{"field":"price","type":"decimal","value":"_function {{items.amount}}/{{items.qty}}"},
			{"field":"share","value":"_function ROUND({{items.amount}}/SUM({{items.amount}})*100,1)"},
			{"field":"head","value":"_function CONCAT('{{org}}','-','{{items.sku}}')"}
		]}
	]`, nil)
	doc := item.Of([]byte(`{"org":"200","created":"2024-02-29 13:14:15","items":[{"sku":"a","qty":3,"amount":0.1},{"sku":"b","qty":4,"amount":"0.2"}]}`))
	from := time.Unix(1717214400, 0)
	s := &value.Scope{Doc: doc, Params: item.Of([]byte(`{"rate":"1.10"}`)), System: value.System{From: from, To: from.Add(time.Hour)}}
	out, err := m.Append(nil, s)
	const want = `{"total":0.30,"since":"2024-06-01 11:50:00","day":"2024-02","rate":3.30,"lines":[` +
		`{"price":0.03333,"share":33.3,"head":"200-a"},{"price":0.05000,"share":66.7,"head":"200-b"}]}`
	if err != nil || string(out) != want {
		t.Errorf("%s, %v; want %s", out, err, want)
	}
}

func TestFunctionProblemsSayWhere(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][4]string{
		"_function CASE WHEN {{a}} THEN": {"function.syntax", "1", "31", "30"},
		"_function 订单 + )":               {"function.syntax", "1", "11", "10"},
		"_function\n  {{a}} +* 2":        {"function.syntax", "2", "10", "19"},
		"_function SLEEP(1)":             {"function.unknown", "1", "1", "0"},
		"_function 1 + {{a":              {"value.syntax", "1", "15", "14"},
		"_function":                      {"function.syntax", "1", "10", "9"},
	} {
		_, err := value.Compile(text, value.Options{})
		f := fault.From(err)
		if got := [4]string{f.Code, f.Args["line"], f.Args["column"], f.Args["offset"]}; err == nil || got != want {
			t.Errorf("%q gives %q (%v), want %q", text, got, err, want)
		}
	}
}

// A document whose expression fails is told with the text; nothing is sent in its place.
func TestAFailingFunctionRejects(t *testing.T) {
	t.Parallel()
	p, err := value.Compile("_function SUM({{items.name}})", value.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.Append(nil, &value.Scope{Doc: item.Of([]byte(`{"items":[{"name":"x"}]}`))})
	f := fault.From(err)
	if len(out) != 0 || f.Code != "function.not_a_number" || f.Class != fault.Data || f.Args["text"] == "" {
		t.Errorf("%s, %v", out, err)
	}
}
