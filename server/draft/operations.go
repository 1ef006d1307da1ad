package draft

import (
	"context"
	"encoding/json"
	"maps"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/access"
)

// Operations are the derived operations of workspaces.
type Operations interface {
	// Embedded gives by name those that a document's nodes use and that it does not hold itself.
	Embedded(ctx context.Context, workspace ledger.ID, doc *flow.Document) (map[string]json.RawMessage, error)
	// Restore makes those that a document brings the workspace's and takes them out of it.
	// One that the workspace has otherwise is "operation.conflict", and nothing is made.
	Restore(ctx context.Context, workspace ledger.ID, doc *flow.Document) error
}

// Using makes a Service that keeps derived operations with what it publishes and exports.
func (s *Service) Using(operations Operations) *Service {
	with := *s
	with.operations = operations
	return &with
}

// embedded gives what a document uses of its workspace as a JSON object, nil where it uses nothing.
func (s *Service) embedded(ctx context.Context, workspace ledger.ID, doc *flow.Document) ([]byte, error) {
	if s.operations == nil {
		return nil, nil
	}
	found, err := s.operations.Embedded(ctx, workspace, doc)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return json.Marshal(found)
}

// whole gives the version's document with the operations it was published with.
func (v Version) whole() (*flow.Document, error) {
	doc, err := read(v.Document)
	if err != nil || v.Operations == nil {
		return doc, err
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(v.Operations, &all); err != nil {
		return nil, err
	}
	maps.Copy(all, doc.Spec.Operations)
	doc.Spec.Operations = all
	return doc, nil
}

// Export gives a flow's draft as a document that can leave the workspace: the derived
// operations that it uses stand in it.
func (s *Service) Export(ctx context.Context, publicID string) ([]byte, error) {
	f, err := s.find(ctx, access.Read, publicID)
	if err != nil {
		return nil, err
	}
	v := Version{Document: f.Document}
	doc, err := v.whole()
	if err != nil {
		return nil, err
	}
	if v.Operations, err = s.embedded(ctx, f.Workspace, doc); err != nil {
		return nil, err
	}
	if doc, err = v.whole(); err != nil {
		return nil, err
	}
	return doc.JSON(), nil
}
