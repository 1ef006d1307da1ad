// Package records holds the settings that nodes share through which records enter a
// flow: what identifies a record, how documents are built of it, and which are kept.
//
// It may import sdk packages only.
package records

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
)

// The choices of OnSeen.
const (
	Skip   = "skip"
	Revise = "revise"
)

// OnSeen is the setting onSeen: what happens to a changed revision of a delivered document.
func OnSeen() field.Setting {
	return field.Setting{
		Key: "onSeen", Kind: field.PlainChoice, Title: field.Text{ZH: "单据再次出现且有变化", EN: "When a document changed"}, Default: Skip,
		Options: []field.Option{
			{Value: Skip, Title: field.Text{ZH: "已写入的不再处理", EN: "Skip what was delivered"}},
			{Value: Revise, Title: field.Text{ZH: "作为新版处理", EN: "Take it as a new revision"}},
		},
	}
}

// Number is the setting number.
func Number() field.Setting {
	return field.Setting{
		Key: "number", Kind: field.Value, Title: field.Text{ZH: "单号", EN: "Number"},
		Describe: field.Text{ZH: "供人查找的单号。", EN: "What people search for."},
	}
}

// Modified is the setting modified.
func Modified() field.Setting {
	return field.Setting{
		Key: "modified", Kind: field.Value, Title: field.Text{ZH: "修改时间", EN: "Modified"},
		Describe: field.Text{ZH: "单据在源系统的修改时间。", EN: "When the document was changed in the source."},
	}
}

// Keep is the setting keep: records that do not pass are counted only.
func Keep() field.Setting {
	return field.Setting{
		Key: "keep", Kind: field.Conditions, Title: field.Text{ZH: "保留条件", EN: "Keep"},
		Describe: field.Text{
			ZH: "合并、拆行之后，只存符合条件的记录，其余只计数。",
			EN: "Asked after rows were joined and lines taken apart: only records that pass are stored; the others are counted.",
		},
	}
}

// Regroup is the setting regroup: documents are built from flat rows.
func Regroup() field.Setting {
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

// Explode is the setting explode: each line becomes a document.
func Explode() field.Setting {
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

// Check reports what is wrong with the shared settings that fit their declaration.
func Check(raw []byte) []*fault.Fault {
	var s struct {
		Regroup *struct {
			By    []string `json:"by"`
			Lines struct {
				Into string `json:"into"`
			} `json:"lines"`
		} `json:"regroup"`
		Fields []struct {
			Field string `json:"field"`
		} `json:"fields"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return []*fault.Fault{fault.New("setting.wrong_type", "the settings do not fit").Classed(fault.Config).Because(err)}
	}
	var faults []*fault.Fault
	if r := s.Regroup; r != nil {
		if len(r.By) == 0 {
			faults = append(faults, fault.New("setting.required", "name the fields that make one document").At("regroup.by").Classed(fault.Config))
		}
		if slices.Contains(r.By, r.Lines.Into) {
			faults = append(faults, fault.New("source.regroup_overlap", "%s is a field of the document and can't hold its lines", r.Lines.Into).
				At("regroup.lines.into").Classed(fault.Config))
		}
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
