package value_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func conditions(tb testing.TB, raw string) *value.Conditions {
	tb.Helper()
	c, faults := value.CompileConditions([]byte(raw), value.Options{Zone: shanghai(tb)})
	if len(faults) > 0 {
		tb.Fatalf("%s: %v", raw, faults)
	}
	return c
}

func TestMatchLine(t *testing.T) {
	t.Parallel()
	const doc = `{"shop":"S1","qty":9,"items":[{"qty":1},{"qty":2,"shop":"S2"},{}]}`
	lines := []string{}
	for raw, want := range map[string][]string{
		`[[{"field":"qty","logic":"elt","value":2}]]`:              {"yes", "yes", "no"},
		`[[{"field":"items.qty","logic":"elt","value":2}]]`:        {"yes", "yes", "no"},
		`[[{"field":"items.qty","logic":"isnull"}]]`:               {"no", "no", "yes"},
		`[[{"field":"shop","logic":"eq","value":"S1"}]]`:           {"yes", "no", "yes"},
		`[[{"field":"qty","logic":"eq","value":"{{items.qty}}"}]]`: {"yes", "yes", "no"},
		`[[{"field":"source.qty","logic":"eq","value":9}]]`:        {"yes", "yes", "yes"},
		`[]`: {"yes", "yes", "yes"},
	} {
		c := conditions(t, raw)
		lines = lines[:0]
		for range 2 { // the second time with the buffers of the first
			lines = lines[:0]
			in := item.Item{Raw: []byte(doc), Source: []byte(doc)}
			for line := range item.Of([]byte(doc)).Field("items").Elements() {
				ok, err := c.MatchLine(in, "items", line)
				if err != nil {
					t.Fatal(err)
				}
				lines = append(lines, map[bool]string{true: "yes", false: "no"}[ok])
			}
			if whole, err := c.Match(in); err != nil || raw == `[[{"field":"qty","logic":"elt","value":2}]]` && whole {
				t.Errorf("the document itself: %v, %v", whole, err)
			}
		}
		if diff := cmp.Diff(want, lines); diff != "" {
			t.Errorf("%s: %s", raw, diff)
		}
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	const doc = `{"status":"95","amount":"100.50","least":100,"min":"1","max":"200","note":"S1,b","codes":["A","B"],"at":"2026-11-21 10:30:00","nothing":null,
		"shop":{"no":"S1"},"items":[{"sku":"A","qty":1,"lots":[{"n":1},{"n":5}]},{"sku":"B","qty":"2.00"},{"qty":null}],"none":[],"word":"三","first":"A","zero":"S0","list":"LS0, S1"}`
	tests := []struct {
		name, raw string
		want      bool
	}{
		{"none", `[]`, true},
		{"null", `null`, true},
		{"one", `[[{"field":"status","logic":"eq","value":"95"}]]`, true},
		{"a number against a text", `[[{"field":"status","logic":"eq","value":95}]]`, true},
		{"all of", `[[{"field":"status","logic":"eq","value":"95"},{"field":"amount","logic":"lt","value":"100"}]]`, false},
		{"any of", `[[{"field":"status","logic":"eq","value":"5"}],[{"field":"amount","logic":"gt","value":"100.49"},{"field":"amount","logic":"elt","value":100.5}]]`, true},
		{"a path", `[[{"field":"shop.no","logic":"eq","value":"S1"}]]`, true},
		{"a path in braces", `[[{"field":"{{shop.no}}","logic":"eq","value":"S1"}]]`, true},
		{"a format", `[[{"field":"{{at|date}}","logic":"eq","value":"2026-11-21"}]]`, true},
		{"a template", `[[{"field":"{{status}}-{{shop.no}}","logic":"eq","value":"95-S1"}]]`, true},
		{"placeholders as values", `[[{"field":"amount","logic":"gt","value":"{{least}}"}]]`, true},
		{"a template as value", `[[{"field":"shop.no","logic":"eq","value":"S{{min}}"}]]`, true},
		{"a system variable", `[[{"field":"at","logic":"gt","value":"{{DAYS_AGO_1|datetime}}"}]]`, true},
		{"points in time", `[[{"field":"at","logic":"lt","value":"timestamp:1795228201"},{"field":"at","logic":"egt","value":"timestamp:1795228200"},{"field":"at","logic":"eq","value":"timestamp:1795228200000"}]]`, true},
		{"a point in time with an offset", `[[{"field":"at","logic":"eq","value":"timestamp:2026-11-21T02:30:00Z"}]]`, true},
		{"a point in time of a variable", `[[{"field":"at","logic":"gt","value":"timestamp:{{DAYS_AGO_1}}"}]]`, true},
		{"between points in time", `[[{"field":"at","logic":"between","value":"timestamp:1795228200, timestamp:1795228300"}],[{"field":"status","logic":"eq","value":"no"}]]`, true},
		{"one of points in time", `[[{"field":"at","logic":"notin","value":["timestamp:1795228200","timestamp:2026-11-22"]}]]`, false},
		{"no point in time", `[[{"field":"nothing","logic":"lt","value":"timestamp:1795228201"}],[{"field":"missing","logic":"gt","value":"timestamp:0"}]]`, false},
		{"a mark that is a text", `[[{"field":"note","logic":"like","value":"timestamp:1"}]]`, false},
		{"a system variable as field", `[[{"field":"WINDOW_END","logic":"egt","value":"{{LAST_SYNC_TIME}}"}]]`, true},
		{"absent", `[[{"field":"missing","logic":"isnull"}]]`, true},
		{"null value", `[[{"field":"nothing","logic":"notnull"}]]`, false},
		{"an empty list is null", `[[{"field":"none","logic":"isnull"}]]`, true},
		{"in a text list", `[[{"field":"status","logic":"in","value":"5, 95"}]]`, true},
		{"in a JSON list", `[[{"field":"status","logic":"in","value":[5,"95"]}]]`, true},
		{"in a document's list", `[[{"field":"items.sku","logic":"in","value":"{{codes}}"}]]`, true},
		{"in a parameter's list", `[[{"field":"shop.no","logic":"in","value":"{{params.shops}}"}]]`, true},
		{"a comma inside a document's value is no list", `[[{"field":"shop.no","logic":"in","value":"{{note}}"}]]`, false},
		{"a parameter with a comma is one value", `[[{"field":"params.shops","logic":"eq","value":"{{params.shops}}"}]]`, true},
		{"a parameter with a comma is not its first part", `[[{"field":"zero","logic":"eq","value":"{{params.shops}}"}]]`, false},
		{"a text around a parameter is one value", `[[{"field":"list","logic":"in","value":"L{{params.shops}}"}]]`, true},
		{"a list is not its first element", `[[{"field":"first","logic":"eq","value":"{{codes}}"}]]`, false},
		{"placeholders in a list", `[[{"field":"amount","logic":"in","value":"{{least}},{{amount}}"}]]`, true},
		{"notin", `[[{"field":"status","logic":"notin","value":"5,10"}]]`, true},
		{"between", `[[{"field":"amount","logic":"between","value":"{{min}},{{max}}"}]]`, true},
		{"between in a JSON list", `[[{"field":"amount","logic":"between","value":[100.5,"101"]}]]`, true},
		{"notbetween", `[[{"field":"amount","logic":"notbetween","value":"1,100"}]]`, true},
		{"like", `[[{"field":"at","logic":"like","value":"2026-11"}]]`, true},
		{"notlike", `[[{"field":"at","logic":"notlike","value":"2026-11%"}]]`, false},
		{"any line", `[[{"field":"items.sku","logic":"eq","value":"B"}]]`, true},
		{"no line", `[[{"field":"items.sku","logic":"eq","value":"Z"}]]`, false},
		{"a line's number", `[[{"field":"items.qty","logic":"gt","value":"1.5"}]]`, true},
		{"a line without the field", `[[{"field":"items.sku","logic":"isnull"}]]`, true},
		{"lines of lines", `[[{"field":"items.lots.n","logic":"eq","value":"5"}]]`, true},
		{"a line by number", `[[{"field":"items.0.sku","logic":"eq","value":"A"}]]`, true},
		{"another line by number", `[[{"field":"items.1.sku","logic":"eq","value":"A"}]]`, false},
		{"no lines count as none", `[[{"field":"none.sku","logic":"notin","value":"A"}]]`, true},
		{"lines of the source", `[[{"field":"source.rows.x","logic":"eq","value":"2"}]]`, true},
		{"parameters", `[[{"field":"params.shops","logic":"like","value":"S1"}]]`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := full(t)
			s.Doc, s.Source, s.Params = of(doc), of(`{"rows":[{"x":1},{"x":2}]}`), of(`{"shops":"S0, S1"}`)
			for range 2 {
				if got, err := conditions(t, tt.raw).MatchScope(s); err != nil || got != tt.want {
					t.Errorf("gives %v, %v", got, err)
				}
			}
		})
	}
}

