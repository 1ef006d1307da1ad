package flow_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/item"
)

// anyJSON draws JSON texts whose members have the names that documents use, so
// that known members get values of right and wrong types.
func anyJSON(depth int) *rapid.Generator[string] {
	scalar := rapid.OneOf(
		rapid.SampledFrom([]string{`true`, `false`, `""`, `"a"`, `"\u4e2d\n"`, `0`, `-0`, `1.50`, `12345678901234567890123`, `1E+9`, `[]`, `{}`}),
		rapid.Map(rapid.String(), func(s string) string { return string(item.AppendText(nil, s)) }),
	)
	if depth == 0 {
		return scalar
	}
	names := []string{
		"apiVersion", "kind", "metadata", "spec", "id", "name", "title", "labels", "settings", "triggers", "params", "uses", "connectors",
		"connections", "operations", "nodes", "edges", "layout", "type", "typeVersion", "connection", "from", "to", "schedule", "after",
		"manual", "key", "default", "flow", "connector", "secrets", "priority", "concurrency", "other", "",
	}
	inner := anyJSON(depth - 1)
	object := rapid.Custom(func(t *rapid.T) string {
		keys := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 6, rapid.ID[string]).Draw(t, "names")
		members := make([]string, len(keys))
		for i, k := range keys {
			members[i] = fmt.Sprintf(" %q : %s", k, inner.Draw(t, "value"))
		}
		return "{" + strings.Join(members, ",") + "}"
	})
	array := rapid.Map(rapid.SliceOfN(inner, 0, 4), func(list []string) string { return "[" + strings.Join(list, " ,") + "]" })
	return rapid.OneOf(scalar, object, object, array)
}

// leaves lists every scalar of a value with its path.
func leaves(v item.Value, path string) []string {
	var out []string
	switch v.Kind() {
	case item.Object:
		for name, e := range v.Fields() {
			out = append(out, leaves(e, path+"."+name)...)
		}
	case item.Array:
		i := 0
		for e := range v.Elements() {
			out = append(out, leaves(e, fmt.Sprintf("%s[%d]", path, i))...)
			i++
		}
	case item.String:
		if v.Text() != "" { // empty texts and false and zero of known members are not written
			out = append(out, path+"="+v.Text())
		}
	default:
		if raw := string(v.Raw()); raw != "false" && raw != "0" && raw != "-0" {
			out = append(out, path+"="+raw)
		}
	}
	return out
}

// TestNothingIsLost holds any object to this: its saved form has every scalar at
// its place with its digits, is a fixed point, and validating it does not panic.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := `{"spec":` + anyJSON(4).Draw(t, "spec") + `,"metadata":` + anyJSON(2).Draw(t, "metadata") + `,"more":` + anyJSON(2).Draw(t, "more") + `}`
		docs, err := flow.Parse([]byte(text))
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		saved := docs[0].JSON()
		if !json.Valid(saved) {
			t.Fatalf("the saved form is not JSON: %s", saved)
		}
		want, got := leaves(item.Of([]byte(text)), ""), leaves(item.Of(saved), "")
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("saving %s changed it (-want +got):\n%s", text, diff)
		}
		again, err := flow.Parse(saved)
		if err != nil || string(again[0].JSON()) != string(saved) {
			t.Fatalf("saving %s twice gives something else (%v)", saved, err)
		}
		flow.Validate(docs[0], types(), flow.Options{InlineConnections: true})
	})
}

// TestYAMLAndJSONAreTheSameDocument holds for any document written by a person in either.
func TestYAMLAndJSONAreTheSameDocument(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"refund.yaml", "scalars.yaml", "broken.yaml"} {
		d := one(t, string(read(t, file)))
		if again := one(t, string(d.JSON())); !cmp.Equal(d, again) {
			t.Errorf("%s differs:\n%s", file, cmp.Diff(d, again))
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, file := range []string{"refund.yaml", "everything.json", "several.yaml", "scalars.yaml", "unreadable.yaml", "broken.yaml"} {
		f.Add(read(f, file))
	}
	f.Add([]byte("a: |2\n   x\n--- >\n y\n...\n"))
	f.Add([]byte("{\"a\":{}, a: [&x *x]}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		docs, err := flow.Parse(data)
		if (len(docs) == 0) == (err == nil) {
			t.Fatalf("got %d documents and %v", len(docs), err)
		}
		for _, d := range docs {
			saved := d.JSON()
			again, err := flow.Parse(saved)
			if err != nil || len(again) != 1 || string(again[0].JSON()) != string(saved) {
				t.Fatalf("the saved form %s can't be read back: %v", saved, err)
			}
			d.Upgrade(types())
			flow.Validate(d, types(), flow.Options{})
		}
	})
}
