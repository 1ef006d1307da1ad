package value_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// hostile are values that would do something if they were ever read as a program,
// a JSON fragment or a query.
var hostile = []string{
	`{{o_id}}`, `{{secret}}`, `{{secret|date}}`, `{{`, `}}`, `}}{{secret}}{{`, `_function secret`, `_function 1+1`,
	`_findCollection find a from b where c={{d}}`, `"`, `\`, `\"`, `","injected":"1`, `"}],"injected":[{"x":"`, `'; DROP TABLE x; --`,
	`' OR '1'='1`, `');`, `_endFind`, `:v0`, `:s0`, "line\nbreak\u0000\u2028", `\u0022`, `%`, `%%s%d`, `a,b,c`, `null`, `[]`, `{"a":1}`, `]`, `=cmd|' /C calc'!A0`, `${secret}`, `<script>`,
}

const hostileMapping = `[
	{"field":"sole","value":"{{v}}"},
	{"field":"text","value":"a {{v}} b {{v}}"},
	{"field":"typed","type":"string","value":"{{v}}"},
	{"field":"wrapped","type":"string","value":"{{v}}","parser":{"name":"ConvertObjectParser","params":"FNumber"}},
	{"field":"filter","value":"FNumber='{{v}}'"},
	{"field":"function","value":"_function CONCAT('a {{v}}',' b ','{{v}}')"},
	{"field":"choice","value":"_function CASE '{{v}}' WHEN '{{secret}}' THEN '{{secret}}' ELSE 'else' END"},
	{"field":"lines","type":"array","value":"rows","children":[{"field":"x","value":"{{rows.v}}"},{"field":"y","value":"{{v}}/{{rows.v}}"}],
	 "extra":[{"when":[[{"field":"v","logic":"eq","value":"{{v}}"}]],"children":[{"field":"x","value":"{{v}}"}]}]}
]`

// What a document contains never changes what is evaluated: every output holds
// the value itself, in the place the mapping gives it.
func TestValuesAreNeverPrograms(t *testing.T) {
	t.Parallel()
	m := mapping(t, hostileMapping, nil)
	check := func(fatal func(string, ...any), text string) {
		quoted, err := json.Marshal(text)
		if err != nil {
			fatal("%v", err)
		}
		doc := item.Of([]byte(`{"o_id":1,"secret":"S3CRET","v":` + string(quoted) + `,"rows":[{"v":` + string(quoted) + `}]}`))
		out, err := m.Append(nil, &value.Scope{Doc: doc})
		if err != nil {
			fatal("%q: %v", text, err)
		}
		if strings.Contains(string(out), "S3CRET") {
			fatal("%q reads another field: %s", text, out)
		}
		var got map[string]any
		if err := json.Unmarshal(out, &got); err != nil {
			fatal("%q breaks the record: %s", text, out)
		}
		want := map[string]any{
			"sole": text, "text": "a " + text + " b " + text, "typed": text, "wrapped": map[string]any{"FNumber": text}, "filter": "FNumber='" + text + "'", "function": "a " + text + " b " + text, "choice": "else",
			"lines": []any{map[string]any{"x": text, "y": text + "/" + text}, map[string]any{"x": text}},
		}
		a, err := json.Marshal(want)
		if err != nil {
			fatal("%v", err)
		}
		b, err := json.Marshal(got)
		if err != nil {
			fatal("%v", err)
		}
		if string(a) != string(b) {
			fatal("%q gives %s, want %s", text, b, a)
		}
	}
	for _, text := range hostile {
		check(t.Fatalf, text)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(hostile), rapid.StringN(1, 8, -1)), 1, 4).Draw(t, "parts"), "")
		if valid := strings.ToValidUTF8(text, ""); valid != "" {
			check(t.Fatalf, valid)
		}
	})
}

// A field's name may hold anything, too.
func TestNamesAreNeverPrograms(t *testing.T) {
	t.Parallel()
	for _, name := range hostile {
		row, err := json.Marshal([]map[string]string{{"field": name, "value": "{{v}}"}})
		if err != nil {
			t.Fatal(err)
		}
		out, err := mapping(t, string(row), nil).Append(nil, &value.Scope{Doc: of(`{"v":1,"secret":"S3CRET"}`)})
		var got map[string]any
		if err != nil || json.Unmarshal(out, &got) != nil || len(got) != 1 || got[name] != float64(1) {
			t.Errorf("%q gives %s, %v", name, out, err)
		}
	}
}

