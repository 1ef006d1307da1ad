package source_test

import (
	"testing"

	"github.com/karezflow/karez/nodes/source"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, source.Node{})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, source.Node{},
		nodetest.Settled{Name: "operation alone", Settings: `{"operation":"refund.single.query"}`},
		nodetest.Settled{Name: "no operation", Settings: `{}`, Want: []string{"setting.required at operation"}},
		nodetest.Settled{
			Name: "everything",
			Settings: `{"operation":"q","key":"{{as_id}}","number":"{{no}}","modified":"{{modified}}","startFrom":"2021-05-01 00:00:00",
				"onSeen":"revise","params":[{"field":"begin","value":"{{LAST_SYNC_TIME|datetime}}"}],"keep":[[{"field":"status","logic":"eq","value":"1"}]],
				"regroup":{"by":["FBillNo"],"lines":{"into":"FEntity","fields":["FQty"]}},
				"fields":[{"field":"as_id","type":"string","title":"单号","origin":"auto","firstSeen":"2024-05-01 00:00:00","sample":"1"}]}`,
		},
		nodetest.Settled{Name: "lines become documents", Settings: `{"operation":"q","explode":{"path":"items","key":"{{item_id}}","prefix":"items_","index":"row"}}`},
		nodetest.Settled{Name: "lines without a key", Settings: `{"operation":"q","explode":{"path":"items"}}`, Want: []string{"setting.required at explode.key"}},
		nodetest.Settled{Name: "lines of nothing", Settings: `{"operation":"q","explode":{"key":"{{id}}"}}`, Want: []string{"setting.required at explode.path"}},
		nodetest.Settled{
			Name:     "a sweep",
			Settings: `{"operation":"q","sweep":{"schedule":"30 2 * * *","lookBack":"72h","params":[{"field":"begin","value":"{{DAYS_AGO_3|datetime}}"}]}}`,
		},
		nodetest.Settled{Name: "a sweep of no length of time", Settings: `{"operation":"q","sweep":{"lookBack":"three days"}}`, Want: []string{"setting.wrong_type at sweep.lookBack"}},
		nodetest.Settled{Name: "a day will do", Settings: `{"operation":"q","startFrom":"2021-05-01"}`},
		nodetest.Settled{Name: "a time with its offset", Settings: `{"operation":"q","startFrom":"2021-05-01T00:00:00+08:00"}`},
		nodetest.Settled{Name: "no time", Settings: `{"operation":"q","startFrom":"last May"}`, Want: []string{"setting.not_a_time at startFrom"}},
		nodetest.Settled{Name: "no choice", Settings: `{"operation":"q","onSeen":"again"}`, Want: []string{"setting.not_an_option at onSeen"}},
		nodetest.Settled{
			Name: "regroup by nothing", Settings: `{"operation":"q","regroup":{"by":[],"lines":{"into":"l"}}}`,
			Want: []string{"setting.required at regroup.by"},
		},
		nodetest.Settled{
			Name: "lines on top of a header field", Settings: `{"operation":"q","regroup":{"by":["no"],"lines":{"into":"no","rest":true}}}`,
			Want: []string{"source.regroup_overlap at regroup.lines.into"},
		},
		nodetest.Settled{
			Name: "line fields are texts", Settings: `{"operation":"q","regroup":{"by":["no"],"lines":{"into":"l","fields":[1]}}}`,
			Want: []string{"setting.wrong_type at regroup.lines.fields[0]"},
		},
		nodetest.Settled{
			Name: "a field twice", Settings: `{"operation":"q","fields":[{"field":"a"},{"field":"b"},{"field":"a"}]}`,
			Want: []string{"source.field_repeated at fields[2].field"},
		},
		nodetest.Settled{
			Name: "a field without a name", Settings: `{"operation":"q","fields":[{"field":"a"},{"type":"int"}]}`,
			Want: []string{"setting.required at fields[1].field"},
		},
	)
}
