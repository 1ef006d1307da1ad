package target_test

import (
	"testing"

	"github.com/karezflow/karez/nodes/target"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, target.Node{})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, target.Node{},
		nodetest.Settled{Name: "operation alone", Settings: `{"operation":"batchSave"}`},
		nodetest.Settled{
			Name:     "everything",
			Settings: `{"operation":"batchSave","key":"{{FBillNo}}","rows":20,"onConflict":"adopt","onRevised":"update","params":[{"field":"FormId","value":"SAL_RETURNSTOCK"}]}`,
		},
		nodetest.Settled{Name: "no operation", Settings: `{"rows":20}`, Want: []string{"setting.required at operation"}},
		nodetest.Settled{Name: "no rows", Settings: `{"operation":"o","rows":0}`, Want: []string{"setting.out_of_range at rows"}},
		nodetest.Settled{Name: "retries", Settings: `{"operation":"o","retry":{"first":"5s","most":"1m","tries":4,"giveUpAfter":"24h","business":"5m"}}`},
		nodetest.Settled{
			Name: "no retries", Settings: `{"operation":"o","retry":{"first":"soon","tries":0,"sometimes":1}}`,
			Want: []string{"setting.wrong_type at retry.first", "setting.out_of_range at retry.tries", "setting.unknown at retry.sometimes"},
		},
		nodetest.Settled{Name: "no choice", Settings: `{"operation":"o","onConflict":"overwrite"}`, Want: []string{"setting.not_an_option at onConflict"}},
	)
}
