package files

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
)

// Document is the draft or a version of a flow.
type Document struct {
	// ID and Title are the flow's; Text is the document, JSON.
	ID, Title string
	Text      []byte
}

// users gives the flows of a workspace by the names of the files they read.
func (s *Service) users(ctx context.Context, workspace ledger.ID) (map[string][]User, error) {
	documents, err := s.Store.Documents(ctx, workspace)
	if err != nil {
		return nil, err
	}
	users := map[string][]User{}
	for _, d := range documents {
		for _, spec := range Specs(d.Text) {
			if u := (User{d.ID, d.Title}); spec.From == FromUpload && !slices.Contains(users[spec.File], u) {
				users[spec.File] = append(users[spec.File], u)
			}
		}
	}
	return users, nil
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
