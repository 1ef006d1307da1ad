// Package script is the node 脚本: JavaScript over documents. The engine runs the
// code in worker processes; this package knows only that it can be run.
//
// It may import sdk packages only.
package script

import (
	"encoding/json"
	"regexp"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// Node is the type script.
type Node struct{}

// MaxTimeout is the longest that code may run on one batch.
const MaxTimeout = 5 * time.Minute

// Settings of a script, but for code, which is a program.
type Settings struct {
	// Batch calls transformBatch(docs, ctx) once a batch, else transform(doc, ctx) once a document.
	Batch bool `json:"batch"`
	// Timeout is how long one call may take.
	Timeout string `json:"timeout"`
}

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
			{
				Key: "batch", Kind: field.PlainBool, Title: field.Text{ZH: "整批处理", EN: "Whole batches"}, Default: "false",
			},
			{
				Key: "timeout", Kind: field.PlainDuration, Title: field.Text{ZH: "超时", EN: "Time-out"}, Default: "5s",
				Describe: field.Text{ZH: "每次调用最长时间。", EN: "How long one call may take."},
			},
		},
	}
}

// CheckSettings implements node.Checker.
func (Node) CheckSettings(raw []byte) []*fault.Fault {
	var s struct {
		Code    string          `json:"code"`
		Batch   json.RawMessage `json:"batch"`
		Timeout string          `json:"timeout"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return []*fault.Fault{fault.New("setting.wrong_type", "the settings do not fit").Classed(fault.Config).Because(err)}
	}
	var faults []*fault.Fault
	name := "transform"
	if string(s.Batch) == "true" || string(s.Batch) == `"true"` {
		name = "transformBatch"
	}
	if !regexp.MustCompile(`\b` + name + `\b`).MatchString(s.Code) {
		faults = append(faults, fault.New("script.no_function", "the code defines no function %s", name).At("code").Classed(fault.Config))
	}
	if d, err := time.ParseDuration(s.Timeout); s.Timeout != "" && err == nil && (d <= 0 || d > MaxTimeout) {
		faults = append(faults, fault.New("setting.out_of_range", "timeout lies between 1ms and %s", MaxTimeout).At("timeout").Classed(fault.Config))
	}
	return faults
}

// New implements node.Transformer.
func (Node) New(settings node.Settings) (node.TransformFunc, error) {
	return settings.Script("code").Run, nil
}

var (
	_ node.Type        = Node{}
	_ node.Checker     = Node{}
	_ node.Transformer = Node{}
)
