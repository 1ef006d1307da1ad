// Package script is the node 脚本: JavaScript over documents. The engine runs the
// code in worker processes; this package knows only that it can be run.
//
// It may import sdk packages only.
package script

import (
	"encoding/json"
	"regexp"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// Node is the type script.
type Node struct{}

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	return node.Declaration{
		Type: "script", TypeVersion: 1,
		Title: field.Text{ZH: "脚本", EN: "Script"},
		Describe: field.Text{
			ZH: "用 JavaScript 处理单据，不能访问网络和文件。",
			EN: "Changes documents with JavaScript, without access to network or files.",
		},
		Icon: "code", Category: "process",
		Kind:    node.Transform,
		Inputs:  []node.Port{{Name: "in", Title: field.Text{ZH: "单据", EN: "Documents"}, Traffic: node.Documents}},
		Outputs: []node.Port{{Name: "out", Title: field.Text{ZH: "结果", EN: "Results"}, Traffic: node.Documents}},
		Settings: []field.Setting{
			{
				Key: "code", Kind: field.Script, Title: field.Text{ZH: "代码", EN: "Code"}, Required: true,
				Describe: field.Text{
					ZH: "定义 function transform(doc, ctx)，返回新单据、单据数组，或 null 表示丢弃；整批处理时定义 transformBatch(docs, ctx)。",
					EN: "Defines function transform(doc, ctx) that returns a document, a list of them, or null to drop it; transformBatch(docs, ctx) for whole batches.",
				},
			},
			lookupsSetting(),
		},
	}
}

// CheckSettings implements node.Checker. It only looks for the name of a function;
// the engine finds the rest when it compiles the code.
func (Node) CheckSettings(raw []byte) []*fault.Fault {
	var s struct {
		Code    string   `json:"code"`
		Lookups []Lookup `json:"lookups"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return []*fault.Fault{fault.New("setting.wrong_type", "the settings do not fit").Classed(fault.Config).Because(err)}
	}
	if !regexp.MustCompile(`\btransform(Batch)?\b`).MatchString(s.Code) {
		return []*fault.Fault{fault.New("script.no_transform", "the script declares neither transform nor transformBatch").At("code").
			Classed(fault.Config).Hinted("begin with: function transform(doc, ctx) { return doc }")}
	}
	return checkLookups(s.Lookups)
}

// New implements node.Transformer.
func (Node) New(settings node.Settings) (node.TransformFunc, error) {
	var s struct {
		Lookups []Lookup `json:"lookups"`
	}
	if err := settings.Decode(&s); err != nil {
		return nil, err
	}
	if len(s.Lookups) == 0 {
		return settings.Script("code").Run, nil
	}
	lookups, err := asked(s.Lookups, settings)
	if err != nil {
		return nil, err
	}
	return settings.Script("code").Looking(lookups).Run, nil
}

var (
	_ node.Type        = Node{}
	_ node.Checker     = Node{}
	_ node.Transformer = Node{}
)
