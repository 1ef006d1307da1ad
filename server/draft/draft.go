// Package draft keeps flow documents: as they are edited, and as the versions
// that run.
//
// What people call passes server/access; Publish and Load are the program's own.
//
// It may import server/access, server/usage, engine/flow, engine/ledger and the sdk: never a
// database, HTTP or another service.
package draft

import (
	"context"
	"errors"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/usage"
)

// Flow is a flow as it is edited.
type Flow struct {
	ID, Workspace ledger.ID
	// PublicID names the flow outside of the program.
	PublicID string
	// Name and Title are those of the draft.
	Name, Title string
	Enabled     bool
	// DraftVersion grows with every change of the draft.
	DraftVersion int64
	// Published is the number of the newest version and PublishedID its id; 0 when there is none.
	Published   int
	PublishedID ledger.ID
	// Dirty says that the draft is not what the newest version holds.
	Dirty bool
	// Blocking counts the draft's problems that block publishing.
	Blocking int
	Updated  ledger.Millis
	// Document is the draft in its saved form; lists leave it out.
	Document []byte
	// Problems are the draft's; lists leave them out.
	Problems []flow.Problem
}

// Version is a published document.
type Version struct {
	ID, Flow, Workspace ledger.ID
	// No counts the versions of a flow from 1.
	No int
	// Document is left out of lists, and so are Operations: the derived operations of the
	// workspace as they were when the document was published, a JSON object by name; nil
	// where it uses none.
	Document, Operations []byte
	// Note is what the publisher wrote, Author who that was; "" is the command line.
	Note, Author string
	// Hash is of the document and its operations: versions with the same one do the same.
	Hash string
	// From is the number of the version whose document was published again; 0 of others.
	From    int
	Created ledger.Millis
}

// Publication is what a version is made of: see Version.
type Publication struct {
	Document, Operations []byte
	Note, Author         string
	From                 int
}

// Edit is that somebody saved the draft on the way to a version.
type Edit struct {
	// No is the version that was published next, or the one that comes next.
	No int
	// Author is "" for the command line.
	Author      string
	First, Last ledger.Millis
}

// Contents are what a draft is stored as.
type Contents struct {
	Name, Title string
	Document    []byte
	Blocking    int
	// Author is who saves it; "" is the command line.
	Author string
}

// Filter says which flows a list holds, the last changed first.
type Filter struct {
	// Text is part of a title, a name or a public id; "" is any.
	Text string
	// After is the last flow of the page before; the zero Position begins.
	After Position
	Limit int
}

// Position is a place in a list of flows.
type Position struct {
	Updated ledger.Millis
	ID      ledger.ID
}

// Hold is why a flow can't be deleted.
type Hold int8

// The holds.
const (
	// Free flows can be deleted.
	Free Hold = iota
	HeldByEnabled
	HeldByRun
	HeldByDocuments
)

// Drafts is what the service needs of a database for editing. A missing flow is ledger.ErrNotFound.
type Drafts interface {
	// Flows lists flows without documents.
	Flows(ctx context.Context, workspace ledger.ID, filter Filter) ([]Flow, error)
	// Flow gives a flow with its draft.
	Flow(ctx context.Context, workspace ledger.ID, publicID string) (Flow, error)
	// InsertFlows stores new flows, all or none, not enabled, with draft version 1.
	InsertFlows(ctx context.Context, workspace ledger.ID, flows []Prepared, now ledger.Millis) error
	// SaveDraft replaces a draft if its version is still old; false when it is not.
	SaveDraft(ctx context.Context, id ledger.ID, old int64, c Contents, now ledger.Millis) (bool, error)
	// SetBlocking corrects the count of a draft's blocking problems if its version is still the given one.
	SetBlocking(ctx context.Context, id ledger.ID, draftVersion int64, n int) error
	// SetEnabled switches a flow.
	SetEnabled(ctx context.Context, id ledger.ID, on bool, now ledger.Millis) error
	// DeleteFlow deletes a flow with its versions unless something holds it.
	DeleteFlow(ctx context.Context, id ledger.ID) (Hold, error)
}

// Versions is what the service needs of a database for publishing.
type Versions interface {
	// PutFlow inserts a flow by workspace and public id, or replaces its draft, and gives its ID.
	PutFlow(ctx context.Context, workspace ledger.ID, publicID string, c Contents, now ledger.Millis) (ledger.ID, error)
	// PutVersion publishes a document. The flow's newest version is given again
	// when it has the same bytes.
	PutVersion(ctx context.Context, workspace, flowID ledger.ID, p Publication, now ledger.Millis) (Version, error)
	// Version gives a version; ledger.ErrNotFound.
	Version(ctx context.Context, id ledger.ID) (Version, error)
	// Versions lists a flow's versions without documents, the newest first.
	Versions(ctx context.Context, flowID ledger.ID) ([]Version, error)
	// VersionNo gives a version by its number; ledger.ErrNotFound.
	VersionNo(ctx context.Context, flowID ledger.ID, no int) (Version, error)
	// NodeNumbers gives the numbers of a flow's nodes, numbering those that are new. A number is never given twice.
	NodeNumbers(ctx context.Context, flowID ledger.ID, nodeIDs []string) (map[string]int, error)
	// ConnectionUse gives the flows that name a connection, in their draft or their newest version, by its name.
	ConnectionUse(ctx context.Context, workspace ledger.ID) (map[string][]usage.Flow, error)
}

