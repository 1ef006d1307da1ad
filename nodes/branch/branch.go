// Package branch is the node 分支, type id switch: it sends a document the way of
// the first case that holds, or the ways of all that do.
//
// It may import sdk packages only.
package branch

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// The choices of mode.
const (
	First = "first"
	All   = "all"
)

// Else is the port of documents that no case holds for.
const Else = "else"

// Node is the type switch.
type Node struct{}

// Case is one way out.
type Case struct {
	// Port names the way in edges; Title is what people read.
	Port  string `json:"port"`
	Title string `json:"title"`
}

// Settings of a switch, but for the cases' conditions, which are programs.
type Settings struct {
	// Mode is First or All.
	Mode  string `json:"mode"`
	Cases []Case `json:"cases"`
}

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	return node.Declaration{
		Type: "switch", TypeVersion: 1,
		Title: field.Text{ZH: "分支", EN: "Switch"},
		Describe: field.Text{
			ZH: "按条件把单据分到不同的出口，每个出口一组条件；都不符合的从“其他”走，未连线的出口计为已过滤。",
			EN: "Sends documents different ways, each with its own conditions; those that fit none leave by Others, and count as filtered where a way leads nowhere.",
		},
		Icon: "split", Category: "process",
		Kind:        node.Transform,
		Inputs:      []node.Port{{Name: "in", Title: field.Text{ZH: "单据", EN: "Documents"}, Traffic: node.Documents}},
		Outputs:     []node.Port{{Name: Else, Title: field.Text{ZH: "其他", EN: "Others"}, Traffic: node.Documents}},
		OutputsFrom: "cases",
		Settings: []field.Setting{
			{
				Key: "mode", Kind: field.PlainChoice, Title: field.Text{ZH: "多个出口都符合时", EN: "When several cases hold"}, Default: First,
				Describe: field.Text{
					ZH: "只走一个出口时按下面的顺序取第一个；全部都走时每个符合的出口各得到一份单据。",
					EN: "One way takes the first in the order below; all ways give every case that holds a document of its own.",
				},
				Options: []field.Option{
					{Value: First, Title: field.Text{ZH: "只走第一个", EN: "The first"}},
					{Value: All, Title: field.Text{ZH: "全部都走", EN: "All of them"}},
				},
			},
			{
				Key: "cases", Kind: field.List, Title: field.Text{ZH: "出口", EN: "Cases"}, Required: true,
				Items: []field.Setting{
					{
						Key: node.PortTitle, Kind: field.PlainText, Title: field.Text{ZH: "名称", EN: "Title"},
						Describe: field.Text{ZH: "显示在画布上，例如 电商订单。", EN: "Shown on the canvas, for example Web orders."},
					},
					{
						Key: node.PortName, Kind: field.PlainText, Title: field.Text{ZH: "出口标识", EN: "Port"}, Required: true,
						Describe: field.Text{
							ZH: "连线和计数用的标识：小写字母、数字和下划线，字母开头；发布后不要再改。",
							EN: "What edges and counts call it: small letters, digits and _, a letter first; leave it as it is once published.",
						},
					},
					{
						Key: "when", Kind: field.Conditions, Title: field.Text{ZH: "条件", EN: "Conditions"}, Required: true,
						Describe: field.Text{
							ZH: "组内全部满足且任意一组满足，单据就走这个出口。",
							EN: "A document goes this way when all conditions of any one group hold.",
						},
					},
				},
			},
		},
	}
}

// CheckSettings implements node.Checker: a switch without cases, or with a case that
// always holds, would pass for one that works.
func (Node) CheckSettings(raw []byte) []*fault.Fault {
	var s struct {
		Cases []struct {
			When []json.RawMessage `json:"when"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return []*fault.Fault{fault.New("setting.wrong_type", "the settings do not fit").Classed(fault.Config).Because(err)}
	}
	if len(s.Cases) == 0 {
		return []*fault.Fault{fault.New("setting.required", "%s (%s) is required", "出口", "cases").At("cases").Classed(fault.Config)}
	}
	var faults []*fault.Fault
	for i, c := range s.Cases {
		if len(c.When) == 0 {
			faults = append(faults, fault.New("setting.required", "%s (%s) is required", "条件", "when").At(fmt.Sprintf("cases[%d].when", i)).Classed(fault.Config))
		}
	}
	return faults
}

// New implements node.Transformer.
func (Node) New(settings node.Settings) (node.TransformFunc, error) {
	var s Settings
	if err := settings.Decode(&s); err != nil {
		return nil, err
	}
	b := brancher{Settings: s, when: make([]node.Conditions, len(s.Cases))}
	for i := range s.Cases {
		b.when[i] = settings.Conditions(fmt.Sprintf("cases[%d].when", i))
	}
	return b.apply, nil
}

type brancher struct {
	Settings
	when []node.Conditions
}

func (b brancher) apply(ctx context.Context, batch []item.Item) ([]node.Result, error) {
	results := make([]node.Result, len(batch))
	for i, in := range batch {
		if err := ctx.Err(); err != nil {
			return nil, fault.Wrap(err, "switch.cancelled", "the batch was given up").Classed(fault.Transient)
		}
		results[i] = b.one(in)
	}
	return results, nil
}

func (b brancher) one(in item.Item) node.Result {
	var outputs []node.Output
	var open node.UnansweredError
	for i, c := range b.Cases {
		matched, err := b.when[i].Match(in)
		switch {
		case err != nil && b.Mode == All && open.Join(err):
			continue
		case err != nil:
			return node.Failed(err)
		case !matched:
			continue
		}
		out := node.Output{Port: c.Port, Item: in}
		if b.Mode == First {
			return node.Result{Outputs: []node.Output{out}}
		}
		// The records of one document are told apart by the case, whichever others hold.
		out.Route = c.Port
		outputs = append(outputs, out)
	}
	if open.Open() {
		return node.Failed(&open)
	}
	if len(outputs) == 0 {
		outputs = []node.Output{{Port: Else, Item: in}}
	}
	return node.Result{Outputs: outputs}
}

var (
	_ node.Type        = Node{}
	_ node.Checker     = Node{}
	_ node.Transformer = Node{}
)
