package paginate_test

import (
	"testing"

	"github.com/karezflow/karez/nodes/paginate"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, paginate.Node{})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, paginate.Node{},
		nodetest.Settled{Name: "nothing: the operation's paging", Settings: `{}`},
		nodetest.Settled{Name: "size only", Settings: `{"pageSize": 50}`},
		nodetest.Settled{Name: "no strategy", Settings: `{"strategy": "random"}`, Want: []string{"setting.not_an_option at strategy"}},
		nodetest.Settled{Name: "no rows", Settings: `{"pageSize": 0}`, Want: []string{"setting.out_of_range at pageSize"}},
		nodetest.Settled{Name: "keyset without its field", Settings: `{"strategy": "keyset"}`, Want: []string{"setting.required at keyField"}},
		nodetest.Settled{Name: "keyset", Settings: `{"strategy": "keyset", "keyField": "FID"}`},
		nodetest.Settled{Name: "unknown", Settings: `{"limit": 3}`, Want: []string{"setting.unknown at limit"}},
	)
}