// Conditions compare values; they don't read them.
func TestConditionsDoNotReadValues(t *testing.T) {
	t.Parallel()
	c := conditions(t, `[[{"field":"v","logic":"in","value":"{{w}},x"}]]`)
	for _, text := range hostile {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		for raw, want := range map[string]bool{
			`{"v":` + string(quoted) + `,"w":` + string(quoted) + `}`:     true,
			`{"v":"x","w":` + string(quoted) + `}`:                        true,
			`{"v":"a","w":` + string(quoted) + `,"secret":"a"}`:           false,
			`{"v":"S3CRET","w":` + string(quoted) + `,"secret":"S3CRET"}`: false,
			`{"v":` + string(quoted) + `,"w":"other","secret":"S3CRET"}`:  false,
		} {
			if got, err := c.MatchScope(&value.Scope{Doc: of(raw)}); err != nil || got != want {
				t.Errorf("%s gives %v, %v", raw, got, err)
			}
		}
	}
}

// Parameters of the flow reach a filter as they are; quoting them is the
// connector's work, but they never become placeholders.
func TestParametersAreNeverPrograms(t *testing.T) {
	t.Parallel()
	p := compile(t, "{{params.p}} {{vars.v}} {{answer.a}} {{primaryWriteback.w}} {{PAGINATION_TOKEN}} {{TARGET_ID}}")
	const text = "{{secret}}"
	s := &value.Scope{
		Doc: of(`{"secret":"S3CRET"}`), Params: of(`{"p":"{{secret}}"}`), Vars: of(`{"v":"{{secret}}"}`), Answer: of(`{"a":"{{secret}}"}`),
		Writeback: of(`{"w":"{{secret}}"}`), System: value.System{Token: text, TargetID: text},
	}
	if got, err := p.Text(s); err != nil || got != strings.TrimSpace(strings.Repeat(text+" ", 6)) {
		t.Errorf("gives %q, %v", got, err)
	}
}

// literalOf reads the text literal at the beginning of a condition, and what follows it.
func literalOf(t *rapid.T, condition string) (text, rest string) {
	for at := 1; at < len(condition); at++ {
		switch {
		case condition[0] != '\'' || condition[at] != '\'':
		case strings.HasPrefix(condition[at:], "''"):
			at++
		default:
			return strings.ReplaceAll(condition[1:at], "''", "'"), condition[at+1:]
		}
	}
	t.Fatalf("no literal in %q", condition)
	return "", ""
}

// A value between the quotes of a condition stays between them, whatever is in it,
// where the parameter is declared so.
func TestQuotedValuesStayWithinTheirQuotes(t *testing.T) {
	t.Parallel()
	declared := []field.Field{{Name: "filter", Quote: field.SQLQuote}, {Name: "note"}}
	const rows = `[
		{"field":"filter","value":"FNo='{{a}}' AND FNote='it''s {{b}}{{a}}' AND FID>{{id}}"},
		{"field":"note","value":"'{{a}}'"}
	]`
	params, faults := value.CompileParams([]byte(rows), declared, value.Options{})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	check := func(t *rapid.T, a, b string) {
		doc, err := json.Marshal(map[string]any{"a": a, "b": b, "id": 7})
		if err != nil {
			t.Fatal(err)
		}
		// An escaped quote is a quote.
		doc = []byte(strings.Replace(string(doc), "'", `\u0027`, rapid.IntRange(-1, 1).Draw(t, "escaped")))
		out, err := params.Append(nil, &value.Scope{Doc: item.Of(doc)})
		if err != nil {
			t.Fatal(err)
		}
		got := item.Of(out)
		rest, ok := strings.CutPrefix(got.Field("filter").Text(), "FNo=")
		if !ok {
			t.Fatalf("%s", out)
		}
		first, rest := literalOf(t, rest)
		rest, ok = strings.CutPrefix(rest, " AND FNote=")
		if !ok {
			t.Fatalf("%q and %q give %s", a, b, out)
		}
		second, rest := literalOf(t, rest)
		if first != a || second != "it's "+b+a || rest != " AND FID>7" {
			t.Fatalf("%q and %q give %s", a, b, out)
		}
		if note := got.Field("note").Text(); note != "'"+a+"'" {
			t.Fatalf("a parameter that is no condition is %s", note)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.Custom(func(t *rapid.T) string {
			part := rapid.OneOf(rapid.SampledFrom(hostile), rapid.SampledFrom([]string{"'", "''", "O'Brien", " "}), rapid.StringN(1, 4, -1))
			return strings.ToValidUTF8(strings.Join(rapid.SliceOfN(part, 0, 4).Draw(t, "parts"), ""), "")
		})
		check(t, text.Draw(t, "a"), text.Draw(t, "b"))
	})
}
