package cases_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/cases"
	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
)

// job is the flow of the tests with cases, and with look-ups in its map. Its
// connections and a source are wrong: they are not what cases are about.
func job(t *testing.T, tests string) *flow.Document {
	t.Helper()
	text := strings.NewReplacer(
		"  nodes:", "  uses: {banks: {flow: bankflow}}\n  params: [{key: org, default: \"100\"}]\n  nodes:",
		`{field: note, value: "{{note}}"}`, `{field: note, value: "{{note}}{{params.org}}{{vars.v}}{{source.s}}{{WINDOW_END|datetime}}"},
        {field: bank, value: "_findCollection find org from banks where no={{bank}}", onMiss: error},
        {field: shop, value: "{{shop}}", table: shops, onMiss: park}`,
		"connection: shop", "connection: nowhere", "operation: bills", "operation: nothing",
	).Replace(enginetest.Job)
	docs, err := flow.Parse([]byte(text + "  tests:\n" + tests))
	if err != nil {
		t.Fatal(err)
	}
	return docs[0]
}

// told writes results a line each.
func told(results []cases.Result) []string {
	var lines []string
	for _, r := range results {
		said := r.Name
		switch {
		case r.Passed:
			said += " ok"
		case r.Problem != nil:
			said += " " + r.Problem.Code + " at " + r.Problem.Path
		}
		for _, a := range r.Asked {
			said += fmt.Sprintf(" asks %s%s %v%v", a.From, a.Table, a.Where, a.Code)
		}
		for _, d := range r.Differences {
			said += fmt.Sprintf(" | %s want %s got %s", d.Path, d.Want, d.Got)
		}
		lines = append(lines, said)
	}
	return lines
}

