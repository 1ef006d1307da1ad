package item_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func TestLocate(t *testing.T) {
	t.Parallel()
	const raw = ` { "a" : 1, "b.c": 2, "b": {"c": 3, "d":{"e.f": [4 ]}}, "a": "last", "\u4e2d": true, "l": [{"x":1}] }`
	for path, want := range map[string]string{
		"a": `"last"`, "b.c": "2", "b.d.e.f": "[4 ]", "b.d": `{"e.f": [4 ]}`, "中": "true", "b": `{"c": 3, "d":{"e.f": [4 ]}}`,
		"missing": "", "a.b": "", "l.0.x": "", "l.x": "", "": "", ".": "", "b.": "",
	} {
		start, end, ok := item.Locate([]byte(raw), path)
		if got := raw[start:end]; ok != (want != "") || ok && got != want {
			t.Errorf("%s is located as %q, %v", path, got, ok)
		}
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	const order = `{ "no": "S1", "amount":10.10, "items": [ {"sku":"A","qty":1.0}, {"sku" : "B", "qty":2e0 } ], "at" :"x" }`
	tests := []struct {
		name  string
		split item.Split
		raw   string
		want  []string
		fault string
	}{
		{"lines take the list's place", item.Split{Path: "items"}, order, []string{
			`{ "no": "S1", "amount":10.10, "sku":"A","qty":1.0, "at" :"x" }`,
			`{ "no": "S1", "amount":10.10, "sku" : "B","qty":2e0, "at" :"x" }`,
		}, ""},
		{"with prefix and number", item.Split{Path: "items", Prefix: "items_", Index: "row"}, order, []string{
			`{ "no": "S1", "amount":10.10, "row":1,"items_sku":"A","items_qty":1.0, "at" :"x" }`,
			`{ "no": "S1", "amount":10.10, "row":2,"items_sku" : "B","items_qty":2e0, "at" :"x" }`,
		}, ""},
		{"lines alone", item.Split{Path: "items", Bare: true, Index: "n"}, order, []string{`{"n":1,"sku":"A","qty":1.0}`, `{"n":2,"sku" : "B","qty":2e0}`}, ""},
		{"a list inside an object", item.Split{Path: "data.rows"}, `{"data":{"k":1,"rows":[{"v":2}]},"z":0}`, []string{`{"data":{"k":1,"v":2},"z":0}`}, ""},
		{"a name with a dot comes first", item.Split{Path: "a.b"}, `{"a":{"b":[{"x":1}]},"a.b":[{"y":2}]}`, []string{`{"a":{"b":[{"x":1}]},"y":2}`}, ""},
		{"lines that are no objects", item.Split{Path: "tags", Prefix: "t_", Index: "i"}, `{"tags":["a",null,[1]]}`, []string{`{"i":1,"tags":"a"}`, `{"i":2,"tags":null}`, `{"i":3,"tags":[1]}`}, ""},
		{"an only line without a list", item.Split{Path: "item"}, `{"item":{"x":1},"y":2}`, []string{`{"x":1,"y":2}`}, ""},
		{"a line without members in the middle", item.Split{Path: "l"}, `{"a":1, "l":[{}], "b":2}`, []string{`{"a":1, "b":2}`}, ""},
		{"a line without members at the end", item.Split{Path: "l"}, `{"a":1, "l":[{}]}`, []string{`{"a":1}`}, ""},
		{"a line without members alone", item.Split{Path: "l"}, `{"l":[ {} ]}`, []string{`{}`}, ""},
		{"a prefix that must be escaped", item.Split{Path: "l", Prefix: `"`}, `{"l":[{"x":1}]}`, []string{`{"\"x":1}`}, ""},
		{"no list", item.Split{Path: "items"}, `{"a":1}`, nil, ""},
		{"null", item.Split{Path: "items"}, `{"items":null}`, nil, ""},
		{"an empty list", item.Split{Path: "items"}, `{"items":[ ]}`, nil, ""},
		{"an empty text", item.Split{Path: "items"}, `{"items":""}`, nil, ""},
		{"no list but a text", item.Split{Path: "items"}, `{"items":"x"}`, nil, "item.not_a_list at items"},
		{"no list but a number", item.Split{Path: "items"}, `{"items":0}`, nil, "item.not_a_list at items"},
		{"a name taken by the header", item.Split{Path: "l"}, `{"id":1,"l":[{"x":1},{"\u0069d":2}]}`, nil, "item.name_taken at l"},
		{"a name taken by the number", item.Split{Path: "l", Index: "x"}, `{"l":[{"x":1}]}`, nil, "item.name_taken at l"},
		{"a number's name taken by the header", item.Split{Path: "l", Index: "a"}, `{"a":0,"l":[{"x":1}]}`, nil, "item.name_taken at l"},
		{"a number's name taken by a plain line", item.Split{Path: "l", Index: "l"}, `{"l":[1]}`, nil, "item.name_taken at l"},
		{"nothing of the header is there to be taken", item.Split{Path: "l", Bare: true}, `{"id":1,"l":[{"id":2}]}`, []string{`{"id":2}`}, ""},
		{"a prefix tells them apart", item.Split{Path: "l", Prefix: "l_"}, `{"id":1,"l":[{"id":2}]}`, []string{`{"id":1,"l_id":2}`}, ""},
		{"the list's own name is free", item.Split{Path: "l"}, `{"l":[{"l":2}]}`, []string{`{"l":2}`}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			records, err := tt.split.Records([]byte(tt.raw))
			var got []string
			for _, r := range records {
				got = append(got, string(r))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			said := ""
			if f := fault.From(err); f != nil {
				said = f.Code + " at " + f.Path
			}
			if said != tt.fault {
				t.Errorf("fault %q, want %q", said, tt.fault)
			}
		})
	}
}

func TestWithout(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"a":1,"l":[],"b":2}`:   `{"a":1,"b":2}`,
		`{"l":null , "b":2}`:     `{"b":2}`,
		`{"a":1 , "l":[]}`:       `{"a":1 }`,
		`{"l":[]}`:               `{}`,
		`{"a":1}`:                `{"a":1}`,
		`{"x":{"l":[]},"l":[ ]}`: `{"x":{"l":[]}}`,
	} {
		if got := string(item.Split{Path: "l"}.Without([]byte(raw))); got != want {
			t.Errorf("%s without l is %s, want %s", raw, got, want)
		}
	}
}

// The values of a record, whatever they are, come out of a split as they went in.
func TestSplitKeepsBytes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SampledFrom([]string{`1.00`, `-0.10e+2`, `12345678901234567890.123`, `"\u4e2d文"`, `{"a":[ 1 ]}`, `[]`, `null`, `" , }"`})
		object := func(prefix, label string) string {
			var b strings.Builder
			for i := range rapid.IntRange(0, 4).Draw(t, label) {
				if i > 0 {
					b.WriteString(rapid.SampledFrom([]string{",", " , "}).Draw(t, "comma"))
				}
				fmt.Fprintf(&b, "%q:%s", fmt.Sprint(prefix, i), value.Draw(t, "value"))
			}
			return b.String()
		}
		head, tail := object("h", "head"), object("t", "tail")
		lines := make([]string, rapid.IntRange(1, 4).Draw(t, "lines"))
		for i := range lines {
			lines[i] = "{" + object("l", "line") + "}"
		}
		raw := "{" + strings.Join(nonEmpty(head, `"list":[`+strings.Join(lines, ",")+"]", tail), ",") + "}"
		records, err := item.Split{Path: "list"}.Records([]byte(raw))
		if err != nil || len(records) != len(lines) {
			t.Fatalf("%s gives %q, %v", raw, records, err)
		}
		for i, record := range records {
			want := "{" + strings.Join(nonEmpty(head, compactCommas(lines[i]), tail), ",") + "}"
			if string(record) != want {
				t.Fatalf("line %d of %s is %s, want %s", i, raw, record, want)
			}
		}
	})
}

func nonEmpty(parts ...string) []string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

// compactCommas gives the members of a line, the commas between them without space.
func compactCommas(object string) string {
	var out []string
	for key, v := range item.Of([]byte(object)).Members() {
		out = append(out, string(key)+":"+string(v.Raw()))
	}
	return strings.Join(out, ",")
}

// FuzzSplit holds that valid records split into valid records and that nothing panics.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{`{"l":[{"a":1},2]}`, `{"a":1,"l":[{}],"b":2}`, `{"x":{"l":[{"a":{}}]}}`, `{"l":{`, `{"l":[`, `{"l"`, `{"l":[{"a"`, `{"l":[{"a":1}],`, `{"l":"`, `{"l":[{}]`} {
		f.Add([]byte(seed), "l", "p", "n")
		f.Add([]byte(seed), "x.l", "", "")
	}
	f.Fuzz(func(t *testing.T, raw []byte, path, prefix, index string) {
		split := item.Split{Path: path, Prefix: prefix, Index: index, Bare: len(raw)%2 == 0}
		records, _ := split.Records(raw)
		rest := split.Without(raw)
		start, end, ok := item.Locate(raw, path)
		if item.Check(raw) != nil || item.Of(raw).Kind() != item.Object {
			return
		}
		if got := item.Of(raw).Path(path); ok && !bytes.Equal(got.Raw(), raw[start:end]) {
			t.Fatalf("%s of %s is %s and located as %s", path, raw, got.Raw(), raw[start:end])
		}
		for _, record := range append(records, rest) {
			if !json.Valid(record) || item.Of(record).Kind() != item.Object {
				t.Fatalf("%s splits by %+v into %s", raw, split, record)
			}
		}
	})
}
