// Package respond is the node 应答: what a system hears that posted a document and waits
// for the result. The engine interprets its settings.
//
// It may import sdk packages only.
package respond

import (
	"encoding/json"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// Node is the type respond.
type Node struct{}

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	least, most := int64(200), int64(599)
	return node.Declaration{
		Type: "respond", TypeVersion: 1,
		Title: field.Text{ZH: "应答", EN: "Respond"},
		Describe: field.Text{
			ZH: "推送单据的系统在等结果时，返回给它的状态码和内容；应答随单据保存，重复推送得到同一应答。",
			EN: "The status and body that a system hears which posted the document and waits. They are kept with the document: who posts it again hears the same.",
		},
		Icon: "reply", Category: "write",
		Kind: node.Sink, Role: node.Respond,
		Inputs: []node.Port{{Name: "in", Title: field.Text{ZH: "单据", EN: "Documents"}, Traffic: node.Documents}},
		Settings: []field.Setting{
			{
				Key: "status", Kind: field.PlainInt, Title: field.Text{ZH: "状态码", EN: "Status"}, Default: "200", Min: &least, Max: &most,
				Describe: field.Text{ZH: "HTTP 状态码，2xx、4xx 或 5xx。", EN: "That of HTTP: 2xx, 4xx or 5xx."},
			},
			{
				Key: "body", Kind: field.Mapping, Title: field.Text{ZH: "内容", EN: "Body"},
				Describe: field.Text{
					ZH: "返回的 JSON。{{字段}} 取单据；接在写入目标之后时，{{Id}}、{{Number}} 取目标系统的返回。",
					EN: "The JSON that is answered. {{field}} reads the document; behind a target {{Id}} and {{Number}} read its answer.",
				},
			},
		},
	}
}

// CheckSettings implements node.Checker.
func (Node) CheckSettings(raw []byte) []*fault.Fault {
	var s struct {
		Status json.Number `json:"status"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return []*fault.Fault{fault.New("setting.wrong_type", "the settings do not fit").Classed(fault.Config).Because(err)}
	}
	if s.Status != "" && s.Status[0] == '3' {
		return []*fault.Fault{fault.New("respond.status", "an answer leads nowhere else: %s is no status for it", string(s.Status)).At("status").Classed(fault.Config).
			Hinted("use 2xx, 4xx or 5xx")}
	}
	return nil
}

var (
	_ node.Type    = Node{}
	_ node.Checker = Node{}
)
