package pull_test

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

const (
	exploded = `operation: orders, explode: {path: lines, key: "{{l_no}}", prefix: l_, index: row},`
	// whole makes bills of rows, documents of their rows again, and drops some of these.
	whole = `operation: orders, key: "{{no}}", regroup: {by: ["no"], lines: {into: lines, fields: [id, amount]}}, explode: {path: lines, key: "{{id}}"}, keep: [[{field: amount, logic: gt, value: "2"}]],`
)

// bodies gives what is stored under each key.
func (r *rig) bodies() map[string]string {
	r.t.Helper()
	found := map[string]string{}
	for _, d := range r.documents() {
		body, err := r.store.Body(r.t.Context(), d.ID)
		if err != nil {
			r.t.Fatal(err)
		}
		found[d.Key] = string(body)
	}
	return found
}

func TestExplode(t *testing.T) {
	t.Parallel()
	r := newRig(t, "operation: orders,", exploded)
	r.shop.Put(enginetest.Order{ID: "a", No: "A", Amount: "3.30", Modified: day(1, 1), Lines: []enginetest.Line{{No: "1", Amount: "1.10"}, {No: "2", Amount: "2.2000"}}})
	r.shop.Put(enginetest.Order{ID: "b", No: "B", Modified: day(1, 2), Lines: []enginetest.Line{{No: "1", Amount: "1e2"}}})
	r.shop.Put(enginetest.Order{ID: "c", No: "C", Modified: day(1, 3)})
	counts, err := r.run()
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"pulled": 4, "dropped": 1, "accepted": 3})
	want := map[string]string{
		"a#1": `{"id":"a","no":"A","state":"","amount":3.30,"note":"","modified":"2026-01-01 01:00:00","row":1,"l_no":"1","l_amount":1.10}`,
		"a#2": `{"id":"a","no":"A","state":"","amount":3.30,"note":"","modified":"2026-01-01 01:00:00","row":2,"l_no":"2","l_amount":2.2000}`,
		"b#1": `{"id":"b","no":"B","state":"","amount":0,"note":"","modified":"2026-01-01 02:00:00","row":1,"l_no":"1","l_amount":1e2}`,
	}
	if diff := cmp.Diff(want, r.bodies()); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	for _, d := range r.documents() {
		if d.Number != strings.ToUpper(d.Key[:1]) {
			t.Errorf("the number of %s is %s", d.Key, d.Number)
		}
	}
	// A line that is there still is the same document, a new one is a new document.
	r.shop.Put(enginetest.Order{ID: "a", No: "A", Amount: "3.30", Modified: day(1, 1), Lines: []enginetest.Line{{No: "1", Amount: "1.10"}, {No: "3", Amount: "9"}}})
	counts, err = r.pulledAgain()
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"unchanged": 2, "accepted": 1})
	if keys := strings.Join(r.keys(), " "); keys != "a#1 a#2 a#3 b#1" {
		t.Errorf("the keys are %s", keys)
	}
}

// pulledAgain reads from the beginning once more.
func (r *rig) pulledAgain() (ledger.Counts, error) {
	r.job.Source.Window.LookBack = r.shop.Now.Sub(day(1, 0))
	r.job.Source.Window.Span = 2 * r.job.Source.Window.LookBack
	r.shop.Now = r.shop.Now.Add(time.Minute)
	return r.run()
}

