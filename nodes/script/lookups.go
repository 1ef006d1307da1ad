package script

import (
	"regexp"
	"strconv"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// Where a look-up looks.
const (
	inFlow  = "flow"
	inTable = "table"
)

// Lookup declares what a script may look up by a name: which paths of which stream
// must be known before the flow runs, for they are indexed.
type Lookup struct {
	Name      string   `json:"name"`
	In        string   `json:"in"`
	From      string   `json:"from"`
	Source    string   `json:"source"`
	Where     []string `json:"where"`
	Find      string   `json:"find"`
	Table     string   `json:"table"`
	Direction string   `json:"direction"`
	OnMiss    string   `json:"onMiss"`
	OnMany    string   `json:"onMany"`
}

// lookupsSetting is the form of the list of look-ups.
func lookupsSetting() field.Setting {
	in := func(place string) *field.When { return &field.When{Key: "in", In: []string{place}} }
	return field.Setting{
		Key: "lookups", Kind: field.List, Title: field.Text{ZH: "联查", EN: "Look-ups"},
		Describe: field.Text{
			ZH: "代码里用 ctx.lookup(名称, 值) 查询；要查的字段须先在这里声明。",
			EN: "The code asks with ctx.lookup(name, value); the fields it looks into are declared here.",
		},
		Items: []field.Setting{
			{
				Key: "name", Kind: field.PlainText, Title: field.Text{ZH: "名称", EN: "Name"}, Required: true,
				Describe: field.Text{ZH: "代码里用的名称，例如 shop。", EN: "What the code calls it, for example shop."},
			},
			{
				Key: "in", Kind: field.PlainChoice, Title: field.Text{ZH: "在哪里查", EN: "Where to look"}, Default: inFlow,
				Options: []field.Option{
					{Value: inFlow, Title: field.Text{ZH: "其他方案的单据", EN: "Documents of another flow"}},
					{Value: inTable, Title: field.Text{ZH: "对照表", EN: "A code table"}},
				},
			},
			{Key: "from", Kind: field.FlowRef, Title: field.Text{ZH: "方案", EN: "Flow"}, Required: true, When: in(inFlow)},
			{
				Key: "source", Kind: field.PlainText, Title: field.Text{ZH: "来源节点", EN: "Source node"}, When: in(inFlow),
				Describe: field.Text{ZH: "方案有多个来源时写明其中一个的 id。", EN: "The id of one of its sources, where the flow has several."},
			},
			{
				Key: "where", Kind: field.List, Title: field.Text{ZH: "条件字段", EN: "Condition fields"}, Required: true, When: in(inFlow),
				Describe: field.Text{
					ZH: "被查单据的字段；调用时给出每个字段的值，全部相等才算查到。",
					EN: "Fields of the other document; the call gives a value for each, and all must be equal.",
				},
			},
			{Key: "find", Kind: field.PlainText, Title: field.Text{ZH: "取哪个字段", EN: "Wanted field"}, Required: true, When: in(inFlow)},
			{Key: "table", Kind: field.CodeTable, Title: field.Text{ZH: "对照表", EN: "Code table"}, Required: true, When: in(inTable)},
			{
				Key: "direction", Kind: field.PlainChoice, Title: field.Text{ZH: "方向", EN: "Direction"}, Default: "forward", When: in(inTable),
				Options: []field.Option{
					{Value: "forward", Title: field.Text{ZH: "正向：由源编码查目标编码", EN: "Forward: the target code of a source code"}},
					{Value: "reverse", Title: field.Text{ZH: "反向：由目标编码查源编码", EN: "Reverse: the source code of a target code"}},
				},
			},
			{
				Key: "onMiss", Kind: field.PlainChoice, Title: field.Text{ZH: "查不到时", EN: "When nothing is found"}, Default: "park",
				Options: []field.Option{
					{Value: "park", Title: field.Text{ZH: "等待，补上后自动继续", EN: "Wait until it is there"}},
					{Value: "empty", Title: field.Text{ZH: "得到 undefined，继续", EN: "Give undefined and go on"}},
					{Value: "error", Title: field.Text{ZH: "抛出错误", EN: "Throw an error"}},
				},
			},
			{
				Key: "onMany", Kind: field.PlainChoice, Title: field.Text{ZH: "查到多个时", EN: "When several are found"}, Default: "newest",
				Options: []field.Option{
					{Value: "newest", Title: field.Text{ZH: "取最新的一个", EN: "Take the newest"}},
					{Value: "all", Title: field.Text{ZH: "全部，得到数组", EN: "Give all, as an array"}},
					{Value: "error", Title: field.Text{ZH: "抛出错误", EN: "Throw an error"}},
				},
			},
		},
	}
}

// checkLookups reports names that can't be told apart and paths that are blank.
func checkLookups(lookups []Lookup) []*fault.Fault {
	var faults []*fault.Fault
	seen := map[string]bool{}
	name := regexp.MustCompile(`^[\p{L}_$][\p{L}\p{N}_$]*$`)
	for i, l := range lookups {
		at := "lookups[" + strconv.Itoa(i) + "]"
		switch {
		case !name.MatchString(l.Name):
			faults = append(faults, fault.New("script.lookup_name", "%s is no name of a look-up: it is made of letters, digits and _, a letter first", l.Name).
				At(at+".name").Classed(fault.Config))
		case seen[l.Name]:
			faults = append(faults, fault.New("script.lookup_repeated", "two look-ups are named %s", l.Name).At(at+".name").Classed(fault.Config))
		}
		seen[l.Name] = true
		paths := map[string]bool{}
		for n, path := range l.Where {
			if path == "" || paths[path] {
				faults = append(faults, fault.New("script.lookup_path", "the condition fields of a look-up are named, each once").
					At(at+".where["+strconv.Itoa(n)+"]").Classed(fault.Config))
			}
			paths[path] = true
		}
	}
	return faults
}

// asked gives the look-ups as the script's engine wants them.
func asked(lookups []Lookup, settings node.Settings) ([]node.ScriptLookup, error) {
	list := make([]node.ScriptLookup, 0, len(lookups))
	for i, l := range lookups {
		ask := item.Lookup{Table: l.Table, Reverse: l.Direction == "reverse", Where: []item.Equal{{}}}
		if l.In != inTable {
			stream, err := settings.Stream("lookups["+strconv.Itoa(i)+"].from", l.Source, append([]string{l.Find}, l.Where...))
			if err != nil {
				return nil, err
			}
			ask = item.Lookup{From: stream, Find: l.Find}
			for _, path := range l.Where {
				ask.Where = append(ask.Where, item.Equal{Path: path})
			}
		}
		list = append(list, node.ScriptLookup{Name: l.Name, Ask: ask, OnMiss: l.OnMiss, OnMany: l.OnMany})
	}
	return list, nil
}
