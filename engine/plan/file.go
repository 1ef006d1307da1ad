package plan

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// filePage is how many records of a file are committed at a time.
const filePage = 500

// Typed is a field that a column of a file fills, with the type its values have.
type Typed struct {
	Field string
	Type  field.Type
}

// file compiles a file node: a source without a connection, whose session has the
// files of the workspace. Its requests say no more than what the node is set to.
func (n *nodeAt) file() {
	opts := value.Options{Zone: n.zone}
	op := &manifest.Operation{
		Name: "file", Kind: manifest.Query, Title: field.Text{ZH: "文件", EN: "File"},
		Paging: &manifest.Paging{Strategy: manifest.ByCursor, DefaultSize: filePage, MaxSize: filePage},
	}
	s := &Source{
		NodeID: n.node.ID, NodeNo: n.number(n.node.ID), Operation: op, OnSeen: n.setting("onSeen").Text(), zone: n.zone,
		Window: Window{Zone: n.zone}, Page: Page{Strategy: manifest.ByCursor, Direction: manifest.Forward, First: 1, Size: filePage, Exact: true},
		Key: n.compiled("key", opts), Number: n.compiled("number", opts), Modified: n.compiled("modified", opts), fixed: n.files(),
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
			s.Typed = append(s.Typed, Typed{c.Field, c.Type})
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
func (n *nodeAt) kept(s *Source, opts value.Options) {
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

// Unfit tells which field of a document, or of its lines, does not have the type that
// its column declares; nil where all do. A field that is not there, or null, has any.
func (s *Source) Unfit(doc item.Value) *fault.Fault {
	for _, t := range s.Typed {
		if s.Regroup == nil || !s.Regroup.InLines(t.Field) {
			if f := t.unfit(doc.Field(t.Field), t.Field); f != nil {
				return f
			}
			continue
		}
		at := 0
		for line := range doc.Field(s.Regroup.Into).Elements() {
			if f := t.unfit(line.Field(t.Field), fmt.Sprintf("%s[%d].%s", s.Regroup.Into, at, t.Field)); f != nil {
				return f
			}
			at++
		}
	}
	return nil
}

func (t Typed) unfit(v item.Value, path string) *fault.Fault {
	fits := false
	switch v.Kind() {
	case item.None, item.Null:
		fits = true
	case item.Number: // what is no whole number was left a text
		fits = t.Type == field.Int || t.Type == field.Decimal
	case item.Bool:
		fits = t.Type == field.Bool
	case item.String:
		layout := map[field.Type]string{field.Date: time.DateOnly, field.Datetime: time.DateTime}[t.Type]
		_, err := time.Parse(layout, v.Text())
		fits = layout != "" && err == nil
	default:
	}
	if fits {
		return nil
	}
	return fault.New("source.type_mismatch", "%s in the column %s is not of type %s", v.Text(), t.Field, string(t.Type)).At(path).Classed(fault.Data).
		Hinted("correct the value in the file, or choose another type for the column")
}
