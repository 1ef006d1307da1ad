package filter_test

import (
	"testing"

	"github.com/karezflow/karez/nodes/filter"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, filter.Node{})
}

const settings = `{"conditions":[[{"field":"status","logic":"eq","value":"Confirmed"}]]}`

// confirmed stands in for the settings above.
func confirmed() nodetest.Programs {
	return nodetest.Programs{Conditions: map[string]node.Conditions{
		"conditions": nodetest.MatchFunc(func(in item.Item) (bool, error) {
			status := item.Of(in.Raw).Field("status")
			if status.Kind() == item.Number {
				return false, fault.New("conditions.type", "status is a number").At("status").Classed(fault.Data)
			}
			return status.Text() == "Confirmed", nil
		}),
	}}
}

func TestFilter(t *testing.T) {
	t.Parallel()
	nodetest.Run(t, filter.Node{},
		nodetest.Case{
			Name: "each document leaves by one port, its bytes untouched", Settings: settings, Programs: confirmed(),
			In: []string{`{"id":1,"status":"Confirmed","amount":10.10}`, `{ "id": 2, "status": "Cancelled" }`},
			Want: []nodetest.Want{
				nodetest.Out(filter.True, `{"id":1,"status":"Confirmed","amount":10.10}`),
				nodetest.Out(filter.False, `{ "id": 2, "status": "Cancelled" }`),
			},
		},
		nodetest.Case{
			Name: "one document's failure leaves the others alone", Settings: settings, Programs: confirmed(),
			In: []string{`{"status":"Confirmed"}`, `{"status":7}`, `{"status":"Confirmed"}`},
			Want: []nodetest.Want{
				nodetest.Out(filter.True, `{"status":"Confirmed"}`),
				nodetest.Fault("conditions.type", "status"),
				nodetest.Out(filter.True, `{"status":"Confirmed"}`),
			},
		},
		nodetest.Case{Name: "given up", Settings: settings, Programs: confirmed(), In: []string{`{}`}, GivenUp: true, BatchCode: "filter.cancelled"},
		nodetest.Case{Name: "an empty batch", Settings: settings, Programs: confirmed(), In: []string{}, Want: []nodetest.Want{}},
	)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, filter.Node{},
		nodetest.Settled{Name: "conditions", Settings: settings},
		nodetest.Settled{Name: "none", Settings: `{}`, Want: []string{"setting.required at conditions"}},
		nodetest.Settled{Name: "no list", Settings: `{"conditions":"status = 1"}`, Want: []string{"setting.wrong_type at conditions"}},
	)
}
