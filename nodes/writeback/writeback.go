// Package writeback is the node 回写: it keeps values of the target's answer with
// the delivery. The engine interprets its settings, once per done delivery.
//
// It may import sdk packages only.
package writeback

import (
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// Node is the type writeback. Its one setting, store, is a program.
type Node struct{}

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	return node.Declaration{
		Type: "writeback", TypeVersion: 1,
		Title: field.Text{ZH: "回写", EN: "Writeback"},
		Describe: field.Text{
			ZH: "写入成功后，把目标系统返回的单号等信息存到源单据上。",
			EN: "After a document was written, keeps the target's number and other values with it.",
		},
		Icon: "undo-2", Category: "write",
		Kind: node.Sink, Role: node.Writeback,
		Inputs: []node.Port{{Name: "in", Title: field.Text{ZH: "已写入的单据", EN: "Written documents"}, Traffic: node.Documents}},
		Settings: []field.Setting{{
			Key: "store", Kind: field.Params, Title: field.Text{ZH: "保存的值", EN: "Values to keep"}, Required: true,
			Describe: field.Text{
				ZH: "{{Id}}、{{Number}} 取目标系统对本单据的返回；{{字段}} 取源单据。其他方案用 {{primaryWriteback.字段}} 读取。",
				EN: "{{Id}} and {{Number}} read the target's answer for this document, {{field}} the source document. Others read what is kept as {{primaryWriteback.field}}.",
			},
		}},
	}
}

var _ node.Type = Node{}
