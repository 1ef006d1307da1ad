// Package inlet is the node 上游方案数据: documents of another flow enter here. The
// other one hands them over, or this one reads what the other has stored. The engine
// interprets its settings.
//
// It may import sdk packages only.
package inlet

import (
	"encoding/json"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// Node is the type inlet.
type Node struct{}

// Settings of an inlet, but for conditions, which are a program.
type Settings struct {
	// Key, Number and Modified are value language texts over a document; absent ones
	// are those that the document has in the flow it comes from.
	Key      string `json:"key"`
	Number   string `json:"number"`
	Modified string `json:"modified"`
	// OnSeen is what happens to a changed revision of a delivered document: Skip or Revise.
	OnSeen string `json:"onSeen"`
	// From is the alias of the flow that is read; without one documents are only handed over.
	From string `json:"from"`
	// Source is the node of that flow whose documents are read; it may be left out
	// where there is one.
	Source string `json:"source"`
	// States are those in which a document is read; none means Delivered and Collected.
	States []string `json:"states"`
	// StartFrom leaves out what was not changed since; "" leaves out nothing.
	StartFrom string `json:"startFrom"`
	// Fields are known fields of the documents.
	Fields []field.Known `json:"fields"`
}

// The choices of OnSeen.
const (
	Skip   = "skip"
	Revise = "revise"
)

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	return node.Declaration{
		Type: "inlet", TypeVersion: 1,
		Title: field.Text{ZH: "上游方案数据", EN: "From another flow"},
		Describe: field.Text{
			ZH: "接收其他方案通过回写节点转来的单据，也可以读取其他方案已采集的单据。",
			EN: "Takes documents that the writeback node of another flow hands over; it can also read what another flow has stored.",
		},
		Icon: "log-in", Category: "read",
		Kind: node.Pull, Role: node.Inlet,
		Outputs: []node.Port{{Name: "out", Title: field.Text{ZH: "单据", EN: "Documents"}, Traffic: node.Documents}},
		Settings: append(append(identity(), reading()...), field.KnownFields(field.Text{
			ZH: "单据的字段，供映射时选择。只有声明为 JSON 文本的才打开，可以用 ext.name 这样的路径取里面的值。",
			EN: "Fields of the documents, to choose from in mappings. A JSON text is opened: paths such as ext.name reach into it.",
		})),
	}
}

// identity declares what tells documents apart.
func identity() []field.Setting {
	return []field.Setting{
		{
			Key: "key", Kind: field.Value, Title: field.Text{ZH: "主键", EN: "Key"},
			Describe: field.Text{
				ZH: "单据的唯一标识，例如 {{order_no}}。留空则用单据在上游方案中的主键。",
				EN: "What identifies a document, for example {{order_no}}. Empty means the key that it has in the other flow.",
			},
		},
		{
			Key: "number", Kind: field.Value, Title: field.Text{ZH: "单号", EN: "Number"},
			Describe: field.Text{
				ZH: "供人查找的单号。留空则用单据在上游方案中的单号。",
				EN: "What people search for. Empty means the number that the document has in the other flow.",
			},
		},
		{
			Key: "modified", Kind: field.Value, Title: field.Text{ZH: "修改时间", EN: "Modified"},
			Describe: field.Text{
				ZH: "单据的修改时间。留空则用上游方案中的修改时间。",
				EN: "When the document was changed. Empty means the time that it has in the other flow.",
			},
		},
		{
			Key: "onSeen", Kind: field.PlainChoice, Title: field.Text{ZH: "单据再次出现且有变化", EN: "When a document changed"}, Default: Skip,
			Options: []field.Option{
				{Value: Skip, Title: field.Text{ZH: "已写入的不再处理", EN: "Skip what was delivered"}},
				{Value: Revise, Title: field.Text{ZH: "作为新版处理", EN: "Take it as a new revision"}},
			},
		},
	}
}

