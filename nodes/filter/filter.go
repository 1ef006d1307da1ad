// Package filter is the node 过滤: documents that pass its conditions go one way,
// the others another.
//
// It may import sdk packages only.
package filter

import (
	"context"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// The ports. A document that leaves by a port without an edge counts as filtered.
const (
	True  = "true"
	False = "false"
)

// Node is the type filter.
type Node struct{}

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	return node.Declaration{
		Type: "filter", TypeVersion: 1,
		Title: field.Text{ZH: "过滤", EN: "Filter"},
		Describe: field.Text{
			ZH: "只让符合条件的单据继续；不符合的从另一个出口走，未连线则计为已过滤。",
			EN: "Lets documents that pass go on; the others leave by the other port, and count as filtered where it leads nowhere.",
		},
		Icon: "filter", Category: "process",
		Kind:   node.Transform,
		Inputs: []node.Port{{Name: "in", Title: field.Text{ZH: "单据", EN: "Documents"}, Traffic: node.Documents}},
		Outputs: []node.Port{
			{Name: True, Title: field.Text{ZH: "符合", EN: "Pass"}, Traffic: node.Documents},
			{Name: False, Title: field.Text{ZH: "不符合", EN: "Others"}, Traffic: node.Documents},
		},
		Settings: []field.Setting{{
			Key: "conditions", Kind: field.Conditions, Title: field.Text{ZH: "条件", EN: "Conditions"}, Required: true,
			Describe: field.Text{
				ZH: "组内全部满足且任意一组满足即为符合。",
				EN: "A document passes when all conditions of any one group hold.",
			},
		}},
	}
}

// New implements node.Transformer.
func (Node) New(settings node.Settings) (node.TransformFunc, error) {
	conditions := settings.Conditions("conditions")
	return func(ctx context.Context, batch []item.Item) ([]node.Result, error) {
		results := make([]node.Result, len(batch))
		for i, in := range batch {
			if err := ctx.Err(); err != nil {
				return nil, fault.Wrap(err, "filter.cancelled", "the batch was given up").Classed(fault.Transient)
			}
			matched, err := conditions.Match(in)
			switch {
			case err != nil:
				results[i] = node.Failed(err)
			case matched:
				results[i].Outputs = []node.Output{{Port: True, Item: in}}
			default:
				results[i].Outputs = []node.Output{{Port: False, Item: in}}
			}
		}
		return results, nil
	}, nil
}

var (
	_ node.Type        = Node{}
	_ node.Transformer = Node{}
)
