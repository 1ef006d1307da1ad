package trial_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		edits  []string
		node   string
		sample string
		want   []string
		code   string
	}{
		"every field": {nil, "bill", paid, []string{
			`fields[0] no="N1" read {{no}}`, `fields[1] amount=12345678901234567.89 read {{amount}}`, `fields[2] note="中文 😀" read {{note}}`,
		}, ""},
		"one that fails": {nil, "bill", `{"amount":"x"}`, []string{
			`fields[0] no=!mapping.required_empty read {{no}}`, `fields[1] amount=!value.not_a_number read {{amount}}`, `fields[2] note= read {{note}}`,
		}, ""},
		"a code that is missing": {[]string{`{field: "no", value: "{{no}}"}`, `{field: "no", value: "{{no}}", table: shops}`}, "bill", `{"no":"S1"}`, []string{
			`fields[0] no=!lookup.code_missing read {{no}} table shops`, `fields[1] amount= read {{amount}}`, `fields[2] note= read {{note}}`,
		}, ""},
		"a node without a mapping": {nil, "live", paid, nil, "push.no_mapping"},
		"a source":                 {nil, "orders", paid, nil, "push.no_such_node"},
		"no node":                  {nil, "odd", paid, nil, "trial.no_such_node"},
		"a problem":                {[]string{`value: "{{note}}"`, `value: "{{note"`}, "bill", paid, nil, "value.syntax"},
		"no record":                {nil, "bill", `[]`, nil, "trial.not_a_record"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			rows, err := r.service.Explain(as(t, access.Editor), job(c.edits...), c.node, []byte(c.sample))
			if fault.CodeOf(err) != c.code {
				t.Fatalf("%v, want %q", err, c.code)
			}
			var got []string
			for _, row := range rows {
				line := row.Row + " " + row.Field + "=" + string(row.Value)
				if row.Fault != nil {
					line += "!" + row.Fault.Code
				}
				for _, step := range row.Steps {
					line += " " + string(step.Kind) + " " + step.Name
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
