package codetable

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
)

// FlowDocument is the draft or a version of a flow.
type FlowDocument struct {
	// ID and Title are the flow's; Text is the document, JSON.
	ID, Title string
	Text      []byte
}

// users gives the flows of a workspace by the names of the tables they use.
func (s *Service) users(ctx context.Context, workspace ledger.ID) (map[string][]User, error) {
	documents, err := s.Store.Documents(ctx, workspace)
	if err != nil {
		return nil, err
	}
	users := map[string][]User{}
	for _, d := range documents {
		for _, name := range Named(d.Text) {
			if u := (User{d.ID, d.Title}); !slices.Contains(users[name], u) {
				users[name] = append(users[name], u)
			}
		}
	}
	return users, nil
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
