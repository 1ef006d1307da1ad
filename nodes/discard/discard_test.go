package discard_test

import (
	"testing"

	"github.com/karezflow/karez/nodes/discard"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, discard.Node{})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, discard.Node{},
		nodetest.Settled{Name: "has none", Settings: `{}`},
		nodetest.Settled{Name: "takes none", Settings: `{"to":"nowhere"}`, Want: []string{"setting.unknown at to"}},
	)
}
