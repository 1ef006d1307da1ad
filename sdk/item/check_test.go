package item_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func codeOf(err error) string { return fault.CodeOf(err) }

func TestCheck(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat(`[`, n) + strings.Repeat(`]`, n) }
	tests := []struct{ name, raw, code string }{
		{"an object", `{"a":[1,2.50,{"b":null}],"c":"\u4e2d"}`, ""},
		{"white space around", "\t\r\n {} \n", ""},
		{"a bare number", `-0.5E+10`, ""},
		{"nothing", ``, "item.invalid_json"},
		{"white space only", `  `, "item.invalid_json"},
		{"something behind", `{} x`, "item.invalid_json"},
		{"a leading zero", `{"a":01}`, "item.invalid_json"},
		{"a trailing comma", `[1,]`, "item.invalid_json"},
		{"a control character in a text", "\"a\nb\"", "item.invalid_json"},
		{"a control character in a long text", "\"a long text with a tab \t in it\"", "item.invalid_json"},
		{"an open text", `"abc`, "item.invalid_json"},
		{"an open escape", `"abc\`, "item.invalid_json"},
		{"single quotes", `{'a':1}`, "item.invalid_json"},
		{"NaN", `{"a":NaN}`, "item.invalid_json"},
		{"brackets that don't match", `[}`, "item.invalid_json"},
		{"bytes that are no UTF-8", "\"\xff\"", "item.invalid_utf8"},
		{"the deepest nesting", deep(item.MaxDepth), ""},
		{"a level too deep", deep(item.MaxDepth + 1), "item.too_deep"},
		{"brackets inside texts", `["` + strings.Repeat("[", 200) + `"]`, ""},
		{"a quote escaped before brackets", `["\"` + strings.Repeat("[", 200) + `"]`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := item.Check([]byte(tt.raw))
			if codeOf(err) != tt.code {
				t.Fatalf("Check gives %v, want code %q", err, tt.code)
			}
			if err != nil && fault.ClassOf(err) != fault.Data {
				t.Errorf("class %s, want data", fault.ClassOf(err))
			}
		})
	}
}

func TestAppendText(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"", `""`},
		{"plain 中文 😀", `"plain 中文 😀"`},
		{"\"\\\n\r\t", `"\"\\\n\r\t"`},
		{"\x00\x1f\x7f", "\"\\u0000\\u001f\x7f\""},
		{"<&>", `"<&>"`},
		{"a\xffb", "\"a\ufffdb\""},
		{"\xe4\xb8", "\"\ufffd\ufffd\""},
	}
	for _, tt := range tests {
		if got := string(item.AppendText([]byte("x"), tt.text)); got != "x"+tt.want {
			t.Errorf("AppendText(%q) = %s, want x%s", tt.text, got, tt.want)
		}
	}
}

func TestAppendTextReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		quoted := item.AppendText(nil, text)
		var back string
		if err := json.Unmarshal(quoted, &back); err != nil {
			t.Fatalf("%s is no JSON: %v", quoted, err)
		}
		want := strings.ToValidUTF8(text, "\ufffd")
		if utf8.ValidString(text) && back != want || item.Of(quoted).Text() != back {
			t.Fatalf("%q comes back as %q and %q", text, back, item.Of(quoted).Text())
		}
	})
}
