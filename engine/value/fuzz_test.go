package value_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// FuzzCompile: any text compiles or is refused with a position inside it; what
// compiles gives valid JSON or a coded fault for any document.
func FuzzCompile(f *testing.F) {
	for _, text := range []string{
		"", "x", "{{a}}", "{{a.b|date}}_{{c}}", "{{LAST_SYNC_TIME datetime}}", "{{a|implode('|')}}", "{{", "}}", "{{{a}}}", "{{a|round(2)|amount}}",
		"_function 1", "_findCollection", "{{items.0.x}}", "{{ }}", "{{DAYS_AGO_99999999}}", "\xff{{a}}", "{{\xff}}", "{{a|longText(1000)}}",
		"_function CASE '{{a.b}}' WHEN 'x' THEN {{c}}*2 ELSE IF(SUM({{items.x}})>1,0.5,DATE_ADD('{{a.b}}',INTERVAL 1 DAY)) END", "_function '{{a}}", "_function JSON_EXTRACT({{items}},'$[*].x')",
		"_function REPEAT({{a.b}},SUBSTRING_INDEX('9-9','-',1))", "_function STR_TO_DATE({{a.b}},'%Y-%m-%d %T')", "_function {{a}}1", "_function CONCAT_WS(FORMAT({{c}},2),QUOTE('{{a.b}}'),LPAD({{c}},9,0))",
	} {
		f.Add(text, []byte(`{"a":{"b":"2026-11-21"},"c":[1,"x"],"items":[{"x":1E400}]}`))
	}
	f.Fuzz(func(t *testing.T, text string, doc []byte) {
		p, err := value.Compile(text, value.Options{})
		if err != nil {
			coded := fault.From(err)
			if coded.Class != fault.Config || coded.Args["line"] == "" || coded.Args["column"] == "" || coded.Args["offset"] == "" {
				t.Fatalf("%q is refused without a position: %+v", text, coded)
			}
			return
		}
		valid := item.Check(doc) == nil
		s := &value.Scope{Doc: item.Of(doc)}
		out, err := p.Append(nil, s)
		if err != nil && fault.ClassOf(err) != fault.Data {
			t.Fatalf("%q fails with %v", text, err)
		}
		if err == nil && valid && utf8.ValidString(text) && item.Check(out) != nil {
			t.Fatalf("%q of %s gives %q", text, doc, out)
		}
		again, err2 := p.Append(nil, s)
		if (err == nil) != (err2 == nil) || !bytes.Equal(out, again) {
			t.Fatalf("%q gives %q, then %q", text, out, again)
		}
	})
}

// FuzzMapping: any list of rows compiles with problems or without; what has no
// problem gives a JSON object or a coded fault for any document.
func FuzzMapping(f *testing.F) {
	for _, rows := range []string{
		`[]`, `[{"field":"a","value":"{{x}}"}]`, tradeMapping, hostileMapping, `[{"field":"a","type":"array","value":"items","children":[{"field":"b","type":"array","value":"items.lots","children":[{"field":"c","value":"{{items.lots.n}}"}]}]}]`,
		`[{"field":"a","value":1.5},{"field":"a"}]`, `[{"field":"a","type":"object","children":[{"field":"b","type":"datetime","format":"unix","value":"{{x}}"}]}]`, `[null]`, `{}`,
		`[{"field":"a","type":"array","extra":[{"when":[[{"field":"items.x","logic":"in","value":"1,2"}]],"children":[{"field":"z","value":"1"}]}]}]`,
		`[{"field":"a","value":"{{x}}","parser":{"name":"ConvertTwoStageObjectParser","params1":"p","params2":"q"},"omitEmpty":false}]`,
	} {
		f.Add([]byte(rows), []byte(`{"x":"2026-11-21","items":[{"x":2,"lots":[{"n":1}]},3]}`))
	}
	f.Fuzz(func(t *testing.T, rows, doc []byte) {
		m, faults := value.CompileMapping(rows, nil, value.Options{})
		for _, found := range faults {
			if found.Code == "" || found.Class != fault.Config || found.Path == "" {
				t.Fatalf("%s: %+v", rows, found)
			}
		}
		s := &value.Scope{Doc: item.Of(doc)}
		out, err := m.Append(nil, s)
		if len(faults) > 0 || !utf8.Valid(rows) {
			return
		}
		if err != nil {
			if coded := fault.From(err); coded.Class != fault.Data || coded.Path == "" || len(out) > 0 {
				t.Fatalf("%s fails with %+v after %s", rows, coded, out)
			}
			return
		}
		if item.Check(doc) == nil && (item.Check(out) != nil || item.Of(out).Kind() != item.Object) {
			t.Fatalf("%s of %s gives %s", rows, doc, out)
		}
	})
}

// FuzzConditions: any list compiles with problems or without, and what has none
// tells every document apart without a panic.
func FuzzConditions(f *testing.F) {
	for _, raw := range []string{
		`[]`, `[[{"field":"x","logic":"eq","value":"1"}]]`, `[[{"field":"items.x","logic":"between","value":"1,{{x}}"}]]`, `[[{"field":"{{x|date}}","logic":"notnull"}]]`,
		`[[{"field":"x","logic":"in","value":[1,"{{x}}",null]}]]`, `[[{"field":"x","logic":"like","value":"%a%"}]]`, `[[[]]]`, `[[{"field":"x","logic":"in","value":"{{params.a}}"}]]`,
	} {
		f.Add([]byte(raw), []byte(`{"x":"1","items":[{"x":2},[{"x":[3]}]]}`))
	}
	f.Fuzz(func(t *testing.T, raw, doc []byte) {
		c, faults := value.CompileConditions(raw, value.Options{})
		for _, found := range faults {
			if found.Code == "" || found.Class != fault.Config {
				t.Fatalf("%s: %+v", raw, found)
			}
		}
		if json.Valid(raw) && len(faults) == 0 {
			if _, err := c.MatchScope(&value.Scope{Doc: item.Of(doc), Params: item.Of([]byte(`{"a":"1,2"}`))}); err != nil && fault.CodeOf(err) == "" {
				t.Fatalf("%s fails with %v", raw, err)
			}
		}
	})
}