func TestConditionsWithinLines(t *testing.T) {
	t.Parallel()
	c := conditions(t, `[[{"field":"items.sku","logic":"eq","value":"B"},{"field":"status","logic":"eq","value":"95"}]]`)
	missing := conditions(t, `[[{"field":"items.note","logic":"isnull"}]]`)
	doc := of(`{"status":"95","items":[{"sku":"A","note":"x"},{"sku":"B"}]}`)
	var matched, blank []bool
	for e := range doc.Field("items").Elements() {
		s := &value.Scope{Doc: doc, Lines: []value.Line{{Array: "items", Value: e}}}
		m, err := c.MatchScope(s)
		if err != nil {
			t.Fatal(err)
		}
		b, err := missing.MatchScope(s)
		if err != nil {
			t.Fatal(err)
		}
		matched, blank = append(matched, m), append(blank, b)
	}
	if !cmp.Equal(matched, []bool{false, true}) || !cmp.Equal(blank, []bool{false, true}) {
		t.Errorf("lines match %v, lack %v", matched, blank)
	}
}

func TestConditionsOfItems(t *testing.T) {
	t.Parallel()
	c := conditions(t, `[[{"field":"x","logic":"eq","value":"{{source.x}}"}]]`)
	for raw, want := range map[string]bool{`{"x":1}`: true, `{"x":2}`: false} {
		if got, err := c.Match(item.Item{Raw: []byte(raw), Source: []byte(`{"x":1.0}`)}); err != nil || got != want {
			t.Errorf("%s gives %v, %v", raw, got, err)
		}
	}
	if got, err := conditions(t, "").Match(item.Item{}); err != nil || !got {
		t.Errorf("no conditions give %v, %v", got, err)
	}
}

