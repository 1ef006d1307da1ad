package flow

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// tests warns of cases that can't be run. Nothing about them blocks: they never
// affect what a flow does.
func (v *validator) tests() {
	seen := map[string]int{}
	for i := range v.doc.Spec.Tests {
		t, path := &v.doc.Spec.Tests[i], at("spec.tests", i)
		if other, repeated := seen[t.Name]; repeated && t.Name != "" {
			v.warn(path+".name", "test.name_repeated", "another test has the name {name}", "name", t.Name, "other", at("spec.tests", other))
		} else {
			seen[t.Name] = i
		}
		if strings.TrimSpace(t.Name) == "" && !unreadable(t.Extra, "name") {
			v.warn(path+".name", "test.name_missing", "a test needs a name")
		}
		if d, ok := v.graph.Declaration(t.Node); !unreadable(t.Extra, "node") && (!ok || d.Kind != node.Transform) {
			v.warn(path+".node", "test.node", "{node} is no node that changes documents", "node", strconv.Quote(t.Node))
		}
		for _, part := range []struct {
			name string
			raw  json.RawMessage
		}{{"input", t.Input}, {"expect", t.Expect}} {
			if item.Of(part.raw).Kind() != item.Object && !unreadable(t.Extra, part.name) {
				v.warn(path+"."+part.name, "test.part_missing", "a test needs an object as {name}", "name", part.name)
			}
		}
	}
}
