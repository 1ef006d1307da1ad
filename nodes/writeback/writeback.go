// Package writeback is the node 回写: it keeps values of the target's answer with
// the delivery, calls an operation of a system, and hands documents over to another
// flow. The engine interprets its settings, once per done delivery.
//
// It may import sdk packages only.
package writeback

import (
	"encoding/json"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// Node is the type writeback. Its settings store and document are programs.
type Node struct{}

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	return node.Declaration{
		Type: "writeback", TypeVersion: 1,
		Title: field.Text{ZH: "回写", EN: "Writeback"},
		Describe: field.Text{
			ZH: "写入成功后，把目标系统返回的单号等信息存到源单据上，也可以调用一次来源系统或其他系统的接口，或把单据转给其他方案。",
			EN: "After a document was written, keeps the target's number and other values with it, calls the source system or another one, or hands it over to another flow.",
		},
		Icon: "undo-2", Category: "write",
		Kind: node.Sink, Role: node.Writeback,
		Inputs:     []node.Port{{Name: "in", Title: field.Text{ZH: "已写入的单据", EN: "Written documents"}, Traffic: node.Documents}},
		Connection: true, ConnectionWith: "operation",
		Settings: []field.Setting{
			{
				Key: "store", Kind: field.Params, Title: field.Text{ZH: "保存的值", EN: "Values to keep"},
				Describe: field.Text{
					ZH: "{{Id}}、{{Number}} 取目标系统对本单据的返回；{{字段}} 取源单据。转给其他方案的单据用 {{primaryWriteback.字段}} 读取。",
					EN: "{{Id}} and {{Number}} read the target's answer for this document, {{field}} the source document. What is handed over reads what is kept as {{primaryWriteback.field}}.",
				},
			},
			{
				Key: "operation", Kind: field.Operation, Title: field.Text{ZH: "调用接口", EN: "Operation to call"},
				Describe: field.Text{
					ZH: "每次写入成功后调用一次；先选连接器。调用失败会自动重试，不影响单据的状态，也不会让目标再写一遍。留空则不调用。",
					EN: "Called once for every write that succeeded; choose the connection first. A call that fails is repeated by itself, leaves the document's state alone and never has the target written again. Empty calls nothing.",
				},
			},
			{
				Key: "fields", Kind: field.Mapping, Title: field.Text{ZH: "接口字段", EN: "Fields of the call"},
				Describe: field.Text{
					ZH: "接口的请求字段，包括其他请求参数。{{字段}} 取源单据，{{Id}}、{{Number}} 和 {{answer.字段}} 取目标系统的返回，{{primaryWriteback.字段}} 取保存的值。",
					EN: "The request fields of the operation, its other parameters included. {{field}} reads the source document, {{Id}}, {{Number}} and {{answer.field}} the target's answer, {{primaryWriteback.field}} what is kept.",
				},
			},
			{
				Key: "to", Kind: field.FlowRef, Title: field.Text{ZH: "转给方案", EN: "Hand over to"},
				Describe: field.Text{
					ZH: "接收单据的方案，其中须有“上游方案数据”节点；有多个时选其中一个。接在转换节点之后时，单据转出后记为已采集。",
					EN: "The flow that takes the document; it has a node “From another flow”, and where it has several, one is chosen. Behind a transform the document is collected when it was handed over.",
				},
			},
			{
				Key: "document", Kind: field.Mapping, Whole: true, Title: field.Text{ZH: "转出的单据", EN: "What is handed over"},
				Describe: field.Text{
					ZH: "留空则转出整张源单据，保存的值放在 primaryWriteback 中；也可以逐个字段组成新单据，例如 {{字段}}、{{Id}}、{{primaryWriteback.id}}。",
					EN: "Empty hands over the source document as it is, with the kept values under primaryWriteback; or build a new document of fields such as {{field}}, {{Id}} and {{primaryWriteback.id}}.",
				},
			},
		},
	}
}

// CheckSettings implements node.Checker.
func (Node) CheckSettings(raw []byte) []*fault.Fault {
	var s struct {
		Store     []json.RawMessage `json:"store"`
		Operation string            `json:"operation"`
		Fields    []json.RawMessage `json:"fields"`
		To        string            `json:"to"`
		Document  json.RawMessage   `json:"document"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return []*fault.Fault{fault.New("setting.wrong_type", "the settings do not fit").Classed(fault.Config).Because(err)}
	}
	switch document := string(s.Document); {
	case s.To == "" && document != "" && document != "null" && document != "[]" && document != "true":
		return []*fault.Fault{fault.New("setting.required", "choose the flow that takes the document").At("to").Classed(fault.Config)}
	case s.Operation == "" && len(s.Fields) > 0:
		return []*fault.Fault{fault.New("setting.required", "choose the operation that the fields are for").At("operation").Classed(fault.Config)}
	case s.To == "" && s.Operation == "" && len(s.Store) == 0:
		return []*fault.Fault{fault.New("setting.required", "say what is kept, which operation is called, or which flow takes the document").At("store").Classed(fault.Config)}
	}
	return nil
}

var (
	_ node.Type    = Node{}
	_ node.Checker = Node{}
)
