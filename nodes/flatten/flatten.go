// Package flatten is the node 数据拍扁: it makes one document of each line of a
// document's list.
//
// It may import sdk packages only.
package flatten

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// The choices of onEmpty.
const (
	// Filtered lets a document without lines end here, where it counts as filtered.
	Filtered = "filtered"
	// Document lets it go on as one record without the list.
	Document = "document"
)

// Node is the type flatten.
type Node struct{}

// Path is a list whose lines become documents. A later one is read in the records
// that the one before gave, and may be written as it is there or as in the document.
type Path struct {
	Path string `json:"path"`
	// Prefix goes before the names of the lines' fields; "" leaves them as they are.
	Prefix string `json:"prefix"`
	// Index, where it is not "", is a field that takes the line's number, from 1.
	Index string `json:"index"`
}

// Settings of a flatten.
type Settings struct {
	Paths []Path `json:"paths"`
	// KeepHeader copies the fields around the list into every record.
	KeepHeader bool `json:"keepHeader"`
	// OnEmpty is Filtered or Document.
	OnEmpty string `json:"onEmpty"`
}

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	return node.Declaration{
		Type: "flatten", TypeVersion: 1,
		Title: field.Text{ZH: "数据拍扁", EN: "Flatten"},
		Describe: field.Text{
			ZH: "把一张单据按明细行拆成多张，每行一张，行的字段放到数组原来的位置，单头字段复制到每一张。",
			EN: "Makes one document of each line: the line's fields take the list's place, and the fields around it are copied into each.",
		},
		Icon: "rows", Category: "process",
		Kind:     node.Transform,
		Inputs:   []node.Port{{Name: "in", Title: field.Text{ZH: "单据", EN: "Documents"}, Traffic: node.Documents}},
		Outputs:  []node.Port{{Name: "out", Title: field.Text{ZH: "每行一张", EN: "One for each line"}, Traffic: node.Documents}},
		Settings: append(paths(), choices()...),
	}
}

func paths() []field.Setting {
	return []field.Setting{{
		Key: "paths", Kind: field.List, Title: field.Text{ZH: "明细", EN: "Lists"}, Required: true,
		Describe: field.Text{
			ZH: "依次拍扁；明细里还有明细时往下再加一行，例如先 items 再 items.lots。",
			EN: "Taken one after another; for lists inside lines add another row, for example items, then items.lots.",
		},
		Items: []field.Setting{
			{
				Key: "path", Kind: field.PlainText, Title: field.Text{ZH: "数组字段", EN: "List"}, Required: true,
				Describe: field.Text{ZH: "例如 items 或 data.items。", EN: "For example items or data.items."},
			},
			{
				Key: "prefix", Kind: field.PlainText, Title: field.Text{ZH: "字段前缀", EN: "Prefix"},
				Describe: field.Text{
					ZH: "加在行的字段名前，例如 items_ 会得到 items_qty；不填则字段名不变，与单头重名的单据会失败。",
					EN: "Goes before the names of the line's fields: items_ makes items_qty. Without one names stay, and a document fails where line and header have the same.",
				},
			},
			{
				Key: "index", Kind: field.PlainText, Title: field.Text{ZH: "行号字段", EN: "Line number"},
				Describe: field.Text{ZH: "把行号（从 1 起）写到这个字段；不填则不写。", EN: "A field that takes the line's number, from 1; none when it is empty."},
			},
		},
	}}
}

func choices() []field.Setting {
	return []field.Setting{
		{
			Key: "keepHeader", Kind: field.PlainBool, Title: field.Text{ZH: "保留单头字段", EN: "Keep the header"}, Default: "true",
			Describe: field.Text{
				ZH: "关闭后每张只含行的字段；单头仍可用 source. 取得。",
				EN: "When off, a record has the line's fields only; the header can still be read by source.",
			},
		},
		{
			Key: "onEmpty", Kind: field.PlainChoice, Title: field.Text{ZH: "没有明细行时", EN: "Without lines"}, Default: Filtered,
			Options: []field.Option{
				{Value: Filtered, Title: field.Text{ZH: "不再继续，计为已过滤", EN: "End here and count as filtered"}},
				{Value: Document, Title: field.Text{ZH: "作为一张单据继续", EN: "Go on as one document"}},
			},
		},
	}
}

