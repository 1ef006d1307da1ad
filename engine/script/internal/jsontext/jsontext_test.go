package jsontext_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/script/internal/jsontext"
)

// members lists an object as name and value in turn.
func members(s string) []string {
	var out []string
	for i := jsontext.Inside(s); ; {
		name, value, next := jsontext.Member(s, i)
		if next < 0 {
			return out
		}
		out, i = append(out, name, value), next
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	for object, want := range map[string][]string{
		`{}`:                                    nil,
		` `:                                     nil,
		`{"a":1}`:                               {`"a"`, `1`},
		`{ "a" : 1.50 , "b":	[1, {"x":"]}"}] }`: {`"a"`, `1.50`, `"b"`, `[1, {"x":"]}"}]`},
		`{"é\"":"\\","":null}`:                  {`"é\""`, `"\\"`, `""`, `null`},
		`{"a":true,"a":false}`:                  {`"a"`, `true`, `"a"`, `false`},
		"{\r\n\"a\"\r\n:\r\n-1e5\r\n}":          {`"a"`, `-1e5`},
		`{"o":{"p":{"q":{}}},"l":[[],[[]]]}`:    {`"o"`, `{"p":{"q":{}}}`, `"l"`, `[[],[[]]]`},
		// What no checked document holds ends the walk.
		`{"a"}`:        nil,
		`{"a":`:        nil,
		`{"a":}`:       nil,
		`{a:1}`:        nil,
		`{"a":1,2:3}`:  {`"a"`, `1`},
		`{"a":"x`:      {`"a"`, `"x`},
		`{"a":[1,"\`:   {`"a"`, `[1,"\`},
		`{"a" 1}`:      nil,
		`{"a":1 "b":2`: {`"a"`, `1`, `"b"`, `2`},
	} {
		if diff := cmp.Diff(want, members(object)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", object, diff)
		}
	}
}

func TestElements(t *testing.T) {
	t.Parallel()
	for array, want := range map[string][]string{
		`[]`:                               nil,
		`[ ]`:                              nil,
		`[1]`:                              {`1`},
		"[ 1.0 ,\n\"a,b]\" , {\"c\":[2]}]": {`1.0`, `"a,b]"`, `{"c":[2]}`},
		`[[1],[2,[3]],null,true]`:          {`[1]`, `[2,[3]]`, `null`, `true`},
		`["\\",""]`:                        {`"\\"`, `""`},
		`[1,,2]`:                           {`1`},
		`[`:                                nil,
	} {
		if diff := cmp.Diff(want, jsontext.Elements(array)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", array, diff)
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		quoted, text string
		units        []uint16
	}{
		{`""`, "", []uint16{}},
		{`"A坎"`, "A坎", []uint16{'A', 0x574e}},
		{`"\"\\\/\b\f\n\r\t"`, "\"\\/\b\f\n\r\t", []uint16{'"', '\\', '/', '\b', '\f', '\n', '\r', '\t'}},
		{`"\u574E\u574e\u00e9"`, "坎坎é", []uint16{0x574e, 0x574e, 0xe9}},
		{`"\ud83d\ude00😀"`, "😀😀", []uint16{0xd83d, 0xde00, 0xd83d, 0xde00}},
		{`"a\ud83db"`, "a\ufffdb", []uint16{'a', 0xd83d, 'b'}},
	} {
		if got := jsontext.Unquote(tt.quoted); got != tt.text {
			t.Errorf("%s: text %q, want %q", tt.quoted, got, tt.text)
		}
		if got := jsontext.Units(tt.quoted); !slices.Equal(got, tt.units) {
			t.Errorf("%s: units %x, want %x", tt.quoted, got, tt.units)
		}
	}
	for _, broken := range []string{``, `"`, `"\x"`} {
		if got := jsontext.Unquote(broken); got != "" {
			t.Errorf("%s: %q", broken, got)
		}
	}
}

// values makes JSON of any shape, with white space between its parts.
func values(depth int) *rapid.Generator[string] {
	gap := rapid.SampledFrom([]string{"", "", " ", "\n\t", "\r\n"})
	leaf := rapid.OneOf(
		rapid.SampledFrom([]string{"null", "true", "false", "0", "-1.50", "1e+3", "12345678901234567890.10", `"\u574e\n"`, `"]},\"{"`, `"\\"`}),
		rapid.Custom(func(t *rapid.T) string { return quoted(t, rapid.String().Draw(t, "text")) }),
	)
	if depth == 0 {
		return leaf
	}
	inner := values(depth - 1)
	list := func(open, end string, part func(*rapid.T) string) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			parts := make([]string, rapid.IntRange(0, 4).Draw(t, "parts"))
			for i := range parts {
				parts[i] = gap.Draw(t, "gap") + part(t) + gap.Draw(t, "gap")
			}
			return open + gap.Draw(t, "gap") + strings.Join(parts, ",") + gap.Draw(t, "gap") + end
		})
	}
	return rapid.OneOf(leaf,
		list("[", "]", func(t *rapid.T) string { return inner.Draw(t, "element") }),
		list("{", "}", func(t *rapid.T) string {
			return quoted(t, rapid.String().Draw(t, "name")) + gap.Draw(t, "gap") + ":" + gap.Draw(t, "gap") + inner.Draw(t, "value")
		}))
}

func quoted(t *rapid.T, s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// The walk sees what encoding/json sees, byte by byte.
func TestWalksLikeEncodingJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := values(3).Draw(t, "value")
		var list []json.RawMessage
		var object map[string]json.RawMessage
		switch s[0] {
		case '[':
			if err := json.Unmarshal([]byte(s), &list); err != nil {
				t.Fatal(err)
			}
			got := jsontext.Elements(s)
			if !slices.EqualFunc(got, list, func(a string, b json.RawMessage) bool { return a == string(b) }) {
				t.Fatalf("%s\ngot  %q\nwant %q", s, got, list)
			}
		case '{':
			if err := json.Unmarshal([]byte(s), &object); err != nil {
				t.Fatal(err)
			}
			got := map[string]json.RawMessage{}
			walked := members(s)
			for i := 0; i < len(walked); i += 2 {
				got[jsontext.Unquote(walked[i])] = json.RawMessage(walked[i+1])
			}
			if diff := cmp.Diff(object, got); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", s, diff)
			}
		case '"':
			var want string
			if err := json.Unmarshal([]byte(s), &want); err != nil {
				t.Fatal(err)
			}
			if got := jsontext.Unquote(s); got != want {
				t.Fatalf("%s: %q, want %q", s, got, want)
			}
			if got := utf16.Decode(jsontext.Units(s)); string(got) != want {
				t.Fatalf("%s: units of %q, want %q", s, string(got), want)
			}
		}
	})
}

// FuzzWalk: whatever the text, the walk ends and stays inside it.
func FuzzWalk(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"b":"\u0000"}]}`, `["\`, `{"a":"`, `{"":{`, "[\x00,\xff]", `{"a":1}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, part := range append(jsontext.Elements(s), members(s)...) {
			if part == "" || !strings.Contains(s, part) {
				t.Errorf("%q is no part of %q", part, s)
			}
			closed := len(part) > 1 && part[0] == '"' && part[len(part)-1] == '"'
			if text := jsontext.Unquote(part); closed && utf8.ValidString(part) && !utf8.ValidString(text) {
				t.Errorf("%q decodes to %q", part, text)
			}
		}
	})
}