// reading declares which stored documents of another flow are read.
func reading() []field.Setting {
	return []field.Setting{
		{
			Key: "from", Kind: field.FlowRef, Title: field.Text{ZH: "读取方案", EN: "Read from"},
			Describe: field.Text{
				ZH: "定时读取哪个方案已采集的单据。留空则只接收转来的单据。",
				EN: "The flow whose stored documents are read at every run. Empty means that documents are only handed over.",
			},
		},
		{
			Key: "source", Kind: field.PlainText, Title: field.Text{ZH: "读取的节点", EN: "Node to read"},
			Describe: field.Text{
				ZH: "该方案的哪个源节点，填节点 ID。只有一个源时可以留空。",
				EN: "The id of the source node in that flow. It may be left empty where there is only one.",
			},
		},
		{
			Key: "states", Kind: field.List, Title: field.Text{ZH: "单据状态", EN: "States"},
			Describe: field.Text{
				ZH: "只读取这些状态的单据。留空则读取已写入和已采集的单据。",
				EN: "Only documents in one of these states are read. Empty means delivered and collected.",
			},
			Options: []field.Option{
				{Value: "delivered", Title: field.Text{ZH: "已写入", EN: "Delivered"}},
				{Value: "collected", Title: field.Text{ZH: "已采集", EN: "Collected"}},
				{Value: "filtered", Title: field.Text{ZH: "已过滤", EN: "Filtered"}},
				{Value: "waiting", Title: field.Text{ZH: "待处理", EN: "Waiting"}},
				{Value: "held", Title: field.Text{ZH: "待合并", EN: "Held"}},
				{Value: "rejected", Title: field.Text{ZH: "失败", EN: "Rejected"}},
				{Value: "retry_at", Title: field.Text{ZH: "等待重试", EN: "To be retried"}},
				{Value: "unmapped", Title: field.Text{ZH: "待映射", EN: "Unmapped"}},
				{Value: "needs_decision", Title: field.Text{ZH: "待人工确认", EN: "Needs a decision"}},
				{Value: "skipped", Title: field.Text{ZH: "已跳过", EN: "Skipped"}},
			},
		},
		{
			Key: "startFrom", Kind: field.PlainTime, Title: field.Text{ZH: "读取起点", EN: "Start from"},
			Describe: field.Text{
				ZH: "第一次只读取此时间之后有变化的单据，例如 2024-01-01 00:00:00。留空则全部读取。",
				EN: "The first reading leaves out documents that did not change since, for example 2024-01-01 00:00:00. Empty reads all.",
			},
		},
		{
			Key: "conditions", Kind: field.Conditions, Title: field.Text{ZH: "读取条件", EN: "Conditions"},
			Describe: field.Text{
				ZH: "只读取符合条件的单据，其余只计数。",
				EN: "Only documents that pass are taken; the others are counted.",
			},
		},
	}
}

// CheckSettings implements node.Checker.
func (Node) CheckSettings(raw []byte) []*fault.Fault {
	var s Settings
	if err := json.Unmarshal(raw, &s); err != nil {
		return []*fault.Fault{fault.New("setting.wrong_type", "the settings do not fit").Classed(fault.Config).Because(err)}
	}
	var faults []*fault.Fault
	if s.StartFrom != "" && !isTime(s.StartFrom) {
		faults = append(faults, fault.New("setting.not_a_time", "%s is not a time", s.StartFrom).At("startFrom").
			Classed(fault.Config).Hinted("for example 2024-01-01 00:00:00"))
	}
	if s.From == "" && (s.Source != "" || len(s.States) > 0 || s.StartFrom != "") {
		faults = append(faults, fault.New("setting.required", "choose the flow that is read, or leave source, states and start empty").At("from").Classed(fault.Config))
	}
	return faults
}

func isTime(text string) bool {
	for _, layout := range []string{time.DateTime, time.DateOnly, time.RFC3339} {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}
	return false
}

var (
	_ node.Type    = Node{}
	_ node.Checker = Node{}
)