// A record whose lines can't be told apart or taken apart is kept where people see it.
func TestWhatCannotExplode(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		source string
		lines  []enginetest.Line
		want   []string
	}{
		"a line without a key":  {exploded, []enginetest.Line{{No: "1"}, {No: " "}, {No: "3"}}, []string{"! source.key_invalid", "a#1 ", "a#3 "}},
		"a key too long":        {exploded, []enginetest.Line{{No: strings.Repeat("x", ledger.MaxKey)}}, []string{"! source.key_invalid"}},
		"names that are taken":  {`operation: orders, explode: {path: lines, key: "{{no}}"},`, []enginetest.Line{{No: "1"}, {No: "2"}}, []string{"! item.name_taken"}},
		"no list":               {`operation: orders, explode: {path: modified, key: "{{no}}"},`, nil, []string{"! item.not_a_list"}},
		"a key that fails":      {`operation: orders, explode: {path: lines, key: "{{l_no|datetime}}", prefix: l_},`, []enginetest.Line{{No: "soon"}}, []string{"! value.not_a_date"}},
		"the record has no key": {`operation: orders, key: "{{nothing}}", explode: {path: lines, key: "{{l_no}}", prefix: l_},`, []enginetest.Line{{No: "1"}}, []string{"! source.key_invalid"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "operation: orders,", c.source)
			r.shop.Put(enginetest.Order{ID: "a", No: "A", Modified: day(1, 1), Lines: c.lines})
			counts, err := r.run()
			if err != nil {
				t.Fatal(err)
			}
			r.want(counts, map[ledger.Slot]int{"pulled": len(c.want)})
			var got []string
			for _, d := range r.documents() {
				problem, _, err := r.store.Problem(t.Context(), d.ID)
				if err != nil {
					t.Fatal(err)
				}
				key, _, refused := strings.Cut(d.Key, "!")
				if refused {
					key = "!"
				}
				got = append(got, key+" "+problem.Code)
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Rows are joined first, then taken apart, then dropped; nothing is claimable before
// the window is done.
func TestTheOrderOfTheSteps(t *testing.T) {
	t.Parallel()
	r := newRig(t, "pageSize: 10", "pageSize: 10, direction: forward", "operation: orders,", whole)
	for i := range 33 {
		r.shop.Put(enginetest.Order{ID: fmt.Sprintf("l%02d", i), No: fmt.Sprint(i / 4), Amount: fmt.Sprintf("%d.10", i%4), Modified: day(1, 1)})
	}
	counts, err := r.run()
	if err != nil {
		t.Fatal(err)
	}
	// Of four rows with amounts from 0.10 to 3.10 two are kept.
	r.want(counts, map[ledger.Slot]int{"pulled": 33, "dropped": 17, "accepted": 16})
	if got := r.bodies()["2#l10"]; got != `{"no":"2","state":"","note":"","modified":"2026-01-01 01:00:00","id":"l10","amount":2.10}` {
		t.Errorf("2#l10 is %s", got)
	}
}

// TestAWindowCutOffInAGroupIsReadAgain: the reading stops where a document has come
// in half. The next run begins the window anew, and every document is whole.
func TestAWindowCutOffInAGroupIsReadAgain(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		`operation: orders, key: "{{no}}", regroup: {by: ["no"], lines: {into: lines, fields: [id, amount]}},`,
		`operation: orders, key: "{{no}}", regroup: {by: ["no"], lines: {into: lines, rest: true}}, explode: {path: lines, key: "{{id}}"},`,
	} {
		r := newRig(t, "pageSize: 10", "pageSize: 10, direction: forward", "operation: orders,", source)
		for i := range 33 {
			r.shop.Put(enginetest.Order{ID: fmt.Sprintf("l%02d", i), No: fmt.Sprint(i / 4), Modified: day(1, 1)})
		}
		stop := errors.New("stopped")
		r.shop.Fail = func(call int) error {
			if call > 2 { // rows 8 to 11 are one document, and the first page ended behind row 9
				return stop
			}
			return nil
		}
		if _, err := r.run(); !errors.Is(err, stop) {
			t.Fatal(err)
		}
		if n := len(r.claimable()); n != 0 {
			t.Errorf("%d documents of half a window can be claimed", n)
		}
		r.shop.Fail = nil
		if _, err := r.run(); err != nil {
			t.Fatal(err)
		}
		lines := 0
		for key, body := range r.claimable() {
			doc := item.Of([]byte(body))
			if list := doc.Field("lines"); list.Kind() == item.Array {
				for range list.Elements() {
					lines++
				}
				continue
			}
			if lines++; key != doc.Field("no").Text()+"#"+doc.Field("id").Text() {
				t.Errorf("%s has the key %s", body, key)
			}
		}
		if lines != 33 {
			t.Errorf("%d of 33 rows arrived", lines)
		}
	}
}

// TestTotalsStay: whatever way rows become documents, amounts of any length, written as
// numbers or texts, add up to what they did before, and each keeps its digits.
func TestTotalsStay(t *testing.T) {
	t.Parallel()
	outer := t
	const joined = `regroup: {by: ["no"], lines: {into: lines, fields: [id, amount]}}`
	sources := []string{
		"operation: orders,",
		`operation: orders, key: "{{no}}", ` + joined + ",",
		`operation: orders, key: "{{no}}", ` + joined + `, explode: {path: lines, key: "{{id}}"},`,
		`operation: orders, key: "{{no}}", ` + joined + `, explode: {path: lines, key: "{{l_id}}", prefix: l_, index: row},`,
	}
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(outer, "pageSize: 10", fmt.Sprintf("pageSize: %d, direction: forward", rapid.IntRange(2, 7).Draw(rt, "size")),
			"operation: orders,", rapid.SampledFrom(sources).Draw(rt, "source"))
		var before []string
		no := 0
		for i := range rapid.IntRange(0, 25).Draw(rt, "rows") {
			digits := rapid.StringMatching(`-?(0|[1-9][0-9]{0,24})\.[0-9]{1,10}`).Draw(rt, "amount")
			before = append(before, digits)
			if rapid.IntRange(0, 2).Draw(rt, "next") == 0 {
				no++
			}
			r.shop.Put(enginetest.Order{
				ID: fmt.Sprintf("l%02d", i), No: fmt.Sprintf("n%02d", no), Modified: day(1, 1),
				Amount: rapid.SampledFrom([]string{digits, `"` + digits + `"`}).Draw(rt, "written"),
			})
		}
		if _, err := r.run(); err != nil {
			rt.Fatal(err)
		}
		var after []string
		for _, body := range r.bodies() {
			after = append(after, amounts(item.Of([]byte(body)))...)
		}
		slices.Sort(before)
		slices.Sort(after)
		if diff := cmp.Diff(before, after); diff != "" || total(rt, before).Cmp(total(rt, after)) != 0 {
			rt.Fatalf("amounts differ: %s", diff)
		}
	})
}

