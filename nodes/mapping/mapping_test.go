package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/karezflow/karez/nodes/mapping"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, mapping.Node{})
}

const settings = `{"fields":[{"field":"FBillNo","value":"{{o_id}}"}]}`

// billNo stands in for the settings above.
func billNo() nodetest.Programs {
	return nodetest.Programs{Mapping: map[string]node.Mapping{
		"fields": nodetest.MapFunc(func(in item.Item) (string, error) {
			id := item.Of(in.Raw).Field("o_id")
			if id.Blank() {
				return "", fault.New("value.required", "the bill has no number").At("FBillNo").Classed(fault.Data)
			}
			return `{"FBillNo":` + string(id.Raw()) + `}`, nil
		}),
	}}
}

func TestMap(t *testing.T) {
	t.Parallel()
	nodetest.Run(t, mapping.Node{},
		nodetest.Case{
			Name: "each document becomes a record of its own", Settings: settings, Programs: billNo(),
			In: []string{`{"o_id":1}`, `{"o_id":12345678901234567890}`, `{"o_id":"A"}`},
			Want: []nodetest.Want{
				nodetest.Out("", `{"FBillNo":1}`), nodetest.Out("", `{"FBillNo":12345678901234567890}`), nodetest.Out("", `{"FBillNo":"A"}`),
			},
		},
		nodetest.Case{
			Name: "a failing document leaves its neighbours whole", Settings: settings, Programs: billNo(),
			In: []string{`{"o_id":"first"}`, `{"o_id":""}`, `{"o_id":"last"}`},
			Want: []nodetest.Want{
				nodetest.Out("", `{"FBillNo":"first"}`), nodetest.Fault("value.required", "FBillNo"), nodetest.Out("", `{"FBillNo":"last"}`),
			},
		},
		nodetest.Case{Name: "given up", Settings: settings, Programs: billNo(), In: []string{`{"o_id":1}`}, GivenUp: true, BatchCode: "map.cancelled"},
		manyDocuments(),
	)
}

// manyDocuments outgrow the shared buffer several times.
func manyDocuments() nodetest.Case {
	c := nodetest.Case{Name: "records stay whole when the buffer grows", Settings: settings, Programs: nodetest.Programs{
		Mapping: map[string]node.Mapping{"fields": nodetest.MapFunc(func(in item.Item) (string, error) {
			return `{"long":"` + strings.Repeat(item.Of(in.Raw).Field("o").Text(), 50) + `"}`, nil
		})},
	}}
	for i := range 200 {
		digits := fmt.Sprintf("%03d", i)
		c.In = append(c.In, `{"o":"`+digits+`"}`)
		c.Want = append(c.Want, nodetest.Out("", `{"long":"`+strings.Repeat(digits, 50)+`"}`))
	}
	return c
}

// dirty writes into the buffer it is given before it fails, as a real mapping does.
type dirty struct{}

func (dirty) Map(dst []byte, in item.Item) ([]byte, error) {
	dst = append(dst, `{"half":`...)
	if item.Of(in.Raw).Field("bad").Text() == "true" {
		return dst, fault.New("value.failed", "half-way").Classed(fault.Data)
	}
	return append(dst, "1}"...), nil
}

func TestMapDropsWhatAFailureLeft(t *testing.T) {
	t.Parallel()
	nodetest.Run(t, mapping.Node{}, nodetest.Case{
		Name: "half a record", Settings: settings,
		Programs: nodetest.Programs{Mapping: map[string]node.Mapping{"fields": dirty{}}},
		In:       []string{`{}`, `{"bad":true}`, `{}`},
		Want:     []nodetest.Want{nodetest.Out("", `{"half":1}`), nodetest.Fault("value.failed", ""), nodetest.Out("", `{"half":1}`)},
	})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, mapping.Node{},
		nodetest.Settled{Name: "a field", Settings: settings},
		nodetest.Settled{Name: "none", Settings: `{}`, Want: []string{"setting.required at fields"}},
		nodetest.Settled{Name: "no list", Settings: `{"fields":{"FBillNo":"1"}}`, Want: []string{"setting.wrong_type at fields"}},
	)
}
