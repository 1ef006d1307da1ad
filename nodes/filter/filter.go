// Package filter is the node 过滤: documents that pass its conditions go one way,
// the others another.
//
// It may import sdk packages only.
package filter

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// The ports. A document that leaves by a port without an edge counts as filtered.
const (
	True  = "true"
	False = "false"
)

// Node is the type filter.
type Node struct{}

// Settings of a filter, but for its conditions, which are programs.
type Settings struct {
	// Lines, where they are given, have conditions of their own.
	Lines *Lines `json:"lines"`
}

// Lines are those of one list of the document.
type Lines struct {
	// Path leads to the list.
	Path string `json:"path"`
	// Strict lets no document pass that has a line which does not; else such lines are taken out.
	Strict bool `json:"strict"`
}

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	return node.Declaration{
		Type: "filter", TypeVersion: 1,
		Title: field.Text{ZH: "过滤", EN: "Filter"},
		Describe: field.Text{
			ZH: "只让符合条件的单据继续；不符合的从另一个出口走，未连线则计为已过滤。也可以只去掉不符合的明细行。",
			EN: "Lets documents that pass go on; the others leave by the other port, and count as filtered where it leads nowhere. It can also take out single lines.",
		},
		Icon: "filter", Category: "process",
		Kind:   node.Transform,
		Inputs: []node.Port{{Name: "in", Title: field.Text{ZH: "单据", EN: "Documents"}, Traffic: node.Documents}},
		Outputs: []node.Port{
			{Name: True, Title: field.Text{ZH: "符合", EN: "Pass"}, Traffic: node.Documents},
			{Name: False, Title: field.Text{ZH: "不符合", EN: "Others"}, Traffic: node.Documents},
		},
		Settings: []field.Setting{
			{
				Key: "conditions", Kind: field.Conditions, Title: field.Text{ZH: "条件", EN: "Conditions"},
				Describe: field.Text{
					ZH: "组内全部满足且任意一组满足即为符合；明细字段如 items.name 有一行满足即可。",
					EN: "A document passes when all conditions of any one group hold; for a field of lines such as items.name one line will do.",
				},
			},
			{
				Key: "lines", Kind: field.GroupOf, Title: field.Text{ZH: "明细行", EN: "Lines"},
				Describe: field.Text{ZH: "不需要按行过滤时留空。", EN: "Leave it empty where lines need no conditions of their own."},
				Items:    lines(),
			},
		},
	}
}

func lines() []field.Setting {
	return []field.Setting{
		{
			Key: "path", Kind: field.PlainText, Title: field.Text{ZH: "数组字段", EN: "List"},
			Describe: field.Text{ZH: "明细所在的数组，例如 items。", EN: "The list that holds the lines, for example items."},
		},
		{
			Key: "when", Kind: field.Conditions, Title: field.Text{ZH: "行条件", EN: "Conditions of a line"},
			Describe: field.Text{
				ZH: "逐行判断；字段写 items.name 或 name，行里没有的取单头。",
				EN: "Asked of each line; a field is written items.name or name, and read from the header where the line has none.",
			},
		},
		{
			Key: "strict", Kind: field.PlainBool, Title: field.Text{ZH: "严格模式", EN: "Strict"}, Default: "false",
			Describe: field.Text{
				ZH: "开启：任何一行不符合，整张单据都算不符合。关闭：只去掉不符合的行，一行不剩的单据算不符合。",
				EN: "On: one line that fails keeps the whole document from passing. Off: such lines are taken out, and a document that keeps none does not pass.",
			},
		},
	}
}

// CheckSettings implements node.Checker: something must be asked, and of lines both where they are and what.
func (Node) CheckSettings(raw []byte) []*fault.Fault {
	settings := item.Of(raw)
	lines := settings.Field("lines")
	path, when := lines.Field("path"), lines.Field("when")
	missing := func(at, title string) []*fault.Fault {
		return []*fault.Fault{fault.New("setting.required", "%s (%s) is required", title, at).At(at).Classed(fault.Config)}
	}
	switch {
	case path.Blank() && when.Blank() && settings.Field("conditions").Blank():
		return missing("conditions", "条件")
	case path.Blank() && !when.Blank():
		return missing("lines.path", "数组字段")
	case !path.Blank() && (when.Blank() || string(when.Raw()) == "[]"):
		return missing("lines.when", "行条件")
	default:
		return nil
	}
}

// New implements node.Transformer.
func (Node) New(settings node.Settings) (node.TransformFunc, error) {
	var s Settings
	if err := settings.Decode(&s); err != nil {
		return nil, err
	}
	f := filter{}
	if s.Lines != nil && s.Lines.Path != "" {
		f.Lines, f.line = *s.Lines, settings.Conditions("lines.when")
	}
	var given map[string]json.RawMessage
	if err := settings.Decode(&given); err != nil {
		return nil, err
	}
	if c := given["conditions"]; len(c) > 0 && string(c) != "null" {
		f.document = settings.Conditions("conditions")
	}
	return f.apply, nil
}

type filter struct {
	Lines
	// document and line are nil where nothing is asked of them.
	document, line node.Conditions
}

func (f filter) apply(ctx context.Context, batch []item.Item) ([]node.Result, error) {
	results := make([]node.Result, len(batch))
	for i, in := range batch {
		if err := ctx.Err(); err != nil {
			return nil, fault.Wrap(err, "filter.cancelled", "the batch was given up").Classed(fault.Transient)
		}
		passed, ok, err := f.pass(in)
		switch {
		case err != nil:
			results[i] = node.Failed(err)
		case ok:
			results[i].Outputs = []node.Output{{Port: True, Item: passed}}
		default:
			results[i].Outputs = []node.Output{{Port: False, Item: in}}
		}
	}
	return results, nil
}

// pass gives what goes on of a document, false when nothing does.
func (f filter) pass(in item.Item) (item.Item, bool, error) {
	if f.document != nil {
		if ok, err := f.document.Match(in); err != nil || !ok {
			return in, false, err
		}
	}
	if f.line == nil {
		return in, true, nil
	}
	start, end, ok := item.Locate(in.Raw, f.Path)
	if !ok {
		return in, true, nil // without lines none fails
	}
	return f.withLines(in, start, end)
}

// withLines tests the lines at a place in the document.
func (f filter) withLines(in item.Item, start, end int) (item.Item, bool, error) {
	kept := []byte{'['}
	passed, total := 0, 0
	var open node.UnansweredError
	for line := range item.Of(in.Raw[start:end]).Elements() {
		total++
		ok, err := f.line.MatchLine(in, f.Path, line)
		switch {
		case open.Join(err):
			continue
		case err != nil:
			return in, false, err
		case !ok && f.Strict:
			return in, false, nil
		case !ok:
			continue
		}
		if passed++; passed > 1 {
			kept = append(kept, ',')
		}
		kept = append(kept, line.Raw()...)
	}
	if open.Open() {
		return in, false, &open
	}
	switch passed {
	case total:
		return in, true, nil
	case 0:
		return in, false, nil
	}
	raw := make([]byte, 0, len(in.Raw))
	raw = append(append(raw, in.Raw[:start]...), kept...)
	raw = append(append(raw, ']'), in.Raw[end:]...)
	return in.With(slices.Clip(raw)), true, nil
}

var (
	_ node.Type        = Node{}
	_ node.Checker     = Node{}
	_ node.Transformer = Node{}
)
