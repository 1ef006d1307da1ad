// Package source is the node 源查询: it pulls documents from a query operation
// into the ledger. The engine interprets its settings.
//
// It may import sdk packages only.
package source

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// Node is the type source.
type Node struct{}

// Settings of a source, but for params and keep, which are programs.
type Settings struct {
	// Operation names a query operation of the connection.
	Operation string `json:"operation"`
	// Key, Number and Modified are value language texts over a pulled record;
	// absent ones are those of the operation's manifest.
	Key      string `json:"key"`
	Number   string `json:"number"`
	Modified string `json:"modified"`
	// StartFrom is where the first pull begins, in the source's zone where it names none.
	StartFrom string `json:"startFrom"`
	// OnSeen is what happens to a changed revision of a delivered document: Skip or Revise.
	OnSeen string `json:"onSeen"`
	// Regroup builds documents from flat rows; nil leaves rows as they are.
	Regroup *Regroup `json:"regroup"`
	// Explode makes a document of each line; nil leaves records as they are.
	Explode *Explode `json:"explode"`
	// Fields are known fields of the answer.
	Fields []field.Known `json:"fields"`
}

// The choices of OnSeen.
const (
	Skip   = "skip"
	Revise = "revise"
)

// Regroup makes one document of consecutive rows that are equal in By.
type Regroup struct {
	By    []string `json:"by"`
	Lines Lines    `json:"lines"`
}

// Explode says which list's lines become documents. Key is a value language text
// over a line's document that identifies it within the record.
type Explode struct {
	Path   string `json:"path"`
	Key    string `json:"key"`
	Prefix string `json:"prefix"`
	Index  string `json:"index"`
}

// Lines say which fields of a row make the lines and where those go: the listed
// ones, or, with Rest or without a list, all that are not in Regroup.By.
type Lines struct {
	Into   string   `json:"into"`
	Fields []string `json:"fields"`
	Rest   bool     `json:"rest"`
}

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
			{
				Key: "number", Kind: field.Value, Title: field.Text{ZH: "单号", EN: "Number"},
				Describe: field.Text{ZH: "供人查找的单号。", EN: "What people search for."},
			},
			{
				Key: "modified", Kind: field.Value, Title: field.Text{ZH: "修改时间", EN: "Modified"},
				Describe: field.Text{ZH: "单据在源系统的修改时间。", EN: "When the document was changed in the source."},
			},
			{
				Key: "startFrom", Kind: field.PlainTime, Title: field.Text{ZH: "增量起点", EN: "Start from"},
				Describe: field.Text{
					ZH: "第一次拉取从何时开始，例如 2024-01-01 00:00:00。",
					EN: "Where the first pull begins, for example 2024-01-01 00:00:00.",
				},
			},
			{
				Key: "onSeen", Kind: field.PlainChoice, Title: field.Text{ZH: "单据再次出现且有变化", EN: "When a document changed"}, Default: Skip,
				Options: []field.Option{
					{Value: Skip, Title: field.Text{ZH: "已写入的不再处理", EN: "Skip what was delivered"}},
					{Value: Revise, Title: field.Text{ZH: "作为新版处理", EN: "Take it as a new revision"}},
				},
			},
			{
				Key: "params", Kind: field.Params, Title: field.Text{ZH: "请求参数", EN: "Request parameters"},
				Describe: field.Text{
					ZH: "查询接口的参数。未填的时间和分页参数按接口声明补齐。",
					EN: "Parameters of the operation. Missing ones for time and page are filled in as the operation declares.",
				},
			},
			regroup(),
			explode(),
			{
				Key: "keep", Kind: field.Conditions, Title: field.Text{ZH: "保留条件", EN: "Keep"},
				Describe: field.Text{
					ZH: "合并、拆行之后，只存符合条件的记录，其余只计数。",
					EN: "Asked after rows were joined and lines taken apart: only records that pass are stored; the others are counted.",
				},
			},
			field.KnownFields(field.Text{
				ZH: "接口返回的字段；取样时自动补充没有的。类型不会改变收到的值，只有声明为 JSON 文本的才打开，可以用 ext.name 这样的路径取里面的值。",
				EN: "Fields of the answer; taking a sample adds those that are missing. Types never change what was received, but a JSON text is opened: paths such as ext.name reach into it.",
			}),
		},
	}
}

