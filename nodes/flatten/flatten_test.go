package flatten_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/nodes/flatten"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, flatten.Node{})
}

func outs(raw ...string) nodetest.Want {
	var w nodetest.Want
	for _, r := range raw {
		w.Outputs = append(w.Outputs, nodetest.Output{Raw: r})
	}
	return w
}

func TestFlatten(t *testing.T) {
	t.Parallel()
	const nested = `{"no":"S1","items":[{"sku":"A","lots":[{"lot":"a1","qty":1.50},{"lot":"a2","qty":2}]},{"sku":"B","lots":[]},{"sku":"C","lots":[{"lot":"c1","qty":3}]}],"fee":0.10}`
	nodetest.Run(t, flatten.Node{},
		nodetest.Case{
			Name: "one document a line", Settings: `{"paths":[{"path":"items"}]}`,
			In: []string{`{"no" : "S1","items":[{"sku":"A","qty":1.00},{"sku":"B","qty":12345678901234567890}],"at":"x"}`},
			Want: []nodetest.Want{outs(
				`{"no" : "S1","sku":"A","qty":1.00,"at":"x"}`,
				`{"no" : "S1","sku":"B","qty":12345678901234567890,"at":"x"}`,
			)},
		},
		nodetest.Case{
			Name: "prefix and number", Settings: `{"paths":[{"path":"items","prefix":"items_","index":"row"}]}`,
			In:   []string{`{"id":1,"items":[{"id":7},{"id":8}]}`},
			Want: []nodetest.Want{outs(`{"id":1,"row":1,"items_id":7}`, `{"id":1,"row":2,"items_id":8}`)},
		},
		nodetest.Case{
			Name: "without the header", Settings: `{"paths":[{"path":"data.items"}],"keepHeader":false}`,
			In:   []string{`{"no":"S1","data":{"items":[{"no":7}]}}`},
			Want: []nodetest.Want{outs(`{"no":7}`)},
		},
		nodetest.Case{
			Name: "lists inside lines", Settings: `{"paths":[{"path":"items"},{"path":"items.lots","index":"n"}]}`,
			In: []string{nested},
			Want: []nodetest.Want{outs(
				`{"no":"S1","sku":"A","n":1,"lot":"a1","qty":1.50,"fee":0.10}`, `{"no":"S1","sku":"A","n":2,"lot":"a2","qty":2,"fee":0.10}`,
				`{"no":"S1","sku":"C","n":1,"lot":"c1","qty":3,"fee":0.10}`,
			)},
		},
		nodetest.Case{
			Name: "the inner list by its name in the records, lines without lots kept", Settings: `{"paths":[{"path":"items","prefix":"i_"},{"path":"i_lots","prefix":"l_"}],"onEmpty":"document"}`,
			In: []string{nested},
			Want: []nodetest.Want{outs(
				`{"no":"S1","i_sku":"A","l_lot":"a1","l_qty":1.50,"fee":0.10}`, `{"no":"S1","i_sku":"A","l_lot":"a2","l_qty":2,"fee":0.10}`,
				`{"no":"S1","i_sku":"B","fee":0.10}`, `{"no":"S1","i_sku":"C","l_lot":"c1","l_qty":3,"fee":0.10}`,
			)},
		},
		nodetest.Case{
			Name: "three lists deep with prefixes, inside an object, as written in the document", Settings: `{"paths":[{"path":"d.a","prefix":"x_"},{"path":"d.a.b","prefix":"y_"},{"path":"d.a.b.c"}]}`,
			In:   []string{`{"d":{"a":[{"b":[{"c":[1,2]}]}]}}`},
			Want: []nodetest.Want{outs(`{"d":{"y_c":1}}`, `{"d":{"y_c":2}}`)},
		},
		nodetest.Case{
			Name: "inner lines alone", Settings: `{"paths":[{"path":"d.items","prefix":"i_"},{"path":"d.items.lots"}],"keepHeader":false}`,
			In:   []string{`{"d":{"items":[{"lots":[{"q":1}]}]}}`},
			Want: []nodetest.Want{outs(`{"q":1}`)},
		},
		nodetest.Case{
			Name: "two lists beside each other", Settings: `{"paths":[{"path":"a","prefix":"a_"},{"path":"b","prefix":"b_"}]}`,
			In:   []string{`{"a":[{"x":1},{"x":2}],"b":[{"x":3},{"x":4}]}`},
			Want: []nodetest.Want{outs(`{"a_x":1,"b_x":3}`, `{"a_x":1,"b_x":4}`, `{"a_x":2,"b_x":3}`, `{"a_x":2,"b_x":4}`)},
		},
		nodetest.Case{
			Name: "documents without lines end", Settings: `{"paths":[{"path":"items"}]}`,
			In:   []string{`{"items":[]}`, `{}`, `{"items":null}`, `{"items":[{"a":1}]}`},
			Want: []nodetest.Want{{}, {}, {}, outs(`{"a":1}`)},
		},
		nodetest.Case{
			Name: "documents without lines go on", Settings: `{"paths":[{"path":"items"}],"onEmpty":"document"}`,
			In:   []string{`{"no":1, "items":[]}`, `{"no":2}`, `{"items":""}`},
			Want: []nodetest.Want{outs(`{"no":1}`), outs(`{"no":2}`), outs(`{}`)},
		},
		nodetest.Case{
			Name: "what can't be flattened fails alone", Settings: `{"paths":[{"path":"items"}]}`,
			In:   []string{`{"items":"A,B"}`, `{"id":1,"items":[{"id":2}]}`, `{"id":1,"items":[{"x":2}]}`},
			Want: []nodetest.Want{nodetest.Fault("item.not_a_list", "items"), nodetest.Fault("item.name_taken", "items"), outs(`{"id":1,"x":2}`)},
		},
		nodetest.Case{Name: "given up", Settings: `{"paths":[{"path":"items"}]}`, In: []string{`{}`}, GivenUp: true, BatchCode: "flatten.cancelled"},
		nodetest.Case{Name: "an empty batch", Settings: `{"paths":[{"path":"items"}]}`, In: []string{}, Want: []nodetest.Want{}},
	)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, flatten.Node{},
		nodetest.Settled{Name: "everything", Settings: `{"paths":[{"path":"items","prefix":"i_","index":"row"},{"path":"items.lots"}],"keepHeader":false,"onEmpty":"document"}`},
		nodetest.Settled{Name: "nothing", Settings: `{}`, Want: []string{"setting.required at paths"}},
		nodetest.Settled{Name: "no list", Settings: `{"paths":[]}`, Want: []string{"setting.required at paths"}},
		nodetest.Settled{Name: "a list without a name", Settings: `{"paths":[{"prefix":"x"}]}`, Want: []string{"setting.required at paths[0].path"}},
		nodetest.Settled{Name: "a list twice", Settings: `{"paths":[{"path":"a"},{"path":"a"}]}`, Want: []string{"flatten.path_repeated at paths[1].path"}},
		nodetest.Settled{
			Name: "a list twice by two names", Settings: `{"paths":[{"path":"a","prefix":"a_"},{"path":"a_b"},{"path":"a.b"}]}`,
			Want: []string{"flatten.path_repeated at paths[2].path"},
		},
		nodetest.Settled{Name: "no choice", Settings: `{"paths":[{"path":"a"}],"onEmpty":"drop"}`, Want: []string{"setting.not_an_option at onEmpty"}},
	)
}

