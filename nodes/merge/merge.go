// Package merge is the node 汇合: what comes by any of its ways goes on by one.
//
// It may import sdk packages only.
package merge

import (
	"context"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// Node is the type merge.
type Node struct{}

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	return node.Declaration{
		Type: "merge", TypeVersion: 1,
		Title: field.Text{ZH: "汇合", EN: "Merge"},
		Describe: field.Text{
			ZH: "把几条分支接成一条：单据从哪条分支来都继续，不等待；同一单据从几条分支来，就各走一次。要把多张单据合成一张，请用“合并写入”。",
			EN: "Joins branches into one: a document goes on whichever way it comes, and nothing waits; one that comes several ways goes on once for each. To make one document of several, use Group.",
		},
		Icon: "merge", Category: "process",
		Kind:     node.Transform,
		Inputs:   []node.Port{{Name: "in", Title: field.Text{ZH: "各分支的单据", EN: "Documents of all branches"}, Traffic: node.Documents}},
		Outputs:  []node.Port{{Name: "out", Title: field.Text{ZH: "单据", EN: "Documents"}, Traffic: node.Documents}},
		Settings: []field.Setting{},
	}
}

// New implements node.Transformer.
func (Node) New(node.Settings) (node.TransformFunc, error) {
	return func(ctx context.Context, batch []item.Item) ([]node.Result, error) {
		if err := ctx.Err(); err != nil {
			return nil, fault.Wrap(err, "merge.cancelled", "the batch was given up").Classed(fault.Transient)
		}
		results := make([]node.Result, len(batch))
		for i, in := range batch {
			results[i].Outputs = []node.Output{{Item: in}}
		}
		return results, nil
	}, nil
}

var (
	_ node.Type        = Node{}
	_ node.Transformer = Node{}
)