// amounts gives the amounts of a document and of its lines.
func amounts(v item.Value) []string {
	var found []string
	for name, member := range v.Fields() {
		if strings.HasSuffix(name, "amount") {
			found = append(found, member.Text())
		}
	}
	for line := range v.Field("lines").Elements() {
		found = append(found, amounts(line)...)
	}
	return found
}

func total(rt *rapid.T, amounts []string) *big.Rat {
	sum := new(big.Rat)
	for _, a := range amounts {
		r, ok := new(big.Rat).SetString(a)
		if !ok {
			rt.Fatalf("%s is no number", a)
		}
		sum.Add(sum, r)
	}
	return sum
}

func TestASourceThatExplodesIsFoundByNumber(t *testing.T) {
	t.Parallel()
	r := newRig(t, "operation: orders,", exploded)
	r.shop.Put(enginetest.Order{ID: "a", No: "A", Modified: day(1, 1), Lines: []enginetest.Line{{No: "1"}, {No: "2"}}})
	missing, _, err := r.numbers("A", "B")
	if err != nil || strings.Join(missing, " ") != "B" {
		t.Errorf("missing are %v, %v", missing, fault.From(err))
	}
	if keys := strings.Join(r.keys(), " "); keys != "a#1 a#2" {
		t.Errorf("the keys are %s", keys)
	}
}

// What a source reads of a record may lie in a JSON text that the flow declares.
func TestTheKeyLiesInAJSONText(t *testing.T) {
	t.Parallel()
	r := newRig(t, "operation: orders,", `operation: orders, key: "{{note.id}}", keep: [[{field: note.live, logic: eq, value: "true"}]], fields: [{field: note, type: json}],`)
	r.shop.Put(enginetest.Order{ID: "a", Note: `{"id":"K1","live":true}`, Modified: day(1, 1)})
	r.shop.Put(enginetest.Order{ID: "b", Note: `{"id":"K2","live":false}`, Modified: day(1, 1)})
	counts, err := r.run()
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"pulled": 2, "dropped": 1, "accepted": 1})
	if got := r.bodies()["K1"]; got != string(r.shop.Orders()[0].JSON()) {
		t.Errorf("stored is %s", got)
	}
}
