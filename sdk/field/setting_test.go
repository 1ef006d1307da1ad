package field_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
)

func declared() []field.Setting {
	return []field.Setting{
		{Key: "url", Kind: field.PlainURL, Required: true, Title: field.Text{ZH: "地址"}},
		{Key: "mode", Kind: field.PlainChoice, Default: "page", Options: []field.Option{{Value: "page"}, {Value: "offset"}}},
		{Key: "size", Kind: field.PlainInt, Min: new(int64(1)), Max: new(int64(100))},
		{Key: "least", Kind: field.PlainInt, Min: new(int64(5))},
		{Key: "most", Kind: field.PlainInt, Max: new(int64(5))},
		{Key: "exact", Kind: field.PlainInt},
		{Key: "live", Kind: field.PlainBool},
		{Key: "lag", Kind: field.PlainDuration},
		{Key: "start", Kind: field.PlainInt, Required: true, When: &field.When{Key: "mode", In: []string{"offset"}}},
		{Key: "tags", Kind: field.List},
		{Key: "rows", Kind: field.List, Items: []field.Setting{{Key: "name", Kind: field.PlainText, Required: true}, {Key: "n", Kind: field.PlainInt}}},
		{Key: "auth", Kind: field.GroupOf, Items: []field.Setting{{Key: "user", Kind: field.PlainText, Required: true}}},
		{Key: "fields", Kind: field.Mapping},
		{Key: "key", Kind: field.Value},
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, raw string
		want      []string
	}{
		{"everything fits", `{"url":"http://127.0.0.1","mode":"page","size":50,"live":true,"lag":"2m","tags":["a"],"rows":[{"name":"x","n":"3"}],"auth":{"user":"u"},"fields":[],"key":"{{id}}"}`, nil},
		{"numbers and truths as texts", `{"url":"x","size":"100","live":"false"}`, nil},
		{"nothing given", ``, []string{"setting.required url"}},
		{"null and empty are not given", `{"url":"","size":null}`, []string{"setting.required url"}},
		{"not an object", `[1]`, []string{"setting.wrong_type "}},
		{"broken", `{"url"`, []string{"setting.wrong_type "}},
		{"unknown, in order", `{"url":"x","zeta":1,"alpha":2}`, []string{"setting.unknown alpha", "setting.unknown zeta"}},
		{"a number too large", `{"url":"x","size":101}`, []string{"setting.out_of_range size"}},
		{"a number too small", `{"url":"x","least":4}`, []string{"setting.out_of_range least"}},
		{"a number over its most", `{"url":"x","most":6}`, []string{"setting.out_of_range most"}},
		{"an integer of any size keeps its digits", `{"url":"x","exact":9007199254740993}`, nil},
		{"a fraction is no integer", `{"url":"x","exact":1.5}`, []string{"setting.wrong_type exact"}},
		{"an integer beyond 64 bits", `{"url":"x","exact":99999999999999999999}`, []string{"setting.wrong_type exact"}},
		{"no truth", `{"url":"x","live":1}`, []string{"setting.wrong_type live"}},
		{"no duration", `{"url":"x","lag":"2 minutes"}`, []string{"setting.wrong_type lag"}},
		{"a duration as a number", `{"url":"x","lag":120}`, []string{"setting.wrong_type lag"}},
		{"no option", `{"url":"x","mode":"cursor"}`, []string{"setting.not_an_option mode"}},
		{"no text", `{"url":7}`, []string{"setting.wrong_type url"}},
		{"a hidden setting is not required", `{"url":"x","mode":"page"}`, nil},
		{"a hidden setting is not checked", `{"url":"x","start":"abc"}`, nil},
		{"a choice written with an escape shows it too", `{"url":"x","mode":"offs\u0065t"}`, []string{"setting.required start"}},
		{"a shown setting is required", `{"url":"x","mode":"offset"}`, []string{"setting.required start"}},
		{"no list", `{"url":"x","tags":"a"}`, []string{"setting.wrong_type tags"}},
		{"a list of other things", `{"url":"x","tags":["a",2]}`, []string{"setting.wrong_type tags[1]"}},
		{
			"inside a list", `{"url":"x","rows":[{"name":"a"},{"n":"x","odd":1}]}`,
			[]string{"setting.required rows[1].name", "setting.wrong_type rows[1].n", "setting.unknown rows[1].odd"},
		},
		{"inside a group", `{"url":"x","auth":{}}`, []string{"setting.required auth.user"}},
		{"a mapping is a list", `{"url":"x","fields":{}}`, []string{"setting.wrong_type fields"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range field.Check(declared(), []byte(tt.raw)) {
				got = append(got, f.Code+" "+f.Path)
				if f.Class != fault.Config || f.Message == "" {
					t.Errorf("%v has class %q", f, f.Class)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSettingAsJSON(t *testing.T) {
	t.Parallel()
	const want = `{"key":"secret","kind":"text","title":{"zh":"密钥","en":"Secret"},"required":true,"secret":true,"when":{"key":"mode","in":["page"]},"min":1}`
	raw, err := json.Marshal(field.Setting{
		Key: "secret", Kind: field.PlainText, Title: field.Text{ZH: "密钥", EN: "Secret"}, Required: true, Secret: true,
		When: &field.When{Key: "mode", In: []string{"page"}}, Min: new(int64(1)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(raw)); diff != "" {
		t.Error(diff)
	}
}

// A setting marked secret must not show in what a person or a log sees.
func TestCheckKeepsSecrets(t *testing.T) {
	t.Parallel()
	secret := []field.Setting{
		{Key: "key", Kind: field.PlainInt, Secret: true},
		{Key: "mode", Kind: field.PlainChoice, Secret: true, Options: []field.Option{{Value: "a"}}},
	}
	for _, f := range field.Check(secret, []byte(`{"key":"not-a-number-S3CRET","mode":"S3CRET"}`)) {
		if raw, err := json.Marshal(f); err != nil || strings.Contains(string(raw), "S3CRET") {
			t.Errorf("the secret shows in %s", raw)
		}
	}
}

// FuzzCheck: whatever an API client sends, checking it gives faults and no panic,
// and what is not a JSON object never passes.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`{}`, `{"url":"x"}`, `[`, `null`, `{"rows":[null,1,{}],"auth":[]}`, `{"mode":{"a":1},"lag":null}`, `"x"`, `{"url":"x","url":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		faults := field.Check(declared(), raw)
		for _, found := range faults {
			if !strings.HasPrefix(found.Code, "setting.") {
				t.Fatalf("code %s", found.Code)
			}
		}
		var given map[string]json.RawMessage
		if err := json.Unmarshal(raw, &given); err != nil && len(strings.TrimSpace(string(raw))) > 0 && len(faults) == 0 {
			t.Fatalf("%q passes", raw)
		}
	})
}
