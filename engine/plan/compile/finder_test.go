package compile_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/plan/compile"
)

// others are the flows of a workspace by their ids, and its code tables.
type others map[string][]string

// Sources implements compile.Flows.
func (o others) Sources(id string) ([]string, bool) {
	sources, ok := o[id]
	return sources, ok
}

// Inlets implements compile.Flows: they are the sources whose ids begin with "in".
func (o others) Inlets(id string) (ids []string, known, there bool) {
	for _, source := range o[id] {
		if strings.HasPrefix(source, "in") {
			ids = append(ids, source)
		}
	}
	return ids, id != "unknown", id == "unknown" || o[id] != nil
}

// Table implements compile.Flows.
func (others) Table(name string) bool { return name == "shops" }

func TestWhatAFlowLooksInto(t *testing.T) {
	t.Parallel()
	const find = "_findCollection find code from "
	cases := map[string]struct {
		value    string
		lookups  []plan.Lookup
		problems []string
	}{
		"an alias":               {find + "banks where account={{no}}", []plan.Lookup{{Flow: "id-1", Source: "rows", Paths: []string{"account", "code"}}}, nil},
		"an id":                  {find + "id-1 where account={{no}}", []plan.Lookup{{Flow: "id-1", Source: "rows", Paths: []string{"account", "code"}}}, nil},
		"a source":               {find + "many.b where lines.no=7 code={{x}}", []plan.Lookup{{Flow: "id-2", Source: "b", Paths: []string{"code", "lines.no"}}}, nil},
		"inside each other":      {find + "banks where account=_findCollection find x from id-2.a where y={{no}} _endFind", []plan.Lookup{{Flow: "id-2", Source: "a", Paths: []string{"x", "y"}}, {Flow: "id-1", Source: "rows", Paths: []string{"account", "code"}}}, nil},
		"one of several sources": {find + "many where a=1", nil, []string{"lookup.source_open spec.nodes[5].settings.fields[0].value"}},
		"no such source":         {find + "many.c where a=1", nil, []string{"lookup.source_missing spec.nodes[5].settings.fields[0].value"}},
		"no such flow":           {find + "gone where a=1", nil, []string{"lookup.flow_missing spec.nodes[5].settings.fields[0].value"}},
		"an alias of nothing":    {find + "open where a=1", nil, []string{"flow.alias_unbound spec.uses.open.flow", "lookup.flow_unbound spec.nodes[5].settings.fields[0].value"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			uses := "uses: {banks: {flow: id-1}, many: {flow: id-2}}\n  nodes:"
			if strings.Contains(c.value, "open") {
				uses = "uses: {open: {}}\n  nodes:"
			}
			text := strings.NewReplacer("nodes:", uses, `value: "{{no}}"`, `value: "`+c.value+`"`).Replace(enginetest.Job)
			docs, err := flow.Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			opts := enginetest.Options(t)
			opts.Flows = others{"id-1": {"rows"}, "id-2": {"a", "b"}}
			p, found := compile.Flow(t.Context(), docs[0], opts)
			var problems []string
			for _, f := range found {
				problems = append(problems, f.Code+" "+f.Path)
			}
			if diff := cmp.Diff(c.problems, problems); diff != "" {
				t.Error(diff)
			}
			if p != nil && len(c.problems) == 0 {
				if diff := cmp.Diff(c.lookups, p.Lookups); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestACodeTableIsThere(t *testing.T) {
	t.Parallel()
	for table, want := range map[string]string{"shops": "", "gone": "lookup.table_missing"} {
		docs, err := flow.Parse([]byte(strings.Replace(enginetest.Job, `value: "{{no}}"`, `value: "{{no}}", table: `+table, 1)))
		if err != nil {
			t.Fatal(err)
		}
		opts := enginetest.Options(t)
		opts.Flows = others{}
		_, found := compile.Flow(t.Context(), docs[0], opts)
		got := ""
		for _, f := range found {
			got += f.Code
		}
		if got != want {
			t.Errorf("%s gives %q", table, got)
		}
	}
}

// TestLookupsOfSourcesAndWritebacks are noted as any others; neither can wait.
func TestLookupsOfSourcesAndWritebacks(t *testing.T) {
	t.Parallel()
	const row = `{field: clerk, value: "_findCollection find code from banks where account=7"`
	into := []plan.Lookup{{Flow: "id-1", Source: "rows", Paths: []string{"account", "code"}}}
	for name, c := range map[string]struct {
		old, changed string
		problems     []string
	}{
		"a source":                   {`operation: orders,`, `operation: orders, params: [` + row + `}],`, nil},
		"a source that waits":        {`operation: orders,`, `operation: orders, params: [` + row + `, onMiss: park}],`, []string{"value.wait_misplaced spec.nodes[2].settings.params[0].onMiss"}},
		"a writeback":                {`{field: id, value: "{{Id}}"}`, row + `}`, nil},
		"a writeback that fails":     {`{field: id, value: "{{Id}}"}`, row + `, onMiss: error}`, nil},
		"a writeback that waits":     {`{field: id, value: "{{Id}}"}`, row + `, onMiss: park}`, []string{"value.wait_misplaced spec.nodes[7].settings.store[0].onMiss"}},
		"a document":                 {`settings: {store:`, `settings: {to: banks, document: [` + row + `}], store:`, nil},
		"a document that would wait": {`settings: {store:`, `settings: {to: banks, document: [` + row + `, onMiss: park}], store:`, []string{"value.wait_misplaced spec.nodes[7].settings.document[0].onMiss"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			docs, err := flow.Parse([]byte(strings.NewReplacer("nodes:", "uses: {banks: {flow: id-1}}\n  nodes:", c.old, c.changed).Replace(enginetest.Job)))
			if err != nil {
				t.Fatal(err)
			}
			opts := enginetest.Options(t)
			opts.Flows = readable{others{"id-1": {"rows"}}}
			p, found := compile.Flow(t.Context(), docs[0], opts)
			var problems []string
			for _, f := range found {
				if f.Blocking {
					problems = append(problems, f.Code+" "+f.Path)
				}
			}
			if diff := cmp.Diff(c.problems, problems); diff != "" {
				t.Error(diff)
			}
			if c.problems == nil && p != nil {
				if diff := cmp.Diff(into, p.Lookups); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// readable are flows that take documents too.
type readable struct{ others }

func (readable) Inlets(string) (ids []string, known, there bool) { return []string{"in"}, true, true }
