// Package draft keeps flow documents: as they are edited, and as the versions
// that run.
//
// It may import engine/flow, engine/ledger and the sdk: never a database, HTTP
// or another service.
package draft

import (
	"context"
	"errors"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// Version is a published document.
type Version struct {
	ID, Flow, Workspace ledger.ID
	// No counts the versions of a flow from 1.
	No       int
	Document []byte
}

// Store is what the service needs of a database.
type Store interface {
	// PutFlow inserts a flow by workspace and public id, or replaces its document, and gives its ID.
	PutFlow(ctx context.Context, workspace ledger.ID, doc *flow.Document, now ledger.Millis) (ledger.ID, error)
	// PutVersion publishes a document. The flow's newest version is given again
	// when it has the same bytes.
	PutVersion(ctx context.Context, workspace, flowID ledger.ID, document []byte, note string, now ledger.Millis) (Version, error)
	// Version gives a version; ledger.ErrNotFound.
	Version(ctx context.Context, id ledger.ID) (Version, error)
	// NodeNumbers gives the numbers of a flow's nodes, numbering those that are new. A number is never given twice.
	NodeNumbers(ctx context.Context, flowID ledger.ID, nodeIDs []string) (map[string]int, error)
}

// Service saves and publishes flows.
type Service struct {
	store Store
	clock func() time.Time
	newID func() string
}

// New makes a Service. newID gives public ids for flows that have none.
func New(store Store, clock func() time.Time, newID func() string) *Service {
	return &Service{store: store, clock: clock, newID: newID}
}

// Publish saves a document and makes it the flow's newest version. Connections
// written into the document are left out of what is stored.
func (s *Service) Publish(ctx context.Context, workspace ledger.ID, doc *flow.Document, note string) (Version, error) {
	stored := *doc
	stored.Spec.Connections = nil
	if stored.Metadata.ID == "" {
		stored.Metadata.ID = s.newID()
	}
	now := ledger.At(s.clock())
	flowID, err := s.store.PutFlow(ctx, workspace, &stored, now)
	if err != nil {
		return Version{}, err
	}
	ids := make([]string, len(stored.Spec.Nodes))
	for i, n := range stored.Spec.Nodes {
		ids[i] = n.ID
	}
	if _, err := s.store.NodeNumbers(ctx, flowID, ids); err != nil {
		return Version{}, err
	}
	return s.store.PutVersion(ctx, workspace, flowID, stored.JSON(), note, now)
}

// Load gives a version's document and the numbers of its nodes. A version that is
// not stored is "flow.version_missing".
func (s *Service) Load(ctx context.Context, version ledger.ID) (Version, *flow.Document, map[string]int, error) {
	v, err := s.store.Version(ctx, version)
	if errors.Is(err, ledger.ErrNotFound) {
		return v, nil, nil, fault.New("flow.version_missing", "version %d of a flow is needed and not stored", version).Because(err).
			Classed(fault.Config).Hinted("restore a backup that holds it, or retry its documents with the published version")
	}
	if err != nil {
		return v, nil, nil, err
	}
	docs, err := flow.Parse(v.Document)
	if err != nil || len(docs) != 1 {
		return v, nil, nil, fault.New("flow.version_unreadable", "a stored version can't be read").Because(err).Classed(fault.Internal)
	}
	ids := make([]string, len(docs[0].Spec.Nodes))
	for i, n := range docs[0].Spec.Nodes {
		ids[i] = n.ID
	}
	numbers, err := s.store.NodeNumbers(ctx, v.Flow, ids)
	return v, docs[0], numbers, err
}
