// Package discard is the node 空操作·只采集: documents end here as collected, for
// flows that only gather data for look-ups. The engine interprets it.
//
// It may import sdk packages only.
package discard

import (
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// Node is the type discard.
type Node struct{}

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	return node.Declaration{
		Type: "discard", TypeVersion: 1,
		Title: field.Text{ZH: "空操作·只采集", EN: "Collect only"},
		Describe: field.Text{
			ZH: "不写入任何系统，单据只采集到数据管理，供其他方案查找。",
			EN: "Writes nowhere: documents are only collected, for other flows to look up.",
		},
		Icon: "archive", Category: "write",
		Kind: node.Sink, Role: node.Discard,
		Inputs:   []node.Port{{Name: "in", Title: field.Text{ZH: "单据", EN: "Documents"}, Traffic: node.Documents}},
		Settings: []field.Setting{},
	}
}

var _ node.Type = Node{}
