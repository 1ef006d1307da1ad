// Package target is the node 写入目标: it ends a document's way in a delivery to
// a write operation. The engine interprets its settings.
//
// It may import sdk packages only.
package target

import (
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// Node is the type target.
type Node struct{}

// Done is the port of documents that were written, with result.id, result.number and result.response.
const Done = "done"

// Settings of a target, but for params, which are programs.
type Settings struct {
	// Operation names a write operation of the connection.
	Operation string `json:"operation"`
	// Key is a value language text over the mapped document that identifies the
	// object in the target; absent means the operation's, else the document's key and part.
	Key string `json:"key"`
	// Rows is how many documents share a call; 0 means the operation's default.
	Rows int `json:"rows"`
	// OnConflict is what happens when the target holds another object with the key.
	OnConflict string `json:"onConflict"`
	// OnRevised is what happens when a delivered document has a newer revision; "" means the operation's default.
	OnRevised string `json:"onRevised"`
	// LastStep names the last step behind the write that is taken, and with it those
	// before; "write" takes none, "" those that the operation takes by itself.
	LastStep string `json:"lastStep"`
	// Retry overrides what is done about failures; what is absent stays.
	Retry Retry `json:"retry"`
}

// Retry are waits, such as "30s", and budgets of tries.
type Retry struct {
	// First is the wait after the first failure, doubled with each up to Most.
	First string `json:"first"`
	Most  string `json:"most"`
	// Tries is how many attempts there are that the target refused for a while or did
	// not answer, GiveUpAfter how long after the first of them it is given up.
	Tries       int    `json:"tries"`
	GiveUpAfter string `json:"giveUpAfter"`
	// Business is the wait for base data or stock.
	Business string `json:"business"`
}

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	one, most := int64(1), int64(10_000)
	return node.Declaration{
		Type: "target", TypeVersion: 1,
		Title: field.Text{ZH: "写入目标", EN: "Target"},
		Describe: field.Text{
			ZH: "把单据写入目标系统，每张单据只写一次，结果可追溯。",
			EN: "Writes each document to the target system exactly once and keeps the result.",
		},
		Icon: "send", Category: "write",
		Kind: node.Sink, Role: node.Target,
		Inputs:     []node.Port{{Name: "in", Title: field.Text{ZH: "单据", EN: "Documents"}, Traffic: node.Documents}},
		Outputs:    []node.Port{{Name: Done, Title: field.Text{ZH: "已写入", EN: "Done"}, Traffic: node.Documents}},
		Connection: true,
		Settings: []field.Setting{
			{
				Key: "operation", Kind: field.Operation, Title: field.Text{ZH: "写入接口", EN: "Operation"}, Required: true,
			},
			{
				Key: "key", Kind: field.Value, Title: field.Text{ZH: "目标主键", EN: "Target key"},
				Describe: field.Text{
					ZH: "在目标系统中识别单据的值，例如 {{FBillNo}}；{{source.x}} 取源单据。留空则用接口声明的主键。",
					EN: "What identifies the object in the target, for example {{FBillNo}}; {{source.x}} reads the source document. Empty means the operation's own key.",
				},
			},
			{
				Key: "rows", Kind: field.PlainInt, Title: field.Text{ZH: "每次写入条数", EN: "Rows per call"}, Min: &one, Max: &most,
				Describe: field.Text{ZH: "留空则用接口的默认值。", EN: "Empty means the operation's default."},
			},
			{
				Key: "onConflict", Kind: field.PlainChoice, Title: field.Text{ZH: "目标已存在时", EN: "When it exists already"}, Default: "decide",
				Options: []field.Option{
					{Value: "decide", Title: field.Text{ZH: "待人工确认", EN: "Let a person decide"}},
					{Value: "reject", Title: field.Text{ZH: "记为失败", EN: "Reject"}},
					{Value: "adopt", Title: field.Text{ZH: "内容相同则视为已写入", EN: "Adopt it when equal"}},
					{Value: "update", Title: field.Text{ZH: "更新它", EN: "Update it"}},
				},
			},
			{
				Key: "onRevised", Kind: field.PlainChoice, Title: field.Text{ZH: "写入后源单据有新版时", EN: "When the source changed after delivery"},
				Describe: field.Text{ZH: "留空则用接口的默认方式。", EN: "Empty means the operation's default."},
				Options: []field.Option{
					{Value: "update", Title: field.Text{ZH: "更新目标", EN: "Update the target"}},
					{Value: "ignore", Title: field.Text{ZH: "忽略", EN: "Ignore it"}},
					{Value: "decide", Title: field.Text{ZH: "待人工确认", EN: "Let a person decide"}},
				},
			},
			{
				Key: "lastStep", Kind: field.Step, Title: field.Text{ZH: "写入后执行到", EN: "Steps after the write"},
				Describe: field.Text{
					ZH: "写入后依次执行的步骤，例如提交、审核：选择最后一步，它前面的步骤也会执行。留空则用接口的默认方式。",
					EN: "What follows the write, for example submit and audit: choose the last step, those before it are taken too. Empty means the operation's default.",
				},
			},
			retries(),
			{
				Key: "params", Kind: field.Params, Title: field.Text{ZH: "其他请求参数", EN: "Other request parameters"},
				Describe: field.Text{
					ZH: "映射以外的请求参数，例如 FormId；参数值不同的单据不会合并在一次调用中。",
					EN: "Request parameters besides the mapping, for example FormId; documents share a call only where these are equal.",
				},
			},
		},
	}
}

