package chain

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// Begin makes the first flow ready for a run with parameters. Its fault says why it
// can't be run by hand.
func (f File) Begin(params map[string]string) *fault.Fault {
	graph := flow.NewGraph(f.Docs[0], f.Types)
	sources := graph.Sources()
	posted := graph.Having(func(d node.Declaration) bool { return d.Role == node.Webhook })
	if len(posted) > 0 && len(posted) == len(sources) {
		return fault.New("flow.started_by_posts", "the flow is started by what is posted to %s: a run has nothing to read", posted[0]).Classed(fault.Config).At("spec.nodes").
			Hinted("serve it with karez serve, publish and enable it, and post to the address that its webhook node shows")
	}
	return PinParams(f.Docs[0], params)
}

// PinParams writes a run's parameters into the document, so that the version that
// its documents are pinned to has them: after a crash they are mapped alike.
func PinParams(doc *flow.Document, given map[string]string) *fault.Fault {
	for _, key := range slices.Sorted(maps.Keys(given)) {
		at := slices.IndexFunc(doc.Spec.Params, func(p flow.Param) bool { return p.Key == key })
		if at < 0 {
			return fault.New("param.unknown", "the flow has no parameter %s", key).At("spec.params").Classed(fault.Config)
		}
		doc.Spec.Params[at].Default = typed(doc.Spec.Params[at].Type, given[key])
	}
	return nil
}

// typed gives a text as JSON of a parameter's type; what does not fit stays a text, and is refused by validation.
func typed(kind, text string) []byte {
	switch kind {
	case "int", "decimal", "bool":
		if json.Valid([]byte(text)) {
			return []byte(text)
		}
	}
	return item.AppendText(nil, text)
}
