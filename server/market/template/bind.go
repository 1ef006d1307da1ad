package template

import (
	"encoding/json"
	"maps"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
)

// The labels of a flow that tell which template it is a copy of.
const (
	OriginLabel  = "template"
	VersionLabel = "templateVersion"
)

// Everything is where a source of a template begins that wants all there ever was.
const Everything = "2000-01-01 00:00:00"

// Binding is what a copy puts in the place of slots.
type Binding struct {
	// Connections are names by slot, Tables by the template's names, Flows ids by the
	// template's own ids and by the aliases of flow slots.
	Connections, Tables, Flows map[string]string
	// Params are the values that flows start with, by key; one that is missing stays.
	Params map[string]json.RawMessage
	// Start is where sources begin to read, "" where the template says. A source that begins
	// at Everything stays there: base data is wanted whole.
	Start string
}

// Bind gives the flows of a copy: ids of their own, slots bound, parameters filled,
// and the origin in their labels. The template stays as it is.
func (t *Template) Bind(b Binding) ([]*flow.Document, error) {
	docs := make([]*flow.Document, len(t.Spec.Flows))
	for i, from := range t.Spec.Flows {
		doc := &flow.Document{}
		if err := doc.UnmarshalJSON(from.JSON()); err != nil {
			return nil, fault.Wrap(err, "template.flow", "flow %d of the template can't be read", i+1)
		}
		doc.Metadata.ID = b.Flows[from.Metadata.ID]
		t.mark(doc)
		if err := b.Fill(doc); err != nil {
			return nil, err
		}
		docs[i] = doc
	}
	return docs, nil
}

// mark writes down where a flow comes from.
func (t *Template) mark(doc *flow.Document) {
	labels := maps.Clone(doc.Metadata.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[OriginLabel], labels[VersionLabel] = t.Metadata.ID, t.Metadata.Version
	doc.Metadata.Labels = labels
}

// Fill puts what is bound into a flow: connections, code tables and parameters by their names,
// uses by the flows that they name or, where they name none, by their aliases. A flow that is not
// bound is left open.
func (b Binding) Fill(doc *flow.Document) error {
	for alias, u := range doc.Spec.Uses {
		if u.Flow == "" {
			u.Flow = b.Flows[alias]
		} else {
			u.Flow = b.Flows[u.Flow]
		}
		doc.Spec.Uses[alias] = u
	}
	for p := range doc.Spec.Params {
		if value, ok := b.Params[doc.Spec.Params[p].Key]; ok {
			doc.Spec.Params[p].Default = value
		}
	}
	for n := range doc.Spec.Nodes {
		if err := b.node(&doc.Spec.Nodes[n]); err != nil {
			return err
		}
	}
	return nil
}

func (b Binding) node(n *flow.Node) error {
	if name, ok := b.Connections[n.Connection]; ok {
		n.Connection = name
	}
	settings, changed := decoded(n.Settings), false
	walk("", settings, func(_, key string, v any) any {
		name, ok := v.(string)
		if !ok {
			return v
		}
		var to string
		switch {
		case isTable(key):
			to, ok = b.Tables[name]
		case key == "connection":
			to, ok = b.Connections[name]
		case key == "startFrom":
			to, ok = b.Start, b.Start != "" && name != Everything
		default:
			return v
		}
		if !ok || to == name {
			return v
		}
		changed = true
		return to
	})
	if !changed { // settings keep their bytes
		return nil
	}
	raw, err := json.Marshal(settings)
	n.Settings = raw
	return err
}
