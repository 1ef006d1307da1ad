package push_test

import (
	"testing"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
)

// TestAJSONTextIsOpened: a field that holds JSON as a text is reached into where the
// flow declares it, by conditions and mappings alike; what is stored stays as it came.
func TestAJSONTextIsOpened(t *testing.T) {
	t.Parallel()
	const note = `{"memo":{"text":"rush","fee":0.10},"big":12345678901234567890}`
	const declared = "operation: orders, fields: [{field: note, type: json}],"
	mapped := func(value string) []string {
		return []string{"{field: note, value: \"{{note}}\"}", "{field: note, value: \"" + value + "\"}"}
	}
	cases := map[string]struct {
		edits []string
		want  string
	}{
		"a path into it":              {append(mapped("{{note.memo.text}}"), "operation: orders,", declared), `"rush"`},
		"a path into the source's":    {append(mapped("{{source.note.big}}"), "operation: orders,", declared), `"12345678901234567890"`},
		"the whole is what it was":    {append(mapped("= {{note}}"), "operation: orders,", declared), `"= {\"memo\":{\"text\":\"rush\",\"fee\":0.10},\"big\":12345678901234567890}"`},
		"conditions read it":          {append(mapped("{{note.memo.fee}}"), "operation: orders,", declared, "field: state, logic: neq, value: void", "field: note.memo.text, logic: eq, value: rush"), `"0.10"`},
		"undeclared it stays a text":  {mapped("{{note}}"), `"{\"memo\":{\"text\":\"rush\",\"fee\":0.10},\"big\":12345678901234567890}"`},
		"and no path leads into that": {mapped("-{{note.memo.text}}"), `"-"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.edits...)
			r.put(enginetest.Order{ID: "a", Note: note})
			r.pull()
			r.push()
			r.want("a", ledger.Delivered, "")
			bills, _ := r.erp.Bills()
			if want := `{"no":"a","amount":0,"note":` + c.want + `}`; string(bills["a"]) != want {
				t.Errorf("the bill is %s, want %s", bills["a"], want)
			}
			body, err := r.store.Body(t.Context(), r.document("a").ID)
			r.must(err)
			if string(body) != string(r.shop.Orders()[0].JSON()) {
				t.Errorf("stored is %s", body)
			}
		})
	}
}

// TestATextThatIsNotJSONGoesOn: a declared type never casts, nor does it refuse.
func TestATextThatIsNotJSONGoesOn(t *testing.T) {
	t.Parallel()
	r := newRig(t, "operation: orders,", "operation: orders, fields: [{field: note, type: json}, {field: amount, type: string}],")
	r.put(enginetest.Order{ID: "a", Note: "{half", Amount: "1.50"})
	r.pull()
	r.push()
	r.want("a", ledger.Delivered, "")
	bills, _ := r.erp.Bills()
	if string(bills["a"]) != `{"no":"a","amount":1.50,"note":"{half"}` {
		t.Errorf("the bill is %s", bills["a"])
	}
}

// TestWaysThatJoinAgainAreOneRecord: an order goes one of two ways that meet again. The
// target has no key; when the order changes its way it is the same record still.
func TestWaysThatJoinAgainAreOneRecord(t *testing.T) {
	t.Parallel()
	r := newRig(t, "operation: orders,", "operation: orders, onSeen: revise,", noKey, "operation: slips, onRevised: ignore,",
		"    - {id: check,", "    - {id: undo, type: map, settings: {fields: [{field: \"no\", value: \"undo-{{no}}\"}, {field: amount, value: \"{{amount}}\"}]}}\n    - {id: check,",
		"{from: live, to: check}", "{from: live, to: check}\n    - {from: live.false, to: undo}\n    - {from: undo, to: check}")
	o := enginetest.Order{ID: "a", State: "void"}
	r.put(o)
	r.pull()
	r.push()
	r.want("a", ledger.Delivered, "")
	r.wantBills("undo-a")
	o.State, o.Modified = "live", r.now
	r.put(o)
	r.now = r.now.Add(3600e9)
	r.pull()
	r.push()
	r.want("a", ledger.Delivered, "")
	r.wantBills("undo-a")
}