// Traces is what the service needs of a database to tell what became of versions.
type Traces interface {
	// Edits tells who saved a flow's draft on the way to which version, the newest first.
	Edits(ctx context.Context, flowID ledger.ID) ([]Edit, error)
	// InFlight counts by the version that they walk with the documents of a flow that are
	// queued or tried again.
	InFlight(ctx context.Context, flowID ledger.ID) (map[ledger.ID]int, error)
}

// Store is what the service needs of a database.
type Store interface {
	Drafts
	Versions
	Traces
}

// Service saves and publishes flows.
type Service struct {
	store   Store
	clock   func() time.Time
	newID   func() string
	checker Checker
	// operations is nil where there are none.
	operations Operations
}

// New makes a Service. newID gives public ids for flows that have none.
func New(store Store, clock func() time.Time, newID func() string) *Service {
	return &Service{store: store, clock: clock, newID: newID, checker: unchecked{}}
}

// With gives a Service that finds the problems of drafts with checker. Without
// one every draft has a problem that blocks publishing.
func (s *Service) With(checker Checker) *Service {
	with := *s
	with.checker = checker
	return &with
}

// Import saves a document as the draft of the flow with its id, whatever problems
// it has, and gives its id and them. What is published of the flow stays. Connections written
// into the document are left out of what is stored. It is the command line's: it
// does not ask who calls.
func (s *Service) Import(ctx context.Context, workspace ledger.ID, doc *flow.Document) (publicID string, problems []flow.Problem, err error) {
	stored, _, problems, err := s.put(ctx, workspace, doc)
	if err != nil {
		return "", nil, err
	}
	return stored.Metadata.ID, problems, nil
}

// Publish saves a document and makes it the flow's newest version. Connections
// written into the document are left out of what is stored. It is the command
// line's: it asks neither who calls nor for problems.
func (s *Service) Publish(ctx context.Context, workspace ledger.ID, doc *flow.Document, note string) (Version, error) {
	stored, flowID, _, err := s.put(ctx, workspace, doc)
	if err != nil {
		return Version{}, err
	}
	if _, err := s.store.NodeNumbers(ctx, flowID, nodeIDs(stored)); err != nil {
		return Version{}, err
	}
	embedded, err := s.embedded(ctx, workspace, stored)
	if err != nil {
		return Version{}, err
	}
	return s.store.PutVersion(ctx, workspace, flowID, Publication{Document: stored.JSON(), Operations: embedded, Note: note, Author: author(ctx)}, ledger.At(s.clock()))
}

// put makes a document, without its connections, the draft of the flow with its
// id. One without an id is given one.
func (s *Service) put(ctx context.Context, workspace ledger.ID, doc *flow.Document) (*flow.Document, ledger.ID, []flow.Problem, error) {
	stored := *doc
	stored.Spec.Connections = nil
	if stored.Metadata.ID == "" {
		stored.Metadata.ID = s.newID()
	}
	if faults := append(unnamed(&stored), misnamed(&stored)...); len(faults) > 0 {
		return nil, 0, nil, faults[0]
	}
	problems := s.problems(ctx, workspace, &stored)
	flowID, err := s.store.PutFlow(ctx, workspace, stored.Metadata.ID, contents(ctx, &stored, problems), ledger.At(s.clock()))
	return &stored, flowID, problems, err
}

// author is who calls, "" where nobody is known.
func author(ctx context.Context) string {
	p, err := access.Of(ctx)
	if err != nil {
		return ""
	}
	return p.Name
}

func nodeIDs(doc *flow.Document) []string {
	ids := make([]string, len(doc.Spec.Nodes))
	for i, n := range doc.Spec.Nodes {
		ids[i] = n.ID
	}
	return ids
}

// Newest gives the newest published document of a flow, or its draft where none was
// published; ledger.ErrNotFound. It does not ask who calls.
func (s *Service) Newest(ctx context.Context, workspace ledger.ID, publicID string) (*flow.Document, Flow, error) {
	f, err := s.store.Flow(ctx, workspace, publicID)
	if err != nil {
		return nil, f, err
	}
	version := Version{Document: f.Document}
	if f.PublishedID != 0 {
		if version, err = s.store.Version(ctx, f.PublishedID); err != nil {
			return nil, f, err
		}
	}
	doc, err := version.whole()
	return doc, f, err
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
	doc, err := v.whole()
	if err != nil {
		return v, nil, nil, fault.New("flow.version_unreadable", "a stored version can't be read").Because(err).Classed(fault.Internal)
	}
	numbers, err := s.store.NodeNumbers(ctx, v.Flow, nodeIDs(doc))
	return v, doc, numbers, err
}
