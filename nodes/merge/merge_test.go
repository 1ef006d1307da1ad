package merge_test

import (
	"testing"

	"github.com/karezflow/karez/nodes/merge"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, merge.Node{})
}

func TestMerge(t *testing.T) {
	t.Parallel()
	nodetest.Run(t, merge.Node{},
		nodetest.Case{
			Name: "every document goes on as it is", In: []string{`{ "a": 1.00 }`, `{ "a": 1.00 }`, `{}`},
			Want: []nodetest.Want{nodetest.Out("", `{ "a": 1.00 }`), nodetest.Out("", `{ "a": 1.00 }`), nodetest.Out("", `{}`)},
		},
		nodetest.Case{Name: "given up", In: []string{`{}`}, GivenUp: true, BatchCode: "merge.cancelled"},
		nodetest.Case{Name: "an empty batch", In: []string{}, Want: []nodetest.Want{}},
	)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, merge.Node{},
		nodetest.Settled{Name: "none", Settings: `{}`},
		nodetest.Settled{Name: "some", Settings: `{"wait":true}`, Want: []string{"setting.unknown at wait"}},
	)
}
