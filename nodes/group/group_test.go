package group_test

import (
	"testing"

	"github.com/karezflow/karez/nodes/group"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, group.Node{})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, group.Node{},
		nodetest.Settled{Name: "a bill a run", Settings: `{"headerGroup":["shop"],"bodyName":"items","bodyGroup":["sku"],"calculate":[{"field":"items.qty"}]}`},
		nodetest.Settled{Name: "split at once", Settings: `{"close":"document","bodyName":"items","bodyMaxLine":50}`},
		nodetest.Settled{Name: "nothing in common", Settings: `{}`, Want: []string{"setting.required at headerGroup"}},
		nodetest.Settled{Name: "no field", Settings: `{"headerGroup":[""]}`, Want: []string{"setting.required at headerGroup[0]"}},
		nodetest.Settled{Name: "how many", Settings: `{"headerGroup":["a"],"close":"count"}`, Want: []string{"setting.required at count"}},
		nodetest.Settled{Name: "too many", Settings: `{"headerGroup":["a"],"close":"count","count":5001}`, Want: []string{"setting.out_of_range at count"}},
		nodetest.Settled{Name: "how long", Settings: `{"headerGroup":["a"],"close":"age"}`, Want: []string{"setting.required at age"}},
		nodetest.Settled{Name: "no such rule", Settings: `{"headerGroup":["a"],"close":"never"}`, Want: []string{"setting.not_an_option at close"}},
		nodetest.Settled{Name: "no function", Settings: `{"headerGroup":["a"],"calculate":[{"field":"b","function":"$median"}]}`, Want: []string{"setting.not_an_option at calculate[0].function"}},
		nodetest.Settled{Name: "nothing to calculate", Settings: `{"headerGroup":["a"],"calculate":[{}]}`, Want: []string{"setting.required at calculate[0].field"}},
		nodetest.Settled{Name: "no list", Settings: `{"headerGroup":"a"}`, Want: []string{"setting.wrong_type at headerGroup"}},
	)
}
