package window_test

import (
	"testing"

	"github.com/karezflow/karez/nodes/window"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, window.Node{})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, window.Node{},
		nodetest.Settled{Name: "nothing: the operation's window", Settings: `{}`},
		nodetest.Settled{Name: "everything", Settings: `{"span":"24h","lag":"0s","lookBack":"10m","granularity":"1s","zone":"Asia/Shanghai"}`},
		nodetest.Settled{Name: "no duration", Settings: `{"lag":"two minutes"}`, Want: []string{"setting.wrong_type at lag"}},
		nodetest.Settled{
			Name: "not positive", Settings: `{"span":"0s","lag":"-2m","lookBack":"-1s","granularity":"0s"}`,
			Want: []string{
				"setting.out_of_range at span", "setting.out_of_range at lag",
				"setting.out_of_range at lookBack", "setting.out_of_range at granularity",
			},
		},
		nodetest.Settled{Name: "no zone", Settings: `{"zone":"Beijing"}`, Want: []string{"setting.not_a_zone at zone"}},
		nodetest.Settled{Name: "the server's zone is nobody's", Settings: `{"zone":"Local"}`, Want: []string{"setting.not_a_zone at zone"}},
	)
}
