package script_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/nodes/script"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, script.Node{})
}

const settings = `{"code":"function transform(doc, ctx) { return doc }"}`

func runs(run nodetest.ScriptFunc) nodetest.Programs {
	return nodetest.Programs{Script: map[string]node.Script{"code": run}}
}

func TestScript(t *testing.T) {
	t.Parallel()
	nodetest.Run(t, script.Node{},
		nodetest.Case{
			Name: "results are the program's", Settings: settings, In: []string{`{"a":1}`, `{"a":2}`},
			Programs: runs(func(_ context.Context, batch []item.Item) ([]node.Result, error) {
				return []node.Result{
					{Outputs: []node.Output{{Item: batch[0].With([]byte(`{"b":1}`))}, {Item: batch[0].With([]byte(`{"b":2}`))}}},
					{Fault: fault.New("script.threw", "not a number").At("a").Classed(fault.Data)},
				}, nil
			}),
			Want: []nodetest.Want{
				{Outputs: []nodetest.Output{{Raw: `{"b":1}`}, {Raw: `{"b":2}`}}},
				nodetest.Fault("script.threw", "a"),
			},
		},
		nodetest.Case{
			Name: "a batch that fails as a whole", Settings: settings, In: []string{`{}`}, BatchCode: "script.timeout",
			Programs: runs(func(context.Context, []item.Item) ([]node.Result, error) {
				return nil, fault.New("script.timeout", "the code ran too long").Classed(fault.Config)
			}),
		},
	)
}

// declares notes the look-ups that a script is given.
type declares struct {
	node.Script

	lookups *[]node.ScriptLookup
}

// Looking implements node.Script.
func (d declares) Looking(lookups []node.ScriptLookup) node.Script {
	*d.lookups = lookups
	return d.Script
}

func TestLookups(t *testing.T) {
	t.Parallel()
	const settings = `{"code":"function transform() {}","lookups":[
		{"name":"shop","in":"table","table":"shops","direction":"reverse","onMiss":"empty","onMany":"error"},
		{"name":"bank","from":"banks","source":"rows","where":["no","lines.kind"],"find":"org"}]}`
	var got []node.ScriptLookup
	code := nodetest.ScriptFunc(func(context.Context, []item.Item) ([]node.Result, error) { return nil, nil })
	programs := nodetest.Programs{Script: map[string]node.Script{"code": declares{code, &got}}}
	apply, err := script.Node{}.New(nodetest.NewSettings(t, script.Node{}.Declaration(), settings, programs))
	if err != nil || apply == nil {
		t.Fatal(err)
	}
	want := []node.ScriptLookup{
		{Name: "shop", Ask: item.Lookup{Table: "shops", Reverse: true, Where: []item.Equal{{}}}, OnMiss: "empty", OnMany: "error"},
		{Name: "bank", Ask: item.Lookup{From: "banks.rows", Find: "org", Where: []item.Equal{{Path: "no"}, {Path: "lines.kind"}}}, OnMiss: "park", OnMany: "newest"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	look := func(lookups string) string { return `{"code":"function transform() {}","lookups":[` + lookups + `]}` }
	nodetest.CheckSettings(t, script.Node{},
		nodetest.Settled{Name: "look-ups", Settings: look(`{"name":"shop","in":"table","table":"shops"},{"name":"银行","from":"b","where":["no"],"find":"org"}`)},
		nodetest.Settled{Name: "a look-up of nothing", Settings: look(`{}`), Want: []string{
			"setting.required at lookups[0].name", "setting.required at lookups[0].from", "setting.required at lookups[0].where", "setting.required at lookups[0].find",
		}},
		nodetest.Settled{
			Name: "names", Settings: look(`{"name":"a b","in":"table","table":"t"},{"name":"a","in":"table","table":"t"},{"name":"a","in":"table","table":"t"}`),
			Want: []string{"script.lookup_name at lookups[0].name", "script.lookup_repeated at lookups[2].name"},
		},
		nodetest.Settled{
			Name: "paths", Settings: look(`{"name":"a","from":"b","where":["no","","no"],"find":"x"}`),
			Want: []string{"script.lookup_path at lookups[0].where[1]", "script.lookup_path at lookups[0].where[2]"},
		},
		nodetest.Settled{Name: "one document", Settings: settings},
		nodetest.Settled{Name: "a batch", Settings: `{"code":"const transformBatch = docs => docs"}`},
		nodetest.Settled{Name: "none", Settings: `{}`, Want: []string{"setting.required at code"}},
		nodetest.Settled{Name: "no text", Settings: `{"code":["transform"]}`, Want: []string{"setting.wrong_type at code"}},
		nodetest.Settled{Name: "another function", Settings: `{"code":"function handle(d) {}"}`, Want: []string{"script.no_transform at code"}},
		nodetest.Settled{Name: "a name that only begins so", Settings: `{"code":"function transformer(d) {}"}`, Want: []string{"script.no_transform at code"}},
		nodetest.Settled{
			Name: "limits are the engine's", Settings: `{"code":"function transform(d) {}","timeout":"1h"}`, Want: []string{"setting.unknown at timeout"},
		},
	)
}