// CheckSettings implements node.Checker.
func (Node) CheckSettings(raw []byte) []*fault.Fault {
	s := Settings{KeepHeader: true}
	if err := json.Unmarshal(raw, &s); err != nil {
		return []*fault.Fault{fault.New("setting.wrong_type", "the settings do not fit").Classed(fault.Config).Because(err)}
	}
	if len(s.Paths) == 0 {
		return []*fault.Fault{fault.New("setting.required", "%s (%s) is required", "明细", "paths").At("paths").Classed(fault.Config)}
	}
	var faults []*fault.Fault
	seen := map[string]bool{}
	for i, split := range splits(s) {
		if seen[split.Path] {
			faults = append(faults, fault.New("flatten.path_repeated", "%s is flattened already", s.Paths[i].Path).
				At(fmt.Sprintf("paths[%d].path", i)).Classed(fault.Config))
		}
		seen[split.Path] = true
	}
	return faults
}

// splits gives the steps, each path as it is in the records of the step before.
func splits(s Settings) []item.Split {
	steps := make([]item.Split, len(s.Paths))
	for i, p := range s.Paths {
		steps[i] = item.Split{Path: p.Path, Prefix: p.Prefix, Index: p.Index, Bare: !s.KeepHeader}
		for j := range i {
			rest, below := strings.CutPrefix(p.Path, s.Paths[j].Path+".")
			if !below {
				continue
			}
			// The lines of the list before stand in its place now.
			at := strings.LastIndexByte(steps[j].Path, '.') + 1
			steps[i].Path = s.Paths[j].Prefix + rest
			if s.KeepHeader {
				steps[i].Path = steps[j].Path[:at] + steps[i].Path
			}
		}
	}
	return steps
}

// New implements node.Transformer.
func (Node) New(settings node.Settings) (node.TransformFunc, error) {
	var s Settings
	if err := settings.Decode(&s); err != nil {
		return nil, err
	}
	steps := splits(s)
	return func(ctx context.Context, batch []item.Item) ([]node.Result, error) {
		results := make([]node.Result, len(batch))
		for i, in := range batch {
			if err := ctx.Err(); err != nil {
				return nil, fault.Wrap(err, "flatten.cancelled", "the batch was given up").Classed(fault.Transient)
			}
			lines := []line{{raw: in.Raw}}
			for _, step := range steps {
				var f *fault.Fault
				if lines, f = flat(lines, step, s.OnEmpty == Document); f != nil {
					results[i].Fault = f
					break
				}
			}
			if results[i].Fault == nil {
				results[i].Outputs = outputs(in, lines, len(steps) > 1)
			}
		}
		return results, nil
	}, nil
}

// line is a record and the places of the lines that it was made of.
type line struct {
	raw   []byte
	route string
}

// flat applies one step to every record.
func flat(lines []line, step item.Split, keepEmpty bool) ([]line, *fault.Fault) {
	var out []line
	for _, l := range lines {
		records, err := step.Records(l.raw)
		if err != nil {
			return nil, fault.From(err)
		}
		if len(records) == 0 && keepEmpty {
			records = [][]byte{step.Without(l.raw)}
		}
		for n, record := range records {
			out = append(out, line{record, l.route + "-" + strconv.Itoa(n)})
		}
	}
	return out, nil
}

// outputs gives a record for each line. Where lines of lines may be left out, each
// keeps the way it came; else its place says the same.
func outputs(in item.Item, lines []line, routed bool) []node.Output {
	var out []node.Output
	for _, l := range lines {
		o := node.Output{Item: in.With(slices.Clip(l.raw))}
		if routed {
			o.Route = l.route[1:]
		}
		out = append(out, o)
	}
	return out
}

var (
	_ node.Type        = Node{}
	_ node.Checker     = Node{}
	_ node.Transformer = Node{}
)
