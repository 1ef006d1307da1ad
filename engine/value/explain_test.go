package value_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	m, _ := looking(t, `[
		{"field":"no","value":"B-{{bank}}"},
		{"field":"org","value":"_findCollection find org from banks where FNumber={{bank}}"},
		{"field":"shop","value":"{{shop}}","table":"skus"},
		{"field":"day","type":"date","format":"date","value":"{{at}}"},
		{"field":"rate","value":"_function {{shop}}*1.10"},
		{"field":"bad","type":"int","value":"{{bank}}x"},
		{"field":"none","value":"{{blank}}"},
		{"field":"must","value":"{{blank}}","required":true},
		{"field":"l","type":"array","value":"lines","children":[{"field":"m","value":"{{lines.sku}}","table":"skus","onMiss":"empty"}],
			"extra":[{"when":[[{"field":"shop","logic":"eq","value":"7"}]],"children":[{"field":"m","value":"freight"}]}]},
		{"field":"o","type":"object","children":[{"field":"x","value":"1"}]}
	]`, []field.Field{
		{Name: "no"},
		{Name: "org", Parser: &field.Parser{Name: "ConvertObjectParser", Params: []string{"FNumber"}}},
		{Name: "shop"},
		{Name: "day"},
		{Name: "rate"},
		{Name: "bad"},
		{Name: "none"},
		{Name: "must"},
		{Name: "l"},
		{Name: "o"},
		{Name: "kind", Default: "STD"},
	})
	s := &value.Scope{Doc: item.Of([]byte(strings.Replace(payment, "{", `{"at":"2026-11-21 10:00:00",`, 1))), Answers: item.Answers{}}
	_, err := m.Explain(s)
	open, ok := errors.AsType[*node.UnansweredError](err)
	if !ok || len(open.Needs) != 4 {
		t.Fatalf("%v", err)
	}
	for _, l := range open.Needs {
		switch asked(l) {
		case "id-of-banks FNumber=6222 org":
			s.Answers[l.Key()] = []item.Value{item.Of([]byte(`"100"`))}
		case "skus a":
			s.Answers[l.Key()] = []item.Value{item.Of([]byte(`"M-A"`))}
		default:
			s.Answers[l.Key()] = nil
		}
	}
	rows, err := m.Explain(s)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		line := r.Row + " " + r.Field + "="
		switch {
		case r.Fault != nil:
			line += "! " + r.Fault.Code
		case r.Value == nil:
			line += "-"
		default:
			line += string(r.Value)
		}
		for _, step := range r.Steps {
			line += " | " + string(step.Kind) + " " + step.Name + " " + string(step.Value)
		}
		got = append(got, line)
	}
	want := []string{
		`fields[0] no="B-6222" | read {{bank}} "6222" | text B-{{bank}} "B-6222"`,
		`fields[1] org={"FNumber":"100"} | lookup find org from id-of-banks where FNumber=6222 "100" | parser ConvertObjectParser {"FNumber":"100"}`,
		`fields[2] shop=! lookup.code_missing | read {{shop}} 7 | table skus `,
		`fields[3] day="2026-11-21" | read {{at}} "2026-11-21 10:00:00" | format date "2026-11-21"`,
		`fields[4] rate="7.70" | read {{shop}} 7 | expression _function {{shop}}*1.10 7.70 | type string "7.70"`,
		`fields[5] bad=! value.not_a_number | read {{bank}} "6222" | text {{bank}}x "6222x"`,
		`fields[6] none=- | read {{blank}} `,
		`fields[7] must=! mapping.required_empty | read {{blank}} `,
		`fields[8] l=[{"m":"M-A"},{},{},{"m":"freight"}]`,
		`fields[8].children[0] l[0].m="M-A" | read {{lines.sku}} "a" | table skus "M-A"`,
		`fields[8].children[0] l[1].m=- | read {{lines.sku}} "b" | table skus `,
		`fields[8].children[0] l[2].m=- | read {{lines.sku}} ""`,
		`fields[8].extra[0].children[0] l[3].m="freight"`,
		`fields[9] o={"x":"1"}`,
		`fields[9].children[0] o.x="1"`,
		`fields.kind.default kind="STD"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