func TestConditionProblems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, raw string
		want      []string
	}{
		{"no list", `{"field":"x"}`, []string{"conditions.not_a_list "}},
		{"a flat list", `[{"field":"x","logic":"eq","value":"1"}]`, []string{"conditions.not_a_list [0]"}},
		{"an empty group", `[[]]`, []string{"conditions.not_a_list [0]"}},
		{"nothing said", `[[{}]]`, []string{"conditions.field_missing [0][0].field", "conditions.unknown_logic [0][0].logic"}},
		{"an unknown comparison", `[[{"field":"x","logic":"eq"}],[{"field":"y","logic":"equals","value":"1"}]]`, []string{"conditions.unknown_logic [1][0].logic"}},
		{"an unknown member", `[[{"field":"x","logic":"eq","vaule":"1"}]]`, []string{"conditions.unknown_member [0][0].vaule"}},
		{
			"syntax", `[[{"field":"{{x","logic":"eq","value":"1"},{"field":"x.","logic":"eq","value":"1"},{"field":"x","logic":"eq","value":"{{"}]]`,
			[]string{"value.syntax [0][0].field", "value.syntax [0][1].field", "value.syntax [0][2].value"},
		},
		{"half a range", `[[{"field":"x","logic":"between","value":"1"}]]`, []string{"conditions.range_incomplete [0][0].value"}},
		{"half a range in a JSON list", `[[{"field":"x","logic":"between","value":[1]}]]`, []string{"conditions.range_incomplete [0][0].value"}},
		{"a list for one value", `[[{"field":"x","logic":"eq","value":[1,2]}]]`, []string{"conditions.unexpected_list [0][0].value"}},
		{"syntax in a list", `[[{"field":"x","logic":"in","value":["{{"]}]]`, []string{"value.syntax [0][0].value"}},
		{"an expression that can't be read", `[[{"field":"x","logic":"eq","value":"_function 1+"}]]`, []string{"function.syntax [0][0].value"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, faults := value.CompileConditions([]byte(tt.raw), value.Options{})
			if diff := cmp.Diff(tt.want, problems(faults)); diff != "" {
				t.Error(diff)
			}
			if c == nil {
				t.Error("there are no conditions")
			}
		})
	}
}

func TestConditionFault(t *testing.T) {
	t.Parallel()
	s := &value.Scope{Doc: of(`{"x":"soon","y":1795228200}`)}
	for _, raw := range []string{
		`[[{"field":"{{x|date}}","logic":"eq","value":"1"}]]`, `[[{"field":"y","logic":"eq","value":"{{x|date}}"}]]`,
	} {
		matched, err := conditions(t, raw).MatchScope(s)
		if f := fault.From(err); matched || f == nil || f.Code != "value.not_a_date" || f.Args["text"] != "{{x|date}}" {
			t.Errorf("%s gives %v, %v", raw, matched, err)
		}
	}
	for raw, text := range map[string]string{
		`[[{"field":"x","logic":"gt","value":"timestamp:1795228200"}]]`:                  "x",
		`[[{"field":"{{x}}","logic":"neq","value":"timestamp:1795228200"}]]`:             "{{x}}",
		`[[{"field":"{{y}}","logic":"eq","value":"timestamp:{{x}}"}]]`:                   "{{x}}",
		`[[{"field":"y","logic":"between","value":"timestamp:1795228200,timestamp:x"}]]`: "x",
	} {
		matched, err := conditions(t, raw).MatchScope(s)
		f := fault.From(err)
		if matched || f == nil || f.Code != "value.not_a_date" || f.Args["text"] != text {
			t.Errorf("%s gives %v, %v", raw, matched, err)
		}
	}
}

func TestSteadyConditionsDoNotAllocate(t *testing.T) {
	c := conditions(t, `[[{"field":"trade_status","logic":"neq","value":"5"},{"field":"receivable","logic":"gt","value":"1.5"}]]`)
	s := &value.Scope{Doc: item.Of(trade(1))}
	work := func() {
		if ok, err := c.MatchScope(s); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	work()
	if n := testing.AllocsPerRun(100, work); n > 0 {
		t.Errorf("a document allocates %v times", n)
	}
}
