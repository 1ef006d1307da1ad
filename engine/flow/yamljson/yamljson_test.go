package yamljson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/flow/yamljson"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func TestDocuments(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, yaml string
		want       []string
	}{
		{"nothing", "", nil},
		{"only comments", "# a\n# b\n", nil},
		{"a mapping", "a: 1\nb: x\n", []string{`{"a":1,"b":"x"}`}},
		{"flow style", `{a: [1, {b: c}], d: {}}`, []string{`{"a":[1,{"b":"c"}],"d":{}}`}},
		{"a list", "- 1\n- [2]\n-\n", []string{`[1,[2],null]`}},
		{"a scalar", "hello", []string{`"hello"`}},
		{"no value", "a:\nb: ~\n", []string{`{"a":null,"b":null}`}},
		{"digits of any length", "a: [12345678901234567890123, 0.10, 1e3, -1.5E-10, -0]", []string{`{"a":[12345678901234567890123,0.10,1e3,-1.5E-10,-0]}`}},
		{"no JSON numbers", "a: [007, +1, 1., .5, 0x1F, 0o17, 1_000, .inf, -.inf, .nan, 1:30]", []string{`{"a":["007","+1","1.",".5","0x1F","0o17","1_000",".inf","-.inf",".nan","1:30"]}`}},
		{"quotes make a text", `a: ["12", '12', "true"]`, []string{`{"a":["12","12","true"]}`}},
		{"words", "a: [true, false, True, yes, no, on]", []string{`{"a":[true,false,true,"yes","no","on"]}`}},
		{"dates are texts", "a: 2024-05-01\nb: 2024-05-01 08:00:00\n", []string{`{"a":"2024-05-01","b":"2024-05-01 08:00:00"}`}},
		{"names as written", "007: a\ntrue: b\n1.50: c\n'x y': d\n", []string{`{"007":"a","true":"b","1.50":"c","x y":"d"}`}},
		{"literal text", "a: |\n  x: 1\n   y\n\n  z\n", []string{`{"a":"x: 1\n y\n\nz\n"}`}},
		{"folded text", "a: >-\n  x\n  y\n", []string{`{"a":"x y"}`}},
		{"escapes", `a: "\u4e2d\t\"\\"`, []string{`{"a":"中\t\"\\"}`}},
		{"documents", "a: 1\n---\nb: 2\n--- # third\nc: 3\n...\n", []string{`{"a":1}`, `{"b":2}`, `{"c":3}`}},
		{"empty documents do not swallow the next", "---\n---\n# x\n---\na: 1\n---\n\n---\nb: 2\n", []string{`{"a":1}`, `{"b":2}`}},
		{"a document on the marker's line", "--- {a: 1}\n--- [2]\n", []string{`{"a":1}`, `[2]`}},
		{"dashes inside a text are no marker", "a: |\n  ---\n  x\nb: '--- y'\n", []string{`{"a":"---\nx\n","b":"--- y"}`}},
		{"Windows line ends", "a: 1\r\n---\r\nb: x\r\n", []string{`{"a":1}`, `{"b":"x"}`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := yamljson.Documents([]byte(c.yaml))
			if err != nil {
				t.Fatal(err)
			}
			var texts []string
			for _, d := range got {
				texts = append(texts, string(d))
			}
			if diff := cmp.Diff(c.want, texts); diff != "" {
				t.Errorf("JSON differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFaultsNameTheLineOfTheStream(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, yaml, code, says string }{
		{"syntax", "a: [1\n", "flow.syntax", "line 1, column 4"},
		{"in a later document", "a: 1\n---\nb: 1\n---\n# c\nd: [1\n", "flow.syntax", "line 6, column 4"},
		{"a name twice", "a: 1\n---\nb: 1\nb: 2\n", "flow.duplicate_member", "line 4, column 1"},
		{"a name twice, quoted otherwise", "{1: a, '1': b}", "flow.duplicate_member", "line 1, column 8"},
		{"an anchor", "a: &x 1\n", "flow.yaml_unsupported", "line 1, column 4"},
		{"a merge key", "a:\n  <<: {b: 1}\n", "flow.yaml_unsupported", "line 2"},
		{"a tag", "a: !!int '1'\n", "flow.yaml_unsupported", "line 1, column 4"},
		{"deep lists", strings.Repeat("- ", 102) + "1", "flow.syntax", "nested too deep"},
		{"deep brackets", "a: " + strings.Repeat("[", 1001), "flow.syntax", "line 1: nested too deep"},
		{"a wide object", "a:\n" + strings.Repeat("  b: 1\n", 5001), "flow.syntax", "line 5002: more than 5000 names"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := yamljson.Documents([]byte(c.yaml))
			f := fault.From(err)
			if f == nil || f.Code != c.code || !strings.Contains(f.Message, c.says) || f.Class != fault.Config {
				t.Errorf("got %s and %v, want %s saying %q", got, err, c.code, c.says)
			}
		})
	}
}

func TestManyNamesInManyObjectsAreFine(t *testing.T) {
	t.Parallel()
	got, err := yamljson.Documents([]byte("a:\n" + strings.Repeat("  -\n    b: 1\n", 5001)))
	if err != nil || len(got) != 1 || strings.Count(string(got[0]), `{"b":1}`) != 5001 {
		t.Errorf("got %d documents and %v", len(got), err)
	}
}

// TestJSONIsYAML holds any JSON to coming through with its bytes, but for white
// space and the way texts are escaped.
func TestJSONIsYAML(t *testing.T) {
	t.Parallel()
	number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,10})?([eE][+-]?[0-9]{1,3})?`)
	text := rapid.Map(rapid.StringOf(rapid.RuneFrom([]rune("aZ0 中文😀-:#{}[],&*!|>'\"%@`\\\n\t"))), func(s string) string { return string(item.AppendText(nil, s)) })
	leaf := rapid.OneOf(number, text, rapid.SampledFrom([]string{"true", "false", "null", "{}", "[]"}))
	rapid.Check(t, func(t *rapid.T) {
		list := "[" + strings.Join(rapid.SliceOfN(leaf, 0, 5).Draw(t, "list"), ",") + "]"
		names := rapid.SliceOfNDistinct(text, 1, 5, rapid.ID[string]).Draw(t, "names")
		members := make([]string, len(names))
		for i, n := range names {
			members[i] = n + ":" + rapid.OneOf(leaf, rapid.Just(list)).Draw(t, "value")
		}
		want := "{" + strings.Join(members, ",") + "}"
		got, err := yamljson.Documents([]byte(want))
		if err != nil || len(got) != 1 || string(got[0]) != want {
			t.Fatalf("%s became %s (%v)", want, got, err)
		}
	})
}

func FuzzDocuments(f *testing.F) {
	for _, seed := range []string{"a: 1\n---\nb: [x, 'y']\n", "a: |2\n   x\n--- >\n y\n...\n", "{\"a\":{}, b: [&x 1, *x]}", "? a\n: b\n", "- - - 1\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		docs, err := yamljson.Documents(data)
		if err != nil && fault.CodeOf(err) == "" {
			t.Fatalf("an error without a code: %v", err)
		}
		for _, d := range docs {
			if !json.Valid(d) {
				t.Fatalf("%q is not JSON", d)
			}
		}
	})
}