func TestCases(t *testing.T) {
	t.Parallel()
	const tests = `
    - {name: passes, node: live, input: {state: paid, n: 1.10}, expect: {outputs: [{port: "true", body: {n: 1.10, state: paid}}]}}
    - {name: by the default port, node: live, input: {state: paid}, expect: {outputs: [{body: {state: paid}}]}}
    - {name: another port, node: live, input: {state: void}, expect: {outputs: [{port: "true", body: {state: void}}]}}
    - {name: digits count, node: live, input: {n: 1.10}, expect: {outputs: [{body: {n: 1.1}}]}}
    - {name: a text is no number, node: live, input: {n: 1}, expect: {outputs: [{body: {n: "1"}}]}}
    - {name: members and elements, node: live, input: {a: [1, 2], b: {x: <&>}}, expect: {outputs: [{body: {a: [1], b: {y: 1}}}, {body: {}}]}}
    - {name: fails as expected, node: check, input: {bad: true}, expect: {fault: {code: test.bad}}}
    - {name: fails otherwise, node: check, input: {bad: true}, expect: {fault: {code: test.other, message: gone}}}
    - {name: fails unexpectedly, node: check, input: {bad: true}, expect: {outputs: []}}
    - {name: does not fail, node: check, input: {}, expect: {fault: {code: test.bad}}}
    - {name: all around, node: bill, input: {note: n}, source: {s: S}, vars: {v: V}, params: {org: "7"}, facts: {to: "2026-01-02 03:04:05"}, expect: {outputs: [{body: {note: n7VS2026-01-02 03:04:05}}], vars: {v: V}}}
    - {name: left out, node: bill, input: {note: n}, expect: {outputs: [{body: {note: "n1002024-01-01 01:00:00"}}], vars: {v: 1}}}
    - name: looks up
      node: bill
      input: {bank: 6222, shop: S1, amount: 12345678901234567.89}
      answers:
        - {table: shops, code: S1, values: [east]}
        - {from: banks, where: {no: 6222}, find: org, values: [north, south]}
      expect: {outputs: [{body: {amount: 12345678901234567.89, note: "1002024-01-01 01:00:00", bank: north, shop: east}}]}
    - {name: looks up with an id and a source, node: bill, input: {bank: 6222}, answers: [{from: bankflow.rows, where: {no: "6222"}, find: org, values: [{x: 1}]}], expect: {outputs: [{body: {note: "1002024-01-01 01:00:00", bank: {x: 1}}}]}}
    - {name: asks, node: bill, input: {bank: 1, shop: S9}, answers: [{table: shops, code: S1, values: [x]}], expect: {outputs: []}}
    - {name: waits, node: bill, input: {shop: S9}, answers: [{table: shops, code: S9, values: []}], expect: {fault: {code: lookup.code_missing}}}
    - {name: finds nothing, node: bill, input: {bank: 1}, answers: [{from: banks, where: {no: 1}, find: org, values: []}], expect: {fault: {code: lookup.nothing_found, path: bank}}}
`
	want := []string{
		`passes ok`, `by the default port ok`,
		`another port | outputs[0].port want  got "false"`,
		`digits count | outputs[0].body.n want 1.1 got 1.10`,
		`a text is no number | outputs[0].body.n want "1" got 1`,
		`members and elements | outputs[0].body.a[1] want  got 2 | outputs[0].body.b.y want 1 got  | outputs[0].body.b.x want  got "<&>" | outputs[1] want {"body":{}} got `,
		`fails as expected ok`,
		`fails otherwise | fault.code want "test.other" got "test.bad" | fault.message want "gone" got "the document says that it is bad"`,
		`fails unexpectedly | outputs want [] got  | fault want  got {"code":"test.bad","message":"the document says that it is bad"}`,
		`does not fail | fault want {"code":"test.bad"} got  | outputs want  got [{"body":{}}]`,
		`all around ok`,
		`left out | vars.v want 1 got `,
		`looks up ok`, `looks up with an id and a source ok`,
		`asks test.unanswered at  asks banks map[no:1]<nil> asks shops map[]S9`,
		`waits ok`, `finds nothing ok`,
	}
	doc := job(t, tests)
	before := string(doc.JSON())
	got, err := cases.Run(t.Context(), doc, "", enginetest.Options(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, told(got)); diff != "" {
		t.Error(diff)
	}
	for _, r := range got {
		if failed := r.Got != nil && r.Got.Fault != nil; failed != (r.Fault != nil) || failed && r.Fault.Code != r.Got.Fault.Code {
			t.Errorf("%s: %+v of %+v", r.Name, r.Fault, r.Got)
		}
	}
	if cases.Passed(got) || string(doc.JSON()) != before {
		t.Error("all passed, or the document was changed")
	}
	some, err := cases.Run(t.Context(), doc, "check", enginetest.Options(t))
	if err != nil || len(some) != 4 || !cases.Passed(some[:1]) {
		t.Errorf("of one node: %q, %v", told(some), err)
	}
}

func TestCasesThatCannotRun(t *testing.T) {
	t.Parallel()
	for tests, want := range map[string]string{
		`{name: a, node: gone, input: {}, expect: {outputs: []}}`:                     "test.node at node",
		`{name: a, node: orders, input: {}, expect: {outputs: []}}`:                   "test.node at node",
		`{name: a, node: check, expect: {outputs: []}}`:                               "test.part_unreadable at input",
		`{name: a, node: check, input: [1], expect: {outputs: []}}`:                   "test.part_unreadable at input",
		`{name: a, node: check, input: {}, vars: 5, expect: {outputs: []}}`:           "test.part_unreadable at vars",
		`{name: a, node: check, input: {}}`:                                           "test.part_unreadable at expect",
		`{name: a, node: check, input: {}, expect: {outputs: [], fault: {code: x}}}`:  "test.part_unreadable at expect",
		`{name: a, node: check, input: {}, expect: {output: []}}`:                     "test.part_unreadable at expect",
		`{name: a, node: check, input: {}, facts: {to: soon}, expect: {outputs: []}}`: "test.part_unreadable at facts.to",
		`{name: a, node: check, input: {}, answers: {}, expect: {outputs: []}}`:       "test.part_unreadable at answers",
		`{name: a, node: check, input: {}, params: {nope: 1}, expect: {outputs: []}}`: "param.unknown at params",
		`{name: a, node: live, input: {}, expect: {outputs: [{body: {}}]}}`:           "ok",
	} {
		got, err := cases.Run(t.Context(), job(t, "    - "+tests), "", enginetest.Options(t))
		if err != nil || len(got) != 1 || told(got)[0] != "a "+want {
			t.Errorf("%s gives %q, %v", tests, told(got), err)
		}
	}
	doc := job(t, `    - {name: a, node: bill, input: {}, expect: {outputs: []}}`)
	doc.Spec.Nodes[5].Settings = []byte(`{"fields":[{"field":"x","value":"{{x|nonsense}}"}]}`)
	if got, _ := cases.Run(t.Context(), doc, "", enginetest.Options(t)); told(got)[0] != "a value.syntax at spec.nodes[5].settings.fields[0].value" {
		t.Error(told(got))
	}
	doc.Spec.Nodes[5].Settings = []byte(`{"fields":5}`)
	if got, _ := cases.Run(t.Context(), doc, "", enginetest.Options(t)); told(got)[0] != "a setting.wrong_type at spec.nodes[5].settings.fields" {
		t.Error(told(got))
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(fault.New("test.given_up", "nobody waits"))
	if _, err := cases.Run(ctx, doc, "", enginetest.Options(t)); fault.CodeOf(err) != "test.given_up" {
		t.Error(err)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	got, err := cases.Run(t.Context(), job(t, `
    - {name: good, node: live, input: {}, expect: {outputs: [{body: {}}]}}
    - {name: bad, node: live, input: {a: 1}, expect: {outputs: [{body: {b: <2>}}]}}
    - {name: open, node: bill, input: {shop: S}, expect: {outputs: []}}
`), "", enginetest.Options(t))
	if err != nil {
		t.Fatal(err)
	}
	want := `ok    good  (live)
FAIL  bad  (live)
      outputs[0].body.b
        want "<2>"
        got  nothing
      outputs[0].body.a
        want nothing
        got  1
FAIL  open  (bill)
      the test has no answer for 1 look-ups
      code: test.unanswered
      asked: {"table":"shops","code":"S","values":[]}
3 tests, 2 failed
`
	if diff := cmp.Diff(want, cases.Text(got)); diff != "" {
		t.Error(diff)
	}
}
