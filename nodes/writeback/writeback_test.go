package writeback_test

import (
	"testing"

	"github.com/karezflow/karez/nodes/writeback"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, writeback.Node{})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, writeback.Node{},
		nodetest.Settled{Name: "id and number", Settings: `{"store":[{"field":"id","value":"{{Id}}"},{"field":"number","value":"{{Number}}"}]}`},
		nodetest.Settled{Name: "nothing to do", Settings: `{}`, Want: []string{"setting.required at store"}},
		nodetest.Settled{Name: "hands over", Settings: `{"to":"next"}`},
		nodetest.Settled{Name: "hands over all", Settings: `{"to":"next.orders","document":true}`},
		nodetest.Settled{Name: "hands over fields", Settings: `{"store":[],"to":"next","document":[{"field":"no","value":"{{no}}"}]}`},
		nodetest.Settled{Name: "hands over to nobody", Settings: `{"document":[{"field":"no","value":"{{no}}"}]}`, Want: []string{"setting.required at to"}},
		nodetest.Settled{Name: "neither all nor fields", Settings: `{"to":"next","document":false}`, Want: []string{"setting.wrong_type at document"}},
		nodetest.Settled{Name: "calls", Settings: `{"operation":"audit"}`},
		nodetest.Settled{Name: "calls with fields", Settings: `{"operation":"audit","fields":[{"field":"Number","value":"{{Number}}"}]}`},
		nodetest.Settled{Name: "fields of nothing", Settings: `{"store":[],"to":"next","fields":[{"field":"Number","value":"{{Number}}"}]}`, Want: []string{"setting.required at operation"}},
		nodetest.Settled{Name: "no list", Settings: `{"store":"{{Id}}"}`, Want: []string{"setting.wrong_type at store"}},
	)
}
