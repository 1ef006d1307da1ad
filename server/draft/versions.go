package draft

import (
	"context"
	"errors"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

// History is what became of a flow: its versions, and who changed what on the way.
type History struct {
	Flow Flow
	// Versions are without documents, the newest first; Edits too.
	Versions []Version
	Edits    []Edit
	// InFlight counts the queued documents by the id of the version that they walk with.
	InFlight map[ledger.ID]int
}

// History gives a flow's versions and what is known of them.
func (s *Service) History(ctx context.Context, publicID string) (History, error) {
	var h History
	var err error
	if h.Flow, err = s.find(ctx, access.Read, publicID); err != nil {
		return h, err
	}
	if h.Versions, err = s.store.Versions(ctx, h.Flow.ID); err != nil {
		return h, err
	}
	if h.Edits, err = s.store.Edits(ctx, h.Flow.ID); err != nil {
		return h, err
	}
	h.InFlight, err = s.store.InFlight(ctx, h.Flow.ID)
	return h, err
}

// VersionNo gives a flow's version with its document.
func (s *Service) VersionNo(ctx context.Context, publicID string, no int) (Version, error) {
	f, err := s.find(ctx, access.Read, publicID)
	if err != nil {
		return Version{}, err
	}
	v, err := s.version(ctx, f.ID, no)
	if err == nil && v.Operations != nil {
		var doc *flow.Document
		if doc, err = v.whole(); err == nil {
			v.Document = doc.JSON()
		}
	}
	return v, err
}

func (s *Service) version(ctx context.Context, flowID ledger.ID, no int) (Version, error) {
	v, err := s.store.VersionNo(ctx, flowID, no)
	if errors.Is(err, ledger.ErrNotFound) {
		return Version{}, access.Missing()
	}
	return v, err
}

// Whole gives what a flow did or would do: the document of the version no, 0 the draft's, with
// the derived operations that it uses.
func (s *Service) Whole(ctx context.Context, publicID string, no int) (*flow.Document, error) {
	if no != 0 {
		v, err := s.VersionNo(ctx, publicID, no)
		if err != nil {
			return nil, err
		}
		return read(v.Document)
	}
	document, err := s.Export(ctx, publicID)
	if err != nil {
		return nil, err
	}
	return read(document)
}

// Rollback says to which version a flow goes back.
type Rollback struct {
	No   int
	Note string
	// Draft replaces the draft as well, if its version is still IfVersion; otherwise the draft
	// stays, to be published when it is ready.
	Draft     bool
	IfVersion int64
}

// Rollback publishes the document of an older version again, with the derived operations it
// was published with: newly read documents walk as they did then, those in flight keep their
// version. A document with problems that block by now is refused with a *ProblemsError; a
// draft that somebody else saved meanwhile is "flow.conflict", and nothing is published. To
// go back to what the newest version holds publishes nothing.
func (s *Service) Rollback(ctx context.Context, publicID string, r Rollback) (Flow, error) {
	f, err := s.find(ctx, access.Edit, publicID)
	if err != nil {
		return Flow{}, err
	}
	v, err := s.version(ctx, f.ID, r.No)
	if err != nil {
		return Flow{}, err
	}
	doc, err := v.whole()
	if err != nil {
		return Flow{}, fault.New("flow.version_unreadable", "a stored version can't be read").Because(err).Classed(fault.Internal)
	}
	if err := refuse(s.problems(ctx, f.Workspace, doc)); err != nil {
		return Flow{}, err
	}
	if r.Draft {
		if now, err := s.Save(ctx, publicID, r.IfVersion, v.Document); err != nil {
			return now, err
		}
	}
	p := Publication{Document: v.Document, Operations: v.Operations, Note: r.Note, Author: author(ctx), From: v.No}
	if _, err := s.store.PutVersion(ctx, f.Workspace, f.ID, p, ledger.At(s.clock())); err != nil {
		return Flow{}, err
	}
	return s.Get(ctx, publicID)
}
