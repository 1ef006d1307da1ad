package chain

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

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
