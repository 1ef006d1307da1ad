package group_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/group"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func compiled(t testing.TB, settings string) *group.Program {
	t.Helper()
	p, faults := group.New(group.SettingsOf(item.Of([]byte(settings))), time.UTC)
	if len(faults) > 0 {
		t.Fatalf("%s: %v", settings, faults)
	}
	return p
}

// members gives one member for each text, whose records are separated by "+".
func members(bodies ...string) []group.Member {
	out := make([]group.Member, len(bodies))
	for i, b := range bodies {
		out[i] = group.Member{Document: int64(i + 1), Rev: 1}
		for record := range strings.SplitSeq(b, " + ") {
			out[i].Records = append(out[i].Records, group.Record{Body: []byte(record)})
		}
	}
	return out
}

func TestCompose(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, settings string
		members        []group.Member
		want           []string
	}{
		{
			"lines of several documents", `{"headerGroup":["shop"],"bodyName":"items"}`,
			members(`{"no":"1","shop":7,"items":[{"sku":"A","qty":1.50}]}`, `{"no":"2","shop":7,"items":[{"sku":"A","qty":2},{"sku":"B","qty":12345678901234567890}]}`),
			[]string{`{"shop":7,"items":[{"sku":"A","qty":1.50},{"sku":"A","qty":2},{"sku":"B","qty":12345678901234567890}]}`},
		},
		{
			"merged lines and totals", `{"headerGroup":["shop"],"bodyName":"items","targetBodyName":"FEntity","bodyGroup":["sku","items.price"],"calculate":[
				{"field":"items.qty","function":"$sum"},{"field":"FEntity.amount"},{"field":"amount"},{"field":"items.qty","into":"qty"},
				{"field":"no","function":"$push","into":"FEntity.orders"},{"field":"items.qty","function":"$avg","into":"items.mean","scale":3}]}`,
			members(`{"no":"1","shop":"S","amount":"10.10","items":[{"sku":"A","price":1.10,"qty":1,"amount":1.10},{"sku":"B","price":3,"qty":3,"amount":9.0}]}`,
				`{"no":"2","shop":"S","amount":"2.2","items":[{"sku":"A","price":1.1,"qty":2,"amount":2.205}]}`),
			[]string{`{"shop":"S","amount":"12.30","qty":6,"FEntity":[` +
				`{"sku":"A","price":1.10,"qty":3,"amount":3.305,"orders":["1","2"],"mean":1.500},` +
				`{"sku":"B","price":3,"qty":3,"amount":9.0,"orders":["1"],"mean":3.000}]}`},
		},
		{
			"documents are lines", `{"headerGroup":["no","day"],"targetBodyName":"items"}`,
			members(`{"no":"1","sku":"A","day":"x"} + {"no":"1","sku":"B","day":"x"}`, `{"no":"1","sku":"A","day":"x"}`),
			[]string{`{"no":"1","day":"x","items":[{"sku":"A"},{"sku":"B"},{"sku":"A"}]}`},
		},
		{
			"every function", `{"headerGroup":["k"],"calculate":[{"field":"a","function":"$sum"},{"field":"a","function":"$avg","into":"avg"},{"field":"a","function":"$min","into":"min"},
				{"field":"a","function":"$max","into":"max"},{"field":"a","function":"$push","into":"all"},{"field":"a","function":"$addToSet","into":"set"},
				{"field":"a","function":"$first","into":"first"},{"field":"a","function":"$last","into":"last"}]}`,
			members(`{"k":1,"a":10}`, `{"k":1,"a":9.50}`, `{"k":1,"a":null}`, `{"k":1,"a":""}`, `{"k":1}`, `{"k":1,"a":10.0}`),
			[]string{`{"k":1,"a":29.50,"avg":9.83,"min":9.50,"max":10,"all":[10,9.50,10.0],"set":[10,9.50],"first":10,"last":10.0}`},
		},
		{
			"nothing to calculate with", `{"headerGroup":["k"],"calculate":[{"field":"a"},{"field":"a","function":"$max","into":"max"},{"field":"a","function":"$push","into":"all"}]}`,
			members(`{"k":1}`),
			[]string{`{"k":1,"a":0,"all":[]}`},
		},
		{
			"texts are codes", `{"headerGroup":["k"],"bodyName":"l","bodyGroup":["sku"],"calculate":[{"field":"l.n"},{"field":"l.c","function":"$max"}]}`,
			members(`{"k":"1","l":[{"sku":"1.10","n":"1","c":"b"},{"sku":"1.1","n":"2","c":"a"},{"sku":1.1,"n":"-0.5","c":"aa"}]}`),
			[]string{`{"k":"1","l":[{"sku":"1.10","n":"1","c":"b"},{"sku":"1.1","n":"1.5","c":"aa"}]}`},
		},
		{
			"a bill without lines keeps its list", `{"headerGroup":["k"],"bodyName":"l"}`,
			members(`{"k":1}`, `{"k":1,"l":null}`),
			[]string{`{"k":1,"l":[]}`},
		},
		{
			"lines that are no objects, an object for a list", `{"headerGroup":["k"],"bodyName":"l"}`,
			members(`{"k":1,"l":["a",2]}`, `{"k":1,"l":{"x":1}}`),
			[]string{`{"k":1,"l":["a",2,{"x":1}]}`},
		},
		{
			"split", `{"headerGroup":["k"],"bodyName":"l","bodyMaxLine":2,"calculate":[{"field":"fee"},{"field":"l.n","into":"n"}]}`,
			members(`{"k":1,"fee":0.1,"l":[{"n":1},{"n":2},{"n":3}]}`, `{"k":1,"fee":0.2}`, `{"k":1,"fee":0.4,"l":[{"n":4},{"n":5}]}`),
			[]string{`{"k":1,"fee":0.3,"n":3,"l":[{"n":1},{"n":2}]}`, `{"k":1,"fee":0.4,"n":7,"l":[{"n":3},{"n":4}]}`, `{"k":1,"fee":0,"n":5,"l":[{"n":5}]}`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := compiled(t, tt.settings)
			var got []string
			for _, b := range p.Compose(tt.members) {
				got = append(got, string(b.Body))
				// What a bill's members bring makes the same bill again.
				again := p.Recompose(b.Members)
				if diff := cmp.Diff(string(b.Body), string(again.Body)); diff != "" {
					t.Errorf("composed anew: %s", diff)
				}
				if diff := cmp.Diff(b.Lines, again.Lines); diff != "" {
					t.Errorf("origins anew: %s", diff)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	p := compiled(t, `{"headerGroup":["k"],"bodyName":"l","bodyGroup":["s"],"bodyMaxLine":1}`)
	bills := p.Compose(members(`{"k":1,"l":[{"s":"b"}]} + {"k":1,"l":[{"s":"a"},{"s":"b"}]}`, `{"k":1,"l":[{"s":"a"}]}`))
	if len(bills) != 2 {
		t.Fatalf("%d bills", len(bills))
	}
	want := []string{"[[[0,0,0],[0,1,1]]]", "[[[0,0,0],[1,0,0]]]"}
	for i, b := range bills {
		if got := string(group.EncodeOrigins(b.Lines)); got != want[i] {
			t.Errorf("bill %d: %s, want %s", i, got, want[i])
		}
		if diff := cmp.Diff(b.Lines, group.DecodeOrigins(group.EncodeOrigins(b.Lines))); diff != "" {
			t.Error(diff)
		}
		for _, m := range b.Members {
			if diff := cmp.Diff(m.Records, group.DecodeRecords(group.EncodeRecords(m.Records))); diff != "" {
				t.Error(diff)
			}
		}
	}
	if docs := len(bills[0].Members); docs != 1 {
		t.Errorf("the first bill has %d members: the second brings nothing to it", docs)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	p := compiled(t, `{"headerGroup":["k"],"bodyName":"l","calculate":[{"field":"a"},{"field":"l.n"},{"field":"t","function":"$max"}]}`)
	tests := []struct{ record, want string }{
		{`{"k":1,"a":"1.20","l":[{"n":-1e2}]}`, ""},
		{`{"k":1,"t":"no number"}`, ""},
		{`{"k":1,"a":"","l":[{"n":null},{}]}`, ""},
		{`{"k":1,"a":"1,200"}`, "group.not_a_number a"},
		{`{"k":1,"a":true}`, "group.not_a_number a"},
		{`{"k":1,"a":1e99999}`, "group.not_a_number a"},
		{`{"k":1,"a":"` + strings.Repeat("9", 1001) + `"}`, "group.not_a_number a"},
		{`{"k":1,"a":"0x10"}`, "group.not_a_number a"},
		{`{"k":1,"l":[{"n":1},{"n":"x"}]}`, "group.not_a_number l.n"},
		{`{"k":1,"l":"x"}`, "group.not_a_list l"},
		{`[1]`, "group.not_an_object "},
	}
	for _, tt := range tests {
		got := ""
		if f := p.Check(item.Of([]byte(tt.record))); f != nil {
			got = f.Code + " " + f.Path
			if f.Class != fault.Data {
				t.Errorf("%s: class %s", tt.record, f.Class)
			}
		}
		if got != tt.want {
			t.Errorf("%.60s: %q, want %q", tt.record, got, tt.want)
		}
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 20, 0, 0, 0, time.UTC)
	zone := time.FixedZone("UTC+8", 8*3600)
	tests := []struct{ settings, record, key, number, due string }{
		{`{"headerGroup":["a","b"]}`, `{"a":"x|y","b":10.50}`, `x\|y|10.5`, "x|y / 10.50", ""},
		{`{"headerGroup":["a","b"]}`, `{"a":"x","b":"y"}`, `x|y`, "x / y", ""},
		{`{"headerGroup":["a","b"]}`, `{}`, `|`, " / ", ""},
		{`{"headerGroup":["a"],"close":"age","age":"90m"}`, `{"a":1}`, `1`, "1", "2026-03-04T21:30:00Z"},
		{`{"headerGroup":["a"],"close":"bucket"}`, `{"a":1}`, `2026-03-05|1`, "2026-03-05 / 1", "2026-03-05T16:00:00Z"},
		{`{"headerGroup":["a"],"close":"bucket","age":"1h","bucketField":"day"}`, `{"a":1,"day":"2026-03-09 10:00:00"}`, `2026-03-09|1`, "2026-03-09 / 1", "2026-03-09T17:00:00Z"},
		{`{"headerGroup":["a"],"close":"bucket","bucketField":"day"}`, `{"a":1,"day":"2026-01-01"}`, `2026-01-01|1`, "2026-01-01 / 1", "2026-03-05T16:00:00Z"},
		{`{"headerGroup":["a"],"close":"bucket","bucketField":"shop"}`, `{"a":1,"shop":"S9"}`, `S9 2026-03-05|1`, "S9 2026-03-05 / 1", "2026-03-05T16:00:00Z"},
	}
	for _, tt := range tests {
		p, faults := group.New(group.SettingsOf(item.Of([]byte(tt.settings))), zone)
		if faults != nil {
			t.Fatal(faults)
		}
		at := p.Place(item.Of([]byte(tt.record)), now)
		due := ""
		if !at.Due.IsZero() {
			due = at.Due.UTC().Format(time.RFC3339)
		}
		if at.Key != tt.key || at.Number != tt.number || due != tt.due {
			t.Errorf("%s: %q, %q, %s", tt.record, at.Key, at.Number, due)
		}
	}
	p := compiled(t, `{"headerGroup":["a"]}`)
	long := func(c string) string {
		return p.Place(item.Of(fmt.Appendf(nil, `{"a":"%s%s"}`, strings.Repeat("长", 60), c)), now).Key
	}
	if one, again := long("a"), long("a"); len(one) > 140 || one == long("b") || one != again {
		t.Error("long keys are not told apart")
	}
	if got := string(p.Header(item.Of([]byte(`{"b":1,"a":"x"}`)))); got != `{"a":"x"}` {
		t.Errorf("header %s", got)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	tests := []struct{ settings, want string }{
		{`{"headerGroup":["a"]}`, ""},
		{`{"close":"document","bodyName":"l","bodyMaxLine":5}`, ""},
		{`{}`, "setting.required headerGroup"},
		{`{"headerGroup":["a"],"close":"count"}`, "group.count_missing count"},
		{`{"headerGroup":["a"],"close":"age"}`, "group.age_missing age"},
		{`{"headerGroup":["a"],"close":"age","age":"-1h"}`, "group.age_invalid age"},
		{`{"headerGroup":["a"],"bodyMaxLine":5}`, "group.no_lines bodyMaxLine"},
		{`{"headerGroup":["a"],"bodyGroup":["x"]}`, "group.no_lines bodyGroup"},
		{`{"headerGroup":["a"],"calculate":[{"field":"b","function":"$med"}]}`, "group.function_unknown calculate[0].function"},
		{`{"headerGroup":["a"],"bodyName":"l","calculate":[{"field":"b","into":"l.b"}]}`, "group.counted_twice calculate[0].into"},
		{`{"headerGroup":["a"],"calculate":[{"field":"b","function":"$avg","scale":21}]}`, "setting.out_of_range calculate[0].scale"},
		{`{"headerGroup":["a"],"calculate":[{"field":"a"}]}`, "group.field_repeated calculate[0].into"},
		{`{"headerGroup":["a","a"]}`, "group.field_repeated headerGroup[1]"},
		{`{"headerGroup":["a"],"bodyName":"l","bodyGroup":["x"],"calculate":[{"field":"l.x","function":"$first"}]}`, "group.field_repeated calculate[0].into"},
		{`{"headerGroup":["a"],"bodyName":"l","bodyGroup":["x","l.x"]}`, "group.field_repeated bodyGroup[1]"},
		{`{"headerGroup":["l"],"bodyName":"l"}`, "group.field_repeated headerGroup[0]"},
	}
	for _, tt := range tests {
		_, faults := group.New(group.SettingsOf(item.Of([]byte(tt.settings))), time.UTC)
		var got []string
		for _, f := range faults {
			got = append(got, f.Code+" "+f.Path)
		}
		if strings.Join(got, ", ") != tt.want {
			t.Errorf("%s: %v, want %s", tt.settings, got, tt.want)
		}
	}
	if p := compiled(t, `{"headerGroup":["a"],"close":"count","count":"3"}`); p.Most() != 3 || !p.Waits() {
		t.Errorf("most %d", p.Most())
	}
	if p := compiled(t, `{"close":"document"}`); p.Most() != group.MaxMembers || p.Waits() {
		t.Errorf("most %d", p.Most())
	}
}
