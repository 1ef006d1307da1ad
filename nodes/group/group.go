// Package group is the node 合并写入: documents with equal values become one bill. The
// engine interprets its settings; documents wait in the ledger until their group closes.
//
// It may import sdk packages only.
package group

import (
	"encoding/json"
	"fmt"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// Node is the type group.
type Node struct{}

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	return node.Declaration{
		Type: "group", TypeVersion: 1,
		Title: field.Text{ZH: "合并写入", EN: "Group"},
		Describe: field.Text{
			ZH: "把单头字段相同的单据合成一张：明细可合并、汇总，超过行数自动拆单。单据在“待合并”中等到关单条件满足；合成的单据只有列出和计算的字段。",
			EN: "Makes one bill of documents with equal values: lines can be merged and added up, and long bills are split. Documents are held until the group closes; a bill has the fields that are listed or calculated, and no others.",
		},
		Icon: "combine", Category: "process",
		Kind: node.Barrier, Role: node.Group,
		Inputs:   []node.Port{{Name: "in", Title: field.Text{ZH: "单据", EN: "Documents"}, Traffic: node.Documents}},
		Outputs:  []node.Port{{Name: "out", Title: field.Text{ZH: "合成的单据", EN: "Bills"}, Traffic: node.Documents}},
		Settings: append(append(composition(), calculations()), closing()...),
	}
}

func composition() []field.Setting {
	return []field.Setting{
		{
			Key: "headerGroup", Kind: field.List, Title: field.Text{ZH: "单头分组字段", EN: "Header fields"},
			Describe: field.Text{
				ZH: "这些字段都相同的单据合成一张，例如 shop_id。合成的单头只保留这些字段和下面计算的字段。",
				EN: "Documents whose values here are equal become one bill, for example shop_id. Its header has these fields and the calculated ones only.",
			},
		},
		{
			Key: "bodyName", Kind: field.PlainText, Title: field.Text{ZH: "明细数组", EN: "Lines"},
			Describe: field.Text{
				ZH: "明细所在的数组字段，例如 items。不填则每张单据本身是一行（例如拍扁之后）。",
				EN: "The list that holds the lines, for example items. Empty takes each document as one line, as behind a flatten.",
			},
		},
		{
			Key: "targetBodyName", Kind: field.PlainText, Title: field.Text{ZH: "合成后的明细数组", EN: "Lines of the bill"},
			Describe: field.Text{ZH: "不填则与明细数组同名。", EN: "Empty keeps the name."},
		},
		{
			Key: "bodyGroup", Kind: field.List, Title: field.Text{ZH: "明细合并字段", EN: "Merge lines by"},
			Describe: field.Text{
				ZH: "这些字段都相同的行合成一行，行里只保留这些字段和下面计算的字段；不填则各行原样保留。",
				EN: "Lines whose values here are equal become one, which has these fields and the calculated ones only. Without any, lines stay as they are.",
			},
		},
		{
			Key: "bodyMaxLine", Kind: field.PlainInt, Title: field.Text{ZH: "最多行数", EN: "Most lines"}, Min: new(int64(1)),
			Describe: field.Text{ZH: "一张单据的行数超过它就自动拆成几张；不填则不拆。", EN: "A bill with more lines is split into several; empty splits none."},
		},
	}
}

func calculations() field.Setting {
	return field.Setting{
		Key: "calculate", Kind: field.List, Title: field.Text{ZH: "计算", EN: "Calculations"},
		Describe: field.Text{
			ZH: "行字段写成“明细数组.字段”，例如 items.qty；汇总不丢一位小数。",
			EN: "Fields of lines are written with the list: items.qty. Totals are exact to the last digit.",
		},
		Items: []field.Setting{
			{
				Key: "field", Kind: field.PlainText, Title: field.Text{ZH: "字段", EN: "Field"}, Required: true,
				Describe: field.Text{ZH: "例如 amount 或 items.amount。", EN: "For example amount or items.amount."},
			},
			{
				Key: "function", Kind: field.PlainChoice, Title: field.Text{ZH: "方式", EN: "Function"}, Default: "$sum",
				Options: []field.Option{
					{Value: "$sum", Title: field.Text{ZH: "求和", EN: "Sum"}},
					{Value: "$avg", Title: field.Text{ZH: "平均", EN: "Average"}},
					{Value: "$min", Title: field.Text{ZH: "最小", EN: "Least"}},
					{Value: "$max", Title: field.Text{ZH: "最大", EN: "Greatest"}},
					{Value: "$push", Title: field.Text{ZH: "收集成数组", EN: "List of all"}},
					{Value: "$addToSet", Title: field.Text{ZH: "收集成数组并去重", EN: "List without repeats"}},
					{Value: "$first", Title: field.Text{ZH: "取第一个", EN: "First"}},
					{Value: "$last", Title: field.Text{ZH: "取最后一个", EN: "Last"}},
				},
			},
			{
				Key: "into", Kind: field.PlainText, Title: field.Text{ZH: "写入字段", EN: "Into"},
				Describe: field.Text{
					ZH: "不填则写回同名字段；把行字段汇总到单头就填单头字段，例如 total。",
					EN: "Empty keeps the name; to add up lines in the header, name a field of the header, for example total.",
				},
			},
			{
				Key: "scale", Kind: field.PlainInt, Title: field.Text{ZH: "小数位", EN: "Decimals"}, Default: "2", Min: new(int64(0)), Max: new(int64(20)),
				When:     &field.When{Key: "function", In: []string{"$avg"}},
				Describe: field.Text{ZH: "平均值保留几位小数，四舍五入。", EN: "How many decimals an average keeps, rounded half up."},
			},
		},
	}
}

