package compile_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/sdk/item"
)

// parted is the job with ways of its own for paid orders and large ones.
func parted() string {
	return strings.NewReplacer(
		"    - {id: check,", `    - {id: ways, type: ways, settings: {cases: [{port: paid, when: [[{field: state, logic: eq, value: paid}]]}, {port: large, when: [[{field: amount, logic: gt, value: "{{params.least}}"}]]}]}}
    - {id: bin, type: discard}
    - {id: check,`,
		"{from: live, to: check}", "{from: live, to: ways}\n    - {from: ways.large, to: check}\n    - {from: ways.paid, to: bin}",
		"spec:", "spec:\n  params: [{key: least, default: 100}]").Replace(enginetest.Job)
}

func TestProgramsInsideLists(t *testing.T) {
	t.Parallel()
	p := enginetest.Compile(t, parted())
	step := p.Steps[1]
	if step.NodeID != "ways" || step.DefaultPort != "else" || len(step.Next["large"]) != 1 || len(step.Next["paid"]) != 1 || len(step.Next["else"]) != 0 {
		t.Fatalf("the step is %+v", step)
	}
	for doc, want := range map[string]string{
		`{"state":"paid","amount":100}`: "paid", `{"amount":100.01}`: "large", `{"state":"paid","amount":1000}`: "paid large", `{}`: "",
	} {
		results, err := step.Apply(t.Context(), []item.Item{{Raw: []byte(doc)}})
		if err != nil {
			t.Fatal(err)
		}
		var ports []string
		for _, o := range results[0].Outputs {
			ports = append(ports, o.Port)
		}
		if got := strings.Join(ports, " "); got != want {
			t.Errorf("%s leaves by %q, want %q", doc, got, want)
		}
	}
}

func TestProblemsOfProgramsInsideLists(t *testing.T) {
	t.Parallel()
	p, found := compileWith(t, strings.Replace(parted(), "logic: gt", "logic: above", 1), enginetest.System)
	var got []string
	for _, problem := range found {
		got = append(got, problem.Code+" at "+problem.Path)
	}
	if diff := cmp.Diff([]string{"conditions.unknown_logic at spec.nodes[4].settings.cases[1].when[0][0].logic"}, got); p != nil || diff != "" {
		t.Error(diff)
	}
}

func TestConditionsOfLines(t *testing.T) {
	t.Parallel()
	p := enginetest.Compile(t, strings.NewReplacer(
		"    - {id: check,", `    - {id: some, type: lines, settings: {path: data.lines, when: [[{field: data.lines.qty, logic: gt, value: "{{least}}"}, {field: shop, logic: eq, value: S1}, {field: kind, logic: neq, value: gift}]]}}
    - {id: check,`,
		"{from: live, to: check}", "{from: live, to: some}\n    - {from: some, to: check}").Replace(enginetest.Job))
	const doc = `{"shop":"S1","least":2,"qty":99,"kind":"sale","data":{"lines":[{"qty":2},{"qty":3},{"qty":4,"kind":"gift"},{"qty":5,"shop":"S2"},{},7,{"qty":6,"least":6},{"qty":"10.0"}]}}`
	results, err := p.Steps[1].Apply(t.Context(), []item.Item{{Raw: []byte(doc)}})
	if err != nil || results[0].Fault != nil {
		t.Fatal(err, results[0].Fault)
	}
	var got []string
	for _, o := range results[0].Outputs {
		got = append(got, string(o.Item.Raw))
	}
	if diff := cmp.Diff([]string{`{"qty":3}`, `{"qty":"10.0"}`}, got); diff != "" {
		t.Error(diff)
	}
}

func TestExplode(t *testing.T) {
	t.Parallel()
	edit := func(settings string) string {
		return strings.Replace(enginetest.Job, "operation: orders,", "operation: orders, explode: "+settings+",", 1)
	}
	p := enginetest.Compile(t, edit(`{path: lines, key: "{{no}}", prefix: l_, index: row}`))
	if e := p.Sources[0].Explode; e == nil || e.Split != (item.Split{Path: "lines", Prefix: "l_", Index: "row"}) || e.Key.String() != "{{no}}" {
		t.Errorf("the source explodes %+v", e)
	}
	_, found := compileWith(t, edit(`{path: lines, key: "{{no"}`), enginetest.System)
	if len(found) != 1 || found[0].Code != "value.syntax" || found[0].Path != "spec.nodes[2].settings.explode.key" {
		t.Errorf("problems are %+v", found)
	}
}