// retries declares what is done about failures. The defaults are those of engine/retry.
func retries() field.Setting {
	one, most := int64(1), int64(1_000)
	return field.Setting{
		Key: "retry", Kind: field.GroupOf, Title: field.Text{ZH: "失败重试", EN: "Retries"},
		Describe: field.Text{
			ZH: "目标系统暂时不接受，或应答丢失时，多久再试一次、试到什么时候。连接器不可达或要修复时一直重试，不受次数和时间限制。",
			EN: "When the target does not take a document for a while, or an answer is lost: how long until the next try, and until when. A target that can't be reached, or a connection to be mended, is tried again without an end.",
		},
		Items: []field.Setting{
			{
				Key: "first", Kind: field.PlainDuration, Title: field.Text{ZH: "首次间隔", EN: "First wait"}, Default: "2s",
				Describe: field.Text{ZH: "第一次失败后等多久；之后每次加倍。", EN: "How long to wait after the first failure; each wait is twice the one before."},
			},
			{
				Key: "most", Kind: field.PlainDuration, Title: field.Text{ZH: "最长间隔", EN: "Longest wait"}, Default: "10m",
				Describe: field.Text{ZH: "加倍到这里为止。", EN: "Where the doubling ends."},
			},
			{
				Key: "tries", Kind: field.PlainInt, Title: field.Text{ZH: "最多次数", EN: "Most attempts"}, Min: &one, Max: &most, Default: "20",
				Describe: field.Text{
					ZH: "用完后：目标系统拒绝的记为失败，应答丢失的待人工确认。",
					EN: "Then it is rejected where the target refused it, and needs a decision where the answer was lost.",
				},
			},
			{
				Key: "giveUpAfter", Kind: field.PlainDuration, Title: field.Text{ZH: "放弃时间", EN: "Give up after"},
				Describe: field.Text{
					ZH: "从第一次发送算起，超过这个时间不再重试，例如 24h；也适用于等待基础资料或库存。留空则不限时间。",
					EN: "How long after the first attempt it is given up, for example 24h; also while it waits for base data or stock. Empty means never.",
				},
			},
			{
				Key: "business", Kind: field.PlainDuration, Title: field.Text{ZH: "等基础资料的间隔", EN: "Wait for base data"}, Default: "10m",
				Describe: field.Text{ZH: "缺少基础资料或库存不足时，每隔多久再试一次。", EN: "How long to wait between tries while base data are missing or stock is short."},
			},
		},
	}
}

var _ node.Type = Node{}
