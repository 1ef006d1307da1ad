package inlet_test

import (
	"testing"

	"github.com/karezflow/karez/nodes/inlet"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, inlet.Node{})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, inlet.Node{},
		nodetest.Settled{Name: "only takes", Settings: `{}`},
		nodetest.Settled{Name: "takes by a key of its own", Settings: `{"key":"{{no}}","number":"{{no}}","modified":"{{at}}","onSeen":"revise"}`},
		nodetest.Settled{Name: "reads", Settings: `{"from":"orders","source":"in","states":["delivered","rejected"],"startFrom":"2024-01-01","conditions":[]}`},
		nodetest.Settled{Name: "no state", Settings: `{"from":"orders","states":["done"]}`, Want: []string{"setting.not_an_option at states[0]"}},
		nodetest.Settled{Name: "no time", Settings: `{"from":"orders","startFrom":"soon"}`, Want: []string{"setting.not_a_time at startFrom"}},
		nodetest.Settled{Name: "reads from nowhere", Settings: `{"states":["delivered"]}`, Want: []string{"setting.required at from"}},
		nodetest.Settled{Name: "no policy", Settings: `{"onSeen":"always"}`, Want: []string{"setting.not_an_option at onSeen"}},
	)
}
