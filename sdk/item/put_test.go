package item_test

import (
	"encoding/json"
	"testing"

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
