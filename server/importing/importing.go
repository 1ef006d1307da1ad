// Package importing makes flows of existing work with the connectors that are installed.
//
// It may import server/access, server/catalog, server/draft, engine/flow, engine/intake and
// its rooms, and sdk/fault: never a connector process, a database or HTTP.
package importing

import (
	"context"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/intake"
	known "github.com/karezflow/karez/engine/intake/catalog"
	intakedraft "github.com/karezflow/karez/engine/intake/draft"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/catalog"
	"github.com/karezflow/karez/server/draft"
)

// Service imports.
type Service struct {
	installed catalog.Installed
	flows     *draft.Service
}

// New makes a Service.
func New(installed catalog.Installed, flows *draft.Service) *Service {
	return &Service{installed, flows}
}

// Work is what a person brings, with what was said to the questions.
type Work struct {
	Text    string
	Format  intake.Format
	Answers intakedraft.Answers
}

// Preview reads the work and saves nothing. It fails as intake.Read does.
func (s *Service) Preview(ctx context.Context, w Work) (*intake.Result, error) {
	if _, err := access.Here(ctx, access.Edit); err != nil {
		return nil, err
	}
	installed, err := s.installed.List(ctx)
	if err != nil {
		return nil, err
	}
	w.Answers.Inline = false
	return intake.Read([]byte(w.Text), w.Format, Catalogue(installed), w.Answers)
}

// Catalogue gives the version of each connector that serves.
func Catalogue(installed []catalog.Plugin) (all known.Catalogue) {
	seen := map[string]bool{}
	for _, p := range installed {
		if p.Manifest != nil && !seen[p.ID] {
			seen[p.ID] = true
			all = append(all, p.Manifest)
		}
	}
	return all
}

// Import saves each flow of the work as a draft of its own, with its problems, all or none.
// Flows of one text that use each other keep doing so.
func (s *Service) Import(ctx context.Context, w Work) ([]draft.Flow, error) {
	read, err := s.Preview(ctx, w)
	if err != nil {
		return nil, err
	}
	docs := make([]*flow.Document, len(read.Drafts))
	for n, d := range read.Drafts {
		docs[n] = d.Document
		docs[n].Spec.Connections = nil // their accounts stay where they are
	}
	made, err := s.flows.CreateMany(ctx, docs)
	if err != nil {
		return nil, fault.From(err).Under("text")
	}
	return made, nil
}