func closing() []field.Setting {
	when := func(rules ...string) *field.When { return &field.When{Key: "close", In: rules} }
	return []field.Setting{
		{
			Key: "close", Kind: field.PlainChoice, Title: field.Text{ZH: "关单条件", EN: "Closes"}, Default: "run",
			Describe: field.Text{
				ZH: "满足条件后合成一张单据继续往下走；同样的单头以后再来就是新的一张。最多 5000 张单据合成一张。",
				EN: "Then a bill is made and goes on; what comes later begins another. A group closes at 5000 documents in any case.",
			},
			Options: []field.Option{
				{Value: "run", Title: field.Text{ZH: "本次执行读取完并处理完", EN: "When the run has nothing more for it"}},
				{Value: "count", Title: field.Text{ZH: "满多少张", EN: "At a number of documents"}},
				{Value: "age", Title: field.Text{ZH: "等待多久", EN: "After a time"}},
				{Value: "bucket", Title: field.Text{ZH: "按天", EN: "When the day is over"}},
				{Value: "document", Title: field.Text{ZH: "不等待：逐张汇总、拆单", EN: "At once: total or split each document"}},
			},
		},
		{
			Key: "count", Kind: field.PlainInt, Title: field.Text{ZH: "张数", EN: "Documents"}, Min: new(int64(1)), Max: new(int64(5000)), When: when("count"), Required: true,
		},
		{
			Key: "age", Kind: field.PlainDuration, Title: field.Text{ZH: "等待时间", EN: "Time"}, When: when("age", "bucket"),
			Describe: field.Text{
				ZH: "从第一张单据算起，例如 30m；按天时为当天结束后再等多久。",
				EN: "Counted from the first document, for example 30m; for days, how long after the end of the day.",
			},
		},
		{
			Key: "bucketField", Kind: field.PlainText, Title: field.Text{ZH: "日期字段", EN: "Date field"}, When: when("bucket"),
			Describe: field.Text{
				ZH: "按这个字段的日期分天；不是日期的值（例如店铺）再按到达日期分天。不填则按到达日期。",
				EN: "Its date is the day; other values, such as a shop, are taken together with the day of arrival. Empty is the day of arrival.",
			},
		},
		{
			Key: "late", Kind: field.PlainChoice, Title: field.Text{ZH: "已写入后单据又变化", EN: "A document changes after it was written"}, Default: "decide",
			When: when("run", "count", "age", "bucket"),
			Options: []field.Option{
				{Value: "decide", Title: field.Text{ZH: "待人工确认", EN: "A person decides"}},
				{Value: "new", Title: field.Text{ZH: "新版进新的合并单", EN: "It goes into a new bill"}},
				{Value: "update", Title: field.Text{ZH: "更新原来的合并单", EN: "The bill is made anew"}},
			},
		},
	}
}

// CheckSettings implements node.Checker. The engine checks what the fields are.
func (Node) CheckSettings(raw []byte) []*fault.Fault {
	var s struct {
		HeaderGroup []string `json:"headerGroup"`
		Close       string   `json:"close"`
		Age         string   `json:"age"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return []*fault.Fault{fault.New("setting.wrong_type", "the settings do not fit").Classed(fault.Config).Because(err)}
	}
	var faults []*fault.Fault
	if s.Close != "document" && len(s.HeaderGroup) == 0 {
		faults = append(faults, fault.New("setting.required", "%s (%s) is required", "单头分组字段", "headerGroup").At("headerGroup").Classed(fault.Config))
	}
	if s.Close == "age" && s.Age == "" {
		faults = append(faults, fault.New("setting.required", "%s (%s) is required", "等待时间", "age").At("age").Classed(fault.Config))
	}
	for i, name := range s.HeaderGroup {
		if name == "" {
			faults = append(faults, fault.New("setting.required", "%s (%s) is required", "单头分组字段", "headerGroup").At(fmt.Sprintf("headerGroup[%d]", i)).Classed(fault.Config))
		}
	}
	return faults
}

var (
	_ node.Type    = Node{}
	_ node.Checker = Node{}
)
