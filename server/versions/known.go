package versions

import (
	"context"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/server/catalog"
)

// known remembers what the connectors of one document's nodes declare. What can't be read, a
// connection that is gone or a connector that does not start, is told without titles.
type known struct {
	ctx        context.Context //nolint:containedctx // lives for one call of Service only
	s          *Service
	connectors map[string]string
	operations map[string]*catalog.Operation
}

// connector gives the connector of a connection, "" where it is gone.
func (k *known) connector(connection string) string {
	if k.connectors == nil {
		k.connectors = map[string]string{}
	}
	id, asked := k.connectors[connection]
	if !asked && connection != "" {
		if v, err := k.s.Connections.Get(k.ctx, connection); err == nil {
			id = v.Connector
		}
		k.connectors[connection] = id
	}
	return id
}

// operation gives what is declared of the operation that a node calls; nil where nobody knows.
func (k *known) operation(doc *flow.Document, n *flow.Node) *catalog.Operation {
	name, connector := item.Of(n.Settings).Field("operation").Text(), k.connector(n.Connection)
	if name == "" || connector == "" {
		return nil
	}
	if k.operations == nil {
		k.operations = map[string]*catalog.Operation{}
	}
	key := connector + "\x00" + name
	op, asked := k.operations[key]
	if !asked {
		if found, err := k.s.Catalog.Operation(k.ctx, connector, doc.Spec.Connectors[connector], name); err == nil {
			op = &found
		}
		k.operations[key] = op
	}
	return op
}

// fields gives what an operation takes and gives in the form that a node chose.
func (k *known) fields(doc *flow.Document, n *flow.Node) (request, response []field.Field) {
	op := k.operation(doc, n)
	if op == nil {
		return nil, nil
	}
	of := op.Fields
	chosen := paramOf(n, op.Form)
	for _, f := range op.Forms {
		if op.Form != "" && f.ID == chosen {
			of = f.Fields
		}
	}
	return plain(of.Request), plain(of.Response)
}

// paramOf gives the value of a request parameter.
func paramOf(n *flow.Node, name string) string {
	for row := range item.Of(n.Settings).Field("params").Elements() {
		if row.Field("field").Text() == name {
			return row.Field("value").Text()
		}
	}
	return ""
}

func plain(of []catalog.Field) []field.Field {
	out := make([]field.Field, len(of))
	for i, f := range of {
		out[i] = field.Field{Name: f.Name, Title: f.Title, Describe: f.Describe, Type: f.Type, Required: f.Required, Group: f.Group, Children: plain(f.Children)}
	}
	return out
}

// filled gives the declared fields that the rows of a node's setting fill: those of its own
// operation, for a mapping those of the target that follows.
func (k *known) filled(doc *flow.Document, n *flow.Node, setting string) []field.Field {
	if setting != "fields" && setting != "params" && setting != "sweep.params" {
		return nil
	}
	if item.Of(n.Settings).Field("operation").Kind() != item.None {
		request, _ := k.fields(doc, n)
		return request
	}
	if target := k.target(doc, n.ID); target != nil && setting == "fields" {
		request, _ := k.fields(doc, target)
		return request
	}
	return nil
}

// target gives the first target behind a node, nil where there is none.
func (k *known) target(doc *flow.Document, id string) *flow.Node {
	graph := flow.NewGraph(doc, k.s.Types)
	for seen, next := map[string]bool{}, []string{id}; len(next) > 0; next = next[1:] {
		for _, l := range graph.Out(next[0]) {
			if seen[l.To.Node] {
				continue
			}
			seen[l.To.Node] = true
			if d, ok := graph.Declaration(l.To.Node); ok && d.Role == node.Target {
				i, _ := graph.Index(l.To.Node)
				return &doc.Spec.Nodes[i]
			}
			next = append(next, l.To.Node)
		}
	}
	return nil
}
