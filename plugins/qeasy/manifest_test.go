package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/karezflow/karez/plugins/qeasy/sandbox"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

func TestManifestDeclaresWhatTheConnectorServes(t *testing.T) {
	t.Parallel()
	m, b := connectortest.Manifest(t, manifestYAML), newBench(t, "v2")
	if m.LimitKey != "appKey" || len(m.Limits) != 1 || m.Limits[0].Calls != 60 || m.CheckOperation != queryRows {
		t.Errorf("limits %v by %s, checked by %s", m.Limits, m.LimitKey, m.CheckOperation)
	}
	s := b.open()
	for _, o := range m.Operations {
		var err error
		params := []byte(`{"scheme_id":"` + sandbox.Orders + `"}`)
		if o.Kind == manifest.Query {
			_, err = s.Query(t.Context(), connector.QueryRequest{Operation: o.Name, Params: params})
		} else {
			_, err = s.Write(t.Context(), connector.Batch{Operation: o.Name, Params: params, Rows: []byte(`[{}]`)})
		}
		if fault.CodeOf(err) == "connector.unknown_operation" {
			t.Errorf("%s is declared and not served", o.Name)
		}
	}
	for key := range b.vendor.Credentials() {
		at := slices.IndexFunc(m.Settings, func(s field.Setting) bool { return s.Key == key })
		if at < 0 || m.Settings[at].Secret != (key == "appSecret" || key == "token") {
			t.Errorf("%s: %+v", key, m.Settings)
		}
	}
}

// TestClasses: a row that is looked up by its id is sent again only where it is missing, and one
// without an id never.
func TestClasses(t *testing.T) {
	t.Parallel()
	m := connectortest.Manifest(t, manifestYAML)
	for name, want := range map[string]manifest.Class{
		storeRows: manifest.QueryableKey, storeOnce: manifest.NoKey, wakeSource: manifest.Upsert, wakeTarget: manifest.Upsert,
	} {
		o, _ := m.Operation(name)
		if create := o.Writing.Create; create.Class != want || create.Probe != (name == storeRows) || create.PreProbe != create.Probe {
			t.Errorf("%s: %+v", name, create)
		}
	}
}

func TestManifestDeclaresEveryMemberOfARow(t *testing.T) {
	t.Parallel()
	b := newBench(t, "v2")
	for _, shape := range []string{"nested", "flat"} {
		b.set("rows", `"`+shape+`"`)
		list, _ := b.rows(`{`+all+`}`, connector.PageRef{Number: 1, Size: 1})
		o, _ := connectortest.Manifest(t, manifestYAML).Operation(queryRows)
		for name := range list[0].Fields() {
			// The fields of a scheme's own data begin with F here.
			if field.Find(o.Response, name) == nil && !strings.HasPrefix(name, "F") && name != "details" {
				t.Errorf("%s is not declared", name)
			}
		}
		if key := list[0].Field("id").Text() + list[0].Field("_id").Text(); o.Key != "{{id}}{{_id}}" || len(key) != 24 {
			t.Errorf("%s has the key %q", item.Value.Raw(list[0]), key)
		}
	}
}

func TestIconIsSVG(t *testing.T) {
	t.Parallel()
	connectortest.SVG(t, "icon.svg")
}
