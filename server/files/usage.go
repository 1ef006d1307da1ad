package files

import (
	"context"
	"encoding/json"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/usage"
)

// users gives the flows of a workspace by the names of the files they read.
func (s *Service) users(ctx context.Context, workspace ledger.ID) (map[string][]usage.Flow, error) {
	documents, err := s.Store.Documents(ctx, workspace)
	return usage.By(documents, read), err
}

// read gives the names of the uploaded files that a flow's document reads.
func read(document []byte) []string {
	var names []string
	for _, spec := range Specs(document) {
		if spec.From == FromUpload {
			names = append(names, spec.File)
		}
	}
	return names
}

// Specs gives what the file nodes of a flow's document read. A document that can't be
// read has none.
func Specs(document []byte) []Spec {
	var flow struct {
		Spec struct {
			Nodes []struct {
				Type     string          `json:"type"`
				Settings json.RawMessage `json:"settings"`
			} `json:"nodes"`
		} `json:"spec"`
	}
	_ = json.Unmarshal(document, &flow) // what fits is read though the rest does not
	var specs []Spec
	for _, n := range flow.Spec.Nodes {
		if n.Type == "file" {
			specs = append(specs, ReadSpec(n.Settings))
		}
	}
	return specs
}
