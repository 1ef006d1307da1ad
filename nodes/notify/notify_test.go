package notify_test

import (
	"testing"

	"github.com/karezflow/karez/nodes/notify"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, notify.Node{})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, notify.Node{},
		nodetest.Settled{Name: "a title", Settings: `{"title":"{{document.number}}"}`},
		nodetest.Settled{Name: "a text for some", Settings: `{"text":"{{error.message}}","to":"13800000000, {{phone}}"}`},
		nodetest.Settled{Name: "a digest", Settings: `{"text":"{{error.message}}","when":"digest","every":"1h"}`},
		nodetest.Settled{Name: "nothing to tell", Settings: `{"title":" ","to":"a@example.com"}`, Want: []string{"setting.required at text"}},
		nodetest.Settled{Name: "gathered too short", Settings: `{"text":"x","when":"digest","every":"10s"}`, Want: []string{"setting.out_of_range at every"}},
		nodetest.Settled{Name: "gathered too long", Settings: `{"text":"x","when":"digest","every":"25h"}`, Want: []string{"setting.out_of_range at every"}},
		nodetest.Settled{Name: "every without a digest", Settings: `{"text":"x","every":"10s"}`},
		nodetest.Settled{Name: "another way", Settings: `{"text":"x","when":"never"}`, Want: []string{"setting.not_an_option at when"}},
	)
}
