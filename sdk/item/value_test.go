package item_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/item"
)

const bill = `{
	"id": 12345678901234567890,
	"amount": 1.10,
	"huge": 1E400,
	"a.b": "exact",
	"a": {"b": "nested", "c.d": {"e": 5}, "b.c": 7},
	"a.b.x": null,
	"note": "line\nbreak \u4e2d \"quoted\"",
	"k\u0065y": "escaped name",
	"empty": "",
	"nothing": null,
	"yes": true,
	"twice": 1,
	"lines": [{"sku": "A", "lots": [{"no": "L1"}, {"no": "L2"}]}, {"sku": "B"}, 7, [8, 9]],
	"twice": 2
}`

func TestPath(t *testing.T) {
	t.Parallel()
	tests := []struct {
		path string
		kind item.Kind
		raw  string
	}{
		{"id", item.Number, "12345678901234567890"},
		{"amount", item.Number, "1.10"},
		{"huge", item.Number, "1E400"},
		{"a.b", item.String, `"exact"`},
		{"a.b.x", item.Null, "null"},
		{"a.b.c", item.Number, "7"},
		{"a.c.d.e", item.Number, "5"},
		{"a.c.d", item.Object, `{"e": 5}`},
		{"key", item.String, `"escaped name"`},
		{"yes", item.Bool, "true"},
		{"twice", item.Number, "2"},
		{"lines.0.sku", item.String, `"A"`},
		{"lines.0.lots.1.no", item.String, `"L2"`},
		{"lines.1.lots", item.None, ""},
		{"lines.2", item.Number, "7"},
		{"lines.3.1", item.Number, "9"},
		{"lines.4", item.None, ""},
		{"lines.sku", item.None, ""},
		{"lines.-1", item.None, ""},
		{"lines.0000000", item.None, ""},
		{"amount.x", item.None, ""},
		{"missing", item.None, ""},
		{"a.", item.None, ""},
		{".a", item.None, ""},
		{"KEY", item.None, ""},
	}
	doc := item.Of([]byte(bill))
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			got := doc.Path(tt.path)
			if got.Kind() != tt.kind || string(got.Raw()) != tt.raw {
				t.Errorf("Path(%q) = %d %s, want %d %s", tt.path, got.Kind(), got.Raw(), tt.kind, tt.raw)
			}
		})
	}
	if got := doc.Path(""); string(got.Raw()) != bill {
		t.Errorf("the empty path gives %s, want the value itself", got.Raw())
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	tests := []struct{ raw, text string }{
		{``, ""},
		{`null`, ""},
		{`""`, ""},
		{`"中文"`, "中文"},
		{`"a\tb\u00e9\/\\"`, "a\tbé/\\"},
		{`"\ud83d\ude00"`, "😀"},
		{`"\ud83d"`, "\ufffd"},
		{` 12.50 `, "12.50"},
		{`false`, "false"},
		{`{"a": 1}`, `{"a": 1}`},
		{`[1, 2]`, `[1, 2]`},
		{`"`, ""},
		{`"\q"`, ""},
	}
	for _, tt := range tests {
		if got := item.Of([]byte(tt.raw)).Text(); got != tt.text {
			t.Errorf("Text of %s = %q, want %q", tt.raw, got, tt.text)
		}
	}
}

func TestBlank(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]bool{
		"": true, "null": true, `""`: true, `" "`: false, "0": false, "false": false, "[]": false, "{}": false,
	} {
		if got := item.Of([]byte(raw)).Blank(); got != want {
			t.Errorf("Blank of %q = %v, want %v", raw, got, want)
		}
	}
	if !(item.Value{}).Blank() {
		t.Error("the zero Value is not blank")
	}
}

func TestFieldFold(t *testing.T) {
	t.Parallel()
	v := item.Of([]byte(`{"FormId":1,"formid":2,"FORMID":3,"Number":4,"NUMBER":5,"\u0046Name":6,"gone":null,"GONE":7}`))
	for name, want := range map[string]string{
		"FormId": "1", "formid": "2", "FORMID": "3", // exactly
		"formID": "3", "number": "5", // the last one in another case
		"fname": "6", "gone": "", "Gone": "7", "none": "", "": "",
	} {
		if got := v.FieldFold(name).Text(); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
	if got := item.Of([]byte(`["a"]`)).FieldFold("a"); got.Kind() != item.None {
		t.Errorf("an array has a field %s", got.Raw())
	}
}

func TestFieldsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	var names []string
	for name := range item.Of([]byte(bill)).Fields() {
		names = append(names, name)
	}
	want := []string{"id", "amount", "huge", "a.b", "a", "a.b.x", "note", "key", "empty", "nothing", "yes", "twice", "lines", "twice"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	for range item.Of([]byte(`[1]`)).Fields() {
		t.Error("an array has fields")
	}
	for range item.Of([]byte(`{"a":1}`)).Elements() {
		t.Error("an object has elements")
	}
}

func TestIterationStops(t *testing.T) {
	t.Parallel()
	count := 0
	for range item.Of([]byte(`[1,2,3]`)).Elements() {
		count++
		break
	}
	for range item.Of([]byte(`{"a":1,"b":2}`)).Fields() {
		count++
		break
	}
	if count != 2 {
		t.Errorf("a loop that breaks ran %d times", count)
	}
}

func TestRows(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, page, code string
		rows             []string
	}{
		{name: "nothing", page: " \n"},
		{name: "empty", page: "[]"},
		{name: "records", page: ` [ {"a":"],["} , {"b":[1,{"c":2}]},3 ]`, rows: []string{`{"a":"],["}`, `{"b":[1,{"c":2}]}`, "3"}},
		{name: "an object", page: `{"data":[]}`, code: "item.not_an_array"},
		{name: "broken", page: `[{"a":1}`, code: "item.invalid_json"},
		{name: "two values", page: `[] []`, code: "item.invalid_json"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rows, err := item.Rows([]byte(tt.page))
			if codeOf(err) != tt.code {
				t.Fatalf("error %v, want code %q", err, tt.code)
			}
			var got []string
			for _, r := range rows {
				got = append(got, string(r))
			}
			if !slices.Equal(got, tt.rows) {
				t.Errorf("rows %q, want %q", got, tt.rows)
			}
		})
	}
}

func TestWithKeepsTheRest(t *testing.T) {
	t.Parallel()
	facts := &item.Facts{Key: "k"}
	in := item.Item{Raw: []byte("1"), Source: []byte("2"), Vars: []byte("3"), Facts: facts}
	out := in.With([]byte("4"))
	if string(out.Raw) != "4" || string(in.Raw) != "1" || string(out.Source) != "2" || string(out.Vars) != "3" || out.Facts != facts {
		t.Errorf("With gives %+v", out)
	}
}
