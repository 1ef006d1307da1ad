package barrier

import (
	"context"

	"github.com/karezflow/karez/engine/ledger"
)

// RunNode names the open groups of a run at a node of a flow version.
type RunNode struct {
	Run, Version ledger.ID
	NodeID       string
}

// Store is what groups need of a ledger. Every method is one transaction.
type Store interface {
	Composing
	Ejector
}

// Composing is what making bills needs.
type Composing interface {
	// DueGroups gives groups that are to be composed by now, by their documents' ids
	// after the given one: open ones that are due, and changed ones whose bill is not on
	// its way.
	DueGroups(ctx context.Context, now ledger.Millis, after ledger.ID, limit int) ([]Head, error)
	// RunGroups gives where open groups are that wait for the end of a run.
	RunGroups(ctx context.Context) ([]RunNode, error)
	// GroupsOf gives open groups of a run at a node, by their documents' ids after the given one.
	GroupsOf(ctx context.Context, of RunNode, after ledger.ID, limit int) ([]Head, error)
	// Quiet reports whether a run has pulled everything and neither documents of it nor
	// bills made of them are waiting or claimed; ledger.ErrNotFound.
	Quiet(ctx context.Context, run ledger.ID) (bool, error)
	// Group gives a group with its members by their ids; ledger.ErrNotFound. Deliveries
	// come without bodies and responses.
	Group(ctx context.Context, id ledger.ID) (Group, error)
	// CloseGroup carries out PlanClose and lets the members follow; it gives the work
	// that is due at once. Its error is the plan's.
	CloseGroup(ctx context.Context, c Closing) ([]ledger.ID, error)
}

// Ejector takes documents out of groups.
type Ejector interface {
	// Grouped gives a document and the groups that its active revision is in, by their
	// ids; ledger.ErrNotFound when the workspace has no such document.
	Grouped(ctx context.Context, workspace, document ledger.ID) (ledger.Document, []Group, error)
	// Eject carries out PlanEject and lets the other members follow; it gives the work
	// that is due at once. Its error is the plan's, or ledger.ErrNotFound.
	Eject(ctx context.Context, e Ejecting) ([]ledger.ID, error)
}
