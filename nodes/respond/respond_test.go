package respond_test

import (
	"testing"

	"github.com/karezflow/karez/nodes/respond"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, respond.Node{})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, respond.Node{},
		nodetest.Settled{Name: "nothing said", Settings: `{}`},
		nodetest.Settled{Name: "made", Settings: `{"status":201,"body":[{"field":"bill","value":"{{Number}}"}]}`},
		nodetest.Settled{Name: "refused", Settings: `{"status":409}`},
		nodetest.Settled{Name: "elsewhere", Settings: `{"status":302}`, Want: []string{"respond.status at status"}},
		nodetest.Settled{Name: "not yet", Settings: `{"status":100}`, Want: []string{"setting.out_of_range at status"}},
		nodetest.Settled{Name: "no list", Settings: `{"body":"{{Id}}"}`, Want: []string{"setting.wrong_type at body"}},
	)
}
