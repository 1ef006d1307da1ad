package lookup

import (
	"encoding/json"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	return node.Declaration{
		Type: "lookup", TypeVersion: 1,
		Title: field.Text{ZH: "联查", EN: "Look-up"},
		Describe: field.Text{
			ZH: "到其他方案的单据、对照表或查询接口中取得与单据有关的值，放进单据里。",
			EN: "Fetches what belongs to a document from another flow's documents, a code table or a query operation, and puts it into the document.",
		},
		Icon: "search", Category: "process",
		Kind:       node.Transform,
		Connection: true, ConnectionWhen: &field.When{Key: "in", In: []string{Operation}},
		Inputs:   []node.Port{{Name: "in", Title: field.Text{ZH: "单据", EN: "Documents"}, Traffic: node.Documents}},
		Outputs:  []node.Port{{Name: "out", Title: field.Text{ZH: "联查后的单据", EN: "Documents with what was found"}, Traffic: node.Documents}},
		Settings: append(append(places(), questions()...), answers()...),
	}
}

func in(places ...string) *field.When { return &field.When{Key: "in", In: places} }

// places tell where is looked.
func places() []field.Setting {
	return []field.Setting{
		{
			Key: "in", Kind: field.PlainChoice, Title: field.Text{ZH: "在哪里查", EN: "Where to look"}, Default: Flow,
			Options: []field.Option{
				{Value: Flow, Title: field.Text{ZH: "其他方案的单据", EN: "Documents of another flow"}},
				{Value: Table, Title: field.Text{ZH: "对照表", EN: "A code table"}},
				{Value: Operation, Title: field.Text{ZH: "查询接口", EN: "A query operation"}},
			},
		},
		{Key: "from", Kind: field.FlowRef, Title: field.Text{ZH: "方案", EN: "Flow"}, Required: true, When: in(Flow)},
		{
			Key: "source", Kind: field.PlainText, Title: field.Text{ZH: "来源节点", EN: "Source node"}, When: in(Flow),
			Describe: field.Text{ZH: "方案有多个来源时写明其中一个的 id。", EN: "The id of one of its sources, where the flow has several."},
		},
		{Key: "table", Kind: field.CodeTable, Title: field.Text{ZH: "对照表", EN: "Code table"}, Required: true, When: in(Table)},
		{
			Key: "direction", Kind: field.PlainChoice, Title: field.Text{ZH: "方向", EN: "Direction"}, Default: "forward", When: in(Table),
			Options: []field.Option{
				{Value: "forward", Title: field.Text{ZH: "正向：由源编码查目标编码", EN: "Forward: the target code of a source code"}},
				{Value: "reverse", Title: field.Text{ZH: "反向：由目标编码查源编码", EN: "Reverse: the source code of a target code"}},
			},
		},
		{Key: "operation", Kind: field.Operation, Title: field.Text{ZH: "查询接口", EN: "Operation"}, Required: true, When: in(Operation)},
	}
}

// questions are what is asked with.
func questions() []field.Setting {
	return []field.Setting{
		{
			Key: "where", Kind: field.Params, Title: field.Text{ZH: "条件", EN: "Conditions"}, Required: true, When: in(Flow),
			Describe: field.Text{
				ZH: "被查单据的字段等于给定的值，全部满足；明细字段须在同一行上满足。",
				EN: "The other document's field equals the value; all must hold, those on lines within one line.",
			},
		},
		{
			Key: "code", Kind: field.Value, Title: field.Text{ZH: "编码", EN: "Code"}, Required: true, When: in(Table),
			Describe: field.Text{ZH: "例如 {{shop_id}}。", EN: "For example {{shop_id}}."},
		},
		{
			Key: "params", Kind: field.Params, Title: field.Text{ZH: "请求参数", EN: "Parameters"}, When: in(Operation),
			Describe: field.Text{
				ZH: "可引用单据的字段；参数相同的单据共用一次调用。",
				EN: "May read the document; documents with equal parameters share a call.",
			},
		},
		{
			Key: "cacheFor", Kind: field.PlainDuration, Title: field.Text{ZH: "结果缓存", EN: "Keep the answer for"}, When: in(Operation),
			Describe: field.Text{ZH: "例如 10m；不填则每批重新调用。", EN: "For example 10m; without it each batch calls anew."},
		},
	}
}

// answers are what is made of what was found.
func answers() []field.Setting {
	return []field.Setting{
		{
			Key: "find", Kind: field.PlainText, Title: field.Text{ZH: "取哪个字段", EN: "Wanted field"}, When: in(Flow, Operation),
			Describe: field.Text{ZH: "查询接口可不填，取整行。", EN: "Of an operation's row it may be left out: then the whole row is taken."},
		},
		{
			Key: "into", Kind: field.PlainText, Title: field.Text{ZH: "放到", EN: "Put into"}, Required: true,
			Describe: field.Text{ZH: "单据的字段，例如 kuaidi100Data 或 shop.name。", EN: "A field of the document, for example kuaidi100Data or shop.name."},
		},
		{
			Key: "onMiss", Kind: field.PlainChoice, Title: field.Text{ZH: "查不到时", EN: "When nothing is found"}, Default: Park,
			Options: []field.Option{
				{Value: Park, Title: field.Text{ZH: "等待，补上后自动继续", EN: "Wait until it is there"}},
				{Value: Empty, Title: field.Text{ZH: "不放任何值，继续", EN: "Go on without it"}},
				{Value: Error, Title: field.Text{ZH: "失败", EN: "Fail"}},
			},
		},
		{
			Key: "onMany", Kind: field.PlainChoice, Title: field.Text{ZH: "查到多个时", EN: "When several are found"}, Default: Newest,
			Options: []field.Option{
				{Value: Newest, Title: field.Text{ZH: "取最新的一个", EN: "Take the newest"}},
				{Value: All, Title: field.Text{ZH: "全部放成数组", EN: "Take all, as a list"}},
				{Value: Error, Title: field.Text{ZH: "失败", EN: "Fail"}},
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
	if (s.In == "" || s.In == Flow) && s.Find == "" {
		return []*fault.Fault{fault.New("lookup.find_missing", "which field of the other document is wanted?").At("find").Classed(fault.Config)}
	}
	return nil
}
