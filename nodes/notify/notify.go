// Package notify is the node 通知: it sends people a message about the documents that
// reach it. The engine interprets its settings; a message is sent after the walk is
// committed, by a connector that sends messages.
//
// It may import sdk packages only.
package notify

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// Node is the type notify. Its settings title, text and to are programs.
type Node struct{}

// When a message is sent.
const (
	// Each sends one for every document.
	Each = "each"
	// Digest sends one for all documents of a run.
	Digest = "digest"
)

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	return node.Declaration{
		Type: "notify", TypeVersion: 1,
		Title: field.Text{ZH: "通知", EN: "Notify"},
		Describe: field.Text{
			ZH: "单据到达时，通过钉钉、飞书、企业微信、邮件或 Webhook 给人发消息；常接在“出错”端口之后。",
			EN: "Sends people a message when a document arrives, by DingTalk, Feishu, WeCom, e-mail or a webhook; often behind an error port.",
		},
		Icon: "bell", Category: "write",
		Kind: node.Sink, Role: node.Notify,
		Inputs:     []node.Port{{Name: "in", Title: field.Text{ZH: "单据", EN: "Documents"}, Traffic: node.Documents}},
		Connection: true,
		Settings: []field.Setting{
			{
				Key: "title", Kind: field.Value, Title: field.Text{ZH: "标题", EN: "Title"},
				Describe: field.Text{
					ZH: "例如 单据 {{document.number}} 写入失败。",
					EN: "For example: {{document.number}} was not written.",
				},
			},
			{
				Key: "text", Kind: field.Value, Title: field.Text{ZH: "正文", EN: "Text"},
				Describe: field.Text{
					ZH: "支持 Markdown。{{字段}} 取到达的单据，{{document.key}}、{{document.number}} 取主键和单号；接在“出错”端口之后时，{{error.message}}、{{error.code}}、{{error.field}} 取原因。",
					EN: "Markdown. {{field}} reads the document as it arrives, {{document.key}} and {{document.number}} its key and number; behind an error port {{error.message}}, {{error.code}} and {{error.field}} tell the reason.",
				},
			},
			{
				Key: "to", Kind: field.Value, Title: field.Text{ZH: "发给", EN: "To"},
				Describe: field.Text{
					ZH: "要提醒的手机号或收件邮箱，用逗号分隔；留空则发到连接器里设置的群或地址。",
					EN: "Phone numbers to be mentioned or e-mail addresses, separated by commas. Empty sends to the group or address of the connection.",
				},
			},
			{
				Key: "when", Kind: field.PlainChoice, Title: field.Text{ZH: "发送方式", EN: "Sending"}, Default: Each,
				Options: []field.Option{
					{Value: Each, Title: field.Text{ZH: "每张单据一条", EN: "One for every document"}},
					{Value: Digest, Title: field.Text{ZH: "每次执行汇总为一条", EN: "One for all documents of a run"}},
				},
				Describe: field.Text{
					ZH: "汇总时，消息在执行结束后发出，写明共几张，并列出前 20 张的正文。",
					EN: "One message for all is sent when the run is over; it has their number and the texts of the first 20.",
				},
			},
			{
				Key: "every", Kind: field.PlainDuration, Title: field.Text{ZH: "最迟多久发出", EN: "At the latest after"}, Default: "30m",
				When: &field.When{Key: "when", In: []string{Digest}},
				Describe: field.Text{
					ZH: "执行一直没有结束时，第一张单据到达后过这么久也发出。",
					EN: "When the run is not over by then, the message is sent so long after its first document arrived.",
				},
			},
		},
	}
}

// CheckSettings implements node.Checker.
func (Node) CheckSettings(raw []byte) []*fault.Fault {
	var s struct {
		Title string `json:"title"`
		Text  string `json:"text"`
		When  string `json:"when"`
		Every string `json:"every"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return []*fault.Fault{fault.New("setting.wrong_type", "the settings do not fit").Classed(fault.Config).Because(err)}
	}
	var faults []*fault.Fault
	if strings.TrimSpace(s.Title) == "" && strings.TrimSpace(s.Text) == "" {
		faults = append(faults, fault.New("setting.required", "say what the message tells").At("text").Classed(fault.Config))
	}
	if d, err := time.ParseDuration(s.Every); s.When == Digest && s.Every != "" && (err != nil || d < time.Minute || d > 24*time.Hour) {
		faults = append(faults, fault.New("setting.out_of_range", "a message is gathered between one minute and a day").At("every").Classed(fault.Config))
	}
	return faults
}

var (
	_ node.Type    = Node{}
	_ node.Checker = Node{}
)
