package draft

import (
	"context"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/server/access"
)

// Prepared is a flow that is to be stored.
type Prepared struct {
	PublicID string
	Contents
}

// Prepare makes of documents what is stored of them, for a caller who stores several in
// one transaction. The documents have their ids; the derived operations that they bring
// become the workspace's, and one that it has otherwise refuses all of them.
func (s *Service) Prepare(ctx context.Context, docs []*flow.Document) ([]Prepared, error) {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return nil, err
	}
	flows := make([]Prepared, len(docs))
	for i, doc := range docs {
		if faults := append(unnamed(doc), misnamed(doc)...); len(faults) > 0 {
			return nil, faults[0]
		}
		if s.operations != nil {
			if err := s.operations.Restore(ctx, p.Workspace, doc); err != nil {
				return nil, err
			}
		}
		flows[i].PublicID = doc.Metadata.ID
		if flows[i].Contents, err = s.fitting(ctx, p.Workspace, doc); err != nil {
			return nil, err
		}
	}
	return flows, nil
}
