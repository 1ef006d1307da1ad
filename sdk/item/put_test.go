package item_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func TestPut(t *testing.T) {
	t.Parallel()
	cases := []struct{ object, path, value, want string }{
		{`{}`, "a", `1`, `{"a":1}`},
		{`{ "x" : 1.10 }`, "a", `"y"`, `{ "x" : 1.10 ,"a":"y"}`},
		{`{"a": 1 , "b":2}`, "a", `[3]`, `{"a": [3] , "b":2}`},
		{`{"a":1,"a":2}`, "a", `3`, `{"a":1,"a":3}`},
		{`{"a":null}`, "a.b.c", `true`, `{"a":{"b":{"c":true}}}`},
		{`{"a":{"x":9007199254740993}}`, "a.b", `0`, `{"a":{"x":9007199254740993,"b":0}}`},
		{`{"a.b":1,"a":{}}`, "a.b", `2`, `{"a.b":2,"a":{}}`},
		{`{"名":1}`, "名", `2`, `{"名":2}`},
	}
	for _, c := range cases {
		got, err := item.Put([]byte(c.object), c.path, []byte(c.value))
		if err != nil || string(got) != c.want {
			t.Errorf("%s at %s gives %s, %v; want %s", c.object, c.path, got, err, c.want)
		}
	}
	for _, object := range []string{`{"a":1}`, `{"a":[1]}`, `7`} {
		if _, err := item.Put([]byte(object), "a.b", []byte("1")); fault.CodeOf(err) != "item.path_blocked" {
			t.Errorf("%s: %v", object, err)
		}
	}
}

// Whatever the object, everything else in it stays, and the value is at the path.
func TestPutChangesNothingElse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SampledFrom([]string{"a", "b", "", "c.d", "é", `q"`})
		doc := rapid.MapOf(names, rapid.Int()).Draw(t, "object")
		raw, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		name := rapid.SampledFrom([]string{"a", "b", "new"}).Draw(t, "name")
		out, err := item.Put(raw, name, []byte("-5"))
		if err != nil {
			t.Fatal(err)
		}
		doc[name] = -5
		var got map[string]int
		if err := json.Unmarshal(out, &got); err != nil || !cmp.Equal(doc, got) {
			t.Errorf("%s became %s: %v", raw, out, err)
		}
	})
}

// FuzzPut: what is put at a path is read there, and every member beside it keeps its bytes.
func FuzzPut(f *testing.F) {
	for _, path := range []string{"a", "a.b", "a.b.c", "", ".", "a.", ".a", "a..b", "0", "a.0", `q"`, "中", "a\\b"} {
		f.Add([]byte(`{"a":{"b":1.50, "c":[1]} , "a.b":"x","q\"":1E400,"":{"":2}}`), path)
		f.Add([]byte(`{}`), path)
	}
	f.Fuzz(func(t *testing.T, raw []byte, path string) {
		if item.Check(raw) != nil || !utf8.ValidString(path) || slices.Contains(strings.Split(path, "."), "") {
			return // nobody may name a path with nothing between its dots
		}
		put, err := item.Put(raw, path, []byte(`"here"`))
		if err != nil {
			if fault.CodeOf(err) != "item.path_blocked" {
				t.Fatalf("%s at %q: %v", raw, path, err)
			}
			return
		}
		if item.Check(put) != nil {
			t.Fatalf("%s at %q gives %s", raw, path, put)
		}
		if start, end, ok := item.Locate(put, path); !ok || string(put[start:end]) != `"here"` {
			t.Fatalf("%s at %q gives %s", raw, path, put)
		}
		head, _, _ := strings.Cut(path, ".")
		for name, v := range item.Of(raw).Fields() {
			if name != head && name != path && item.Of(raw).Field(name).Kind() != item.None && string(item.Of(put).Field(name).Raw()) != string(item.Of(raw).Field(name).Raw()) {
				t.Fatalf("%q was %s and is %s", name, v.Raw(), item.Of(put).Field(name).Raw())
			}
		}
	})
}
