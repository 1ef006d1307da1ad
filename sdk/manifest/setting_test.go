package manifest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
)

func TestWithDefaults(t *testing.T) {
	t.Parallel()
	declared := []field.Setting{
		{Key: "size", Kind: field.PlainInt, Default: "50"},
		{Key: "wait", Kind: field.PlainDuration, Default: "5s"},
		{Key: "deep", Kind: field.PlainBool, Default: "false"},
		{Key: "name", Kind: field.PlainText},
		{Key: "tags", Kind: field.List, Default: `["a"]`},
		{Key: "group", Kind: field.GroupOf, Items: []field.Setting{{Key: "mode", Kind: field.PlainText, Default: `say "hi"`}}},
		{Key: "rows", Kind: field.List, Items: []field.Setting{{Key: "n", Kind: field.PlainInt, Default: "1"}}},
	}
	cases := []struct{ name, raw, want string }{
		{"nothing given", ``, `{"size":50,"wait":"5s","deep":false,"tags":["a"]}`},
		{
			"what is given keeps bytes and order", `{"wait":"1m", "name":"仓", "size":007, "deep":true, "tags":[]}`,
			`{"wait":"1m","name":"仓","size":007,"deep":true,"tags":[]}`,
		},
		{"null and empty texts are not given", `{"size":null,"wait":"","name":""}`, `{"name":"","size":50,"wait":"5s","deep":false,"tags":["a"]}`},
		{"unknown members stay", `{"other":1}`, `{"other":1,"size":50,"wait":"5s","deep":false,"tags":["a"]}`},
		{
			"groups and lists that are given are filled in",
			`{"group":{},"rows":[{},{"n":2}],"size":1,"wait":"1s","deep":true,"tags":["b"]}`,
			`{"group":{"mode":"say \"hi\""},"rows":[{"n":1},{"n":2}],"size":1,"wait":"1s","deep":true,"tags":["b"]}`,
		},
		{"no object", `[1]`, `[1]`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, string(manifest.WithDefaults(declared, []byte(c.raw)))); diff != "" {
				t.Errorf("settings differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckSettingsKnowsTheKindsOfNodes(t *testing.T) {
	t.Parallel()
	title := field.Text{ZH: "标题"}
	var got []string
	for _, f := range manifest.CheckSettings([]field.Setting{
		{Key: "fields", Kind: field.Mapping, Title: title},
		{Key: "keep", Kind: field.Conditions, Title: title},
		{Key: "odd", Kind: "odd", Title: title},
		{Key: "group", Kind: field.GroupOf, Title: title, Items: []field.Setting{{Key: "a", Kind: field.PlainText}}},
	}) {
		got = append(got, f.Code+" at "+f.Path)
	}
	want := []string{"manifest.not_an_option at [2].kind", "manifest.required at [3].items[0].title.zh"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults differ (-want +got):\n%s", diff)
	}
}

// TestAt: the zone of a connection stands in for the manifest's, where it says one.
func TestAt(t *testing.T) {
	t.Parallel()
	m := &manifest.Manifest{ID: "x", TimeZone: "Asia/Shanghai"}
	for _, c := range []struct{ key, settings, want string }{
		{"", `{"zone":"UTC"}`, "Asia/Shanghai"},
		{"zone", `{"zone":"UTC"}`, "UTC"},
		{"zone", `{"zone":""}`, "Asia/Shanghai"},
		{"zone", `{}`, "Asia/Shanghai"},
		{"zone", ``, "Asia/Shanghai"},
		{"zone", `{"zone":"Nowhere/City"}`, "Asia/Shanghai"},
	} {
		m.TimeZoneKey = c.key
		if got := m.At([]byte(c.settings)); got.TimeZone != c.want || got.ID != "x" || m.TimeZone != "Asia/Shanghai" {
			t.Errorf("%s %s: %s", c.key, c.settings, got.TimeZone)
		}
	}
}