func regroup() field.Setting {
	return field.Setting{
		Key: "regroup", Kind: field.GroupOf, Title: field.Text{ZH: "按单据合并行", EN: "Build documents from rows"},
		Describe: field.Text{
			ZH: "查询返回的是平铺的分录行时，把同一单据的行合并为一张单据。",
			EN: "For queries that answer flat lines: makes one document of the rows that belong together.",
		},
		Items: []field.Setting{
			{
				Key: "by", Kind: field.List, Title: field.Text{ZH: "单据字段", EN: "Document fields"}, Required: true,
				Describe: field.Text{
					ZH: "这些字段相同的行属于同一单据；查询须按它们排序。",
					EN: "Rows equal in these fields make one document; the query must be ordered by them.",
				},
			},
			{
				Key: "lines", Kind: field.GroupOf, Title: field.Text{ZH: "明细", EN: "Lines"}, Required: true,
				Items: []field.Setting{
					{Key: "into", Kind: field.PlainText, Title: field.Text{ZH: "明细字段", EN: "Into"}, Required: true},
					{
						Key: "fields", Kind: field.List, Title: field.Text{ZH: "进入明细的字段", EN: "Line fields"},
						When: &field.When{Key: "rest", In: []string{"", "false"}},
					},
					{Key: "rest", Kind: field.PlainBool, Title: field.Text{ZH: "其余字段都进入明细", EN: "All other fields"}},
				},
			},
		},
	}
}

func explode() field.Setting {
	return field.Setting{
		Key: "explode", Kind: field.GroupOf, Title: field.Text{ZH: "按明细行拆成单据", EN: "One document for each line"},
		Describe: field.Text{
			ZH: "每个明细行存成一张单据，行的字段放到数组原来的位置，单头字段复制到每一张；没有明细行的记录只计数。",
			EN: "Stores each line as a document of its own: the line's fields take the list's place, and the fields around it are copied into each. Records without lines are counted only.",
		},
		Items: []field.Setting{
			{
				Key: "path", Kind: field.PlainText, Title: field.Text{ZH: "数组字段", EN: "List"}, Required: true,
				Describe: field.Text{ZH: "例如 items 或 data.items。", EN: "For example items or data.items."},
			},
			{
				Key: "key", Kind: field.Value, Title: field.Text{ZH: "行主键", EN: "Line key"}, Required: true,
				Describe: field.Text{
					ZH: "在同一张单据里识别一行的值，接在主键后面；请用不会随行增减而改变的字段，例如 {{item_id}}。",
					EN: "Identifies a line within its record and stands behind the key; take a field that stays when lines come and go, for example {{item_id}}.",
				},
			},
			{
				Key: "prefix", Kind: field.PlainText, Title: field.Text{ZH: "字段前缀", EN: "Prefix"},
				Describe: field.Text{
					ZH: "加在行的字段名前，例如 items_ 会得到 items_qty；不填则字段名不变，与单头重名的记录不能入库。",
					EN: "Goes before the names of the line's fields: items_ makes items_qty. Without one names stay, and a record is rejected where line and header have the same.",
				},
			},
			{
				Key: "index", Kind: field.PlainText, Title: field.Text{ZH: "行号字段", EN: "Line number"},
				Describe: field.Text{ZH: "把行号（从 1 起）写到这个字段；不填则不写。", EN: "A field that takes the line's number, from 1; none when it is empty."},
			},
		},
	}
}

// CheckSettings implements node.Checker.
func (Node) CheckSettings(raw []byte) []*fault.Fault {
	var s struct {
		StartFrom string   `json:"startFrom"`
		Regroup   *Regroup `json:"regroup"`
		Fields    []struct {
			Field string `json:"field"`
		} `json:"fields"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return []*fault.Fault{fault.New("setting.wrong_type", "the settings do not fit").Classed(fault.Config).Because(err)}
	}
	var faults []*fault.Fault
	if s.StartFrom != "" && !isTime(s.StartFrom) {
		faults = append(faults, fault.New("setting.not_a_time", "%s is not a time", s.StartFrom).At("startFrom").
			Classed(fault.Config).Hinted("for example 2024-01-01 00:00:00"))
	}
	if r := s.Regroup; r != nil {
		faults = append(faults, r.check()...)
	}
	known := map[string]bool{}
	for i, f := range s.Fields {
		if known[f.Field] {
			faults = append(faults, fault.New("source.field_repeated", "the field %s is listed already", f.Field).
				At(fmt.Sprintf("fields[%d].field", i)).Classed(fault.Config))
		}
		known[f.Field] = true
	}
	return faults
}

func (r *Regroup) check() []*fault.Fault {
	var faults []*fault.Fault
	if len(r.By) == 0 {
		faults = append(faults, fault.New("setting.required", "name the fields that make one document").At("regroup.by").Classed(fault.Config))
	}
	by := map[string]bool{}
	for _, f := range r.By {
		by[f] = true
	}
	if by[r.Lines.Into] {
		faults = append(faults, fault.New("source.regroup_overlap", "%s is a field of the document and can't hold its lines", r.Lines.Into).
			At("regroup.lines.into").Classed(fault.Config))
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
