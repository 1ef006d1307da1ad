package compile_test

import (
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan/compile"
)

// TestTargetsThatWriteTheSame: two targets that certainly take each other's keys are
// refused, two that may are warned of, and two that can't meet are neither.
func TestTargetsThatWriteTheSame(t *testing.T) {
	t.Parallel()
	const found, refused, warned = "target.key_shared", true, false
	second := func(settings, edge string) []string {
		return []string{
			"    - {id: erp, type: target", "    - {id: also, type: target, connection: erp, settings: {" + settings + "}}\n    - {id: erp, type: target",
			"  edges:", "  edges:\n    - " + edge,
		}
	}
	slips := []string{"settings: {operation: bills, params: [{field: form, value: F1}]}", "settings: {operation: slips, params: [{field: form, value: F1}]}"}
	cases := map[string]struct {
		edits    []string
		code     string
		blocking bool
	}{
		"documents' keys, both ways": {append(second("operation: slips", "{from: bill, to: also}"), slips...), found, refused},
		"documents' keys, behind":    {append(second("operation: slips", "{from: erp, to: also}"), slips...), found, refused},
		"documents' keys, either":    {append(second("operation: slips", "{from: live.false, to: also}"), slips...), found, warned},
		"the same key, both ways":    {second("operation: bills", "{from: bill, to: also}"), found, warned},
		"the same key, either":       {second("operation: bills", "{from: live.false, to: also}"), "", false},
		"a key of its own":           {second(`operation: bills, key: "{{no}}-2"`, "{from: bill, to: also}"), "", false},
		"another object":             {second("operation: slips", "{from: bill, to: also}"), "", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			docs, err := flow.Parse([]byte(strings.NewReplacer(c.edits...).Replace(enginetest.Job)))
			if err != nil {
				t.Fatal(err)
			}
			_, problems := compile.Flow(t.Context(), docs[0], enginetest.Options(t))
			for _, p := range problems {
				if p.Code == found && (c.code == "" || p.Blocking != c.blocking || !strings.HasSuffix(p.Path, ".settings.key")) {
					t.Errorf("%+v", p)
				}
			}
			if got := strings.Contains(codesOf(problems), found); got != (c.code != "") {
				t.Errorf("problems are %+v", problems)
			}
		})
	}
}

func codesOf(problems []flow.Problem) string {
	var out []string
	for _, p := range problems {
		out = append(out, p.Code)
	}
	return strings.Join(out, " ")
}
