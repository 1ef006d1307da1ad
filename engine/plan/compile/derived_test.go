package compile_test

import (
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/item"
)

// derivedJob is the job with derived operations at both ends: the source's is the
// document's own, the target's is the workspace's.
func derivedJob(own string) string {
	return strings.NewReplacer("operation: orders,", `operation: "orders#mine", params: [{field: size, value: "{{PAGINATION_PAGE_SIZE}}"}],`, "operation: bills, params: [{field: form, value: F1}]", `operation: "bills#F1"`,
		"spec:\n", "spec:\n  operations: {"+own+"}\n").Replace(enginetest.Job)
}

const mine = `"orders#mine": {connector: acme, params: [{field: state, value: open}], key: "{{own}}"}`

func compileDerived(t *testing.T, text string) ([]flow.Problem, []string) {
	t.Helper()
	docs, err := flow.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	opts := enginetest.Options(t)
	opts.Operations = func(name string) ([]byte, error) {
		return []byte(map[string]string{
			"bills#F1":    `{"connector":"acme","title":{"zh":"甲"},"params":[{"field":"form","value":"F1"}],"request":[{"field":"F_EXTRA","required":true}]}`,
			"orders#mine": `{"connector":"acme","key":"{{shared}}"}`,
		}[name]), nil
	}
	p, problems := compile.Flow(t.Context(), docs[0], opts)
	var facts []string
	if p != nil {
		src, target := p.Sources[0], p.Steps[3].Target
		facts = append(facts, src.Operation.Name, src.Key.String(), target.Operation.Name, target.Operation.Title.ZH, target.Resource(item.Of([]byte(`{"form":"F1"}`))))
		from := src.Window.StartFrom
		request, err := src.Request(from, from.Add(1), connector.PageRef{Number: 1, Size: 10}, item.Value{}, nil, "f", "r")
		if err != nil {
			t.Fatal(err)
		}
		facts = append(facts, item.Of(request).Field("state").Text())
	}
	return problems, facts
}

// TestDerivedOperations: the connector is called by the base's name, with the fixed
// parameters; the document's own operation comes before the workspace's.
func TestDerivedOperations(t *testing.T) {
	t.Parallel()
	problems, facts := compileDerived(t, derivedJob(mine))
	if got, want := strings.Join(facts, " "), "orders {{own}} bills 甲 bill open"; got != want {
		t.Errorf("%s, want %s; %v", got, want, problems)
	}
	required := 0
	for _, p := range problems {
		if p.Code == "mapping.required_missing" {
			required++
		}
	}
	if required != 1 {
		t.Errorf("the derived field is not asked for: %v", problems)
	}
	_, facts = compileDerived(t, derivedJob(""))
	if got := strings.Join(facts, " "); !strings.HasPrefix(got, "orders {{shared}} bills") {
		t.Errorf("%s: without one of its own the workspace's counts", got)
	}
}

func TestDerivedProblems(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ old, new, code, path string }{
		"nowhere":         {"bills#F1", "bills#F2", "operation.unknown", "spec.nodes[6].settings.operation"},
		"other connector": {"connector: acme", "connector: other", "operation.other_connector", "spec.nodes[2].settings.operation"},
		"no base":         {"orders#mine", "nothing#mine", "operation.base_unknown", "spec.nodes[2].settings.operation"},
		"a write's":       {"orders#mine", "bills#mine", "operation.unknown", "spec.nodes[2].settings.operation"},
		"unusable":        {"{field: state, value: open}", "{field: state}", "operation.param_value", "spec.operations.orders#mine.params[0].value"},
		"unusable, used":  {"{field: state, value: open}", "{field: state}", "operation.unusable", "spec.nodes[2].settings.operation"},
		"fixed":           {`{field: size, value: "{{PAGINATION_PAGE_SIZE}}"}`, "{field: state, value: closed}", "operation.param_fixed", "spec.nodes[2].settings.params[0].value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems, facts := compileDerived(t, strings.ReplaceAll(derivedJob(mine), tt.old, tt.new))
			found := false
			for _, p := range problems {
				found = found || p.Code == tt.code && p.Path == tt.path && p.Blocking
			}
			if !found || facts != nil {
				t.Errorf("%+v", problems)
			}
		})
	}
}
