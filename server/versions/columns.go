package versions

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// Column is a field of the documents that a flow reads.
type Column struct {
	// Path is how the ledger is asked for it: items.sku_id.
	Path  string
	Title field.Text
	Type  field.Type
	// Node is the first that reads documents with it.
	Node string
}

// mostColumns bounds what is offered: a system may have forms of thousands of fields.
const mostColumns = 2000

// Columns gives the fields that the documents of a flow have, as its connectors declare them
// and as its nodes know them: of the draft, which knows what versions before it read, and more.
func (s *Service) Columns(ctx context.Context, publicID string) ([]Column, error) {
	doc, err := s.Flows.Whole(ctx, publicID, 0)
	if err != nil {
		return nil, err
	}
	known := &known{ctx: ctx, s: s}
	graph := flow.NewGraph(doc, s.Types)
	list := columns{at: map[string]int{}}
	for i := range doc.Spec.Nodes {
		n := &doc.Spec.Nodes[i]
		d, ok := graph.Declaration(n.ID)
		if !ok || d.Role != node.Source && d.Role != node.Webhook && d.Role != node.Inlet {
			continue
		}
		_, response := known.fields(doc, n)
		list.declared(n.ID, "", response, regroupOf(n))
		for row := range item.Of(n.Settings).Field("fields").Elements() {
			list.add(Column{row.Field("field").Text(), field.Text{ZH: row.Field("title").Text()}, field.Type(row.Field("type").Text()), n.ID})
		}
	}
	return list.all, nil
}

// columns are a flow's, each path once.
type columns struct {
	all []Column
	at  map[string]int
}

// add takes a column that is not there yet, or a title for one that has none.
func (c *columns) add(one Column) {
	if i, seen := c.at[one.Path]; seen {
		if c.all[i].Title == (field.Text{}) {
			c.all[i].Title = one.Title
		}
		return
	}
	if one.Path == "" || len(c.all) == mostColumns {
		return
	}
	c.at[one.Path] = len(c.all)
	c.all = append(c.all, one)
}

func (c *columns) declared(node, under string, fields []field.Field, lines regroup) {
	for _, f := range fields {
		path := under + f.Name
		if len(f.Children) > 0 { // what a column shows is a value
			c.declared(node, path+".", f.Children, lines)
			continue
		}
		c.add(Column{lines.place(path), f.Title, f.Type, node})
	}
}

// regroup is how a source makes one document of several rows.
type regroup struct {
	By    []string `json:"by"`
	Lines struct {
		Into   string   `json:"into"`
		Fields []string `json:"fields"`
		Rest   bool     `json:"rest"`
	} `json:"lines"`
}

func regroupOf(n *flow.Node) (r regroup) {
	if v := item.Of(n.Settings).Field("regroup"); v.Kind() == item.Object {
		_ = json.Unmarshal(v.Raw(), &r) // what is written wrong is a problem of the draft, told there
	}
	return r
}

// place gives where a field of a row is in the document.
func (r regroup) place(path string) string {
	inLines := slices.Contains(r.Lines.Fields, path) || r.Lines.Rest && !slices.Contains(r.By, path)
	if r.Lines.Into == "" || !inLines {
		return path
	}
	return r.Lines.Into + "." + path
}
