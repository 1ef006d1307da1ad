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
		nodetest.Settled{Name: "nothing to keep", Settings: `{}`, Want: []string{"setting.required at store"}},
		nodetest.Settled{Name: "no list", Settings: `{"store":"{{Id}}"}`, Want: []string{"setting.wrong_type at store"}},
	)
}
