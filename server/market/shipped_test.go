package market_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/server/market"
	"github.com/karezflow/karez/server/market/template"
)

// TestShipped: every file of flows is a template without problems, whose connectors are
// there in the versions that it wants, and which stays the same when it is exchanged.
func TestShipped(t *testing.T) {
	t.Parallel()
	all, err := market.Shipped()
	must(t, err)
	var ids []string
	for _, one := range all {
		ids = append(ids, one.Metadata.ID)
		for _, s := range one.Spec.Connections {
			m, err := readManifest(s.Connector)
			must(t, err)
			if !template.InRange(s.Versions, m.Version) {
				t.Errorf("%s wants %s %s, and %s is there", one.Metadata.ID, s.Connector, s.Versions, m.Version)
			}
		}
		text, err := one.JSON()
		must(t, err)
		again, err := template.Parse(text)
		must(t, err)
		second, err := again.JSON()
		must(t, err)
		if diff := cmp.Diff(string(text), string(second)); diff != "" {
			t.Errorf("%s is another one when it is read again:\n%s", one.Metadata.ID, diff)
		}
		if found := again.Problems(); len(found) > 0 {
			t.Errorf("%s: %v", one.Metadata.ID, found)
		}
	}
	if diff := cmp.Diff(templates(t), ids); diff != "" {
		t.Error(diff)
	}
}
