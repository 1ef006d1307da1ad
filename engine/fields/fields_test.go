package fields_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/fields"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// shown writes fields a line each: path, type, sample.
func shown(found []fields.Known) []string {
	var out []string
	for _, f := range found {
		out = append(out, strings.TrimRight(fmt.Sprintf("%s %s %s", f.Field, f.Type, f.Sample), " "))
	}
	return out
}

func records(raw ...string) [][]byte {
	var out [][]byte
	for _, r := range raw {
		out = append(out, []byte(r))
	}
	return out
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		records []string
		opened  []string
		want    []string
	}{
		{
			"in the order in which they come, parents first",
			[]string{
				`{"no":"S1","qty":1,"at":"2026-01-01 10:00:00","shop":{"id":7},"items":[{"sku":"A","price":1.50},{"sku":"B","note":"x"}],"tags":["a"],"paid":true}`,
				`{"extra":null,"no":"S2"}`,
			},
			nil,
			[]string{
				"no string S1", "qty int 1", "at datetime 2026-01-01 10:00:00", "shop object", "shop.id int 7", "items array", "items.sku string A",
				"items.price decimal 1.50", "items.note string x", "tags array", "paid bool true", "extra",
			},
		},
		{"what one record has of another type", []string{`{"a":1,"b":1,"c":"2026-01-01","d":{"x":1},"e":true,"f":null}`, `{"a":1.0,"b":"x","c":"2026-01-01T10:00:00+08:00","d":[{"x":2}],"e":1,"f":12345678901234567890}`}, nil, []string{
			"a decimal 1", "b string 1", "c datetime 2026-01-01", "d array", "d.x int 1", "e string true", "f int 12345678901234567890",
		}},
		{"texts that look like something else", []string{`{"a":"20260101","b":"1.5","c":"2026-13-01","d":"{\"x\":1}","e":"true","f":""}`}, nil, []string{
			"a string 20260101", "b string 1.5", "c string 2026-13-01", `d string {"x":1}`, "e string true", "f",
		}},
		{"numbers with exponents", []string{`{"a":1e3,"b":-5}`}, nil, []string{"a decimal 1e3", "b int -5"}},
		{"a text that is declared to be JSON", []string{`{"ext":"{\"a\":{\"b\":1}}"}`}, []string{"ext"}, []string{"ext object", "ext.a object", "ext.a.b int 1"}},
		{"the first sample that says something", []string{`{"a":""}`, `{"a":"x"}`, `{"a":"y"}`}, nil, []string{"a string x"}},
		{"no records", []string{`[1]`, `"x"`}, nil, nil},
		{"members without a name", []string{`{"":1,"a":[[{"x":1}]]}`}, nil, []string{"a array"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, shown(fields.Discover(records(tt.records...), tt.opened))); diff != "" {
				t.Errorf("fields differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDiscoverIsBounded(t *testing.T) {
	t.Parallel()
	var wide strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&wide, `,"f%d":1`, i)
	}
	if n := len(fields.Discover(records("{"+wide.String()[1:]+"}"), nil)); n != 500 {
		t.Errorf("%d fields are discovered", n)
	}
	deep := strings.Repeat(`{"a":`, 50) + "1" + strings.Repeat("}", 50)
	if n := len(fields.Discover(records(deep), nil)); n != 8 {
		t.Errorf("%d levels are discovered", n)
	}
	long := fields.Discover(records(`{"a":"`+strings.Repeat("单", 200)+`"}`), nil)[0].Sample
	if long != strings.Repeat("单", 100)+"…" {
		t.Errorf("the sample is %s", long)
	}
	lines := `{"l":[` + strings.Repeat(`{},`, 20) + `{"late":1}]}`
	if diff := cmp.Diff([]string{"l array"}, shown(fields.Discover(records(lines), nil))); diff != "" {
		t.Error(diff)
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("CST", 8*3600))
	known := []fields.Known{{Field: "no", Type: field.String, Title: "单号", Origin: fields.Manual}, {Field: "ext", Type: field.JSON}}
	found := fields.Discover(records(`{"no":17,"ext":"{\"a\":1}","qty":2.50}`), fields.Opened(known))
	want := []fields.Known{
		{Field: "ext.a", Type: field.Int, Origin: fields.Auto, FirstSeen: "2026-01-02 03:04:05", Sample: "1"},
		{Field: "qty", Type: field.Decimal, Origin: fields.Auto, FirstSeen: "2026-01-02 03:04:05", Sample: "2.50"},
	}
	fresh := fields.Merge(known, found, at)
	if diff := cmp.Diff(want, fresh); diff != "" {
		t.Errorf("new fields differ (-want +got):\n%s", diff)
	}
	if again := fields.Merge(append(known, fresh...), found, at); len(again) != 0 {
		t.Errorf("a second sample adds %+v", again)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, raw string
		paths     []string
		want      string
	}{
		{"an object", `{ "a":1, "ext" : "{\"n\": 1.00,\"big\":12345678901234567890}" , "z":2 }`, []string{"ext"}, `{ "a":1, "ext" : {"n": 1.00,"big":12345678901234567890} , "z":2 }`},
		{"a list", `{"ext":" [1, 2] "}`, []string{"ext"}, `{"ext":[1, 2]}`},
		{"inside an object", `{"d":{"ext":"{}"}}`, []string{"d.ext"}, `{"d":{"ext":{}}}`},
		{"a name with a dot", `{"d.ext":"{}","d":{"ext":"{}"}}`, []string{"d.ext"}, `{"d.ext":{},"d":{"ext":"{}"}}`},
		{"in every line", `{"l":[{"x":"[]"},{"x":"no"},7,{"x":"{\"\\u0061\":1}"}]}`, []string{"l.x"}, `{"l":[{"x":[]},{"x":"no"},7,{"x":{"\u0061":1}}]}`},
		{"in lines of lines", `{"l":[{"m":[{"x":"[]"}]}]}`, []string{"l.m.x"}, `{"l":[{"m":[{"x":[]}]}]}`},
		{"lines that are texts", `{"l":["{}","x"]}`, []string{"l"}, `{"l":[{},"x"]}`},
		{"JSON inside JSON", `{"a":"{\"b\":\"{\\\"c\\\":1}\"}"}`, []string{"a", "a.b"}, `{"a":{"b":{"c":1}}}`},
		{"what is inside is not opened by itself", `{"a":"{\"b\":\"{\\\"c\\\":1}\"}"}`, []string{"a"}, `{"a":{"b":"{\"c\":1}"}}`},
		{"nothing that is declared", `{"a":"{}"}`, nil, `{"a":"{}"}`},
		{"a text that is none", `{"a":"{x"}`, []string{"a"}, `{"a":"{x"}`},
		{"a text of a number", `{"a":"12"}`, []string{"a"}, `{"a":"12"}`},
		{"no text", `{"a":12,"b":{"c":1}}`, []string{"a", "b", "b.c"}, `{"a":12,"b":{"c":1}}`},
		{"missing", `{"a":1}`, []string{"b", "a.b"}, `{"a":1}`},
		{"no record", `"{}"`, []string{"a"}, `"{}"`},
		{"too deep", `{"a":"` + strings.Repeat("[", item.MaxDepth) + strings.Repeat("]", item.MaxDepth) + `"}`, []string{"a"}, `{"a":"` + strings.Repeat("[", item.MaxDepth) + strings.Repeat("]", item.MaxDepth) + `"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			raw := []byte(tt.raw)
			if got := string(fields.Open(raw, tt.paths)); got != tt.want {
				t.Errorf("opened it is %s, want %s", got, tt.want)
			}
			if string(raw) != tt.raw {
				t.Error("the record was written to")
			}
		})
	}
}

// Whatever a text holds, it comes out of its quotes byte for byte, and the rest stays.
func TestOpenKeepsBytes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		inner := rapid.SampledFrom([]string{`{"a":1.00}`, `[ "\u4e2d", {"x": -0.10e5} ]`, `{ }`, `[{"a":"\"}]"}]`}).Draw(t, "inner")
		head := rapid.SampledFrom([]string{``, `"h": 1.50,`, `"h":"}",`}).Draw(t, "head")
		tail := rapid.SampledFrom([]string{``, `, "t":[ ]`}).Draw(t, "tail")
		quoted, err := json.Marshal(inner)
		if err != nil {
			t.Fatal(err)
		}
		got := string(fields.Open(fmt.Appendf(nil, `{%s"x":%s%s}`, head, quoted, tail), []string{"x"}))
		if want := fmt.Sprintf(`{%s"x":%s%s}`, head, inner, tail); got != want {
			t.Fatalf("opened it is %s, want %s", got, want)
		}
	})
}

// FuzzOpen holds that valid records stay valid and that nothing panics.
func FuzzOpen(f *testing.F) {
	for _, seed := range []string{`{"a":"{\"b\":1}"}`, `{"a":[{"b":"[]"}]}`, `{"a":"{`, `{"a":["`, `{"a.b":"{}"}`, `[`, `"{}"`} {
		f.Add([]byte(seed), "a.b", "a")
	}
	f.Fuzz(func(t *testing.T, raw []byte, one, other string) {
		got := fields.Open(raw, []string{one, other})
		fields.Discover([][]byte{raw}, []string{one})
		if item.Check(raw) == nil && item.Check(got) != nil {
			t.Fatalf("%s becomes %s", raw, got)
		}
	})
}
