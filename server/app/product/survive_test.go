package product_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/nodes"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// untouched are settings with which a transform leaves every member alone but
// "lines", which holds the lines that some work on, and "added".
var untouched = map[string]string{
	"filter":  `{lines: {path: lines, when: [[{field: qty, logic: gt, value: "0"}]]}}`,
	"switch":  `{cases: [{port: some, when: [[{field: lines.qty, logic: gt, value: "0"}]]}]}`,
	"merge":   `{}`,
	"flatten": `{paths: [{path: lines, prefix: added_}]}`,
	"script":  `{code: "function transform(doc) { doc.added = 1; return doc }"}`,
	"lookup":  `{from: self, find: "no", where: [{field: "no", value: "x"}], into: added, onMiss: empty}`,
	"map":     `{fields: [{field: first, omitEmpty: false, value: "{{first}}"}, {field: second, omitEmpty: false, value: "{{second}}"}, {field: third, omitEmpty: false, value: "{{third}}"}]}`,
}

// odd draws values whose bytes are easily lost: numbers of any size and form,
// texts with escapes, members in any order.
func odd() *rapid.Generator[string] {
	plain := rapid.OneOf(
		rapid.SampledFrom([]string{"0.10", "-0", "1E400", "12345678901234567890", "0.1000000000000000000001", "true", `"\u4e2d\n"`, `"{{first}}"`, `"中😀"`, `"');--"`, `{"b":1, "a" : [ 2.50,null ]}`, `[1.0 , {"z":"","a":0e0}]`}),
		rapid.StringMatching(`-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?`),
		rapid.Map(rapid.String(), func(s string) string { return string(item.AppendText(nil, s)) }),
	)
	return plain
}

// Members that a node does not touch leave it byte by byte as they came, and in
// their order: integers of any size, decimals, texts, whole objects.
func TestWhatIsNotTouchedSurvives(t *testing.T) {
	t.Parallel()
	opts := enginetest.Options(t)
	opts.Types = flow.NewTypes(nodes.All()...)
	opts.Scripts = newWorkers(t)
	for _, kind := range nodes.All() {
		name := kind.Declaration().Type
		if kind.Declaration().Kind != node.Transform {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings, ok := untouched[name]
			if !ok {
				t.Fatal("say with which settings this transform leaves members alone")
			}
			docs, err := flow.Parse([]byte(`
apiVersion: karez/v1
kind: Flow
metadata: {id: survive, title: Survive}
spec:
  uses: {self: {flow: survive}}
  nodes:
    - {id: orders, type: source, connection: shop, settings: {operation: lists, startFrom: "2026-01-01 00:00:00", key: "{{id}}"}}
    - {id: one, type: ` + name + `, settings: ` + settings + `}
    - {id: out, type: discard}
  edges: [{from: orders, to: one}, {from: one, to: out}]
`))
			if err != nil {
				t.Fatal(err)
			}
			compiled, problems := compile.Flow(t.Context(), docs[0], opts)
			if compiled == nil {
				t.Fatalf("%+v", problems)
			}
			rapid.Check(t, func(t *rapid.T) {
				survives(t, compiled, rapid.SliceOfN(odd(), 3, 3).Draw(t, "values"), rapid.Permutation([]string{"first", "second", "third", "lines"}).Draw(t, "order"))
			})
		})
	}
}

// survives walks one document with the values in the order of the names.
func survives(t *rapid.T, compiled *plan.Plan, values, order []string) {
	held := map[string]string{"first": values[0], "second": values[1], "third": values[2], "lines": `[{"qty":1.50}, {"qty":-2}]`}
	var body strings.Builder
	for i, name := range order {
		body.WriteString([]string{"{", ", "}[min(i, 1)] + `"` + name + `": ` + held[name])
	}
	body.WriteString("}")
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	seen, err := push.DryRun(t.Context(), push.Dry{Plan: compiled, Node: "one", Body: []byte(body.String()), Key: "k", From: at, To: at, Clock: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen.Visits) == 0 || seen.Visits[0].Fault != nil || len(seen.Visits[0].Outputs) == 0 {
		t.Fatalf("%s: %+v", body.String(), seen.Visits)
	}
	want := slices.DeleteFunc(slices.Clone(order), func(name string) bool { return name == "lines" })
	if compiled.Steps[0].Type == "map" {
		slices.Sort(want) // its rows say in which order
	}
	for _, out := range seen.Visits[0].Outputs {
		var got []string
		for name, v := range item.Of(out.Body).Fields() {
			if name == "first" || name == "second" || name == "third" {
				got = append(got, name)
				if string(v.Raw()) != held[name] {
					t.Fatalf("%s was %s and is %s", name, held[name], v.Raw())
				}
			}
		}
		if strings.Join(got, ",") != strings.Join(want, ",") {
			t.Fatalf("the members %v are %v in %s", want, got, out.Body)
		}
	}
}
