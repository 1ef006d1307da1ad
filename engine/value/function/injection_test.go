package function_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/value/function"
	"github.com/karezflow/karez/sdk/item"
)

// hostile are values that would do something if they were ever read as part of the expression.
var hostile = []string{
	`'`, `''`, `"`, "`", `\`, `\'`, `');`, `'); DROP TABLE x; --`, `' OR '1'='1`, `',{{secret}},'`, `{{secret}}`, `{{`, `}}`, `_function 1+1`, ` _endFind `,
	`_findCollection find a from b where c={{d}} _endFind`, `:v0`, `:s0`, `:v1`, `v0`, `)`, `(SELECT 1)`, `/*`, `*/`, `--`, `# `, ` `, `$.secret`, `","secret":"`, `%`, `_`, "\n\u0000\u2028", `S3CRE`, `NULL`, `🙂`,
}

// What a value holds never changes what is evaluated: each expression gives what it
// does to a text, whatever the text is.
func TestValuesAreNeverExpressions(t *testing.T) {
	t.Parallel()
	const mark = "\x1f"
	type check struct {
		expr  *function.Expr
		text  string
		paths []string
		want  func(v string) string
	}
	quoted := func(s string) string { return string(item.AppendText(nil, s)) }
	same := func(v string) string { return quoted(v) }
	constant := func(s string) func(string) string { return func(string) string { return s } }
	var checks []check
	for _, c := range []struct {
		text string
		want func(v string) string
	}{
		{"'{{v}}'", same},
		{`"{{v}}"`, same},
		{"{{v}}", same},
		{"CONCAT('<','{{v}}',\"{{v}}\",{{v}},'>')", func(v string) string { return quoted("<" + v + v + v + ">") }},
		{"'a {{v}} it''s {{v}}'", func(v string) string { return quoted("a " + v + " it's " + v) }},
		{"CASE '{{v}}' WHEN 'S3CRET' THEN '{{secret}}' WHEN '{{secret}}' THEN {{secret}} ELSE 'else' END", constant(`"else"`)},
		{"IF({{v}}='S3CRET' OR '{{v}}'={{secret}},{{secret}},'no')", constant(`"no"`)},
		{"'{{v}}' IN ('S3CRET',{{secret}})", constant("0")},
		{"CHAR_LENGTH('{{v}}')", func(v string) string { return strconv.Itoa(utf8.RuneCountInString(v)) }},
		{"REPLACE('{{v}}',{{v}},'z')", constant(`"z"`)},
		{"SUBSTRING_INDEX(CONCAT('{{v}}','" + mark + "','end'),'" + mark + "',-1)", constant(`"end"`)},
		{"IF(CHAR_LENGTH('{{v}}')>0,SUBSTRING_INDEX({{v}},'" + mark + "',1),{{secret}})", same},
		{"JSON_UNQUOTE(JSON_EXTRACT(JSON_OBJECT('k','{{v}}','secret',1),'$.k'))", same},
		{"MAX({{items.v}})", same},
		{"GROUP_CONCAT({{items.v}})", same},
		{"COUNT({{items.v}})", constant("1")},
		{"COALESCE(NULL,{{v}},{{secret}})", same},
	} {
		parts, paths := pieces(c.text)
		e, err := function.Compile(parts, zone(t))
		if err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		checks = append(checks, check{e, c.text, paths, c.want})
	}
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.OneOf(rapid.SampledFrom(hostile), rapid.StringN(0, 6, -1))
		v := strings.Join(rapid.SliceOfN(part, 0, 5).Draw(t, "parts"), "")
		// It begins with a letter, so that without quotes it is no number and not nothing.
		v = "x" + strings.ReplaceAll(strings.ToValidUTF8(v, ""), mark, "")
		doc, err := json.Marshal(map[string]any{"v": v, "secret": "S3CRET", "items": []any{map[string]any{"v": v}}})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range checks {
			out, err := c.expr.Eval(document{item.Of(doc), c.paths}, now)
			if got := string(out.Append(nil)); err != nil || got != c.want(v) {
				t.Fatalf("%s of %q gives %s, %v; want %s", c.text, v, got, err, c.want(v))
			}
		}
	})
}