// apply flattens one document.
func apply(tb testing.TB, settings, doc string) []string {
	tb.Helper()
	f, err := flatten.Node{}.New(nodetest.NewSettings(tb, flatten.Node{}.Declaration(), settings, nodetest.Programs{}))
	if err != nil {
		tb.Fatal(err)
	}
	results, err := f(tb.Context(), []item.Item{{Raw: []byte(doc)}})
	if err != nil || results[0].Fault != nil {
		tb.Fatalf("%s: %v, %v", doc, err, results[0].Fault)
	}
	var out []string
	for _, o := range results[0].Outputs {
		out = append(out, string(o.Item.Raw))
	}
	return out
}

// The place of a record among the others is that of its lines, whichever other lines have none.
func TestRoutes(t *testing.T) {
	t.Parallel()
	s := nodetest.NewSettings(t, flatten.Node{}.Declaration(), `{"paths":[{"path":"a"},{"path":"a.b"}]}`, nodetest.Programs{})
	f, err := flatten.Node{}.New(s)
	if err != nil {
		t.Fatal(err)
	}
	for doc, want := range map[string][]string{
		`{"a":[{"b":[1,2]},{"b":[3]}]}`: {"0-0", "0-1", "1-0"},
		`{"a":[{"b":[]},{"b":[3]}]}`:    {"1-0"},
	} {
		results, err := f(t.Context(), []item.Item{{Raw: []byte(doc)}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range results[0].Outputs {
			got = append(got, o.Route)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", doc, diff)
		}
	}
}

// group puts records back together whose fields outside the lines are the same, as
// a person would by hand.
func group(records []string, into, prefix string) string {
	var head, tail []string
	var lines []string
	for i, r := range records {
		var line []string
		for key, v := range item.Of([]byte(r)).Members() {
			name, inLine := strings.CutPrefix(string(key), `"`+prefix)
			switch {
			case inLine:
				line = append(line, `"`+name+":"+string(v.Raw()))
			case i > 0: // the same in every record
			case len(line) == 0:
				head = append(head, string(key)+":"+string(v.Raw()))
			default:
				tail = append(tail, string(key)+":"+string(v.Raw()))
			}
		}
		lines = append(lines, "{"+strings.Join(line, ",")+"}")
	}
	all := append(append(head, fmt.Sprintf("%q:[%s]", into, strings.Join(lines, ","))), tail...)
	return "{" + strings.Join(all, ",") + "}"
}

// order is a document with decimals as vendors write them, its lines not empty.
func order(t *rapid.T) (doc string, amounts []string) {
	amount := func() string {
		digits := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})\.[0-9]{1,12}`).Draw(t, "amount")
		amounts = append(amounts, digits)
		return rapid.SampledFrom([]string{digits, `"` + digits + `"`}).Draw(t, "written")
	}
	note := rapid.SampledFrom([]string{`"\u4e2d"`, `null`, `{"a": [1 ]}`, `1e3`})
	var lines []string
	for range rapid.IntRange(1, 5).Draw(t, "lines") {
		lines = append(lines, fmt.Sprintf(`{"amount":%s,"note":%s}`, amount(), note.Draw(t, "note")))
	}
	doc = fmt.Sprintf(`{"no":"S1","note":%s,"items":[%s],"at":%s}`, note.Draw(t, "head"), strings.Join(lines, ","), note.Draw(t, "tail"))
	return doc, amounts
}

func TestFlattenAndGroupBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		doc, _ := order(rt)
		records := apply(t, `{"paths":[{"path":"items","prefix":"items_"}]}`, doc)
		if back := group(records, "items", "items_"); back != doc {
			rt.Fatalf("%s comes back as %s", doc, back)
		}
	})
}

// Not a digit of an amount is lost: the totals before and after are the same.
func TestTotalsStay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		doc, amounts := order(rt)
		before, after := new(big.Rat), new(big.Rat)
		add := func(to *big.Rat, text string) {
			r, ok := new(big.Rat).SetString(text)
			if !ok {
				rt.Fatalf("%s is no number", text)
			}
			to.Add(to, r)
		}
		for _, a := range amounts {
			add(before, a)
		}
		for i, r := range apply(t, `{"paths":[{"path":"items","prefix":"i_"}]}`, doc) {
			got := item.Of([]byte(r)).Field("i_amount").Text()
			if got != amounts[i] {
				rt.Fatalf("%s becomes %s", amounts[i], got)
			}
			add(after, got)
		}
		if before.Cmp(after) != 0 {
			rt.Fatalf("the lines of %s add up to %s before and %s after", doc, before, after)
		}
	})
}
