package filter_test

import (
	"maps"
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

const ofLines = `"lines":{"path":"d.items","when":[[{"field":"qty","logic":"gt","value":"0"}]]`

// positive stands in for the conditions of lines: a quantity that is not negative.
func positive(programs nodetest.Programs) nodetest.Programs {
	both := nodetest.Programs{Conditions: map[string]node.Conditions{
		"lines.when": nodetest.MatchFunc(func(in item.Item) (bool, error) {
			qty := item.Of(in.Raw).Field("qty")
			if qty.Kind() == item.Object {
				return false, fault.New("conditions.type", "qty is an object").At("qty").Classed(fault.Data)
			}
			if qty.Kind() == item.String {
				return false, &node.UnansweredError{Missing: []item.Lookup{{Find: qty.Text()}}}
			}
			return qty.Kind() == item.Number && qty.Text()[0] != '-', nil
		}),
	}}
	maps.Copy(both.Conditions, programs.Conditions)
	return both
}

func TestLines(t *testing.T) {
	t.Parallel()
	in := []string{
		`{"no":1,"d":{"items":[ {"qty":1.00}, {"qty":-1}, {"qty" : 2} ], "x":1}}`, `{"d":{"items":[{"qty":-1}]}}`,
		`{"d":{"items":[ {"qty":1} ]}}`, `{"d":{"items":[]}}`, `{"d":{}}`, `{"d":{"items":[{"qty":1},{"qty":{}}]}}`,
	}
	nodetest.Run(t, filter.Node{},
		nodetest.Case{
			Name: "lines that fail are taken out", Settings: "{" + ofLines + "}}", Programs: positive(nodetest.Programs{}), In: in,
			Want: []nodetest.Want{
				nodetest.Out(filter.True, `{"no":1,"d":{"items":[{"qty":1.00},{"qty" : 2}], "x":1}}`), nodetest.Out(filter.False, in[1]),
				nodetest.Out(filter.True, in[2]), nodetest.Out(filter.True, in[3]), nodetest.Out(filter.True, in[4]), nodetest.Fault("conditions.type", "qty"),
			},
		},
		nodetest.Case{
			Name: "strict: one line that fails keeps the document back", Settings: "{" + ofLines + `,"strict":true}}`, Programs: positive(nodetest.Programs{}), In: in,
			Want: []nodetest.Want{
				nodetest.Out(filter.False, in[0]), nodetest.Out(filter.False, in[1]),
				nodetest.Out(filter.True, in[2]), nodetest.Out(filter.True, in[3]), nodetest.Out(filter.True, in[4]), nodetest.Fault("conditions.type", "qty"),
			},
		},
		nodetest.Case{
			Name: "look-ups of all lines at once", Settings: "{" + ofLines + "}}", Programs: positive(nodetest.Programs{}),
			In: []string{`{"d":{"items":[{"qty":"a"},{"qty":-1},{"qty":"b"}]}}`}, Want: []nodetest.Want{{Missing: []item.Lookup{{Find: "a"}, {Find: "b"}}}},
		},
		nodetest.Case{
			Name: "the document first, then its lines", Settings: `{"conditions":[[{"field":"status","logic":"eq","value":"Confirmed"}]],` + ofLines + "}}", Programs: positive(confirmed()),
			In: []string{`{"status":"Confirmed","d":{"items":[{"qty":-1},{"qty":3}]}}`, `{"status":"Cancelled","d":{"items":[{"qty":{}}]}}`},
			Want: []nodetest.Want{
				nodetest.Out(filter.True, `{"status":"Confirmed","d":{"items":[{"qty":3}]}}`), nodetest.Out(filter.False, `{"status":"Cancelled","d":{"items":[{"qty":{}}]}}`),
			},
		},
		nodetest.Case{
			Name: "an empty group asks nothing", Settings: `{"conditions":[[{"field":"status","logic":"eq","value":"Confirmed"}]],"lines":{"strict":true}}`, Programs: confirmed(),
			In: []string{`{"status":"Confirmed"}`}, Want: []nodetest.Want{nodetest.Out(filter.True, `{"status":"Confirmed"}`)},
		},
	)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, filter.Node{},
		nodetest.Settled{Name: "conditions", Settings: settings},
		nodetest.Settled{Name: "none", Settings: `{}`, Want: []string{"setting.required at conditions"}},
		nodetest.Settled{Name: "lines alone", Settings: "{" + ofLines + "}}"},
		nodetest.Settled{Name: "both", Settings: `{"conditions":[[{"field":"a","logic":"notnull"}]],` + ofLines + `,"strict":true}}`},
		nodetest.Settled{Name: "an empty group", Settings: `{"lines":{"strict":true}}`, Want: []string{"setting.required at conditions"}},
		nodetest.Settled{Name: "lines without a list", Settings: `{"lines":{"when":[[{"field":"a","logic":"notnull"}]]}}`, Want: []string{"setting.required at lines.path"}},
		nodetest.Settled{Name: "lines without conditions", Settings: `{"lines":{"path":"items","when":[]}}`, Want: []string{"setting.required at lines.when"}},
		nodetest.Settled{Name: "no list", Settings: `{"conditions":"status = 1"}`, Want: []string{"setting.wrong_type at conditions"}},
	)
}
