package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// taking is a flow that takes documents of others.
const taking = `
apiVersion: karez/v1
kind: Flow
metadata: {id: next, title: Next}
spec:
  params: [{key: prefix, default: N-}]
  nodes:
    - {id: in, type: inlet, settings: {SETTINGS}}
    - {id: erp, type: target, connection: erp, settings: {operation: bills, params: [{field: form, value: F1}]}}
  edges: [{from: in, to: erp}]
`

func TestInletIdentifies(t *testing.T) {
	t.Parallel()
	own := plan.Identity{Key: "k", Number: "n", Modified: time.Unix(7, 0)}
	cases := map[string]struct {
		settings, doc string
		want          plan.Identity
		code          string
	}{
		"nothing of its own": {"", `{"no":"7"}`, own, ""},
		"everything of its own": {
			`key: "{{params.prefix}}{{no}}", number: "{{no}}", modified: "{{at}}"`, `{"no":"7","at":"2026-01-02 03:04:05"}`,
			plan.Identity{Key: "N-7", Number: "7", Modified: time.Date(2026, 1, 2, 3, 4, 5, 0, enginetest.Zone())},
			"",
		},
		"a time that is none":    {`modified: "{{at}}"`, `{"at":"soon"}`, plan.Identity{Key: "k", Number: "n"}, ""},
		"a number that is blank": {`number: "{{no}}"`, `{}`, plan.Identity{Key: "k", Modified: own.Modified}, ""},
		"a key that is blank":    {`key: "{{no}}"`, `{"no":" "}`, plan.Identity{Key: " ", Number: "n", Modified: own.Modified}, ""},
		"a key that fails":       {`key: "{{at|date}}"`, `{"at":"soon"}`, own, "value.not_a_date"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := enginetest.Compile(t, strings.Replace(taking, "SETTINGS", c.settings, 1)).Inlet("in").Identify(&value.Scope{Doc: item.Of([]byte(c.doc))}, own)
			if fault.CodeOf(err) != c.code || got.Key != c.want.Key || got.Number != c.want.Number || !got.Modified.Equal(c.want.Modified) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
