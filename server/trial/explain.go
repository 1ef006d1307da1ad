package trial

import (
	"context"

	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/server/access"
)

// Explain says of every field of a mapping node of a draft what becomes of it for a
// record as it arrives there, and why. A problem of the node is the error.
func (s *Service) Explain(ctx context.Context, document []byte, nodeID string, sample []byte) ([]value.Explained, error) {
	caller, err := access.Here(ctx, access.Edit)
	if err != nil {
		return nil, err
	}
	doc, err := read(document)
	if err != nil {
		return nil, err
	}
	if err := has(doc, nodeID); err != nil {
		return nil, err
	}
	if err := record(sample); err != nil {
		return nil, err
	}
	compiled, broken, err := s.ahead(ctx, caller.Workspace, doc, nodeID)
	switch {
	case err != nil:
		return nil, err
	case broken[nodeID] != nil:
		return nil, broken[nodeID]
	case compiled == nil: // the source before it has a problem
		for _, f := range broken {
			return nil, f
		}
	}
	src, _ := entry(compiled, nodeID)
	dry, _ := s.dry(caller.Workspace, compiled, src, nodeID, sample)
	return push.Explain(ctx, dry)
}
