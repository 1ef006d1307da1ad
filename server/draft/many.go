package draft

import (
	"context"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
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
	for _, doc := range docs {
		if faults := append(unnamed(doc), misnamed(doc)...); len(faults) > 0 {
			return nil, faults[0]
		}
	}
	flows := make([]Prepared, len(docs))
	for i, doc := range docs {
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

// CreateMany saves documents as new flows, all or none, with ids of their own. Those that
// use each other keep doing so.
func (s *Service) CreateMany(ctx context.Context, docs []*flow.Document) ([]Flow, error) {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return nil, err
	}
	made, ids := make([]Flow, len(docs)), map[string]string{}
	for i, doc := range docs {
		if strings.TrimSpace(doc.Metadata.Title) == "" {
			return nil, untitled()
		}
		made[i].PublicID = s.newID()
		if doc.Metadata.ID != "" {
			ids[doc.Metadata.ID] = made[i].PublicID
		}
	}
	for i, doc := range docs {
		for alias, use := range doc.Spec.Uses {
			if id, ok := ids[use.Flow]; ok {
				use.Flow = id
				doc.Spec.Uses[alias] = use
			}
		}
		own(doc, made[i].PublicID, "")
	}
	flows, err := s.Prepare(ctx, docs)
	if err != nil {
		return nil, err
	}
	if err := s.store.InsertFlows(ctx, p.Workspace, flows, ledger.At(s.clock())); err != nil {
		return nil, err
	}
	for i := range made {
		if made[i], err = s.Get(ctx, made[i].PublicID); err != nil {
			return nil, err
		}
	}
	return made, nil
}
