// Package webhook is the node 接收推送 (Webhook): documents that other systems post to an
// address of the flow enter here. The engine interprets its settings.
//
// It may import sdk packages and nodes/internal/records only.
package webhook

import (
	"encoding/json"

	"github.com/karezflow/karez/nodes/internal/records"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// Node is the type webhook.
type Node struct{}

// The choices of auth and of answer.
const (
	HMAC  = "hmac"
	Token = "token"

	Accepted = "accepted"
	Result   = "result"
)

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	return node.Declaration{
		Type: "webhook", TypeVersion: 1,
		Title: field.Text{ZH: "接收推送 (Webhook)", EN: "Webhook"},
		Describe: field.Text{
			ZH: "其他系统把单据推送到本方案的地址，立即存入数据管理；可以等处理完再返回结果。",
			EN: "Other systems post documents to an address of this flow; they are in the ledger at once. The answer can wait for what became of them.",
		},
		Icon: "webhook", Category: "read",
		Kind: node.Pull, Role: node.Webhook,
		Outputs:  []node.Port{{Name: "out", Title: field.Text{ZH: "单据", EN: "Documents"}, Traffic: node.Documents}},
		Settings: append(append(door(), identity()...), answers()...),
	}
}

// door declares how others get in.
func door() []field.Setting {
	return []field.Setting{
		{
			Key: "url", Kind: field.Endpoint, Title: field.Text{ZH: "地址与密钥", EN: "Address and secret"},
			Describe: field.Text{
				ZH: "对方系统用 POST 推送到这个地址。地址在发布新版本后不变；密钥不随方案导出。",
				EN: "Others POST to this address. It stays the same over all versions; the secret is never exported with the flow.",
			},
		},
		{
			Key: "auth", Kind: field.PlainChoice, Title: field.Text{ZH: "验证方式", EN: "Who may post"}, Default: HMAC,
			Describe: field.Text{
				ZH: "签名按 Standard Webhooks 规范，能防止内容被改、请求被重放；对方不能签名时用令牌。",
				EN: "Signatures follow Standard Webhooks: nobody can change a request or send it again later. Use the token where the other system can't sign.",
			},
			Options: []field.Option{
				{Value: HMAC, Title: field.Text{ZH: "签名 (HMAC-SHA256)", EN: "Who signs (HMAC-SHA256)"}},
				{Value: Token, Title: field.Text{ZH: "令牌 (Bearer)", EN: "Who has the token (Bearer)"}},
			},
		},
		{
			Key: "records", Kind: field.PlainText, Title: field.Text{ZH: "单据数组", EN: "List of documents"},
			Describe: field.Text{
				ZH: "一次推送多张单据时，单据所在数组的路径，例如 data.orders；$ 表示整个内容就是数组。留空则整个内容是一张单据。",
				EN: "Where a request brings several documents: the path of their list, for example data.orders, or $ where the body is the list. Empty means that the body is the document.",
			},
		},
	}
}

func identity() []field.Setting {
	return []field.Setting{
		{
			Key: "key", Kind: field.Value, Title: field.Text{ZH: "主键", EN: "Key"},
			Describe: field.Text{
				ZH: "单据的唯一标识，例如 {{order_no}}。留空则用请求的消息 ID（webhook-id 或 Idempotency-Key），没有 ID 的请求会被拒绝。",
				EN: "What identifies a document, for example {{order_no}}. Empty means the id of the request (webhook-id or Idempotency-Key); requests without one are refused.",
			},
		},
		records.Number(), records.Modified(), records.OnSeen(),
	}
}

// answers declares what those who post are told.
func answers() []field.Setting {
	least, most := int64(1), int64(60)
	return []field.Setting{
		{
			Key: "answer", Kind: field.PlainChoice, Title: field.Text{ZH: "何时应答", EN: "Answer"}, Default: Accepted,
			Describe: field.Text{
				ZH: "等处理完时，返回应答节点的内容，没有应答节点则返回单据的状态；失败返回 422，需要人处理或超时返回 202 和查询地址。",
				EN: "When it waits, the answer is that of a respond node, else how the document stands; 422 for one that is rejected, 202 with an address to ask at for one that takes longer.",
			},
			Options: []field.Option{
				{Value: Accepted, Title: field.Text{ZH: "存好后立即应答", EN: "At once, when it is stored"}},
				{Value: Result, Title: field.Text{ZH: "处理完再应答", EN: "When it is known what became of it"}},
			},
		},
		{
			Key: "wait", Kind: field.PlainInt, Title: field.Text{ZH: "最多等待（秒）", EN: "Wait at most (seconds)"}, Default: "20", Min: &least, Max: &most,
			When: &field.When{Key: "answer", In: []string{Result}},
		},
		field.KnownFields(field.Text{
			ZH: "单据的字段，供映射时选择。只有声明为 JSON 文本的才打开，可以用 ext.name 这样的路径取里面的值。",
			EN: "Fields of the documents, to choose from in mappings. A JSON text is opened: paths such as ext.name reach into it.",
		}),
	}
}

// CheckSettings implements node.Checker.
func (Node) CheckSettings(raw []byte) []*fault.Fault {
	var s struct {
		Records string `json:"records"`
		Key     string `json:"key"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return []*fault.Fault{fault.New("setting.wrong_type", "the settings do not fit").Classed(fault.Config).Because(err)}
	}
	if s.Records != "" && s.Key == "" {
		return []*fault.Fault{fault.New("setting.required", "documents of one request need a key each").At("key").Classed(fault.Config)}
	}
	return nil
}

var (
	_ node.Type    = Node{}
	_ node.Checker = Node{}
)
