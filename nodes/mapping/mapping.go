// Package mapping is the node 字段映射, type id map: it builds the target's record
// from a document, field by field, in the value language.
//
// It may import sdk packages only.
package mapping

import (
	"context"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// Node is the type map.
type Node struct{}

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	return node.Declaration{
		Type: "map", TypeVersion: 1,
		Title: field.Text{ZH: "字段映射", EN: "Field mapping"},
		Describe: field.Text{
			ZH: "按目标接口的字段，用源单据的值组成新单据。",
			EN: "Builds the target's record field by field from the source document.",
		},
		Icon: "table-properties", Category: "process",
		Kind:    node.Transform,
		Inputs:  []node.Port{{Name: "in", Title: field.Text{ZH: "单据", EN: "Documents"}, Traffic: node.Documents}},
		Outputs: []node.Port{{Name: "out", Title: field.Text{ZH: "映射结果", EN: "Mapped documents"}, Traffic: node.Documents}},
		Settings: []field.Setting{{
			Key: "fields", Kind: field.Mapping, Title: field.Text{ZH: "字段", EN: "Fields"}, Required: true,
			Describe: field.Text{
				ZH: "每行一个目标字段和它的值；数组字段的值写源数组名，子字段写在其下。",
				EN: "One target field and its value a row; an array field names its source array and holds the fields of its lines.",
			},
		}},
	}
}

// New implements node.Transformer.
func (Node) New(settings node.Settings) (node.TransformFunc, error) {
	fields := settings.Mapping("fields")
	return func(ctx context.Context, batch []item.Item) ([]node.Result, error) {
		results := make([]node.Result, len(batch))
		// The records of a batch share one buffer; a record keeps its span when the buffer moves on growing.
		buffer := make([]byte, 0, sizeOf(batch))
		for i, in := range batch {
			if err := ctx.Err(); err != nil {
				return nil, fault.Wrap(err, "map.cancelled", "the batch was given up").Classed(fault.Transient)
			}
			start := len(buffer)
			grown, err := fields.Map(buffer, in)
			if err != nil {
				results[i] = node.Failed(err)
				continue
			}
			buffer = grown
			results[i].Outputs = []node.Output{{Item: in.With(buffer[start:len(buffer):len(buffer)])}}
		}
		return results, nil
	}, nil
}

func sizeOf(batch []item.Item) int {
	size := 0
	for _, in := range batch {
		size += len(in.Raw)
	}
	return size
}

var (
	_ node.Type        = Node{}
	_ node.Transformer = Node{}
)
