package webhook_test

import (
	"testing"

	"github.com/karezflow/karez/nodes/webhook"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, webhook.Node{})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, webhook.Node{},
		nodetest.Settled{Name: "signed, keyed by the request", Settings: `{}`},
		nodetest.Settled{Name: "answers the result", Settings: `{"auth":"token","key":"{{no}}","answer":"result","wait":60}`},
		nodetest.Settled{Name: "a list", Settings: `{"records":"data.orders","key":"{{no}}"}`},
		nodetest.Settled{Name: "a list without keys", Settings: `{"records":"$"}`, Want: []string{"setting.required at key"}},
		nodetest.Settled{Name: "waits too long", Settings: `{"answer":"result","wait":61}`, Want: []string{"setting.out_of_range at wait"}},
		nodetest.Settled{Name: "waits not at all", Settings: `{"answer":"result","wait":0}`, Want: []string{"setting.out_of_range at wait"}},
		nodetest.Settled{Name: "open to all", Settings: `{"auth":"none"}`, Want: []string{"setting.not_an_option at auth"}},
		nodetest.Settled{Name: "no path", Settings: `{"records":["a"]}`, Want: []string{"setting.wrong_type at records"}},
	)
}
