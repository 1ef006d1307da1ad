package compile

import (
	"encoding/json"

	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
)

// filePage is how many records of a file are committed at a time.
const filePage = 500

// file compiles a file node: a source without a connection, whose session has the
// files of the workspace. Its requests say no more than what the node is set to.
func (n *nodeAt) file() {
	opts := value.Options{Zone: n.zone}
	op := &manifest.Operation{
		Name: "file", Kind: manifest.Query, Title: field.Text{ZH: "文件", EN: "File"},
		Paging: &manifest.Paging{Strategy: manifest.ByCursor, DefaultSize: filePage, MaxSize: filePage},
	}
	s := &plan.Source{
		NodeID: n.node.ID, NodeNo: n.number(n.node.ID), Operation: op, OnSeen: n.setting("onSeen").Text(), Zone: n.zone,
		Window: plan.Window{Zone: n.zone}, Page: plan.Page{Strategy: manifest.ByCursor, Direction: manifest.Forward, First: 1, Size: filePage, Exact: true},
		Key: n.compiled("key", opts), Number: n.compiled("number", opts), Modified: n.compiled("modified", opts), Requests: plan.Requests{Fixed: n.files()},
	}
	var columns []struct {
		Column string     `json:"column"`
		Field  string     `json:"field"`
		Type   field.Type `json:"type"`
	}
	_ = json.Unmarshal(n.setting("columns").Raw(), &columns) // checked by flow.Validate
	for _, c := range columns {
		if c.Field == "" {
			c.Field = c.Column
		}
		if c.Type != "" && c.Type != field.String {
			s.Typed = append(s.Typed, plan.Typed{Field: c.Field, Type: c.Type})
		}
	}
	n.kept(s, opts)
	n.regroup(s)
	n.explode(s, opts)
	s.Next, s.DefaultPort = n.entered()
	n.plan.Sources = append(n.plan.Sources, s)
}

// files gives the settings that say which files are read, and how.
func (n *nodeAt) files() []byte {
	out := []byte{'{'}
	for _, key := range []string{
		"from", "file", "folder", "pattern", "after", "format", "encoding", "delimiter", "sheet", "header", "columns", "rowsPath", "position",
	} {
		if v := n.setting(key); !v.Blank() {
			out = member(out, key, v.Raw())
		}
	}
	return append(out, '}')
}

// kept compiles which records a source keeps, and the texts in them that are opened.
func (n *nodeAt) kept(s *plan.Source, opts value.Options) {
	s.Opened = n.opened()
	keep := n.setting("keep")
	if keep.Blank() {
		return
	}
	opts.Path = "keep"
	var faults []*fault.Fault
	s.Keep, faults = value.CompileConditions(keep.Raw(), opts)
	n.report(faults...)
}
