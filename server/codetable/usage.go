package codetable

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/usage"
)

// users gives the flows of a workspace by the names of the tables they use.
func (s *Service) users(ctx context.Context, workspace ledger.ID) (map[string][]usage.Flow, error) {
	documents, err := s.Store.Documents(ctx, workspace)
	return usage.By(documents, Named), err
}

// Named gives the code tables that a flow's document names, each once, in order: in a
// field's mapping, as a node's setting, or wherever else something has a table. A
// document that can't be read names none.
func Named(document []byte) []string {
	var flow struct {
		Spec json.RawMessage `json:"spec"`
	}
	if json.Unmarshal(document, &flow) != nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(flow.Spec))
	d.UseNumber()
	var spec any
	if d.Decode(&spec) != nil {
		return nil
	}
	var names []string
	collect(spec, &names)
	slices.Sort(names)
	return slices.Compact(names)
}

func collect(value any, names *[]string) {
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			collect(v, names)
		}
	case map[string]any:
		for key, v := range value {
			if name, ok := v.(string); ok && name != "" && (key == "table" || key == "codeTable") {
				*names = append(*names, name)
			}
			collect(v, names)
		}
	}
}
