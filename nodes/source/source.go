// Package source is the node 源查询: it pulls documents from a query operation
// into the ledger. The engine interprets its settings.
//
// It may import sdk packages and nodes/internal/records only.
package source

import (
	"encoding/json"
	"time"

	"github.com/karezflow/karez/nodes/internal/records"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// Node is the type source.
type Node struct{}

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	return node.Declaration{
		Type: "source", TypeVersion: 1,
		Title: field.Text{ZH: "源查询", EN: "Source"},
		Describe: field.Text{
			ZH: "从源系统的查询接口拉取单据，存入数据管理。",
			EN: "Pulls documents from a query operation into the ledger.",
		},
		Icon: "database", Category: "read",
		Kind: node.Pull, Role: node.Source,
		Inputs:     []node.Port{{Name: "in", Title: field.Text{ZH: "请求", EN: "Requests"}, Traffic: node.Requests}},
		Outputs:    []node.Port{{Name: "out", Title: field.Text{ZH: "单据", EN: "Documents"}, Traffic: node.Documents}},
		Connection: true,
		Settings: []field.Setting{
			{
				Key: "operation", Kind: field.Operation, Title: field.Text{ZH: "查询接口", EN: "Operation"}, Required: true,
			},
			{
				Key: "key", Kind: field.Value, Title: field.Text{ZH: "主键", EN: "Key"},
				Describe: field.Text{
					ZH: "单据的唯一标识，例如 {{as_id}}。留空则用接口声明的主键。",
					EN: "What identifies a document, for example {{as_id}}. Empty means the operation's own key.",
				},
			},
			records.Number(),
			records.Modified(),
			{
				Key: "startFrom", Kind: field.PlainTime, Title: field.Text{ZH: "增量起点", EN: "Start from"},
				Describe: field.Text{
					ZH: "第一次拉取从何时开始，例如 2024-01-01 00:00:00。",
					EN: "Where the first pull begins, for example 2024-01-01 00:00:00.",
				},
			},
			records.OnSeen(),
			{
				Key: "params", Kind: field.Params, Title: field.Text{ZH: "请求参数", EN: "Request parameters"},
				Describe: field.Text{
					ZH: "查询接口的参数。未填的时间和分页参数按接口声明补齐。",
					EN: "Parameters of the operation. Missing ones for time and page are filled in as the operation declares.",
				},
			},
			{
				Key: "sweep", Kind: field.GroupOf, Title: field.Text{ZH: "补漏", EN: "Sweep"},
				Describe: field.Text{
					ZH: "按自己的定时再查一遍最近的时间段，只取台账里没有的单据，不移动增量起点。",
					EN: "Looks through the recent past on a schedule of its own and fetches only what the ledger does not have; the cursor stays.",
				},
				Items: []field.Setting{
					{
						Key: "schedule", Kind: field.PlainText, Title: field.Text{ZH: "补漏定时", EN: "Schedule"},
						Describe: field.Text{
							ZH: "五段：分 时 日 月 星期，例如 30 2 * * *。留空则只能手动补漏。",
							EN: "Minute hour day month weekday, for example 30 2 * * *. Without one only people start it.",
						},
					},
					{
						Key: "lookBack", Kind: field.PlainDuration, Title: field.Text{ZH: "往回看", EN: "How far back"}, Default: "72h",
						Describe: field.Text{ZH: "从增量起点往回看多久，例如 72h。", EN: "How far before the cursor it begins, for example 72h."},
					},
					{
						Key: "params", Kind: field.Params, Title: field.Text{ZH: "补漏请求参数", EN: "Its own parameters"},
						Describe: field.Text{
							ZH: "替换源查询的同名请求参数，其余不变。不用 LAST_SYNC_TIME 时整段一次查询，例如 {{DAYS_AGO_2|datetime}}。",
							EN: "They stand in for the source's of the same name. Where none uses LAST_SYNC_TIME the range is asked for at once, for example with {{DAYS_AGO_2|datetime}}.",
						},
					},
				},
			},
			records.Regroup(),
			records.Explode(),
			records.Keep(),
			field.KnownFields(field.Text{
				ZH: "接口返回的字段；取样时自动补充没有的。类型不会改变收到的值，只有声明为 JSON 文本的才打开，可以用 ext.name 这样的路径取里面的值。",
				EN: "Fields of the answer; taking a sample adds those that are missing. Types never change what was received, but a JSON text is opened: paths such as ext.name reach into it.",
			}),
		},
	}
}

// CheckSettings implements node.Checker.
func (Node) CheckSettings(raw []byte) []*fault.Fault {
	var s struct {
		StartFrom string `json:"startFrom"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return []*fault.Fault{fault.New("setting.wrong_type", "the settings do not fit").Classed(fault.Config).Because(err)}
	}
	var faults []*fault.Fault
	if s.StartFrom != "" && !isTime(s.StartFrom) {
		faults = append(faults, fault.New("setting.not_a_time", "%s is not a time", s.StartFrom).At("startFrom").
			Classed(fault.Config).Hinted("for example 2024-01-01 00:00:00"))
	}
	return append(faults, records.Check(raw)...)
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
