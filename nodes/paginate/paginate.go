// Package paginate is the node 分页: how the pages of a query follow each other.
// The engine interprets its settings and guards against pages that repeat,
// shift or never end.
//
// It may import sdk packages only.
package paginate

import (
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// Node is the type paginate.
type Node struct{}

// Settings of paging. Absent ones are those of the operation's manifest.
type Settings struct {
	// Strategy is page, offset, cursor, keyset or none.
	Strategy string `json:"strategy"`
	// PageSize is the number of rows asked for.
	PageSize int `json:"pageSize"`
	// Direction is forward or backward, for numbered pages.
	Direction string `json:"direction"`
	// KeyField is the field of a row whose last value begins the next page, for keyset.
	KeyField string `json:"keyField"`
	// KeyStart is what the first page begins behind.
	KeyStart string `json:"keyStart"`
	// MaxPages stops a window whose pages never end.
	MaxPages int `json:"maxPages"`
}

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	one, mostRows, mostPages := int64(1), int64(10_000), int64(1_000_000)
	return node.Declaration{
		Type: "paginate", TypeVersion: 1,
		Title: field.Text{ZH: "分页", EN: "Pages"},
		Describe: field.Text{
			ZH: "规定查询如何翻页、每页多少条。不放此节点时按接口的默认方式分页。",
			EN: "Says how a query is paged and how many rows a page has. Without this node the operation's own paging applies.",
		},
		Icon: "files", Category: "read",
		Kind: node.Pull, Role: node.Paginate,
		Inputs:  []node.Port{{Name: "in", Title: field.Text{ZH: "时间段", EN: "Windows"}, Traffic: node.Requests}},
		Outputs: []node.Port{{Name: "out", Title: field.Text{ZH: "页请求", EN: "Page requests"}, Traffic: node.Requests}},
		Settings: []field.Setting{
			{
				Key: "strategy", Kind: field.PlainChoice, Title: field.Text{ZH: "分页方式", EN: "Strategy"},
				Describe: field.Text{ZH: "留空则用接口的分页方式。", EN: "Empty means the operation's own."},
				Options: []field.Option{
					{Value: "page", Title: field.Text{ZH: "页码", EN: "Page number"}},
					{Value: "offset", Title: field.Text{ZH: "起始行", EN: "Row offset"}},
					{Value: "cursor", Title: field.Text{ZH: "游标", EN: "Cursor"}},
					{Value: "keyset", Title: field.Text{ZH: "按主键续读", EN: "After the last key"}},
					{Value: "none", Title: field.Text{ZH: "不分页", EN: "No paging"}},
				},
			},
			{
				Key: "pageSize", Kind: field.PlainInt, Title: field.Text{ZH: "每页条数", EN: "Page size"}, Min: &one, Max: &mostRows,
				Describe: field.Text{ZH: "不能超过接口的上限；留空则用接口的默认值。", EN: "At most the operation's limit; empty means its default."},
			},
			{
				Key: "direction", Kind: field.PlainChoice, Title: field.Text{ZH: "翻页方向", EN: "Direction"},
				Describe: field.Text{
					ZH: "从后往前翻可避免单据在翻页时移动而漏读，要求接口返回总数。",
					EN: "Reading backward misses nothing when documents move while pages are read; it needs a total.",
				},
				Options: []field.Option{
					{Value: "forward", Title: field.Text{ZH: "从前往后", EN: "Forward"}},
					{Value: "backward", Title: field.Text{ZH: "从后往前", EN: "Backward"}},
				},
			},
			{
				Key: "keyField", Kind: field.PlainText, Title: field.Text{ZH: "续读字段", EN: "Key field"}, Required: true,
				When: &field.When{Key: "strategy", In: []string{"keyset"}},
				Describe: field.Text{
					ZH: "每页最后一行的这个字段作为下一页的起点（PAGINATION_TOKEN）。",
					EN: "The value of this field in the last row begins the next page (PAGINATION_TOKEN).",
				},
			},
			{
				Key: "keyStart", Kind: field.PlainText, Title: field.Text{ZH: "首页起点", EN: "First key"},
				When: &field.When{Key: "strategy", In: []string{"keyset"}},
				Describe: field.Text{
					ZH: "第一页的 PAGINATION_TOKEN，例如 0；留空则为空。",
					EN: "What PAGINATION_TOKEN is for the first page, for example 0; empty where nothing is given.",
				},
			},
			{
				Key: "maxPages", Kind: field.PlainInt, Title: field.Text{ZH: "最多页数", EN: "Most pages"}, Default: "10000", Min: &one, Max: &mostPages,
				Describe: field.Text{
					ZH: "一个时间段超过此页数即停止并报错，防止无限翻页。",
					EN: "A window with more pages stops with an error, so that paging never runs on for ever.",
				},
			},
		},
	}
}

var _ node.Type = Node{}
