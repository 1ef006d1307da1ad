package script_test

import (
	"context"
	"testing"

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

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, script.Node{},
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
