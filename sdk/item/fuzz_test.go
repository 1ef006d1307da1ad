package item_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/karezflow/karez/sdk/item"
)

// FuzzValue holds the views against encoding/json: valid records are read alike,
// and no input at all makes a view panic.
func FuzzValue(f *testing.F) {
	for _, seed := range []string{
		bill, `{"a":{"b":[1,2,{"c":"d"}]}}`, `[]`, `""`, `"\ud800"`, `{"a":1,"a":2}`, `{`, `[1,`, `{"a"`, `{"a":`, `"\`, "[[[[", `{"a":"`, "\"\xff\"",
		`{"":{"":1}}`, `{"a":01}`, ` [ 1 , 2 ] `, `{"\u0061":1}`, "nul", "-", `[1 2]`, `{"a":1 "b":2}`, `{"a":[}`, `[{]`,
	} {
		f.Add([]byte(seed))
	}
	pick, lines := item.NewPick(), item.NewPick()
	pick.SetList(pick.Slot("a"), lines)
	lines.SetList(lines.Slot("b"), pick)
	f.Fuzz(func(t *testing.T, raw []byte) {
		v := item.Of(raw)
		for _, path := range []string{"", "a", "a.b", "0", "a.0.b", "..", "a.b.c.d"} {
			got := v.Path(path)
			_ = got.Text()
			_ = got.Blank()
		}
		var read item.Picked
		read.Read(pick, v)
		if _, err := item.Rows(raw); err == nil && len(bytes.TrimSpace(raw)) > 0 && v.Kind() != item.Array {
			t.Fatal("Rows takes what is no array")
		}
		walk(v, 0)

		valid := json.Valid(raw) && utf8.Valid(raw) && depth(raw) <= item.MaxDepth
		if err := item.Check(raw); (err == nil) != valid {
			t.Fatalf("Check gives %v for %q, valid %v", err, raw, valid)
		}
		if !valid {
			return
		}
		var want any
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if got := decoded(v); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q reads as %#v, want %#v", raw, got, want)
		}
		if v.Kind() == item.Object {
			if got, plain := read.Slot(0), v.Field("a"); string(got.Raw()) != string(plain.Raw()) {
				t.Fatalf("%q: picked %s, want %s", raw, got.Raw(), plain.Raw())
			}
		}
	})
}

// walk visits everything a view of any bytes gives.
func walk(v item.Value, level int) {
	if level > 50 {
		return
	}
	for e := range v.Elements() {
		walk(e, level+1)
	}
	for _, e := range v.Fields() {
		walk(e, level+1)
	}
}

func decoded(v item.Value) any {
	switch v.Kind() {
	case item.Object:
		out := map[string]any{}
		for name, val := range v.Fields() {
			out[name] = decoded(val)
		}
		return out
	case item.Array:
		out := []any{}
		for e := range v.Elements() {
			out = append(out, decoded(e))
		}
		return out
	case item.String:
		return v.Text()
	case item.Number:
		return json.Number(v.Text())
	case item.Bool:
		return v.Text() == "true"
	default:
		return nil
	}
}

// depth counts nesting the slow way.
func depth(raw []byte) int {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	deepest, now := 0, 0
	for {
		token, err := d.Token()
		if err != nil {
			return deepest
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			now++
			deepest = max(deepest, now)
		case json.Delim('}'), json.Delim(']'):
			now--
		}
	}
}
