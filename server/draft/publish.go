package draft

import (
	"context"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/usage"
)

// PublishDraft makes a flow's draft its newest version. A draft with blocking
// problems is refused with a *ProblemsError.
func (s *Service) PublishDraft(ctx context.Context, publicID, note string) (Flow, error) {
	f, err := s.find(ctx, access.Edit, publicID)
	if err != nil {
		return Flow{}, err
	}
	if f, err = s.checked(ctx, f); err != nil {
		return Flow{}, err
	}
	if err := refuse(f.Problems); err != nil {
		return Flow{}, err
	}
	doc, err := read(f.Document)
	if err != nil {
		return Flow{}, err
	}
	if _, err := s.store.NodeNumbers(ctx, f.ID, nodeIDs(doc)); err != nil {
		return Flow{}, err
	}
	// What was checked is published, whatever was saved meanwhile.
	embedded, err := s.embedded(ctx, f.Workspace, doc)
	if err != nil {
		return Flow{}, err
	}
	if _, err := s.store.PutVersion(ctx, f.Workspace, f.ID, Publication{Document: f.Document, Operations: embedded, Note: note, Author: author(ctx)}, ledger.At(s.clock())); err != nil {
		return Flow{}, err
	}
	return s.Get(ctx, publicID)
}

// SetEnabled starts or stops a flow. A flow without a version is
// "flow.not_published"; one whose newest version has blocking problems by now is
// refused with a *ProblemsError. Stopping is always possible, to operators as well.
func (s *Service) SetEnabled(ctx context.Context, publicID string, on bool) (Flow, error) {
	action := access.Operate
	if on {
		action = access.Edit
	}
	f, err := s.find(ctx, action, publicID)
	if err != nil {
		return Flow{}, err
	}
	if on {
		if err := s.startable(ctx, f); err != nil {
			return Flow{}, err
		}
	}
	if err := s.store.SetEnabled(ctx, f.ID, on, ledger.At(s.clock())); err != nil {
		return Flow{}, err
	}
	return s.Get(ctx, publicID)
}

// Enable starts a flow that was published. It is the command line's: it asks neither
// who calls nor for problems.
func (s *Service) Enable(ctx context.Context, id ledger.ID) error {
	return s.store.SetEnabled(ctx, id, true, ledger.At(s.clock()))
}

func (s *Service) startable(ctx context.Context, f Flow) error {
	if f.Published == 0 {
		return fault.New("flow.not_published", "the flow has no published version yet").Classed(fault.Config).Hinted("publish it first")
	}
	v, err := s.store.Version(ctx, f.PublishedID)
	if err != nil {
		return err
	}
	doc, err := v.whole()
	if err != nil {
		return fault.New("flow.version_unreadable", "a stored version can't be read").Because(err).Classed(fault.Internal)
	}
	return refuse(s.problems(ctx, f.Workspace, doc))
}

// ConnectionUse gives the flows of the caller's workspace that name a connection,
// in their draft or their newest version, by the connection's name.
func (s *Service) ConnectionUse(ctx context.Context) (map[string][]usage.Flow, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return nil, err
	}
	return s.store.ConnectionUse(ctx, p.Workspace)
}
